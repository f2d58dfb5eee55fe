"""Fit a tuned lens: for every block an affine map of the state, so that decoding it comes near the final answer.

    minimise over A_l, b_l:  mean over positions of KL(p_L || softmax(decode(A_l s_l + b_l))),   l = 0 .. L-1

(Belrose et al. 2023, arXiv:2303.08112), from the logit lens (A = 1, b = 0). A fit keeps its optimizer in a run's file
inside its folder; the data of a step depends on seed and step alone, so a killed fit goes on to the very same lens.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.files import written_whole
from statescape.language.lens.files import LENS, save_lens, unembedding_hash
from statescape.language.lens.lenses import TunedLens
from statescape.language.lens.training import Translators, read_state, write_state
from statescape.language.model.decoder import decoder_of
from statescape.language.readable import HasBatches, ReadableModel
from statescape.language.trace import Trace
from statescape.runs.journal import Journal
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

RUN = "fit.run"
_KIND = "tuned lens"
# Every so many documents one is never trained on, and most of these that are read to judge the lens.
_HELD_OUT_EVERY, _HELD_OUT = 20, 100


@dataclass(frozen=True)
class FitSettings(Noun):
    """What decides a fit, beside model and corpus.

    Attributes:
        steps: steps of the optimizer (Adam, its rate falling linearly to zero).
        positions: least positions of a step, whole documents at a time; position 0 of a text is never used.
        rate: first rate times width, in units of the standard deviation of the last state.
        seed: of the order of the documents.
        checkpoint: steps between two checkpoints.

    Raises:
        StatescapeError: for no steps, no positions, a rate that is not positive and finite, or a negative seed.
    """

    steps: int = 400
    positions: int = 2048
    rate: float = 0.2
    seed: int = 0
    checkpoint: int = 20

    def __post_init__(self) -> None:
        counts = (self.steps, self.positions, self.checkpoint, self.seed + 1)
        if not all(isinstance(count, int) and count >= 1 for count in counts) or not 0 < self.rate < np.inf:
            raise StatescapeError(
                "A fit needs at least one step, one position a step, a positive rate and a seed from 0 on, in whole "
                "numbers all but the rate."
            )


@dataclass(frozen=True)
class FitProgress(Noun):
    """Where a fit is.

    Attributes:
        step: steps done, of ``steps``.
        divergence: KL(final || lens) of the step's positions, or of those judged so far, mean over the states, in nats.
        judged: held-out texts judged, of ``to_judge``, which is 0 until all steps are done.
    """

    step: int
    steps: int
    divergence: float
    judged: int = 0
    to_judge: int = 0


@dataclass(frozen=True, eq=False)
class FittedLens(Noun):
    """A lens with what it reaches on documents that it was not fitted on.

    Attributes:
        lens: the lens.
        before: KL(final || logit lens) of s_0 to s_{L-1}, mean over held-out positions, in nats.
        after: the same under the fitted lens.
        documents: held-out documents, and their ``positions``.
        trained_on: positions that the fit saw, those it saw twice counted twice.
    """

    lens: TunedLens
    before: Float[np.ndarray, " states"]
    after: Float[np.ndarray, " states"]
    documents: int
    positions: int
    trained_on: int

    def __repr__(self) -> str:
        return brief(
            f"FittedLens on {self.trained_on:,} positions: KL {self.before.mean():.3f} becomes {self.after.mean():.3f} "
            f"nats, mean over {len(self.after)} states and {self.positions:,} held-out positions"
        )

    def to_dataframe(self) -> pd.DataFrame:
        """KL(final || lens) in nats, one row for each state: ``state``, ``logit_lens``, ``tuned_lens``."""
        import pandas as pd

        return pd.DataFrame({"state": np.arange(len(self.after)), "logit_lens": self.before, "tuned_lens": self.after})


def fit_lens(
    model: ReadableModel,
    documents: Iterable[str],
    folder: str | os.PathLike[str],
    settings: FitSettings | None = None,
    report: Callable[[FitProgress], None] = lambda _: None,
) -> FittedLens:
    """Fit a tuned lens and write it to ``folder``; called again after a kill, it goes on where it was.

    Args:
        model: the model that the lens is for.
        documents: the corpus; no more of it is read than the steps need. Documents longer than the model's context are
            read in pieces.
        folder: where ``lens.safetensors`` and ``fit.json`` go; made where there is none.
        settings: steps, rate, seed.
        report: called after every step, and after every held-out text that is judged then.

    Raises:
        StatescapeError: if the corpus is too small, the folder holds a lens or a fit of another kind, or cannot be
            written.
    """
    settings, folder = settings or FitSettings(), Path(folder)
    decoder_of(model).differentiable(torch.zeros(1, model.facts.d_model))  # or refuses
    if (folder / LENS).exists():
        raise StatescapeError(f"{folder} holds a finished lens; choose another folder, or remove it first.")
    corpus = _read(model, documents, settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatescapeError(f"{folder} cannot be made: {error.strerror}.") from error
    with _journal(folder, model, corpus, settings) as journal:
        translators, seen = _train(model, corpus, settings, journal, report)
    lens = translators.lens()
    fitted = _judged(model, lens, corpus.held_out, seen, report, settings.steps)
    _write_record(folder, model, fitted, settings)
    save_lens(lens, model, folder / LENS)
    (folder / RUN).unlink(missing_ok=True)
    return fitted


@dataclass(frozen=True, eq=False)
class _Corpus:
    """Texts as ids, in pieces that fit the context."""

    training: list[tuple[int, ...]]
    held_out: list[tuple[int, ...]]

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for ids in (*self.training, *self.held_out):
            digest.update(np.array([len(ids), *ids], dtype="<i4").tobytes())
        return digest.hexdigest()


def _read(model: ReadableModel, documents: Iterable[str], settings: FitSettings) -> _Corpus:
    """As many documents as the steps need, each read at most once if the corpus is large enough."""
    wanted = settings.steps * settings.positions
    training: list[tuple[int, ...]] = []
    held_out: list[tuple[int, ...]] = []
    for number, text in enumerate(text for text in documents if text.strip()):
        pieces = [ids for ids in model.tokens.pieces(text) if len(ids) > 1]
        if number % _HELD_OUT_EVERY == _HELD_OUT_EVERY - 1:
            held_out += pieces if len(held_out) < _HELD_OUT else []
        else:
            training += pieces
            wanted -= sum(len(ids) - 1 for ids in pieces)
        if wanted <= 0 and len(held_out) >= _HELD_OUT:
            break
    if not held_out:
        raise StatescapeError(
            f"The corpus holds {len(training)} pieces of text; a fit needs at least {_HELD_OUT_EVERY} documents, since "
            f"every {_HELD_OUT_EVERY}th is kept to judge the lens."
        )
    return _Corpus(training, held_out[:_HELD_OUT])


def _steps(training: list[tuple[int, ...]], settings: FitSettings) -> Iterator[list[tuple[int, ...]]]:
    """The texts of step after step, epoch after epoch in an order redrawn from the seed."""
    epoch, gathered = 0, 0
    texts: list[tuple[int, ...]] = []
    while True:
        for index in np.random.default_rng([settings.seed, epoch]).permutation(len(training)):
            texts.append(training[index])
            gathered += len(training[index]) - 1
            if gathered >= settings.positions:
                yield texts
                texts, gathered = [], 0
        epoch += 1


def _journal(folder: Path, model: ReadableModel, corpus: _Corpus, settings: FitSettings) -> Journal:
    """The run inside the folder, begun or gone on with."""
    asked = {
        **asdict(settings),
        "model": model.facts.name,
        "unembedding_sha256": unembedding_hash(model),
        "corpus_sha256": corpus.fingerprint,
    }
    if not (folder / RUN).exists():
        return Journal.create(folder / RUN, _KIND, asked)
    journal = Journal.open(folder / RUN, kind=_KIND)
    differing = [name for name, value in asked.items() if journal.settings.get(name) != value]
    if differing:
        journal.close()
        raise StatescapeError(
            f"{folder} holds an unfinished fit with another {differing[0].removesuffix('_sha256')}; give what it was "
            "begun with, or another folder."
        )
    return journal


def _train(
    model: ReadableModel,
    corpus: _Corpus,
    settings: FitSettings,
    journal: Journal,
    report: Callable[[FitProgress], None],
) -> tuple[Translators, int]:
    """The translators after the last step, and the positions seen on the way."""
    steps = _steps(corpus.training, settings)
    translators, done, seen = read_state(journal.get("checkpoint"), model)
    for step in range(settings.steps):
        texts = next(steps)
        if step < done:
            continue
        states = _states(model, texts)
        translators = translators or Translators.begin(states, settings.rate)
        divergence = translators.step(model, states, 1 - step / settings.steps)
        seen += states.shape[1]
        if (step + 1) % settings.checkpoint == 0:
            journal.put("checkpoint", write_state(translators, step + 1, seen))
        report(FitProgress(step + 1, settings.steps, divergence))
    assert translators is not None  # there is at least one step
    return translators, seen


def _states(model: ReadableModel, texts: list[tuple[int, ...]]) -> Float[torch.Tensor, "states rows d_model"]:
    """All states of all texts but those at position 0, which is an attention sink."""
    ordered = sorted(texts, key=len)
    found = model.states_of(ordered) if isinstance(model, HasBatches) else map(model.states, ordered)
    kept = np.concatenate([states[:, 1:] for states in found], axis=1)
    return torch.tensor(np.asarray(kept, dtype=np.float32), device=decoder_of(model).device)


def _judged(
    model: ReadableModel,
    lens: TunedLens,
    held_out: list[tuple[int, ...]],
    seen: int,
    report: Callable[[FitProgress], None],
    steps: int,
) -> FittedLens:
    """Logit lens and fitted lens on texts that the fit has not seen."""
    sums = np.zeros((2, model.facts.n_blocks))
    positions = 0
    for judged, ids in enumerate(held_out, start=1):
        trace = Trace.read(model, ids)
        for row, used in enumerate((None, lens)):
            sums[row] += trace.lens(top=1, lens=used).kl_to_final[:-1, 1:].sum(axis=1, dtype=np.float64)
        positions += len(ids) - 1
        report(FitProgress(steps, steps, float(sums[1].mean()) / positions, judged, len(held_out)))
    before, after = sums / positions
    return FittedLens(lens, before, after, len(held_out), positions, seen)


def _write_record(folder: Path, model: ReadableModel, fitted: FittedLens, settings: FitSettings) -> None:
    record = {
        "model": model.facts.name,
        "settings": asdict(settings),
        "trained_on_positions": fitted.trained_on,
        "held_out": {"texts": fitted.documents, "positions": fitted.positions},
        "kl_to_final": {"logit": fitted.before.tolist(), "tuned": fitted.after.tolist()},
    }
    with written_whole(folder / "fit.json") as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
