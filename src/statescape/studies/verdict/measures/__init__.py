"""The statistics of every question at every position of a passage, with their nulls and variants, all at once.

A measure is one number a position, NaN where the question does not arise there. The headline of each question bears its
name ("H1"); everything else is named by what it is ("cosine.centred"). A profile is one number a state and position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.language.passage import Passage
from statescape.studies.verdict.measures.last_state import draw_targets, measure_nearness, measure_singling
from statescape.studies.verdict.measures.way import measure_decoding, measure_region, measure_travel
from statescape.studies.verdict.reference import Reference
from statescape.wording import Noun

__all__ = ["Measured", "measure"]


@dataclass(frozen=True, eq=False)
class Measured(Noun):
    """What was measured at the positions of one passage.

    Attributes:
        values: by measure, one number a position.
        profiles: by profile, one number a state (or block) and position.
    """

    values: dict[str, Float[np.ndarray, " positions"]]
    profiles: dict[str, Float[np.ndarray, "states positions"]]


def measure(passage: Passage, reference: Reference, rng: np.random.Generator) -> Measured:
    """Everything that is asked at the positions of a passage.

    Args:
        passage: states and readings.
        reference: what they are held against.
        rng: of the random tokens and orders of the nulls.
    """
    targets = draw_targets(passage, reference, rng)
    values: dict[str, np.ndarray] = {}
    profiles: dict[str, np.ndarray] = {"norm": np.linalg.norm(passage.states, axis=2)}
    for found, by_state in (
        measure_nearness(passage, reference, targets),
        measure_travel(passage, reference, targets, rng),
        measure_region(passage, reference),
        measure_decoding(passage, targets),
        measure_singling(passage, reference),
    ):
        values |= found
        profiles |= by_state
    return Measured(
        {name: np.asarray(value, dtype=np.float64) for name, value in values.items()},
        {name: np.asarray(value, dtype=np.float64) for name, value in profiles.items()},
    )
