"""Patching: which state of a run carries what makes it answer otherwise than another?

Two texts of as many tokens are read, clean and corrupt. One state of the clean run (or what attention or MLP of a block
added) is put into the corrupt one, which runs on from there; with d the logit of the clean answer less that of the
corrupt one, at the last position,

    restored share = (d_patched - d_corrupt) / (d_clean - d_corrupt)

(Vig et al. 2020; Meng et al. 2022; Heimersheim & Nanda 2024 on its pitfalls: shares do not add up, and may be negative
or above 1.) All patches of a map run as rows of few batches, from the patched block upwards only. Attribution patching
(Nanda 2023) approximates the same map by one gradient: (x_clean - x_corrupt) . grad d at x_corrupt, over the same
difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Bool, Float

from statescape import __version__, plugins
from statescape.errors import StatescapeError
from statescape.language.edits import Edit, Place
from statescape.language.model.decoder import decoder_of
from statescape.language.readable import (
    Added,
    HasEditedCopies,
    HasEdits,
    HasGradients,
    HasParts,
    ModelFacts,
    ReadableModel,
)
from statescape.language.trace import Trace
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

# Patches that are handed to the model at a time, so that progress can be told.
_AT_A_TIME = 512


@dataclass(frozen=True, eq=False)
class Patching(Noun):
    """The map of two texts.

    Attributes:
        model: facts of the model.
        clean: the trace whose states are put into the other.
        corrupt: the trace that they are put into.
        answers: id of the answer to the clean text, and of that to the corrupt one.
        difference_clean: logit of the first answer less that of the second, at the end of the clean text.
        difference_corrupt: the same at the end of the corrupt text.
        state: restored share by state (0 to L) and position.
        attention: by block (1 to L) and position, of what attention added; None where parts cannot be told apart.
        mlp: the same of what the MLP added.
        parts_note: why there are no parts; empty where there are.
        attribution: the gradient's approximation of every map; None where it was not asked for.
    """

    model: ModelFacts
    clean: Trace
    corrupt: Trace
    answers: tuple[int, int]
    difference_clean: float
    difference_corrupt: float
    state: Float[np.ndarray, "states positions"]
    attention: Float[np.ndarray, "blocks positions"] | None = None
    mlp: Float[np.ndarray, "blocks positions"] | None = None
    parts_note: str = ""
    attribution: dict[str, Float[np.ndarray, "_ positions"]] | None = None

    @property
    def maps(self) -> dict[str, Float[np.ndarray, "_ positions"]]:
        """Every map there is by what was patched: state, attention, mlp."""
        found = {"state": self.state, "attention": self.attention, "mlp": self.mlp}
        return {name: values for name, values in found.items() if values is not None}

    @property
    def correlations(self) -> dict[str, float]:
        """Pearson's correlation of each map with its approximation, from the first difference of the texts on.

        Empty where no approximation was asked for; NaN where one of the two does not vary.
        """
        return {
            name: _correlation(self.maps[name][:, self.first_difference :], values[:, self.first_difference :])
            for name, values in (self.attribution or {}).items()
        }

    @property
    def answer_tokens(self) -> tuple[str, str]:
        """How the two answers read."""
        first, second = (self.clean.model.tokens.vocabulary[answer] for answer in self.answers)
        return first, second

    @property
    def first_difference(self) -> int:
        """The first position at which the texts differ; before it a patch changes nothing."""
        return _first_difference(self.clean, self.corrupt)

    def tokens_at(self, position: int) -> tuple[str, ...]:
        """The token of both texts there; both tokens where they differ."""
        return tuple(dict.fromkeys((self.clean.tokens[position], self.corrupt.tokens[position])))

    def carriers(self, share: float = 0.5) -> list[tuple[int, int, int]]:
        """Where a single state restores at least this share: position, first and last block of every run of blocks."""
        return runs_of_states(self.state >= share)

    @property
    def conclusion(self) -> str:
        """At which positions and in which states one state restores at least half."""
        return str(plugins.conclusion(self))

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each patch: part, block, position, the two tokens there, restored share."""
        import pandas as pd

        rows = [
            (name, block, position, self.clean.tokens[position], self.corrupt.tokens[position], share)
            for name, values in self.maps.items()
            for block, row in enumerate(values.tolist(), name != "state")
            for position, share in enumerate(row)
        ]
        return pd.DataFrame(rows, columns=["part", "block", "position", "clean", "corrupt", "restored"])

    def as_json(self) -> dict[str, Any]:
        """All numbers as plain JSON; ``restored`` is None where parts cannot be told apart."""
        restored = {"state": self.state, "attention": self.attention, "mlp": self.mlp}
        found = {
            "version": __version__,
            "model": self.model.as_json(),
            "bos": self.model.bos,
            "clean": self.clean.text,
            "corrupt": self.corrupt.text,
            "tokens": {"clean": list(self.clean.tokens), "corrupt": list(self.corrupt.tokens)},
            "answers": [
                {"id": answer, "token": token} for answer, token in zip(self.answers, self.answer_tokens, strict=True)
            ],
            "logit_difference": {"clean": self.difference_clean, "corrupt": self.difference_corrupt},
            "restored": {name: None if values is None else values.tolist() for name, values in restored.items()},
            "parts_note": self.parts_note,
            "conclusion": self.conclusion,
        }
        if self.attribution is not None:
            found["attribution"] = {name: values.tolist() for name, values in self.attribution.items()}
            found["attribution_correlation"] = self.correlations
        return found

    def __repr__(self) -> str:
        states, positions = self.state.shape
        first, second = self.answer_tokens
        return brief(
            f"Patching of {self.model.name}: {states} states x {positions} positions, {first!r} against {second!r}, "
            f"logit difference {self.difference_clean:.2f} clean, {self.difference_corrupt:.2f} corrupt"
        )


