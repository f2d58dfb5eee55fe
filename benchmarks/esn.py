"""How fast is one echo state network, training included, beside ReservoirPy and beside plain C?

The work: NARMA10, 2,000 training and 1,000 test steps, warmup 200, ridge 1e-8, float64, one thread. ReservoirPy runs as its
documentation shows (`Reservoir >> Ridge`, fit, run) on the same W and W_in. All variants take turns in one process; times
are CPU seconds of the process, which on an idle machine are wall seconds; medians and ranges over the rounds.

    python benchmarks/esn.py [--rounds 7]          prints the table, writes benchmarks/results/esn.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import reservoirpy
from reservoirpy.nodes import Reservoir, Ridge

from statescape.reservoir import erdos_renyi, evaluate, scr, spectral_radius
from statescape.reservoir.radius import forget
from statescape.reservoir.tasks import Trial, narma10, nrmse

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
C_TRIAL = ROOT.parent / "shared" / "prototypes" / "reservoir" / "kernel_bound.c"
# units, density, wanted ratio with eight seeds of one W together, wanted ratio alone
GOALS = ((50, 0.1, 20.0, 10.0), (100, 0.1, 16.0, 8.0), (100, 1.0, 10.0, 8.0), (500, 0.1, 3.0, 1.5))
SIZES = (25, 50, 100, 200, 500, 1000, 2000)
SEEDS = 8
RIDGE = 1e-8


def case(units: int, density: float) -> tuple[np.ndarray, list[np.ndarray], list[Trial]]:
    """One W, and the input weights and data of every seed."""
    rng = np.random.default_rng(units)
    W = erdos_renyi(units, density, seed=units).weights(0.9)
    W = W.toarray() if density == 1.0 else W
    return W, [rng.choice([-0.1, 0.1], (units, 1)) for _ in range(SEEDS)], [narma10().trial(s) for s in range(SEEDS)]


def with_reservoirpy(W: np.ndarray, W_in: np.ndarray, trial: Trial) -> float:
    """The score of one network in ReservoirPy."""
    model = Reservoir(W=W, Win=W_in) >> Ridge(ridge=RIDGE)
    model.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
    return nrmse(model.run(trial.test_inputs), trial.test_targets)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def summary(values: list[float]) -> dict[str, float]:
    """Median and range."""
    return {"median": float(np.median(values)), "min": min(values), "max": max(values)}


def against_reservoirpy(units: int, density: float, rounds: int) -> dict[str, object]:
    """Eight together, one alone, and ReservoirPy, in turns; milliseconds per network."""
    W, W_in, trials = case(units, density)
    ours = evaluate(W, trials, W_in, ridge=RIDGE).scores
    theirs = [with_reservoirpy(W, W_in[seed], trials[seed]) for seed in range(2)]
    evaluate(W, trials[:1], W_in[:1], ridge=RIDGE)
    times: dict[str, list[float]] = {"together": [], "alone": [], "reservoirpy": []}
    for number in range(rounds):
        seed = number % SEEDS
        times["together"].append(1e3 * cpu_seconds(lambda: evaluate(W, trials, W_in, ridge=RIDGE)) / SEEDS)
        one = ([trials[seed]], [W_in[seed]])
        times["alone"].append(1e3 * cpu_seconds(lambda one=one: evaluate(W, *one, ridge=RIDGE)))
        times["reservoirpy"].append(1e3 * cpu_seconds(lambda s=seed: with_reservoirpy(W, W_in[s], trials[s])))
    medians = {name: summary(values) for name, values in times.items()}
    base = medians["reservoirpy"]["median"]
    return {
        "units": units,
        "density": density,
        "milliseconds": medians,
        "ratio_together": base / medians["together"]["median"],
        "ratio_alone": base / medians["alone"]["median"],
        "score_difference": float(np.max(np.abs(np.asarray(theirs) - ours[: len(theirs)]))),
    }


def scaling(rounds: int) -> dict[str, object]:
    """Milliseconds per network, eight together at 10 %, and the slope between neighbouring sizes on log-log axes."""
    medians = []
    for units in SIZES:
        W, W_in, trials = case(units, 0.1)
        evaluate(W, trials, W_in, ridge=RIDGE)
        repeats = rounds if units <= 500 else 1
        medians.append(
            float(np.median([1e3 * cpu_seconds(lambda: evaluate(W, trials, W_in, ridge=RIDGE)) for _ in range(repeats)]))
            / SEEDS
        )
    slopes = np.diff(np.log(medians)) / np.diff(np.log(SIZES))
    return {"units": SIZES, "milliseconds": medians, "slopes": slopes.tolist()}


def radius_times(rounds: int) -> list[dict[str, object]]:
    """Milliseconds of the spectral radius: random, remembered, a cycle; beside numpy.linalg.eigvals."""
    rows: list[dict[str, object]] = []
    for units in (50, 100, 500):
        W, cycle = erdos_renyi(units, 0.1, seed=units).W, scr(units, 0.9).W
        dense = W.toarray()
        times: dict[str, list[float]] = {"random": [], "remembered": [], "cycle": [], "eigvals": []}
        for _ in range(rounds):
            forget()
            times["random"].append(1e3 * cpu_seconds(lambda: spectral_radius(W)))
            times["remembered"].append(1e3 * cpu_seconds(lambda: spectral_radius(W)))
            times["cycle"].append(1e3 * cpu_seconds(lambda: spectral_radius(cycle)))
            times["eigvals"].append(1e3 * cpu_seconds(lambda: np.abs(np.linalg.eigvals(dense)).max()))
        rows.append({"units": units, "milliseconds": {name: summary(values) for name, values in times.items()}})
    return rows


def c_trial() -> dict[str, dict[str, float]]:
    """Milliseconds of the simulation alone in C (`kernel_bound.c`), where its source and gcc are at hand."""
    if not C_TRIAL.is_file() or shutil.which("gcc") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "kernel_bound"
        subprocess.run(
            ["gcc", "-O3", "-march=native", "-ffast-math", str(C_TRIAL), "-o", str(program), "-lm"], check=True
        )
        lines = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout.splitlines()
    found = {}
    for line in lines:  # N=50 dense 1.02 ms (..) csr10% 0.71 ms (..) csr x16 seeds 0.60 ms per eval (..)
        words = line.replace("=", " ").split()
        numbers = [float(words[place - 1]) for place, word in enumerate(words) if word == "ms"]
        found[words[1]] = dict(zip(("dense", "sparse", "sparse_together"), numbers, strict=True))
    return found


def _work(seconds: float) -> float:
    """Networks per second of one process."""
    W, W_in, trials = case(100, 0.1)
    evaluate(W, trials, W_in, ridge=RIDGE)
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        evaluate(W, trials, W_in, ridge=RIDGE)
        done += SEEDS
    return done / (time.perf_counter() - start)


def two_processes(seconds: float = 3.0) -> dict[str, float]:
    """Networks per second of one process and of two at once."""
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_work, [0.2, 0.2]))
        one = next(iter(pool.map(_work, [seconds])))
        two = sum(pool.map(_work, [seconds, seconds]))
    return {"one": one, "two": two, "ratio": two / one}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    native = c_trial()
    result: dict[str, object] = {
        "machine": platform.machine(),
        "reservoirpy": reservoirpy.__version__,
        "numpy": np.__version__,
        "rounds": rounds,
        "c_trial": native,
    }
    print("ms per network: median (range); ratios are to ReservoirPy", reservoirpy.__version__)
    print(f"{'units':>5} {'density':>7} {'8 together':>20} {'alone':>20} {'ReservoirPy':>20}   ratios (goals)")
    cases = []
    for units, density, goal_together, goal_alone in GOALS:
        row = against_reservoirpy(units, density, rounds)
        cases.append(row | {"goal_together": goal_together, "goal_alone": goal_alone})
        cells = "".join(f" {t['median']:7.2f} ({t['min']:.2f}-{t['max']:.2f})".rjust(21) for t in row["milliseconds"].values())
        print(
            f"{units:5d} {density:7.0%}{cells}   {row['ratio_together']:.1f}x ({goal_together:g}x), "
            f"{row['ratio_alone']:.1f}x ({goal_alone:g}x); scores differ by {row['score_difference']:.0e}"
        )
        if str(units) in native:
            c_alone = native[str(units)]["dense" if density == 1.0 else "sparse"]
            print(f"{'':13} simulation alone in C: {c_alone:.2f} ms, 16 sparse ones together {native[str(units)]['sparse_together']:.2f} ms each")
    result["cases"] = cases
    result["scaling"] = sizes = scaling(min(rounds, 5))
    print("ms per network, 8 together, 10 %:", ", ".join(f"{n}: {t:.2f}" for n, t in zip(SIZES, sizes["milliseconds"])))
    print("slope of log time over log units:", ", ".join(f"{slope:.2f}" for slope in sizes["slopes"]))
    result["spectral_radius"] = radii = radius_times(rounds)
    for row in radii:
        print(
            f"spectral radius, {row['units']} units, ms:",
            ", ".join(f"{name} {t['median']:.3f}" for name, t in row["milliseconds"].items()),
        )
    result["processes"] = pair = two_processes()
    print(f"networks per second, 100 units: {pair['one']:.0f} in one process, {pair['two']:.0f} in two ({pair['ratio']:.2f}x)")
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "esn.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
