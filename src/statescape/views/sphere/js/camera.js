// Where the eye is and where a point falls on the screen. Outside, the eye orbits and looks at the centre; inside, it
// sits at the centre and looks out. One projection serves both: screen = focal (1 + k) v / (k |v| + depth), which is
// perspective for k = 0 and stereographic, a planetarium's, for k = 1; stepping inside moves k from 0 to 1.

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const direction = (yaw, pitch) => [
  Math.cos(pitch) * Math.cos(yaw),
  Math.cos(pitch) * Math.sin(yaw),
  Math.sin(pitch),
];
const CAMERA_LIMITS = { distance: [1.25, 6], field: [0.35, 3.6], pitch: [-1.5, 1.5] };
const OUTSIDE_FIELD = 0.72;

// The view a visitor starts with: the end of the path in front, its middle to one side.
function firstCamera(data) {
  const end = data.path[data.states - 1];
  const start = data.path[0];
  const toward = end.map((value, i) => value + 0.35 * start[i]);
  const length = Math.hypot(...toward) || 1;
  return {
    yaw: Math.atan2(toward[1], toward[0]) + 0.18,
    pitch: clamp(Math.asin(clamp(toward[2] / length, -1, 1)) + 0.12, -1.2, 1.2),
    distance: 3.1,
    field: 1.7,
    inside: 0,
  };
}

function viewOf(camera, width, height) {
  const { yaw, pitch, inside } = camera;
  const out = direction(yaw, pitch);
  const turn = yaw + Math.PI * (1 - inside);
  const tilt = pitch * (2 * inside - 1);
  const forward = direction(turn, tilt);
  const right = [Math.sin(turn), -Math.cos(turn), 0];
  const up = [
    right[1] * forward[2] - right[2] * forward[1],
    right[2] * forward[0] - right[0] * forward[2],
    right[0] * forward[1] - right[1] * forward[0],
  ];
  const eye = out.map((value) => value * camera.distance * (1 - inside));
  const outer = 1 / Math.tan(OUTSIDE_FIELD / 2);
  const inner = 1 / (2 * Math.tan(camera.field / 4));
  const focal = outer + (inner - outer) * inside;
  return {
    eye, forward, right, up, width, height, k: inside,
    scale: (focal * Math.min(width, height)) / 2,
    distance: Math.hypot(...eye),
    // pixels that one unit on the sphere takes where it is looked at
    unit: ((focal * Math.min(width, height)) / 2) / Math.max(0.3, inside > 0.5 ? 1 : camera.distance - 1),
  };
}

// Screen position in CSS pixels and whether the sphere itself hides the point; null behind the eye.
function project(view, point) {
  const v = [point[0] - view.eye[0], point[1] - view.eye[1], point[2] - view.eye[2]];
  const w = (view.k * Math.hypot(v[0], v[1], v[2]) + dot(v, view.forward)) / (1 + view.k);
  if (w < 0.02) return null;
  return {
    x: view.width / 2 + (view.scale * dot(v, view.right)) / w,
    y: view.height / 2 - (view.scale * dot(v, view.up)) / w,
    hidden: view.distance > 1 && dot(point, view.eye) < 1,
  };
}

// The camera that looks straight at a point of the sphere, from where it now is.
function facing(camera, point) {
  const yaw = Math.atan2(point[1], point[0]);
  const nearest = camera.yaw + ((((yaw - camera.yaw + Math.PI) % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)) - Math.PI;
  return { ...camera, yaw: nearest, pitch: clamp(Math.asin(clamp(point[2], -1, 1)), ...CAMERA_LIMITS.pitch) };
}

function zoomed(camera, factor) {
  const name = camera.inside > 0.5 ? "field" : "distance";
  return { ...camera, [name]: clamp(camera[name] * factor, ...CAMERA_LIMITS[name]) };
}

function turned(camera, right, up) {
  const sense = camera.inside > 0.5 ? 1 : -1;
  return {
    ...camera,
    yaw: camera.yaw + sense * right,
    pitch: clamp(camera.pitch + up, ...CAMERA_LIMITS.pitch),
  };
}
