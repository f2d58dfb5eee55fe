"""How good, how honest and how fast is the search? Each part prints its figures beside the goal and writes them.

    python benchmarks/evolve.py yardstick     noisy memory capacity: what share of the cycle's value a search reaches
    python benchmarks/evolve.py narma10       NARMA10 with 50 units, five minutes a level, sealed
    python benchmarks/evolve.py honest        20 short runs: is the re-scored selection honest?
    python benchmarks/evolve.py throughput    trainings a second beside pymoo's GA over ReservoirPy networks
    python benchmarks/evolve.py               all, about an hour; results/evolve-PART.json

Searches at equal trainings, those of others too, stand in `rivals.py`. Nothing here is tuned to a seed: the seeds are
0, 1, 2, ... and all that ran are shown.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
from scipy.sparse import csr_array

from harness import write
from statescape.analysis.evolution_conclusion import conclude
from statescape.evolution import Evolution, Hyperparameters, evolve
from statescape.evolution.parts import REDRAWN_TRIALS
from statescape.reservoir import Topology, scr
from statescape.reservoir.measures import noisy_memory_capacity
from statescape.reservoir.tasks import narma10
from statescape.runs import Serial, make_executor

CORES = 2
# The peer scores every candidate on as many.
TRIALS = REDRAWN_TRIALS


def yardstick(seeds: int) -> list[dict[str, Any]]:
    """MC_e of the champion over that of the simple cycle with the same w_in (linear, 50 units, radius 0.95)."""
    rows = []
    for encoding, seconds, goal in (("circulant", 30.0, 0.99), ("ternary", 120.0, 0.97)):
        for seed in range(seeds):
            found = evolve(
                "memory-noisy",
                units=50,
                encoding=encoding,
                level="matrix",
                hyper=Hyperparameters(sr=0.95),
                seconds=seconds,
                seed=seed,
                compare=False,
                tune=False,
                workers=CORES,
            )
            champion = found.best.topology
            assert champion.W_in is not None
            w_in = champion.W_in[:, 0]
            cycle = noisy_memory_capacity(csr_array(Topology(scr(50).W).weights(0.95)).toarray(), w_in)
            own = 50.0 * (1.0 - float(found.rescored.mean))
            rows.append(
                {
                    "encoding": encoding,
                    "seed": seed,
                    "seconds": found.found.seconds,
                    "trainings": found.found.trainings,
                    "capacity": own,
                    "cycle": cycle,
                    "share": own / cycle,
                    "goal": goal,
                    "edges": champion.edges,
                    "start": found.history[0].best,
                }
            )
            print(
                f"{encoding:10} seed {seed}: {own:.2f} of the cycle's {cycle:.2f} = {own / cycle:.1%} "
                f"(goal {goal:.0%}) after {found.found.seconds:.0f} s, {found.found.trainings:,} trainings, "
                f"{champion.edges} edges",
                flush=True,
            )
    return rows


NARMA = (
    ("matrix, ternary", {"level": "matrix", "encoding": "ternary"}, 0.18),
    ("matrix, real, W_in evolving", {"level": "matrix", "encoding": "real", "evolve_inputs": True}, 0.14),
    ("wiring, ternary", {"level": "wiring", "encoding": "ternary"}, 0.33),
    ("mask, ternary", {"level": "mask", "encoding": "ternary"}, None),
)


def narma(seconds: float, seed: int, compare: bool) -> list[dict[str, Any]]:
    """NARMA10, 50 units: sealed NRMSE at the level that was searched, tuned as the controls are."""
    rows = []
    for name, settings, goal in NARMA:
        found = evolve("narma10", units=50, seconds=seconds, seed=seed, compare=compare, workers=CORES, **settings)
        seal = found.seals[found.settings.level]
        best = seal.controls[seal.best_control]
        row = {
            "name": name,
            "seed": seed,
            "seconds": found.found.seconds,
            "trainings": found.found.trainings,
            "sealed": seal.interval.mean,
            "ci95": [seal.interval.low, seal.interval.high],
            "sealed_untuned": found.sealed.mean,
            "goal": goal,
            "best_control": seal.best_control,
            "control": best.control.mean,
            "smallest_visible_gain": max(one.visible for one in seal.controls.values()),
            "gains": {level: {n: 1 - c.ratio for n, c in one.controls.items()} for level, one in found.seals.items()},
            "p_holm": {level: {n: c.p_holm for n, c in one.controls.items()} for level, one in found.seals.items()},
            "conclusion": conclude(found),
        }
        rows.append(row)
        print(
            f"{name}: sealed {row['sealed']:.4f} [{seal.interval.low:.4f}, {seal.interval.high:.4f}] (goal {goal}), "
            f"as searched {found.sealed.mean:.4f}; best control {seal.best_control} {best.control.mean:.4f}; "
            f"{row['trainings']:,} trainings in {row['seconds']:.0f} s\n  {row['conclusion']}",
            flush=True,
        )
    return rows


def honest(runs: int, seconds: float) -> dict[str, Any]:
    """Over short runs: selection, re-scored and sealed scores of the champion, and what the winner's curse is."""
    from statescape.statistics import mean_interval

    covered, rows = 0, list[dict[str, Any]]()
    for seed in range(runs):
        found = evolve("narma10", units=30, seconds=seconds, seed=seed, compare=False, tune=False, workers=CORES)
        rescored, sealed = np.array(found.found.final.rescored), np.array(found.found.final.sealed)
        interval = _difference(rescored, sealed, seed)
        inside = interval[0] <= 0.0 <= interval[1]
        covered += inside
        rows.append(
            {
                "seed": seed,
                "first": found.best.candidate.record.mean,
                "selection": raw_selection(found),
                "rescored": float(rescored.mean()),
                "sealed": float(sealed.mean()),
                "interval": interval,
                "covers_0": bool(inside),
            }
        )
    curse = mean_interval(np.array([row["selection"] - row["sealed"] for row in rows]), 0)
    record = mean_interval(np.array([row["first"] - row["sealed"] for row in rows]), 0)
    print(
        f"re-scored minus sealed covers 0 in {covered} of {runs} runs (goal 17 of 20); winner's curse of the raw "
        f"selection score {curse.mean:+.4f} [{curse.low:+.4f}, {curse.high:+.4f}], of the champion's whole record "
        f"{record.mean:+.4f} [{record.low:+.4f}, {record.high:+.4f}]"
    )
    return {"covered": covered, "runs": runs, "curse": vars(curse), "curse_of_record": vars(record), "rows": rows}


