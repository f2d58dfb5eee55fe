// Mouse, pen and touch: drag turns, wheel or pinch comes closer, hovering names a token, a click pins it.

const CLICK_SLOP = 4; // CSS pixels that a click may wander

function listenToPointer(scene, stage) {
  const down = new Map();
  let moved = 0;
  const local = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const spread = () => {
    const [a, b] = [...down.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };

  stage.onpointerdown = (event) => {
    if (event.button || event.target !== stage) return;
    stage.setPointerCapture(event.pointerId);
    down.set(event.pointerId, local(event));
    if (down.size === 1) moved = 0;
    scene.stopMoving();
  };

  stage.onpointermove = (event) => {
    const [x, y] = local(event);
    const before = down.get(event.pointerId);
    if (!before) {
      if (event.target === stage) scene.change({ hover: pick(scene, x, y) });
      return;
    }
    moved += Math.hypot(x - before[0], y - before[1]);
    if (moved <= CLICK_SLOP) return;
    const apart = down.size === 2 ? spread() : 0;
    down.set(event.pointerId, [x, y]);
    scene.turning = true;
    stage.classList.add("turning");
    if (apart) scene.setCamera(zoomed(scene.camera, apart / spread()));
    else {
      // the ground under the pointer stays under it
      const angle = 1 / (scene.camera.inside > 0.5 ? scene.view.scale : scene.view.unit);
      scene.setCamera(turned(scene.camera, (x - before[0]) * angle, (y - before[1]) * angle));
    }
  };

  stage.onpointerup = stage.onpointercancel = (event) => {
    if (!down.delete(event.pointerId) || down.size) return;
    scene.turning = false;
    stage.classList.remove("turning");
    if (event.type === "pointerup" && moved <= CLICK_SLOP) {
      const token = pick(scene, ...local(event));
      scene.change({ hover: token, pinned: token === scene.look.pinned ? -1 : token });
    } else scene.refresh();
  };

  stage.onpointerleave = () => down.size || scene.change({ hover: -1 });

  // In a page that scrolls, the wheel belongs to the page until the sphere has the focus.
  const onWheel = (event) => {
    if (!scene.options.bare && !event.ctrlKey && !stage.matches(":focus")) return;
    event.preventDefault();
    scene.setCamera(zoomed(scene.camera, Math.exp(clamp(event.deltaY, -200, 200) * 0.0012)));
  };
  stage.addEventListener("wheel", onWheel, { passive: false });
}
