// The bar under the picture, and the legend in it.

const BLOCK_KEYS = {
	ArrowLeft: -1, ArrowDown: -1, PageDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 1, Home: -Infinity, End: Infinity,
};

// Title, ticks and, for cosines, which share of the ramp chance reaches; cosines have a range for every state.
function legendOf({ data, look: { colour, layer } }) {
	const { title, ticks } = data.legend[colour];
	if (colour !== "cosine") return { title, ticks, band: 0 };
	const block = Math.round(layer);
	return { title, ticks: ticks[block], band: Math.min(1, data.chance / data.cosine_reach[block]) };
}

function makeLegend(scene) {
	const { part, data } = scene;
	let drawn = "";
	return () => {
		const { look, palette, scheme } = scene;
		const { title, ticks, band } = legendOf(scene);
		const now = [look.colour, scheme, ticks, band].join();
		if (drawn === now) return;
		drawn = now;
		part.title.textContent = title;
		part.ramp.style.background = `linear-gradient(90deg, ${MODES[look.colour].table(palette).map((colour) => css(colour))})`;
		if (data.beside.length) part.paths.replaceChildren(...data.names.map((text, i) => {
			const line = h("i", {});
			line.style.background = i ? colourOf(i - 1) : palette.ink;
			return h("div", {}, line, h("bdi", { textContent: text }));
		}));
		part.band.hidden = !band;
		part.band.style.width = `${100 * band}%`;
		part.ticks.replaceChildren(...ticks.map((textContent) => h("span", { textContent })));
	};
}

function makeControls(scene) {
	const { part, data } = scene;
	const last = data.states - 1;
	part.slider.max = last;
	part.slider.oninput = () => scene.change({ layer: Number(part.slider.value) });
	part.slider.onkeydown = (event) => {
		if (!BLOCK_KEYS[event.key]) return;
		event.preventDefault();
		scene.step(BLOCK_KEYS[event.key]);
	};
	part.colour.onchange = () => scene.change({ colour: part.colour.value });
	part.play.onclick = () => scene.play();
	part.inside.onclick = () => scene.stepInside();
	part.reset.onclick = () => scene.reset();
	part.save.onclick = () => savePicture(scene);
	part.save_vector.onclick = () => saveVector(scene);
	part.save_numbers.onclick = () => saveNumbers(scene);
	return () => {
		const { layer, colour } = scene.look;
		const block = Math.round(layer);
		part.slider.value = layer;
		part.slider.ariaValueText = wordsOf(scene).sentence;
		part.slider.style.setProperty("--done", `${(100 * layer) / (last || 1)}%`);
		const at = Math.abs(layer - block) < 0.005 ? block : fixed(layer, 1);
		say(part.readout, `§block ${at} of ${last}§`);
		say(part.play, scene.playing ? "§Pause§" : "§Play§");
		say(part.inside, scene.goal().inside > 0.5 ? "§Step outside§" : "§Step inside§");
		part.colour.value = colour;
	};
}