def raw_selection(found: Evolution) -> float:
    """What a naive search would report: the lowest generation mean that any best candidate had."""
    return min(line.best for line in found.history)


def _difference(first: np.ndarray, second: np.ndarray, seed: int) -> list[float]:
    """95% bootstrap interval of a difference of two independent means."""
    rng = np.random.default_rng(seed)
    draws = [
        first[rng.integers(0, len(first), len(first))].mean() - second[rng.integers(0, len(second), len(second))].mean()
        for _ in range(9999)
    ]
    return [float(end) for end in np.quantile(draws, [0.025, 0.975])]


def throughput(rounds: int, units: int) -> dict[str, Any]:
    """Trainings a second: one worker, two workers, pymoo over ReservoirPy, in turns."""
    ours: dict[int, list[float]] = {1: [], 2: []}
    theirs: list[float] = []
    with two_peers(CORES) as peer, make_executor("processes", 2) as processes:
        for workers, executor in ((1, Serial()), (2, processes)):
            _rate(executor, 2.0, workers, units)  # warm
        for number in range(rounds):
            for workers, executor in ((1, Serial()), (2, processes)):
                ours[workers].append(_rate(executor, 10.0, number, units))
            theirs.append(peer(number, units))
    overheads = [overhead(number, units) for number in range(rounds)]
    medians = {"one": float(np.median(ours[1])), "two": float(np.median(ours[2])), "peer": float(np.median(theirs))}
    against = float(np.median(np.array(ours[2]) / np.array(theirs)))
    gain = float(np.median(np.array(ours[2]) / np.array(ours[1])))
    core = float(np.median(CORES * np.array(ours[1]) / np.array(theirs)))
    print(
        f"trainings a second, {units} units: one worker {medians['one']:.0f}, two {medians['two']:.0f} = {gain:.2f} x "
        f"(goal 1.8); pymoo over ReservoirPy on two cores {medians['peer']:.1f}: ours {against:.1f} x (goal 12 with "
        f"100 units), {core:.1f} x a core (goal 25 with 50, 16 with 100); Python overhead {np.median(overheads):.1%} "
        "(goal 10%)"
    )
    return {"ours": ours, "theirs": theirs, "against": against, "core": core, "workers": gain, "overhead": overheads}


def _rate(executor: Any, seconds: float, seed: int, units: int) -> float:
    """Trainings a second of the search itself, with the journal and all."""
    lines: list[Any] = []
    evolve_search(executor, seconds, seed, units, lines.append)
    # The first generation starts worker processes where there are none yet.
    first, last = lines[0], lines[-1]
    return float((last.trainings - first.trainings) / (last.seconds - first.seconds))


