"""Several lenses on one axis: how far from the final answer each of them reads every state of a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.language import LensReadout
from statescape.wording import Noun


@dataclass(frozen=True, eq=False)
class LensComparison(Noun):
    """Means over the positions of one text; NaN where a lens does not read a state.

    Attributes:
        lenses: their names.
        states: the states that at least one of them read, in order.
        kl_to_final: KL(final || lens), in nats.
        first: share of positions where the lens reads the final prediction first.
        positions: how many positions were counted; position 0 is left out, where there is another.
    """

    lenses: tuple[str, ...]
    states: tuple[int, ...]
    kl_to_final: Float[np.ndarray, "lenses states"]
    first: Float[np.ndarray, "lenses states"]
    positions: int


def compare_lenses(readouts: Sequence[LensReadout]) -> LensComparison:
    """Means of several readouts of one text; the middles of blocks are left out.

    Raises:
        StatescapeError: if there is none, or they are not of one text.
    """
    if not readouts:
        raise StatescapeError("There is no lens to compare; give at least one readout.")
    if any(readout.tokens != readouts[0].tokens for readout in readouts):
        raise StatescapeError("Lenses are compared on one text; these read different ones.")
    start = min(1, len(readouts[0].tokens) - 1)
    states = tuple(sorted({state for readout in readouts for state in readout.states if isinstance(state, int)}))

    def means(of: str) -> np.ndarray:
        table = np.full((len(readouts), len(states)), np.nan)
        for row, readout in enumerate(readouts):
            values = np.asarray(readout.rank == 0 if of == "first" else readout.kl_to_final, dtype=np.float64)
            for place, state in enumerate(readout.states):
                if isinstance(state, int):
                    table[row, states.index(state)] = values[place, start:].mean()
        return table

    return LensComparison(
        lenses=distinct([readout.lens for readout in readouts]),
        states=states,
        kl_to_final=means("kl"),
        first=means("first"),
        positions=len(readouts[0].tokens) - start,
    )


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names with a number where two are alike."""
    return tuple(
        name if names.count(name) == 1 else f"{name} {names[: place + 1].count(name)}"
        for place, name in enumerate(names)
    )
