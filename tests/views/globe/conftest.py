"""A Chromium that draws with software WebGL, and a page with a sphere in it that tests can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from statescape.language import StatePath
from statescape.views.globe import sphere_page
from tests.views.globe.paths import story_path
from tests.views.visiting import until

HOST = "[data-statescape-sphere]"


class Opened:
    """An open page with at least one sphere; the first is asked unless another is named."""

    def __init__(self, page: Any, path: StatePath, troubles: list[str]) -> None:
        self.page = page
        self.path = path
        self.troubles = troubles

    def js(self, expression: str, argument: Any = None, *, which: int = 0) -> Any:
        """Evaluate with `handle` (the test handle), `scene`, `part` and `argument` in sight."""
        body = (
            f"(argument) => {{ const handle = document.querySelectorAll('{HOST}')[{which}].statescape;"
            f" const scene = handle.scene, part = scene?.part, inner = handle.inner; return ({expression}); }}"
        )
        return self.page.evaluate(body, argument)

    def wait(self, condition: str, argument: Any = None, *, which: int = 0) -> None:
        """Until `condition` holds."""
        body = (
            f"(argument) => {{ const handle = document.querySelectorAll('{HOST}')[{which}]?.statescape;"
            f" const scene = handle?.scene, part = scene?.part; return Boolean({condition}); }}"
        )
        until(self.page, body, argument, 30)

    def draw(self) -> None:
        """The picture as it now should be."""
        self.js("scene.draw()")

    def places(self) -> list[dict[str, Any] | None]:
        """Where the module puts every token, drawn anew."""
        self.draw()
        return self.js(
            "Array.from({length: scene.data.n},"
            " (_, token) => inner.project(scene.view, inner.position(scene.data, token)))"
        )

    def glow(self, x: float, y: float, reach: int = 5) -> int:
        """Sum of red, green and blue of the dots around a point of the stage."""
        around = range(-reach, reach + 1, 2)
        return sum(sum(self.pixel(x + right, y + down)[:3]) for right in around for down in around)

    def pixel(self, x: float, y: float, layer: str = "dots") -> list[int]:
        """Red, green, blue and alpha of the picture at a point of the stage."""
        return self.js(
            "(() => { scene.draw(); const copy = document.createElement('canvas');"
            " copy.width = part.dots.width; copy.height = part.dots.height;"
            " const context = copy.getContext('2d'); context.drawImage(part[argument[2]], 0, 0);"
            " const [x, y] = argument.slice(0, 2).map((value) => Math.floor(value * scene.density));"
            " return Array.from(context.getImageData(x, y, 1, 1).data); })()",
            [x, y, layer],
        )

    def set_camera(self, **camera: float) -> None:
        """Move the camera at once."""
        self.js("(scene.setCamera({...scene.camera, ...argument}), scene.draw())", camera)


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Open a file as a page and wait until its spheres are drawn; the page must load nothing and raise nothing."""
    contexts = []

    def _open(
        file: Path, path: StatePath, *, spheres: int = 1, script: str = "", fragment: str = "", **options: Any
    ) -> Opened:
        settings = {"viewport": {"width": 900, "height": 640}, "color_scheme": "dark", "reduced_motion": "reduce"}
        context = browser.new_context(**{**settings, **options})
        contexts.append(context)
        page = context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
        page.on("request", lambda request: request.url.startswith("http") and troubles.append(request.url))
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        if script:
            page.add_init_script(script)
        page.goto(file.as_uri() + fragment)
        opened = Opened(page, path, troubles)
        for which in range(spheres):
            opened.wait("scene?.frames > 0", which=which)
        return opened

    yield _open
    for context in contexts:
        context.close()


@pytest.fixture
def open_sphere(open_page: Callable[..., Opened], tmp_path: Path) -> Callable[..., Opened]:
    """The bare page of a path, open."""

    def _open(path: StatePath | None = None, **options: Any) -> Opened:
        path = path or story_path(512, 7, 32)
        return open_page(sphere_page(path, tmp_path / "sphere.html"), path, **options)

    return _open


def screen(camera: dict[str, float], size: tuple[int, int], points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The projection from its definition: pixel of every point, and whether it is in front of eye and horizon.

    Written with a rotation matrix and angles, unlike the module: perspective outside, stereographic inside, where a
    point at angle a from the axis lies 2 f tan(a / 2) from the middle.
    """
    yaw, pitch = camera["yaw"], camera["pitch"]
    out = np.array([np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
    inside = camera["inside"] == 1
    axis = out if inside else -out
    right = np.cross(axis, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(right, axis), axis])
    eye = 0 * out if inside else camera["distance"] * out
    x, y, depth = frame @ (points - eye).T
    half = min(size) / 2
    if inside:
        angle = np.arctan2(np.hypot(x, y), depth)
        radius = half * np.tan(angle / 2) / np.tan(camera["field"] / 4)
        seen = np.cos(angle / 2) ** 2 >= 0.02  # what lies straight behind the eye is left out
    else:
        radius = half * np.hypot(x, y) / depth / np.tan(0.36)
        seen = points @ eye > 1
    bearing = np.arctan2(y, x)
    return np.stack([size[0] / 2 + radius * np.cos(bearing), size[1] / 2 - radius * np.sin(bearing)], axis=1), seen
