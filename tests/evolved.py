"""A small finished run on a file whose names try to break out of every page and picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from statescape.evolution import evolve
from statescape.runs import Serial

FILE = "<img src=x onerror=alert(1)>"
INPUT = "</script><script>alert(2)</script>"
TARGET = "$x^2$ <img src=y onerror=alert(3)>"
SECTIONS = ["seals", "search", "operators", "genealogy", "stages", "wiring", "order", "work", "front", "numbers"]


def evolved(folder: Path, **settings: object) -> Path:
    """The file of a run of 12 units and 6 generations; some seconds."""
    rng = np.random.default_rng(0)
    waves = np.sin(np.arange(700) / 3.0) + 0.5 * np.sin(np.arange(700) / 7.1) + rng.normal(0, 0.1, 700)
    numbers = [f"{value:.5f},{value**2:.5f}" for value in waves]
    rows = [f'"{INPUT}","{TARGET}"', *numbers]
    data = folder / f"{FILE}.csv"
    data.write_text("\n".join(rows) + "\n")
    run = folder / "small.run"
    chosen = {"units": 12, "level": "wiring", "generations": 6, "seed": 3, "tune": False, **settings}
    options = {"inputs": (INPUT,), "target": TARGET, "window": 200}
    evolve(data, run=run, task_options=options, executor=Serial(), **chosen)
    return run
