"""The steps of a run: search, racing final, strategies of equal budget, tuning, seals; each is kept when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias, cast

from statescape.evolution.conditions import Conditions
from statescape.evolution.controls import control, names
from statescape.evolution.parts import inputs_of, named_operators, space_of, strategy_of, trials_of
from statescape.evolution.result import Champion, Evolution, Found
from statescape.evolution.scoring import score
from statescape.evolution.sealing import Sealing, seal
from statescape.evolution.search import GenerationSummary, Population, Search
from statescape.evolution.search.final import Final, FrontPoint, front_of, race
from statescape.evolution.search.population import ranked
from statescape.evolution.search.strategies import for_front, stream_of
from statescape.evolution.settings import Hyperparameters, Limits
from statescape.evolution.tables import Tables
from statescape.evolution.tuning import SETTINGS, length_for, single_plan, tune, tune_single
from statescape.reservoir import Plan, Topology, draw_plan
from statescape.reservoir.tasks import Task
from statescape.runs import Executor
from statescape.streams import Stream
from statescape.wording import Noun, say

RIVALS = ("random-search", "hill-climber")


@dataclass(frozen=True)
class _Single:
    plan: dict[str, Any]
    hyper: Hyperparameters


@dataclass(frozen=True)
class Progress(Noun):
    """What a callback is told after every generation.

    Attributes:
        strategy: which search.
        summary: the generation.
        limits: when the strategy ends.
    """

    strategy: str
    summary: GenerationSummary
    limits: Limits

    @property
    def trainings_per_second(self) -> float:
        """Networks trained and tested each second so far."""
        return self.summary.trainings / max(self.summary.seconds, 1e-9)

    @property
    def seconds_left(self) -> float:
        """How long the strategy will go on, from its limits and its speed so far."""
        line, limits = self.summary, self.limits
        left = []
        if limits.generations:
            left.append((limits.generations / (line.number + 1) - 1) * line.seconds)
        if limits.trainings:
            left.append((limits.trainings / line.trainings - 1) * line.seconds)
        if limits.seconds:
            left.append(limits.seconds - line.seconds)
        return max(min(left, default=float("nan")), 0.0)


Callback: TypeAlias = Callable[[Progress], bool | None]
Say: TypeAlias = Callable[[str], None]


class RunSteps:
    """The steps of a run, each kept in the journal when it is done."""

    def __init__(
        self,
        kept: Tables,
        task: Task,
        executor: Executor,
        callbacks: tuple[Callback, ...],
        say: Say | None,
    ) -> None:
        self._kept, self._journal, self._settings = kept, kept.journal, kept.settings
        self._task, self._executor = task, executor
        self._callbacks, self._say = callbacks, say or (lambda _: None)
        self._space = space_of(self._settings, task)
        self._conditions = Conditions(task, self._settings.level, "search", self._settings.hyper)

    def whole(self) -> Evolution:
        """From the first generation to the last seal."""
        settings, journal = self._settings, self._journal
        begun = time.perf_counter()
        main = self.searched(settings.strategy, settings.limits)
        same = Limits(trainings=main.trainings)
        others = [name for name in RIVALS if settings.compare and name != settings.strategy]
        rivals = {name: self.searched(name, same) for name in others}
        tuned = {}
        if settings.compare and settings.tune and not settings.planned:
            tuned["hyper-parameters"] = self._tuned(main)
        front = self._front(main)
        self._say(say("Sealing champion and controls"))
        found = {name: rival.topology for name, rival in rivals.items()}
        if settings.planned:
            found["single"], tuned["single"] = self._single(main)
            found["untuned"] = self._drawn(single_plan(settings.units, settings.hyper))
        plan = Sealing(
            self._task,
            main.topology,
            inputs_of(settings, self._task),
            settings.hyper,
            tuple(found) if settings.planned else names([*found, *tuned]),
            found,
            tuned,
            settings.seed,
            settings.seal_trials,
            settings.tune,
        )
        seals = seal(plan, self._executor, self._remember)
        spent = journal.remember("seconds", lambda: time.perf_counter() - begun, float)
        if not journal.finished:
            journal.finish()
        name = str(journal.path) if journal.path.name != "temporary.run" else ""
        return Evolution(name, settings, self._task, main, rivals, seals, spent, front)

    def searched(self, name: str, limits: Limits) -> Found:
        """One strategy, from its start to its winner."""
        population, seconds = self._population(name, limits)
        stream = (self._settings.seed, stream_of(name))
        self._say(say("Racing the best of {name}", name=name))
        by_error = ranked(population.members, population.noise)
        final = self._remember(
            f"final/{name}",
            lambda: vars(race(by_error, self._space, self._conditions, stream, self._executor)),
            Final,
        )
        with self._journal.understood(f"final/{name}"):
            (winner,) = [member for member in population.members if member.number == final.champion]
        champion = Champion(winner, self._space.topology(winner.genome, "champion"), self._settings.hyper)
        return Found(
            name,
            champion,
            final,
            tuple(self._kept.history(name)),
            population.members,
            population.trainings,
            seconds,
        )

    def _population(self, name: str, limits: Limits) -> tuple[Population, float]:
        """Who is left when a strategy is over."""
        settings, journal = self._settings, self._journal
        state, before = self._kept.population(name) or (None, 0.0)
        for member in state.members if state is not None else ():
            with journal.understood(f"candidate {member.number}"):
                self._space.check(member.genome)
        if state is not None and journal.get(f"over/{name}") is not None:
            return state, before
        journal.require_writable(f"generations of {name}")
        given = self._kept.start() if name == settings.strategy else []
        strategy, sparse = strategy_of(settings, name), "edges" in settings.objectives and name == settings.strategy
        search = Search(
            self._space,
            strategy,
            settings.seed,
            trials=trials_of(settings, for_front(strategy) if sparse else strategy),
            deterministic=self._conditions.deterministic,
            adapt=settings.adapt,
            start=given,
            sparse=sparse,  # rivals search the claim: a low error
            operators=named_operators(settings) if name == settings.strategy else None,
            population=state,
        )
        self._say(say("Searching: {name}", name=name))
        begun, seconds = time.perf_counter() - before, before
        stopped = False
        while not stopped and not _over(search.population, limits, time.perf_counter() - begun):
            batch = search.ask()
            generation = search.tell(score(batch.topologies, self._conditions, batch.seeds, self._executor))
            if generation is None:
                continue
            seconds = time.perf_counter() - begun
            self._kept.write(name, generation, seconds)
            progress = Progress(name, generation.summary(seconds), limits)
            for callback in self._callbacks:
                stopped = bool(callback(progress)) or stopped
        journal.put(f"over/{name}", b"1")
        return search.population, seconds

    def _front(self, main: Found) -> tuple[FrontPoint, ...]:
        """Little error for every number of edges; none of a run that was finished before runs had one: it is read."""
        journal = self._journal
        if journal.finished and journal.get("front") is None:
            return ()
        self._say(say("Scoring the front of error and edges"))
        stream = (self._settings.seed, stream_of(main.strategy))
        survived, noise = self._kept.ever_survived(main.strategy)
        points = self._remember(
            "front",
            lambda: [
                asdict(point)
                for point in front_of(survived, self._space, self._conditions, noise, stream, self._executor)
            ],
            tuple[FrontPoint, ...],
        )
        return cast("tuple[FrontPoint, ...]", points)

    def _tuned(self, main: Found) -> Hyperparameters:
        """Hyper-parameters of a random wiring, from as many trainings as the search had."""

        def compute() -> dict[str, Any]:
            self._say(say("Tuning a random wiring with the same budget"))
            settings = self._settings
            draws = control(
                "hyper-parameters",
                main.topology,
                settings.level,
                self._task.n_inputs,
                Stream.HYPER.below(settings.seed),
            ).draws
            length = length_for(main.trainings, len(draws))
            seed = Stream.HYPER_TUNING.below(settings.seed, 1)
            return vars(tune(draws, self._conditions, seed, self._executor, length))

        return cast("Hyperparameters", self._remember("tuned/hyper-parameters", compute, Hyperparameters))

    def _single(self, main: Found) -> tuple[Topology, Hyperparameters]:
        """One reservoir in place of a plan: tuned with as many trainings, or with few where nothing is compared."""
        settings = self._settings

        def compute() -> dict[str, Any]:
            if not settings.tune:
                return {"plan": single_plan(settings.units, settings.hyper).as_json(), "hyper": vars(settings.hyper)}
            self._say(say("Tuning a single reservoir with the same budget"))
            length = length_for(main.trainings + main.final.trainings) if settings.compare else SETTINGS
            seed = Stream.HYPER_TUNING.below(settings.seed, 2)
            plan, hyper = tune_single(settings.units, self._conditions, seed, self._executor, length)
            return {"plan": plan.as_json(), "hyper": vars(hyper)}

        kept = self._remember("tuned/single", compute, _Single)
        with self._journal.understood("tuned/single"):
            return self._drawn(Plan.from_json(kept.plan)), kept.hyper

    def _drawn(self, plan: Plan) -> Topology:
        """A plan that stands for its kind: whoever seals it draws it anew."""
        return draw_plan(plan, self._task.n_inputs, seed=self._settings.seed)

    def _remember(self, key: str, compute: Callable[[], Any], kind: Any) -> Any:
        if key.startswith("seal/") and self._journal.get(key) is None:
            level, _, name = key.removeprefix("seal/").partition("/")
            self._say(say("Sealing {level}: {name}", level=level, name=name))
        return self._journal.remember(key, compute, kind)


def _over(population: Population, limits: Limits, seconds: float) -> bool:
    same = population.generation - 1 - population.best_since
    return population.generation > 0 and limits.reached(population.generation, population.trainings, seconds, same)
