"""How big is the report, how fast is it written after the trace, and how fast does it open?

Two paths: the bundled model, and arrays of GPT-2-small shape (50,257 tokens, 768 wide, 12 blocks, 64 positions). Reach:
at most 8 MB and 15 MB, written in 5 s, complete in Chromium in 3 s (software drawing, 1200 x 900). Writing is measured
in one process after the first import of Plotly and matplotlib, the path's own numbers included; medians of the rounds.

    python benchmarks/report.py [--rounds 3] [--chromium /usr/bin/chromium]      writes benchmarks/results/report.json
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

import matplotlib.figure  # noqa: F401  imports are not what is measured
import plotly.subplots  # noqa: F401

from harness import write

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import statescape
from statescape import views
from tests.browser import FLAGS
from tests.views.language.synthetic import path_of
from tests.views.visiting import until

READY = "document.documentElement.dataset.ready === 'true'"


def opened(file: Path, chromium: str, rounds: int) -> float:
    """Seconds from navigation until every figure of the page is drawn; the median of the rounds."""
    from playwright.sync_api import sync_playwright

    seconds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for _ in range(rounds):
            page = browser.new_page(viewport={"width": 1200, "height": 900})
            start = time.perf_counter()
            page.goto(file.as_uri(), wait_until="commit")
            until(page, READY, seconds=120)
            seconds.append(time.perf_counter() - start)
            page.close()
        browser.close()
    return statistics.median(seconds)


def measure(name: str, path: statescape.StatePath, chromium: str | None, rounds: int) -> dict[str, Any]:
    """Size, seconds to write and seconds to open the page of one path."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = []
        for _ in range(rounds):
            start = time.perf_counter()
            file = views.report(path, Path(folder) / "report.html")
            seconds.append(time.perf_counter() - start)
        size, written = file.stat().st_size / 1e6, statistics.median(seconds)
        open_ = opened(file, chromium, rounds) if chromium else None
    print(f"{name:24} {size:6.2f} MB   written in {written:5.2f} s   opened in {open_ or float('nan'):5.2f} s")
    return {"path": name, "megabytes": size, "seconds_to_write": written, "seconds_to_open": open_}


def main() -> None:
    """Measure both paths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    options = parser.parse_args()
    bundled = statescape.load_model().trace("Once upon a time, there was a little").path(-1)
    gpt2 = path_of(12, 768, 50257, tokens=tuple(f" word{i}" for i in range(64)))
    write(
        "report",
        [
            measure(name, path, options.chromium, options.rounds)
            for name, path in (("conteur", bundled), ("GPT-2-small shape", gpt2))
        ],
    )


if __name__ == "__main__":
    main()
