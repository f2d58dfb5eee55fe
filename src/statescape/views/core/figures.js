/* Draws figures by Plotly: those in sight one after the other, again in one column when the page is narrow. The state
   that the slider of a sphere stands at is marked in every figure that follows it. A page may show other figures in the
   same places later. */
const statescapeFigures = (() => {
  "use strict";
  const { h, keep, keepAt, csvOf } = statescapePage;
  const root = document.documentElement;
  const NARROW = 760;
  const LANGUAGE = root.lang;
  // What the buttons over a figure say: Plotly's own English is the key.
  const BUTTONS = { "Download plot as a PNG": "§Download plot as a PNG§", "Zoom": "§Zoom§", "Pan": "§Pan§",
    "Zoom in": "§Zoom in§", "Zoom out": "§Zoom out§", "Reset axes": "§Reset axes§" };
  const CONFIG = { locale: LANGUAGE, locales: { [LANGUAGE]: { dictionary: BUTTONS } }, responsive: false, scrollZoom: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  const breath = () => new Promise((done) => setTimeout(done, 0));

  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.getElementById("theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; });

  const places = new Map([...document.querySelectorAll("[data-figure]")].map((place) => [place.dataset.figure, place]));
  const optionOf = (element) => element.closest("[data-option]")?.dataset.option ?? "";
  const inSight = (place) => place.offsetParent !== null;
  const states = new Map(); // by option; none: nobody moved the slider
  const drawn = new Map(); // width at which each figure was drawn
  let figures = [];

  function marks(figure) {
    const line = { color: "#7d8590", width: 1.5, dash: "dot" };
    const state = states.get(optionOf(places.get(figure.name)));
    if (state === undefined) return [];
    return ((figure.wide.meta || {}).states || []).map(({ x, y, kind, points }) => {
      if (kind === "column") return { type: "line", xref: x, yref: `${y} domain`, x0: state, x1: state, y0: 0, y1: 1, line };
      if (kind === "row") return { type: "rect", xref: `${x} domain`, yref: y, x0: 0, x1: 1, y0: state - 0.5,
        y1: state + 0.5, line: { color: "#cc7a0e", width: 2.5 } };
      return { type: "circle", xref: x, yref: y, xsizemode: "pixel", ysizemode: "pixel", xanchor: points[state][0],
        yanchor: points[state][1], x0: -9, x1: 9, y0: -9, y1: 9, line: { ...line, dash: "solid", width: 2 } };
    });
  }

  function draw(figure, width) {
    const narrow = width < NARROW;
    const data = narrow ? figure.data.map((trace, i) => ({ ...trace, ...figure.narrowData[i] })) : figure.data;
    const own = structuredClone(narrow ? figure.narrow : figure.wide);
    const layout = { ...own, width, shapes: [...(own.shapes || []), ...marks(figure)] };
    const place = places.get(figure.name);
    return window.Plotly.react(place, data, layout, CONFIG).then(() => {
      offerFiles(figure, place);
      place.removeAllListeners("plotly_click");
      place.on("plotly_click", ({ points: [point] }) => {
        const options = (point.data.meta || {}).options;
        if (!options) return;
        const detail = String(options[point.pointIndex[0]][point.pointIndex[1]]);
        place.dispatchEvent(new CustomEvent("statescape-option", { detail, bubbles: true }));
      });
    });
  }

  /* What the marks of a figure hold, one row for each; of a cloud of pixels those points that answer to the pointer. */
  function numbersOf(place) {
    const plain = (text) => String(text ?? "").replaceAll("<br>", ", ").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
    const { panels = {} } = place.layout.meta || {};
    const rows = place._fullData.filter(({ mode }) => !/text/.test(mode)).flatMap((trace) => {
      const begun = [plain(panels[trace.xaxis]), plain(trace.name)], { customdata: notes } = trace;
      if (trace.z) {
        return [...trace.z].flatMap((row, i) => [...row].map((value, j) =>
          [...begun, trace.x0 + j * trace.dx, trace.y0 + i * trace.dy, value, "", "", plain(notes?.[i]?.[j])]));
      }
      const { array: up, arrayminus: down } = trace.error_y?.array ? trace.error_y : trace.error_x || {};
      return [...trace.x].map((x, i) => {
        const middle = trace.error_x?.array ? x : trace.y[i];
        return [...begun, x, trace.y[i], "", up ? middle - down[i] : "", up ? middle + up[i] : "", plain(notes?.[i])];
      });
    });
    return csvOf([["panel", "series", "x", "y", "value", "low", "high", "note"], ...rows]);
  }

  /* Below a figure: the figure as a picture on white, and its numbers. */
  function offerFiles(figure, place) {
    if (place.parentElement.querySelector(".files")) return;
    const picture = async (format) => {
      const { data, layout } = place, { width, height } = place._fullLayout;
      const on = { ...layout, shapes: layout.shapes, paper_bgcolor: "#fff", plot_bgcolor: "#fff" };
      keepAt(`${figure.name}.${format}`, await window.Plotly.toImage({ data, layout: on }, { format, width, height, scale: format === "png" ? 2 : 1 }));
    };
    const offered = { PNG: () => picture("png"), SVG: () => picture("svg"), CSV: () => keep(`${figure.name}.csv`, numbersOf(place), "text/csv") };
    const { name } = figure;
    place.parentElement.append(h("p", { className: "files" }, ...Object.entries(offered).map(([kind, onclick]) =>
      h("button", { type: "button", textContent: kind, ariaLabel: `§${name} as ${kind}§`, onclick }))));
  }

  const widthOf = (place) => Math.floor(place.clientWidth);

  /* Draw those in sight that are not drawn to a width, or to the width of their place. */
  async function drawTo(width, pause = breath) {
    for (const figure of figures) {
      const place = places.get(figure.name);
      const to = width ?? widthOf(place);
      if (!inSight(place) || drawn.get(figure.name) === to) continue;
      drawn.set(figure.name, to);
      await draw(figure, to);
      if (pause) await pause();
    }
  }

  const drawInSight = () => drawTo();

  /* Show figures in their places: what `page.drawings` packed. Those of other places stay as they are. */
  function show(content) {
    Object.assign(CONFIG, content.config); // without a way out of the machine
    for (const { name, wide, narrow } of content.figures) {
      for (const image of [...(wide.images || []), ...(narrow.images || [])]) image.source = content.images[image.source];
      drawn.delete(name);
    }
    const replaced = new Set(content.figures.map(({ name }) => name));
    figures = [...figures.filter(({ name }) => !replaced.has(name)), ...content.figures];
    return drawInSight();
  }

  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => figures.length && drawInSight(), 150);
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
        const own = (drawn.get(figure.name) < NARROW ? figure.narrow : figure.wide).shapes || [];
        await window.Plotly.relayout(places.get(figure.name), { shapes: [...own, ...marks(figure)] });
        await breath();
      }
    }, 120);
  });

  const isNarrow = () => widthOf([...places.values()].find(inSight) ?? document.body) < NARROW;

  return { places, show, drawTo, drawInSight, isNarrow };
})();
