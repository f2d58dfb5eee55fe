/* Draws the figures of the page: unpacks Plotly and the figures, draws them one after the other, redraws them in one
   column when the page is narrow, and fits them to paper when it is printed. */
(() => {
  "use strict";
  const root = document.documentElement;
  const NARROW = 760, PAPER = 700;
  const CONFIG = { displaylogo: false, responsive: false, scrollZoom: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.getElementById("theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; });

  const places = new Map([...document.querySelectorAll("[data-figure]")].map((place) => [place.dataset.figure, place]));
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
      place.textContent = `This figure could not be drawn: ${reason}`;
    }
    root.dataset.ready = "failed";
  }

  /* The state that the slider of the sphere stands at, marked in every figure; null: nobody has moved it yet. */
  let state = null;

  function marks(figure) {
    const line = { color: "#7d8590", width: 1.5, dash: "dot" };
    if (state === null) return [];
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

  const width = () => Math.floor(places.values().next().value.clientWidth);
  const breath = () => new Promise((done) => setTimeout(done, 0));

  async function start() {
    if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old (before 2023).");
    const [code, text] = await Promise.all([unpacked("plotly"), unpacked("figures")]);
    const script = document.createElement("script");
    script.textContent = code;
    document.head.append(script);
    const { figures } = JSON.parse(text);
    for (const figure of figures) {
      await draw(figure, width());
      await breath();
    }
    let drawn = width(), waiting = 0;
    const redraw = async (to) => {
      if (to === drawn) return;
      drawn = to;
      for (const figure of figures) await draw(figure, to);
    };
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => redraw(width()), 150);
    });
    let following = 0;
    document.addEventListener("statescape-layer", ({ detail }) => {
      const moved = Math.round(detail.layer);
      if (moved === state) return;
      state = moved;
      clearTimeout(following);
      following = setTimeout(async () => {
        for (const figure of figures) {
          const own = (width() < NARROW ? figure.narrow : figure.wide).shapes || [];
          await window.Plotly.relayout(places.get(figure.name), { shapes: [...own, ...marks(figure)] });
          await breath();
        }
      }, 120);
    });
    window.addEventListener("beforeprint", () => redraw(PAPER));
    window.addEventListener("afterprint", () => redraw(width()));
    root.dataset.ready = "true";
  }
  start().catch((error) => { fail(error.message); console.error(error); });
})();
