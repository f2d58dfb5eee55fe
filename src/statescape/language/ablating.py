"""Ablation: what a corpus costs the model without one of its blocks.

The loss is the mean negative log-probability of the next token, in nats, over the positions of a document, and each
document counts once. A block is skipped (what its attention and MLP add is 0), or left with what they add on average,
the mean over all positions but the first of the same documents. The change is paired by document; its interval is
Student's, so it needs some documents to say anything. A pass without a block begins at that block, from the states of
the untouched model, several blocks at a time, where probes show that this changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float

from statescape import plugins
from statescape.errors import StatescapeError, unknown_name
from statescape.language.corpus import Corpus, corpus_of
from statescape.language.edits import Edit, Place
from statescape.language.lens.streaming import read_lens
from statescape.language.model.decoder import decoder_of
from statescape.language.patching import last_states_edited
from statescape.language.readable import HasEdits, HasParts, ModelFacts, ReadableModel
from statescape.statistics import MeanInterval
from statescape.statistics.intervals import student_interval
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

Left = Literal["block", "attention", "mlp"]
By = Literal["zero", "mean"]
LONGEST = 1024  # tokens of a document where the model sets no bound
PARTS: dict[str, tuple[Place, ...]] = {"block": ("attention", "mlp"), "attention": ("attention",), "mlp": ("mlp",)}


@dataclass(frozen=True, eq=False)
class Ablation(Noun):
    """Losses of a corpus with every block left out in turn.

    Attributes:
        model: facts of the model.
        part: what was left out: "block", "attention" or "mlp".
        by: "zero" or "mean", what stood in its place.
        n_positions: how many next tokens were predicted.
        plain: loss of each document by the untouched model, in nats.
        without: the same without each block.
    """

    model: ModelFacts
    part: str
    by: str
    n_positions: int
    plain: Float[np.ndarray, " documents"]
    without: Float[np.ndarray, "blocks documents"]

    @property
    def loss(self) -> float:
        """Mean loss of the untouched model over the documents."""
        return float(self.plain.mean())

    @property
    def changes(self) -> tuple[MeanInterval, ...]:
        """For every block, how much more the documents cost without it, with its interval."""
        return self._changes(0.95)

    @property
    def changes_together(self) -> tuple[MeanInterval, ...]:
        """The same with intervals that all hold at once in 95% of cases (Bonferroni): every block is asked."""
        return self._changes(1 - 0.05 / len(self.without))

    def _changes(self, level: float) -> tuple[MeanInterval, ...]:
        return tuple(student_interval(losses - self.plain, level) for losses in self.without)

    @property
    def conclusion(self) -> str:
        """Which blocks matter most, and which the model is better without."""
        return str(plugins.conclusion(self))

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each block: its loss, the change and the interval of the change."""
        import pandas as pd

        rows = [
            (block, float(losses.mean()), change.mean, change.low, change.high)
            for block, (losses, change) in enumerate(zip(self.without, self.changes, strict=True), 1)
        ]
        return pd.DataFrame(rows, columns=["block", "loss", "change", "low", "high"])

    def __repr__(self) -> str:
        worst = int(np.argmax([change.mean for change in self.changes])) + 1
        return brief(
            f"Ablation of {self.model.name} by {self.part} ({self.by}): loss {self.loss:.3f}, most without {worst} "
            f"({self.without[worst - 1].mean():.3f})"
        )


def ablate(
    model: ReadableModel,
    corpus: Corpus | str | Sequence[str],
    *,
    part: Left = "block",
    by: By = "zero",
    progress: Callable[[int, int], None] | None = None,
) -> Ablation:
    """Measure the loss of documents without each block in turn.

    Args:
        model: the model; its attention and MLP must be known apart.
        corpus: documents, a file of them or texts; of each as much as fits the context, and none of a single token.
        part: the whole block, or its attention or MLP alone.
        by: "zero" skips it; "mean" leaves what it adds on average.
        progress: called with how many documents are done and how many there are.

    Raises:
        StatescapeError: for unknown parts, a model whose attention and MLP cannot be told apart, or fewer than two
            documents of at least two tokens.
    """
    if part not in PARTS:
        raise unknown_name("part", part, PARTS)
    if by not in ("zero", "mean"):
        raise unknown_name("replacement", by, ("zero", "mean"))
    if not isinstance(model, HasEdits) or not isinstance(model, HasParts):
        raise StatescapeError(f"{model.facts.name} takes no edits; ablation needs a model that load_model has read.")
    pieces = [model.tokens.pieces(document.text, LONGEST) for document in corpus_of(corpus).documents]
    texts = [own[0] for own in pieces if own and len(own[0]) > 1]
    if len(texts) < 2:
        raise StatescapeError("An interval over documents needs at least two of at least two tokens.")
    means = _means(model, texts) if by == "mean" else None
    copies = [[_left_out(block, each, means) for each in PARTS[part]] for block in range(1, model.facts.n_blocks + 1)]
    losses = np.empty((1 + len(copies), len(texts)))
    for index, ids in enumerate(texts):
        states = np.asarray(model.states(ids), dtype=np.float32)
        without = last_states_edited(model, ids, copies, states, everywhere=True)
        losses[:, index] = _losses(model, ids, np.concatenate([states[-1:], without]))
        if progress is not None:
            progress(index + 1, len(texts))
    return Ablation(model.facts, part, by, sum(len(ids) - 1 for ids in texts), losses[0], losses[1:])


def _left_out(block: int, part: Place, means: dict[Place, Float[np.ndarray, "blocks d_model"]] | None) -> Edit:
    if means is None:
        return Edit.zero(block, part=part)
    return Edit.replace(block, means[part][block - 1], part=part)


def _means(model: HasParts, texts: Sequence[Sequence[int]]) -> dict[Place, Float[np.ndarray, "blocks d_model"]]:
    """What attention and MLP of every block add on average; the first position, unlike all others, is left out."""
    sums: dict[Place, Float[np.ndarray, "blocks d_model"]] = {}
    for ids in texts:
        added = model.states_and_parts(ids)[1]
        if isinstance(added, str):
            raise StatescapeError(f"Blocks cannot be left out here: {added}.")
        for part in PARTS["block"]:
            values = np.asarray(getattr(added, part)[:, 1:], dtype=np.float64).sum(axis=1)
            sums[part] = sums[part] + values if part in sums else values
    count = sum(len(ids) - 1 for ids in texts)
    return {part: total / count for part, total in sums.items()}


def _losses(
    model: ReadableModel, ids: Sequence[int], last: Float[np.ndarray, "copies positions d_model"]
) -> Float[np.ndarray, " copies"]:
    """Mean negative log-probability of every token but the first, as each copy of the text has it."""
    following = np.asarray(ids[1:], dtype=np.int64)
    unread = ("",) * len(following)
    read = read_lens(decoder_of(model), last[:, :-1], unread, model.tokens.vocabulary, top=1, targets=following)
    return np.asarray(-read.log_probability.mean(axis=1, dtype=np.float64))
