"""What the names in the settings of a search mean: encoding, strategy, operators, and the space they span."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from statescape.evolution.conditions import Stream, draw_input_weights
from statescape.evolution.encodings import Encoding, by_name
from statescape.evolution.search.strategies import Strategy, operators_of, strategy_by_name, with_offspring
from statescape.evolution.settings import Settings
from statescape.evolution.space import SearchSpace
from statescape.reservoir.tasks import Task


def encoding_of(settings: Settings) -> Encoding:
    """How genomes become W.

    Raises:
        StatescapeError: for an unknown name.
    """
    return by_name(settings.encoding, settings.units, settings.density)


def strategy_of(settings: Settings, name: str) -> Strategy:
    """How the strategy of this name searches here: rivals keep their own numbers of offspring.

    Raises:
        StatescapeError: for an unknown name, or an strategy without offspring.
    """
    return with_offspring(strategy_by_name(name), settings.offspring if name == settings.strategy else None)


def require_parts(settings: Settings) -> Settings:
    """The settings, where every part that they name is there and applies.

    Raises:
        StatescapeError: for names that are unknown, and operators that make no children in this space.
    """
    space = SearchSpace(encoding_of(settings), 1, settings.radius, settings.evolve_inputs)
    operators_of(strategy_of(settings, settings.strategy), space, settings.operators)
    return settings


def space_of(settings: Settings, task: Task) -> SearchSpace:
    """The space that a run searches."""
    own = settings.level == "matrix" and not settings.evolve_inputs
    W_in = inputs_of(settings, task) if own else None
    return SearchSpace(encoding_of(settings), task.n_inputs, settings.radius, settings.evolve_inputs, W_in)


def inputs_of(settings: Settings, task: Task) -> Float[np.ndarray, "units inputs"]:
    """The run's own W_in, [units, inputs]: at *matrix* where it does not evolve, and for the seal at *matrix*."""
    return draw_input_weights(settings.units, task.n_inputs, np.random.SeedSequence((settings.seed, Stream.INPUTS)))
