"""Contrast: from which block on do two texts lead to different places?

At the last position, for every state l of texts A and B: the distance |a_l - b_l|, the same over the mean of the two
norms (relative), the cosine, and KL(A || B) in nats between what the two states decode to. Two texts always differ
somewhat, so the null is pairs that end in one word: paraphrased ones, which mean the same, and unrelated ones. The
texts *part* at the first state from which on, up to the last, their KL is larger than that of every paraphrased pair at
the same state. (Distances are no measure for this: pairs of unlike lengths differ by their positions from s_0 on.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float

from statescape import __version__, plugins
from statescape.errors import StatescapeError
from statescape.files import json_lines
from statescape.geometry import cosine
from statescape.language.path import log_softmax
from statescape.language.readable import ReadableModel
from statescape.language.trace import Trace
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("paraphrased", "unrelated")
# Fewest paraphrased pairs above all of which a divergence means something: 1 in 6 lies there by chance.
_FEWEST = 5


class Pair(NamedTuple):
    """Two texts of a null.

    Attributes:
        kind: "paraphrased" or "unrelated".
        texts: the two.
    """

    kind: str
    texts: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Apart:
    """How far two paths are apart at the last position, state by state.

    Attributes:
        distance: |a_l - b_l|.
        relative: the same over the mean of the two norms.
        cosine: of a_l and b_l.
        kl: KL(A || B) in nats between the two decoded distributions.
    """

    distance: Float[np.ndarray, " states"]
    relative: Float[np.ndarray, " states"]
    cosine: Float[np.ndarray, " states"]
    kl: Float[np.ndarray, " states"]


Null: TypeAlias = dict[str, tuple[Apart, ...]]
"""The pairs of each kind."""


@dataclass(frozen=True, eq=False)
class Contrast(Noun):
    """Two texts, how far apart they are, and how far pairs of the null are.

    Attributes:
        first: the trace of A.
        second: the trace of B.
        apart: the two at the last position.
        null: the pairs of each kind.
    """

    first: Trace
    second: Trace
    apart: Apart
    null: Null

    @property
    def parts_at(self) -> int | None:
        """First state from which on the KL is above that of every paraphrased pair; None: never."""
        most = np.max([one.kl for one in self.null["paraphrased"]], axis=0)
        below = np.flatnonzero(self.apart.kl <= most)
        first = 0 if not below.size else int(below[-1]) + 1
        return first if first < len(most) else None

    @property
    def conclusion(self) -> str:
        """Where the texts part, in words."""
        return str(plugins.conclusion(self))

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each state, with the median of each null's relative distances and divergences."""
        import pandas as pd

        columns: dict[str, Any] = {"state": range(len(self.apart.kl))}
        columns |= {name: getattr(self.apart, name) for name in ("distance", "relative", "cosine", "kl")}
        for kind, pairs in self.null.items():
            columns[f"relative_{kind}"] = np.median([one.relative for one in pairs], axis=0)
            columns[f"kl_{kind}"] = np.median([one.kl for one in pairs], axis=0)
        return pd.DataFrame(columns)

    def as_json(self) -> dict[str, Any]:
        """All numbers as plain JSON."""
        facts = self.first.facts
        return {
            "version": __version__,
            "model": facts.as_json(),
            "bos": facts.bos,
            "texts": [self.first.text, self.second.text],
            "positions": [len(self.first) - 1, len(self.second) - 1],
            "states": [
                {"index": state, **{name: float(values[state]) for name, values in vars(self.apart).items()}}
                for state in range(len(self.apart.kl))
            ],
            "parts_at": self.parts_at,
            "null": {
                kind: [{name: values.tolist() for name, values in vars(one).items()} for one in pairs]
                for kind, pairs in self.null.items()
            },
            "conclusion": self.conclusion,
        }

    def __repr__(self) -> str:
        where = "never part" if self.parts_at is None else f"part at state {self.parts_at}"
        return brief(
            f"Contrast of {brief(repr(self.first.text), 50)} and {brief(repr(self.second.text), 50)} by "
            f"{self.first.model.facts.name}: they {where}"
        )


