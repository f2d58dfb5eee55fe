"""Encodings: a ladder of search spaces, smallest first."""

from __future__ import annotations

from collections.abc import Callable

from statescape.errors import StatescapeError
from statescape.evolution.encodings.blocks import Blocks
from statescape.evolution.encodings.circulant import Circulant
from statescape.evolution.encodings.edges import Edges
from statescape.evolution.encodings.encoding import Encoding
from statescape.evolution.values import Values

__all__ = ["Blocks", "Circulant", "Edges", "Encoding", "by_name", "names"]

_LADDER: dict[str, Callable[[int, float | None], Encoding]] = {
    "circulant": lambda units, density: Circulant(units, Values("ternary"), density),
    "circulant-real": lambda units, density: Circulant(units, Values("real"), density, "circulant-real"),
    "blocks": lambda units, density: Blocks(units, Values("ternary"), density),
    "binary": lambda units, density: Edges(units, Values("binary"), density),
    "ternary": lambda units, density: Edges(units, Values("ternary"), density),
    "real": lambda units, density: Edges(units, Values("real"), density),
}


def names() -> tuple[str, ...]:
    """The encodings, smallest search space first."""
    return tuple(_LADDER)


def by_name(name: str, units: int, density: float | None = None) -> Encoding:
    """An encoding.

    Args:
        name: one of `names()`.
        units: units of the network.
        density: share of entries that a random start has; None for one edge a unit.

    Raises:
        StatescapeError: for an unknown name, no units, or a density outside (0, 1].
    """
    if name not in _LADDER:
        raise StatescapeError(f"There is no encoding {name!r}. Known are: {', '.join(_LADDER)}.")
    if units < 2:
        raise StatescapeError(f"A wiring to be searched needs at least 2 units; got {units}.")
    if density is not None and not 0 < density <= 1:
        raise StatescapeError(f"The density is a share above 0 and up to 1; got {density:g}.")
    return _LADDER[name](units, density)
