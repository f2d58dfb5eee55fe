// What is known of one token: a card at the pointer while it is hovered, a panel with its course over the blocks and
// its nearest neighbours in the model's own space once it is pinned.

const tokenText = (data, token) => h("bdi", { className: "token", textContent: data.shown[token] });

function makeCard(scene) {
  const { data } = scene;
  const element = h("div", { className: "card", hidden: true, role: "status" });
  let shownFor = "";
  function update() {
    const { hover, layer } = scene.look;
    const at = hover >= 0 ? project(scene.view, position(data, hover)) : null;
    element.hidden = !at || at.hidden || scene.turning;
    if (element.hidden) return;
    const block = Math.round(layer);
    if (shownFor !== `${hover}/${block}`) {
      shownFor = `${hover}/${block}`;
      const read = reading(data, block, hover);
      const facts = `#${hover} · ${probabilityText(read)} · rank ${rankText(read)}`;
      element.replaceChildren(tokenText(data, hover), h("span", { textContent: facts }));
    }
    const box = element.getBoundingClientRect();
    element.style.left = `${clamp(at.x + 16, 4, scene.view.width - box.width - 4)}px`;
    element.style.top = `${clamp(at.y + 16, 4, scene.view.height - box.height - 4)}px`;
  }
  return { element, update };
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// log10 of the probability over all blocks, the present one marked.
function course(scene, token) {
  const { data } = scene;
  const [width, height, left, base] = [248, 96, 34, 80];
  const x = (block) => left + ((width - left - 6) * block) / Math.max(1, data.states - 1);
  const y = (log) => 8 + ((base - 8) * log) / data.lowest_log;
  const logs = Array.from({ length: data.states }, (_, block) => Math.max(data.lowest_log, reading(data, block, token).log));
  const lines = [0, data.lowest_log / 3, (2 * data.lowest_log) / 3, data.lowest_log].flatMap((log) => {
    const text = svg("text", { x: left - 5, y: y(log) + 3, "text-anchor": "end" });
    text.textContent = log ? powerOfTen(log) : "1";
    return [svg("line", { x1: left, x2: width - 6, y1: y(log), y2: y(log), class: "rule" }), text];
  });
  const ends = [0, data.states - 1].map((block) => {
    const text = svg("text", { x: x(block), y: height - 2, "text-anchor": block ? "end" : "start" });
    text.textContent = block ? `block ${block}` : "embedding";
    return text;
  });
  const now = clamp(scene.look.layer, 0, data.states - 1);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Probability over all blocks, logarithmic" },
    ...lines,
    ...ends,
    svg("line", { x1: x(now), x2: x(now), y1: 4, y2: base, class: "now" }),
    svg("polyline", { points: logs.map((log, block) => `${x(block)},${y(log)}`).join(" ") }),
    ...logs.map((log, block) => svg("circle", { cx: x(block), cy: y(log), r: data.states > 20 ? 1.3 : 2 })),
  );
}

function makeInspector(scene) {
  const { data } = scene;
  const body = h("div");
  const close = h("button", { type: "button", className: "close", textContent: "×", onclick: () => scene.change({ pinned: -1 }) });
  close.setAttribute("aria-label", "Close the inspector");
  const element = h("section", { className: "inspector panel", hidden: true, "aria-label": "Inspected token" }, close, body);
  let shownFor = "";

  const row = (name, value) => h("div", { className: "row" }, h("span", { textContent: name }), h("b", { textContent: value }));

  function neighbourList(token) {
    const neighbours = neighboursOf(data, token);
    if (!neighbours) {
      const text = `Neighbours are kept for tokens that were among the ${data.n_top} likeliest at some block.`;
      return [h("p", { className: "note", textContent: text })];
    }
    const item = ({ id, cosine }) =>
      h("li", {}, h("button", { type: "button", onclick: () => scene.goTo(id) }, tokenText(data, id), h("span", { textContent: cosine.toFixed(2) })));
    const note = `By cosine of the embeddings in all ${data.dimensions} dimensions; distance on the sphere differs.`;
    return [
      h("h3", { textContent: "Nearest tokens" }),
      h("ol", {}, ...neighbours.map(item)),
      h("p", { className: "note", textContent: note }),
    ];
  }

  function update() {
    const { pinned, layer } = scene.look;
    element.hidden = pinned < 0;
    const key = `${pinned}/${layer.toFixed(2)}`;
    if (element.hidden || shownFor === key) return;
    const block = Math.round(layer);
    const read = reading(data, block, pinned);
    const facts = [
      h("h2", {}, tokenText(data, pinned), h("small", { textContent: `#${pinned}` })),
      row(`Probability after block ${block}`, probabilityText(read)),
      row("Rank (0 is the likeliest)", `${rankText(read)} of ${data.n.toLocaleString("en")}`),
      row("Cosine with the state", cosineOf(data, block, pinned).toFixed(2)),
      course(scene, pinned),
    ];
    // The list keeps its buttons, and so the keyboard's focus, while the block changes.
    if (shownFor.split("/")[0] === String(pinned)) body.replaceChildren(...facts, ...[...body.children].slice(facts.length));
    else body.replaceChildren(...facts, ...neighbourList(pinned));
    shownFor = key;
  }
  return { element, update };
}
