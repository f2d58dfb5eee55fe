"""The strategies of a comparison: ways to search that share interface, trials and budget.

All are (mu + lambda): survivors are scored again with their offspring, and some of both survive. They differ in how
many there are and in where offspring come from, which is the question that the comparison asks.

A child takes its parent's place if it is not worse (deterministic crowding, Mahfoud 1995). Survivors are so many
lineages, and a good one does not crowd out the rest before they have become good themselves; on rugged scores such as
noisy memory capacity this decides whether a search arrives. Better lineages get more children (tournament), and now
and then the best child that found no place takes that of the worst survivor, so that in the end all work where it
pays. Children without parents compete with all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from statescape.errors import StatescapeError, unknown_name
from statescape.evolution.operators import SPARED, Operator, for_space
from statescape.evolution.search.population import Candidate, merit, ranked
from statescape.evolution.space import SearchSpace
from statescape.wording import Noun

# Few children have two parents: with more, the few lineages become one before they are good (measured on NARMA10 and
# noisy memory capacity; with none at all a search came as far).
CROSSOVER = 0.1
# Survivors where they are to fill a front.
FRONT = 24
# Generations from one takeover of the worst place to the next.
TAKEOVER = 10

Variation: TypeAlias = Literal["operators", "mutations", "random"]


@dataclass(frozen=True)
class Strategy(Noun):
    """One way to search; a subclass may choose parents and survivors its own way.

    Attributes:
        name: how tables call it.
        survivors: mu; the best is never lost unless its record gets worse (elitism).
        offspring: lambda.
        tournament: of how many survivors, drawn at random, the best becomes a parent.
        variation: offspring by all operators, by mutations only, or drawn at random.
        crossover: share of offspring that have two parents, where operators of both kinds are used.
        racing: whether children race their parents on a pool of common trials; else all meet trials of the generation's
            own, and `survive` chooses.
        halving: generations until half of the racing lineages are given up, the worse half; the next half after twice
            as many; 0: never.
    """

    name: str
    survivors: int
    offspring: int
    tournament: int = 3
    variation: Variation = "operators"
    crossover: float = CROSSOVER
    racing: bool = False
    halving: int = 0

    def __post_init__(self) -> None:
        if self.survivors < 1 or self.offspring < 1 or self.tournament < 1:
            raise StatescapeError(
                "A search needs at least one survivor, one offspring and a tournament of one; "
                f"got {self.survivors}, {self.offspring} and {self.tournament}."
            )

    def lineages(self, generation: int) -> int:
        """How many survivors a race leaves in a generation: all at first, one in the end (successive halving)."""
        rung = int(math.log2(generation / self.halving + 1)) if self.halving else 0
        return max(self.survivors >> rung, 1)

    def mates(self, members: Sequence[Candidate], count: int, rng: np.random.Generator) -> list[Candidate]:
        """The parents of a child, the first of which it competes with.

        Args:
            members: the survivors, best first.
            count: how many parents the operator takes.
            rng: the child's own; everything random comes from it.
        """
        # The lowest of a few random places wins the tournament.
        return [members[place] for place in rng.integers(len(members), size=(count, self.tournament)).min(axis=1)]

    def survive(
        self, members: Sequence[Candidate], born: Sequence[Candidate], noise: float, generation: int
    ) -> list[Candidate]:
        """The survivors of a generation, best first.

        Args:
            members: the survivors so far, with their newest records; none at the start.
            born: their offspring.
            noise: of a single trial, in log score.
            generation: its number.
        """
        if not members or self.variation == "random":
            return ranked([*members, *born], noise)[: self.survivors]
        places = {member.number: member for member in members}
        rest: list[Candidate] = []
        taken: set[int] = set()
        for child in ranked(born, noise):
            parent = child.parents[0] if child.parents else -1
            if (
                parent in places
                and parent not in taken
                and merit(child.record, noise) <= merit(places[parent].record, noise)
            ):
                places[parent] = child
                taken.add(parent)
            else:
                rest.append(child)
        survivors = ranked(list(places.values()), noise)
        if rest and generation % TAKEOVER == 0 and merit(rest[0].record, noise) < merit(survivors[-1].record, noise):
            survivors[-1] = rest[0]
        return ranked(survivors, noise)


# Few survivors, so that lineages are long: with as many trainings 4 + 8 came further than 24 + 48, 8 + 16 and 2 + 4
# (measured on NARMA10). Their order numbers their streams of random numbers: append, never insert.
REDRAWN = (
    Strategy("genetic", 4, 8),
    Strategy("mutation-only", 4, 8, variation="mutations"),
    Strategy("random-search", 8, 64, variation="random"),
    Strategy("hill-climber", 1, 1, variation="mutations"),
)
STRATEGIES = (
    Strategy("genetic", 4, 16, racing=True, halving=24),
    Strategy("mutation-only", 4, 16, variation="mutations", racing=True, halving=24),
    Strategy("random-search", 8, 64, variation="random", racing=True),
    Strategy("hill-climber", 1, 8, variation="mutations", racing=True),
)


def operators_of(
    strategy: Strategy, space: SearchSpace, names: Sequence[str | Operator] | None = None
) -> tuple[Operator, ...]:
    """The operators that a strategy uses in a space: those that apply and earn their place, or those that are named.

    A search that does not race is that of 0.1.0, which used all that apply.

    Raises:
        StatescapeError: for a name that is unknown or does not apply, and for none at all where children need one.
    """
    if names is not None and not names and strategy.variation != "random":
        raise StatescapeError("A search needs at least one operator; name none to have the usual ones.")
    crossover = strategy.variation == "random" or (strategy.variation == "operators" and strategy.survivors > 1)
    found = for_space(space, crossover=crossover, names=names)
    usual = names is None and strategy.racing
    return tuple(one for one in found if one.name not in SPARED) if usual else found


def strategy_by_name(name: str, *, racing: bool = True) -> Strategy:
    """A strategy.

    Args:
        name: of one of ours.
        racing: whether children race; else as it was before there were races.

    Raises:
        StatescapeError: for an unknown name.
    """
    for strategy in STRATEGIES if racing else REDRAWN:
        if strategy.name == name:
            return strategy
    raise unknown_name("strategy", name, [strategy.name for strategy in STRATEGIES])


def with_offspring(strategy: Strategy, offspring: int | None) -> Strategy:
    """The strategy with so many offspring a generation, and half as many survivors where it has several.

    Raises:
        StatescapeError: for fewer than one.
    """
    if offspring is None:
        return strategy
    breeds = strategy.survivors > 1 and strategy.variation != "random" and not strategy.racing
    return replace(strategy, offspring=offspring, survivors=max(offspring // 2, 1) if breeds else strategy.survivors)


def for_front(strategy: Strategy) -> Strategy:
    """The strategy with as many survivors as a front of error and edges needs, where it breeds a population."""
    if strategy.variation == "random" or strategy.survivors == 1:
        return strategy
    survivors, offspring = max(strategy.survivors, FRONT), max(strategy.offspring, 2 * FRONT)
    return replace(strategy, survivors=survivors, offspring=offspring, racing=False)


def stream_of(name: str) -> int:
    """The number of a strategy's stream of random numbers."""
    names = [known.name for known in STRATEGIES]
    return names.index(name) if name in names else len(names)