def contrast(
    model: ReadableModel,
    first: Any,
    second: Any,
    *,
    align: Literal["start", "end"] = "start",
    null: Sequence[Pair] | None = None,
) -> Contrast:
    """Compare two texts at their last position, beside pairs that mean the same and pairs that do not.

    Args:
        model: the model.
        first: a text A, or the ids of its tokens.
        second: a text B.
        align: "start" asks for as many tokens; "end" lays the last tokens over each other.
        null: pairs of both kinds; None: those that ship with the package.

    Raises:
        StatescapeError: for texts of other lengths that are not aligned by the end, and nulls of few paraphrased pairs.
    """
    one, other = Trace.read(model, first), Trace.read(model, second)
    if align == "start" and len(one) != len(other):
        raise StatescapeError(
            f"The texts have {len(one)} and {len(other)} tokens; align them by the end (align='end'), or give texts of "
            "as many tokens."
        )
    return contrast_of(one, other, null_of(model, null))


def contrast_of(first: Trace, second: Trace, null: Null) -> Contrast:
    """Two texts that are read already, at the last position of each, beside a null that is measured already."""
    return Contrast(first, second, _apart(first, second), null)


def null_of(model: ReadableModel, pairs: Sequence[Pair] | None = None) -> Null:
    """How far pairs that mean the same are apart, and pairs that do not.

    Args:
        model: reads them.
        pairs: of both kinds; None: those that ship with the package.

    Raises:
        StatescapeError: for few paraphrased pairs, or no unrelated one.
    """
    pairs = pairs_of() if pairs is None else tuple(pairs)
    found = {
        kind: tuple(_apart(*(Trace.read(model, text) for text in pair.texts)) for pair in pairs if pair.kind == kind)
        for kind in KINDS
    }
    if len(found["paraphrased"]) < _FEWEST or not found["unrelated"]:
        raise StatescapeError(f"A null has at least {_FEWEST} paraphrased pairs and 1 unrelated one; add some.")
    return found


def pairs_of(file: Path | None = None) -> tuple[Pair, ...]:
    """The pairs of a file of JSON lines, each ``{"kind": "paraphrased" | "unrelated", "texts": [A, B]}``.

    Args:
        file: the file; None: the pairs that ship with the package.

    Raises:
        StatescapeError: where a line is none of these.
    """
    place = resources.files("statescape") / "data" / "pairs.jsonl" if file is None else file
    return tuple(_pair(read, where) for where, read in json_lines(place, str(file)))


def _pair(read: Any, place: str) -> Pair:
    try:
        kind, (one, other) = read["kind"], read["texts"]
    except (ValueError, KeyError, TypeError):
        kind, one, other = None, None, None
    if kind not in KINDS or not (isinstance(one, str) and isinstance(other, str)):
        raise StatescapeError(
            f'{place} is no pair; write {{"kind": "paraphrased" or "unrelated", "texts": ["A", "B"]}}.'
        )
    return Pair(str(kind), (one, other))


def _apart(first: Trace, second: Trace) -> Apart:
    a, b = (np.asarray(trace.states[:, -1], dtype=np.float64) for trace in (first, second))
    log_p, log_q = (
        log_softmax(np.asarray(trace.model.decode(trace.states[:, -1]), dtype=np.float64)) for trace in (first, second)
    )
    distance = np.linalg.norm(a - b, axis=1)
    norms = (np.linalg.norm(a, axis=1) + np.linalg.norm(b, axis=1)) / 2
    kl = (np.exp(log_p) * (log_p - log_q)).sum(axis=1)
    return Apart(distance, distance / norms, cosine(a, b), np.maximum(kl, 0.0))
