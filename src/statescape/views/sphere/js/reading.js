// The same in words: the sentence over the picture, what the picture is not, and a table for those who read it instead.

const SHOWN_TOP = 5;
const blockName = (block) => (block === 0 ? "Embedding, before any block" : `After block ${block}`);

function words({ data, look }) {
  const block = Math.round(look.layer);
  const best = likeliest(data, block)[0];
  const share = (100 * data.variance.reduce((sum, part) => sum + part)).toPrecision(2);
  const last = data.states - 1;
  const name = clipped(data.shown[data.predicted]);
  const angle = (at) => `${degrees(data.angles.true[at])} apart in all ${data.dimensions} dimensions, ${degrees(data.angles.seen[at])} as drawn`;
  const now = block === last ? "" : ` This state: ${angle(block)}.`;
  return {
    sentence: `${blockName(block)}: ${clipped(data.shown[best])} ${probabilityText(reading(data, block, best))}`,
    caveat:
      `The three axes carry ${share} % of the embeddings' variance: most of the space is not in this picture. ` +
      `Last state and embedding of ${name}, the predicted token: ${angle(last)}.${now}`,
  };
}

function makeHeadline(scene) {
  const prompt = scene.data.prompt.map(shown).join("").replaceAll("␣", " ");
  const text = prompt.length > 64 ? "…" + Array.from(prompt).slice(-63).join("") : prompt;
  const sentence = h("p", { className: "sentence", "aria-live": "polite" });
  const caveat = h("p", { className: "caveat" });
  const source = h("p", { className: "source" }, h("bdi", { textContent: `“${text.trim()}”` }), ` · ${scene.data.model}`);
  const element = h("header", {}, source, sentence, caveat);
  return {
    element,
    update() {
      const now = words(scene);
      if (sentence.textContent !== now.sentence) sentence.textContent = now.sentence;
      if (caveat.textContent !== now.caveat) caveat.textContent = now.caveat;
    },
  };
}

function makeTable({ data }) {
  const cell = (tag, text) => h(tag, {}, h("bdi", { textContent: text }));
  const head = h("tr", {}, ...["State", "Likeliest tokens", "Rank of the predicted", "True angle", "Angle drawn"].map((text) => h("th", { scope: "col", textContent: text })));
  const rows = Array.from({ length: data.states }, (_, block) => {
    const tops = Array.from(likeliest(data, block).subarray(0, SHOWN_TOP));
    const texts = tops.map((token) => `${clipped(data.shown[token], 40)} ${probabilityText(reading(data, block, token))}`);
    const state = h("th", { scope: "row", textContent: blockName(block) });
    return h(
      "tr", {}, state, cell("td", texts.join(", ")), cell("td", rankText(reading(data, block, data.predicted))),
      cell("td", degrees(data.angles.true[block])), cell("td", degrees(data.angles.seen[block])),
    );
  });
  const title = `The path in words. The predicted token is ${data.shown[data.predicted]}; angles are between state and its embedding.`;
  return h("table", {}, h("caption", { textContent: title }), h("thead", {}, head), h("tbody", {}, ...rows));
}
