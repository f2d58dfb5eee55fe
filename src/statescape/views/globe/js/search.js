// Tokens by substring: the found light up, Enter walks through them.

function makeSearch(scene) {
	const { data, part } = scene;
	const { query, count } = part;
	let found = [];
	let step = -1;

	query.oninput = () => {
		const text = query.value.replaceAll(" ", "␣").toLowerCase();
		const block = Math.round(scene.look.layer);
		const byte = (token) => data.ranks[block * data.n + token];
		if (text) data.folded ??= data.shown.map((name) => name.toLowerCase());
		found = text ? [...data.folded.keys()].filter((token) => data.folded[token].includes(text)) : [];
		found.sort((a, b) => byte(b) - byte(a));
		step = -1;
		const n = grouped(found.length);
		count.textContent = text ? `§${n} found§` : "";
		scene.change({ matched: text ? new Set(found) : null });
	};

	query.onkeydown = (event) => {
		if (event.key === "Escape") {
			query.value = "";
			query.oninput();
		} else if (event.key === "Enter" && found.length) {
			const by = event.shiftKey ? -1 : 1;
			step = (Math.max(step, by < 0 ? 0 : -1) + by + found.length) % found.length;
			const [rank, n] = [step + 1, grouped(found.length)];
			count.textContent = `§${rank} of ${n}§`;
			scene.goTo(found[step]);
		} else return;
		event.preventDefault();
	};
}
