"""Shape and type checks for the whole package, and what the tests may need: the shared data, a browser."""

import gc
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# The processes of a run share the cores: threads that wait for each other double the time. Before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from jaxtyping import install_import_hook

from tests import shapes
from tests.browser import WITHOUT_CARD
from tests.material import missing

ROOT = Path(__file__).resolve().parents[1]
_SOURCE = ROOT / "src"
_LANGUAGE = sorted(
    ".".join(file.relative_to(_SOURCE).with_suffix("").parts)
    for file in (_SOURCE / "statescape" / "language").rglob("*.py")
    if file.stem not in {"__init__", "kernel"}
)
# numba compiles the kernels from their own source, which a wrapper would hide; all else is checked.
CHECKED = [
    "statescape.analysis",
    "statescape.cache",
    "statescape.errors",
    "statescape.evolution",
    "statescape.geometry",
    *_LANGUAGE,
    "statescape.live",
    "statescape.reservoir.archive",
    "statescape.reservoir.arrays",
    "statescape.reservoir.dynamics",
    "statescape.reservoir.evaluation",
    "statescape.reservoir.generators",
    "statescape.reservoir.network",
    "statescape.reservoir.parameters",
    "statescape.reservoir.radius",
    "statescape.reservoir.readout",
    "statescape.reservoir.topology",
    "statescape.reservoir.weights",
    "statescape.runs",
    "statescape.statistics",
    "statescape.studies",
    "statescape.views",
    "statescape.wording",
]
# A test keeps nothing in the tester's home. The processes of one run share what depends on a model's file alone.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _CACHE = tempfile.TemporaryDirectory(prefix="statescape-tests-")
    os.environ["STATESCAPE_CACHE"] = _CACHE.name
os.environ.pop("COLUMNS", None)  # the width of the tester's terminal must not cut tables
install_import_hook(CHECKED, "tests.shapes.checked")


def pytest_runtest_setup() -> None:
    """Every test checks the first calls of every function."""
    shapes.begin_test()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """No garbage is looked for among modules, neither while they are made nor later: millions of objects that stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No id holds an address, which differs from process to process."""
    named = [item.nodeid for item in items if re.search(r"0x[0-9a-f]{6,}", item.nodeid)]
    if named:
        raise pytest.UsageError(f"{named[0]} is named by an address; give its parameters ids")


@pytest.fixture(autouse=True)
def quiet_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line says what is being done, so that a slow machine prints what a fast one prints; a test of its own asks."""
    monkeypatch.setattr("statescape.cli.console.EVERY", 3600.0)


@pytest.fixture(scope="session")
def evolved_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished run on a file with hostile names."""
    from tests.evolved import evolved

    return evolved(tmp_path_factory.mktemp("evolved"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to open pages with."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("Chromium")
    return str(path)


@pytest.fixture(scope="session")
def browser(chromium: str):
    """One Chromium for all tests of a process; Playwright allows no second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=WITHOUT_CARD)
        yield opened
        opened.close()
