// What a page holds that is hard to read (contrast as WCAG 2 counts it), or has no name; functions for `contrast.py`.
({
tooFaint: (kind) => {
  const rgba = (text) => { const [r, g, b, a = 1] = (text.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number); return [r, g, b, a]; };
  const over = ([r, g, b, a], under) => [r, g, b].map((value, i) => value * a + under[i] * (1 - a));
  const light = (colour) => colour.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parent = (element) => element.parentElement ?? element.getRootNode().host;
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = parent(one)) layers.unshift(rgba(getComputedStyle(one).backgroundColor));
    return layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const opacity = (element) => { let all = 1; for (let one = element; one; one = parent(one)) all *= +getComputedStyle(one).opacity; return all; };
  const ratio = (colour, element, own = 1) => {
    const under = ground(element), [r, g, b, a] = rgba(colour);
    const [x, y] = [light(over([r, g, b, a * own * opacity(element)], under)), light(under)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const all = []; // also in shadow trees
  (function walk(root) { for (const element of root.querySelectorAll('*')) { all.push(element); if (element.shadowRoot) walk(element.shadowRoot); } })(document);
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1;
  const found = [];
  if (kind === "text") for (const element of all) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !seen(element) || element.matches('script, style, option, noscript, .modebar *, .hoverlayer *, .heatmap-label *')) continue;
    const style = getComputedStyle(element), svg = element.namespaceURI.includes('svg');
    if (opacity(element) === 0) continue;
    const big = parseFloat(style.fontSize) >= 24;
    const value = ratio(svg ? style.fill : style.color, element, svg ? +style.fillOpacity : 1);
    if (value < (big ? 3 : 4.5)) found.push([element.textContent.trim().slice(0, 40), +value.toFixed(2)]);
  } else for (const element of all) {
    if (!element.matches('.scatterlayer .js-line, .scatterlayer .point, .bars .point path, .errorbar path, svg[role=img] > .edges path, svg[role=img] > .units circle') || !seen(element)) continue;
    const style = getComputedStyle(element), line = style.fill === 'none' || parseFloat(style.strokeWidth) > 0 && style.stroke !== 'none' && element.matches('.js-line, .errorbar path, .edges path');
    const colour = line ? style.stroke : style.fill;
    if (+style.opacity === 0 || parseFloat(style.strokeWidth) === 0 && line) continue;
    const value = ratio(colour, element, +(line ? style.strokeOpacity : style.fillOpacity));
    if (value < 3) found.push([colour, +value.toFixed(2)]);
  }
  return found;
},

nameless: () => {
  const all = [];
  (function walk(root) { for (const element of root.querySelectorAll('*')) { all.push(element); if (element.shadowRoot) walk(element.shadowRoot); } })(document);
  return all.filter((element) => element.matches('button, a[href], input, select, textarea, [role=img], [role=grid], [role=region], img, svg[role]')
    && element.checkVisibility({ visibilityProperty: true }) && !element.closest('.modebar')).filter((element) =>
    !(element.ariaLabel || element.getAttribute('aria-labelledby') || element.alt || element.title || element.textContent.trim()
      || (element.labels?.length && [...element.labels].some((label) => label.textContent.trim()))
      || element.hasAttribute('alt') || element.placeholder)).map((element) => element.outerHTML.slice(0, 120));
},
});
