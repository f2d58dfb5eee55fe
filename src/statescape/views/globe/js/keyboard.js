// Everything the pointer can do, while the sphere has the focus.

function listenToKeys(scene) {
	const { data, look } = scene;
	const turn = (right, up) => (fine) => scene.moveTo(turned(scene.goal(), right * fine, up * fine), 160);
	const zoom = (factor) => () => scene.moveTo(zoomed(scene.goal(), factor), 160);

	function nextToken(fine, back) {
		const tokens = likeliest(data, Math.round(look.layer));
		const at = tokens.indexOf(look.hover);
		const next = at < 0 ? 0 : (at + (back ? tokens.length - 1 : 1)) % tokens.length;
		scene.change({ hover: tokens[next] });
		scene.face(position(data, tokens[next]));
	}

	const actions = {
		arrowleft: turn(-1, 0), arrowright: turn(1, 0), arrowup: turn(0, 1), arrowdown: turn(0, -1),
		"+": zoom(1 / 1.2), "=": zoom(1 / 1.2), "-": zoom(1.2),
		home: () => scene.reset(),
		i: () => scene.stepInside(),
		",": () => scene.step(-1), ".": () => scene.step(1),
		" ": () => scene.play(),
		t: nextToken,
		enter: () => scene.change({ pinned: look.hover === look.pinned ? -1 : look.hover }),
		f: () => scene.face(stateAt(data, look.layer)),
		p: () => scene.facePredicted(),
		c: () => scene.change({ colour: MODE_NAMES[(MODE_NAMES.indexOf(look.colour) + 1) % MODE_NAMES.length] }),
		"/": () => scene.part.query.focus(),
		s: () => savePicture(scene),
		escape: () => scene.change({ hover: -1, pinned: -1 }),
	};

	scene.part.stage.onkeydown = (event) => {
		const action = actions[event.key.toLowerCase()];
		if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		event.stopPropagation();
		action(event.shiftKey ? 0.02 : 0.12, event.shiftKey);
	};
}
