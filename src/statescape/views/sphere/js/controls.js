// The bar under the picture, and the legend in it.

function makeLegend(scene) {
  const bar = h("div", { className: "ramp" });
  const ticks = h("div", { className: "ticks" });
  const title = h("div", { className: "title" });
  const key = (kind, text) => h("span", { className: "key" }, h("i", { className: kind }), text);
  const marks = h("div", { className: "keys" }, key("predicted", "predicted token"), key("state", "state"), key("future", "still to come"));
  let shownFor = "";
  return {
    element: h("div", { className: "legend" }, title, bar, ticks, marks),
    update() {
      const { look, palette, data, scheme } = scene;
      if (shownFor === look.colour + scheme) return;
      shownFor = look.colour + scheme;
      const mode = MODES[look.colour];
      title.textContent = mode.title(data);
      bar.style.background = `linear-gradient(90deg, ${mode.table(palette).map((colour) => css(colour)).join()})`;
      ticks.replaceChildren(...mode.ticks(data).map((text) => h("span", { textContent: text })));
    },
  };
}

function makeControls(scene, { table, help }) {
  const { data } = scene;
  const last = data.states - 1;
  const button = (text, onclick, label) => {
    const element = h("button", { type: "button", textContent: text, onclick });
    if (label) element.setAttribute("aria-label", label);
    return element;
  };
  const play = button("Play", () => scene.play());
  const slider = h("input", { type: "range", min: 0, max: last, step: 0.01, className: "blocks" });
  slider.setAttribute("aria-label", "Block");
  slider.oninput = () => scene.change({ layer: Number(slider.value) });
  slider.onkeydown = (event) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, PageDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 1, Home: -Infinity, End: Infinity };
    const by = steps[event.key];
    if (!by) return;
    event.preventDefault();
    scene.change({ layer: by > 0 ? Math.floor(scene.look.layer + by) : Math.ceil(scene.look.layer + by) });
  };
  const readout = h("output", { className: "readout" });
  const colour = h("select", { onchange: () => scene.change({ colour: colour.value }) });
  for (const name of MODE_NAMES) colour.append(h("option", { value: name, textContent: MODES[name].name }));
  const inside = button("Step inside", () => scene.stepInside());
  const panels = h("div", { className: "sheet panel", hidden: true, tabIndex: -1 });
  const openers = [["Read as text", table], ["Keys", help]].map(([text, content]) => {
    const opener = button(text, () => {
      const open = panels.hidden || panels.firstChild !== content;
      panels.replaceChildren(content);
      panels.hidden = !open;
      for (const other of openers) other.setAttribute("aria-expanded", String(open && other === opener));
      if (open) panels.focus();
      scene.refresh();
    });
    opener.setAttribute("aria-expanded", "false");
    return opener;
  });
  panels.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    const opener = openers.find((each) => each.getAttribute("aria-expanded") === "true");
    opener.click();
    opener.focus();
  };
  const element = h(
    "div", { className: "bar", role: "group", "aria-label": "Controls of the sphere" },
    play, slider, readout,
    h("label", {}, h("span", { textContent: "Colour" }), colour),
    inside,
    button("Reset", () => scene.reset(), "Reset the view"),
    button("Save PNG", () => savePicture(scene)),
    ...openers,
  );

  function update() {
    const { layer } = scene.look;
    const block = Math.round(layer);
    slider.value = layer;
    slider.setAttribute("aria-valuetext", `${blockName(block)} of ${last}`);
    slider.style.setProperty("--done", `${(100 * layer) / Math.max(1, last)}%`);
    const text = `block ${Math.abs(layer - block) < 0.005 ? block : layer.toFixed(1)} of ${last}`;
    if (readout.textContent !== text) readout.textContent = text;
    play.textContent = scene.playing ? "Pause" : "Play";
    inside.textContent = scene.goal().inside > 0.5 ? "Step outside" : "Step inside";
    colour.value = scene.look.colour;
  }
  return { element, panels, update };
}
