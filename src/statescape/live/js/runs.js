// The reservoir page: the list of a folder, and one run of it, as events tell of them.

const { h, number, part, post, refusal, root, say, showFacts, showFigures, tableOf, token } = await import(`./asking.js${import.meta.url.match(/\?.*/)}`);
const MOST_EVENTS = 300;
let source = null;
let chosen = "";
let facts = [];

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;

const show = {
	runs({ runs }) {
		root.dataset.runs = runs.length;
		part.list.replaceChildren(...runs.map(({ name, shown, kind, status, created, running, reason }) => h("li", {}, h("button", {
			type: "button", ariaPressed: String(name === chosen), onclick: () => choose(name), title: reason,
		}, h("bdi", { textContent: shown }), h("span", { className: running ? "§running§" : "", textContent: running ? "§running§" : status }),
		h("small", { textContent: `${kind} ${created}` })))));
		if (!runs.length) part.list.replaceChildren(h("li", { className: "note", textContent: "§No runs (*.run) here yet.§" }));
	},
	run({ facts: asked, generations, rivals, finished, trainings, per_second, seconds_left }) {
		say("");
		if (trainings !== undefined) facts = [["§trainings§", number(trainings)], ["§trainings/s§", number(per_second)],
			["§time left§", finished || seconds_left === null ? "–" : clock(seconds_left)]];
		const others = Object.entries(rivals).map(([name, count]) => [name, `§generation ${count}§`]);
		showFacts([...asked, ["§generations§", number(generations)], ...facts, ...others]);
		root.dataset.generations = generations;
		part.report.hidden = !finished;
		part.resume.dataset.finished = finished;
	},
	async figures(content) {
		for (const name of Object.keys(content.captions)) statescapeFigures.places.get(name).parentNode.hidden = false;
		await showFigures(content);
		root.dataset.drawn = root.dataset.generations;
	},
	wiring,
	events({ events }) {
		const at = new Date().toLocaleTimeString(root.lang, { hour12: false });
		part.events.prepend(...events.reverse().map((text) => h("li", {}, h("time", { textContent: at }), " ", h("bdi", { textContent: text }))));
		while (part.events.children.length > MOST_EVENTS) part.events.lastChild.remove();
	},
	survivors({ survivors }) {
		const link = (candidate) => h("a", { href: reportOf(candidate), target: "_blank", rel: "noopener", textContent: candidate });
		part.survivors.replaceChildren(tableOf({
			header: ["§candidate§", "§mean score§", "§trials§", "§edges§"],
			rows: survivors.map(({ number: candidate, mean, n, edges }) => [link(candidate), mean === null ? "∞" : number(mean, 4), number(n), number(edges)]),
		}));
	},
	state({ running, complaint }) {
		part.state.textContent = running ? "§running§" : "";
		part.interrupt.hidden = !running;
		part.resume.hidden = running || part.resume.dataset.finished === "true";
		if (complaint) say(complaint, "bad");
	},
	gone: ({ reason }) => say(reason, "bad"),
	other({ kind }) {
		showFacts([["§kind§", kind]]);
		part.report.hidden = false;
	},
};

const reportOf = (candidate) => `report?${new URLSearchParams({ token, run: chosen, ...(candidate === undefined ? {} : { candidate }) })}`;

