"""Ablation: what a corpus costs the model without one of its blocks.

The loss is the mean negative log-probability of the next token, in nats, over the positions of a document, and each
document counts once. A block is skipped (it adds 0), or left with what it adds on average, the mean over all positions
but the first of the same documents. So of a whole block, with s_l its state of the untouched model,

    s_l <- s_(l-1),    or    s_(l-1) + mean(s_l - s_(l-1)),

which asks nothing of the model but its states; attention and MLP alone need a model that tells them apart. The change
is paired by document; its interval is Student's, so it needs some documents to say anything. A pass without a block
begins above that block, from the states of the untouched model, several blocks at a time, where probes show that this
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jaxtyping import Float

from statescape import __version__, plugins
from statescape.errors import StatescapeError, unknown_name
from statescape.language.corpus import Corpus
from statescape.language.edits import Edit
from statescape.language.lens.streaming import read_lens
from statescape.language.means import CorpusMeans, documents_read, means_of
from statescape.language.model.decoder import decoder_of
from statescape.language.patching import last_states_edited
from statescape.language.readable import Added, HasEdits, HasParts, ModelFacts, ReadableModel
from statescape.statistics import MeanInterval
from statescape.statistics.intervals import student_interval
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

Left = Literal["block", "attention", "mlp"]
By = Literal["zero", "mean"]
PARTS: tuple[Left, ...] = ("block", "attention", "mlp")


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

    def as_json(self) -> dict[str, Any]:
        """All numbers as plain JSON."""
        return {
            "version": __version__,
            "model": self.model.as_json(),
            "part": self.part,
            "by": self.by,
            "n_documents": len(self.plain),
            "n_positions": self.n_positions,
            "loss": self.loss,
            "blocks": [
                {"index": block, "loss": float(losses.mean()), "change": change.mean, "ci95": [change.low, change.high]}
                for block, (losses, change) in enumerate(zip(self.without, self.changes, strict=True), 1)
            ],
            "conclusion": self.conclusion,
        }

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
        model: a model that runs with edits; for attention or MLP alone they must be known apart.
        corpus: documents, a file of them or texts; of each as much as fits the context, and none of a single token.
        part: the whole block, or its attention or MLP alone.
        by: "zero" skips it; "mean" leaves what it adds on average.
        progress: called with how many documents are done and how many there are.

    Raises:
        StatescapeError: for unknown parts, attention or MLP where they cannot be told apart, or fewer than two
            documents of at least two tokens.
    """
    if part not in PARTS:
        raise unknown_name("part", part, PARTS)
    if by not in ("zero", "mean"):
        raise unknown_name("replacement", by, ("zero", "mean"))
    if not isinstance(model, HasEdits):
        raise StatescapeError(f"{model.facts.name} offers no `edited_states`, so nothing of it can be left out.")
    texts = documents_read(model, corpus)
    if len(texts) < 2:
        raise StatescapeError("An interval over documents needs at least two of at least two tokens.")
    if part != "block":
        _require_parts(model, texts[0])
    means = means_of(model, texts) if by == "mean" else None
    blocks = range(1, model.facts.n_blocks + 1)
    losses = np.empty((1 + len(blocks), len(texts)))
    for index, ids in enumerate(texts):
        states = np.asarray(model.states(ids), dtype=np.float32)
        copies = [[_left_out(block, part, states, means)] for block in blocks]
        without = last_states_edited(model, ids, copies, states, everywhere=True)
        losses[:, index] = _losses(model, ids, np.concatenate([states[-1:], without]))
        if progress is not None:
            progress(index + 1, len(texts))
    return Ablation(model.facts, part, by, sum(len(ids) - 1 for ids in texts), losses[0], losses[1:])


def _require_parts(model: ReadableModel, ids: Sequence[int]) -> None:
    """Refuse a model whose attention and MLP cannot be told apart."""
    added = model.states_and_parts(ids)[1] if isinstance(model, HasParts) else "the model does not offer them"
    if not isinstance(added, Added):
        raise StatescapeError(f"Attention and MLP cannot be left out here: {added}; leave out whole blocks.")


def _left_out(
    block: int, part: Left, states: Float[np.ndarray, "states positions d_model"], means: CorpusMeans | None
) -> Edit:
    """The edit that leaves a block out, or one of its parts."""
    if part == "block":
        added = 0.0 if means is None else means.state[block] - means.state[block - 1]
        return Edit.replace(block, states[block - 1] + added)
    if means is None:
        return Edit.zero(block, part=part)
    return Edit.replace(block, getattr(means, part)[block - 1], part=part)


def _losses(
    model: ReadableModel, ids: Sequence[int], last: Float[np.ndarray, "copies positions d_model"]
) -> Float[np.ndarray, " copies"]:
    """Mean negative log-probability of every token but the first, as each copy of the text has it."""
    following = np.asarray(ids[1:], dtype=np.int64)
    unread = ("",) * len(following)
    read = read_lens(decoder_of(model), last[:, :-1], unread, model.tokens.vocabulary, top=1, targets=following)
    return np.asarray(-read.log_probability.mean(axis=1, dtype=np.float64))
