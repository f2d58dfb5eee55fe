// How a token is shown. Vocabularies hold spaces, control characters, bidi marks and nothing at all; each must be
// seen for what it is and none may act. Text only ever reaches the page through textContent or canvas.fillText.

const NAMED = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", "\u00a0": "⍽" };

function shown(token) {
  if (token === "") return "∅";
  const visible = token.replace(/[\s\p{C}\p{Z}]/gu, (character) => {
    const code = character.codePointAt(0).toString(16).toUpperCase();
    return NAMED[character] ?? (code.length < 3 ? `<0x${code.padStart(2, "0")}>` : `<U+${code.padStart(4, "0")}>`);
  });
  return /^\p{M}/u.test(visible) ? "◌" + visible : visible;
}

function clipped(text, limit = 22) {
  const characters = Array.from(text);
  return characters.length > limit ? characters.slice(0, limit - 1).join("") + "…" : text;
}

function powerOfTen(exponent) {
  return "10" + String(exponent).replace(/./g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? (digit === "-" ? "⁻" : "·"));
}

// A probability from its base-10 logarithm; `exact` is false where only one byte of it travelled.
function probabilityText({ log, exact, floor }) {
  if (floor) return `below ${powerOfTen(log)}`;
  const percent = 100 * 10 ** log;
  const digits = exact ? 3 : 2;
  if (log > -4) return `${exact ? "" : "≈ "}${Number(percent.toPrecision(digits))} %`;
  const exponent = Math.floor(log);
  return `${exact ? "" : "≈ "}${(10 ** (log - exponent)).toFixed(1)} × ${powerOfTen(exponent)}`;
}

function rankText({ rank, exact }) {
  const value = exact ? rank : Number(rank.toPrecision(2));
  return `${exact ? "" : "≈ "}${value.toLocaleString("en")}`;
}

const degrees = (angle) => `${angle.toFixed(1)}°`;

// Build an element: what it has as a property is assigned, the rest are attributes.
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
