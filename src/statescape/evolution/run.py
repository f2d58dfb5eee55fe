"""Evolve the wiring of an echo state network, name a champion, and put it under seal.

A run is a search (one arm), a racing final, the arms that get the same budget, and the seals. Every step is kept in the
run's journal when it is done, so a run that was interrupted goes on where it was, to the same result.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from statescape.errors import StatescapeError
from statescape.evolution import ledger
from statescape.evolution.conditions import Conditions, Hyperparameters, Level, draw_input_weights
from statescape.evolution.controls import control, names
from statescape.evolution.encodings import by_name
from statescape.evolution.front import FrontPoint, front_of_run
from statescape.evolution.genome import Genome
from statescape.evolution.result import Champion, Evolution, Found
from statescape.evolution.scoring import score
from statescape.evolution.seals import Sealing, seal
from statescape.evolution.search import Population, Search, arm_by_name
from statescape.evolution.search.arms import stream_of
from statescape.evolution.search.final import Final, race
from statescape.evolution.search.population import ranked
from statescape.evolution.settings import Limits, Settings
from statescape.evolution.source import open_task, reopen_task
from statescape.evolution.space import SearchSpace
from statescape.evolution.tuning import trainings_of, tune
from statescape.reservoir.tasks import Part, Task
from statescape.reservoir.topology import RadiusPolicy
from statescape.runs import Executor, Journal, Serial, make_executor

RIVALS = ("random-search", "hill-climber")
_INPUTS, _HYPER = 21, 22


@dataclass(frozen=True)
class Progress:
    """What a callback is told after every generation.

    Attributes:
        arm: which search.
        summary: the generation.
        limits: when the arm ends.
    """

    arm: str
    summary: ledger.Summary
    limits: Limits

    @property
    def trainings_per_second(self) -> float:
        """Networks trained and tested each second so far."""
        return self.summary.trainings / max(self.summary.seconds, 1e-9)

    @property
    def seconds_left(self) -> float:
        """How long the arm will go on, from its limits and its speed so far."""
        line, limits = self.summary, self.limits
        left = []
        if limits.generations:
            left.append((limits.generations / (line.number + 1) - 1) * line.seconds)
        if limits.trainings:
            left.append((limits.trainings / line.trainings - 1) * line.seconds)
        if limits.seconds:
            left.append(limits.seconds - line.seconds)
        return max(min(left, default=float("nan")), 0.0)


Callback = Callable[[Progress], bool | None]
Say = Callable[[str], None]


def evolve(
    task: str | Path | Task,
    *,
    units: int = 100,
    encoding: str = "ternary",
    level: Level = "wiring",
    radius: RadiusPolicy = "rescale",
    evolve_inputs: bool = False,
    density: float | None = None,
    arm: str = "genetic",
    seed: int = 0,
    trials: int = 4,
    adapt: bool = True,
    hyper: Hyperparameters | None = None,
    generations: int | None = None,
    trainings: int | None = None,
    seconds: float | None = None,
    stagnation: int | None = None,
    compare: bool = True,
    tune: bool = True,
    seal_trials: int = 30,
    objectives: Sequence[str] = ("error",),
    task_options: Mapping[str, Any] | None = None,
    start: Sequence[Genome] = (),
    run: str | Path | None = None,
    executor: Executor | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    callbacks: Sequence[Callback] = (),
    say: Say | None = None,
) -> Evolution:
    """Search a wiring for a task and hold it against its controls under every seal.

    Args:
        task: a name, a CSV file, or a task.
        units: as in `Settings`, and so on to `objectives`.
        encoding: smallest search space first: circulant, circulant-real, blocks, binary, ternary, real.
        level: what a trial of the search redraws: matrix, wiring or mask.
        radius: rescale, free or gene.
        evolve_inputs: whether W_in evolves; at *matrix* only.
        density: share of entries of random starts.
        arm: genetic, mutation-only, random-search or hill-climber.
        seed: same seed, same result, unless the search is limited by seconds.
        trials: for each generation.
        adapt: whether operators are used as often as they succeed.
        hyper: hyper-parameters of the search.
        generations: limit; 100 where no limit is given.
        trainings: limit.
        seconds: limit.
        stagnation: limit.
        compare: whether the arms of equal budget run too; each takes as long as the search.
        tune: whether champion and controls are tuned before they are sealed.
        seal_trials: for every seal, at least 30.
        objectives: "error", or "error" and "edges".
        task_options: of `tasks.from_csv`, for a file.
        start: genomes to begin with.
        run: file of the run's journal; a temporary one where None.
        executor: who works, or "serial", "processes" or "dask"; processes on all cores where None.
        workers: how many processes, where the executor is not given.
        scheduler: address of a Dask scheduler, where the executor is not given.
        callbacks: called after every generation; one that returns True ends that arm.
        say: called with a few words before every longer step.

    Raises:
        StatescapeError: for settings that do not fit, data that cannot be used, a run that exists.
    """
    if isinstance(task, str | Path):
        opened, source = open_task(task, task_options)
    else:
        opened, source = task, {"object": task.name}
    limits = Limits(generations, trainings, seconds, stagnation)
    settings = Settings(
        source,
        units,
        encoding,
        level,
        radius,
        evolve_inputs,
        density,
        arm,
        seed,
        trials,
        adapt,
        hyper or Hyperparameters(),
        limits,
        compare,
        tune,
        seal_trials,
        tuple(objectives),
    )
    _try_out(settings, opened, start)
    with ExitStack() as stack:
        if run is None:
            run = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "temporary.run"
        working = stack.enter_context(_working(executor, workers, scheduler))
        journal = stack.enter_context(Journal.create(run, ledger.KIND, settings.as_json(), ledger.TABLES))
        for index, genome in enumerate(start):
            journal.put(f"start/{index:04}", genome.to_bytes())
        return _Run(journal, settings, opened, working, tuple(callbacks), say).whole()


def resume(
    run: str | Path,
    *,
    task: Task | None = None,
    executor: Executor | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    callbacks: Sequence[Callback] = (),
    say: Say | None = None,
) -> Evolution:
    """Go on with a run, to the result it would have had; one that is finished is only read.

    Args:
        run: its file.
        task: needed where the run's task was an object, not a name or a file.
        executor: as for `evolve`.
        workers: as for `evolve`.
        scheduler: as for `evolve`.
        callbacks: as for `evolve`.
        say: as for `evolve`.

    Raises:
        StatescapeError: where the run cannot be used, another process writes it, or its data has changed.
    """
    with Journal.read(run, kind=ledger.KIND) as looked_at:
        finished = looked_at.finished
    with ExitStack() as stack:
        opener = Journal.read if finished else Journal.open
        journal = stack.enter_context(opener(run, kind=ledger.KIND))
        settings = Settings.from_json(journal.settings)
        opened = task or reopen_task(settings.task)
        working = stack.enter_context(Serial() if finished else _working(executor, workers, scheduler))
        return _Run(journal, settings, opened, working, tuple(callbacks), say).whole()


def space_of(settings: Settings, task: Task) -> SearchSpace:
    """The space that a run searches."""
    encoding = by_name(settings.encoding, settings.units, settings.density)
    own = settings.level == "matrix" and not settings.evolve_inputs
    W_in = inputs_of(settings, task) if own else None
    return SearchSpace(encoding, task.n_inputs, settings.radius, settings.evolve_inputs, W_in)


def inputs_of(settings: Settings, task: Task) -> np.ndarray:
    """The run's own W_in, [units, inputs]: at *matrix* where it does not evolve, and for the seal at *matrix*."""
    return draw_input_weights(settings.units, task.n_inputs, np.random.SeedSequence((settings.seed, _INPUTS)))