def patch(
    model: ReadableModel,
    clean: Any,
    corrupt: Any,
    answers: Sequence[str | int] | None = None,
    *,
    attribution: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> Patching:
    """Put every state of the clean run into the corrupt one, and what attention and MLP added apart.

    Args:
        model: a model that runs with edits.
        clean: a text, or the ids of its tokens.
        corrupt: a text of as many tokens.
        answers: the answer to the clean text and that to the corrupt one, each one token (a text or an id); None: what
            the model predicts after each.
        attribution: approximate the maps by gradients too.
        progress: called with the number of patches done and of all.

    Raises:
        StatescapeError: for texts of other lengths or without a difference, answers that are several tokens or the
            same, and models that do not run with edits.
    """
    ran, into = Trace.read(model, clean), Trace.read(model, corrupt)
    _refuse_unlike(ran, into)
    if not isinstance(model, HasEdits):
        raise StatescapeError(f"{model.facts.name} offers no `edited_states`, so its runs cannot be patched.")
    pair = _answers(model, ran, into, answers)
    whole, none = differences(model, np.stack([ran.states[-1, -1], into.states[-1, -1]]), pair).tolist()
    if abs(whole - none) <= 4 * model.facts.eps * max(abs(whole), abs(none), 1.0):
        raise StatescapeError(
            "Both texts give the two answers the same logit difference, so there is nothing to restore; name other "
            "answers."
        )
    added = model.states_and_parts(ran.token_ids)[1] if isinstance(model, HasParts) else "the model does not offer them"
    sources: dict[Place, Float[np.ndarray, "_ positions d_model"]] = {"stream": ran.states}
    if isinstance(added, Added):
        sources |= {"attention": added.attention, "mlp": added.mlp}
    # Lowest block first, whatever the part: patches that can go on from the same state share a pass.
    patches = sorted(
        (
            (part, row, position)
            for part, rows in sources.items()
            for row in range(len(rows))
            for position in range(_first_difference(ran, into), len(into))  # before it both runs have the same states
        ),
        key=lambda one: one[1],
    )
    maps = {part: np.zeros(rows.shape[:2]) for part, rows in sources.items()}
    for start in range(0, len(patches), _AT_A_TIME):
        some = patches[start : start + _AT_A_TIME]
        copies = [[Edit.replace(row + (part != "stream"), sources[part][row, at], at, part)] for part, row, at in some]
        shares = (differences(model, last_states_edited(model, into.token_ids, copies), pair) - none) / (whole - none)
        for (part, row, at), share in zip(some, shares, strict=True):
            maps[part][row, at] = share
        if progress is not None:
            progress(start + len(some), len(patches))
    approximate = _attributed(model, into, sources, pair, whole - none) if attribution else None
    return Patching(
        model=ran.facts,
        clean=ran,
        corrupt=into,
        answers=pair,
        difference_clean=whole,
        difference_corrupt=none,
        state=maps["stream"],
        attention=maps.get("attention"),
        mlp=maps.get("mlp"),
        parts_note=added if isinstance(added, str) else "",
        attribution=approximate,
    )


def _attributed(
    model: ReadableModel,
    into: Trace,
    sources: dict[Place, Float[np.ndarray, "_ positions d_model"]],
    answers: tuple[int, int],
    difference: float,
) -> dict[str, Float[np.ndarray, "_ positions"]]:
    """What the gradient at the corrupt run says of every patch."""
    if not isinstance(model, HasGradients):
        raise StatescapeError(f"{model.facts.name} offers no `difference_gradients`, so no attribution.")
    own: dict[Place, Float[np.ndarray, "_ positions d_model"]] = {"stream": into.states}
    added = model.states_and_parts(into.token_ids)[1] if isinstance(model, HasParts) else ""
    if isinstance(added, Added):
        own |= {"attention": added.attention, "mlp": added.mlp}
    slopes = model.difference_gradients(into.token_ids, answers)
    return {
        "state" if place == "stream" else place: np.einsum(
            "rpd,rpd->rp", np.asarray(sources[place], dtype=np.float64) - own[place], slopes[place]
        )
        / difference
        for place in sources
    }


def runs_of_states(marked: Bool[np.ndarray, "states positions"]) -> list[tuple[int, int, int]]:
    """Position, first and last state of every run of states that are marked."""
    found = []
    for position, column in enumerate(marked.T):
        ends = np.flatnonzero(np.diff(np.concatenate([[0], column.astype(int), [0]])))
        found += [(position, int(first), int(last) - 1) for first, last in zip(ends[::2], ends[1::2], strict=True)]
    return found


def _correlation(one: Float[np.ndarray, "_ positions"], other: Float[np.ndarray, "_ positions"]) -> float:
    """Pearson's, over all cells."""
    a, b = one.ravel() - one.mean(), other.ravel() - other.mean()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length else float("nan")


def _first_difference(clean: Trace, corrupt: Trace) -> int:
    pairs = zip(clean.token_ids, corrupt.token_ids, strict=True)
    return next(position for position, (one, other) in enumerate(pairs) if one != other)


def _refuse_unlike(clean: Trace, corrupt: Trace) -> None:
    if len(clean) != len(corrupt):
        raise StatescapeError(
            f"The clean text has {len(clean)} tokens and the corrupt one {len(corrupt)}; a state is put at its own "
            "position, so give texts of as many tokens."
        )
    if clean.token_ids == corrupt.token_ids:
        raise StatescapeError("Clean and corrupt text are the same; give two that differ.")


def _answers(
    model: ReadableModel, clean: Trace, corrupt: Trace, answers: Sequence[str | int] | None
) -> tuple[int, int]:
    """Ids of the answer to each text."""
    if answers is None:
        last = model.decode(np.stack([clean.states[-1, -1], corrupt.states[-1, -1]]))
        first, second = (int(token) for token in last.argmax(axis=1))
        if first == second:
            raise StatescapeError(
                f"The model predicts {model.tokens.vocabulary[first]!r} after both texts; name two answers to tell "
                "apart."
            )
        return first, second
    if isinstance(answers, str) or len(answers) != 2:
        raise StatescapeError("Two answers are compared: that to the clean text and that to the corrupt one.")
    first, second = (model.tokens.single(answer) for answer in answers)
    if first == second:
        raise StatescapeError(f"The two answers are one token, {model.tokens.vocabulary[first]!r}; give two.")
    return first, second


def last_states_edited(
    model: HasEdits,
    ids: tuple[int, ...],
    copies: list[list[Edit]],
    known: Float[np.ndarray, "states _ d_model"] | None = None,
    everywhere: bool = False,
    within: Sequence[int] | None = None,
) -> Float[np.ndarray, "copies *positions d_model"]:
    """s_L at the end of each edited copy, or everywhere: together where the model can, else one by one.

    Args:
        model: the model.
        ids: of the text.
        copies: the edits of each copy.
        known: the text's own states at its last positions, as many as are known; None: none.
        everywhere: s_L at every position, not at the last alone.
        within: a text that begins with this one, and was read, or will be, on the way; None: none.
    """
    if isinstance(model, HasEditedCopies):
        found = model.last_states_edited(ids, copies, known=known, everywhere=everywhere, within=within)
        return np.asarray(found, dtype=np.float32)
    last = (model.edited_states(ids, edits)[-1] for edits in copies)
    return np.stack([np.asarray(one if everywhere else one[-1], dtype=np.float32) for one in last])


@torch.inference_mode()
def differences(
    model: ReadableModel, states: Float[np.ndarray, "rows d_model"], answers: tuple[int, int]
) -> Float[np.ndarray, " rows"]:
    """Logit of the first answer less that of the second, for each last state."""
    decoder = decoder_of(model)
    normed = decoder.normalise(torch.from_numpy(states))
    first, second = (
        decoder.logits_of(normed, torch.full((len(normed),), answer, device=normed.device)) for answer in answers
    )
    return np.asarray((first.double() - second.double()).cpu().numpy())
