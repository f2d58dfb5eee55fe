"""The published scores of CogScale's echo state networks once more, and how fast they are had beside ReservoirPy.

    python benchmarks/cogscale_esn.py rows       28 rows: 14 tasks, small and medium, 100 units, ten seeds each
    python benchmarks/cogscale_esn.py speed      one seed of each task at its size, in turns with ReservoirPy; goal 15 x
    python benchmarks/cogscale_esn.py            both; results/cogscale-PART.json

Rows are kept as they are done: a run that was killed goes on after the last one (`--anew` begins again). A row has the
published hyper-parameters (`../shared/data/cogscale/esn_baseline.csv`) and is set beside the published score by the
difference of the two means in standard errors. `--bias none` leaves out the bias that the authors' networks had by the
defaults of ReservoirPy 0.3.

Speed is CPU time of one process on one thread, data drawn beforehand: all sequences from rest, nine ridges tried on the
validation part, the test part scored. ReservoirPy runs on the same W, W_in and bias, as its documentation shows, every
list of sequences in one call; scores are compared, too.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import reservoirpy
from reservoirpy.nodes import Reservoir, Ridge

from harness import RESULTS, write
from statescape.reservoir import EchoStateNetwork, tasks
from statescape.reservoir.tasks import Sequences, SequencesTrial
from statescape.reservoir.tasks.cogscale_task import TASKS
from statescape.studies.esn_trials import drawn_network, esn, settings_for

PUBLISHED = Path(__file__).resolve().parents[2] / "shared" / "data" / "cogscale" / "esn_baseline.csv"
UNITS, SEEDS = 100, 10
OUTSIDE = 2.0  # standard errors of the difference
GOAL = 15.0
# The bias as `esn` draws it for these tasks, and none.
BIAS: dict[str, dict[str, Any]] = {"usual": {}, "none": {"bias": 0.0, "bias_connectivity": None}}


def published() -> list[dict[str, Any]]:
    """The rows of 100 units, in the order of the package's tasks, small ones first."""
    with PUBLISHED.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["units"]) == UNITS]
    order = list(TASKS)
    return sorted(rows, key=lambda row: (row["difficulty"] != "small", order.index(row["task"])))


def settings_of(row: dict[str, Any]) -> dict[str, Any]:
    """The published hyper-parameters, by the names that ours have."""
    return {name: float(row[name]) for name in ("lr", "sr", "input_scaling")}


def rows(bias: str, anew: bool) -> list[dict[str, Any]]:
    """Every row that is not done yet; the file is written after each."""
    name = "cogscale-rows" + ("" if bias == "usual" else "-without-bias")
    file = RESULTS / f"{name}.json"
    done = [] if anew or not file.is_file() else json.loads(file.read_text())["results"]
    known = {(row["task"], row["size"]): row for row in done}
    found = []
    print(f"{'task':30} {'size':6} {'ours':>17} {'published':>20}   standard errors apart")
    for row in published():
        key = row["task"], row["difficulty"]
        if key not in known:
            known[key] = measured(row, bias)
        found.append(known[key])
        print_row(found[-1])
        if len(found) >= len(done):
            write(name, found, quiet=True)
    outside = [f"{row['task']} {row['size']}" for row in found if abs(row["apart"]) > OUTSIDE]
    print(f"{len(found) - len(outside)} of {len(found)} rows within {OUTSIDE:g} standard errors; outside: {outside}")
    return found


def measured(row: dict[str, Any], bias: str) -> dict[str, Any]:
    """Ten seeds of one row, beside the published mean."""
    begun = time.perf_counter()
    result = esn(
        f"cogscale:{row['task']}:{row['difficulty']}",
        trials=SEEDS,
        units=UNITS,
        **settings_of(row),
        **BIAS[bias],
    )
    mean, sd = float(result.scores.mean()), float(result.scores.std(ddof=1))
    theirs, spread = float(row["mean"]), float(row["sd"])
    error = float(np.hypot(sd, spread)) / np.sqrt(SEEDS)
    return {
        "task": row["task"],
        "size": row["difficulty"],
        "score_name": result.task.score_name,
        "mean": mean,
        "sd": sd,
        "published_mean": theirs,
        "published_sd": spread,
        "apart": (mean - theirs) / error if error else 0.0,
        "scores": result.scores.tolist(),
        "ridges": list(result.ridges),
        "seconds": time.perf_counter() - begun,
    }


