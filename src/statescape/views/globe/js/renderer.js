// The dots on a WebGL 2 canvas; `build` anew when a lost context comes back.

const TEXTURE_WIDTH = 256; // as in dots.vert

function program(gl, vertex, fragment) {
	const linked = gl.createProgram();
	for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
		const shader = gl.createShader(kind);
		gl.shaderSource(shader, source);
		gl.compileShader(shader);
		gl.attachShader(linked, shader);
	}
	gl.linkProgram(linked);
	if (!gl.getProgramParameter(linked, gl.LINK_STATUS) && !gl.isContextLost()) {
		throw new Error("a shader was refused: " + gl.getProgramInfoLog(linked));
	}
	const places = {};
	const at = (name) => (places[name] ??= gl.getUniformLocation(linked, name));
	return (values, whole = {}) => {
		gl.useProgram(linked);
		for (const [name, value] of Object.entries(values)) gl[`uniform${[value].flat().length}fv`](at(name), [value].flat());
		for (const [name, value] of Object.entries(whole)) gl.uniform1i(at(name), value);
	};
}

function attribute(gl, index, content, size, type) {
	const buffer = gl.createBuffer();
	gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
	gl.bufferData(gl.ARRAY_BUFFER, content, gl.DYNAMIC_DRAW);
	gl.enableVertexAttribArray(index);
	gl.vertexAttribPointer(index, size, type, type === gl.UNSIGNED_BYTE, 0, 0);
	return () => gl.deleteBuffer(buffer);
}

function texture(gl, unit, kind, filter) {
	const made = gl.createTexture();
	gl.activeTexture(gl.TEXTURE0 + unit);
	gl.bindTexture(kind, made);
	for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(kind, name, filter);
	for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(kind, name, gl.CLAMP_TO_EDGE);
	return () => gl.deleteTexture(made);
}

function byteTexture(gl, unit, bytes, { n, states }) {
	const kind = gl.TEXTURE_2D_ARRAY;
	const size = [TEXTURE_WIDTH, Math.ceil(n / TEXTURE_WIDTH)];
	const end = texture(gl, unit, kind, gl.NEAREST);
	gl.texStorage3D(kind, 1, gl.R8, ...size, states);
	const slice = new Uint8Array(size[0] * size[1]);
	for (let state = 0; state < states; state++) {
		slice.set(rowOf(bytes, state, n));
		gl.texSubImage3D(kind, 0, 0, 0, state, ...size, 1, gl.RED, gl.UNSIGNED_BYTE, slice);
	}
	return end;
}

// Every so manieth token, all that are ever likely and all that were searched and found.
function sampled({ n, kept }, every, matched) {
	const some = Uint32Array.from({ length: Math.ceil(n / every) }, (_, i) => i * every);
	const found = matched ? Uint32Array.from(matched) : [];
	const ids = new Uint32Array(some.length + kept.length + found.length);
	ids.set(some);
	ids.set(kept, some.length);
	ids.set(found, some.length + kept.length);
	return ids;
}

function makeDots(canvas, data) {
	const gl = canvas.getContext("webgl2", { antialias: false, alpha: false });
	if (!gl) throw new Error("the browser offers none");
	let useDots, useBody, matched, sample;
	let cost = 0; // milliseconds that drawing all took, when last measured
	let held = []; // what ends the buffers and textures at hand

	function build() {
		useDots = program(gl, DOTS_VERT, DOTS_FRAG);
		useBody = program(gl, BODY_VERT, BODY_FRAG);
		gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
		gl.enable(gl.BLEND);
		held = [];
		load(data);
	}

	function load(next) {
		data = next;
		for (const end of held) end();
		held = [
			attribute(gl, 0, data.positions, 3, gl.FLOAT),
			byteTexture(gl, 0, data.ranks, data),
			byteTexture(gl, 1, data.cosines, data),
			texture(gl, 3, gl.TEXTURE_2D, gl.NEAREST),
		];
		gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, data.levels.rank + 1, data.states, 0, gl.RED, gl.FLOAT, data.shades);
		// The palette's, and last the buffer of matches, which stays bound: `useMatches` writes into it.
		held.push(texture(gl, 2, gl.TEXTURE_2D, gl.LINEAR), attribute(gl, 1, new Uint8Array(data.n), 1, gl.UNSIGNED_BYTE));
		matched = undefined;
		const ids = gl.createBuffer();
		gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, ids);
		held.push(() => gl.deleteBuffer(ids));
		sample = { every: 1, matched: null, length: 0 };
	}

	function useSample(every) {
		if (sample.every === every && sample.matched === matched) return;
		const ids = sampled(data, every, matched);
		gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, ids, gl.DYNAMIC_DRAW);
		sample = { every, matched, length: ids.length };
	}

	// Asks now and then, so that nobody waits for it.
	function measure(start) {
		const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
		gl.flush();
		const ask = () => {
			if (gl.isContextLost()) return;
			if (gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED) return setTimeout(ask, 4);
			cost = performance.now() - start;
			gl.deleteSync(fence);
		};
		setTimeout(ask);
	}

	function useMatches(next) {
		if (matched === next) return;
		matched = next;
		const flags = new Uint8Array(data.n).fill(matched ? 0 : 128);
		matched?.forEach((token) => (flags[token] = 255));
		gl.bufferSubData(gl.ARRAY_BUFFER, 0, flags);
	}

	function draw({ view, look, palette, density, every }) {
		const start = performance.now();
		const { eye, forward, right, up, k, scale, width, height } = view;
		const unit = (colour) => colour.map((channel) => channel / 255);
		gl.viewport(0, 0, canvas.width, canvas.height);
		gl.clearColor(...unit(palette.back), 1);
		gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
		if (k < 0.25) {
			const outline = silhouette(view);
			gl.disable(gl.DEPTH_TEST);
			useBody({
				reach: [(2.24 * outline) / width, (2.24 * outline) / height],
				body: unit(palette.body), edge: unit(palette.rim), shown: 1 - 4 * k, size: outline * density,
			});
			gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
		}
		useMatches(look.matched);
		const table = MODES[look.colour].table(palette);
		const pixels = new Uint8Array(table.flatMap((colour) => [...colour, 255]));
		gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, table.length, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
		gl.enable(gl.DEPTH_TEST);
		useDots(
			{
				eye, forward, right, up, k, density, layer: look.layer, rest: palette.rest, rimmed: palette.rim_shade,
				body: unit(k < 0.5 ? palette.body : palette.back),
				scale: [(2 * scale) / width, (2 * scale) / height],
				room: dotRoom(data.n / every, view.unit),
				change: data.change_scale,
			},
			{ mode: MODE_NAMES.indexOf(look.colour), states: data.states, bytes: +(look.colour === "cosine"), table: 2, shades: 3, levels: data.levels[look.colour] ?? data.levels.rank },
		);
		if (every === 1) {
			gl.drawArrays(gl.POINTS, 0, data.n);
			return measure(start);
		}
		useSample(every);
		gl.drawElements(gl.POINTS, sample.length, gl.UNSIGNED_INT, 0);
	}

	build();
	return { draw, build, load, gl, cost: () => cost };
}

// Outline in CSS pixels.
const silhouette = ({ scale, distance }) => scale / Math.sqrt(Math.max(0.01, distance ** 2 - 1));
