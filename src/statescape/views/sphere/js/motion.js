// What moves by itself: the camera on its way to a new view, and the block while it plays. Who asked their system for
// less motion gets the destination at once and the blocks one by one.

const ease = (t) => t * t * (3 - 2 * t);

function giveMotion(scene) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let goal = null;
  let moving = 0;
  let ticking = 0;

  scene.goal = () => goal ?? scene.camera;
  scene.setCamera = (camera) => {
    scene.camera = camera;
    scene.refresh();
  };
  scene.stopMoving = () => {
    cancelAnimationFrame(moving);
    if (goal && goal.inside !== scene.camera.inside) scene.setCamera(goal); // never left half inside
    goal = null;
  };
  scene.moveTo = (target, duration = 500) => {
    cancelAnimationFrame(moving);
    const from = scene.camera;
    const start = performance.now();
    goal = target;
    if (calm.matches) {
      goal = null;
      return scene.setCamera(target);
    }
    const step = (now) => {
      const t = ease(clamp((now - start) / duration, 0, 1));
      const between = Object.keys(target).map((key) => [key, from[key] + (target[key] - from[key]) * t]);
      scene.setCamera(t < 1 ? Object.fromEntries(between) : target);
      if (t < 1) moving = requestAnimationFrame(step);
      else goal = null;
    };
    moving = requestAnimationFrame(step);
  };

  scene.reset = () => scene.moveTo(firstCamera(scene.data));
  scene.stepInside = () => {
    const camera = scene.goal();
    const inward = camera.inside < 0.5;
    const state = stateAt(scene.data, scene.look.layer);
    scene.moveTo({ ...(inward ? facing(camera, state) : camera), inside: inward ? 1 : 0 }, 1100);
  };
  scene.goTo = (token) => {
    scene.change({ pinned: token, hover: -1 });
    scene.moveTo(facing(scene.goal(), position(scene.data, token)));
  };

  scene.play = (on = !scene.playing) => {
    const last = scene.data.states - 1;
    cancelAnimationFrame(ticking);
    scene.playing = on && last > 0;
    scene.refresh();
    if (!scene.playing) return;
    let layer = scene.look.layer >= last ? 0 : scene.look.layer;
    let before = performance.now();
    scene.change({ layer });
    const tick = (now) => {
      if (!scene.playing) return;
      if (Math.abs(scene.look.layer - (calm.matches ? Math.floor(layer) : layer)) > 0.02) return scene.play(false); // somebody else moved it
      layer = Math.min(last, layer + (PLAY_SPEED * (now - before)) / 1000);
      before = now;
      scene.change({ layer: calm.matches ? Math.floor(layer) : layer });
      if (layer >= last) return scene.play(false);
      ticking = requestAnimationFrame(tick);
    };
    ticking = requestAnimationFrame(tick);
  };
}

// Light or dark: an explicit data-theme on the host or around it, else the system's.
function followTheme(scene, host, frame, handle) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const asked = host.closest("[data-theme]")?.dataset.theme;
    scene.scheme = PALETTES[asked] ? asked : system.matches ? "dark" : "light";
    scene.palette = PALETTES[scene.scheme];
    frame.dataset.scheme = scene.scheme;
    scene.refresh();
  };
  const watch = new MutationObserver(follow);
  for (const element of [host, document.documentElement, document.body]) {
    watch.observe(element, { attributes: true, attributeFilter: ["data-theme"] });
  }
  system.addEventListener("change", follow);
  handle.forgetTheme = () => {
    watch.disconnect();
    system.removeEventListener("change", follow);
  };
  follow();
}
