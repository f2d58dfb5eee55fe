"""The search itself, by ask and tell: `ask` names wirings and trials, whoever asked scores them, `tell` takes scores.

What a generation does in between is its strategy's: children race their parents on a pool of common trials (`racing`),
or all meet trials that are redrawn (`redrawn`). How large a batch is depends on the settings, never on who scores it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.genome import Genome
from statescape.evolution.operators import Operator
from statescape.evolution.search.generation import Batch, Contest, Generation, Rules
from statescape.evolution.search.population import Candidate, Population
from statescape.evolution.search.racing import Race
from statescape.evolution.search.rates import OperatorRates
from statescape.evolution.search.redrawn import Redrawn
from statescape.evolution.search.strategies import Strategy, for_front, operators_of, stream_of
from statescape.evolution.space import SearchSpace


class Search:
    """A search that can be asked and told.

    Args:
        space: where genomes come from.
        strategy: how it searches.
        seed: of everything random.
        trials: that the pool may grow to, where children race; else of each generation.
        deterministic: whether trials are all alike.
        adapt: whether operators are used as often as their children are worth.
        start: genomes to begin with, before random ones.
        sparse: whether few edges are an objective beside a low error.
        operators: those to use, or their names; None for the usual ones of ours that apply.
        population: a state to go on from.

    Raises:
        StatescapeError: for no trials, a start that does not belong to the space, or a state of other operators.
    """

    def __init__(
        self,
        space: SearchSpace,
        strategy: Strategy,
        seed: int,
        *,
        trials: int = 4,
        deterministic: bool = False,
        adapt: bool = True,
        start: Sequence[Genome] = (),
        sparse: bool = False,
        operators: Sequence[str | Operator] | None = None,
        population: Population | None = None,
    ) -> None:
        if trials < 1:
            raise StatescapeError(f"A generation needs at least one trial; got {trials}.")
        for genome in start:
            space.check(genome)
        self.rules = Rules(
            space,
            for_front(strategy) if sparse else strategy,
            operators_of(strategy, space, operators),
            (seed, stream_of(strategy.name)),
            1 if deterministic else trials,
            deterministic,
            sparse,
        )
        names = tuple(operator.name for operator in self.rules.operators)
        if population is not None and population.rates.names != names:
            raise StatescapeError(
                f"This search was begun with other operators ({', '.join(population.rates.names)}); go on with the "
                "version that began it."
            )
        self.population = population or Population(0, (), OperatorRates(names, adapt))
        self._start = tuple(Candidate(index, 0, (), "given", genome) for index, genome in enumerate(start))
        self._open: Contest | None = None

    @property
    def strategy(self) -> Strategy:
        """How it searches."""
        return self.rules.strategy

    def ask(self) -> Batch:
        """What to score next; the same batch until it is told."""
        if self._open is None:
            kind: type[Race] | type[Redrawn] = Race if self.strategy.racing else Redrawn
            self._open = kind(self.rules, self.population, self._start)
        stage = self._open
        topologies = tuple(self.rules.space.topology(candidate.genome) for candidate in stage.candidates)
        return Batch(tuple(stage.candidates), topologies, stage.seeds)

    def tell(self, scores: Float[np.ndarray, "candidates trials"]) -> Generation | None:
        """Take the scores of the batch that was asked for last.

        Returns:
            The generation, where this ended it.

        Raises:
            StatescapeError: where nothing was asked for, or the scores do not fit it.
        """
        stage = self._open
        if stage is None:
            raise StatescapeError("Ask before you tell: there is no batch that these scores could belong to.")
        wanted = (len(stage.candidates), len(stage.seeds))
        if scores.shape != wanted or np.isnan(scores).any():
            raise StatescapeError(
                f"Scores need the shape {wanted}, candidates by trials, and no "
                f"NaN (a network that diverged scores infinity); got shape {scores.shape}."
            )
        generation = stage.take(scores)
        if generation is not None:
            self._open, self.population = None, generation.population
        return generation
