// Everything the pointer can do, from the keyboard, while the sphere has the focus.

const KEYS = [
  ["← → ↑ ↓", "turn (with Shift: a little)"],
  ["+  −", "closer, farther"],
  ["I", "step inside, step outside"],
  ["Home", "first view"],
  [",  .", "block before, block after"],
  ["Space", "play, pause"],
  ["T", "next of the likeliest tokens (with Shift: the one before)"],
  ["Enter", "pin the token, release it"],
  ["F", "face the state"],
  ["C", "next meaning of colour"],
  ["/", "find a token"],
  ["S", "save a picture"],
  ["Esc", "let go of tokens"],
];

function listenToKeys(scene, stage) {
  let walk = -1;
  const turn = (right, up) => (event) => {
    const angle = event.shiftKey ? 0.02 : 0.12;
    scene.moveTo(turned(scene.goal(), right * angle, up * angle), 160);
  };
  const zoom = (factor) => () => scene.moveTo(zoomed(scene.goal(), factor), 160);
  const step = (by) => () => scene.change({ layer: by > 0 ? Math.floor(scene.look.layer + by) : Math.ceil(scene.look.layer + by) });

  function nextToken(event) {
    const tokens = likeliest(scene.data, Math.round(scene.look.layer));
    const at = tokens.indexOf(scene.look.hover);
    walk = ((at < 0 ? -1 : at) + (event.shiftKey ? tokens.length - 1 : 1) + (at < 0 && event.shiftKey ? 1 : 0)) % tokens.length;
    scene.change({ hover: tokens[walk] });
    scene.moveTo(facing(scene.goal(), position(scene.data, tokens[walk])));
  }

  const actions = {
    ArrowLeft: turn(-1, 0), ArrowRight: turn(1, 0), ArrowUp: turn(0, 1), ArrowDown: turn(0, -1),
    "+": zoom(1 / 1.2), "=": zoom(1 / 1.2), "-": zoom(1.2), "_": zoom(1.2),
    Home: () => scene.reset(),
    i: () => scene.stepInside(),
    ",": step(-1), ".": step(1), PageDown: step(-1), PageUp: step(1),
    " ": () => scene.play(),
    t: nextToken,
    Enter: () => scene.change({ pinned: scene.look.hover === scene.look.pinned ? -1 : scene.look.hover }),
    f: () => scene.moveTo(facing(scene.goal(), stateAt(scene.data, scene.look.layer))),
    c: () => scene.change({ colour: MODE_NAMES[(MODE_NAMES.indexOf(scene.look.colour) + 1) % MODE_NAMES.length] }),
    "/": () => scene.rooms.search.focus(),
    s: () => savePicture(scene),
    Escape: () => scene.change({ hover: -1, pinned: -1 }),
  };

  stage.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action(event);
  };
}

function makeHelp() {
  const rows = KEYS.map(([key, text]) => h("div", { className: "row" }, h("kbd", { textContent: key }), h("span", { textContent: text })));
  return h("div", {}, h("h2", { textContent: "Keys, while the sphere has the focus" }), ...rows);
}
