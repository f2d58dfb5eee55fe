// Numbers as text, and text in elements: by textContent only.

function clipped(text, limit = 22) {
	const characters = Array.from(text);
	return characters.length > limit ? characters.slice(0, limit - 1).join("") + "…" : text;
}

const powerOfTen = (exponent) => "10" + String(exponent).replace(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻");
const grouped = (number) => number.toLocaleString(LANGUAGE);
const decimal = (text) => String(text).replace(".", DECIMAL);
const fixed = (value, digits) => decimal(value.toFixed(digits));

// A text of this module in the reader's language; the English one is its key.
const worded = (text, values = {}) => (WORDS[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);

// `exact` is false where only one byte of the logarithm travelled.
function probabilityText({ log, exact, floor }) {
	if (floor) return worded("below {power}", { power: powerOfTen(log) });
	const about = exact ? "" : "≈ ";
	if (log > -4) return `${about}${decimal(Number((100 * 10 ** log).toPrecision(exact ? 3 : 2)))} %`;
	const exponent = Math.floor(log);
	return `${about}${fixed(10 ** (log - exponent), 1)} × ${powerOfTen(exponent)}`;
}

const rankText = ({ rank, exact }) => (exact ? grouped(rank) : `≈ ${grouped(Number(rank.toPrecision(2)))}`);

function h(tag, properties, ...children) {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...children);
	return element;
}

function say(element, text) {
	if (element.textContent !== text) element.textContent = text;
}
