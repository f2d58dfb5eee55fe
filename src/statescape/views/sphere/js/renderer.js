// The dots on a WebGL 2 canvas. Everything it needs is rebuilt from the data, so that a lost context comes back whole.

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
    const logs = gl.getAttachedShaders(linked).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error([gl.getProgramInfoLog(linked), ...logs].join(" ").trim());
  }
  return { linked, at: (name) => gl.getUniformLocation(linked, name) };
}

function byteTexture(gl, unit, bytes, data) {
  const height = Math.ceil(data.n / TEXTURE_WIDTH);
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D_ARRAY, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.R8, TEXTURE_WIDTH, height, data.states);
  const slice = new Uint8Array(TEXTURE_WIDTH * height);
  for (let state = 0; state < data.states; state++) {
    slice.set(bytes.subarray(state * data.n, (state + 1) * data.n));
    gl.texSubImage3D(
      gl.TEXTURE_2D_ARRAY, 0, 0, 0, state, TEXTURE_WIDTH, height, 1, gl.RED, gl.UNSIGNED_BYTE, slice,
    );
  }
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, filter, gl.NEAREST);
  }
}

function makeDots(canvas, data) {
  let reason = "";
  canvas.addEventListener("webglcontextcreationerror", (event) => (reason = event.statusMessage), { once: true });
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, depth: true });
  if (!gl) throw new Error(reason || "the browser offers no WebGL 2");
  let dots, body, lit, tableOf;

  function build() {
    dots = program(gl, DOT_VERTEX, DOT_FRAGMENT);
    body = program(gl, BODY_VERTEX, BODY_FRAGMENT);
    gl.bindVertexArray(gl.createVertexArray());
    const places = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, places);
    gl.bufferData(gl.ARRAY_BUFFER, data.positions, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    lit = { buffer: gl.createBuffer(), of: undefined };
    gl.bindBuffer(gl.ARRAY_BUFFER, lit.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data.n, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 1, gl.UNSIGNED_BYTE, true, 0, 0);
    byteTexture(gl, 0, data.probabilities, data);
    byteTexture(gl, 1, data.cosines, data);
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, filter, gl.LINEAR);
    }
    for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) {
      gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE);
    }
    tableOf = undefined;
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthFunc(gl.LEQUAL);
  }

  function useTable(table) {
    if (tableOf === table) return;
    tableOf = table;
    const pixels = new Uint8Array(256 * 4).fill(255);
    for (let i = 0; i < 256; i++) pixels.set(mixed(table, i / 255).map(Math.round), 4 * i);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  function useMatches(matched) {
    if (lit.of === matched) return;
    lit.of = matched;
    const flags = new Uint8Array(data.n).fill(matched ? 0 : 128);
    for (const token of matched ?? []) flags[token] = 255;
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, flags);
  }

  function draw({ view, look, palette, scheme }, density) {
    if (gl.isContextLost()) return;
    const unit = (colour) => colour.map((channel) => channel / 255);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(...unit(palette.back), 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const shown = Math.max(0, 1 - 4 * view.k);
    if (shown > 0) {
      const silhouette = view.scale / Math.sqrt(view.distance ** 2 - 1);
      gl.disable(gl.DEPTH_TEST);
      gl.useProgram(body.linked);
      gl.uniform2f(body.at("reach"), (2.24 * silhouette) / view.width, (2.24 * silhouette) / view.height);
      gl.uniform3fv(body.at("body"), unit(palette.body));
      gl.uniform3fv(body.at("edge"), unit(palette.rim));
      gl.uniform1f(body.at("shown"), shown);
      gl.uniform1f(body.at("size"), silhouette * density);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
    useMatches(look.matched);
    useTable(MODES[look.colour].table(palette));
    gl.enable(gl.DEPTH_TEST);
    gl.useProgram(dots.linked);
    for (const name of ["eye", "forward", "right", "up"]) gl.uniform3fv(dots.at(name), view[name]);
    gl.uniform3fv(dots.at("body"), unit(view.k < 0.5 ? palette.body : palette.back));
    gl.uniform2f(dots.at("scale"), (2 * view.scale) / view.width, (2 * view.scale) / view.height);
    gl.uniform1f(dots.at("k"), view.k);
    gl.uniform1f(dots.at("room"), dotRoom(data, view.unit));
    gl.uniform1f(dots.at("density"), density);
    gl.uniform1f(dots.at("layer"), look.layer);
    gl.uniform1f(dots.at("change"), -data.lowest_log / (2 * DECADES));
    gl.uniform1f(dots.at("rest"), palette.rest);
    gl.uniform1f(dots.at("rimmed"), scheme === "light" ? 0.4 : 0.25);
    gl.uniform1i(dots.at("mode"), MODE_NAMES.indexOf(look.colour));
    gl.uniform1i(dots.at("states"), data.states);
    gl.uniform1i(dots.at("bytes"), look.colour === "cosine" ? 1 : 0);
    gl.uniform1i(dots.at("table"), 2);
    gl.drawArrays(gl.POINTS, 0, data.n);
  }

  build();
  return { draw, build, gl, finish: () => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)) };
}
