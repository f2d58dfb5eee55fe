"""How outputs are scored; lower is better everywhere, and a diverged output scores infinity.

NRMSE = sqrt(mean over outputs of mean((y - target)^2) / var(target)), the variance that of the scored targets: 0 is
perfect, 1 is as good as their mean. Classification gives the share of errors.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Shaped


def nrmse(outputs: Float[np.ndarray, "steps outputs"], targets: Float[np.ndarray, "steps outputs"]) -> float:
    """Root of the mean squared error over the variance of the targets; infinite where outputs are not finite."""
    variance = targets.var(axis=0)
    if not np.isfinite(outputs).all() or not (variance > 0).all():
        return float("inf")
    with np.errstate(over="ignore"):  # finite outputs may still square to infinity: that is their score
        error = np.mean((outputs - targets) ** 2, axis=0)
    return float(np.sqrt(np.mean(error / variance)))


def error_rate(labels: Shaped[np.ndarray, "*steps"], truth: Shaped[np.ndarray, "*steps"]) -> float:
    """Share of labels that are wrong."""
    return float(np.mean(labels != truth))


def nearest_symbol(outputs: Float[np.ndarray, "*steps"], symbols: tuple[float, ...]) -> Float[np.ndarray, "*steps"]:
    """The symbol closest to each output; NaN stays NaN, so that it counts as an error."""
    alphabet = np.asarray(symbols)
    nearest: Float[np.ndarray, "*steps"] = alphabet[np.abs(outputs[..., None] - alphabet).argmin(axis=-1)]
    return np.where(np.isnan(outputs), np.nan, nearest)
