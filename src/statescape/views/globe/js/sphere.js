// The scene: data, camera and what is looked at, in one place. Every room reads it and catches up once a frame.

let spheres = 0;

let sheet = null;
function styleSheet() {
	if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(SPHERE_CSS);
	return sheet;
}

function mount(host, packed, options = {}) {
	const name = spheres++ ? `sphere${spheres}=` : "sphere=";
	const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
	const frame = h("div", { className: "sphere", textContent: "§Unpacking the sphere …§" });
	root.adoptedStyleSheets = [styleSheet()]; // a page may forbid styles in its markup
	root.replaceChildren(frame);
	const handle = (host.statescape = { destroy: () => (handle.destroyed = true) });
	const settings = { share: true, ...options };
	handle.ready = unpack(packed).then((data) => {
		if (!handle.destroyed) open(host, frame, data, settings, name, handle);
		return handle;
	});
	// Other data in the same place: block, colour and, where the user has turned it, the view stay; so does the canvas,
	// whose shaders take longer to make than all the rest.
	let newest = 0;
	handle.show = async (other) => {
		const own = ++newest;
		await handle.ready;
		const data = await unpack(other, handle.scene.data);
		if (handle.destroyed || own !== newest) return;
		const { look, camera, data: before } = handle.scene;
		const first = Object.entries(firstCamera(before));
		const kept = first.some(([key, value]) => Math.abs(camera[key] - value) > 1e-6) ? camera : null;
		open(host, frame, data, settings, name, handle, handle.release());
		const { scene } = handle;
		const layer = look.layer === before.states - 1 ? data.states - 1 : look.layer;
		scene.camera = kept ?? firstCamera(data);
		scene.change({ layer, colour: look.colour });
		scene.draw();
	};
	handle.ready.catch(({ message }) => (frame.textContent = `§The sphere could not be shown: ${message}§`));
	return handle;
}

function open(host, frame, data, options, name, handle, before) {
	frame.innerHTML = SPHERE_HTML; // fixed text, no data in it
	const part = {};
	for (const element of frame.querySelectorAll("[data-part]")) part[element.dataset.part] = element;
	const scene = {
		data, options, name, part, frames: 0, endings: [],
		camera: firstCamera(data),
		look: { layer: data.states - 1, colour: "rank", hover: -1, pinned: -1, matched: null },
	};
	const tell = (type, detail) => host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
	const dots = renewed(scene, before) ?? makePicture(scene);
	scene.gl = dots.gl;
	const pace = makePace(scene, dots);
	let rooms = [];
	let asked = 0;
	let closed = false;

	function size() {
		const { width, height } = part.stage.getBoundingClientRect();
		const density = (scene.density = Math.min(2, devicePixelRatio || 1));
		scene.view = viewOf(scene.camera, Math.max(1, Math.round(width)), Math.max(1, Math.round(height)));
		for (const canvas of [part.dots, part.over]) {
			for (const side of ["width", "height"]) {
				const pixels = Math.round(scene.view[side] * density);
				if (canvas[side] === pixels) continue;
				canvas[side] = pixels;
				canvas.style[side] = `${scene.view[side]}px`;
			}
		}
	}

	scene.draw = () => {
		cancelAnimationFrame(asked);
		asked = 0;
		size();
		scene.every = pace();
		dots.draw(scene);
		const context = part.over.getContext("2d");
		context.setTransform(scene.density, 0, 0, scene.density, 0, 0);
		context.clearRect(0, 0, scene.view.width, scene.view.height);
		const marks = drawMarks(context);
		for (const catchUp of rooms) catchUp();
		scene.labels = drawLabels(context, scene, marks);
		scene.frames++;
	};

	const drawMarks = (context) => [...drawPath(context, scene), ...drawBeside(context, scene), ...drawMarkers(context, scene)];
	scene.drawOver = (context) => drawLabels(context, scene, drawMarks(context));

	scene.refresh = () => {
		asked ||= requestAnimationFrame(() => closed || scene.draw());
	};

	scene.change = (patch) => {
		const { look } = scene;
		const before = { ...look };
		Object.assign(look, patch);
		look.layer = Number.isNaN(look.layer) ? before.layer : clamp(look.layer, 0, data.states - 1);
		if (Object.keys(before).every((key) => before[key] === look[key])) return;
		if (before.layer !== look.layer) tell("statescape-layer", { layer: look.layer, block: Math.round(look.layer) });
		scene.refresh();
	};

	giveMotion(scene);
	followTheme(scene, host, frame);
	listenToPointer(scene);
	listenToKeys(scene);
	makeSearch(scene);
	rooms = [makeWords, makeLegend, makeCard, makeInspector, makeControls, makeSharing].map((make) => make(scene));
	const resizing = new ResizeObserver(([{ contentRect: { width, height } }]) => {
		if (Math.round(width) !== scene.view?.width || Math.round(height) !== scene.view?.height) scene.refresh();
	});
	resizing.observe(part.stage);
	if (!before) scene.draw();

	Object.defineProperty(handle, "layer", {
		configurable: true,
		get: () => scene.look.layer,
		set: (layer) => scene.change({ layer: Number(layer) }),
	});
	Object.assign(handle, { scene, inner: { firstCamera, pick, position, project, reading, sampled, stateAt, valueAt } });
	handle.release = () => {
		closed = true;
		resizing.disconnect();
		for (const end of scene.endings) end();
		return { dots, canvas: part.dots };
	};
	handle.destroy = () => {
		handle.destroyed = true;
		handle.release();
		dots.gl?.getExtension("WEBGL_lose_context")?.loseContext();
		frame.replaceChildren();
	};
}

// The picture of the scene before, with this scene's data; none where there was no WebGL or it is lost.
function renewed(scene, before) {
	if (!before?.dots.gl || before.dots.gl.isContextLost()) return null;
	scene.part.dots.replaceWith(before.canvas);
	scene.part.dots = before.canvas;
	before.dots.load(scene.data);
	return watched(scene, before.dots);
}

function watched(scene, dots) {
	const { part } = scene;
	const lost = (event) => {
		event.preventDefault(); // else the browser never gives it back
		notify(scene, "§The graphics context is lost; waiting for it.§");
	};
	const restored = () => {
		dots.build();
		notify(scene, "");
		scene.refresh();
	};
	part.dots.addEventListener("webglcontextlost", lost);
	part.dots.addEventListener("webglcontextrestored", restored);
	scene.endings.push(() => {
		part.dots.removeEventListener("webglcontextlost", lost);
		part.dots.removeEventListener("webglcontextrestored", restored);
	});
	return dots;
}

function notify({ part }, text) {
	part.notice.textContent = text;
	part.notice.hidden = !text;
}

// With WebGL 2, or plainly with the reason.
function makePicture(scene) {
	const { part, data } = scene;
	try {
		return watched(scene, makeDots(part.dots, data));
	} catch ({ message }) {
		notify(scene, `§Drawn plainly, without WebGL 2: ${message}.§`);
		const plain = h("canvas", {});
		part.dots.replaceWith(plain);
		part.dots = plain;
		return makeStill(plain, data);
	}
}
