/* The lens over a text: a row for each state, a column for each position, under one lens or several. Hovering a cell
   shows its likeliest tokens; choosing it, the path of its position and what each of its states reads; a pinned token is
   marked in every cell that has it among its likeliest. */
const statescapeLens = (() => {
  "use strict";
  const { h, unpacked, keep, csvOf, link } = statescapePage;
  const SVG = "http://www.w3.org/2000/svg";
  const stops = (text) => text.split(" ").map((stop) => [0, 2, 4].map((at) => parseInt(stop.slice(at, at + 2), 16)));
  // Viridis for what is likely, as everywhere; what is measured in nats goes from light to dark.
  const VIRIDIS = stops("440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725");
  const NATS = stops("f3f6fa c6d9ee 8fb8df 5593cb 2a6bab 123f6e");
  const LETTERS = "ABCD";
  const MOST_PINS = LETTERS.length;
  const CHARACTER = 7.4; // pixels

  const number = (digits) => new Intl.NumberFormat(document.documentElement.lang, { maximumSignificantDigits: digits });
  const short = number(3), whole = number(9);
  const probability = (log) => Math.exp(-log / 1000);
  const share = (p) => (p < 1e-4 ? "< " + short.format(1e-4) : short.format(p));

  // What a cell is coloured by: its value, its place on the scale, the ends of the scale.
  const COLOURS = {
    probability: { name: "§probability of the token that is read§", scale: VIRIDIS,
      value: (lens, at) => probability(lens.logs[at * lens.k]), place: (p) => p, ends: () => [0, 1] },
    rank: { name: "§rank of the prediction, from 0§", scale: VIRIDIS, value: (lens, at) => lens.rank[at],
      place: (rank, { n }) => 1 - Math.log1p(rank) / Math.log(n), ends: ({ n }) => [n - 1, 0] },
    kl: { name: "§KL(final || lens), nats§", scale: NATS, value: (lens, at) => lens.kl[at] / 1000,
      place: (kl, { most }) => kl / most, ends: ({ most }) => [0, most] },
    entropy: { name: "§entropy, nats§", scale: NATS, value: (lens, at) => lens.entropy[at] / 1000,
      place: (nats, { n }) => nats / Math.log(n), ends: ({ n }) => [0, Math.log(n)] },
  };
  const CELLS = { words: "§words§", numbers: "§numbers§", narrow: "§nothing, as narrow as fits§" };

  function mixed(scale, place) {
    const at = Math.min(Math.max(place || 0, 0), 1) * (scale.length - 1), low = Math.min(Math.floor(at), scale.length - 2);
    return scale[low].map((value, i) => Math.round(value + (scale[low + 1][i] - value) * (at - low)));
  }
  const css = (colour) => `rgb(${colour.join(",")})`;
  function inkOn(colour) { // black or white, whichever is read better: 4.5 to 1 at least
    const [r, g, b] = colour.map((value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
  }
  const drawn = (tag, attributes, ...children) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const choice = (label, options, value, chosen) => {
    const select = h("select", {}, ...Object.entries(options).map(([key, textContent]) => h("option", { value: key, textContent })));
    select.value = value;
    select.addEventListener("change", () => chosen(select.value));
    return h("label", {}, `${label} `, select);
  };

  let mounted = 0;
  function mount(host, data, name = `lens${mounted++ || ""}`) {
    host.statescapeLens?.end();
    const { words, ids, tokens, first, lenses } = data;
    const positions = tokens.length, byId = new Map(ids.map((id, word) => [id, word]));
    const most = Math.max(1e-3, ...lenses.flatMap(({ kl }) => kl)) / 1000;
    const look = { lens: 0, colour: "probability", cells: "words", chosen: null, pins: [] };
    const ending = new AbortController(), { signal } = ending;
    const places = new WeakMap(); // lens, row and position of every cell
    const [{ k }] = lenses;
    let tables = [], layer = null;

    const ofLens = (lens, row, place) => row * positions + place;
    const top = (lens, row, place) => {
      const from = ofLens(lens, row, place) * lens.k;
      return Array.from({ length: lens.k }, (_, i) => [lens.top[from + i], probability(lens.logs[from + i])]);
    };
    const shownLenses = () => (look.lens === "all" ? lenses : [lenses[look.lens]]);
    const pinOf = (word) => look.pins.indexOf(word);
    const after = (place) => {
      const token = tokens[place], position = first + place;
      return `§after ${token} (position ${position})§`;
    };

    // The link holds the choices and pins: lens, colour, cells, row, position, ids of pins.
    const remember = () => link.write(name, [look.lens, look.colour, look.cells, ...(look.chosen ?? ["", ""]),
      ...look.pins.map((word) => ids[word])].join(","));
    function recall() {
      const [lens, colour, cells, row, place, ...pins] = (link.read(name) ?? "").split(",");
      if (lens === "all" ? lenses.length > 1 : lens && lens in lenses) look.lens = lens === "all" ? lens : +lens;
      if (Object.hasOwn(COLOURS, colour)) look.colour = colour;
      if (Object.hasOwn(CELLS, cells)) look.cells = cells;
      const [lensShown] = shownLenses();
      look.chosen = row && row in lensShown.states && place && +place in tokens ? [+row, +place] : null;
      look.pins = pins.filter((id) => id && byId.has(+id)).map((id) => byId.get(+id)).slice(0, MOST_PINS);
    }

    const bar = h("div", { className: "lens-bar" }), pins = h("div", { className: "lens-pins" });
    const legend = h("div", { className: "lens-legend" }), boxes = h("div", { className: "lens-boxes" });
    const tip = h("div", { className: "lens-tip", hidden: true, role: "tooltip" });
    const detail = h("div", { className: "lens-detail", hidden: true });
    host.replaceChildren(bar, pins, legend, boxes, detail, tip);
    host.classList.add("lens");

    function change(what) {
      Object.assign(look, what);
      if (look.chosen && !(look.chosen[0] in shownLenses()[0].states)) look.chosen = null;
      remember();
      if ("chosen" in what) tellChosen();
      if ("lens" in what || "cells" in what) build();
      else paint();
    }
    // A live page offers to edit the state that is chosen; the middle of a block is none.
    function tellChosen() {
      const [row, place] = look.chosen ?? [], state = look.chosen && shownLenses()[0].states[row];
      host.dispatchEvent(new CustomEvent("statescape-cell", { detail: Number.isInteger(state) ? { state, position: first + place, token: tokens[place] } : null }));
    }
    function pin(word) {
      const pinned = pinOf(word) >= 0 ? look.pins.filter((one) => one !== word) : [...look.pins, word].slice(-MOST_PINS);
      change({ pins: pinned });
    }

    function controls() {
      const known = h("datalist", { id: `${name}-words` }, ...[...new Set(words)].slice(0, 500).map((value) => h("option", { value })));
      const field = h("input", { type: "text", size: 12, autocomplete: "off", spellcheck: false });
      field.setAttribute("list", known.id);
      field.addEventListener("change", () => {
        const sought = field.value.trim(), bare = (word) => word.replace(/^[␣\u2068]+|\u2069$/g, "");
        const found = words.findIndex((word) => word === sought);
        const word = found >= 0 ? found : words.findIndex((one) => bare(one) === bare(sought));
        field.setCustomValidity(sought && word < 0 ? "§No cell has it among its likeliest.§" : "");
        field.reportValidity();
        if (word < 0 || pinOf(word) >= 0) return;
        field.value = "";
        pin(word);
      });
      const button = (textContent, onclick) => h("button", { type: "button", textContent, onclick });
      bar.replaceChildren(
        ...(lenses.length > 1 ? [choice("§Lens§", Object.fromEntries([...lenses.map((lens, i) => [i, lens.name]), ["all", "§side by side§"]]),
          look.lens, (value) => change({ lens: value === "all" ? value : +value }))] : []),
        choice("§Colour§", Object.fromEntries(Object.entries(COLOURS).map(([key, { name: said }]) => [key, said])), look.colour,
          (colour) => change({ colour })),
        choice("§Cells§", CELLS, look.cells, (cells) => change({ cells })),
        h("label", {}, "§Pin a token§ ", field), known,
        h("span", { className: "lens-files" }, button("PNG", savePng), button("SVG", () => keep(`${name}.svg`, asSvg(), "image/svg+xml")),
          button("CSV", () => keep(`${name}.csv`, asCsv(), "text/csv"))),
      );
    }

    function build() {
      const cap = look.cells === "words" ? 13 : 7;
      const longest = (place) => Math.max(3, ...shownLenses().flatMap((lens) => lens.states.map((_, row) =>
        look.cells === "words" ? words[lens.top[ofLens(lens, row, place) * lens.k]].length : 5)), Math.min(tokens[place].length, 9));
      const widths = look.cells === "narrow" ? null : tokens.map((_, place) => Math.min(longest(place), cap) * CHARACTER + 10);
      tables = shownLenses().map((lens) => tableOf(lens, widths));
      boxes.replaceChildren(...tables.map(({ box }) => box));
      boxes.classList.toggle("several", tables.length > 1);
      controls();
      paint();
    }

    function tableOf(lens, widths) {
      const head = lens.states.map((state) => h("th", { scope: "row", textContent: state }));
      const cells = lens.states.map((_, row) => tokens.map((_, place) => {
        const cell = h("td", { tabIndex: -1 }, h("bdi"));
        places.set(cell, [lens, row, place]);
        return cell;
      }));
      const rows = lens.states.map((_, row) => h("tr", {}, head[row], ...cells[row])).reverse(); // the last state on top
      const marks = tokens.map((token, place) => h("th", { scope: "col", title: `${first + place}` }, h("bdi", { textContent: token })));
      const cols = [h("col"), ...tokens.map(() => h("col"))];
      const table = h("table", { className: look.cells }, h("caption", { textContent: lenses.length > 1 ? lens.name : "" }),
        h("colgroup", {}, ...cols), h("thead", {}, h("tr", {}, h("th", { scope: "col", textContent: "§state§" }), ...marks)),
        h("tbody", {}, ...rows));
      table.setAttribute("role", "grid");
      const { name: lensName } = lens;
      table.ariaLabel = `§What the ${lensName} lens reads§`;
      cols[0].style.width = "46px";
      if (widths) {
        widths.forEach((width, place) => (cols[place + 1].style.width = `${width}px`));
        table.style.minWidth = `${widths.reduce((sum, width) => sum + width, 46)}px`;
      }
      const box = h("div", { className: "lens-box" }, table);
      box.addEventListener("scroll", () => tables.forEach((one) => one.box !== box && (one.box.scrollLeft = box.scrollLeft)), { signal });
      const [row, place] = look.chosen ?? [lens.states.length - 1, data.position ?? positions - 1];
      cells[Math.min(row, cells.length - 1)][place].tabIndex = 0;
      return { lens, box, table, cells, head };
    }

    function textOf(lens, row, place) {
      if (look.cells === "narrow") return "";
      const at = ofLens(lens, row, place);
      return look.cells === "words" ? words[lens.top[at * lens.k]] : short.format(COLOURS[look.colour].value(lens, at));
    }
    // The pinned token that a cell has highest among its likeliest, as its letter and place.
    function pinnedIn(lens, row, place) {
      const from = ofLens(lens, row, place) * lens.k;
      for (let i = 0; i < lens.k; i++) {
        const which = pinOf(lens.top[from + i]);
        if (which >= 0) return [which, `${LETTERS[which]}${i + 1}`];
      }
      return null;
    }
    const colourOf = (lens, row, place) => {
      const { scale, value, place: at } = COLOURS[look.colour];
      return mixed(scale, at(value(lens, ofLens(lens, row, place)), { n: data.n, most }));
    };

    function paint() {
      for (const { lens, cells, head } of tables) {
        for (const [row, line] of cells.entries()) {
          head[row].className = layer !== null && lens.states[row] === layer ? "current" : "";
          for (const [place, cell] of line.entries()) {
            const found = look.pins.length ? pinnedIn(lens, row, place) : null, away = look.pins.length > 0 && !found;
            const colour = colourOf(lens, row, place), chosen = look.chosen && look.chosen[1] === place;
            cell.firstChild.textContent = textOf(lens, row, place);
            cell.style.backgroundColor = away ? "" : css(colour);
            cell.style.color = away ? "" : inkOn(colour);
            cell.className = `${away ? "away" : ""} ${found ? `pin pin${found[0]}` : ""} ${chosen ? "column" : ""}`;
            if (found) cell.dataset.pin = found[1]; else delete cell.dataset.pin;
            cell.ariaSelected = String(Boolean(chosen && look.chosen[0] === row));
          }
        }
      }
      paintLegend();
      pins.replaceChildren(...look.pins.map((word, which) => h("button", { type: "button", className: `pin${which}`, title: "§Let go of it§",
        onclick: () => pin(word) }, h("b", { textContent: LETTERS[which] }), " ", h("bdi", { textContent: words[word] }), " ×")),
      ...(look.pins.length ? [h("span", { textContent: `§A letter and a number: the token and its place among the ${k} likeliest of the cell.§` })] : []));
      showDetail();
    }

    function paintLegend() {
      const { name: said, scale, ends } = COLOURS[look.colour], [low, high] = ends({ n: data.n, most });
      const strip = h("i", {});
      strip.style.background = `linear-gradient(to right, ${scale.map(css).join(", ")})`;
      const last = whole.format(+high.toPrecision(4)) + (look.colour === "rank" ? " §(logarithmic)§" : "");
      const ramp = h("span", { className: "lens-ramp" }); // its ends stay beside it
      ramp.append(whole.format(+low.toPrecision(4)), strip, last);
      legend.replaceChildren(said, " ", ramp);
    }

    const wordsOf = (lens, row, place) => {
      const at = ofLens(lens, row, place), state = lens.states[row], token = words[data.targets[place]], rank = whole.format(lens.rank[at]);
      const kl = short.format(lens.kl[at] / 1000), entropy = short.format(lens.entropy[at] / 1000);
      return `§state ${state}§, ${after(place)}\n§the prediction ${token} has rank ${rank}§\n§KL ${kl}, entropy ${entropy} nats§`;
    };
    const likeliest = (lens, row, place) => top(lens, row, place).map(([word, p]) => h("tr", {},
      h("td", { textContent: share(p) }), h("td", {}, h("meter", { value: p, ariaHidden: "true" })),
      h("td", {}, h("bdi", { textContent: words[word] })), h("td", { textContent: pinOf(word) < 0 ? "" : LETTERS[pinOf(word)] })));

    function showTip(cell) {
      const where = cell && places.get(cell);
      tip.hidden = !where;
      if (!where) return;
      tip.replaceChildren(h("p", { textContent: wordsOf(...where) }), h("table", {}, h("tbody", {}, ...likeliest(...where))));
      const { left, right, top: above, bottom } = cell.getBoundingClientRect(), { width, height } = tip.getBoundingClientRect();
      const x = right + width + 8 < innerWidth ? right + 8 : Math.max(4, left - width - 8);
      tip.style.left = `${Math.min(x, Math.max(4, innerWidth - width - 4))}px`;
      tip.style.top = `${bottom + height < innerHeight ? bottom + 4 : Math.max(4, above - height - 4)}px`;
    }

    // The path of a position: where its states go in the plane, and what each reads.
    function showDetail() {
      detail.hidden = !look.chosen;
      if (!look.chosen) return detail.replaceChildren();
      const [chosen, place] = look.chosen;
      const close = h("button", { type: "button", className: "lens-close", ariaLabel: "§Close§", textContent: "×", onclick: () => change({ chosen: null }) });
      const parts = shownLenses().map((lens) => {
        const rows = lens.states.map((state, row) => h("tr", { className: row === chosen ? "chosen" : "" },
          h("th", { scope: "row", textContent: state }), h("td", { textContent: whole.format(lens.rank[ofLens(lens, row, place)]) }),
          h("td", { textContent: short.format(lens.kl[ofLens(lens, row, place)] / 1000) }),
          ...top(lens, row, place).map(([word, p]) => h("td", {}, h("button", { type: "button", title: "§Pin it§", onclick: () => pin(word),
            className: pinOf(word) < 0 ? "" : `pin${pinOf(word)}` }, h("bdi", { textContent: words[word] })), ` ${share(p)}`)))).reverse();
        const names = ["§state§", "§rank§", "KL", ...Array.from({ length: lens.k }, (_, i) => `${i + 1}`)];
        return h("div", { className: "table" }, h("table", {}, h("caption", { textContent: lenses.length > 1 ? lens.name : "" }),
          h("thead", {}, h("tr", {}, ...names.map((textContent) => h("th", { scope: "col", textContent })))), h("tbody", {}, ...rows)));
      });
      detail.replaceChildren(h("h3", {}, h("bdi", { textContent: `§The path§ ${after(place)}` }), close),
        ...(data.places ? [planeOf(place)] : []), ...parts);
    }

    function planeOf(place) {
      const line = (points, className) => drawn("polyline", { points: points.map(([x, y]) => `${x},${1000 - y}`).join(" "), class: className });
      const own = data.places.map((state) => state[place]);
      const rest = tokens.map((_, other) => line(data.places.map((state) => state[other]), "rest"));
      const each = Math.ceil(own.length / 12);
      const dots = own.flatMap(([x, y], state) => [drawn("circle", { cx: x, cy: 1000 - y, r: 9 }),
        ...(state % each && state !== own.length - 1 ? [] : [drawn("text", { x: x + 12, y: 990 - y }, `${state}`)])]);
      const svg = drawn("svg", { viewBox: "-40 -40 1100 1080", role: "img", "aria-label": `§The path§ ${after(place)}` },
        ...rest, line(own, "own"), ...dots);
      return h("figure", { className: "lens-plane" }, svg, h("figcaption", { textContent: data.plane }));
    }

    function asCsv() {
      const counted = Array.from({ length: k }, (_, i) => [`top_${i + 1}`, `probability_${i + 1}`]).flat();
      const rows = lenses.flatMap((lens) => lens.states.flatMap((state, row) => tokens.map((token, place) => {
        const at = ofLens(lens, row, place);
        return [lens.name, state, first + place, token, words[data.targets[place]], lens.rank[at], lens.kl[at] / 1000, lens.entropy[at] / 1000,
          ...top(lens, row, place).flatMap(([word, p]) => [words[word], +p.toPrecision(4)])];
      })));
      return csvOf([["lens", "state", "position", "token", "prediction", "rank_of_prediction", "kl_to_final", "entropy", ...counted], ...rows]);
    }

    function asSvg() {
      const wide = look.cells === "narrow" ? 12 : 84, high = 20, shown = shownLenses();
      const width = 50 + positions * wide, tall = (lens) => (lens.states.length + 2) * high;
      const text = (x, y, content, fill = "#000", anchor = "start") => drawn("text", { x, y, fill, "text-anchor": anchor }, content);
      let from = 0;
      const parts = shown.flatMap((lens) => {
        const begun = (from += tall(lens)) - tall(lens) + high, n = lens.states.length;
        const cells = lens.states.flatMap((state, row) => {
          const y = begun + (n - 1 - row) * high;
          return [text(44, y + 14, `${state}`, "#000", "end"), ...tokens.flatMap((_, place) => {
            const colour = colourOf(lens, row, place), x = 50 + place * wide, said = [...textOf(lens, row, place)].slice(0, 11).join("");
            return [drawn("rect", { x, y, width: wide - 1, height: high - 1, fill: css(colour) }), ...(said ? [text(x + 3, y + 14, said, inkOn(colour))] : [])];
          })];
        });
        const marks = tokens.map((token, place) => look.cells === "narrow" ? "" : text(50 + place * wide, begun + n * high + 14, [...token].slice(0, 11).join("")));
        return [text(0, begun - 6, `${lens.name}: ${COLOURS[look.colour].name}`), ...cells, ...marks.filter(Boolean)];
      });
      const svg = drawn("svg", { xmlns: SVG, width, height: from, viewBox: `0 0 ${width} ${from}`, "font-family": "sans-serif", "font-size": 12 },
        drawn("rect", { width, height: from, fill: "#fff" }), ...parts);
      return new XMLSerializer().serializeToString(svg);
    }
    function savePng() {
      const image = new Image(), text = asSvg();
      image.onload = () => {
        const much = Math.min(2, 16_000 / Math.max(image.width, image.height)); // what a canvas can hold
        const canvas = h("canvas", { width: image.width * much, height: image.height * much });
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => keep(`${name}.png`, blob, "image/png"));
      };
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    }

    const cellOf = (event) => event.target.closest?.("td[tabindex]");
    const listen = (kind, heard) => boxes.addEventListener(kind, heard, { signal });
    listen("pointerover", (event) => event.pointerType !== "touch" && showTip(cellOf(event)));
    listen("pointerleave", () => showTip(null));
    listen("focusin", (event) => {
      const cell = cellOf(event);
      if (!cell) return;
      const [lens, row, place] = places.get(cell);
      cell.ariaLabel = `${words[lens.top[ofLens(lens, row, place) * lens.k]]}, ${wordsOf(lens, row, place)}`;
      if (cell.matches(":focus-visible")) showTip(cell);
    });
    listen("focusout", () => showTip(null));
    listen("click", (event) => {
      const cell = cellOf(event);
      if (!cell) return;
      const [, row, place] = places.get(cell);
      const same = look.chosen?.[0] === row && look.chosen[1] === place;
      change({ chosen: same ? null : [row, place] });
    });
    listen("keydown", (event) => {
      const cell = cellOf(event), moves = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
      const [lens, row, place] = places.get(cell), { cells } = tables.find((one) => one.lens === lens);
      if (event.key in moves) {
        const [up, right] = moves[event.key], next = cells[row + up]?.[place + right];
        if (next) {
          cell.tabIndex = -1;
          next.tabIndex = 0;
          next.focus();
        }
      } else if (event.key === "Enter" || event.key === " ") cell.click();
      else if (event.key.toLowerCase() === "p") pin(lens.top[ofLens(lens, row, place) * lens.k]);
      else if (event.key === "Escape") change({ chosen: null });
      else return;
      event.preventDefault();
    });
    // The state that the slider of the sphere stands at.
    const option = (element) => element.closest("[data-option]")?.dataset.option;
    document.addEventListener("statescape-layer", ({ detail: moved, target }) => {
      const now = Math.round(moved.layer);
      if (now === layer || option(target) !== option(host)) return;
      layer = now;
      for (const { lens, head } of tables) head.forEach((cell, row) => (cell.className = lens.states[row] === layer ? "current" : ""));
    }, { signal });
    addEventListener("hashchange", () => { recall(); build(); }, { signal });

    host.statescapeLens = { look, change, pin, end: () => ending.abort() };
    recall();
    build();
    tellChosen();
    return host.statescapeLens;
  }

  const ready = Promise.all([...document.querySelectorAll("[data-statescape-lens]")].map(async (host) => {
    const packed = host.querySelector("script");
    if (packed) mount(host, JSON.parse(await unpacked(packed.textContent)));
  }));

  return { mount, ready };
})();
