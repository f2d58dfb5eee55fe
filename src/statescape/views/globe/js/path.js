// The path of the state: great arcs, drawn only where the sphere does not hide them.

const ARC_STEPS = 24;
const steps = (from, to, count) => Array.from({ length: count + 1 }, (_, i) => from + ((to - from) * i) / count);

function stateAt({ path }, layer) {
	const from = Math.floor(layer);
	const [a, b] = [path[from], path[Math.min(from + 1, path.length - 1)]];
	const angle = Math.acos(clamp(dot(a, b), -1, 1));
	const t = layer - from;
	const [p, q] = angle < 1e-4 ? [1 - t, t] : [Math.sin((1 - t) * angle), Math.sin(t * angle)];
	const mix = a.map((value, i) => p * value + q * b[i]);
	const length = Math.hypot(...mix) || 1;
	return mix.map((value) => value / length);
}

const arc = (data, from, to) =>
	steps(from, to, Math.ceil((to - from) * ARC_STEPS) || 1).map((layer) => stateAt(data, layer));

const round = steps(-Math.PI, Math.PI, 96);
const GRID = [
	...[-2, -1, 0, 1, 2].map((i) => round.map((yaw) => direction(yaw, (i * Math.PI) / 6))),
	...[0, 1, 2, 3, 4, 5].map((i) => round.map((pitch) => direction((i * Math.PI) / 6, pitch))),
];

function strokeLine(context, view, points, strokeStyle, lineWidth, globalAlpha = 1) {
	context.beginPath();
	let last = null;
	for (const point of points) {
		const at = visible(view, point);
		const joined = at && last && Math.hypot(at.x - last.x, at.y - last.y) < view.width;
		if (at) context[joined ? "lineTo" : "moveTo"](at.x, at.y);
		last = at;
	}
	Object.assign(context, { strokeStyle, lineWidth, globalAlpha }).stroke();
}

function ring(context, { x, y }, radius, fillStyle, strokeStyle, lineWidth = 1.5) {
	context.beginPath();
	context.arc(x, y, radius, 0, 7);
	if (fillStyle) Object.assign(context, { fillStyle }).fill();
	if (strokeStyle) Object.assign(context, { strokeStyle, lineWidth }).stroke();
}

// Both return what labels keep clear of.
function drawPath(context, { data, view, look, palette }) {
	const { layer } = look;
	const { ink, halo, faint } = palette;
	Object.assign(context, { lineJoin: "round", lineCap: "round" });
	for (const line of GRID) strokeLine(context, view, line, palette.grid, 1);
	context.setLineDash([2, 6]);
	strokeLine(context, view, arc(data, layer, data.states - 1), ink, 1.6, 0.8);
	context.setLineDash([]);
	strokeLine(context, view, arc(data, 0, layer), halo, 6, 0.55);
	for (let from = 0; from < layer; from++) {
		const to = Math.min(from + 1, layer);
		strokeLine(context, view, arc(data, from, to), ink, 2.4, 0.5 + (0.5 * to) / layer); // the way it came fades
	}
	const marks = [];
	data.path.forEach((point, block) => {
		const at = visible(view, point);
		if (!at) return;
		const past = block <= layer + 0.01;
		context.globalAlpha = past ? 1 : 0.7;
		ring(context, at, 3, past ? ink : halo, past ? halo : ink, 1.2);
		marks.push({ ...at, radius: 4, text: String(block), colour: past ? ink : faint });
	});
	context.globalAlpha = 1;
	const line = arc(data, 0, data.states - 1).map((point) => visible(view, point));
	return [...marks, ...line.filter(Boolean).map((at) => ({ ...at, radius: 2 }))];
}

function drawMarkers(context, { data, view, look, palette }) {
	const { ink, halo, red } = palette;
	const marks = [];
	const mark = (point, radius, ...rings) => {
		const at = visible(view, point);
		if (!at) return;
		for (const style of rings) ring(context, at, ...style);
		marks.push({ ...at, radius });
	};
	const token = (id, radius, width) =>
		mark(position(data, id), radius, [radius, "", halo, 2 * width + 1], [radius, "", ink, width]);
	mark(stateAt(data, look.layer), 10, [9.5, "", halo, 5], [9.5, "", ink, 2.2], [4, ink, halo]);
	mark(position(data, data.predicted), 9, [13, red + "38"], [7, red, halo, 2]);
	neighboursOf(data, look.pinned)?.forEach(({ id }) => token(id, 6, 1.2));
	if (look.pinned >= 0) token(look.pinned, 11, 2);
	if (look.hover >= 0) token(look.hover, 8, 2);
	return marks;
}