def evolve_search(executor: Any, seconds: float, seed: int, units: int, note: Callable[[Any], None]) -> None:
    """The search of a run, stopped before final and seals."""

    class Enough(Exception):  # noqa: N818 - not an error
        pass

    def watch(progress: Any) -> None:
        note(progress.summary)
        if progress.summary.number > 1 and progress.summary.seconds > seconds:
            raise Enough

    try:
        evolve(
            "narma10",
            units=units,
            level="wiring",
            density=0.1,
            seed=seed,
            generations=10_000,
            executor=executor,
            callbacks=[watch],
        )
    except Enough:
        return


def overhead(seed: int, units: int) -> float:
    """Share of a run that is neither kernels nor radius nor the task's data, one worker, CPU seconds."""
    import statescape.evolution.scoring as scoring

    inside = 0.0

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            nonlocal inside
            start = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                inside += time.process_time() - start

        return wrapper

    places: tuple[tuple[Any, str], ...] = ((scoring, "evaluate"), (Topology, "weights"))
    with ExitStack() as stack:
        for place, name in places:
            stack.enter_context(mock.patch.object(place, name, timed(getattr(place, name))))
        start = time.process_time()
        evolve_search(Serial(), 10.0, seed, units, lambda _: None)
        whole = time.process_time() - start
    return 1.0 - inside / whole


@contextmanager
def two_peers(cores: int) -> Any:
    """Pymoo's GA over ReservoirPy networks on the same trials, candidates spread over as many processes."""
    from multiprocessing import get_context

    with get_context("spawn").Pool(cores) as pool:
        pool.map(_peer_score, [(np.eye(100) * 0.5, 0, 1)] * cores)

        def rate(seed: int, units: int) -> float:
            return _peer_rate(pool, seed, units)

        yield rate


def _peer_rate(pool: Any, seed: int, units: int) -> float:
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.problem import Problem
    from pymoo.operators.crossover.ux import UX
    from pymoo.operators.mutation.pm import PM
    from pymoo.operators.sampling.rnd import FloatRandomSampling
    from pymoo.optimize import minimize

    count = [0]

    class Wiring(Problem):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(n_var=units**2, n_obj=1, xl=-1.0, xu=1.0)

        def _evaluate(self, X: np.ndarray, out: dict[str, Any], *_: Any, **__: Any) -> None:
            work = [(np.where(np.abs(x) > 0.9, np.sign(x), 0.0).reshape(units, units), seed, TRIALS) for x in X]
            out["F"] = np.array(pool.map(_peer_score, work, chunksize=4))[:, None]
            count[0] += TRIALS * len(X)

    start = time.perf_counter()
    minimize(
        Wiring(),
        GA(pop_size=24, n_offsprings=48, sampling=FloatRandomSampling(), crossover=UX(), mutation=PM()),
        ("n_gen", 2),
        seed=seed,
    )
    return count[0] / (time.perf_counter() - start)


def _peer_score(work: tuple[np.ndarray, int, int]) -> float:
    """Mean NRMSE over trials of one network as ReservoirPy's documentation builds it, W scaled to a radius of 0.9."""
    from reservoirpy.nodes import Reservoir, Ridge

    from statescape.reservoir.tasks import nrmse

    W, seed, trials = work
    W = 0.9 * W / max(np.abs(np.linalg.eigvals(W)).max(), 1e-9)
    scores = []
    for number in range(trials):
        trial = narma10().trial(np.random.SeedSequence((seed, number)))
        rng = np.random.default_rng((seed, number))
        W_in = 0.1 * (2.0 * rng.integers(0, 2, (len(W), 1)) - 1.0)
        model = Reservoir(W=W, Win=W_in, bias=np.full(len(W), 0.1)) >> Ridge(ridge=1e-8)
        model.fit(trial.train_inputs, trial.train_targets, warmup=trial.warmup)
        scores.append(nrmse(model.run(trial.test_inputs), trial.test_targets))
    return float(np.mean(scores))


def main() -> None:
    """Parse, run, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("yardstick", "narma10", "honest", "throughput"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--units", type=int, default=100, help="throughput: of every network")
    parser.add_argument(
        "--compare", action="store_true", help="narma10: with the searches of equal budget (three times as long)"
    )
    given = parser.parse_args()
    parts: dict[str, Callable[[], Any]] = {
        "yardstick": lambda: yardstick(given.seeds),
        "narma10": lambda: narma(given.seconds or 300.0, given.seed, given.compare),
        "honest": lambda: honest(20, given.seconds or 10.0),
        "throughput": lambda: throughput(given.rounds, given.units),
    }
    for name, part in parts.items():
        if given.part in (None, name):
            write(f"evolve-{name}", part())


if __name__ == "__main__":
    main()
