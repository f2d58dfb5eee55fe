"""The gains of `levels.py` as one picture: `python benchmarks/levels_figure.py FILE.png` from results/levels.json."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness import RESULTS
from statescape.views.core.theme import BLUE, GREY, RED, matplotlib_theme

TITLES = {
    "narma10-100": "NARMA10, 100 units",
    "narma10-200": "NARMA10, 200 units",
    "mackey-glass-50": "Mackey-Glass, 50 units",
    "sunspots-50": "sunspots, 50 units",
    "laser-50": "laser, 50 units",
}
SEARCHED = {"matrix": (BLUE, -0.12), "wiring": (RED, 0.12)}


def drawn(rows: dict[str, dict[str, Any]]) -> Figure:
    """A panel for every task: gain over random wirings at every seal, and over the best control."""
    figure = Figure(figsize=(9.6, 2.9), layout="constrained")
    panels = figure.subplots(1, len(TITLES), sharey=True)
    for axes, (task, title) in zip(panels, TITLES.items(), strict=True):
        _panel(axes, title, {level: rows[f"{task}-{level}"]["seals"] for level in SEARCHED})
    panels[0].set_ylabel("lower error than ... (%)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _panel(axes: Axes, title: str, seals: dict[str, dict[str, Any]]) -> None:
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    for level, (colour, shift) in SEARCHED.items():
        found = list(seals[level].values())
        places = [place + shift for place in range(len(found))]
        gains = [100 * one["gain"] for one in found]
        low = [100 * (one["gain"] - one["ci95"][0]) for one in found]
        high = [100 * (one["ci95"][1] - one["gain"]) for one in found]
        over_best = [100 * (1 - one["champion"] / one["best_mean"]) for one in found]
        axes.errorbar(
            places, gains, [low, high], fmt="o-", color=colour, markersize=4, linewidth=1.2,
            label=f"random wirings; searched at {level}",
        )  # fmt: skip
        axes.plot(
            places, over_best, "D", color=colour, markerfacecolor="none", markersize=5,
            label=f"the best control; searched at {level}",
        )  # fmt: skip
    axes.set_title(title)
    axes.set_xticks(range(4), list(seals["matrix"]), rotation=30)


def main() -> None:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    file = parser.parse_args().file
    results = json.loads((RESULTS / "levels.json").read_text(encoding="utf-8"))["results"]
    with matplotlib_theme():
        drawn({row["name"]: row for row in results}).savefig(file, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
