"""A generation whose trials are drawn for it: offspring join the survivors, and all are scored on the same new trials.

The trials come in two parts (sequential halving): all candidates meet the first, the survivors and the better half of
the offspring the second. Records then decide who survives (`Strategy.survive`). Where nothing is random in a trial, one
is enough, survivors need none, and scores are compared as they are. So searches for little error with few edges go,
strategies that choose survivors their own way, and runs that began before there were races (`racing`).
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from statescape.evolution.conditions import TrialSeed
from statescape.evolution.scoring import losses
from statescape.evolution.search.fronts import by_fronts
from statescape.evolution.search.generation import Generation, Rules, children_by_operator
from statescape.evolution.search.population import (
    Candidate,
    Population,
    difficulties,
    merit,
    noise_of,
    ranked,
    running,
)
from statescape.evolution.search.variation import offspring
from statescape.streams import Stream


class Redrawn:
    """A generation under way, on trials of its own.

    Args:
        rules: of the search.
        now: its state before.
        start: genomes to begin with.
    """

    def __init__(self, rules: Rules, now: Population, start: tuple[Candidate, ...] = ()) -> None:
        self._rules, self._now = rules, now
        count = rules.strategy.offspring if now.members else max(rules.strategy.survivors, len(start))
        children = offspring(
            now,
            rules.space,
            rules.strategy,
            rules.operators,
            count,
            Stream.OPERATORS.below(rules.stream, now.generation),
        )
        if not now.members:
            children[: len(start)] = start
        again = () if rules.deterministic else now.members
        self.candidates = [*again, *children]
        self._numbers = range(math.ceil(rules.trials / 2) if rules.trials > 1 else 1)
        self._everyone = {candidate.number: candidate for candidate in self.candidates}
        self._differences: dict[int, list[float]] = {candidate.number: [] for candidate in self.candidates}
        self._scores: list[tuple[int, int, float]] = []

    @property
    def seeds(self) -> tuple[TrialSeed, ...]:
        """Of the trials that come next."""
        return tuple(self._seed(trial) for trial in self._numbers)

    def take(self, scores: Float[np.ndarray, "candidates trials"]) -> Generation | None:
        """Bring the records up to date; the generation, where that was its second part."""
        found = losses(scores)
        if not self._rules.deterministic:
            found = found - difficulties(found, [one.record for one in self.candidates])[None]
        for place, candidate in enumerate(self.candidates):
            record = candidate.record
            for trial, difference, score in zip(self._numbers, found[place], scores[place], strict=True):
                record = record.with_trial(float(difference), float(score))
                self._scores.append((candidate.number, trial, float(score)))
                self._differences[candidate.number].append(float(difference))
            self.candidates[place] = self._everyone[candidate.number] = candidate.with_record(record)
        if self._numbers.stop >= self._rules.trials:
            return self._closed()
        self._halve()
        return None

    def _seed(self, trial: int) -> TrialSeed:
        return Stream.TRIALS.below(self._rules.stream, self._now.generation, trial)

    def _halve(self) -> None:
        """Go on with the survivors and the better half of the offspring, on the other trials."""
        old = {member.number for member in self._now.members}
        children = [candidate for candidate in self.candidates if candidate.number not in old]
        better = by_fronts(children, self._rules.space, 0.0) if self._rules.sparse else ranked(children, 0.0)
        chosen = {candidate.number for candidate in better[: max(math.ceil(len(children) / 2), 1)]} | old
        self.candidates = [candidate for candidate in self.candidates if candidate.number in chosen]
        self._numbers = range(self._numbers.stop, self._rules.trials)

    def _closed(self) -> Generation:
        now, rules, everyone = self._now, self._rules, dict(self._everyone)
        for member in now.members:
            everyone.setdefault(member.number, member)
        noise = running(now.noise, noise_of([np.array(own) for own in self._differences.values()]), now.generation)
        born = tuple(candidate for candidate in self._everyone.values() if candidate.number >= now.born)
        members = [everyone[member.number] for member in now.members]
        if rules.sparse:
            survivors = by_fronts([*members, *born], rules.space, noise)[: rules.strategy.survivors]
        else:
            survivors = rules.strategy.survive(members, born, noise, now.generation)
        alive = {survivor.number for survivor in survivors}
        same = bool(now.members) and survivors[0].number == now.members[0].number
        population = Population(
            now.generation + 1,
            tuple(survivors),
            now.rates.after([self._improvement(child, everyone, noise, alive) for child in born]),
            now.born + len(born),
            now.trainings + len(self._scores),
            noise,
            now.best_since if same else now.generation,
        )
        here = self._means()
        known = [here.get(survivor.number, survivor.record.mean) for survivor in survivors]
        return Generation(
            now.generation,
            born,
            tuple(self._seed(trial) for trial in range(rules.trials)),
            tuple(self._scores),
            known[0],
            float(np.median(known)),
            children_by_operator(born, alive),
            population,
        )

    def _improvement(
        self, child: Candidate, everyone: dict[int, Candidate], noise: float, alive: set[int]
    ) -> tuple[str, float]:
        """By how much a child is better than the better of its parents: a copy of that one is no success.

        With two objectives a success is a child that survives.
        """
        if self._rules.sparse:
            return child.operator, float(child.number in alive)
        parents = [everyone[number] for number in child.parents if number in everyone]
        if not parents:
            return child.operator, 0.0
        best = min(merit(parent.record, noise) for parent in parents)
        return child.operator, best - merit(child.record, noise)

    def _means(self) -> dict[int, float]:
        """Mean score of every candidate in this generation."""
        raw: dict[int, list[float]] = {}
        for number, _, score in self._scores:
            raw.setdefault(number, []).append(score)
        return {number: float(np.mean(values)) for number, values in raw.items()}
