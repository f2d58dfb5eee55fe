"""How long does a verdict over a corpus take, does it grow with the positions only, and does memory stay flat?

`statescape verdict` with the bundled model over the first quarter, half, three quarters and all of the 657 held-out
stories, two workers, everything it does by default included (starting Python, random weights, the other policy on BOS).
Reach: all of them in 300 s on 2 cores, seconds linear in positions, memory flat. Memory is the largest sum of resident
memory of the command and its workers; pages they share are counted once for each.

The corpus stands beside the project; name another with --corpus.

    python benchmarks/verdict.py [--corpus FILE] [--workers 2] [--sizes ...]     writes benchmarks/results/verdict.json
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from harness import RESULTS, write

HELD_OUT = Path(__file__).resolve().parents[2] / "shared" / "data" / "text" / "tinystories.heldout.jsonl.gz"


def main() -> None:
    """Measure every size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--corpus", type=Path, default=HELD_OUT)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="+", default=[164, 328, 493, 657], help="documents of each run")
    parser.add_argument("--keep", action="store_true", help="keep the rows of other sizes measured before")
    options = parser.parse_args()
    rows = {row["documents"]: row for row in (_before() if options.keep else [])}
    for size in options.sizes:
        row = measure(options.corpus, size, options.workers)
        rows[row["documents"]] = row
    ordered = [rows[size] for size in sorted(rows)]
    write("verdict", {"sizes": ordered, **_line(ordered)})


def _line(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The straight line through processor seconds against positions: they tell even where others share the machine."""
    if len(rows) < 2:
        return {}
    positions, seconds = (np.array([row[name] for row in rows]) for name in ("positions", "cpu_seconds"))
    slope, start = np.polyfit(positions, seconds, 1)
    misfit = float(np.abs(seconds - (start + slope * positions)).max() / seconds[-1])
    print(
        f"processor: {start:.0f} s to start and end, then {1 / slope:,.0f} positions a second; largest distance from "
        f"that line {misfit:.1%} of the longest run; memory {rows[0]['peak_mb']:.0f} to {rows[-1]['peak_mb']:.0f} MB"
    )
    return {"start_cpu_s": float(start), "positions_per_cpu_s": float(1 / slope), "misfit": misfit}


def _before() -> list[dict[str, Any]]:
    file = RESULTS / "verdict.json"
    return json.loads(file.read_text())["results"]["sizes"] if file.exists() else []


def measure(corpus: Path, documents: int, workers: int) -> dict[str, Any]:
    """Seconds and memory of one run over the first so many documents."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "verdict.json"
        command = [sys.executable, "-m", "statescape", "verdict", str(corpus), "--max-documents", str(documents)]
        begun, spent = time.perf_counter(), _processor_seconds()
        process = subprocess.Popen(
            [*command, "--workers", str(workers), "--json", str(numbers)], stdout=subprocess.DEVNULL
        )
        peak = [0.0]
        watch = threading.Thread(target=_watch, args=(process, peak), daemon=True)
        watch.start()
        if process.wait() != 0:
            raise SystemExit("The run failed.")
        seconds, spent = time.perf_counter() - begun, _processor_seconds() - spent
        watch.join()
        data = json.loads(numbers.read_text())
    row = {
        "documents": data["n_documents"],
        "positions": data["n_positions"],
        "seconds": seconds,
        "cpu_seconds": spent,
        "workers": workers,
        "peak_mb": peak[0],
    }
    print(
        f"{row['documents']:4} documents {row['positions']:8,} positions  {seconds:6.1f} s (goal for all 300)  "
        f"{spent:6.1f} s of processor   {peak[0]:5.0f} MB   load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return row


def _processor_seconds() -> float:
    """Spent by all processes that have ended under this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_resident_mb, [process.pid, *_children(process.pid)])))
        time.sleep(0.3)


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [child for number in found for child in (int(number), *_children(int(number)))]


def _resident_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    main()
