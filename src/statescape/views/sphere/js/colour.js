// What colour means. Every mode turns a token at a (fractional) block into a number from 0 to 1 on a range that never
// changes, and that number into a colour; the shader and the plain drawing compute the same.

const stops = (text) => text.split(" ").map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));

const VIRIDIS = stops(
  "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725",
);
const DECADES = 3; // change is shown from a thousand times less likely to a thousand times likelier

const PALETTES = {
  dark: {
    back: [7, 9, 15], body: [12, 15, 25], rim: [31, 38, 62], ink: "#f3f5fb", halo: "#07090f", faint: "#aab3c8",
    grid: "rgba(170,186,230,.13)", red: "#ff4d57", change: stops("5cb8ff 3a6fae 2a3346 a98a3a ffd75e"), rest: 1,
  },
  light: {
    back: [247, 248, 251], body: [255, 255, 255], rim: [214, 220, 234], ink: "#161a26", halo: "#ffffff",
    faint: "#5b647a", grid: "rgba(40,52,90,.14)", red: "#d5121f", change: stops("0b5cad 6f9fce c3c8d3 c9a24a 8a5a00"),
    rest: 0.62,
  },
};

const css = ([r, g, b], alpha = 1) => `rgba(${r},${g},${b},${alpha})`;

function mixed(table, value) {
  const at = Math.min(1, Math.max(0, value)) * (table.length - 1);
  const i = Math.min(table.length - 2, Math.floor(at));
  return table[i].map((channel, k) => channel + (table[i + 1][k] - channel) * (at - i));
}

const MODES = {
  probability: {
    name: "Probability",
    title: () => "lens probability of the token",
    ticks: (data) => [0, 1, 2, 3].map((i) => (i < 3 ? (i ? "" : "≤ ") + powerOfTen(Math.round(data.lowest_log * (1 - i / 3))) : "1")),
    table: () => VIRIDIS,
    weight: (value) => Math.max(0, (value - 0.45) / 0.55) ** 2,
  },
  change: {
    name: "Change",
    title: () => "probability against the block before",
    ticks: () => ["÷ 1000", "same", "× 1000"],
    table: (palette) => palette.change,
    weight: (value) => Math.abs(2 * value - 1) ** 1.5,
  },
  cosine: {
    name: "Cosine",
    title: () => "cosine of state and token embedding",
    ticks: ({ cosine_range: [low, high] }) => [low, (low + high) / 2, high].map((value) => value.toFixed(2)),
    table: () => VIRIDIS,
    weight: (value) => value ** 4,
  },
};
const MODE_NAMES = Object.keys(MODES);

function valueAt(data, mode, layer, token) {
  const a = Math.floor(layer);
  const b = Math.min(a + 1, data.states - 1);
  const bytes = mode === "cosine" ? data.cosines : data.probabilities;
  const at = (block) => bytes[Math.max(0, block) * data.n + token] / 255;
  const between = (from, to) => from + (to - from) * (layer - a);
  if (mode !== "change") return between(at(a), at(b));
  const gained = between(at(a) - at(a - 1), at(b) - at(b - 1));
  return Math.min(1, Math.max(0, 0.5 - (gained * data.lowest_log) / (2 * DECADES)));
}

// Radius of a token in CSS pixels: fewer tokens are drawn larger, the weighty ones larger still.
const dotRoom = (data, unit) => clamp(0.3 * unit * Math.sqrt(2 / data.n), 0.85, 3.6);
const dotRadius = (data, unit, weight) => dotRoom(data, unit) * (0.8 + 0.2 * weight) + 3.4 * weight;
