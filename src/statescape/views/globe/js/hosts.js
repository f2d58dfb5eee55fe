// A page holds its spheres as <div data-statescape-sphere>, their data inside; a notebook calls render, a live page mount.

for (const host of document.querySelectorAll("[data-statescape-sphere]:not([data-open])")) {
	host.dataset.open = "";
	const { data, options } = JSON.parse(host.querySelector('script[type="application/json"]').textContent);
	mount(host, data, options);
}

function render({ model, el }) {
	const host = h("div", {});
	el.append(host);
	const handle = mount(host, model.get("data"), { share: false });
	handle.ready.then(() => {
		const follow = () => (handle.layer = model.get("layer"));
		follow();
		model.on("change:layer", follow);
		host.addEventListener("statescape-layer", ({ detail }) => {
			if (detail.layer === model.get("layer")) return;
			model.set("layer", detail.layer);
			model.save_changes();
		});
	});
	return () => handle.destroy();
}

export { mount };
export default { render };
