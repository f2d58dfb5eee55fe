// Camera, block, colour and selection in the page's fragment, beside whatever else is there; and the picture as a file.

const SHARED = ["yaw", "pitch", "distance", "field", "inside"];

function fragmentOf({ camera, look }) {
  const numbers = [...SHARED.map((name) => camera[name]), look.layer].map((value) => Number(value.toFixed(3)));
  return [...numbers, look.colour, look.pinned].join(",");
}

function readFragment(scene) {
  const part = location.hash.slice(1).split("&").find((text) => text.startsWith(`${scene.name}=`));
  const values = part ? decodeURIComponent(part.slice(scene.name.length + 1)).split(",") : [];
  const numbers = values.slice(0, 6).map(Number);
  if (values.length !== 8 || !numbers.every(Number.isFinite)) return;
  const camera = Object.fromEntries(SHARED.map((name, i) => [name, numbers[i]]));
  for (const [name, limits] of Object.entries(CAMERA_LIMITS)) camera[name] = clamp(camera[name], ...limits);
  camera.inside = camera.inside > 0.5 ? 1 : 0;
  const pinned = Number(values[7]);
  scene.setCamera(camera);
  scene.change({
    layer: numbers[5],
    colour: MODES[values[6]] ? values[6] : scene.look.colour,
    pinned: Number.isInteger(pinned) && pinned < scene.data.n ? pinned : -1,
  });
}

function shareInFragment(scene) {
  if (!scene.options.share) return { update() {}, stop() {} };
  let timer = 0;
  let written = "";
  const write = () => {
    const mine = `${scene.name}=${fragmentOf(scene)}`;
    const others = location.hash.slice(1).split("&").filter((text) => text && !text.startsWith(`${scene.name}=`));
    written = "#" + [...others, mine].join("&");
    try {
      history.replaceState(history.state, "", written);
    } catch {
      // some hosts forbid it (sandboxed frames); sharing is then off
    }
  };
  const onHash = () => location.hash !== written && readFragment(scene);
  addEventListener("hashchange", onHash);
  let last = "";
  return {
    update() {
      const now = fragmentOf(scene);
      if (now === last) return;
      if (last) {
        clearTimeout(timer);
        timer = setTimeout(write, 250);
      }
      last = now;
    },
    stop() {
      clearTimeout(timer);
      removeEventListener("hashchange", onHash);
    },
  };
}

// The picture as seen, with the sentence, the legend and the numbers that belong to it underneath.
function pictureOf(scene) {
  const { data, view, look, palette, canvases, density } = scene;
  const footer = 92;
  const canvas = h("canvas", { width: view.width * density, height: (view.height + footer) * density });
  const context = canvas.getContext("2d");
  scene.drawNow();
  context.fillStyle = css(palette.back);
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const layer of canvases) context.drawImage(layer, 0, 0, canvas.width, view.height * density);
  context.setTransform(density, 0, 0, density, 0, view.height * density);
  const { sentence, caveat } = words(scene);
  const write = (text, x, y, colour, font) => {
    Object.assign(context, { fillStyle: colour, font: `${font} ${FONT}`, textBaseline: "alphabetic" }).fillText(text, x, y);
  };
  write(sentence, 20, 20, palette.ink, "600 15px");
  write(caveat, 20, 42, palette.faint, "12.5px");
  const mode = MODES[look.colour];
  const gradient = context.createLinearGradient(20, 0, 240, 0);
  const table = mode.table(palette);
  table.forEach((colour, i) => gradient.addColorStop(i / (table.length - 1), css(colour)));
  context.fillStyle = gradient;
  context.fillRect(20, 56, 220, 8);
  const ticks = mode.ticks(data);
  ticks.forEach((text, i) => {
    context.textAlign = ["left", "center", "right"][i === 0 ? 0 : i === ticks.length - 1 ? 2 : 1];
    write(text, 20 + (220 * i) / (ticks.length - 1), 80, palette.faint, "11px");
  });
  context.textAlign = "left";
  write(mode.title(data), 256, 65, palette.faint, "12.5px");
  return canvas;
}

function savePicture(scene) {
  pictureOf(scene).toBlob((blob) => {
    const link = h("a", { href: URL.createObjectURL(blob), download: `sphere-block-${Math.round(scene.look.layer)}.png` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}
