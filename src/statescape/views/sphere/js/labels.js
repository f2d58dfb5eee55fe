// Names of the likeliest tokens beside their dots, never one over another, never over the path's own markers. The order
// is by importance; a label that finds no free side is left out. Coming closer leaves room for more.

const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [1, 1], [-1, -1], [-1, 1]];

const overlaps = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function labelled(scene) {
  const { data, look, camera } = scene;
  const closer = camera.inside > 0.5 ? 1.7 / camera.field : 3.1 / camera.distance;
  const room = Math.round(clamp(14 * closer ** 1.5, 6, data.n_top));
  const first = [look.pinned, look.hover, data.predicted].filter((token) => token >= 0);
  const around = look.pinned >= 0 ? (neighboursOf(data, look.pinned) ?? []).map(({ id }) => id) : [];
  const found = look.matched ? [...look.matched].slice(0, 40) : [];
  return [...new Set([...first, ...found, ...around, ...likeliest(data, Math.round(look.layer)).subarray(0, room)])];
}

function drawLabels(context, scene, marks) {
  const { data, view, look, palette, taken } = scene;
  const boxes = [...taken(), ...marks.map(({ x, y, radius }) => boxAround(x, y, radius))];
  const drawn = [];
  Object.assign(context, { textBaseline: "middle", lineJoin: "round", direction: "ltr" });

  function place(at, text, { size = 12.5, strong = false, colour = palette.ink, gap }) {
    context.font = `${strong ? 650 : 500} ${size}px ${FONT}`;
    const width = context.measureText(text).width;
    const height = size * 1.25;
    for (const [right, down] of SIDES) {
      const reach = right && down ? 0.75 * gap : gap;
      const x = at.x + right * reach - (right < 0 ? width : right ? 0 : width / 2);
      const y = at.y + down * (reach + height / 2) - height / 2;
      const box = { x: x - 2, y, width: width + 4, height };
      const outside = box.x < 4 || box.y < 4 || x + width > view.width - 4 || y + height > view.height - 4;
      if (outside || boxes.some((other) => overlaps(box, other))) continue;
      boxes.push(box);
      Object.assign(context, { strokeStyle: palette.halo, lineWidth: 3.5, fillStyle: colour });
      context.strokeText(text, x, y + height / 2);
      context.fillText(text, x, y + height / 2);
      return box;
    }
    return null;
  }

  for (const token of labelled(scene)) {
    const at = project(view, position(data, token));
    if (!at || at.hidden) continue;
    const chosen = token === data.predicted || token === look.pinned || token === look.hover;
    const radius = token === data.predicted ? 10 : token === look.pinned ? 12 : drawnRadius(scene, token);
    const box = place(at, clipped(data.shown[token]), {
      size: chosen ? 15 : 12.5,
      strong: chosen,
      colour: token === data.predicted ? palette.red : palette.ink,
      gap: radius + 5,
    });
    if (!box) continue;
    boxes.push(boxAround(at.x, at.y, radius));
    drawn.push({ token, ...box });
  }
  for (const mark of marks.filter(({ small }) => small)) {
    place(mark, mark.text, { size: 10, colour: mark.faint ? palette.faint : palette.ink, gap: 7 });
  }
  return drawn;
}

const boxAround = (x, y, radius) => ({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius });
