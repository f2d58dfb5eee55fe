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

// Directions from the square onto which packing.py folded an octahedron.
function unfolded(square) {
	const directions = new Float32Array(1.5 * square.length);
	for (let i = 0, k = 0; i < square.length; i += 2, k += 3) {
		if (square[i] === -32768) continue; // at the centre
		const [x, y] = [square[i] / 32767, square[i + 1] / 32767];
		const z = 1 - Math.abs(x) - Math.abs(y);
		const below = Math.max(-z, 0);
		const point = [x - Math.sign(x) * below, y - Math.sign(y) * below, z];
		const length = Math.hypot(...point);
		for (let j = 0; j < 3; j++) directions[k + j] = point[j] / length;
	}
	return directions;
}

// `before` is what was unpacked last: a vocabulary that stays is not read again.
async function unpack(packed, before) {
	const stays = (name) => ["vocabulary", "positions"].includes(name) && before?.blocks[name] === packed.blocks[name];
	const blocks = Object.entries(packed.blocks).filter(([name]) => !stays(name));
	const block = Object.fromEntries(await Promise.all(blocks.map(async ([name, text]) => [name, await inflated(text)])));
	const curves = new Float32Array(block.curves);
	const kept = new Uint32Array(block.kept);
	return {
		...packed,
		curves,
		kept,
		shades: curves.map((log) => clamp(1 - log / packed.lowest_log, 0, 1)),
		shown: stays("vocabulary") ? before.shown : JSON.parse(new TextDecoder().decode(block.vocabulary)),
		positions: stays("positions") ? before.positions : unfolded(new Int16Array(block.positions)),
		ranks: summed(block.ranks, packed.n),
		cosines: summed(block.cosines, packed.n),
		top: new Uint32Array(block.top),
		keptRow: new Map(Array.from(kept, (token, row) => [token, row])),
		keptLog: new Float32Array(block.kept_log),
		keptRanks: new Uint32Array(block.kept_ranks),
		keptCosines: new Float32Array(block.kept_cosines),
		neighbours: new Uint32Array(block.neighbours),
		neighbourCosines: new Float32Array(block.neighbour_cosines),
	};
}

const rowOf = (array, row, width) => array.subarray(row * width, (row + 1) * width);
const position = (data, token) => rowOf(data.positions, token, 3);
const likeliest = (data, block) => rowOf(data.top, block, data.n_top); // best first

// What is known of a token at a block: exactly if it is ever among the likeliest, elsewhere from its levels.
function reading(data, block, token) {
	const row = data.keptRow.get(token);
	if (row !== undefined) {
		const [log, rank, cosine] = [data.keptLog, data.keptRanks, data.keptCosines].map((kept) => kept[row * data.states + block]);
		return { log, rank, cosine, exact: true };
	}
	const [rank, cosine] = [data.ranks, data.cosines].map((levels) => levels[block * data.n + token]);
	return {
		log: data.curves[shadeOf(data, block, token)],
		rank: Math.round(data.n ** (1 - rank / data.levels.rank) - 1),
		cosine: ((2 * cosine) / data.levels.cosine - 1) * data.cosine_reach[block],
		exact: false,
	};
}

// Nearest tokens in the model's space; null where none were kept.
function neighboursOf(data, token) {
	const row = data.keptRow.get(token);
	if (row === undefined) return null;
	const cosines = rowOf(data.neighbourCosines, row, data.n_neighbours);
	return Array.from(rowOf(data.neighbours, row, data.n_neighbours), (id, i) => ({ id, cosine: cosines[i] }));
}
