"""Patching over several pairs of texts of one shape: the mean map, and how far it can be trusted.

Every pair is patched by itself; the restored shares of a cell are averaged over pairs, with Student's interval. So the
pairs must have as many tokens each, and mean the same by a position: the first of them names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from statescape import __version__, plugins
from statescape.errors import StatescapeError
from statescape.files import json_lines
from statescape.language.patching import Patching, patch, runs_of_states
from statescape.language.readable import ModelFacts, ReadableModel
from statescape.statistics.intervals import student_interval
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TextPair(Noun):
    """A clean and a corrupt text.

    Attributes:
        clean: whose states are taken.
        corrupt: which they are put into.
        answers: one token each; None: what is predicted.
    """

    clean: str
    corrupt: str
    answers: tuple[str, str] | None = None


@dataclass(frozen=True, eq=False)
class PatchedPairs(Noun):
    """The maps of several pairs.

    Attributes:
        pairs: the map of each.

    Raises:
        StatescapeError: for fewer than two pairs, or pairs of other lengths.
    """

    pairs: tuple[Patching, ...]

    def __post_init__(self) -> None:
        if len(self.pairs) < 2:
            raise StatescapeError("A mean map with intervals needs at least two pairs.")
        lengths = {len(one.clean) for one in self.pairs}
        if len(lengths) > 1:
            raise StatescapeError(
                f"The pairs have {min(lengths)} to {max(lengths)} tokens; a mean map needs as many in each."
            )

    @property
    def model(self) -> ModelFacts:
        """Facts of the model."""
        return self.pairs[0].model

    @property
    def maps(self) -> dict[str, Float[np.ndarray, "_ positions"]]:
        """The mean of each map."""
        return {name: self._of(name).mean(axis=0) for name in self.pairs[0].maps}

    @property
    def correlations(self) -> dict[str, float]:
        """The mean over pairs of each map's correlation with its approximation; empty where none was asked for."""
        names = self.pairs[0].correlations
        return {name: float(np.mean([one.correlations[name] for one in self.pairs])) for name in names}

    @property
    def attribution(self) -> dict[str, Float[np.ndarray, "_ positions"]] | None:
        """The mean over pairs of the gradient's approximation of each map; None where it was not asked for."""
        every = [one.attribution for one in self.pairs if one.attribution is not None]
        return {name: np.mean([one[name] for one in every], axis=0) for name in every[0]} if every else None

    @property
    def parts_note(self) -> str:
        """Why there are no maps of parts; empty where there are."""
        return self.pairs[0].parts_note

    @property
    def first_difference(self) -> int:
        """The first position at which any of the pairs differs."""
        return min(one.first_difference for one in self.pairs)

    def intervals(self, name: str) -> tuple[Float[np.ndarray, "_ positions"], Float[np.ndarray, "_ positions"]]:
        """Lower and upper ends of the 95% interval of each cell of a map, over pairs (Student's)."""
        values = self._of(name)
        cells = [student_interval(cell, 0.95) for cell in values.reshape(len(values), -1).T]
        low, high = (np.array([getattr(one, end) for one in cells]) for end in ("low", "high"))
        return low.reshape(values.shape[1:]), high.reshape(values.shape[1:])

    def tokens_at(self, position: int) -> tuple[str, ...]:
        """The token of all clean texts there; none where they differ."""
        found = {one.clean.tokens[position] for one in self.pairs}
        return tuple(found) if len(found) == 1 else ()

    def carriers(self, share: float = 0.5) -> list[tuple[int, int, int]]:
        """Where one state restores at least this share, with its whole interval: position, first and last state."""
        return runs_of_states(self.intervals("state")[0] >= share)

    @property
    def conclusion(self) -> str:
        """At which positions and in which states one state restores at least half, with its whole interval."""
        return str(plugins.conclusion(self))

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each cell: part, block, position, mean restored share and the ends of its interval."""
        import pandas as pd

        rows = [
            (
                name,
                block + (name != "state"),
                position,
                mean[block, position],
                low[block, position],
                high[block, position],
            )
            for name, mean in self.maps.items()
            for low, high in [self.intervals(name)]
            for block, position in np.ndindex(mean.shape)
        ]
        return pd.DataFrame(rows, columns=["part", "block", "position", "restored", "low", "high"])

    def as_json(self) -> dict[str, Any]:
        """The mean maps with their intervals, and the numbers of every pair, as plain JSON."""
        ends = {name: self.intervals(name) for name in self.maps}
        return {
            "version": __version__,
            "model": self.model.as_json(),
            "n_pairs": len(self.pairs),
            "restored": {name: values.tolist() for name, values in self.maps.items()},
            "ci95": {name: [low.tolist(), high.tolist()] for name, (low, high) in ends.items()},
            "pairs": [one.as_json() for one in self.pairs],
            "conclusion": self.conclusion,
            **({"attribution_correlation": self.correlations} if self.correlations else {}),
        }

    def _of(self, name: str) -> Float[np.ndarray, "pairs _ positions"]:
        return np.stack([one.maps[name] for one in self.pairs])

    def __repr__(self) -> str:
        return brief(
            f"PatchedPairs of {len(self.pairs)} pairs of {len(self.pairs[0].clean)} tokens by {self.model.name}"
        )


def patch_pairs(
    model: ReadableModel,
    pairs: Sequence[TextPair] | Path | str,
    *,
    attribution: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> PatchedPairs:
    """Patch every pair (see `patch`).

    Args:
        model: a model that runs with edits.
        pairs: the pairs, or a file of them in JSON lines: ``{"clean": ..., "corrupt": ..., "answers": [A, B]}``, the
            answers optional.
        attribution: approximate the maps by gradients too.
        progress: called with the number of pairs done and of all.

    Raises:
        StatescapeError: for a line that is no pair, fewer than two pairs or pairs of other lengths, and as for `patch`.
    """
    given = read_pairs(Path(pairs)) if isinstance(pairs, str | Path) else tuple(pairs)
    lengths = {len(model.tokens.encode(text)) for pair in given for text in (pair.clean, pair.corrupt)}
    if len(given) < 2 or len(lengths) > 1:
        raise StatescapeError(
            f"A mean map needs at least two pairs of as many tokens each; got {len(given)} of "
            f"{' and '.join(map(str, sorted(lengths)))} tokens."
        )
    found = []
    for number, pair in enumerate(given, 1):
        try:
            found.append(patch(model, pair.clean, pair.corrupt, pair.answers, attribution=attribution))
        except StatescapeError as refusal:
            raise StatescapeError(f"Pair {number}: {refusal}") from refusal
        if progress is not None:
            progress(number, len(given))
    return PatchedPairs(tuple(found))


def read_pairs(file: Path) -> tuple[TextPair, ...]:
    """The pairs of a file of JSON lines.

    Raises:
        StatescapeError: for a file that cannot be read, or a line that is no pair.
    """
    return tuple(_pair(read, where) for where, read in json_lines(file, str(file)))


def _pair(read: Any, place: str) -> TextPair:
    try:
        texts = [read["clean"], read["corrupt"]]
        answers = read.get("answers")
    except (KeyError, TypeError, AttributeError):
        texts, answers = [], None
    named = isinstance(answers, list) and len(answers) == 2 and all(isinstance(answer, str) for answer in answers)
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts) or not (answers is None or named):
        raise StatescapeError(
            f'{place} is no pair; write {{"clean": "A", "corrupt": "B"}}, and "answers": [" X", " Y"] if you like.'
        )
    return TextPair(texts[0], texts[1], (answers[0], answers[1]) if named else None)
