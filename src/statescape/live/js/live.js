// The language page: asks while one types, shows parts as they come, keeps what is asked in the address.

const { h, number, part, post, query, refusal, root, say, showFacts, showFigures, tableOf, token } = await import(`./asking.js${import.meta.url.match(/\?.*/)}`);
const { mount } = await import(`./sphere.js?${query}`);
const PATIENCE = 250; // milliseconds without an answer before the page says that it reads
const PAUSE = 60; // milliseconds without a key before a question goes out while another is out
const tab = crypto.randomUUID();
const asked = { model: "", text: "", position: -1, beside: "", axes: "1,2,3", edit: "" }; // edit: state,position,what is put there
let sphere = null; // of `sphere.model`
let narrow = false; // for which screens the figures at hand are
let pending = null; // what would end the question that is out

// The lines of an answer as they come.
class Lost extends Error {}

async function* linesOf(response) {
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	const lost = () => {
		throw new Lost("§The answer broke off; asking again.§");
	};
	let rest = "";
	for (;;) {
		const { done, value } = await reader.read().catch(lost);
		if (done) return;
		const lines = (rest + value).split("\n");
		rest = lines.pop();
		for (const line of lines) yield JSON.parse(line);
	}
}

const show = {
	text({ tokens, position, predictions, beside }) {
		const focused = [...part.tokens.children].indexOf(document.activeElement);
		part.tokens.replaceChildren(...tokens.map(({ text, flagged }, at) => h("button", {
			type: "button", className: flagged ? "flagged" : "", ariaPressed: String(at === position),
			title: flagged ? `§position ${at}, of another kind (special, or a norm far beyond that of others)§` : `§position ${at}§`,
			onclick: () => ask({ position: at === tokens.length - 1 ? -1 : at }),
		}, h("bdi", { textContent: text }))));
		part.tokens.children[focused]?.focus(); // who chooses by keyboard goes on from there
		listPredictions(part.predictions, predictions);
		part.apart.textContent = part.edited.textContent = "";
		part.contrast.hidden = !beside.length || Boolean(asked.edit);
		showEditing();
		part.others.replaceChildren(...beside.flatMap((other) => {
			const list = h("ol", { className: "predictions" });
			listPredictions(list, other.predictions);
			return [h("h2", {}, ...(other.unedited ? ["§Without the edit§"] : ["§After§ ", h("bdi", { textContent: other.text })])), list];
		}));
	},
	async sphere({ data }) {
		if (sphere?.model === asked.model) await sphere.handle.show(data);
		else {
			sphere?.handle.destroy();
			sphere = { model: asked.model, handle: mount(part.sphere, data, {}) };
			await sphere.handle.ready;
		}
	},
	async figures({ lens, lens_caption, ...figures }) {
		await showFigures(figures);
		if (!lens) return;
		statescapeLens.mount(part.lens, lens, "lens");
		part.lens.nextElementSibling.textContent = lens_caption;
	},
	words({ sentences, table, facts }) {
		part.sentences.replaceChildren(...sentences.map((textContent) => h("p", { className: "answer", textContent, dir: "auto" })));
		part.table.replaceChildren(tableOf(table));
		showFacts(facts);
	},
	edited({ sentence }) {
		part.edited.textContent = sentence;
	},
	apart({ sentence }) {
		part.apart.textContent = sentence;
	},
	error: ({ error }) => say(error, "bad"),
	superseded: () => {},
	end: (state) => showModels(state),
};

function listPredictions(list, predictions) {
	const percent = new Intl.NumberFormat(root.lang, { style: "percent", maximumSignificantDigits: 3 });
	list.replaceChildren(...predictions.map(({ id, text, p }) => {
		const bar = h("meter", { max: 1, value: p });
		bar.setAttribute("aria-hidden", "true");
		return h("li", { title: `#${id}` }, h("bdi", { textContent: text }), bar, h("span", { textContent: percent.format(p) }));
	}));
}

let shelf = "";
function showModels({ models, memory }) {
	const megabytes = number((memory ?? 0) / 2 ** 20);
	part.memory.textContent = memory ? `§${megabytes} MB of memory in use§` : "";
	const now = JSON.stringify([models, asked.model]);
	if (now === shelf) return;
	shelf = now;
	const options = models.map(({ name, loaded }) => h("option", { value: name, textContent: loaded ? name : `§${name} (not loaded yet)§` }));
	part.model.replaceChildren(...options);
	part.model.value = asked.model;
}

// The state that is chosen in the lens, and what takes its place.
let chosen = null;
const named = ({ state, position, token }) => `§state ${state} at position ${position} (${token})§`;
function showEditing() {
	const [state, position, kind] = asked.edit.split(",");
	const [option] = part.replacement.querySelectorAll("[value=beside]");
	option.disabled = !asked.beside.trim();
	part.editing.hidden = !chosen;
	part.chosen.textContent = chosen ? named(chosen) : "";
	const same = chosen && asked.edit && chosen.state === Number(state) && chosen.position === Number(position);
	part.replacement.value = same ? kind : "";
	part.undo.hidden = !asked.edit;
	part.undo.textContent = asked.edit ? `§× Undo the edit of state ${state} at position ${position}§` : "";
}

