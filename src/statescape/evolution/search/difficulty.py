"""How difficult a trial is, found from the candidates that met it.

Scores follow log score = candidate + trial + noise. Among candidates that nobody has seen, a trial's difficulty is the
median of their log scores. Where some have a record already, it is the median of (log score - record) over these:
differences from the plain median of a population that improves would leave old records better than they are, since
they were measured against worse company.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from statescape.evolution.search.candidate import Record


def difficulties(
    losses: Float[np.ndarray, "candidates trials"], records: Sequence[Record]
) -> Float[np.ndarray, " trials"]:
    """The difficulty of every trial, in units of the loss.

    Args:
        losses: log scores; infinite where a candidate diverged.
        records: of the same candidates before these trials.

    Returns:
        Finite numbers; 0 for a trial that everyone diverged on.
    """
    expected = np.array([record.difference if record.n else np.nan for record in records])
    known = np.isfinite(expected)
    differences = losses[known] - expected[known, None] if known.any() else losses
    return np.array([_median(column) for column in differences.T])


def _median(values: Float[np.ndarray, " candidates"]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else 0.0
