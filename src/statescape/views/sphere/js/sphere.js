// The scene: data, camera and what is looked at, in one place; every room reads it and is asked to catch up once a frame.

const PLAY_SPEED = 1.1; // blocks a second
let spheres = 0;

function mount(host, packed, options = {}) {
  const number = ++spheres;
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const frame = h("div", { className: "sphere" }, h("p", { className: "notice", textContent: "Unpacking the sphere …" }));
  root.replaceChildren(h("style", { textContent: STYLE }), frame);
  const handle = { destroyed: false, destroy: () => (handle.destroyed = true) };
  const name = number > 1 ? `sphere${number}` : "sphere";
  handle.ready = unpack(packed).then((data) => {
    if (!handle.destroyed) open(host, frame, data, { bare: false, share: true, name, ...options }, handle);
    return handle;
  });
  handle.ready.catch((error) => frame.replaceChildren(h("p", { className: "notice", textContent: `The sphere could not be shown: ${error.message}` })));
  host.statescape = handle;
  return handle;
}

function open(host, frame, data, options, handle) {
  const stage = h("div", { className: "stage", tabIndex: 0, role: "application" });
  stage.setAttribute("aria-label", `Sphere of ${data.n.toLocaleString("en")} tokens with the path of the state. Keys are listed under Keys, the content under Read as text.`);
  const notice = h("p", { className: "notice", hidden: true, role: "status" });
  const over = h("canvas", { className: "over" });
  const scene = {
    data, options, stage, name: options.name, density: 1, turning: false, playing: false, labels: [], frames: 0,
    camera: firstCamera(data),
    look: { layer: data.states - 1, colour: "probability", hover: -1, pinned: -1, matched: null },
  };
  const { dots, canvas } = makePicture(data, notice);
  scene.canvases = [canvas, over];
  const rooms = (scene.rooms = {
    headline: makeHeadline(scene),
    legend: makeLegend(scene),
    card: makeCard(scene),
    inspector: makeInspector(scene),
    search: makeSearch(scene),
    controls: makeControls(scene, { table: makeTable(scene), help: makeHelp() }),
    share: shareInFragment(scene),
  });
  const aside = h("aside", {}, rooms.search.element, rooms.inspector.element);
  const panels = [rooms.headline.element, rooms.legend.element, rooms.search.element, rooms.inspector.element];
  stage.append(canvas, over, rooms.card.element);
  frame.replaceChildren(
    h("div", { className: "picture" }, stage, rooms.headline.element, rooms.legend.element, aside, rooms.controls.panels, notice),
    rooms.controls.element,
  );

  scene.taken = () => {
    const origin = stage.getBoundingClientRect();
    return panels.filter((panel) => !panel.hidden).map((panel) => {
      const { left, top, width, height } = panel.getBoundingClientRect();
      return { x: left - origin.left, y: top - origin.top, width, height };
    });
  };

  function size() {
    const { width, height } = stage.getBoundingClientRect();
    scene.density = Math.min(2, devicePixelRatio || 1);
    for (const layer of scene.canvases) {
      const [w, h] = [Math.max(1, Math.round(width * scene.density)), Math.max(1, Math.round(height * scene.density))];
      if (layer.width !== w || layer.height !== h) Object.assign(layer, { width: w, height: h });
    }
    scene.view = viewOf(scene.camera, Math.max(1, width), Math.max(1, height));
  }

  scene.drawNow = () => {
    size();
    dots.draw(scene, scene.density);
    const context = over.getContext("2d");
    context.setTransform(scene.density, 0, 0, scene.density, 0, 0);
    context.clearRect(0, 0, scene.view.width, scene.view.height);
    drawGrid(context, scene);
    const marks = [...drawPath(context, scene), ...drawMarkers(context, scene)];
    scene.labels = drawLabels(context, scene, marks);
    for (const room of Object.values(rooms)) room.update();
    scene.frames++;
  };

  let asked = 0;
  scene.refresh = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      if (!handle.destroyed) scene.drawNow();
    });
  };

  scene.change = (patch) => {
    const before = { ...scene.look };
    Object.assign(scene.look, patch);
    scene.look.layer = clamp(Number.isFinite(scene.look.layer) ? scene.look.layer : before.layer, 0, data.states - 1);
    if (Object.keys(before).every((key) => before[key] === scene.look[key])) return;
    if (before.layer !== scene.look.layer) {
      const detail = { layer: scene.look.layer, block: Math.round(scene.look.layer) };
      host.dispatchEvent(new CustomEvent("statescape-layer", { detail, bubbles: true, composed: true }));
    }
    scene.refresh();
  };

  giveMotion(scene);
  followTheme(scene, host, frame, handle);
  listenToPointer(scene, stage);
  listenToKeys(scene, stage);
  surviveLoss(scene, dots, canvas, notice);
  const resizing = new ResizeObserver(scene.refresh);
  resizing.observe(stage);
  size();
  if (options.share) readFragment(scene);
  scene.drawNow();
  Object.defineProperty(handle, "layer", { get: () => scene.look.layer, set: (layer) => scene.change({ layer: Number(layer) }) });
  Object.assign(handle, {
    scene,
    pick: (x, y) => pick(scene, x, y),
    project: (token) => project(scene.view, position(data, token)),
    draw: () => (scene.drawNow(), dots.finish()),
    gl: dots.gl,
    destroy() {
      handle.destroyed = true;
      scene.stopMoving();
      resizing.disconnect();
      rooms.share.stop();
      handle.forgetTheme();
      dots.gl?.getExtension("WEBGL_lose_context")?.loseContext();
      frame.replaceChildren();
    },
  });
  host.dispatchEvent(new CustomEvent("statescape-ready", { bubbles: true, composed: true }));
}

// WebGL 2 where there is one, else the same picture drawn plainly, and the reason.
function makePicture(data, notice) {
  const canvas = h("canvas");
  try {
    return { dots: makeDots(canvas, data), canvas };
  } catch (error) {
    notice.textContent = `Drawn plainly, without WebGL 2: ${error.message}.`;
    notice.hidden = false;
    const plain = h("canvas");
    return { dots: makeStill(plain, data), canvas: plain };
  }
}

function surviveLoss(scene, dots, canvas, notice) {
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault();
    notice.textContent = "The graphics context was lost; the picture returns as soon as the browser gives it back.";
    notice.hidden = false;
  });
  canvas.addEventListener("webglcontextrestored", () => {
    dots.build();
    notice.hidden = true;
    scene.refresh();
  });
}
