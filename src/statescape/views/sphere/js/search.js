// Tokens by substring: the found light up, Enter walks through them, the likeliest at this block first.

function makeSearch(scene) {
  const { data } = scene;
  const folded = data.shown.map((text) => text.toLowerCase());
  let walk = [];
  let step = -1;
  const count = h("output", { className: "count" });
  const input = h("input", { type: "search", placeholder: "Find a token", autocomplete: "off", spellcheck: false });
  input.setAttribute("aria-label", "Find tokens by substring; Enter goes through them");

  function search() {
    const query = input.value.replaceAll(" ", "␣").toLowerCase();
    walk = [];
    step = -1;
    for (let token = 0; query && token < data.n; token++) if (folded[token].includes(query)) walk.push(token);
    const value = (token) => data.probabilities[Math.round(scene.look.layer) * data.n + token];
    walk.sort((a, b) => value(b) - value(a));
    count.textContent = query ? `${walk.length.toLocaleString("en")} found` : "";
    scene.change({ matched: query ? new Set(walk) : null });
  }

  input.oninput = search;
  input.onkeydown = (event) => {
    if (event.key === "Enter" && walk.length) {
      step = (step + (event.shiftKey ? walk.length - 1 : 1)) % walk.length;
      if (step < 0) step = walk.length - 1;
      count.textContent = `${step + 1} of ${walk.length.toLocaleString("en")}`;
      scene.goTo(walk[step]);
    } else if (event.key === "Escape" && input.value) {
      input.value = "";
      search();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { element: h("div", { className: "search" }, count, input), focus: () => input.focus(), update() {} };
}
