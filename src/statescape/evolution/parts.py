"""What the names in the settings of a search mean: its encoding, its arm, its operators."""

from __future__ import annotations

from statescape.evolution.encodings import Encoding, by_name
from statescape.evolution.search.arms import Arm, arm_by_name, operators_of, with_offspring
from statescape.evolution.settings import Settings
from statescape.evolution.space import SearchSpace


def encoding_of(settings: Settings) -> Encoding:
    """How genomes become W.

    Raises:
        StatescapeError: for an unknown name.
    """
    return by_name(settings.encoding, settings.units, settings.density)


def arm_of(settings: Settings, name: str) -> Arm:
    """How the arm of this name searches here: rivals keep their own numbers of offspring.

    Raises:
        StatescapeError: for an unknown name, or an arm without offspring.
    """
    return with_offspring(arm_by_name(name), settings.offspring if name == settings.arm else None)


def require_parts(settings: Settings) -> Settings:
    """The settings, where every part that they name is there and applies.

    Raises:
        StatescapeError: for names that are unknown, and operators that make no children in this space.
    """
    space = SearchSpace(encoding_of(settings), 1, settings.radius, settings.evolve_inputs)
    operators_of(arm_of(settings, settings.arm), space, settings.operators)
    return settings
