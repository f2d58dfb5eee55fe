// Mouse, pen and touch: drag turns, wheel or pinch comes closer, hovering names a token, a click pins it.

const CLICK_SLOP = 4; // CSS pixels

function listenToPointer(scene) {
	const { stage } = scene.part;
	const down = new Map();
	let moved = 0;
	const local = ({ clientX, clientY }) => {
		const { left, top } = stage.getBoundingClientRect();
		return [clientX - left, clientY - top];
	};
	const spread = () => {
		const [a, b] = [...down.values()];
		return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
	};
	const setTurning = (turning) => {
		scene.turning = turning;
		stage.classList.toggle("turning", turning);
		scene.refresh();
	};

	stage.onpointerdown = (event) => {
		if (event.button) return;
		stage.setPointerCapture(event.pointerId);
		if (!down.size) moved = 0;
		down.set(event.pointerId, local(event));
		scene.stopMoving();
	};

	stage.onpointermove = (event) => {
		const at = local(event);
		const before = down.get(event.pointerId);
		if (!before) return scene.change({ hover: pick(scene, ...at) });
		const [x, y] = [at[0] - before[0], at[1] - before[1]];
		const apart = spread();
		moved += Math.hypot(x, y);
		down.set(event.pointerId, at);
		if (moved <= CLICK_SLOP) return;
		if (!scene.turning) setTurning(true);
		const angle = 1 / scene.view.unit;
		scene.setCamera(apart ? zoomed(scene.camera, apart / spread()) : turned(scene.camera, x * angle, y * angle));
	};

	stage.onpointerup = stage.onpointercancel = (event) => {
		if (!down.delete(event.pointerId) || down.size) return;
		setTurning(false);
		if (event.type === "pointercancel" || moved > CLICK_SLOP) return;
		const at = local(event);
		const sign = scene.predictedAway;
		if (sign && Math.hypot(sign.x - at[0], sign.y - at[1]) < 22) return scene.facePredicted();
		const token = pick(scene, ...at);
		scene.change({ hover: token, pinned: token === scene.look.pinned ? -1 : token });
	};

	stage.onpointerleave = () => down.size || scene.change({ hover: -1 });

	// In a page that scrolls, the wheel belongs to the page until the sphere has the focus.
	const onWheel = (event) => {
		if (!scene.options.bare && !event.ctrlKey && !stage.matches(":focus")) return;
		event.preventDefault();
		scene.setCamera(zoomed(scene.camera, Math.exp(clamp(event.deltaY, -200, 200) * 0.0012)));
	};
	stage.addEventListener("wheel", onWheel, { passive: false });
}
