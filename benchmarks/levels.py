"""How far does a gain reach? More units, other tasks, and a task that the champion was not evolved for.

Every run has a budget in trainings, not in seconds, so its result does not depend on the machine's load. For each
champion the gain over random wirings of its density (erdos-renyi) is printed at every seal, with its 95% interval, and
the same for another task that it was not evolved for (hyper-parameters tuned anew, for champion and controls alike).

    python benchmarks/levels.py --series FOLDER [--trainings 20000]    results/levels.json, one run after the other

`FOLDER` holds sunspots_monthly_silso_v2.csv and santafe_laser_A.csv. Runs that are finished are kept in results/*.run.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

from harness import RESULTS, write
from statescape.analysis.evolution_conclusion import REFERENCE, conclude
from statescape.evolution import Evolution, Seal, evolve, resume
from statescape.evolution.parts import inputs_of
from statescape.evolution.sealing import Sealing, seal
from statescape.evolution.source import open_task
from statescape.runs import Executor, make_executor

CONTROLS = ("SCR", "small-world", "erdos-renyi", "rewired")


def cases(series: Path) -> list[tuple[str, str, dict[str, Any], int, str, str]]:
    """Name, task, its options, units, level, and the task for the transfer."""
    sunspots, laser = str(series / "sunspots_monthly_silso_v2.csv"), str(series / "santafe_laser_A.csv")
    spots: dict[str, Any] = {"target": "sunspot_number"}
    light: dict[str, Any] = {"target": "intensity"}
    return [
        ("narma10-100-matrix", "narma10", {}, 100, "matrix", "narma20"),
        ("narma10-100-wiring", "narma10", {}, 100, "wiring", "narma20"),
        ("mackey-glass-50-matrix", "mackey-glass-17-84", {}, 50, "matrix", "narma10"),
        ("mackey-glass-50-wiring", "mackey-glass-17-84", {}, 50, "wiring", "narma10"),
        ("sunspots-50-matrix", sunspots, spots, 50, "matrix", "narma10"),
        ("sunspots-50-wiring", sunspots, spots, 50, "wiring", "narma10"),
        ("laser-50-matrix", laser, light, 50, "matrix", "narma10"),
        ("laser-50-wiring", laser, light, 50, "wiring", "narma10"),
        ("narma10-200-matrix", "narma10", {}, 200, "matrix", "narma20"),
        ("narma10-200-wiring", "narma10", {}, 200, "wiring", "narma20"),
    ]


def found(case: tuple[str, str, dict[str, Any], int, str, str], trainings: int, executor: Executor) -> Evolution:
    """The evolution of a case, from its run where it is there already."""
    name, task, options, units, level, _ = case
    file = RESULTS / f"levels-{name}.run"
    if file.exists():
        return resume(file, executor=executor)
    return evolve(
        task,
        task_options=options,
        units=units,
        level=level,
        trainings=trainings * 50 // units,
        compare=False,
        run=file,
        executor=executor,
    )


def gain(one: Seal) -> dict[str, Any]:
    """Over random wirings of the same density, in per cent of their error, with the interval of the ratio."""
    against = one.controls[REFERENCE]
    low, high = against.ratio_interval
    return {
        "champion": one.interval.mean,
        "control": against.control.mean,
        "gain": 1.0 - against.ratio,
        "ci95": [1.0 - high, 1.0 - low],
        "p_holm": against.p_holm,
        "beats_all": all(other.beaten for other in one.controls.values()),
        "best_control": one.best_control,
        "best_mean": one.controls[one.best_control].control.mean,
    }


def transferred(evolution: Evolution, task: str, executor: Executor) -> dict[str, Any]:
    """The champion and its controls on a task that it was not evolved for."""
    other, _ = open_task(task)
    settings = evolution.settings
    W_in = evolution.best.topology.W_in
    plan = Sealing(
        other,
        evolution.best.topology,
        inputs_of(settings, other) if W_in is None else W_in,
        settings.hyper,
        CONTROLS,
        {},
        {},
        settings.seed + 1,
    )
    return {level: gain(one) for level, one in seal(plan, executor, levels=(settings.level,)).items()}


def _said(one: dict[str, Any]) -> str:
    low, high = one["ci95"]
    return f"{one['gain']:+.0%} [{low:+.0%}, {high:+.0%}]"


def main() -> None:
    """Parse, run, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=Path, required=True)
    parser.add_argument("--trainings", type=int, default=20_000, help="with 50 units; fewer with more")
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    rows = []
    with make_executor(None, None) as executor:
        for case in cases(given.series):
            evolution = found(case, given.trainings, executor)
            seals = {level: gain(one) for level, one in evolution.seals.items()}
            other = transferred(evolution, case[-1], executor)
            rows.append(
                {
                    "name": case[0],
                    "trainings": evolution.found.trainings,
                    "seals": seals,
                    "transfer": {"task": case[-1], **other},
                    "conclusion": conclude(evolution),
                }
            )
            parts = [f"{level} {_said(one)}" for level, one in seals.items()]
            print(
                f"{case[0]}, {evolution.found.trainings:,} trainings: {'; '.join(parts)}; on {case[-1]} "
                f"{_said(next(iter(other.values())))}\n  {rows[-1]['conclusion']}",
                flush=True,
            )
            write("levels", rows)


if __name__ == "__main__":
    main()
