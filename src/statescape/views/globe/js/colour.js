// What colour means: a token at a (fractional) block is a number from 0 to 1, as in dots.vert, and so a colour.

// Colours, and how much a value weighs in size and depth: much where it is likely, or far from the middle.
const LIKELY = { table: () => PALETTES.likely, weight: (value) => Math.max(0, (value - 0.45) / 0.55) ** 2 };
const SIGNED = { table: ({ signed }) => signed, weight: (value) => Math.abs(2 * value - 1) ** 1.5 };
const MODES = { rank: LIKELY, probability: LIKELY, change: SIGNED, cosine: SIGNED }; // in the order of dots.vert
const shadeOf = ({ levels, ranks, n }, block, token) => (levels.rank + 1) * block + ranks[block * n + token];
const MODE_NAMES = Object.keys(MODES);

const css = (colour, alpha = 1) => `rgba(${colour.map(Math.round)},${alpha})`;

function mixed(table, value) {
	const at = clamp(value, 0, 1) * (table.length - 1);
	const i = Math.min(table.length - 2, Math.floor(at));
	return table[i].map((channel, k) => channel + (table[i + 1][k] - channel) * (at - i));
}

function valueAt(data, { colour, layer }, token) {
	const a = Math.floor(layer);
	const b = Math.min(a + 1, data.states - 1);
	const byte = (block) => (colour === "cosine" ? data.cosines : data.ranks)[Math.max(0, block) * data.n + token];
	const levels = data.levels[colour];
	const at = (block) => (levels ? byte(block) / levels : data.shades[shadeOf(data, Math.max(0, block), token)]);
	const between = (from, to) => from + (to - from) * (layer - a);
	if (colour !== "change") return between(at(a), at(b));
	const gained = between(at(a) - at(a - 1), at(b) - at(b - 1));
	return clamp(0.5 + gained * data.change_scale, 0, 1);
}

// Radius of a dot in CSS pixels: fewer tokens are drawn larger, the weighty ones larger still.
const dotRoom = (n, unit) => clamp(0.48 * unit * Math.sqrt(2 / n), 1.15, 3.4);
const dotRadius = ({ n }, unit, weight) => dotRoom(n, unit) * (0.8 + 0.2 * weight) + 3.4 * weight;