// Edges come and go where the units stand; those that stay keep their element, so that a change is seen to fade in or out.
const drawn = new Map();
let stands = "";
function wiring({ places, edges, weights, all, candidate, made_by }) {
	const svg = (tag, attributes) => {
		const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
		for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
		return element;
	};
	const kept = JSON.stringify(places);
	if (kept !== stands) {
		stands = kept;
		drawn.clear();
		const radius = Math.min(0.03, 0.2 / Math.sqrt(places.length));
		part.wiring.replaceChildren(svg("g", { class: "edges" }), svg("g", { class: "units" }));
		part.wiring.lastChild.append(...places.map(([cx, cy], unit) => {
			const dot = svg("circle", { cx, cy: -cy, r: radius });
			dot.append(Object.assign(svg("title", {}), { textContent: `§unit ${unit}§` }));
			return dot;
		}));
	}
	const [lines] = part.wiring.children;
	const now = new Set();
	edges.forEach(([from, to], i) => {
		const key = `${from}>${to}`;
		now.add(key);
		let line = drawn.get(key);
		if (!line) {
			const [[x, y], [u, v]] = [places[from], places[to]];
			// A bend to the left tells the two directions of a pair apart; an edge to itself is a ring.
			const bend = `${(x + u) / 2 - (v - y) * 0.12} ${-(y + v) / 2 - (u - x) * 0.12}`;
			const d = from === to ? `M${x} ${-y}m-.03 -.03a.035 .035 0 1 1 .03 .015` : `M${x} ${-y}Q${bend} ${u} ${-v}`;
			line = svg("path", { d, class: "new" });
			lines.append(line);
			drawn.set(key, line);
			requestAnimationFrame(() => requestAnimationFrame(() => line.classList.remove("new")));
		}
		line.classList.toggle("negative", weights[i] < 0);
		line.setAttribute("stroke-width", 0.004 + 0.008 * Math.abs(weights[i]));
	});
	for (const [key, line] of drawn) {
		if (now.has(key)) continue;
		drawn.delete(key);
		line.classList.add("old");
		setTimeout(() => line.remove(), 900);
	}
	const units = places.length, strongest = edges.length;
	const said = [`§The best survivor, candidate ${candidate}, made by ${made_by}: ${all} edges of ${units} units.§`];
	if (all > strongest) said.push(`§The ${strongest} strongest are drawn.§`);
	said.push("§Blue weights are positive, orange ones negative.§", "§Units stay where the first wiring that was seen here put them.§");
	[part.wiring.ariaLabel] = said;
	part.wired.textContent = said.join(" ");
	root.dataset.candidate = candidate;
}

// Figures are drawn one set after the other; of sets that come faster than that, the newest.
let drawing = false;
const waiting = [];
async function draw(told) {
	waiting.push(told);
	if (drawing) return;
	drawing = true;
	while (waiting.length) {
		const newest = new Set(["sealed", "survivors", "progress"].map((name) => waiting.findLast(({ captions }) => name in captions)));
		waiting.length = 0;
		for (const told of newest) if (told) await show.figures(told);
	}
	drawing = false;
}

function watch() {
	source?.close();
	source = new EventSource(`api/watch?${new URLSearchParams({ token, run: chosen })}`);
	source.onmessage = ({ data }) => {
		const told = JSON.parse(data);
		if (told.part === "figures") draw(told);
		else show[told.part](told);
	};
	source.onopen = () => {
		say("");
		root.dataset.connected = "true";
	};
	source.onerror = () => {
		root.dataset.connected = "";
		say("§The server does not answer; waiting for it.§", "bad");
		if (source.readyState === EventSource.CLOSED) setTimeout(watch, 1000); // it answered, and refused
	};
}

function choose(name) {
	chosen = name;
	history.replaceState(history.state, "", `#${new URLSearchParams(name ? { run: name } : {})}`);
	part.run.hidden = !name;
	part.none.hidden = Boolean(name);
	part.name.textContent = name;
	part.state.textContent = "";
	part.events.replaceChildren();
	part.survivors.replaceChildren();
	part.facts.replaceChildren();
	part.wiring.replaceChildren();
	part.wired.textContent = "";
	for (const figure of document.querySelectorAll(".late")) figure.hidden = true;
	part.report.hidden = true;
	part.report.href = reportOf();
	stands = "";
	facts = [];
	drawn.clear();
	for (const place of statescapeFigures.places.values()) {
		window.Plotly.purge(place);
		place.nextElementSibling.textContent = "";
	}
	for (const button of part.list.querySelectorAll("button")) button.ariaPressed = "false";
	say("");
	watch();
}

async function act(what, body) {
	const response = await post(`runs/${what}`, body).catch(() => null);
	if (!response?.ok) return say(response ? await refusal(response) : "§The server does not answer.§", "bad");
	const { run } = await response.json();
	return run;
}

if (part.list) {
	part.interrupt.addEventListener("click", () => act("interrupt", { run: chosen }));
	part.resume.addEventListener("click", () => act("resume", { run: chosen }));
	part.form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const given = Object.fromEntries(new FormData(part.form));
		for (const name of ["units", "generations", "seed"]) given[name] = Number(given[name]);
		const run = await act("begin", { ...given, seals: part.form.elements.seals.checked });
		if (run) choose(run);
	});
	const asked = new URLSearchParams(location.hash.slice(1)).get("run") ?? "";
	if (asked) choose(asked);
	else watch();
}
root.dataset.ready = "true";
