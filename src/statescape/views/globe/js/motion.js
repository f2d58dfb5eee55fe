// What moves by itself: the camera, and the block while it plays.

const PLAY_SPEED = 1.1; // blocks a second
const IN_TIME = 25; // milliseconds in which a moving picture is drawn
const AT_REST = 160; // milliseconds without a move
const FEWEST = 16_384; // tokens

function giveMotion(scene) {
	const calm = matchMedia("(prefers-reduced-motion: reduce)");
	let goal = null;
	let moving = 0;
	let ticking = 0;

	scene.goal = () => goal ?? scene.camera;
	scene.setCamera = (camera) => {
		scene.camera = camera;
		scene.refresh();
	};
	scene.stopMoving = () => {
		cancelAnimationFrame(moving);
		if (goal && goal.inside !== scene.camera.inside) scene.setCamera(goal); // never left half inside
		goal = null;
	};
	scene.moveTo = (target, duration = 500) => {
		cancelAnimationFrame(moving);
		const from = scene.camera;
		const start = performance.now();
		goal = target;
		const step = (now) => {
			const t = calm.matches ? 1 : clamp((now - start) / duration, 0, 1);
			const eased = t * t * (3 - 2 * t);
			const between = Object.keys(target).map((key) => [key, from[key] + (target[key] - from[key]) * eased]);
			scene.setCamera(t < 1 ? Object.fromEntries(between) : target);
			if (t < 1) moving = requestAnimationFrame(step);
			else goal = null;
		};
		step(start);
	};

	scene.face = (point) => scene.moveTo(facing(scene.goal(), point));
	scene.facePredicted = () => scene.face(position(scene.data, scene.data.predicted));
	scene.reset = () => scene.moveTo(firstCamera(scene.data));
	scene.stepInside = () => {
		const inside = scene.goal().inside > 0.5 ? 0 : 1;
		const toward = inside ? facing(scene.goal(), stateAt(scene.data, scene.look.layer)) : scene.goal();
		scene.moveTo({ ...toward, inside }, 1100);
	};
	scene.goTo = (token) => {
		scene.change({ pinned: token, hover: -1 });
		scene.face(position(scene.data, token));
	};
	scene.step = (by) => scene.change({ layer: by > 0 ? Math.floor(scene.look.layer + by) : Math.ceil(scene.look.layer + by) });

	scene.play = (on = !scene.playing) => {
		const last = scene.data.states - 1;
		cancelAnimationFrame(ticking);
		scene.playing = on && last > 0;
		scene.refresh();
		if (!scene.playing) return;
		let layer = scene.look.layer < last ? scene.look.layer : 0;
		let before = performance.now();
		const shown = () => (calm.matches ? Math.floor(layer) : layer);
		const tick = (now) => {
			if (scene.look.layer !== shown()) return scene.play(false); // somebody else moved it
			layer = clamp(layer + (PLAY_SPEED * (now - before)) / 1000, layer, last);
			before = now;
			scene.change({ layer: shown() });
			if (layer < last) ticking = requestAnimationFrame(tick);
			else scene.play(false);
		};
		scene.change({ layer: shown() });
		ticking = requestAnimationFrame(tick);
	};
	scene.endings.push(scene.stopMoving, () => scene.play(false));
}

// One in how many tokens is drawn: on a slow machine, of many, only some while the camera or the block moves.
function makePace(scene, dots) {
	let before = null;
	let moved = -Infinity;
	let timer = 0;
	scene.endings.push(() => clearTimeout(timer));
	return () => {
		const { camera, look: { layer }, turning, playing, data: { n } } = scene;
		const now = performance.now();
		const moves = before && (before.camera !== camera || before.layer !== layer);
		const goesOn = moves && dots.cost && (turning || playing || now - moved < AT_REST + dots.cost());
		if (moves) moved = now;
		before = { camera, layer };
		clearTimeout(timer);
		const every = goesOn ? clamp(Math.ceil(dots.cost() / IN_TIME), 1, Math.ceil(n / FEWEST)) : 1;
		if (every > 1) timer = setTimeout(scene.draw, AT_REST);
		return every;
	};
}

// Light or dark: an explicit data-theme on the host or around it, else the system's.
function followTheme(scene, host, frame) {
	const system = matchMedia("(prefers-color-scheme: dark)");
	const follow = () => {
		const asked = host.closest("[data-theme]")?.dataset.theme;
		scene.scheme = asked === "dark" || (asked !== "light" && system.matches) ? "dark" : "light";
		scene.palette = PALETTES[scene.scheme];
		frame.dataset.scheme = scene.scheme;
		scene.refresh();
	};
	const watch = new MutationObserver(follow);
	for (const element of [host, document.body, document.documentElement]) {
		watch.observe(element, { attributeFilter: ["data-theme"] });
	}
	system.addEventListener("change", follow);
	scene.endings.push(() => watch.disconnect(), () => system.removeEventListener("change", follow));
	follow();
}
