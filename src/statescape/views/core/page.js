/* Draws the figures of the page: unpacks Plotly and the figures, draws those in sight one after the other, redraws them
   in one column when the page is narrow, and fits them to paper when it is printed. Choosing an option in one place
   chooses it everywhere. */
(() => {
  "use strict";
  const root = document.documentElement;
  const NARROW = 760, PAPER = 960; // page.css makes the figures of the paper smaller by as much as A4 is narrower
  const LANGUAGE = root.lang;
  // What the buttons over a figure say: Plotly's own English is the key.
  const BUTTONS = { "Download plot as a PNG": "§Download plot as a PNG§", "Zoom": "§Zoom§", "Pan": "§Pan§",
    "Zoom in": "§Zoom in§", "Zoom out": "§Zoom out§", "Reset axes": "§Reset axes§" };
  const CONFIG = { locale: LANGUAGE, locales: { [LANGUAGE]: { dictionary: BUTTONS } }, responsive: false, scrollZoom: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.getElementById("theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; });

  const places = new Map([...document.querySelectorAll("[data-figure]")].map((place) => [place.dataset.figure, place]));
  const optionOf = (element) => element.closest("[data-option]")?.dataset.option ?? "";
  const inSight = (place) => place.offsetParent !== null;
  let drawInSight = () => {};

  function choose(option) {
    for (const button of document.querySelectorAll("[data-choose]")) {
      button.ariaChecked = String(button.dataset.choose === option);
    }
    for (const part of document.querySelectorAll("[data-option]")) {
      part.classList.toggle("chosen", part.dataset.option === option);
    }
    if (slider) walked(option);
    drawInSight();
  }
  const slider = document.getElementById("walk");
  function walked(option) {
    const chosen = document.querySelector(`.walk [data-choose="${option}"]`), line = chosen.parentElement;
    slider.value = option;
    slider.ariaValueText = chosen.textContent;
    line.scrollTop = chosen.offsetTop - line.clientHeight / 2;
  }
  if (slider) slider.addEventListener("input", () => choose(slider.value));
  for (const button of document.querySelectorAll("[data-choose]")) {
    button.addEventListener("click", () => {
      const before = button.getBoundingClientRect().top;
      choose(button.dataset.choose);
      scrollBy(0, button.getBoundingClientRect().top - before); // what was chosen stays under the pointer
    });
  }
  if (!places.size) { root.dataset.ready = "true"; return; }

  async function unpacked(id) {
    const text = atob(document.getElementById(id).textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i); // three times as fast as Uint8Array.from
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  function fail(reason) {
    for (const place of places.values()) {
      if (place.classList.contains("js-plotly-plot")) continue;
      place.classList.add("failed");
      place.textContent = `§This figure could not be drawn: ${reason}§`;
    }
    root.dataset.ready = "failed";
  }

  /* The state that the slider of the sphere stands at, marked in every figure of its option; none: nobody moved it. */
  const states = new Map();

  function marks(figure) {
    const line = { color: "#7d8590", width: 1.5, dash: "dot" };
    const state = states.get(optionOf(places.get(figure.name)));
    if (state === undefined) return [];
    return ((figure.wide.meta || {}).states || []).map(({ x, y, kind, points }) => {
      if (kind === "column") return { type: "line", xref: x, yref: `${y} domain`, x0: state, x1: state, y0: 0, y1: 1, line };
      if (kind === "row") return { type: "rect", xref: `${x} domain`, yref: y, x0: 0, x1: 1, y0: state - 0.5,
        y1: state + 0.5, line: { color: "#d9820f", width: 2.5 } };
      return { type: "circle", xref: x, yref: y, xsizemode: "pixel", ysizemode: "pixel", xanchor: points[state][0],
        yanchor: points[state][1], x0: -9, x1: 9, y0: -9, y1: 9, line: { ...line, dash: "solid", width: 2 } };
    });
  }

  function draw(figure, width) {
    const narrow = width < NARROW;
    const data = narrow ? figure.data.map((trace, i) => ({ ...trace, ...figure.narrowData[i] })) : figure.data;
    const own = structuredClone(narrow ? figure.narrow : figure.wide);
    const layout = { ...own, width, shapes: [...(own.shapes || []), ...marks(figure)] };
    return window.Plotly.react(places.get(figure.name), data, layout, CONFIG);
  }

  const width = () => Math.floor([...places.values()].find(inSight).clientWidth);
  const breath = () => new Promise((done) => setTimeout(done, 0));

  async function start() {
    if (typeof DecompressionStream === "undefined") throw new Error("§this browser is too old (before 2023).§");
    const [code, text] = await Promise.all([unpacked("plotly"), unpacked("figures")]);
    const script = document.createElement("script");
    script.textContent = code;
    document.head.append(script);
    const { figures, images, config } = JSON.parse(text);
    for (const { wide, narrow } of figures) {
      for (const image of [...(wide.images || []), ...(narrow.images || [])]) image.source = images[image.source];
    }
    Object.assign(CONFIG, config); // without a way out of the machine
    const drawn = new Map();
    const drawTo = async (to, pause = breath) => {
      for (const figure of figures) {
        if (!inSight(places.get(figure.name)) || drawn.get(figure.name) === to) continue;
        drawn.set(figure.name, to);
        await draw(figure, to);
        if (pause) await pause();
      }
    };
    drawInSight = () => drawTo(width());
    await drawInSight();
    let waiting = 0;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(drawInSight, 150);
    });
    let following = 0;
    document.addEventListener("statescape-layer", ({ detail, target }) => {
      const moved = Math.round(detail.layer);
      const option = optionOf(target);
      if (moved === states.get(option)) return;
      states.set(option, moved);
      clearTimeout(following);
      following = setTimeout(async () => {
        for (const figure of figures) {
          if (optionOf(places.get(figure.name)) !== option || !drawn.has(figure.name)) continue;
          const own = (width() < NARROW ? figure.narrow : figure.wide).shapes || [];
          await window.Plotly.relayout(places.get(figure.name), { shapes: [...own, ...marks(figure)] });
          await breath();
        }
      }, 120);
    });
    window.addEventListener("beforeprint", () => drawTo(PAPER, null)); // a pause would come after the paper
    window.addEventListener("afterprint", drawInSight);
    root.dataset.ready = "true";
  }
  start().catch((error) => { fail(error.message); console.error(error); });
})();
