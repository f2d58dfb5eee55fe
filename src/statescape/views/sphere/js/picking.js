// Which token is under the pointer: one pass over all positions, no grid; 50,257 take about a millisecond. The nearest
// wins, measured in its own size, so that a large dot can be hit at its rim.

const REACH = 14; // CSS pixels

function pick(scene, x, y) {
  const { data, view, look } = scene;
  const { eye, forward, right, up, k, scale } = view;
  const p = data.positions;
  const outside = view.distance > 1;
  const centreX = view.width / 2;
  const centreY = view.height / 2;
  let best = -1;
  let least = Infinity;
  for (let token = 0, i = 0; token < data.n; token++, i += 3) {
    if (outside && p[i] * eye[0] + p[i + 1] * eye[1] + p[i + 2] * eye[2] < 1) continue;
    const a = p[i] - eye[0];
    const b = p[i + 1] - eye[1];
    const c = p[i + 2] - eye[2];
    const depth = a * forward[0] + b * forward[1] + c * forward[2];
    const w = (k * (k > 0 ? Math.sqrt(a * a + b * b + c * c) : 0) + depth) / (1 + k);
    if (w < 0.02) continue;
    const dx = centreX + (scale * (a * right[0] + b * right[1])) / w - x;
    if (dx > REACH || dx < -REACH) continue;
    const dy = centreY - (scale * (a * up[0] + b * up[1] + c * up[2])) / w - y;
    const distance = Math.sqrt(dx * dx + dy * dy);
    if (distance > REACH) continue;
    const radius = token === data.predicted ? 9 : drawnRadius(scene, token);
    const measured = distance / (3 + radius) - (look.matched?.has(token) ? 0.001 : 0);
    if (measured < least) {
      least = measured;
      best = token;
    }
  }
  return best;
}

function drawnRadius({ data, view, look }, token) {
  return dotRadius(data, view.unit, MODES[look.colour].weight(valueAt(data, look.colour, look.layer, token)));
}
