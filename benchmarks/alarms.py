"""How often is a champion that found nothing called better? Whole seals against the field, on NARMA10.

    python benchmarks/alarms.py random [--seals 200]      a random wiring with a random W_in as champion
    python benchmarks/alarms.py adapted [--seals 20]      a random wiring with the best of 400 W_in for it, on eight
                                                          trials: the two fit each other, and the wiring is any
    python benchmarks/alarms.py chosen [--seals 20]       the best of 400 draws of both: the wiring may be good, too
    python benchmarks/alarms.py                           all; results/alarms-PART.json

A random champion that is better than every control is a false alarm, at any level. An adapted one may well be better at
*matrix*, where it stays as it is; where W_in is redrawn that is a false alarm, too. Of a chosen one it is a false alarm
from *signs* on, where its weights are gone. Hyper-parameters are the same
for all, so that nothing but the wirings differs. Seals are numbered 0, 1, 2, ... and all that ran are shown; each takes
about eight seconds of one core, is a line of results/alarms-PART.jsonl when it is done, and is not run again.
"""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
from scipy.stats import binomtest

from harness import RESULTS, write
from statescape.evolution.conditions import LEVELS, Conditions, draw_input_weights
from statescape.evolution.scoring import losses, score
from statescape.evolution.sealing import Sealing, seal
from statescape.evolution.settings import Hyperparameters
from statescape.reservoir import Topology, erdos_renyi
from statescape.reservoir.tasks import narma10
from statescape.runs import Serial, make_executor

UNITS, DENSITY = 30, 0.1
FIELD = ("SCR", "DLR", "DLRB", "CRJ", "small-world", "scale-free", "erdos-renyi", "rewired")
HYPER = Hyperparameters()
DRAWN, CHOSEN_ON = 400, 8
CORES = 2


def drawn(wiring: tuple[int, ...], inputs: tuple[int, ...]) -> Topology:
    """A random ternary wiring with input weights, each by a seed of its own."""
    W = erdos_renyi(UNITS, DENSITY, seed=np.random.SeedSequence((*wiring, 0)), values="ternary").W
    return Topology(W, draw_input_weights(UNITS, 1, np.random.SeedSequence((*inputs, 1))))


def best(number: int, kind: str) -> Topology:
    """The best of many draws on trials that no seal draws: of W_in for one wiring, or of both."""
    draws = [drawn((number, 1, 0 if kind == "adapted" else index), (number, 1, index)) for index in range(1, DRAWN + 1)]
    conditions = Conditions(narma10(), "matrix", "search", HYPER)
    found = losses(score(draws, conditions, [(number, 2, trial) for trial in range(CHOSEN_ON)], Serial()))
    return draws[int(found.mean(axis=1).argmin())]


def sealed(work: tuple[str, int]) -> dict[str, Any]:
    """One champion under all seals: at each level, its ratio to the best control and whether it is better than all."""
    kind, number = work
    champion = drawn((number, 3), (number, 3)) if kind == "random" else best(number, kind)
    assert champion.W_in is not None
    asked = Sealing(narma10(), champion, champion.W_in, HYPER, FIELD, {}, {}, number, tune=False)
    return {
        level: {
            "better": all(one.beaten for one in found.controls.values()),
            "than": [name for name, one in found.controls.items() if one.beaten],
            "gain": 1.0 - max(one.ratio for one in found.controls.values()),
        }
        for level, found in seal(asked, Serial()).items()
    }


def alarms(kind: str, seals: int) -> dict[str, Any]:
    """So many seals, spread over the cores."""
    file = RESULTS / f"alarms-{kind}.jsonl"
    done = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    left = [(kind, number) for number in range(seals) if number not in {row["number"] for row in done}]

    def keep(place: int, found: dict[str, Any]) -> None:
        done.append({"number": left[place][1], **found})
        with file.open("a") as out:
            out.write(json.dumps(done[-1]) + "\n")

    with make_executor("processes", CORES) as processes:
        processes.map(sealed, left, keep)
    rows = sorted(done, key=lambda row: row["number"])[:seals]
    counts = {level: sum(row[level]["better"] for row in rows) for level in LEVELS}
    one = {level: sum(bool(row[level]["than"]) for row in rows) for level in LEVELS}
    for level in LEVELS:
        interval = binomtest(counts[level], seals).proportion_ci()
        print(
            f"{kind}, {level}: better than every control in {counts[level]} of {seals} seals "
            f"(95% interval {interval.low:.1%} to {interval.high:.1%}), than at least one in {one[level]}",
            flush=True,
        )
    return {"seals": seals, "better_than_every_control": counts, "than_one": one, "rows": rows}


def main() -> None:
    """Parse, run, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("random", "adapted", "chosen"))
    parser.add_argument("--seals", type=int)
    given = parser.parse_args()
    for kind, seals in (("random", 200), ("adapted", 20), ("chosen", 20)):
        if given.part in (None, kind):
            write(f"alarms-{kind}", alarms(kind, given.seals or seals))


if __name__ == "__main__":
    main()
