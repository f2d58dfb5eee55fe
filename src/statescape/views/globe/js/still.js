// The same dots without WebGL, on a 2-D canvas, the weighty last.

function makeStill(canvas, data) {
	const context = canvas.getContext("2d");
	const fill = (colour, x, y, radius) => {
		context.fillStyle = colour;
		context.beginPath();
		context.arc(x, y, radius, 0, 7);
		context.fill();
	};

	function draw({ view, look, palette, density }) {
		const { weight, table } = MODES[look.colour];
		context.setTransform(density, 0, 0, density, 0, 0);
		fill(css(palette.back), 0, 0, view.width + view.height);
		if (view.k === 0) fill(css(palette.body), view.width / 2, view.height / 2, silhouette(view));
		const values = Float32Array.from({ length: data.n }, (_, token) => valueAt(data, look, token));
		const weights = values.map(weight);
		look.matched?.forEach((token) => (weights[token] = Math.max(weights[token], 0.5)));
		const order = Uint32Array.from(values.keys()).sort((a, b) => weights[a] - weights[b]);
		for (const back of [true, false]) {
			for (const token of order) {
				const at = project(view, position(data, token));
				if (at?.hidden !== back) continue;
				const alpha = (back ? 0.12 : 1) * (look.matched && !look.matched.has(token) ? 0.3 : 1);
				fill(css(mixed(table(palette), values[token]), alpha), at.x, at.y, dotRadius(data, view.unit, weights[token]));
			}
		}
	}
	return { draw };
}
