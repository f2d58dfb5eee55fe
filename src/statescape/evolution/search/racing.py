"""A generation as a race: children meet their parents trial by trial, on a pool of common trials.

Survivors are lineages. Their scores on the pool are kept, so that a comparison costs the child's trainings alone, and
difference by difference on the same trials: their noise is smaller than that of scores. A child meets 1, 1, 2, 4, ...
trials of the pool, in an order of the generation's own, and is dropped as soon as it is hopeless (races: Maron and
Moore 1994; Birattari et al. 2002): most children are clearly worse, and few trials say so. One that has met the whole
pool takes its parent's place where it is not worse there (deterministic crowding, Mahfoud 1995). Lineages that stay
behind are given up, half of them at a time (`Strategy.halving`).

Whoever is chosen on a pool fits it. So its slots are redrawn one by one, the oldest first, and the survivors are scored
on the new trial: by how much it finds them worse than the pool did is the pool's own bias. How many trials there are
follows the noise: where the best child of a generation gains less than the error of a comparison on the whole pool, the
new trial gets a slot of its own.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from statescape.evolution.conditions import TrialSeed
from statescape.evolution.scoring import losses
from statescape.evolution.search.generation import Generation, Rules, children_by_operator
from statescape.evolution.search.population import (
    Candidate,
    Pool,
    Population,
    Record,
    difficulties,
    noise_of,
    running,
)
from statescape.evolution.search.variation import offspring
from statescape.streams import Stream

# Random starts for every lineage, and trials that they meet before the better of them go on.
STARTS, SCREENING = 4, 2
# Standard errors of the mean difference by which a child may be behind and still race on.
HOPE = 0.25
# A child's own differences are so few that the search's noise counts as much as so many of them.
PRIOR = 2
# Trials of the pool at first.
FIRST = 4
# Weight of the newest generation in the running gain.
NEWEST = 0.1
# Share of all trainings that goes into new trials of the pool.
REDRAWN = 0.05


class Race:
    """A generation under way, on the pool.

    Args:
        rules: of the search.
        now: its state before.
        start: candidates to begin with.
    """

    def __init__(self, rules: Rules, now: Population, start: tuple[Candidate, ...] = ()) -> None:
        self._rules, self._now = rules, now
        self._pool = now.pool or Pool.unseen(min(FIRST, rules.trials))
        size, strategy = len(self._pool.trials), rules.strategy
        first = max(strategy.survivors, len(start)) if start else STARTS * strategy.survivors
        count = strategy.offspring if now.members else first
        children = offspring(
            now, rules.space, strategy, rules.operators, count, Stream.OPERATORS.below(rules.stream, now.generation)
        )
        if not now.members:
            children[: len(start)] = start
        self._born = tuple(children)
        self._table = {one.number: np.full(size, np.nan) for one in children}
        self._table |= {one.number: np.array(own) for one, own in zip(now.members, self._pool.scores, strict=True)}
        self._rivals = {one.number: self._rival(one) for one in children} if now.members else {}
        order = np.random.default_rng(Stream.ORDER.below(rules.stream, now.generation))
        self._order = order.permutation(size)
        self._met = 0
        self._scores: list[tuple[int, int, float]] = []
        self._members: tuple[Candidate, ...] = now.members
        self._fresh = False
        self.candidates = children
        self._slots = self._order[: 1 if now.members else SCREENING]

    @property
    def seeds(self) -> tuple[TrialSeed, ...]:
        """Of the trials that come next."""
        if self._fresh:
            return (self._seed(self._pool.drawn),)
        return tuple(self._seed(self._pool.trials[slot]) for slot in self._slots)

    def take(self, scores: Float[np.ndarray, "candidates trials"]) -> Generation | None:
        """Go on with the race; the generation, where nobody is left to be scored."""
        places = [len(self._pool.trials)] if self._fresh else self._slots.tolist()
        self._scores += [
            (one.number, place, float(score))
            for one, own in zip(self.candidates, scores, strict=True)
            for place, score in zip(places, own, strict=True)
        ]
        if self._fresh:
            return self._closed(scores[:, 0])
        if not self._now.members:
            self._rate(losses(scores))
        for one, own in zip(self.candidates, scores, strict=True):
            self._table[one.number][self._slots] = own
        self._met += len(self._slots)
        self.candidates = self._hopeful()
        rest = len(self._order) - self._met
        if rest and self.candidates:
            step = min(self._met, rest) if self._now.members else rest
            self._slots = self._order[self._met : self._met + step]
            return None
        self._members = self._settled()
        spent = (self._pool.drawn - min(FIRST, self._rules.trials)) * len(self._members)
        trainings = self._now.trainings + len(self._scores)
        if self._now.members and spent < REDRAWN * trainings and not self._rules.deterministic:
            self._fresh, self.candidates = True, list(self._members)
            return None
        return self._closed(None)

    def _seed(self, trial: int) -> TrialSeed:
        return Stream.POOL.below(self._rules.stream, trial)

    def _rate(self, found: Float[np.ndarray, "candidates trials"]) -> None:
        """How difficult the first trials of the pool are, by the random starts."""
        off = difficulties(found, [self._record(one) for one in self.candidates])
        known = np.array(self._pool.difficulties)
        known[self._slots] = off
        self._pool = replace(self._pool, difficulties=tuple(known.tolist()))

    def _record(self, one: Candidate) -> Record:
        """What a candidate has scored so far: survivors remember trials that have left the pool."""
        record = one.record
        if one.number >= self._now.born:
            slots = self._order
            own, off = self._table[one.number][slots], np.array(self._pool.difficulties)[slots]
            for difference, score in zip(losses(own) - off, own, strict=True):
                record = record if np.isnan(score) else record.with_trial(float(difference), float(score))
        return record

    def _hopeful(self) -> list[Candidate]:
        """Those of the candidates that are not clearly behind: their parents, or the best of the random starts."""
        if not self._now.members:
            least = min(self._rules.strategy.survivors, len(self.candidates))
            return sorted(self.candidates, key=lambda one: (self._level(one), -one.number))[:least]
        noise = math.sqrt(2.0) * self._now.noise
        return [one for one in self.candidates if not hopeless(self._behind(one), noise)]

    def _rival(self, child: Candidate) -> Candidate:
        """Whose place it may take: its first parent's, or the worst survivor's where it has none."""
        known = {member.number: member for member in self._now.members}
        return known.get(child.parents[0], self._now.members[-1]) if child.parents else self._now.members[-1]

    def _behind(self, child: Candidate) -> Float[np.ndarray, " trials"]:
        """By how much a child is worse than its rival, trial by trial in the order of the race."""
        rival = self._rivals[child.number]
        own, other = (losses(self._table[one.number][self._order]) for one in (child, rival))
        with np.errstate(invalid="ignore"):
            found = np.where(np.isinf(own) & np.isinf(other), 0.0, own - other)
        return np.asarray(found[~np.isnan(own)])

    def _level(self, one: Candidate) -> float:
        """Mean loss on what it has met of the pool, freed from how difficult that is."""
        own = losses(self._table[one.number]) - self._pool.difficulties
        return float(own[~np.isnan(own)].mean())

    def _settled(self) -> tuple[Candidate, ...]:
        """The survivors, best first: children that met the whole pool and are not worse take their rivals' places."""
        now = self._now
        if not now.members:
            return tuple(self.candidates)
        places = {member.number: member for member in now.members}
        for child in sorted(self.candidates, key=lambda one: (_mean(self._behind(one)), -one.number)):
            rival = self._rivals[child.number].number
            if not child.parents:
                rival = max(places, key=lambda number: self._level(places[number]))
                if self._level(child) <= self._level(places[rival]):
                    places[rival] = child
            elif places[rival].number == rival and _mean(self._behind(child)) <= 0:
                places[rival] = child
        gains = [-_mean(self._behind(one)) for one in self.candidates if one in places.values()]
        best = max((gain for gain in gains if math.isfinite(gain)), default=0.0)
        self._pool = replace(self._pool, gain=(1.0 - NEWEST) * self._pool.gain + NEWEST * best)
        survivors = sorted(places.values(), key=lambda one: (self._level(one), -one.number))
        return tuple(survivors[: self._rules.strategy.lineages(now.generation)])

    @property
    def _too_small(self) -> bool:
        """Whether a comparison on the whole pool errs by more than there is to be gained."""
        size = len(self._order)
        return size < self._rules.trials and self._pool.gain < math.sqrt(2.0 / size) * self._now.noise

    def _closed(self, fresh: Float[np.ndarray, " survivors"] | None) -> Generation:
        now = self._now
        members = tuple(one.with_record(self._record(one)) for one in self._members)
        born = tuple(one.with_record(self._record(one)) for one in self._born)
        pool, members = self._pool.after(members, [self._table[one.number] for one in members], fresh, self._too_small)
        alive = {one.number for one in members}
        same = bool(now.members) and members[0].number == now.members[0].number
        table = np.array(pool.scores)
        seeds = [*self._pool.trials, *([self._pool.drawn] if fresh is not None else [])]
        population = Population(
            now.generation + 1,
            members,
            now.rates.after([(one.operator, self._gain(one, alive)) for one in born]),
            now.born + len(born),
            now.trainings + len(self._scores),
            self._noise(),
            now.best_since if same else now.generation,
            pool,
        )
        return Generation(
            now.generation,
            born,
            tuple(self._seed(trial) for trial in seeds),
            tuple(self._scores),
            float(table[0].mean()),
            float(np.median(table.mean(axis=1))),
            children_by_operator(born, alive),
            population,
        )

    def _gain(self, child: Candidate, alive: set[int]) -> float:
        """By how much a child that survived is better than its rival; 0 for others."""
        if not self._now.members or child.number not in alive:
            return 0.0
        return -_mean(self._behind(child))

    def _noise(self) -> float:
        """Standard deviation of one trial around a record: of differences on a common trial, over the root of 2."""
        now = self._now
        if now.members:
            found = noise_of([self._behind(child) for child in self._born]) / math.sqrt(2.0)
        else:
            own = [losses(self._table[one.number]) - self._pool.difficulties for one in self._born]
            found = noise_of([one[~np.isnan(one)] for one in own])
        return running(now.noise, found, now.generation) if found or not now.members else now.noise


def hopeless(behind: Float[np.ndarray, " trials"], noise: float) -> bool:
    """Whether a child is too far behind to race on.

    Args:
        behind: by how much it is worse than its rival, on the trials it has met.
        noise: standard deviation of such a difference, as the search knows it.
    """
    mean, n = _mean(behind), len(behind)
    if math.isnan(mean) or mean == math.inf:
        return True
    if mean == -math.inf:
        return False
    variance = (PRIOR * noise**2 + float(((behind - mean) ** 2).sum())) / (PRIOR + n - 1)
    return mean > HOPE * math.sqrt(variance / n)


def _mean(behind: Float[np.ndarray, " trials"]) -> float:
    """The mean difference; NaN where child and rival diverged on different trials."""
    with np.errstate(invalid="ignore"):
        return float(behind.mean())