@contextmanager
def _working(executor: Executor | str | None, workers: int | None, scheduler: str | None) -> Iterator[Executor]:
    """The given executor, or one that ends with the run."""
    if executor is not None and not isinstance(executor, str):
        yield executor
        return
    with make_executor(executor, workers, scheduler) as own:
        yield own


def _try_out(settings: Settings, task: Task, start: Sequence[Genome]) -> None:
    """Refuse now what would fail later: data too short for the seals, genomes of another space."""
    parts: tuple[Part, ...] = ("search", "seal")
    for part in parts:
        task.trial(settings.seed, part)
    for genome in start:
        space_of(settings, task).check(genome)


class _Run:
    """The steps of a run, each kept in the journal when it is done."""

    def __init__(
        self,
        journal: Journal,
        settings: Settings,
        task: Task,
        executor: Executor,
        callbacks: tuple[Callback, ...],
        say: Say | None,
    ) -> None:
        self._journal, self._settings, self._task, self._executor = journal, settings, task, executor
        self._callbacks, self._say = callbacks, say or (lambda _: None)
        self._space = space_of(settings, task)
        self._conditions = Conditions(task, settings.level, "search", settings.hyper)

    def whole(self) -> Evolution:
        """From the first generation to the last seal."""
        settings, journal = self._settings, self._journal
        begun = time.perf_counter()
        main = self._searched(settings.arm, settings.limits)
        same = Limits(trainings=main.trainings)
        others = [name for name in RIVALS if settings.compare and name != settings.arm]
        rivals = {name: self._searched(name, same) for name in others}
        tuned = {}
        if settings.compare and settings.tune:
            tuned["hyper-parameters"] = self._tuned(main)
        self._say("Scoring the front of error and edges")
        stream = (settings.seed, stream_of(arm_by_name(settings.arm)))
        front = self._remember(
            "front",
            lambda: front_of_run(journal, main.arm, self._space, self._conditions, stream, self._executor),
        )
        self._say("Sealing champion and controls")
        found = {name: rival.topology for name, rival in rivals.items()}
        plan = Sealing(
            self._task,
            main.topology,
            inputs_of(settings, self._task),
            settings.hyper,
            names([*found, *tuned]),
            found,
            tuned,
            settings.seed,
            settings.seal_trials,
            settings.tune,
        )
        seals = seal(plan, self._executor, self._remember)
        spent = journal.remember("seconds", lambda: time.perf_counter() - begun)
        if not journal.finished:
            journal.finish()
        points = tuple(FrontPoint(**point) for point in front)
        name = str(journal.path) if journal.path.name != "temporary.run" else ""
        return Evolution(name, settings, self._task, main, rivals, seals, float(spent), points)

    def _searched(self, name: str, limits: Limits) -> Found:
        """One arm, from its start to its winner."""
        population, seconds = self._population(name, limits)
        stream = (self._settings.seed, stream_of(arm_by_name(name)))
        self._say(f"Racing the best of {name}")
        by_error = ranked(population.members, population.noise)
        final = Final(
            **self._remember(
                f"final/{name}",
                lambda: vars(race(by_error, self._space, self._conditions, stream, self._executor)),
            )
        )
        winner = next(member for member in population.members if member.number == final.champion)
        champion = Champion(winner, self._space.topology(winner.genome, "champion"), self._settings.hyper)
        return Found(
            name,
            champion,
            final,
            tuple(ledger.history(self._journal, name)),
            population.members,
            population.trainings,
            seconds,
        )

    def _population(self, name: str, limits: Limits) -> tuple[Population, float]:
        """Who is left when an arm is over."""
        settings, journal = self._settings, self._journal
        kept = ledger.population(journal, name)
        state, before = kept if kept is not None else (None, 0.0)
        over = journal.get(f"over/{name}") is not None
        if state is not None and over:
            return state, before
        given = [Genome.from_bytes(blob) for (blob,) in journal.rows(_START)] if name == settings.arm else []
        search = Search(
            self._space,
            arm_by_name(name),
            settings.seed,
            trials=settings.trials,
            deterministic=self._conditions.deterministic,
            adapt=settings.adapt,
            start=given,
            sparse="edges" in settings.objectives and name == settings.arm,  # rivals search the claim: a low error
            population=state,
        )
        self._say(f"Searching: {name}")
        begun = time.perf_counter() - before
        stopped = False
        while not stopped and not _over(search.population, limits, time.perf_counter() - begun):
            batch = search.ask()
            generation = search.tell(score(batch.topologies, self._conditions, batch.seeds, self._executor))
            if generation is None:
                continue
            seconds = time.perf_counter() - begun
            ledger.write(journal, name, generation, seconds)
            progress = Progress(name, ledger.summarise(generation, seconds), limits)
            for callback in self._callbacks:
                stopped = bool(callback(progress)) or stopped
        journal.put(f"over/{name}", b"1")
        return search.population, time.perf_counter() - begun

    def _tuned(self, main: Found) -> Hyperparameters:
        """Hyper-parameters of a random wiring, from as many trainings as the search had."""

        def compute() -> dict[str, Any]:
            self._say("Tuning a random wiring with the same budget")
            settings = self._settings
            draws = control(
                "hyper-parameters",
                main.topology,
                settings.level,
                self._task.n_inputs,
                (settings.seed, _HYPER),
            ).draws
            length = max(round(main.trainings / (trainings_of(1024, len(draws)) / 1024)), 1)
            return vars(tune(draws, self._conditions, (settings.seed, _HYPER, 1), self._executor, length))

        return Hyperparameters(**self._remember("tuned/hyper-parameters", compute))

    def _remember(self, key: str, compute: Callable[[], Any]) -> Any:
        if key.startswith("seal/") and self._journal.get(key) is None:
            self._say(f"Sealing {key.removeprefix('seal/').replace('/', ': ')}")
        return self._journal.remember(key, compute)


