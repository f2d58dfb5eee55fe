// What is known of one token: a card on hover, a panel once pinned.

function makeCard(scene) {
	const { card } = scene.part;
	const [name, facts] = card.children;
	return () => {
		const { data, view, look } = scene;
		const at = look.hover >= 0 && visible(view, position(data, look.hover));
		card.hidden = !at || scene.turning;
		if (card.hidden) return;
		const read = reading(data, Math.round(look.layer), look.hover);
		say(name, data.shown[look.hover]);
		const rank = rankText(read);
		say(facts, `#${look.hover} · ${probabilityText(read)} · §rank ${rank}§`);
		card.style.left = `${clamp(at.x + 16, 4, view.width - card.offsetWidth - 4)}px`;
		card.style.top = `${clamp(at.y + 16, 4, view.height - card.offsetHeight - 4)}px`;
	};
}

function makeInspector(scene) {
	const { part, data } = scene;
	const last = data.states - 1;
	let token = -1;
	data.legend.probability.ticks.forEach((text, i) => (part.ruler.children[3 - i].textContent = text));
	part.end.textContent = `§block ${last}§`;
	part.close.onclick = () => {
		scene.change({ pinned: -1 });
		part.stage.focus();
	};
	const x = (block) => 34 + (208 * block) / (last || 1);
	const y = (log) => 8 + 72 * Math.min(1, log / data.lowest_log);

	function listNearest() {
		const neighbours = neighboursOf(data, token);
		const item = ({ id, cosine }) => {
			const name = h("bdi", { textContent: data.shown[id] });
			const value = h("span", { textContent: fixed(cosine, 2) });
			return h("li", {}, h("button", { type: "button", onclick: () => scene.goTo(id) }, name, value));
		};
		part.nearest.replaceChildren(...(neighbours ?? []).map(item));
		part.note.textContent = data.notes[neighbours ? 0 : 1];
		const points = data.path.map((_, block) => [x(block), y(reading(data, block, token).log)]);
		part.course.setAttribute("points", points.join(" "));
	}

	return () => {
		const { pinned, layer } = scene.look;
		part.inspector.hidden = pinned < 0;
		if (pinned < 0) return;
		if (pinned !== token) {
			token = pinned;
			listNearest();
		}
		const block = Math.round(layer);
		const read = reading(data, block, token);
		say(part.name, data.shown[token]);
		say(part.id, `#${token}`);
		say(part.probability, probabilityText(read));
		const [rank, n] = [rankText(read), grouped(data.n)];
		say(part.rank, `§${rank} of ${n}§`);
		say(part.cosine, cosineText(read));
		part.now.setAttribute("points", `${x(layer)},4 ${x(layer)},80`);
	};
}
