"""What races cost and saved: how many trials a child needed, how many lineages were left, where the trainings went.

A survivor's scores on the pool are kept, so a race costs the child's trainings alone. Whoever is chosen on a pool fits
it; by how much is seen where a slot is redrawn: survivors are worse on the new trial than on the pool, by its bias.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from statescape.evolution.history import History


@dataclass(frozen=True, eq=False)
class Races:
    """The races of a search.

    Attributes:
        pool: trials of it, generation by generation.
        met: how many children were dropped or raced to the end after so many trials.
        won: children that took a place.
        start: trainings of the candidates that the search began with.
        dropped: trainings of children that did not meet the whole pool.
        finished: trainings of children that did.
        redrawn: trainings of survivors on new trials of the pool.
        lineages: founders whose descendants are among the survivors, generation by generation.
        bias: by how much the pool flattered the survivors, in log score; NaN where no slot was redrawn.
        redraws: slots that were given a new trial.
    """

    pool: Int[np.ndarray, " generations"]
    met: Mapping[int, int]
    won: int
    start: int
    dropped: int
    finished: int
    redrawn: int
    lineages: Int[np.ndarray, " generations"]
    bias: float
    redraws: int

    @property
    def mean(self) -> float:
        """Trials that a child met, on the average."""
        return sum(trials * count for trials, count in self.met.items()) / max(sum(self.met.values()), 1)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; what is not known is null."""
        return {
            "pool": self.pool.tolist(),
            "trials_met": {str(trials): count for trials, count in self.met.items()},
            "mean_trials": self.mean,
            "won": self.won,
            "trainings": {
                "start": self.start, "dropped": self.dropped, "finished": self.finished, "redrawn": self.redrawn
            },
            "lineages": self.lineages.tolist(),
            "pool_bias": None if math.isnan(self.bias) else self.bias,
            "redraws": self.redraws,
        }  # fmt: skip


def races(past: History) -> Races | None:
    """The races of a search; None where its trials were redrawn in every generation."""
    pools = [moment.pool for moment in past.moments if moment.pool is not None]
    if len(pools) < len(past.moments):
        return None
    # The pool of a generation is the one it found; a new trial counts apart.
    sizes = np.array([len(one.trials) for one in pools])
    size = {number: int(sizes[max(birth.generation - 1, 0)]) for number, birth in past.births.items()}
    raced = {
        number: min(own, size[number]) for number, (own, _) in past.trainings.items() if past.births[number].generation
    }
    everywhere = {number for moment in past.moments for number, _ in moment.members}
    finished = sum(trials for number, trials in raced.items() if trials == size[number])
    begun = sum(min(own, size[number]) for number, (own, _) in past.trainings.items() if number not in raced)
    return Races(
        sizes,
        dict(sorted(Counter(raced.values()).items())),
        len(everywhere & set(raced)),
        begun,
        sum(raced.values()) - finished,
        finished,
        sum(own + later for own, later in past.trainings.values()) - begun - sum(raced.values()),
        np.array([len({past.founder(number) for number, _ in moment.members}) for moment in past.moments]),
        pools[-1].bias,
        pools[-1].redrawn,
    )
