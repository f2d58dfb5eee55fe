"""What the settings of a search mean: encoding, strategy, operators, and the space they span.

A part is a name or an object. What is not statescape's own is written down with where it came from, so that a run that
is resumed goes on with the same part or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution import encodings, operators
from statescape.evolution.conditions import draw_input_weights
from statescape.evolution.encodings import Encoding
from statescape.evolution.operators import Operator
from statescape.evolution.search.strategies import STRATEGIES, Strategy, operators_of, strategy_by_name, with_offspring
from statescape.evolution.settings import Settings
from statescape.evolution.slots import OwnPart, Slot
from statescape.evolution.space import SearchSpace
from statescape.registry import Origin, Registry, origin_of
from statescape.reservoir.tasks import Task
from statescape.streams import Stream

# Trials where nobody says: that the pool of a race may grow to, and of a generation that draws its own.
POOL, REDRAWN_TRIALS = 16, 4
_KINDS: dict[Slot, Any] = {"encoding": Encoding, "operator": Operator, "strategy": Strategy}
_REGISTRIES: dict[Slot, Registry[Any]] = {"encoding": encodings.REGISTRY, "operator": operators.REGISTRY}


def encoding_of(settings: Settings) -> Encoding:
    """How genomes become W.

    Raises:
        StatescapeError: for an unknown name, or a part that is not here.
    """
    own = _thing(settings, "encoding", settings.encoding)
    return (
        cast("Encoding", own)
        if own is not None
        else encodings.by_name(settings.encoding, settings.units, settings.density)
    )


def strategy_of(settings: Settings, name: str) -> Strategy:
    """How the strategy of this name searches here: rivals keep their own numbers of offspring.

    Raises:
        StatescapeError: for an unknown name, a part that is not here, or a strategy without offspring.
    """
    own = _thing(settings, "strategy", name)
    strategy = strategy_by_name(name, racing=settings.racing) if own is None else cast("Strategy", own)
    return with_offspring(strategy, settings.offspring if name == settings.strategy else None)


def trials_of(settings: Settings, strategy: Strategy) -> int:
    """Trials that the strategy's pool may grow to, or of each of its generations."""
    if settings.trials is not None:
        return settings.trials
    return POOL if strategy.racing else REDRAWN_TRIALS


def named_operators(settings: Settings) -> tuple[str | Operator, ...] | None:
    """The operators that were asked for: those of others as objects; None for the usual ones.

    Raises:
        StatescapeError: for a part that is not here.
    """
    if settings.operators is None:
        return None
    own = [_thing(settings, "operator", name) or name for name in settings.operators]
    return cast("tuple[str | Operator, ...]", tuple(own))


def require_parts(settings: Settings) -> Settings:
    """The settings, where every part that they name is there, fits its slot and applies; with where it came from.

    Raises:
        StatescapeError: for names that are unknown, objects that lack members of their slot, an encoding that makes no
            W of its own units, and operators that make no children in this space.
    """
    named = [("encoding", settings.encoding), *(("operator", name) for name in settings.operators or ())]
    parts = [_known(settings, cast("Slot", slot), name) for slot, name in named]
    parts.append(_known(settings, "strategy", settings.strategy))
    whole = replace(settings, parts=tuple(one for one in parts if one is not None))
    space = _space(whole, 1)
    if whole.own("encoding", whole.encoding) is not None:
        _try_out(space)
    operators_of(strategy_of(whole, whole.strategy), space, named_operators(whole))
    return whole


def with_parts(settings: Settings, given: Sequence[object]) -> Settings:
    """The settings of a run, with objects in place of what it tells of its parts.

    Args:
        settings: as the run keeps them.
        given: the objects, in any order.

    Raises:
        StatescapeError: for an object that the run does not name, or that another class made.
    """
    parts = {(one.slot, one.name): one for one in settings.parts}
    for thing in given:
        name = getattr(thing, "name", None)
        own = next((one for one in parts.values() if one.name == name and isinstance(thing, _KINDS[one.slot])), None)
        if own is None:
            known = ", ".join(one.name for one in parts.values()) or "none"
            raise StatescapeError(f"The run has no part of yours that is called {name!r}; it has {known}.")
        maker = OwnPart.of(own.slot, thing).maker
        if maker != own.maker:
            raise StatescapeError(f"The {own.slot} {own.name!r} was made by {own.maker}; the one given is by {maker}.")
        parts[own.slot, own.name] = replace(own, thing=thing)
    return replace(settings, parts=tuple(parts.values()))


