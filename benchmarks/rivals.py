"""Our searches beside others' at equal trainings, under one evaluator: what do races, lineages and crossover add?

    python benchmarks/rivals.py --plan             what would run: cells, seeds, trainings, hours
    python benchmarks/rivals.py                    NARMA10 and noisy memory, 50 units, 5 seeds, 6,000 trainings each
    python benchmarks/rivals.py --series FILE --target COLUMN --rivals genetic,hill-climber --levels wiring

Every search is told its scores by the same evaluator, which counts each training: re-scoring and the search's own start
too. Its last candidates (8 at most) meet in the same racing final, and the winner is sealed on 60 fresh trials that no
search drew. Seeds are 0, 1, 2, ... and all that ran are shown. A search that is done is a line of results/rivals.jsonl
and is not run again: stop at any time and go on later. `redrawn` is the search of 0.1.0; `pymoo` (its GA: 20
candidates, uniform crossover, survivors never scored again) and `cma-es` (separable, real weights) need those packages
(`pip install pymoo cma`).
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np

from harness import RESULTS, write
from statescape.evolution import Genome, Search, SearchSpace, Settings
from statescape.evolution.conditions import Conditions
from statescape.evolution.parts import space_of, trials_of
from statescape.evolution.scoring import losses, score
from statescape.evolution.search import Candidate, Strategy, strategy_by_name
from statescape.evolution.search.final import FINALISTS, race
from statescape.evolution.search.population import ranked
from statescape.evolution.source import open_task
from statescape.reservoir.tasks import Task
from statescape.runs import Executor, make_executor
from statescape.statistics import student_mean

SEALED = 60
# Streams of random numbers below (seed,), apart from those of a search.
_TRIALS, _FINAL, _SEAL = 501, 502, 503
# A network that diverged, in the log score that the rivals' libraries are told.
DIVERGED = 5.0
# Trainings a second of one core at 50 units, for the plan alone.
RATE = 300.0


@dataclass(eq=False)
class Game:
    """One search of a budget: its space, its evaluator, and how much of the budget is spent.

    Attributes:
        space: where genomes come from.
        conditions: of the search.
        seed: of everything random.
        budget: trainings.
        executor: who works.
        spent: trainings so far.
    """

    space: SearchSpace
    conditions: Conditions
    seed: int
    budget: int
    executor: Executor
    spent: int = field(default=0)

    def losses(self, genomes: Sequence[Genome], generation: int, trials: int) -> np.ndarray:
        """Mean log score of every genome on the trials of a generation."""
        seeds = [(self.seed, _TRIALS, generation, trial) for trial in range(trials)]
        self.spent += len(genomes) * trials
        found = losses(score([self.space.topology(one) for one in genomes], self.conditions, seeds, self.executor))
        return np.asarray(np.where(np.isfinite(found), found, DIVERGED).mean(axis=1))

    @property
    def over(self) -> bool:
        """Whether the budget is spent."""
        return self.spent >= self.budget


def ours(game: Game, strategy: Strategy, settings: Settings) -> list[Genome]:
    """A search of ours; its survivors, best first."""
    trials, alike = trials_of(settings, strategy), game.conditions.deterministic
    search = Search(game.space, strategy, game.seed, trials=trials, deterministic=alike)
    while search.population.trainings < game.budget:
        batch = search.ask()
        search.tell(score(batch.topologies, game.conditions, batch.seeds, game.executor))
    game.spent = search.population.trainings
    return [one.genome for one in ranked(search.population.members, search.population.noise)]


def pymoo_ga(game: Game, trials: int) -> list[Genome]:
    """The plain genetic algorithm of pymoo on ternary entries; its last population, best first."""
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.core.mutation import Mutation
    from pymoo.core.problem import Problem
    from pymoo.core.sampling import Sampling
    from pymoo.operators.crossover.ux import UX
    from pymoo.optimize import minimize

    units, rng = game.space.units, np.random.default_rng((game.seed, _TRIALS))

    def genome(x: np.ndarray) -> Genome:
        return Genome({"W": x.reshape(units, units).astype(float)})

    class Wiring(Problem):  # type: ignore[misc]
        generation = 0

        def __init__(self) -> None:
            super().__init__(n_var=units**2, n_obj=1, xl=-1, xu=1, vtype=int)

        def _evaluate(self, X: np.ndarray, out: dict[str, Any], *_: Any, **__: Any) -> None:
            out["F"] = game.losses([genome(x) for x in X], self.generation, trials)
            self.generation += 1

    class Start(Sampling):  # type: ignore[misc]
        def _do(self, _problem: Any, n_samples: int, **_: Any) -> np.ndarray:
            return np.stack([game.space.random(rng).genes["W"].ravel().astype(int) for _ in range(n_samples)])

    class Change(Mutation):  # type: ignore[misc]
        def _do(self, _problem: Any, X: np.ndarray, **_: Any) -> np.ndarray:
            at = rng.random(X.shape) < 1.5 / X.shape[1]
            return np.where(at, rng.integers(-1, 2, X.shape), X)

    algorithm = GA(pop_size=20, sampling=Start(), crossover=UX(prob=0.5), mutation=Change(), eliminate_duplicates=True)
    done = minimize(Wiring(), algorithm, ("n_eval", game.budget // trials), seed=game.seed)
    order = np.argsort(done.pop.get("F")[:, 0])
    return [genome(done.pop.get("X")[place]) for place in order]


def cma_es(game: Game, trials: int) -> list[Genome]:
    """Separable CMA-ES on all entries of a real W; its mean and its best sample."""
    import cma

    units = game.space.units

    def genome(x: np.ndarray) -> Genome:
        return Genome({"W": np.where(np.abs(x) < 1e-3, 1e-3, x).reshape(units, units)})

    start = np.random.default_rng((game.seed, _TRIALS)).normal(0, 0.1, units**2)
    options = {"CMA_diagonal": True, "bounds": [-1, 1], "seed": game.seed + 1, "verbose": -9, "maxfevals": 10**9}
    strategy, generation = cma.CMAEvolutionStrategy(start, 0.1, options), 0
    while not game.over:
        asked = strategy.ask()
        strategy.tell(asked, game.losses([genome(x) for x in asked], generation, trials).tolist())
        generation += 1
    return [genome(strategy.result.xfavorite), genome(np.asarray(strategy.result.xbest))]


RIVALS: dict[str, tuple[str, Callable[[Game, Settings], list[Genome]]]] = {
    **{
        name: ("ternary", partial(lambda game, settings, name: ours(game, strategy_by_name(name), settings), name=name))
        for name in ("genetic", "mutation-only", "hill-climber", "random-search")
    },
    "redrawn": ("ternary", lambda game, settings: ours(game, strategy_by_name("genetic", racing=False), settings)),
    "pymoo": ("ternary", lambda game, _: pymoo_ga(game, 1 if game.conditions.deterministic else 4)),
    "cma-es": ("real", lambda game, _: cma_es(game, 1 if game.conditions.deterministic else 4)),
}


@dataclass(frozen=True)
class Cell:
    """One search to run: which, on what, from which seed."""

    task: str
    level: str
    rival: str
    seed: int
    units: int
    trainings: int


def played(cell: Cell, task: Task, executor: Executor) -> dict[str, Any]:
    """Search, final, seal."""
    encoding, search = RIVALS[cell.rival]
    settings = Settings({"name": cell.task}, cell.units, encoding, cell.level, seed=cell.seed)  # type: ignore[arg-type]
    space = space_of(settings, task)
    conditions = Conditions(task, settings.level, "search", settings.hyper)
    game = Game(space, conditions, cell.seed, cell.trainings, executor)
    begun = time.perf_counter()
    last = search(game, settings)[:FINALISTS]
    seconds = time.perf_counter() - begun
    finalists = [Candidate(number, 0, (), cell.rival, genome) for number, genome in enumerate(last)]
    winner = race(finalists, space, conditions, (cell.seed, _FINAL), executor).champion
    seal = Conditions(task, settings.level, "seal", settings.hyper)
    seeds = [(cell.seed, _SEAL, trial) for trial in range(1 if seal.deterministic else SEALED)]
    scores = score([space.topology(last[winner])], seal, seeds, executor)[0]
    found = {"sealed": float(scores.mean()), "log": float(losses(scores).mean())}
    return {**vars(cell), "spent": game.spent, "seconds": seconds, **found}


def kept() -> Iterator[dict[str, Any]]:
    """What has run so far."""
    file = RESULTS / "rivals.jsonl"
    if file.exists():
        yield from (json.loads(line) for line in file.read_text().splitlines() if line.endswith("}"))


def said(rows: Sequence[dict[str, Any]], reference: str) -> dict[str, Any]:
    """A line for every cell, and the differences to one search over all of them."""
    gaps: dict[str, list[float]] = {}
    cells = sorted({(row["task"], row["level"]) for row in rows})
    for task, level in cells:
        here = [row for row in rows if (row["task"], row["level"]) == (task, level)]
        own = {row["seed"]: row["log"] for row in here if row["rival"] == reference}
        for rival in dict.fromkeys(row["rival"] for row in here):
            found = [row for row in here if row["rival"] == rival]
            sealed = student_mean(np.array([row["sealed"] for row in found])).interval
            behind = [row["log"] - own[row["seed"]] for row in found if row["seed"] in own]
            gaps.setdefault(rival, []).extend(behind)
            print(
                f"{task:24} {level:7} {rival:14} {sealed.mean:.4f} [{sealed.low:.4f}, {sealed.high:.4f}] "
                + "  ".join(f"{row['sealed']:.3f}" for row in found)
            )
    over = {}
    for rival, behind in gaps.items():
        if rival != reference and len(behind) > 1:
            one = student_mean(np.array(behind)).interval
            over[rival] = {"mean": one.mean, "ci95": [one.low, one.high], "n": len(behind)}
            print(f"{rival} minus {reference}, log error: {one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]")
    return {"rows": list(rows), "behind": over}


def main() -> None:
    """Parse, say what is to run, run what is missing, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default="narma10,memory-noisy")
    parser.add_argument("--series", help="a table to search on, too")
    parser.add_argument("--target", help="its column")
    parser.add_argument("--levels", default="matrix,wiring")
    parser.add_argument("--rivals", default=",".join(RIVALS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--units", type=int, default=50)
    parser.add_argument("--trainings", type=int, default=6000)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--plan", action="store_true", help="say what would run, and stop")
    given = parser.parse_args()
    names = [*given.tasks.split(","), *([given.series] if given.series else [])]
    cells = [
        Cell(task, level, rival, seed, given.units, given.trainings)
        for seed, task, level, rival in product(
            range(given.seeds), names, given.levels.split(","), given.rivals.split(",")
        )
    ]
    done = {tuple(row[name] for name in vars(cells[0])): row for row in kept()}
    left = [cell for cell in cells if tuple(vars(cell).values()) not in done]
    hours = len(left) * given.trainings / RATE / 3600 * given.units / 50
    print(
        f"{len(cells)} searches of {given.trainings:,} trainings ({', '.join(names)}; {given.levels}; {given.rivals}; "
        f"seeds 0 to {given.seeds - 1}); {len(left)} are left: about {hours:.1f} hours on one core",
        flush=True,
    )
    if given.plan:
        return
    RESULTS.mkdir(exist_ok=True)
    options = {"target": given.target} if given.target else {}
    tasks = {name: open_task(name, options if name == given.series else {})[0] for name in names}
    with make_executor(None, given.workers) as executor:
        for number, cell in enumerate(left, 1):
            row = played(cell, tasks[cell.task], executor)
            with (RESULTS / "rivals.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            done[tuple(vars(cell).values())] = row
            print(f"{number} of {len(left)}: {cell} sealed {row['sealed']:.4f}, {row['seconds']:.0f} s", flush=True)
    write("rivals", said([done[tuple(vars(cell).values())] for cell in cells], given.rivals.split(",")[0]))


if __name__ == "__main__":
    main()
