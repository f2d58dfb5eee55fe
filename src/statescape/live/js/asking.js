// What every live page needs: its parts by id, requests with the token, figures with their captions.

export const { query } = document.body.dataset;
export const token = new URLSearchParams(location.search).get("token");
export const part = Object.fromEntries(Array.from(document.querySelectorAll("[id]"), (element) => [element.id, element]));
export const root = document.documentElement;

/* A number as the page's language writes it, with so many digits behind its point. */
export const number = (value, digits = 0) => value.toLocaleString(root.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function h(tag, properties, ...children) {
	const element = Object.assign(document.createElement(tag), properties);
	element.append(...children);
	return element;
}

export function say(text, kind = "") {
	if (part.status.textContent === text && part.status.className === `note ${kind}`) return;
	part.status.textContent = text;
	part.status.className = `note ${kind}`;
}

export const post = (where, body, signal) => fetch(`api/${where}`, {
	method: "POST", signal, body: JSON.stringify(body),
	headers: { "content-type": "application/json", "x-statescape-token": token },
});

export async function refusal(response) {
	try {
		return (await response.json()).error;
	} catch {
		const { status } = response;
		return `§The server answered ${status}.§`;
	}
}

export function showFigures({ drawings, captions }) {
	for (const [name, caption] of Object.entries(captions)) {
		const place = statescapeFigures.places.get(name);
		place.ariaLabel = caption;
		place.nextElementSibling.textContent = caption;
	}
	return statescapeFigures.show(drawings);
}

export const showFacts = (facts) => part.facts.replaceChildren(...facts.map(([name, value]) =>
	h("div", {}, h("dt", { textContent: name }), h("dd", {}, h("bdi", { textContent: value })))));

export function tableOf({ caption, header, rows }) {
	const cell = (tag, scope) => (text) => h(tag, scope ? { scope } : {}, text instanceof Node ? text : h("bdi", { textContent: text }));
	return h("table", {},
		...(caption ? [h("caption", {}, h("span", { textContent: caption }))] : []),
		h("thead", {}, h("tr", {}, ...header.map(cell("th", "col")))),
		h("tbody", {}, ...rows.map(([first, ...rest]) => h("tr", {}, cell("th", "row")(first), ...rest.map(cell("td"))))));
}