def require_present(settings: Settings) -> None:
    """Refuse a run whose parts are not here.

    Raises:
        StatescapeError: for the first that is missing, or that another version of its package brings.
    """
    for own in settings.parts:
        if own.by_name and own.slot in _REGISTRIES:
            _REGISTRIES[own.slot].require(own.name, Origin(own.package, own.version))
        _thing(settings, own.slot, own.name)


def space_of(settings: Settings, task: Task) -> SearchSpace:
    """The space that a run searches."""
    own = settings.level == "matrix" and not settings.evolve_inputs and not settings.planned
    W_in = inputs_of(settings, task) if own else None
    return _space(settings, task.n_inputs, W_in)


def _space(settings: Settings, n_inputs: int, W_in: Float[np.ndarray, "units inputs"] | None = None) -> SearchSpace:
    own_draw = settings.planned and settings.level == "matrix"
    return SearchSpace(encoding_of(settings), n_inputs, settings.radius, settings.evolve_inputs, W_in, own_draw)


def inputs_of(settings: Settings, task: Task) -> Float[np.ndarray, "units inputs"]:
    """The run's own W_in, [units, inputs]: at *matrix* where it does not evolve, and for the seal at *matrix*."""
    return draw_input_weights(settings.units, task.n_inputs, np.random.SeedSequence(Stream.INPUTS.below(settings.seed)))


def _thing(settings: Settings, slot: Slot, name: str) -> object | None:
    """The object in a slot; None where it is found by its name."""
    own = settings.own(slot, name)
    if own is None or own.by_name:
        return None
    if own.thing is None:
        raise StatescapeError(
            f"This run's {slot} {name!r} was made by {own.maker}, which is not here; give it again: "
            "resume(run, parts=[...])."
        )
    return cast("object", own.thing)


def _known(settings: Settings, slot: Slot, name: str) -> OwnPart | None:
    """A part with where it came from; None for one of ours."""
    own = settings.own(slot, name)
    if own is not None and own.thing is not None:
        if own.thing == _ours(settings, slot, name):
            return None
        if not isinstance(own.thing, _KINDS[slot]):
            kind = _KINDS[slot]
            raise StatescapeError(
                f"The {slot} {name!r} is a {type(own.thing).__name__}, which lacks members of "
                f"{kind.__module__}.{kind.__name__}; mend it."
            )
        origin = origin_of(own.thing)
        return replace(own, package=origin.package, version=origin.version)
    if own is not None and not own.by_name:
        return own
    found = None if slot == "strategy" else _REGISTRIES[slot].origin(name)
    if found is None:
        return None
    made = _REGISTRIES[slot].find(name)
    maker = made if hasattr(made, "__qualname__") else type(made)
    return OwnPart(slot, name, f"{maker.__module__}:{maker.__qualname__}", found.package, found.version, by_name=True)


def _ours(settings: Settings, slot: Slot, name: str) -> object | None:
    """The part of ours that has this name; None where none has."""
    if slot == "strategy":
        return next((one for one in STRATEGIES if one.name == name), None)
    if name not in _REGISTRIES[slot].built_in:
        return None
    if slot == "operator":
        return cast("object", operators.REGISTRY.find(name))
    return encodings.by_name(name, settings.units, settings.density)


def _try_out(space: SearchSpace) -> None:
    """Draw a genome of an encoding of others, and make its W."""
    name = space.encoding.name
    genome = space.random(np.random.default_rng(0))
    space.check(genome)
    W = np.asarray(space.encoding.decode(genome.genes))
    if W.shape != (space.units, space.units) or not np.isfinite(W).all():
        raise StatescapeError(
            f"The encoding {name!r} must make a finite W of {space.units} by {space.units}; it made shape {W.shape}."
        )
