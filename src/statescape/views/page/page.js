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
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
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

  function draw(figure, width) {
    const narrow = width < NARROW;
    figure.narrow_now = narrow;
    const data = narrow ? figure.data.map((trace, i) => ({ ...trace, ...figure.narrowData[i] })) : figure.data;
    const layout = { ...structuredClone(narrow ? figure.narrow : figure.wide), width };
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
    window.addEventListener("beforeprint", () => redraw(PAPER));
    window.addEventListener("afterprint", () => redraw(width()));
    root.dataset.ready = "true";
  }
  start().catch((error) => { fail(error.message); console.error(error); });
})();
