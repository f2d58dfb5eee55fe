"""Takes the pictures of the docs that show the bundled model and short runs: ``python docs/pictures.py [NAME ...]``.

Each is a page or a figure as the commands make it, opened in Chromium. Those of findings
come from runs of minutes to hours: their pages say which, and `--figures` draws them again.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser import FLAGS

IMAGES = Path(__file__).parent / "images"
TEXT = "Once upon a time, there was a little"
GONE_ON = f"{TEXT} girl"
SPHERE = "document.querySelector('[data-statescape-sphere]').statescape"


def main(asked: list[str]) -> None:
    """Take the pictures that are asked for, or all."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        for name in asked or PICTURES:
            PICTURES[name](browser, Path(folder))
        browser.close()


def keep(name: str, png: bytes, width: int = 0) -> None:
    """Keep a picture, small: as WebP where colours run into each other, else in a palette.

    Args:
        name: of its file, with its ending.
        png: what it is.
        width: pixels that it is made narrow to; 0 leaves it.
    """
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    if name.endswith(".webp"):
        picture.save(IMAGES / name, quality=88, method=6)
    else:  # maximum coverage: a median cut would lose what is rare, such as one red dot
        picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)


def statescape(folder: Path, *words: str) -> None:
    """Give a command."""
    call = [sys.executable, "-m", "statescape", *words]
    subprocess.run(call, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)


def opened(browser: Any, address: str, width: int, height: int, scheme: str = "light") -> Any:
    """A page, at rest."""
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    page = browser.new_page(viewport={"width": width, "height": height}, **options)
    page.goto(address)
    return page


def report(browser: Any, folder: Path) -> None:
    """The top of a report, and its section on the energy inside the embedding subspace."""
    statescape(folder, "path", TEXT, "--out", "path.html")
    page = opened(browser, (folder / "path.html").as_uri(), 1200, 900)
    page.wait_for_selector("html[data-ready=true]")
    page.wait_for_timeout(1000)
    keep("report.png", page.screenshot())
    figure = page.locator("#energy figure").first
    figure.scroll_into_view_if_needed()
    page.wait_for_timeout(3000)
    keep("energy.png", figure.locator(".plot").screenshot())
    page.close()


def sphere(browser: Any, folder: Path) -> None:
    """The sphere from outside and from inside."""
    statescape(folder, "sphere", TEXT, "--out", "sphere.html")
    page = opened(browser, (folder / "sphere.html").as_uri(), 1120, 740, "dark")
    page.wait_for_function(f"{SPHERE}?.scene?.frames > 0")
    page.wait_for_timeout(1500)
    keep("sphere-outside.webp", page.screenshot())
    page.locator("[data-part=stage]").focus()
    page.keyboard.press("i")
    page.keyboard.press("p")
    page.wait_for_timeout(1500)
    page.evaluate("document.activeElement.shadowRoot.activeElement.blur()")
    keep("sphere-inside.webp", page.screenshot())
    page.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The link of live pages of a folder of runs."""
    call = [sys.executable, "-m", "statescape", "live", "--port", "0", "--runs", "runs"]
    process = subprocess.Popen(call, cwd=folder, stdout=subprocess.PIPE, text=True)  # noqa: S603 (as above)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)


def live(browser: Any, folder: Path) -> None:
    """Both live pages: a text, and a search that runs."""
    (folder / "runs").mkdir(exist_ok=True)
    with served(folder) as link:
        page = opened(browser, link, 1400, 860)
        page.wait_for_selector(f"html[data-answered='{GONE_ON}']", timeout=120_000)
        page.wait_for_timeout(1500)
        keep("live.webp", page.screenshot(), 1120)
        page.goto(link.replace("/?", "/reservoirs?"))
        page.wait_for_selector("html[data-connected=true]")
        for name, value in (("units", 40), ("generations", 400)):
            page.fill(f"[name={name}]", str(value))
        page.click("#form [type=submit]")
        page.wait_for_selector("html[data-generations]", timeout=120_000)
        while int(page.evaluate("document.documentElement.dataset.generations")) < 40:
            page.wait_for_timeout(200)
        page.wait_for_selector("[data-figure=survivors] .main-svg")
        page.wait_for_timeout(1500)
        keep(
            "live-reservoirs.png",
            page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": 1400, "height": 1000}),
            1120,
        )
        page.close()


def esn(browser: Any, folder: Path) -> None:  # noqa: ARG001 (drawn without one)
    """Figures of a network on a task, side by side."""
    statescape(folder, "esn", "lorenz", "--topology", "CRJ", "--figures", "figures")
    drawn = [
        Image.open(folder / "figures" / f"{name}.png").convert("RGB")
        for name in ("wiring-graph", "spectrum", "state-path")
    ]
    height = min(one.height for one in drawn)
    drawn = [one.resize((round(one.width * height / one.height), height), Image.Resampling.LANCZOS) for one in drawn]
    side = Image.new("RGB", (sum(one.width for one in drawn), height), "white")
    for place, one in enumerate(drawn):
        side.paste(one, (sum(before.width for before in drawn[:place]), 0))
    content = io.BytesIO()
    side.save(content, "png")
    keep("esn.png", content.getvalue(), 1732)


def notebook(browser: Any, folder: Path) -> None:
    """A section of the lab notebook; minutes, as its studies are run."""
    statescape(folder, "notebook", "--quick", "--out", "notebook.html")
    page = opened(browser, (folder / "notebook.html").as_uri(), 1192, 900)
    page.wait_for_selector("html[data-ready=true]")
    page.locator("#search-space").scroll_into_view_if_needed()
    page.wait_for_timeout(3000)
    keep("notebook.png", page.locator("#search-space").screenshot())
    page.close()


PICTURES: dict[str, Callable[[Any, Path], None]] = {
    "report": report, "sphere": sphere, "live": live, "esn": esn, "notebook": notebook,
}  # fmt: skip

if __name__ == "__main__":
    main(sys.argv[1:])