def print_row(row: dict[str, Any]) -> None:
    """One line."""
    print(
        f"{row['task']:30} {row['size']:6} {row['mean']:10.4g} ({row['sd']:.2g})".ljust(58)
        + f"{row['published_mean']:10.4g} ({row['published_sd']:.2g})".ljust(22)
        + f"{row['apart']:+.1f}{'  *' if abs(row['apart']) > OUTSIDE else ''}",
        flush=True,
    )


def with_reservoirpy(network: EchoStateNetwork, trial: SequencesTrial) -> float:
    """The test score of the same network in ReservoirPy, its ridge chosen on the validation part."""

    def states_of(sequences: Sequences) -> np.ndarray:
        return np.asarray(fresh().run(sequences.inputs))

    def fresh() -> Reservoir:
        return Reservoir(W=network.W, Win=network.Win, bias=network.bias, lr=float(network.lr[0]))

    train, valid, test = map(states_of, (trial.train, trial.valid, trial.test))
    fitted = []
    for ridge in trial.ridges:
        readout = Ridge(ridge=ridge)
        readout.fit(train[trial.train.answered], trial.train.answers)
        fitted.append((trial.error(readout.run(valid[trial.valid.answered]), trial.valid.answers), readout))
    _, best = min(fitted, key=lambda one: one[0])
    threshold = trial.threshold(best.run(valid[trial.valid.answered]))
    return trial.score(best.run(test[trial.test.answered]), threshold)


def with_ours(network: EchoStateNetwork, trial: SequencesTrial) -> float:
    """The test score of a network of ours."""
    return tasks.attempt(network, trial).score


def speed(sizes: list[str], rounds: int) -> list[dict[str, Any]]:
    """Seconds of one seed, median over rounds in which the two take turns."""
    found = []
    print(
        f"{'task':30} {'size':6} {'ours':>9} {'ReservoirPy ' + reservoirpy.__version__:>19}   ratio (goal {GOAL:g} x)"
    )
    for row in (row for row in published() if row["difficulty"] in sizes):
        task = tasks.open(f"cogscale:{row['task']}:{row['difficulty']}")
        trial = task.trial(0)
        assert isinstance(trial, SequencesTrial)
        network = drawn_network(settings_for(task, units=UNITS, **settings_of(row)), 1, trial)
        scores = {"ours": with_ours(network, trial)}  # also draws W_in and loads the kernels
        times: dict[str, list[float]] = {"ours": [], "reservoirpy": []}
        for number in range(rounds):
            turns = [("ours", with_ours), ("reservoirpy", with_reservoirpy)]
            for name, work in turns if number % 2 else turns[::-1]:
                begun = time.process_time()
                scores[name] = work(network, trial)
                times[name].append(time.process_time() - begun)
        ours, theirs = (float(np.median(times[name])) for name in ("ours", "reservoirpy"))
        one = {"task": row["task"], "size": row["difficulty"], "seconds": times, "ratio": theirs / ours}
        found.append(one | {"scores": scores})
        print(
            f"{row['task']:30} {row['difficulty']:6} {ours:8.3f}s {theirs:18.3f}s   {theirs / ours:.1f} x; scores "
            f"{scores['ours']:.4g}, {scores['reservoirpy']:.4g}",
            flush=True,
        )
    ours, theirs = (sum(float(np.median(one["seconds"][name])) for one in found) for name in ("ours", "reservoirpy"))
    ratios = [one["ratio"] for one in found]
    print(
        f"all together {ours:.2f} s and {theirs:.1f} s: {theirs / ours:.1f} x (goal {GOAL:g} x); the tasks by "
        f"themselves {min(ratios):.1f} to {max(ratios):.1f} x"
    )
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=("rows", "speed"))
    parser.add_argument("--bias", choices=tuple(BIAS), default="usual")
    parser.add_argument("--anew", action="store_true", help="do rows again that are kept")
    parser.add_argument("--sizes", nargs="+", default=["small"], choices=("small", "medium"), help="of speed")
    parser.add_argument("--rounds", type=int, default=3, help="of speed")
    asked = parser.parse_args()
    if asked.part in (None, "rows"):
        rows(asked.bias, asked.anew)
    if asked.part in (None, "speed"):
        write("cogscale-speed", speed(asked.sizes, asked.rounds))


if __name__ == "__main__":
    main()
