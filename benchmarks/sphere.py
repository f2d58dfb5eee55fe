"""How large and how fast the sphere is at 50,257 tokens, beside the trial that settled its making.

Headless Chromium with software WebGL, 1280x860, as the trial was measured: page size, navigation to complete picture,
recolouring for another block, a frame while turning outside and inside, picking. Prints each figure beside its reach
and the trial's, and writes JSON. Usage: ``python benchmarks/sphere.py [--tokens N]``.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the paths of the tests

from harness import write
from statescape.views.globe import sphere_page
from statescape.views.globe.module import javascript, module_text
from tests.browser import FLAGS
from tests.views.globe.paths import story_path
from tests.views.visiting import until

TIMED = """async (repeats) => {
  const { scene, inner } = document.querySelector("[data-statescape-sphere]").statescape;
  const bytes = new Uint8Array(4);
  const drawn = (change) => {
    const start = performance.now();
    change();
    scene.draw();
    scene.gl.readPixels(0, 0, 1, 1, scene.gl.RGBA, scene.gl.UNSIGNED_BYTE, bytes); // waits for the drawing
    return (performance.now() - start) / 1000;
  };
  const many = (change) => Array.from({ length: repeats }, (_, i) => drawn(() => change(i)));
  const turn = () => (scene.camera = { ...scene.camera, yaw: scene.camera.yaw + 0.05 });
  const rest = () => new Promise((resume) => setTimeout(resume, 400)); // all tokens are drawn, and timed
  const moving = async (change) => (await rest(), many(change).slice(1)); // the first still shows all tokens
  await rest();
  const whole = many(() => {});
  const recolour = await moving((i) => (scene.look.layer = (i * 1.7) % (scene.data.states - 1)));
  const outside = await moving(turn);
  const every = scene.every;
  scene.camera = { ...scene.camera, inside: 1 };
  drawn(() => {});
  const inside = await moving(turn);
  scene.camera = { ...scene.camera, inside: 0 };
  drawn(() => {});
  const picking = Array.from({ length: 50 }, (_, i) => {
    const start = performance.now();
    inner.pick(scene, 400 + 9 * i, 200 + 8 * i);
    return (performance.now() - start) / 1000;
  });
  return { whole, recolour, outside, inside, picking, every: [every] };
}"""


def measured(file: Path, repeats: int) -> dict[str, float]:
    """Medians in seconds, of one page in a fresh browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="dark")
        page.goto("about:blank")
        start = time.perf_counter()
        page.goto(file.as_uri())
        until(page, "document.querySelector('[data-statescape-sphere]')?.statescape?.scene?.frames > 0")
        page.evaluate(
            "() => { const gl = document.querySelector('[data-statescape-sphere]').statescape.scene.gl;"
            " gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); }"
        )
        complete = time.perf_counter() - start
        timed = page.evaluate(TIMED, repeats)
        browser.close()
    return {"complete": complete, **{name: statistics.median(times) for name, times in timed.items()}}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tokens", type=int, default=50_257)
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    results: dict[str, Any] = {"tokens": arguments.tokens}
    with tempfile.TemporaryDirectory() as folder:
        for states in (13, 49):
            file = sphere_page(story_path(arguments.tokens, states), Path(folder) / f"{states}.html")
            results[f"page_{states}"] = file.stat().st_size / 1e6
            if states == 13:
                results.update(measured(file, arguments.repeats))
    results["javascript"] = len(javascript().encode()) / 1e3
    results["module"] = len(module_text().encode()) / 1e3
    rows = [  # name, key, unit, reach, the trial's figure
        ("page, 13 states", "page_13", "MB", 2.2, 1.3),
        ("page, 49 states", "page_49", "MB", 4.5, 3.1),
        ("navigation to complete picture", "complete", "s", 2.0, None),
        ("all tokens, outside", "whole", "s", None, 0.31),
        ("recolouring for another block", "recolour", "s", 0.35, 0.30),
        ("a frame while turning, outside", "outside", "s", 0.35, 0.31),
        ("of which it shows one in", "every", "", None, None),
        ("a frame while turning, inside", "inside", "s", 0.20, None),
        ("picking a token", "picking", "s", 0.010, None),
        ("JavaScript, unminified", "javascript", "kB", 45.0, 12.7),
        ("module with styles, markup, shaders", "module", "kB", None, None),
    ]
    print(f"{'':38}{'measured':>10}{'reach':>10}{'trial':>10}")
    for name, key, unit, reach, trial in rows:
        cells = [results[key], reach, trial]
        print(f"{name:38}" + "".join(f"{'' if cell is None else f'{cell:.3g} {unit}':>10}" for cell in cells))
    write("sphere", results)


if __name__ == "__main__":
    main()
