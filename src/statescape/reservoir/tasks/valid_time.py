"""How long a closed loop is valid: the time before its normalised error first passes 0.4.

    e(t) = sqrt(mean over outputs of ((y(t) - target(t)) / s)^2),   s the deviation of the target in training

in Lyapunov times where the system has one (Pathak et al., Phys. Rev. Lett. 120, 2018, whose error is normalised by the
root mean square instead). Higher is better. No forecast can be told from the truth for longer than two solvers of the
same equation agree, so this is where a run is capped; so is one that is valid to its end.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from statescape.wording import phrase

THRESHOLD = 0.4
IN_LYAPUNOV_TIMES = phrase("valid time (Lyapunov times, higher is better)")
IN_ROWS = phrase("valid time (rows, higher is better)")


def valid_steps(
    outputs: Float[np.ndarray, "runs steps outputs"],
    targets: Float[np.ndarray, "runs steps outputs"],
    deviation: Float[np.ndarray, " outputs"],
) -> Int[np.ndarray, " runs"]:
    """The steps of every run before the first whose error is above the threshold, or is no number.

    Args:
        outputs: what was forecast.
        targets: what came.
        deviation: of every output; above 0.
    """
    with np.errstate(all="ignore"):
        error = np.sqrt(np.mean(((outputs - targets) / deviation) ** 2, axis=2))
        wrong = ~(error <= THRESHOLD)
    return np.asarray(np.where(wrong.any(axis=1), wrong.argmax(axis=1), wrong.shape[1]))
