// The same dots without WebGL: a plain picture on a 2-D canvas, likeliest last. It is redrawn when something changes.

function makeStill(canvas, data) {
  const context = canvas.getContext("2d");

  function draw({ view, look, palette }, density) {
    const { weight, table } = MODES[look.colour];
    const colours = table(palette);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.fillStyle = css(palette.back);
    context.fillRect(0, 0, view.width, view.height);
    if (view.k === 0) {
      context.fillStyle = css(palette.body);
      const silhouette = view.scale / Math.sqrt(view.distance ** 2 - 1);
      context.beginPath();
      context.arc(view.width / 2, view.height / 2, silhouette, 0, 7);
      context.fill();
    }
    const values = Float32Array.from({ length: data.n }, (_, token) => valueAt(data, look.colour, look.layer, token));
    const order = Uint32Array.from(values, (_, token) => token).sort((a, b) => weight(values[a]) - weight(values[b]));
    for (const back of [true, false]) {
      for (const token of order) {
        const at = project(view, position(data, token));
        if (!at || at.hidden !== back) continue;
        const found = look.matched?.has(token);
        const heavy = found ? Math.max(0.5, weight(values[token])) : weight(values[token]);
        const radius = dotRadius(data, view.unit, heavy);
        const strength = (palette.rest + (1 - palette.rest) * Math.sqrt(heavy)) * (look.matched && !found ? 0.3 : 1);
        context.fillStyle = css(mixed(colours, values[token]).map(Math.round), back ? 0.12 : strength);
        context.beginPath();
        context.arc(at.x, at.y, radius, 0, 7);
        context.fill();
      }
    }
  }
  return { draw, build() {}, finish() {} };
}
