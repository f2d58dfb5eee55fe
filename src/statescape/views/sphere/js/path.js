// The path of the state over the sphere: great arcs between the states, drawn only where the sphere does not hide them.

const ARC_STEPS = 24;

function slerp(a, b, t) {
  const angle = Math.acos(clamp(dot(a, b), -1, 1));
  const [from, to] = angle < 1e-4 ? [1 - t, t] : [Math.sin((1 - t) * angle), Math.sin(t * angle)];
  const mix = a.map((value, i) => from * value + to * b[i]);
  const length = Math.hypot(...mix) || 1;
  return mix.map((value) => value / length);
}

function stateAt(data, layer) {
  const block = Math.min(Math.floor(layer), data.states - 2);
  if (data.states < 2) return data.path[0];
  return slerp(data.path[block], data.path[block + 1], layer - block);
}

// Trace a run of points, broken where the sphere hides them; the caller strokes.
function trace(context, view, points) {
  context.beginPath();
  let last = null;
  for (const point of points) {
    const at = project(view, point);
    const far = last && at && Math.hypot(at.x - last.x, at.y - last.y) > view.width;
    if (at && !at.hidden) context[last && !far ? "lineTo" : "moveTo"](at.x, at.y);
    last = at && !at.hidden ? at : null;
  }
}

function disc(context, { x, y }, radius, fill, stroke, width = 1.5) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (fill) Object.assign(context, { fillStyle: fill }).fill();
  if (stroke) Object.assign(context, { strokeStyle: stroke, lineWidth: width }).stroke();
}

const circle = (at) => Array.from({ length: 97 }, (_, i) => at((2 * Math.PI * i) / 96));
const GRID = [
  ...[-60, -30, 0, 30, 60].map((latitude) => circle((angle) => direction(angle, (latitude * Math.PI) / 180))),
  ...[0, 30, 60, 90, 120, 150].map((longitude) => circle((angle) => direction((longitude * Math.PI) / 180, angle))),
];
function drawGrid(context, { view, palette }) {
  Object.assign(context, { strokeStyle: palette.grid, lineWidth: 1 });
  for (const line of GRID) {
    trace(context, view, line);
    context.stroke();
  }
}

function arc(data, from, to) {
  const steps = Math.max(1, Math.ceil((to - from) * ARC_STEPS));
  return Array.from({ length: steps + 1 }, (_, i) => stateAt(data, from + ((to - from) * i) / steps));
}

function drawPath(context, { data, view, look, palette }) {
  const last = data.states - 1;
  Object.assign(context, { lineJoin: "round", lineCap: "round" });
  const stroke = (points, colour, width, alpha) => {
    trace(context, view, points);
    Object.assign(context, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha }).stroke();
  };
  if (look.layer < last) {
    context.setLineDash([2, 6]);
    stroke(arc(data, look.layer, last), palette.ink, 1.4, 0.5);
    context.setLineDash([]);
  }
  if (look.layer > 0) stroke(arc(data, 0, look.layer), palette.halo, 6, 0.55);
  for (let from = 0; from < look.layer; from++) {
    const to = Math.min(from + 1, look.layer);
    stroke(arc(data, from, to), palette.ink, 2.4, 0.5 + 0.5 * (to / look.layer));
  }
  context.globalAlpha = 1;
  const marks = [];
  data.path.forEach((point, block) => {
    const at = project(view, point);
    if (!at || at.hidden) return;
    const past = block <= look.layer + 0.01;
    context.globalAlpha = past ? 1 : 0.45;
    disc(context, at, 3, past ? palette.ink : palette.halo, past ? palette.halo : palette.ink, past ? 1.5 : 1);
    marks.push({ ...at, radius: 4, text: String(block), small: true, faint: !past });
  });
  context.globalAlpha = 1;
  return marks;
}

function drawMarkers(context, { data, view, look, palette }) {
  const marks = [];
  const mark = (point, radius, draw) => {
    const at = project(view, point);
    if (!at || at.hidden) return;
    draw(at);
    marks.push({ ...at, radius });
  };
  mark(position(data, data.predicted), 9, (at) => {
    disc(context, at, 13, css([255, 77, 87], 0.22));
    disc(context, at, 7, palette.red, palette.halo, 2);
  });
  mark(stateAt(data, look.layer), 10, (at) => {
    disc(context, at, 9.5, null, palette.halo, 5);
    disc(context, at, 9.5, null, palette.ink, 2.2);
    disc(context, at, 4, palette.ink, palette.halo, 1.5);
  });
  for (const { id } of (look.pinned >= 0 && neighboursOf(data, look.pinned)) || []) {
    mark(position(data, id), 6, (at) => disc(context, at, 6, null, palette.ink, 1.2));
  }
  for (const [token, radius] of [[look.pinned, 11], [look.hover, 8]]) {
    if (token < 0) continue;
    mark(position(data, token), radius, (at) => {
      disc(context, at, radius, null, palette.halo, 4.5);
      disc(context, at, radius, null, palette.ink, 2);
    });
  }
  return marks;
}
