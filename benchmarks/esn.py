"""How fast is one echo state network, training included, beside ReservoirPy and beside plain C?

The work: NARMA10, 2,000 training and 1,000 test steps, warmup 200, ridge 1e-8, float64, one thread. ReservoirPy runs as
its documentation shows (`Reservoir >> Ridge`, fit, run) on the same W and W_in. All variants take turns in one process;
times are CPU seconds of the process, which on an idle machine are wall seconds; medians and ranges over the rounds.

    python benchmarks/esn.py [--rounds 7]          prints the table, writes benchmarks/results/esn.json
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import reservoirpy
from reservoirpy.nodes import Reservoir, Ridge
from scipy.sparse import csr_array

from harness import write
from statescape.reservoir import erdos_renyi, evaluate, scr, spectral_radius
from statescape.reservoir.radius import forget
from statescape.reservoir.tasks import Trial, narma10, nrmse

ROOT = Path(__file__).resolve().parents[1]
C_TRIAL = ROOT.parent / "shared" / "prototypes" / "reservoir" / "kernel_bound.c"
# units, density, wanted ratio with eight seeds of one W together, wanted ratio alone
GOALS = ((50, 0.1, 20.0, 10.0), (100, 0.1, 16.0, 8.0), (100, 1.0, 10.0, 8.0), (500, 0.1, 3.0, 1.5))
SIZES = (25, 50, 100, 200, 500, 1000, 2000)
SEEDS = 8
RIDGE = 1e-8


def case(units: int, density: float) -> tuple[np.ndarray, list[Trial], list[np.ndarray]]:
    """One W, and the data and input weights of every seed."""
    rng = np.random.default_rng(units)
    W = erdos_renyi(units, density, seed=units).weights(0.9)
    W = csr_array(W).toarray() if density == 1.0 else W
    return W, [narma10().trial(s) for s in range(SEEDS)], [rng.choice([-0.1, 0.1], (units, 1)) for _ in range(SEEDS)]


def ours_of(W: np.ndarray, trials: list[Trial], W_in: list[np.ndarray]) -> np.ndarray:
    """The scores of one W."""
    return evaluate(W, trials, W_in, ridge=RIDGE).scores


def with_reservoirpy(W: np.ndarray, W_in: np.ndarray, trial: Trial) -> float:
    """The score of one network in ReservoirPy."""
    model = Reservoir(W=W, Win=W_in) >> Ridge(ridge=RIDGE)
    model.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
    return nrmse(model.run(trial.test_inputs), trial.test_targets)


def milliseconds(work: Callable[..., object], *arguments: object) -> float:
    """CPU time of this process for one call."""
    start = time.process_time()
    work(*arguments)
    return 1e3 * (time.process_time() - start)


def summary(values: list[float]) -> dict[str, float]:
    """Median and range."""
    return {"median": float(np.median(values)), "min": min(values), "max": max(values)}


def against_reservoirpy(units: int, density: float, rounds: int) -> dict[str, Any]:
    """Eight together, one alone, and ReservoirPy, in turns; milliseconds per network."""
    W, trials, W_in = case(units, density)
    ours = ours_of(W, trials, W_in)
    theirs = [with_reservoirpy(W, W_in[seed], trials[seed]) for seed in range(2)]
    ours_of(W, trials[:1], W_in[:1])
    times: dict[str, list[float]] = {"together": [], "alone": [], "reservoirpy": []}
    for number in range(rounds):
        seed = number % SEEDS
        times["together"].append(milliseconds(ours_of, W, trials, W_in) / SEEDS)
        times["alone"].append(milliseconds(ours_of, W, [trials[seed]], [W_in[seed]]))
        times["reservoirpy"].append(milliseconds(with_reservoirpy, W, W_in[seed], trials[seed]))
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


def scaling(rounds: int) -> dict[str, Any]:
    """Milliseconds per network, eight together at 10%, and the slope between neighbouring sizes on log-log axes."""
    medians = []
    for units in SIZES:
        arguments = case(units, 0.1)
        ours_of(*arguments)
        repeats = rounds if units <= 500 else 1
        medians.append(float(np.median([milliseconds(ours_of, *arguments) for _ in range(repeats)])) / SEEDS)
    slopes = np.diff(np.log(medians)) / np.diff(np.log(SIZES))
    return {"units": SIZES, "milliseconds": medians, "slopes": slopes.tolist()}


def radius_times(rounds: int) -> list[dict[str, Any]]:
    """Milliseconds of the spectral radius: random, remembered, a cycle; beside numpy.linalg.eigvals."""
    rows: list[dict[str, Any]] = []
    for units in (50, 100, 500):
        W, cycle = erdos_renyi(units, 0.1, seed=units).W, scr(units, 0.9).W
        full = csr_array(W).toarray()
        times: dict[str, list[float]] = {"random": [], "remembered": [], "cycle": [], "eigvals": []}
        for _ in range(rounds):
            forget()
            times["random"].append(milliseconds(spectral_radius, W))
            times["remembered"].append(milliseconds(spectral_radius, W))
            times["cycle"].append(milliseconds(spectral_radius, cycle))
            times["eigvals"].append(milliseconds(np.linalg.eigvals, full))
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
    W, trials, W_in = case(100, 0.1)
    ours_of(W, trials, W_in)
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        ours_of(W, trials, W_in)
        done += SEEDS
    return done / (time.perf_counter() - start)


def two_processes(seconds: float = 3.0) -> dict[str, float]:
    """Networks per second of one process and of two at once."""
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_work, [0.2, 0.2]))
        one = next(iter(pool.map(_work, [seconds])))
        two = sum(pool.map(_work, [seconds, seconds]))
    return {"one": one, "two": two, "ratio": two / one}


def table(rounds: int, native: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Measure and print the cases that have goals."""
    print("ms per network: median (range); ratios are to ReservoirPy", reservoirpy.__version__)
    print(f"{'units':>5} {'density':>7} {'8 together':>20} {'alone':>20} {'ReservoirPy':>20}   ratios (goals)")
    rows = []
    for units, density, goal_together, goal_alone in GOALS:
        row = against_reservoirpy(units, density, rounds)
        rows.append(row | {"goal_together": goal_together, "goal_alone": goal_alone})
        times = row["milliseconds"]
        cells = "".join(f" {t['median']:7.2f} ({t['min']:.2f}-{t['max']:.2f})".rjust(21) for t in times.values())
        print(
            f"{units:5d} {density:7.0%}{cells}   {row['ratio_together']:.1f}x ({goal_together:g}x), "
            f"{row['ratio_alone']:.1f}x ({goal_alone:g}x); scores differ by {row['score_difference']:.0e}"
        )
        if str(units) in native:
            in_c = native[str(units)]
            kind, name = ("dense", "dense") if density == 1.0 else ("sparse", "10%")
            row["ratio_to_c_alone"] = in_c[kind] / times["alone"]["median"]
            print(
                f"{'':13} C, simulation without readout: {name} alone {in_c[kind]:.2f} ms "
                f"({row['ratio_to_c_alone']:.2f}x ours), 10% sixteen together {in_c['sparse_together']:.2f} ms each"
            )
    return rows


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    native = c_trial()
    result: dict[str, Any] = {"reservoirpy": reservoirpy.__version__, "rounds": rounds, "c_trial": native}
    result["cases"] = table(rounds, native)
    result["scaling"] = sizes = scaling(min(rounds, 5))
    cells = [f"{n}: {t:.2f}" for n, t in zip(SIZES, sizes["milliseconds"], strict=True)]
    print("ms per network, 8 together, 10%:", ", ".join(cells))
    print("slope of log time over log units:", ", ".join(f"{slope:.2f}" for slope in sizes["slopes"]))
    result["spectral_radius"] = radius_times(rounds)
    for row in result["spectral_radius"]:
        cells = [f"{name} {t['median']:.3f}" for name, t in row["milliseconds"].items()]
        print(f"spectral radius, {row['units']} units, ms:", ", ".join(cells))
    result["processes"] = pair = two_processes()
    one, two, ratio = pair["one"], pair["two"], pair["ratio"]
    print(f"networks per second, 100 units: {one:.0f} in one process, {two:.0f} in two ({ratio:.2f}x)")
    write(Path(__file__).stem, result)


if __name__ == "__main__":
    main()
