"""What does a Dask cluster cost beside processes, and how many workers can one coordinator feed?

    python benchmarks/many.py overhead        the same generations on 2 processes and on 2 Dask workers, taking turns
    python benchmarks/many.py coordinator     what a bundle and a byte cost; how many workers are too many
    python benchmarks/many.py                 both; results/many-PART.json

Overhead is wall time, medians over rounds in which both take turns. The coordinator (client and scheduler together) is
measured with bundles that hold no work; how it limits larger clusters is then simulated from these costs: no cluster of
that size was at hand.
"""

from __future__ import annotations

import argparse
import heapq
import os
import time
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
from distributed.protocol.serialize import serialize_bytes

from harness import write
from statescape.evolution.conditions import Conditions
from statescape.evolution.encodings import by_name as encoding
from statescape.evolution.scoring import score
from statescape.evolution.settings import Hyperparameters
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Topology, erdos_renyi
from statescape.reservoir import tasks as all_tasks
from statescape.reservoir.tasks import Task
from statescape.runs import Executor, Processes
from statescape.runs.bundles import SECOND, Pace
from statescape.runs.dask import Dask

WORKERS, CANDIDATES, TRIALS, UNITS = 2, 72, 4, 100
GOAL = 1.10
LASER = Path(__file__).resolve().parents[2] / "shared" / "data" / "series" / "santafe_laser_A.csv"


def overhead(rounds: int) -> list[dict[str, Any]]:
    """Seconds of a generation of 72 candidates (`--offspring 48`, 4 trials) on processes and on Dask."""
    space = SearchSpace(encoding("ternary", UNITS, None))
    rows = []
    with Processes(WORKERS) as processes, Dask(workers=WORKERS) as dask:
        for name in ("narma10", "memory-noisy"):
            conditions = Conditions(all_tasks.open(name), "wiring", "search", Hyperparameters())
            times: dict[str, list[float]] = {"processes": [], "dask": []}
            same = True
            for number in range(-2, rounds):  # the first two of each warm up and set the pace
                rng = np.random.default_rng(number + 2)
                wirings = [space.topology(space.random(rng)) for _ in range(CANDIDATES)]
                seeds = [(number + 2, trial) for trial in range(TRIALS)]
                scores = {}
                turns: list[tuple[str, Executor]] = [("processes", processes), ("dask", dask)]
                for label, executor in turns if number % 2 else turns[::-1]:
                    begun = time.perf_counter()
                    scores[label] = score(wirings, conditions, seeds, executor)
                    if number >= 0:
                        times[label].append(time.perf_counter() - begun)
                same = same and np.array_equal(scores["processes"], scores["dask"])
            medians = {label: float(np.median(values)) for label, values in times.items()}
            ratio = float(np.median(np.array(times["dask"]) / np.array(times["processes"])))
            rows.append({"task": name, "seconds": times, "medians": medians, "ratio": ratio, "bit_identical": same})
            print(
                f"{name}: a generation of {CANDIDATES} candidates takes {medians['processes'] * 1e3:.0f} ms on "
                f"{WORKERS} processes, {medians['dask'] * 1e3:.0f} ms on {WORKERS} Dask workers; median ratio "
                f"{ratio:.3f} (goal at most {GOAL:g}); scores {'equal bit for bit' if same else 'DIFFER'}"
            )
    return rows


def message_bytes() -> dict[str, dict[str, float]]:
    """Bytes of one candidate, and of what all candidates of a bundle share, in Dask's wire format."""
    tasks: dict[str, Task] = {"narma10": all_tasks.open("narma10")}
    if LASER.is_file():
        tasks["laser (10,093 rows)"] = all_tasks.open(LASER, target="intensity")
    found = {}
    for name, task in tasks.items():
        conditions = Conditions(task, "wiring", "search", Hyperparameters())
        for units, density in ((100, 0.02), (100, 0.1), (500, 0.1)):
            wirings = [Topology(erdos_renyi(units, density, seed=seed).to_dense()) for seed in range(9)]  # as decoded
            one, nine = (len(serialize_bytes((score, [(wirings[:n], conditions)]))) for n in (1, 9))
            each = (nine - one) / 8
            found[f"{name}, {units} units, {density:.0%}"] = {"candidate": each, "shared": one - each}
    for name, sizes in found.items():
        print(f"{name}: {sizes['candidate'] / 1e3:.1f} kB a candidate, {sizes['shared'] / 1e3:.1f} kB a bundle")
    return found