// What is asked stands in the address beside the views of sphere and lens, so that a link holds all of it.
function remember() {
	const view = location.hash.slice(1).split("&").filter((text) => /^(sphere|lens)=/.test(text));
	const own = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== "" && value !== -1));
	history.replaceState(history.state, "", `#${[own, ...view].join("&")}`);
}

function recall() {
	const found = new URLSearchParams(location.hash.slice(1));
	for (const key of ["model", "text", "beside", "axes", "edit"]) if (found.has(key)) asked[key] = found.get(key);
	const position = Number(found.get("position") ?? -1);
	asked.position = Number.isInteger(position) ? position : -1;
}

async function ask(changes = {}) {
	Object.assign(asked, changes);
	pending?.abort();
	const own = (pending = new AbortController());
	remember();
	root.dataset.answered = "";
	root.toggleAttribute("data-empty", !asked.text.trim());
	if (!asked.text.trim()) {
		say("§Type a few words.§");
		return;
	}
	const slow = setTimeout(say, PATIENCE, "§Reading …§");
	const begun = performance.now();
	try {
		const response = await post("path", { ...asked, tab, narrow: (narrow = statescapeFigures.isNarrow()) }, own.signal).catch(() => null);
		if (own.signal.aborted) return;
		if (!response) {
			say("§The server does not answer; waiting for it.§", "bad");
			setTimeout(() => own === pending && ask(), 1000);
			return;
		}
		if (!response.ok) return say(await refusal(response), "bad");
		for await (const line of linesOf(response)) {
			if (own.signal.aborted) return;
			clearTimeout(slow);
			if (line.part === "text") say("");
			await show[line.part](line);
		}
		if (own.signal.aborted) return;
		root.dataset.milliseconds = Math.round(performance.now() - begun);
		root.dataset.answered = asked.text;
		pending = null;
	} catch (error) {
		if (own.signal.aborted) return;
		say(error.message, "bad");
		if (error instanceof Lost) setTimeout(() => own === pending && ask(), 1000);
		else console.error(error);
	} finally {
		clearTimeout(slow);
	}
}

async function extend(temperature) {
	if (!asked.text.trim()) return;
	const seed = Math.floor(Math.random() * 2 ** 31);
	try {
		const response = await post("next", { ...asked, temperature, seed });
		if (!response.ok) throw new Error(await refusal(response));
		const { text } = await response.json();
		part.text.value = text;
		ask({ text, position: -1, edit: "" });
	} catch (error) {
		say(error.message, "bad");
	}
}

async function save(kind) {
	say("§Writing the page …§");
	const response = await post("save", { ...asked, kind });
	if (!response.ok) return say(await refusal(response), "bad");
	const link = h("a", { href: URL.createObjectURL(await response.blob()), download: `${kind}.html` });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
	say("");
}

const state = await (await fetch("api/models", { headers: { "x-statescape-token": token } })).json();
addEventListener("resize", () => statescapeFigures.isNarrow() !== narrow && ask());
let typing = 0;
const typed = (key) => () => {
	clearTimeout(typing);
	const question = () => ask(key === "text" ? { text: part.text.value, position: -1, edit: "" } : { beside: part.beside.value });
	typing = setTimeout(question, pending ? PAUSE : 0);
};
part.text.addEventListener("input", typed("text"));
part.beside.addEventListener("input", typed("beside"));
part.model.addEventListener("change", () => ask({ model: part.model.value, position: -1, edit: "" }));
part.lens.addEventListener("statescape-cell", ({ detail }) => {
	chosen = detail;
	showEditing();
});
part.replacement.addEventListener("change", () => ask({ edit: part.replacement.value && [chosen.state, chosen.position, part.replacement.value].join() }));
part.undo.addEventListener("click", () => ask({ edit: "" }));
part.axes.addEventListener("change", () => ask({ axes: part.axes.value }));
part.likeliest.addEventListener("click", () => extend(0));
part.sampled.addEventListener("click", () => extend(1));
part["save-path"].addEventListener("click", () => save("path"));
part["save-sphere"].addEventListener("click", () => save("sphere"));
part.share.addEventListener("click", async () => {
	await navigator.clipboard.writeText(location.href);
	say("§The link is copied; it opens where this server runs.§");
});
function compare(open) {
	part.second.hidden = !open;
	part.compare.ariaExpanded = String(open);
	if (open) part.beside.focus();
	else if (asked.beside) {
		part.beside.value = "";
		ask({ beside: "", edit: asked.edit.endsWith("beside") ? "" : asked.edit });
	}
}
part.compare.addEventListener("click", () => compare(part.second.hidden));
document.addEventListener("keydown", (event) => {
	if (event.key === "Enter" && event.altKey) {
		event.preventDefault();
		extend(0);
	}
});

asked.model = state.models[0].name;
asked.text = "Once upon a time, there was a little girl";
recall();
const early = part.text.value; // typed before the models were known
if (early && early !== asked.text) Object.assign(asked, { text: early, position: -1, edit: "" });
if (!state.models.some(({ name }) => name === asked.model)) asked.model = state.models[0].name;
showModels(state);
part.text.value = asked.text;
part.beside.value = asked.beside;
part.axes.value = asked.axes;
if (asked.beside) compare(true);
root.dataset.ready = "true";
ask();
