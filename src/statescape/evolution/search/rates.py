"""How often each operator is used: evenly, or by what its children were worth.

Probability matching (Thierens, GECCO 2005) on success: an operator's quality is a running mean of the share of its
children that are better than their parent; its rate is proportional to its quality, above a floor that keeps every
operator in play. Shares, not sizes, of improvements count: late in a search these are small for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.operators import Operator

# Share of all rates that is spread evenly, whatever their success.
FLOOR = 0.2
# Weight of the newest share in the running one.
MEMORY = 0.05


@dataclass(frozen=True)
class OperatorRates:
    """Rates of operators.

    Attributes:
        names: of the operators.
        adapt: whether rates follow success.
        quality: running share of successes of each; equal at the start.
    """

    names: tuple[str, ...]
    adapt: bool = True
    quality: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.quality:
            object.__setattr__(self, "quality", (1.0,) * len(self.names))
        if len(self.quality) != len(self.names):
            raise StatescapeError(f"{len(self.names)} operators have {len(self.quality)} qualities.")

    @property
    def probabilities(self) -> Float[np.ndarray, " operators"]:
        """How often each is used; they sum to 1."""
        count = len(self.names)
        quality = np.array(self.quality)
        if not self.adapt or quality.sum() <= 0:
            return np.full(count, 1.0 / max(count, 1))  # random search may have no operators
        return np.asarray(FLOOR / count + (1.0 - FLOOR) * quality / quality.sum())

    def after(self, improvements: Sequence[tuple[str, float]]) -> OperatorRates:
        """The rates after a generation.

        Args:
            improvements: for every child its operator and how much lower its loss is than its parent's.
        """
        if not self.adapt:
            return self
        quality = []
        for name, old in zip(self.names, self.quality, strict=True):
            better = [gain > 0 for label, gain in improvements if label == name]
            quality.append(old if not better else (1.0 - MEMORY) * old + MEMORY * sum(better) / len(better))
        return OperatorRates(self.names, self.adapt, tuple(quality))


def shared_out(
    operators: Sequence[Operator], rates: Float[np.ndarray, " operators"], crossover: float
) -> Float[np.ndarray, " operators"]:
    """How often each operator is used: by success, among crossovers and among mutations, each kind with its share.

    Args:
        operators: in the order of the rates.
        rates: of each by success; they sum to 1.
        crossover: share of the crossovers together; read only where there are both kinds.
    """
    crossovers = np.array([operator.parents > 1 for operator in operators])
    if crossovers.all() or not crossovers.any():
        return rates
    shares = np.where(crossovers, crossover / rates[crossovers].sum(), (1.0 - crossover) / rates[~crossovers].sum())
    return np.asarray(rates * shares)
