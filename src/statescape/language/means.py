"""Means over a corpus: what stands at a block on average, and what attention and MLP add there on average.

A state that is set to its corpus mean says what any text says there, and nothing of its own (mean ablation; Wang et al.
2022). Every position counts once, but for the first of each document, whose states are of another kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.language.corpus import Corpus, corpus_of
from statescape.language.readable import Added, HasParts, ModelFacts, ReadableModel
from statescape.wording import Noun, brief

LONGEST = 1024
"""Tokens of a document where the model sets no bound."""


@dataclass(frozen=True, eq=False)
class CorpusMeans(Noun):
    """Means over all positions of a corpus but the first of each document (float64).

    Attributes:
        model: facts of the model.
        n_positions: how many positions.
        state: the mean of s_0 to s_L.
        attention: the mean of what attention of every block added; None where parts cannot be told apart.
        mlp: the same of the MLP.
        parts_note: why there are no parts; empty where there are.
    """

    model: ModelFacts
    n_positions: int
    state: Float[np.ndarray, "states d_model"]
    attention: Float[np.ndarray, "blocks d_model"] | None = None
    mlp: Float[np.ndarray, "blocks d_model"] | None = None
    parts_note: str = ""

    def __repr__(self) -> str:
        return brief(f"CorpusMeans of {self.model.name} over {self.n_positions:,} positions")


def corpus_means(model: ReadableModel, corpus: Corpus | str | Sequence[str]) -> CorpusMeans:
    """Read a corpus and take the means of its states, and of what attention and MLP added.

    Args:
        model: the model.
        corpus: documents, a file of them or texts; of each as much as fits the context, and none of a single token.

    Raises:
        StatescapeError: where no document has two tokens.
    """
    return means_of(model, documents_read(model, corpus))


def documents_read(model: ReadableModel, corpus: Corpus | str | Sequence[str]) -> list[tuple[int, ...]]:
    """The ids of the beginning of every document, as much as fits the context; none of a single token.

    Raises:
        StatescapeError: where no document has two tokens.
    """
    pieces = [model.tokens.pieces(document.text, LONGEST) for document in corpus_of(corpus).documents]
    found = [tuple(own[0]) for own in pieces if own and len(own[0]) > 1]
    if not found:
        raise StatescapeError("No document of the corpus has two tokens; give longer ones.")
    return found


def means_of(model: ReadableModel, texts: Sequence[tuple[int, ...]]) -> CorpusMeans:
    """The means over tokenised texts of at least two tokens each."""
    sums: dict[str, np.ndarray] = {}
    note = ""
    for ids in texts:
        states, added = (
            model.states_and_parts(ids)
            if isinstance(model, HasParts)
            else (model.states(ids), "the model does not offer them")
        )
        rows = {"state": states}
        if isinstance(added, Added):
            rows |= {"attention": added.attention, "mlp": added.mlp}
        else:
            note = added
        for name, values in rows.items():
            own = np.asarray(values[:, 1:], dtype=np.float64).sum(axis=1)
            sums[name] = sums[name] + own if name in sums else own
    count = sum(len(ids) - 1 for ids in texts)
    return CorpusMeans(model.facts, count, parts_note=note, **{name: total / count for name, total in sums.items()})
