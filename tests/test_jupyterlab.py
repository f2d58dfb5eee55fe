"""A tutorial in a real JupyterLab: its cells are run there, the sphere and a figure are drawn and answer.

What is looked at is what a user has before them: a canvas with pixels in it, a figure that zooms, a block that Python
reads and moves.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.documents import ROOT
from tests.views.visiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(170)]

SPHERE = "[...document.querySelectorAll('.jp-OutputArea-output *')].find((one) => one.statescape)"
READY = "window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status === 'idle'"
ASKED = "print('block', globe.layer)"
LAST = "globe.layer = 2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial up to its sphere and figure, and what a user types next; the rest is run elsewhere."""
    import nbformat  # takes seconds, which every process would spend that only collects this test

    made = tmp_path_factory.mktemp("lab")
    notebook = nbformat.read(ROOT / "docs" / "notebooks" / "language.ipynb", as_version=4)
    kept = [cell for cell in notebook.cells if cell.cell_type == "code"]
    names = ("load_model()", "model.trace(", "views.plane(", "views.sphere(")
    notebook.cells = [next(cell for cell in kept if name in cell.source) for name in names]
    for cell in notebook.cells:
        cell.outputs, cell.execution_count = [], None
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in (ASKED, LAST)]
    notebook.metadata.pop("widgets")
    nbformat.write(notebook, made / "tutorial.ipynb")
    return made


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[str]:
    """The address of a JupyterLab that keeps nothing in the tester's home and asks for nothing outside."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR")
    environment = {**os.environ, **{name: str(folder / "own" / name.lower()) for name in places}}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "own" / "workspaces")}
    options = {
        "ServerApp.root_dir": str(folder), "ServerApp.port": port, "ServerApp.port_retries": 0,
        "IdentityProvider.token": token, "ServerApp.allow_root": True, "LabApp.expose_app_in_browser": True,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", *(f"--{name}={value}" for name, value in options.items())],
        env=environment, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb"), cwd=folder,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 60
        while not _answers(f"{address}/api?token={token}"):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < ends, (folder / "log").read_text()
            time.sleep(0.1)
        yield f"{address}/lab/tree/tutorial.ipynb?token={token}"
    finally:
        process.terminate()  # ends its kernels as well
        process.wait(20)
        shutil.rmtree(folder / "own", ignore_errors=True)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.fixture
def page(browser: Any, lab: str) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    opened.goto(lab)
    yield opened
    opened.close()


def _code(page: Any, place: int) -> Any:
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(place)
    cell.scroll_into_view_if_needed()
    return cell


def _run_next(page: Any, count: int) -> None:
    """Choose the next cell and run it."""
    _code(page, count - 1).locator(".cm-content").click()
    page.evaluate("jupyterapp.commands.execute('notebook:run-cell')")  # fulfilled when it is over
    _code(page, count - 1).locator(f".jp-InputPrompt:text-is('[{count}]:')").wait_for(timeout=60_000)


def test_the_sphere_and_a_figure_are_drawn_and_answer(page: Any):
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if "127.0.0.1" not in request.url else None)
    until(page, READY)
    for count in range(1, 5):
        _run_next(page, count)

    figure = _code(page, 2).locator(".jp-OutputArea-output.js-plotly-plot")
    figure.locator(".main-svg").first.wait_for(timeout=30_000)
    ranges = "() => document.querySelector('.js-plotly-plot').layout.xaxis.range"
    before = page.evaluate(ranges)
    figure.hover()
    figure.locator("[data-title='Zoom in']").click()
    until(page, f"(before) => String(({ranges})()) !== before", ",".join(map(str, before)))

    _code(page, 3)
    until(page, f"{SPHERE}?.statescape.scene?.frames > 0")
    last = page.evaluate(f"{SPHERE}.statescape.layer")
    canvas = _code(page, 3).locator("canvas").first
    assert canvas.bounding_box()["width"] > 300
    seen = canvas.screenshot()
    _code(page, 3).locator("[data-part=stage]").focus()
    page.keyboard.press(",")
    until(page, f"{SPHERE}.statescape.layer === {last - 1}")
    ends = time.monotonic() + 20
    while canvas.screenshot() == seen:
        assert time.monotonic() < ends

    _run_next(page, 5)  # Python reads the block that the key went to
    _code(page, 4).locator(f".jp-OutputArea-output:has-text('block {last - 1:.1f}')").wait_for(timeout=30_000)
    _run_next(page, 6)  # and moves it
    _code(page, 3)
    until(page, f"{SPHERE}.statescape.layer === 2")
    assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
    assert wrong == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
