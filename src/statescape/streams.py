"""What random numbers are drawn for: every use has a stream of its own below a seed, so that nothing is drawn twice.

A seed is a tuple of whole numbers from the root (a run's seed, and what it stands for) over the stream's number down to
the trial or the draw. NumPy fills a short tuple up with zeros, so (1, 53) and (1, 53, 0) are one stream: each use here
takes a fixed count of numbers, and no two uses of one root agree when filled up. The numbers are those of every run
that was ever kept: append, never change.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, unique
from typing import Literal, TypeAlias

# What a stream stands below: a run's seed; the seed and the number of a strategy; the seed of a tuning; the seed of a
# verdict; its seed and the number of a document; the key of a seed that a task refused.
Root: TypeAlias = Literal["run", "search", "tuning", "verdict", "document", "refused"]


@unique
class Stream(Enum):
    """A use of random numbers: what it stands below, its number there, and what counts on below it."""

    TRIALS = ("search", 0, "generation", "trial")
    OPERATORS = ("search", 1, "generation", "child")
    RACE = ("search", 2, "round", "trial")
    RESCORE = ("search", 3, "trial")
    SEALED = ("search", 4, "trial")
    FRONT = ("search", 5, "trial")
    POOL = ("search", 6, "trial")
    ORDER = ("search", 7, "generation")

    SEAL = ("run", 11, "level", "trial")
    TUNING = ("run", 12, "level")
    DRAWS = ("run", 13, "control", "level", "draw")
    INPUTS = ("run", 21)
    HYPER = ("run", 22, "draw")
    HYPER_TUNING = ("run", 22, "one")
    RADIUS_TRIALS = ("run", 41, "trial")
    RADIUS_RANDOM = ("run", 42, "draw")
    REWIRED = ("run", 43)
    BESIDE = ("run", 44, "control", "draw")
    SHARED_TRIALS = ("run", 51, "trial")
    FACTORS = ("run", 52, "level")
    MASKS = ("run", 53, "wiring")
    SHUFFLED = ("run", 54)
    DENSE = ("run", 61)
    MODULES_TUNING = ("run", 71)
    MODULES_DRAWS = ("run", 72, "draw")
    MODULES_SINGLE = ("run", 73)
    TRANSFER_TUNING = ("run", 81)
    TRANSFER_FIELD = ("run", 82, "control", "draw")
    TRANSFER_SINGLE = ("run", 83)

    LIST = ("tuning", 0)
    FIRST_ROUND = ("tuning", 1, "trial")
    SECOND_ROUND = ("tuning", 2, "trial")
    THIRD_ROUND = ("tuning", 3, "trial")
    SINGLES = ("tuning", 91, "place")

    DOCUMENTS = ("verdict", 2)
    ISOTROPIC = ("verdict", 3)
    NULLS = ("document", 1)
    STAND_INS = ("document", 4, "passage")
    POSITIONS = ("document", 5)

    NEXT = ("refused", 10, "attempt")

    def __init__(self, root: Root, number: int, *counts: str) -> None:
        self.root: Root = root
        self.number = number
        self.counts = counts

    def below(self, root: int | Sequence[int], *counts: int) -> tuple[int, ...]:
        """The seed of one draw, or of several that a caller numbers by the last of the counts.

        Args:
            root: the seed, or the tuple that the stream stands below.
            *counts: the numbers that `counts` names, all or all but the last.
        """
        assert len(self.counts) - len(counts) in (0, 1), f"{self.name} counts {self.counts}"
        return (*((root,) if isinstance(root, int) else root), self.number, *counts)
