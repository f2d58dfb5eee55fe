// The token under the pointer, by one pass over all: the nearest, measured in its own size.

const REACH = 14; // CSS pixels

function pick(scene, x, y) {
	const { data, view } = scene;
	const { eye, forward, right, up, k, scale } = view;
	const p = data.positions;
	let best = -1;
	let least = Infinity;
	for (let token = 0, i = 0; token < data.n; token++, i += 3) {
		if (view.distance > 1 && p[i] * eye[0] + p[i + 1] * eye[1] + p[i + 2] * eye[2] < 1) continue;
		const a = p[i] - eye[0];
		const b = p[i + 1] - eye[1];
		const c = p[i + 2] - eye[2];
		const w = (k * Math.sqrt(a * a + b * b + c * c) + a * forward[0] + b * forward[1] + c * forward[2]) / (1 + k);
		if (w < 0.02) continue;
		const dx = view.width / 2 + (scale * (a * right[0] + b * right[1])) / w - x;
		const dy = view.height / 2 - (scale * (a * up[0] + b * up[1] + c * up[2])) / w - y;
		const distance = Math.sqrt(dx * dx + dy * dy);
		if (distance > REACH) continue;
		const measured = distance / (3 + drawnRadius(scene, token));
		if (measured < least) [least, best] = [measured, token];
	}
	return best;
}

function drawnRadius({ data, view, look }, token) {
	return token === data.predicted ? 9 : dotRadius(data, view.unit, MODES[look.colour].weight(valueAt(data, look, token)));
}
