"""How soon live pages answer: from a key to the complete picture, from a generation to the screen, and what they cost.

The server as a process, headless Chromium with software WebGL on the same machine. Each figure is printed beside its
goal and written as JSON. Usage: ``python benchmarks/live.py [--model FOLDER] [--repeats N]``.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the server of the tests

from harness import write
from tests.browser import FLAGS
from tests.live.serving import as_process

BEGUN = "Once upon a time, there was a little girl named Lily who liked to play in the"
WORDS = ("big", "green", "park", "with", "her", "friend", "and", "the", "small", "brown", "dog", "that", "ran", "fast")
TYPED = """(text) => new Promise((done) => {
  const box = document.getElementById("text"), begun = performance.now();
  box.value = text;
  box.dispatchEvent(new Event("input"));
  const look = () => document.documentElement.dataset.answered === text
    ? requestAnimationFrame(() => done(performance.now() - begun)) : setTimeout(look, 2);
  look();
})"""
WATCHED = """() => {
  const root = document.documentElement;
  window.seen = {};
  new MutationObserver(() => { window.seen[root.dataset.drawn] ??= Date.now() / 1000; })
    .observe(root, { attributeFilter: ["data-drawn"] });
}"""


def language(model: str, repeats: int) -> dict[str, float]:
    """Seconds of answers of one model, and bytes of a second tab."""
    from playwright.sync_api import sync_playwright

    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    torch = time.perf_counter() - begun
    arguments = ("--port", "0", *(("--model", model) if model else ()))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for _ in range(2):  # the first start fills the cache
            begun = time.perf_counter()
            with as_process(*arguments, folder=Path(folder), cache=Path(folder) / "cache") as (process, served):
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                page.goto(served.link)
                page.wait_for_selector('html[data-answered]:not([data-answered=""])', timeout=120_000)
                first = time.perf_counter() - begun
                page.evaluate(TYPED, BEGUN)
                more, new = [], []
                for number in range(repeats):
                    longer = f"{BEGUN} {' '.join(WORDS[: number % len(WORDS) + 1])}"
                    more.append(page.evaluate(TYPED, longer) / 1000)
                    new.append(page.evaluate(TYPED, f"{WORDS[number % len(WORDS)].capitalize()} {BEGUN[5:]}") / 1000)
                before = _resident(process.pid)
                second = browser.new_page(viewport={"width": 1400, "height": 900})
                second.goto(served.link)
                second.wait_for_selector('html[data-answered]:not([data-answered=""])', timeout=120_000)
                tab = _resident(process.pid) - before
                second.close()
                page.close()
        browser.close()
    return {
        "first page beyond torch": first - torch,
        "one word more, median": statistics.median(more),
        "one word more, 95th percentile": _high(more),
        "a new text, median": statistics.median(new),
        "a new text, 95th percentile": _high(new),
        "second tab, MB": tab / 1e6,
    }


def reservoir(generations: int) -> dict[str, float]:
    """How late a generation is on the screen, and what being watched costs a search."""
    from playwright.sync_api import sync_playwright

    from statescape import evolve

    written: dict[int, float] = {}

    def search(folder: Path, name: str) -> float:
        begun = time.perf_counter()
        evolve(
            "narma10", units=50, generations=generations, compare=False, tune=False, seed=1, workers=1,
            run=folder / f"{name}.run", callbacks=[lambda now: written.update({now.summary.number: time.time()})],
        )  # fmt: skip
        return time.perf_counter() - begun

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        (folder / "runs").mkdir()
        search(folder, "warm")
        alone = search(folder, "alone")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with as_process("--port", "0", "--runs", "runs", folder=folder, cache=folder / "cache") as (_, served):
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(served.link.replace("/?", "/reservoirs?") + "#run=watched.run")
            page.wait_for_selector("html[data-connected=true]")
            page.evaluate(WATCHED)
            took: list[float] = []
            working = threading.Thread(target=lambda: took.append(search(folder / "runs", "watched")))
            working.start()
            while working.is_alive():
                page.wait_for_timeout(200)
            page.wait_for_timeout(2000)
            seen = {int(number) - 1: at for number, at in page.evaluate("window.seen").items() if number.isdecimal()}
        browser.close()
    late = [seen[number] - at for number, at in written.items() if number in seen]
    return {
        "generation to screen, median": statistics.median(late),
        "generation to screen, 95th percentile": _high(late),
        "cost to the search, share": took[0] / alone - 1,
    }


def _high(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def _resident(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("VmRSS"))


GOALS = {
    "conteur": {
        "first page beyond torch": 5.0, "one word more, median": 0.15, "one word more, 95th percentile": 0.4,
        "second tab, MB": 30.0,
    },
    "model": {"first page beyond torch": 5.0, "one word more, median": 0.7, "a new text, median": 1.2},
    "reservoir": {"generation to screen, 95th percentile": 1.0, "cost to the search, share": 0.02},
}  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", default="", help="a model of real size beside conteur")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--generations", type=int, default=60)
    parser.add_argument("--only", choices=sorted(GOALS), help="one part alone")
    arguments = parser.parse_args()
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "conteur": lambda: language("", arguments.repeats),
        "model": lambda: language(arguments.model, arguments.repeats),
        "reservoir": lambda: reservoir(arguments.generations),
    }
    results: dict[str, Any] = {}
    for name, measure in parts.items():
        if arguments.only not in (None, name) or (name == "model" and not arguments.model):
            continue
        results[name] = measure()
        for what, value in results[name].items():
            goal = GOALS[name].get(what)
            print(f"{name:10} {what:40} {value:8.3f}" + ("" if goal is None else f"   goal {goal:g}"))
    write("live", results)


if __name__ == "__main__":
    main()
