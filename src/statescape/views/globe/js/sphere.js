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
	// Other data in the same place: block, colour and, where the user has turned it, the view stay.
	let newest = 0;
	handle.show = async (other) => {
		const own = ++newest;
		const [data] = await Promise.all([unpack(other), handle.ready]);
		if (handle.destroyed || own !== newest) return;
		const { look, camera, data: before } = handle.scene;
		const first = Object.entries(firstCamera(before));
		const kept = first.some(([key, value]) => Math.abs(camera[key] - value) > 1e-6) ? camera : null;
		handle.destroy();
		handle.destroyed = false;
		open(host, frame, data, settings, name, handle);
		const { scene } = handle;
		const layer = look.layer === before.states - 1 ? data.states - 1 : look.layer;
		scene.camera = kept ?? firstCamera(data);
		scene.change({ layer, colour: look.colour });
		scene.draw();
	};
	handle.ready.catch(({ message }) => (frame.textContent = `§The sphere could not be shown: ${message}§`));
	return handle;
}

function open(host, frame, data, options, name, handle) {
	frame.innerHTML = SPHERE_HTML; // fixed text, no data in it
	const part = {};
	for (const element of frame.querySelectorAll("[data-part]")) part[element.dataset.part] = element;
	const scene = {
		data, options, name, part, frames: 0, endings: [],
		camera: firstCamera(data),
		look: { layer: data.states - 1, colour: "rank", hover: -1, pinned: -1, matched: null },
	};
	const tell = (type, detail) => host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
	const dots = makePicture(scene);
	scene.gl = dots.gl;
	let rooms = [];
	let asked = 0;

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
		size();
		dots.draw(scene);
		const context = part.over.getContext("2d");
		context.setTransform(scene.density, 0, 0, scene.density, 0, 0);
		context.clearRect(0, 0, scene.view.width, scene.view.height);
		const marks = [...drawPath(context, scene), ...drawBeside(context, scene), ...drawMarkers(context, scene)];
		for (const catchUp of rooms) catchUp();
		scene.labels = drawLabels(context, scene, marks);
		scene.frames++;
	};

	scene.refresh = () => {
		asked ||= requestAnimationFrame(() => {
			asked = 0;
			if (!handle.destroyed) scene.draw();
		});
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
	const resizing = new ResizeObserver(scene.refresh);
	resizing.observe(part.stage);
	scene.draw();

	Object.defineProperty(handle, "layer", {
		configurable: true,
		get: () => scene.look.layer,
		set: (layer) => scene.change({ layer: Number(layer) }),
	});
	Object.assign(handle, { scene, inner: { firstCamera, pick, position, project, reading, stateAt, valueAt } });
	handle.destroy = () => {
		handle.destroyed = true;
		resizing.disconnect();
		for (const end of scene.endings) end();
		dots.gl?.getExtension("WEBGL_lose_context")?.loseContext();
		frame.replaceChildren();
	};
}

// With WebGL 2, or plainly with the reason.
function makePicture(scene) {
	const { part, data } = scene;
	const notify = (text) => {
		part.notice.textContent = text;
		part.notice.hidden = !text;
	};
	try {
		const dots = makeDots(part.dots, data);
		part.dots.addEventListener("webglcontextlost", (event) => {
			event.preventDefault(); // else the browser never gives it back
			notify("§The graphics context is lost; waiting for it.§");
		});
		part.dots.addEventListener("webglcontextrestored", () => {
			dots.build();
			notify("");
			scene.refresh();
		});
		return dots;
	} catch ({ message }) {
		notify(`§Drawn plainly, without WebGL 2: ${message}.§`);
		const plain = h("canvas", {});
		part.dots.replaceWith(plain);
		part.dots = plain;
		return makeStill(plain, data);
	}
}
