// The view in the page's fragment, beside whatever else is there, and the picture as a file.

const partsOfHash = () => location.hash.slice(1).split("&").filter(Boolean);

function fragmentOf({ name, camera, look }) {
	const numbers = [...Object.values(camera), look.layer].map((value) => Number(value.toFixed(3)));
	return name + [...numbers, look.colour, look.pinned];
}

function readFragment(scene) {
	const values = partsOfHash().find((text) => text.startsWith(scene.name))?.split("=")[1].split(",") ?? [];
	const [colour, pinned] = values.splice(6);
	if (!MODE_NAMES.includes(colour) || !values.every((text) => text && Number.isFinite(+text))) return;
	const camera = Object.fromEntries(Object.keys(scene.camera).map((key, i) => [key, +values[i]]));
	for (const [key, limits] of Object.entries(LIMITS)) camera[key] = clamp(camera[key], ...limits);
	scene.setCamera({ ...camera, inside: camera.inside > 0.5 ? 1 : 0 });
	scene.change({ layer: +values[5], colour, pinned: pinned in scene.data.shown ? +pinned : -1 });
}

function makeSharing(scene) {
	if (!scene.options.share) return () => {};
	let timer = 0;
	let last = "";
	const write = () => {
		const others = partsOfHash().filter((text) => !text.startsWith(scene.name));
		try {
			history.replaceState(history.state, "", "#" + [...others, last].join("&"));
		} catch {
			// a sandboxed frame may not
		}
	};
	const onHash = () => readFragment(scene);
	onHash();
	addEventListener("hashchange", onHash);
	scene.endings.push(() => removeEventListener("hashchange", onHash), () => clearTimeout(timer));
	return () => {
		const now = fragmentOf(scene);
		if (now === last) return;
		clearTimeout(timer);
		if (last) timer = setTimeout(write, 250); // browsers limit how often
		last = now;
	};
}

const FOOT = 92;

// Sentence, legend and numbers, as they stand under a saved picture.
function drawFoot(context, scene) {
	const { look, palette } = scene;
	const write = (text, x, y, fillStyle, font, textAlign = "left") =>
		Object.assign(context, { fillStyle, font: `${font}px ${FONT}`, textAlign, textBaseline: "alphabetic" }).fillText(text, x, y);
	const { sentence, caveat } = wordsOf(scene);
	const { ticks, title, band } = legendOf(scene);
	const table = MODES[look.colour].table(palette);
	write(sentence, 0, 20, palette.ink, "600 15");
	write(caveat, 0, 42, palette.faint, "12");
	write(title, 236, 65, palette.faint, "12");
	for (let x = 0; x < 220; x++) {
		context.fillStyle = css(mixed(table, x / 219));
		context.fillRect(x, 56, 1.5, 8);
	}
	context.fillStyle = palette.ink;
	if (band) context.fillRect(110 * (1 - band), 66, 220 * band, 2);
	ticks.forEach((text, i, { length }) => {
		write(text, (220 * i) / (length - 1), 80, palette.faint, "11", i ? (i < length - 1 ? "center" : "right") : "left");
	});
}

// The picture as seen, as pixels.
function pictureOf(scene) {
	const { view, palette, density, part } = scene;
	const canvas = h("canvas", { width: part.dots.width, height: part.dots.height + FOOT * density });
	const context = canvas.getContext("2d");
	scene.draw();
	context.fillStyle = css(palette.back);
	context.fillRect(0, 0, canvas.width, canvas.height);
	context.drawImage(part.dots, 0, 0);
	context.drawImage(part.over, 0, 0);
	context.setTransform(density, 0, 0, density, 20 * density, view.height * density);
	drawFoot(context, scene);
	return canvas;
}

// The same as SVG: the cloud of dots as pixels, all that is drawn and written over it as lines and letters.
function vectorOf(scene) {
	const { view, palette, part } = scene;
	scene.draw();
	const pen = makeVector(view.width, view.height + FOOT, part.over.getContext("2d"));
	pen.fillStyle = css(palette.back);
	pen.fillRect(0, 0, view.width, view.height + FOOT);
	pen.picture(part.dots.toDataURL(), view.width, view.height);
	scene.drawOver(pen);
	pen.globalAlpha = 1;
	pen.translate(20, view.height);
	drawFoot(pen, scene);
	scene.refresh();
	return pen.written();
}

function keep(scene, blob, kind) {
	const link = h("a", { href: URL.createObjectURL(blob), download: `sphere-block-${Math.round(scene.look.layer)}.${kind}` });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const savePicture = (scene) => pictureOf(scene).toBlob((blob) => keep(scene, blob, "png"));
const saveVector = (scene) => keep(scene, new Blob([vectorOf(scene)], { type: "image/svg+xml" }), "svg");
const saveNumbers = (scene) => {
	const { head, rows } = scene.data.table;
	keep(scene, new Blob([csvOf([head, ...rows])], { type: "text/csv" }), "csv");
};
