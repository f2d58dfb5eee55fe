"""How a search went: the errors of its generations, what its operators were worth, the best wirings on the way.

Raw errors jump where trials are redrawn, since every trial has its own difficulty. Records are freed from it
(`evolution/search/population.py`): exp(record) is an error as a multiple of what the median of the random
start has on the same trials. Both are read here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

from statescape.evolution import Evolution
from statescape.evolution.history import History, Moment, genomes
from statescape.evolution.parts import space_of
from statescape.evolution.search import GenerationSummary

# Survivors whose wiring is shown, first and last generation among them.
STAGES = 8
# What makes candidates without parents.
STARTS = ("random", "given")
# Parts of a search in which the use of the operators is counted.
PERIODS = 24
# Generations at which all survivors are compared with each other.
SAMPLES = 40
NORMAL_95 = 1.96


@dataclass(frozen=True, eq=False)
class Curve:
    """The errors of all generations.

    Attributes:
        trainings: networks trained by the end of each generation.
        best: mean score of the best survivor on the generation's trials.
        median: median of the survivors' there.
        relative: error of the best survivor relative to the median random start, by its record.
        low: lower end of its 95% interval.
        high: upper end.
        relative_median: the same of the median survivor.
        quarter: of the survivor at the lower quartile.
        three_quarters: of the survivor at the upper quartile.
        diversity: share of different genomes among the survivors.
        edges: of the best survivor.
        sampled: generations at which the survivors were compared pair by pair.
        unshared: at these, the mean share of edges that two survivors do not share (Jaccard distance).
        difficulty_free: False where all trials are alike, so that records are errors as they are.
    """

    trainings: Int[np.ndarray, " generations"]
    best: Float[np.ndarray, " generations"]
    median: Float[np.ndarray, " generations"]
    relative: Float[np.ndarray, " generations"]
    low: Float[np.ndarray, " generations"]
    high: Float[np.ndarray, " generations"]
    relative_median: Float[np.ndarray, " generations"]
    quarter: Float[np.ndarray, " generations"]
    three_quarters: Float[np.ndarray, " generations"]
    diversity: Float[np.ndarray, " generations"]
    edges: Int[np.ndarray, " generations"]
    sampled: Int[np.ndarray, " samples"]
    unshared: Float[np.ndarray, " samples"]
    difficulty_free: bool


@dataclass(frozen=True, eq=False)
class OperatorWorth:
    """What one operator did.

    Attributes:
        name: of the operator.
        made: children.
        survived: of them, the generation they were born in.
        low: lower end of the 95% interval of the share that survived (Wilson).
        high: upper end.
        use: share of all children that it made, in each of the periods.
    """

    name: str
    made: int
    survived: int
    low: float
    high: float
    use: Float[np.ndarray, " periods"]

    @property
    def share(self) -> float:
        """Of its children that survived."""
        return self.survived / max(self.made, 1)


@dataclass(frozen=True, eq=False)
class Stage:
    """The best wiring of one generation.

    Attributes:
        generation: its number.
        candidate: who it was.
        relative: its error, as in `Curve`.
        W: before any scaling.
    """

    generation: int
    candidate: int
    relative: float
    W: Float[np.ndarray, "units units"]


def curve(evolution: Evolution, past: History) -> Curve:
    """The errors of all generations of a run."""
    history, moments = evolution.history, past.moments
    alike = len(evolution.found.final.sealed) == 1
    space = space_of(evolution.settings, evolution.task)
    leaders = genomes(
        evolution.run,
        {moment.members[0][0] for moment in moments},
        evolution.settings.strategy,
        evolution.settings.objects,
    )
    edges = {number: space.topology(genome).edges for number, genome in leaders.items()}
    sampled = np.array(_spread(range(len(moments)), SAMPLES))
    differences = [np.array([record.difference for _, record in moment.members]) for moment in moments]
    best = np.array([one[0] for one in differences])
    error = np.array([moment.noise / math.sqrt(max(moment.members[0][1].n, 1)) for moment in moments])
    quartiles = np.array([np.quantile(one, (0.25, 0.5, 0.75), method="inverted_cdf") for one in differences])
    return Curve(
        np.array([line.trainings for line in history]),
        np.array([abs(_number(line.best)) for line in history]),
        np.array([abs(_number(line.median)) for line in history]),
        np.exp(best),
        np.exp(best - NORMAL_95 * error),
        np.exp(best + NORMAL_95 * error),
        np.exp(quartiles[:, 1]),
        np.exp(quartiles[:, 0]),
        np.exp(quartiles[:, 2]),
        np.array([line.diversity for line in history]),
        np.array([edges[moment.members[0][0]] for moment in moments]),
        sampled,
        _unshared(evolution, [moments[at] for at in sampled]),
        not alike,
    )


def _unshared(evolution: Evolution, moments: Sequence[Moment]) -> Float[np.ndarray, " samples"]:
    """How little the survivors of some generations have in common."""
    space = space_of(evolution.settings, evolution.task)
    members = {number for moment in moments for number, _ in moment.members}
    kept = genomes(evolution.run, members, evolution.settings.strategy, evolution.settings.objects)
    signs = {number: np.sign(space.encoding.decode(genome.genes)).ravel() for number, genome in kept.items()}
    found = []
    for moment in moments:
        edges = np.stack([signs[number] for number, _ in moment.members])
        marks = np.hstack([edges > 0, edges < 0]).astype(np.float64)
        shared, counts = marks @ marks.T, marks.sum(axis=1)
        either = counts[:, None] + counts[None] - shared
        pairs = np.triu_indices(len(edges), 1)
        apart = 1.0 - np.divide(shared, either, out=np.ones_like(shared), where=either > 0)
        found.append(float(apart[pairs].mean()) if len(pairs[0]) else 0.0)
    return np.array(found)


def operators(history: Sequence[GenerationSummary]) -> tuple[OperatorWorth, ...]:
    """Every operator, the one with the largest share of survivors first; random starts are left out.

    Args:
        history: the generations so far.
    """
    count = min(PERIODS, len(history))
    periods = np.arange(len(history)) * count // len(history)
    made: defaultdict[str, np.ndarray] = defaultdict(lambda: np.zeros(count))
    survived: defaultdict[str, int] = defaultdict(int)
    for line, period in zip(history, periods, strict=True):
        for name, (children, kept) in line.operators.items():
            if name not in STARTS:
                made[name][period] += children
                survived[name] += kept
    total = sum(made.values(), np.zeros(count))
    found = []
    for name, counts in made.items():
        n = int(counts.sum())
        interval = stats.binomtest(survived[name], n).proportion_ci(method="wilson")
        use = np.divide(counts, total, out=np.full(count, np.nan), where=total > 0)
        found.append(OperatorWorth(name, n, survived[name], float(interval.low), float(interval.high), use))
    return tuple(sorted(found, key=lambda one: (-one.share, one.name)))


def stages(evolution: Evolution, past: History) -> tuple[Stage, ...]:
    """The best wirings of some generations, first and last among them, evenly spread over the search's progress.

    Progress is counted in changes of the best survivor, since a search changes much at first and little at the end.
    """
    best = [moment.members[0][0] for moment in past.moments]
    changes = [0, *(at for at in range(1, len(best)) if best[at] != best[at - 1])]
    chosen = _spread(changes, STAGES)
    if chosen[-1] != len(best) - 1:  # what stands at the end, by its last record
        chosen[-1] = len(best) - 1
    space = space_of(evolution.settings, evolution.task)
    kept = genomes(evolution.run, {best[at] for at in chosen}, evolution.settings.strategy, evolution.settings.objects)
    return tuple(
        Stage(
            past.moments[at].generation,
            best[at],
            math.exp(past.moments[at].members[0][1].difference),
            space.topology(kept[best[at]]).to_dense(),
        )
        for at in chosen
    )


def _spread(items: Sequence[int], most: int) -> list[int]:
    """At most so many of the items, the first and the last among them."""
    places = np.unique(np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int))
    return [items[place] for place in places]


def _number(value: float | None) -> float:
    """A score as the journal keeps it: infinity may come back as nothing."""
    return math.inf if value is None else float(value)