_START = "SELECT value FROM blobs WHERE key LIKE 'start/%' ORDER BY key"


def _over(population: Population, limits: Limits, seconds: float) -> bool:
    same = population.generation - 1 - population.best_since
    return population.generation > 0 and limits.reached(population.generation, population.trainings, seconds, same)


def champion_of(run: str | Path, number: int | None = None) -> Champion:
    """The champion of a run, or one of its candidates by its number.

    Raises:
        StatescapeError: where there is none, or the search has no champion yet.
    """
    with Journal.read(run, kind=ledger.KIND) as journal:
        settings = Settings.from_json(journal.settings)
        if number is None:
            final = journal.get(f"final/{settings.arm}")
            if final is None:
                raise StatescapeError(f"{run} has no champion yet; resume it first, or name a candidate.")
            number = int(json.loads(final)["champion"])
        found = ledger.candidate(journal, settings.arm, number)
    space = space_of(settings, reopen_task(settings.task))
    return Champion(found, space.topology(found.genome, f"candidate {number}"), settings.hyper)


def survivors_of_run(run: str | Path) -> tuple[Genome, ...]:
    """The genomes of the last survivors of a run, best first.

    Raises:
        StatescapeError: where the run has none.
    """
    with Journal.read(run, kind=ledger.KIND) as journal:
        kept = ledger.population(journal, Settings.from_json(journal.settings).arm)
    if kept is None:
        raise StatescapeError(f"{run} has no survivors yet to begin with.")
    return tuple(member.genome for member in kept[0].members)
