// Names beside the dots, by importance, never over another.

const FONT = "system-ui, sans-serif";
const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [1, 1], [-1, -1], [-1, 1]];

const square = (x, y, radius) => ({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius });
const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function panels({ part }) {
	const stage = part.stage.getBoundingClientRect();
	return [part.headline, part.legend, part.search, part.inspector].map((panel) => {
		const { x, y, width, height } = panel.getBoundingClientRect();
		return { x: x - stage.x, y: y - stage.y, width, height };
	});
}

function wanted({ data, look, camera }) {
	const closer = camera.inside > 0.5 ? 1.7 / camera.field : 3.1 / camera.distance;
	const room = clamp(14 * closer ** 1.5, 6, data.n_top);
	const around = neighboursOf(data, look.pinned)?.map(({ id }) => id) ?? [];
	const lit = look.matched ? [...look.matched].slice(0, 40) : likeliest(data, Math.round(look.layer)).subarray(0, room);
	const ends = data.beside.map(({ predicted }) => predicted);
	const chosen = [look.pinned, look.hover, data.predicted, ...ends].filter((token) => token >= 0);
	return new Set([...chosen, ...around, ...lit]);
}

function drawLabels(context, scene, marks) {
	const { data, view, look, palette } = scene;
	const boxes = [...panels(scene), ...marks.map(({ x, y, radius }) => square(x, y, radius))];
	const drawn = [];
	Object.assign(context, { textBaseline: "middle", lineJoin: "round", lineWidth: 3.5, strokeStyle: palette.halo });

	function place(at, text, size, weight, colour, gap) {
		Object.assign(context, { font: `${weight} ${size}px ${FONT}`, fillStyle: colour });
		const width = context.measureText(text).width;
		const height = size * 1.25;
		for (const [right, down] of SIDES) {
			const reach = right && down ? 0.75 * gap : gap;
			const x = at.x + right * reach + (width * (right - 1)) / 2;
			const y = at.y + down * (reach + height / 2);
			const box = { x: x - 2, y: y - height / 2, width: width + 4, height };
			const inside = box.x > 4 && box.y > 4 && x + width < view.width - 4 && y + height < view.height - 4;
			if (!inside || boxes.some((other) => overlap(box, other))) continue;
			boxes.push(box);
			context.strokeText(text, x, y);
			context.fillText(text, x, y);
			return box;
		}
		return null;
	}

	const write = (mark) => place(mark, mark.text, mark.sign ? 12.5 : mark.bold ? 12 : 10, mark.bold ? 650 : 500, mark.colour, mark.radius + (mark.bold ? 9 : 3));
	for (const mark of marks) if (mark.first) write(mark);
	for (const token of wanted(scene)) {
		const at = visible(view, position(data, token));
		if (!at) continue;
		const other = data.beside.findIndex(({ predicted }) => predicted === token);
		const strong = other >= 0 || [data.predicted, look.pinned, look.hover].includes(token);
		const radius = token === look.pinned ? 12 : other < 0 ? drawnRadius(scene, token) : 9;
		const colour = token === data.predicted ? palette.red : other < 0 ? palette.ink : colourOf(other);
		const box = place(at, clipped(data.shown[token]), strong ? 15 : 12.5, strong ? 650 : 500, colour, radius + 5);
		if (!box) continue;
		boxes.push(square(at.x, at.y, radius));
		drawn.push({ token, ...box });
	}
	for (const mark of marks) if (mark.text && !mark.first) write(mark);
	return drawn;
}