def bundle_cost(rounds: int) -> dict[str, float]:
    """Seconds that a bundle without work costs, and each byte in it."""
    sizes, counts = (100, 10_000, 100_000, 1_000_000), {100: 400, 10_000: 400, 100_000: 200, 1_000_000: 40}
    each: dict[int, list[float]] = {size: [] for size in sizes}
    with Dask(workers=WORKERS) as dask:
        for number in range(-1, rounds):
            for size in sizes:
                tasks = [os.urandom(size) for _ in range(counts[size])]
                dask._pace.seconds[len] = 10.0 * SECOND  # so that every task is a bundle of its own
                begun = time.perf_counter()
                dask.map(len, tasks)
                if number >= 0:
                    each[size].append((time.perf_counter() - begun) / len(tasks))
    medians = {size: float(np.median(values)) for size, values in each.items()}
    slope, level = np.polyfit(list(medians), list(medians.values()), 1)
    print("a bundle without work:", ", ".join(f"{size:,} B: {t * 1e3:.2f} ms" for size, t in medians.items()))
    print(f"fit: {level * 1e3:.2f} ms a bundle and {slope * 1e9:.1f} ns a byte")
    return {"per_bundle": float(medians[100]), "per_byte": float(max(slope, 0.0)), "fit_level": float(level)}


def makespan(
    candidates: int, seconds: float, workers: int, cost: float, byte_cost: float, sizes: tuple[float, float]
) -> float:
    """Seconds of one map: a coordinator that hands out one bundle after the other, and workers that do them.

    Args:
        candidates: of the map.
        seconds: of work for each.
        workers: how many.
        cost: seconds of the coordinator for a bundle.
        byte_cost: and for each byte.
        sizes: bytes of a candidate, and of what a bundle adds.
    """
    pace = Pace()
    pace.learn(makespan, seconds)
    size = pace.bundle_size(makespan, candidates, workers)
    free = [0.0] * workers
    coordinator, end = 0.0, 0.0
    for start in range(0, candidates, size):
        inside = min(size, candidates - start)
        coordinator += cost + byte_cost * (inside * sizes[0] + sizes[1])
        begin = max(coordinator, heapq.heappop(free))
        heapq.heappush(free, begin + inside * seconds)
        end = max(end, begin + inside * seconds)
    return max(end, coordinator)


def limits(cost: dict[str, float], sizes: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Efficiency of larger clusters: work over workers times makespan, simulated."""
    rows = []
    fleet = (2, 8, 32, 128, 512, 2048)
    for candidates, seconds, label in (
        (72, 0.008, "narma10, 100 units, 2%"),
        (72, 0.4, "narma10, 500 units, 10%"),
        (2048, 0.008, "narma10, 100 units, 2%"),
        (2048, 0.4, "narma10, 500 units, 10%"),
        (2048, 4.0, "narma10, 500 units, 10%"),
    ):
        own = sizes[label]
        found = {}
        for workers in fleet:
            span = makespan(
                candidates, seconds, workers, cost["per_bundle"], cost["per_byte"], (own["candidate"], own["shared"])
            )
            found[workers] = candidates * seconds / (workers * span)
        rows.append({"candidates": candidates, "seconds": seconds, "messages": label, "efficiency": found})
        print(
            f"{candidates} candidates of {seconds:g} s ({label}):",
            ", ".join(f"{workers} workers {share:.0%}" for workers, share in found.items()),
        )
    busiest = SECOND / (cost["per_bundle"] + cost["per_byte"] * 1e5)
    print(f"bundles of {SECOND:g} s and 100 kB: one coordinator feeds at most {busiest:.0f} workers")
    return [{"simulated": rows, "workers_fed_with_full_bundles_of_100_kB": busiest}]


def coordinator(rounds: int) -> dict[str, Any]:
    """Costs, message sizes, and the limits that follow."""
    cost, sizes = bundle_cost(rounds), message_bytes()
    return {"cost": cost, "bytes": sizes, "limits": limits(cost, sizes)}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="?", choices=("overhead", "coordinator"))
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    parts = {"overhead": overhead, "coordinator": coordinator}
    chosen = [arguments.part] if arguments.part else list(parts)
    for name in chosen:
        write(f"many-{name}", parts[name](arguments.rounds if name == "overhead" else min(arguments.rounds, 5)))


if __name__ == "__main__":
    main()
