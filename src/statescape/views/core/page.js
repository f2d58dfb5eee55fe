/* A page as a file: unpacks Plotly and the figures and draws them (`figures.js`), fits them to paper when it is printed.
   Choosing an option in one place chooses it everywhere; the link holds it, and the section, beside what parts keep. */
(() => {
  "use strict";
  const root = document.documentElement;
  const PAPER = 960; // page.css makes the figures of the paper smaller by as much as A4 is narrower
  const { places, show, drawTo, drawInSight } = statescapeFigures;
  const { unpacked, link } = statescapePage;
  const tables = typeof statescapeLens === "undefined" ? null : statescapeLens.ready;

  const opened = document.querySelector(".option.chosen")?.dataset.option ?? "0";

  function choose(option) {
    link.write("option", option === opened ? "" : option);
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
    const chosen = document.querySelector(`.walk [data-choose="${CSS.escape(option)}"]`), line = chosen.parentElement;
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
  const recall = () => {
    const option = link.read("option") ?? opened;
    if (document.querySelector(`[data-option="${CSS.escape(option)}"]`)) choose(option);
    document.getElementById(link.section())?.scrollIntoView();
  };
  addEventListener("hashchange", recall);
  for (const anchor of document.querySelectorAll("nav a")) {
    anchor.addEventListener("click", (event) => {
      event.preventDefault();
      link.go(anchor.hash.slice(1));
    });
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
    await tables;
    if (!places.size) return;
    const packed = (id) => unpacked(document.getElementById(id).textContent);
    const [code, text] = await Promise.all([packed("plotly"), packed("figures")]);
    const script = document.createElement("script");
    script.textContent = code;
    document.head.append(script);
    shown = true;
    await show(JSON.parse(text));
    window.addEventListener("beforeprint", () => drawTo(PAPER, null)); // a pause would come after the paper
    window.addEventListener("afterprint", drawInSight);
  }
  if (location.hash) recall();
  start().then(() => {
    root.dataset.ready = "true";
    if (link.section()) recall(); // what stands above has its height now
  }).catch((error) => { fail(error.message); console.error(error); });
})();
