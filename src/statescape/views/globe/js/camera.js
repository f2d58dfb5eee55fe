// The eye orbits and looks at the centre, or sits there and looks out. One projection serves both:
// screen = focal (1 + k) v / (k |v| + depth), perspective for k = 0, stereographic (a planetarium) for k = 1.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const direction = (yaw, pitch) => [Math.cos(pitch) * Math.cos(yaw), Math.cos(pitch) * Math.sin(yaw), Math.sin(pitch)];
const LIMITS = { distance: [1.25, 6], field: [0.35, 3.6], pitch: [-1.5, 1.5] };
const MARGIN = 0.12; // how far in front of the horizon is well seen
const OUTSIDE_FOCAL = 1 / Math.tan(0.36);

const anglesOf = ([x, y, z]) => ({
	yaw: Math.atan2(y, x),
	pitch: clamp(Math.atan2(z, Math.hypot(x, y)), ...LIMITS.pitch),
});

// The first view: last state and predicted token both in front, the path's beginning to one side where there is room;
// from farther away where they are far apart, and the state alone where no place sees both.
function firstCamera(data) {
	const [state, start, token] = [data.path.at(-1), data.path[0], position(data, data.predicted)];
	const sees = ({ yaw, pitch, distance }, point) => distance * dot(direction(yaw, pitch), point) > 1 + MARGIN * distance;
	const from = (point, distance) => ({ ...anglesOf(point), distance, field: 1.7, inside: 0 });
	for (const distance of [3.1, 4, LIMITS.distance[1]]) {
		for (const weight of [0.7, 0.35, 0]) {
			const camera = from(state.map((value, i) => value + token[i] + weight * start[i]), distance);
			if (sees(camera, state) && sees(camera, token)) return camera;
		}
	}
	return from(state.map((value, i) => value + 0.35 * start[i]), 3.1);
}

function viewOf({ yaw, pitch, distance, field, inside }, width, height) {
	const turn = yaw + Math.PI * (1 - inside);
	const forward = direction(turn, pitch * (2 * inside - 1));
	const right = [Math.sin(turn), -Math.cos(turn), 0];
	const up = [right[1] * forward[2], -right[0] * forward[2], right[0] * forward[1] - right[1] * forward[0]];
	const away = distance * (1 - inside);
	const focal = OUTSIDE_FOCAL + (0.5 / Math.tan(field / 4) - OUTSIDE_FOCAL) * inside;
	const scale = (focal * Math.min(width, height)) / 2;
	return {
		forward, right, up, width, height, scale, k: inside, distance: away,
		eye: direction(yaw, pitch).map((value) => value * away),
		unit: scale / (inside > 0.5 ? 1 : Math.max(0.3, distance - 1)), // pixels of a radian where it is looked at
	};
}

// Screen position in CSS pixels and whether the sphere itself hides the point; null behind the eye.
function project({ eye, forward, right, up, k, scale, width, height, distance }, point) {
	const v = [point[0] - eye[0], point[1] - eye[1], point[2] - eye[2]];
	const w = (k * Math.hypot(...v) + dot(v, forward)) / (1 + k);
	if (w < 0.02) return null;
	return {
		x: width / 2 + (scale * dot(v, right)) / w,
		y: height / 2 - (scale * dot(v, up)) / w,
		hidden: distance > 1 && dot(point, eye) < 1,
	};
}

const visible = (view, point) => {
	const at = project(view, point);
	return at && !at.hidden ? at : null;
};

// The camera that looks straight at a point, by the shorter way round.
function facing(camera, point) {
	const { yaw, pitch } = anglesOf(point);
	return { ...camera, yaw: yaw + 2 * Math.PI * Math.round((camera.yaw - yaw) / (2 * Math.PI)), pitch };
}

function zoomed(camera, factor) {
	const name = camera.inside > 0.5 ? "field" : "distance";
	return { ...camera, [name]: clamp(camera[name] * factor, ...LIMITS[name]) };
}

function turned(camera, right, up) {
	const yaw = camera.yaw + (camera.inside > 0.5 ? right : -right);
	return { ...camera, yaw, pitch: clamp(camera.pitch + up, ...LIMITS.pitch) };
}
