// What Python packed: base64 of deflated arrays beside plain numbers. Probabilities and cosines are one byte for every
// state and token, each state stored as its difference from the one before (neighbouring states are alike).

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
  const names = Object.keys(packed.blocks);
  const buffers = await Promise.all(names.map((name) => inflated(packed.blocks[name])));
  const block = Object.fromEntries(names.map((name, i) => [name, buffers[i]]));
  const kept = new Uint32Array(block.kept);
  const tokens = JSON.parse(new TextDecoder().decode(block.vocabulary));
  return {
    ...packed,
    tokens,
    shown: tokens.map(shown),
    positions: Float32Array.from(new Int16Array(block.positions), (value) => value / 32767),
    probabilities: summed(block.probabilities, packed.n),
    cosines: summed(block.cosines, packed.n),
    top: new Uint32Array(block.top),
    topLog: new Float32Array(block.top_log),
    keptRow: new Map(Array.from(kept, (token, row) => [token, row])),
    neighbours: new Uint32Array(block.neighbours),
    neighbourCosines: new Float32Array(block.neighbour_cosines),
    counts: [],
  };
}

const position = (data, token) => data.positions.subarray(3 * token, 3 * token + 3);

// The tokens of one block, likeliest first.
const likeliest = (data, layer) => data.top.subarray(layer * data.n_top, (layer + 1) * data.n_top);

// Probability and rank (0 is the likeliest) of a token at a block: exact among the likeliest, elsewhere from its byte.
function reading(data, layer, token) {
  const place = likeliest(data, layer).indexOf(token);
  if (place >= 0) {
    const logs = data.topLog.subarray(layer * data.n_top, (layer + 1) * data.n_top);
    return { log: logs[place], rank: logs.indexOf(logs[place]), exact: true };
  }
  const row = data.probabilities.subarray(layer * data.n, (layer + 1) * data.n);
  if (!data.counts[layer]) {
    const counts = (data.counts[layer] = new Uint32Array(256));
    for (const byte of row) counts[byte]++;
  }
  const counts = data.counts[layer];
  let above = 0;
  for (let byte = 255; byte > row[token]; byte--) above += counts[byte];
  const log = data.lowest_log * (1 - row[token] / 255);
  return { log, rank: above + Math.floor(counts[row[token]] / 2), exact: false, floor: row[token] === 0 };
}

function cosineOf(data, layer, token) {
  const [low, high] = data.cosine_range;
  return low + ((high - low) * data.cosines[layer * data.n + token]) / 255;
}

// Nearest tokens in the model's own space, or null where none were kept.
function neighboursOf(data, token) {
  const row = data.keptRow.get(token);
  if (row === undefined) return null;
  const k = data.n_neighbours;
  const cosines = data.neighbourCosines.subarray(row * k, row * k + k);
  return Array.from(data.neighbours.subarray(row * k, row * k + k), (id, i) => ({ id, cosine: cosines[i] }));
}
