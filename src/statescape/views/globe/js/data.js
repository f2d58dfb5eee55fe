// What packing.py packed: base64 of deflated arrays; bytes of each state as the difference from the state before.

async function inflated(text) {
	const binary = atob(text);
	const bytes = new Uint8Array(binary.length);
	for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
	return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

function summed(buffer, n) {
	const bytes = new Uint8Array(buffer);
	for (let i = n; i < bytes.length; i++) bytes[i] += bytes[i - n];
	return bytes;
}

async function unpack(packed) {
	const blocks = Object.entries(packed.blocks).map(async ([name, text]) => [name, await inflated(text)]);
	const block = Object.fromEntries(await Promise.all(blocks));
	return {
		...packed,
		shown: JSON.parse(new TextDecoder().decode(block.vocabulary)),
		positions: Float32Array.from(new Int16Array(block.positions), (value) => value / 32767),
		probabilities: summed(block.probabilities, packed.n),
		cosines: summed(block.cosines, packed.n),
		top: new Uint32Array(block.top),
		topLog: new Float32Array(block.top_log),
		keptRow: new Map(Array.from(new Uint32Array(block.kept), (token, row) => [token, row])),
		neighbours: new Uint32Array(block.neighbours),
		neighbourCosines: new Float32Array(block.neighbour_cosines),
		counts: [],
	};
}

const rowOf = (array, row, width) => array.subarray(row * width, (row + 1) * width);
const position = (data, token) => rowOf(data.positions, token, 3);
const likeliest = (data, block) => rowOf(data.top, block, data.n_top); // best first

// Probability and rank from 0: exact among the likeliest, elsewhere from the byte.
function reading(data, block, token) {
	const place = likeliest(data, block).indexOf(token);
	if (place >= 0) {
		const logs = rowOf(data.topLog, block, data.n_top);
		return { log: logs[place], rank: logs.indexOf(logs[place]), exact: true };
	}
	const bytes = rowOf(data.probabilities, block, data.n);
	const byte = bytes[token];
	const counts = (data.counts[block] ??= bytes.reduce((sums, each) => (sums[each]++, sums), new Uint32Array(256)));
	const above = counts.subarray(byte + 1).reduce((sum, count) => sum + count, 0);
	return { log: data.lowest_log * (1 - byte / 255), rank: above + (counts[byte] >> 1), exact: false, floor: byte === 0 };
}

// Nearest tokens in the model's space; null where none were kept.
function neighboursOf(data, token) {
	const row = data.keptRow.get(token);
	if (row === undefined) return null;
	const cosines = rowOf(data.neighbourCosines, row, data.n_neighbours);
	return Array.from(rowOf(data.neighbours, row, data.n_neighbours), (id, i) => ({ id, cosine: cosines[i] }));
}
