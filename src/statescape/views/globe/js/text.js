// Numbers as text, and text in elements: by textContent only.

function clipped(text, limit = 22) {
	const characters = Array.from(text);
	return characters.length > limit ? characters.slice(0, limit - 1).join("") + "…" : text;
}

const powerOfTen = (exponent) => "10" + String(exponent).replace(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻");
const grouped = (number, maximumSignificantDigits, style) =>
	number.toLocaleString(LANGUAGE, { maximumSignificantDigits, style });
const fixed = (value, digits) => value.toFixed(digits).replace(".", DECIMAL);

// `exact` is false where only the level of the rank travelled.
function probabilityText({ log, exact }) {
	const power = powerOfTen(Math.floor(log));
	if (!(log > -300)) return "0";
	const about = exact ? "" : "≈ ";
	if (log > -4) return about + grouped(10 ** log, exact ? 3 : 2, "percent");
	return `${about}${fixed(10 ** (log - Math.floor(log)), 1)} × ${power}`;
}

const cosineText = ({ cosine, exact }) => (exact ? "" : "≈ ") + fixed(cosine, 2);
const rankText = ({ rank, exact }) => (exact ? grouped(rank) : `≈ ${grouped(rank, 2)}`);

function h(tag, properties, ...children) {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...children);
	return element;
}

function say(element, text) {
	if (element.textContent !== text) element.textContent = text;
}
