// A pen with the strokes of a canvas that writes SVG: lines and letters stay lines and letters.

function makeVector(width, height, measure) {
	const svg = (tag, attributes) => {
		const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
		for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
		return element;
	};
	const root = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` });
	const short = (number) => +number.toFixed(2);
	let groups = [root];
	let path = "";
	let dashes = [];
	const add = (tag, attributes, text) => {
		const element = svg(tag, { opacity: pen.globalAlpha, ...attributes });
		if (text !== undefined) element.textContent = text;
		groups.at(-1).append(element);
	};
	const line = () => ({
		stroke: pen.strokeStyle, "stroke-width": pen.lineWidth, "stroke-linejoin": pen.lineJoin, "stroke-linecap": pen.lineCap,
		"stroke-dasharray": dashes.join(" "),
	});
	const letters = (x, y, [, weight = 400, size, family] = pen.font.match(/^(?:(\d+) )?([\d.]+)px (.*)/)) => ({
		x: short(x), y: short(y), "font-weight": weight, "font-size": size, "font-family": family,
		"text-anchor": { center: "middle", right: "end" }[pen.textAlign] ?? "start",
		"dominant-baseline": pen.textBaseline === "middle" ? "central" : "auto",
	});
	const move = (sign, x, y) => (path += `${sign}${short(x)} ${short(y)}`);
	const into = (transform) => {
		const group = svg("g", { transform });
		groups.at(-1).append(group);
		groups[groups.length - 1] = group;
	};
	const pen = {
		globalAlpha: 1, lineWidth: 1, lineJoin: "miter", lineCap: "butt", textAlign: "left", textBaseline: "alphabetic",
		strokeStyle: "#000", fillStyle: "#000", font: `10px ${FONT}`,
		beginPath: () => (path = ""),
		moveTo: (x, y) => move("M", x, y),
		lineTo: (x, y) => move(path ? "L" : "M", x, y),
		closePath: () => (path += "Z"),
		arc: (x, y, r) => move("M", x - r, y) && (path += `a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`),
		stroke: () => path && add("path", { d: path, fill: "none", ...line() }),
		fill: () => path && add("path", { d: path, fill: pen.fillStyle }),
		fillRect: (x, y, w, h) => add("rect", { x, y, width: w, height: h, fill: pen.fillStyle }),
		fillText: (text, x, y) => add("text", { ...letters(x, y), fill: pen.fillStyle }, text),
		strokeText: (text, x, y) => add("text", { ...letters(x, y), fill: "none", ...line() }, text),
		measureText: (text) => Object.assign(measure, { font: pen.font }).measureText(text),
		setLineDash: (lengths) => (dashes = lengths),
		save: () => groups.push(groups.at(-1)),
		restore: () => groups.pop(),
		translate: (x, y) => into(`translate(${short(x)} ${short(y)})`),
		rotate: (turn) => into(`rotate(${short((turn * 180) / Math.PI)})`),
		picture: (href, w, h) => add("image", { href, width: w, height: h }),
		written: () => new XMLSerializer().serializeToString(root),
	};
	return pen;
}
