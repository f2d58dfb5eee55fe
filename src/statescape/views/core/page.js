/* A page as a file: unpacks Plotly and the figures and draws them (`figures.js`), fits them to paper when it is printed.
   Choosing an option in one place chooses it everywhere. */
(() => {
  "use strict";
  const root = document.documentElement;
  const PAPER = 960; // page.css makes the figures of the paper smaller by as much as A4 is narrower
  const { places, show, drawTo, drawInSight } = statescapeFigures;

  function choose(option) {
    for (const button of document.querySelectorAll("[data-choose]")) {
      button.ariaChecked = String(button.dataset.choose === option);
    }
    for (const part of document.querySelectorAll("[data-option]")) {
      part.classList.toggle("chosen", part.dataset.option === option);
    }
    if (slider) walked(option);
    if (shown) drawInSight();
  }
  let shown = false;
  const slider = document.getElementById("walk");
  function walked(option) {
    const chosen = document.querySelector(`.walk [data-choose="${option}"]`), line = chosen.parentElement;
    slider.value = option;
    slider.ariaValueText = chosen.textContent;
    line.scrollTop = chosen.offsetTop - line.clientHeight / 2;
  }
  if (slider) slider.addEventListener("input", () => choose(slider.value));
  document.addEventListener("statescape-option", ({ detail }) => choose(detail)); // a cell of a figure was clicked
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

  async function start() {
    if (typeof DecompressionStream === "undefined") throw new Error("§this browser is too old (before 2023).§");
    const [code, text] = await Promise.all([unpacked("plotly"), unpacked("figures")]);
    const script = document.createElement("script");
    script.textContent = code;
    document.head.append(script);
    shown = true;
    await show(JSON.parse(text));
    window.addEventListener("beforeprint", () => drawTo(PAPER, null)); // a pause would come after the paper
    window.addEventListener("afterprint", drawInSight);
    root.dataset.ready = "true";
  }
  start().catch((error) => { fail(error.message); console.error(error); });
})();
