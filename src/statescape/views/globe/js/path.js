// The path of the state: great arcs, drawn only where the sphere does not hide them.

const ARC_STEPS = 24;
const steps = (from, to, count) => Array.from({ length: count + 1 }, (_, i) => from + ((to - from) * i) / count);

function stateAt({ path }, layer) {
	const from = Math.floor(layer);
	return along(path[from], path[Math.min(from + 1, path.length - 1)], layer - from);
}

// The point a share t of the way from a to b on their great circle.
function along(a, b, t) {
	const angle = Math.acos(clamp(dot(a, b), -1, 1));
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

// Another path: its way so far, its states and where it now is.
function drawBeside(context, { data, view, look, palette }) {
	const marks = [];
	data.beside.forEach((other, i) => {
		const colour = colourOf(i);
		strokeLine(context, view, arc(other, 0, look.layer), palette.halo, 5, 0.55);
		strokeLine(context, view, arc(other, 0, look.layer), colour, 2.2);
		other.path.forEach((point, block) => {
			const at = block <= look.layer + 0.01 && visible(view, point);
			if (!at) return;
			ring(context, at, block === other.parts_at ? 5 : 2.6, colour, palette.halo, 1);
			const text = block === other.parts_at ? `§parts at ${block}§` : "";
			marks.push({ ...at, radius: 4, text, colour, first: Boolean(text), bold: Boolean(text) });
		});
		const now = visible(view, stateAt(other, look.layer));
		if (!now) return;
		ring(context, now, 8.5, "", palette.halo, 4.5);
		ring(context, now, 8.5, "", colour, 2.2);
		marks.push({ ...now, radius: 9 });
	});
	return marks;
}

const colourOf = (i) => PALETTES.beside[i % PALETTES.beside.length];

// These return what labels keep clear of.
function drawPath(context, { data, view, look, palette }) {
	const { layer } = look;
	const { ink, halo, faint, red } = palette;
	Object.assign(context, { lineJoin: "round", lineCap: "round" });
	for (const line of GRID) strokeLine(context, view, line, palette.grid, 1);
	context.setLineDash([2, 6]);
	strokeLine(context, view, arc(data, layer, data.states - 1), ink, 1.6, 0.8);
	context.setLineDash([7, 5]);
	const apart = steps(0, 1, 2 * ARC_STEPS).map((t) => along(stateAt(data, layer), position(data, data.predicted), t));
	strokeLine(context, view, apart, red, 1.4, 0.8);
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
		const now = block === Math.round(layer);
		marks.push({ ...at, radius: 4, text: String(block), colour: past ? ink : faint, first: now, bold: now });
	});
	context.globalAlpha = 1;
	const line = arc(data, 0, data.states - 1).map((point) => visible(view, point));
	return [...marks, ...line.filter(Boolean).map((at) => ({ ...at, radius: 2 }))];
}

function drawMarkers(context, scene) {
	const { data, view, look, palette } = scene;
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
	data.beside.forEach(({ predicted }, i) => mark(position(data, predicted), 8, [12, colourOf(i) + "38"], [6, colourOf(i), halo, 2]));
	neighboursOf(data, look.pinned)?.forEach(({ id }) => token(id, 6, 1.2));
	if (look.pinned >= 0) token(look.pinned, 11, 2);
	if (look.hover >= 0) token(look.hover, 8, 2);
	scene.predictedAway = signOf(scene);
	if (scene.predictedAway) marks.push(drawSign(context, scene.predictedAway, palette));
	return marks;
}

// Where the picture ends on the way to a point that cannot be seen, and whether the sphere hides it; null if it is seen.
function outOfSight(view, point) {
	const at = project(view, point);
	const { width, height, right, up } = view;
	const room = { x: width / 2 - 26, y: height / 2 - 26 };
	const within = at && Math.abs(at.x - width / 2) < width / 2 && Math.abs(at.y - height / 2) < height / 2;
	if (within && !at.hidden) return null;
	const behind = Boolean(at?.hidden);
	const [x, y] = behind || !at ? [dot(point, right), -dot(point, up)] : [at.x - width / 2, at.y - height / 2];
	const length = Math.hypot(x, y) || 1;
	const toEdge = Math.min(room.x / Math.abs(x || 1e-9), room.y / Math.abs(y || 1e-9));
	const reach = behind ? Math.min(silhouette(view) / length, toEdge) : toEdge;
	return { x: width / 2 + reach * x, y: height / 2 + reach * y, behind, turn: Math.atan2(y, x) };
}

// The sign that points to the predicted token where it cannot be seen.
function signOf({ data, look: { layer }, view }) {
	const rim = outOfSight(view, position(data, data.predicted));
	if (!rim) return null;
	const token = clipped(data.shown[data.predicted], 16);
	const angle = Math.round((Math.acos(clamp(dot(stateAt(data, layer), position(data, data.predicted)), -1, 1)) * 180) / Math.PI);
	const text = rim.behind
		? `§‘${token}’ is behind, ${angle}° from the state§`
		: `§‘${token}’ is out of the picture, ${angle}° from the state§`;
	return { ...rim, text };
}

function drawSign(context, { x, y, turn, text }, { red, halo }) {
	context.save();
	context.translate(x, y);
	context.rotate(turn);
	context.beginPath();
	for (const [right, down] of [[11, 0], [-6, -8], [-2, 0], [-6, 8]]) context.lineTo(right, down);
	context.closePath();
	Object.assign(context, { fillStyle: red, strokeStyle: halo, lineWidth: 2 }).fill();
	context.stroke();
	context.restore();
	return { x, y, radius: 11, text, colour: red, first: true, bold: true, sign: true };
}
