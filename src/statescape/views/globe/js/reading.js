// The words of reading.py: sentence, caveat and the table to read instead.

const wordsOf = ({ data, look }) => data.words[Math.round(look.layer)];

function makeWords(scene) {
	const { part, data } = scene;
	part.prompt.textContent = data.prompt;
	part.model.textContent = data.model;
	const row = (tag, texts) => h("tr", {}, ...texts.map((text, i) => h(i ? tag : "th", {}, h("bdi", { textContent: text }))));
	const { caption, head, rows } = data.table;
	part.caption.textContent = caption;
	part.head.append(row("th", head));
	part.rows.append(...rows.map((texts) => row("td", texts)));
	return () => {
		const { sentence, caveat } = wordsOf(scene);
		say(part.sentence, sentence);
		say(part.caveat, caveat);
	};
}
