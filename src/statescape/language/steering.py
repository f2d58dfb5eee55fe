"""Steering: a direction is added to the stream at one block, and the model goes on elsewhere (Turner et al. 2023).

    s_l <- s_l + strength * mean|s_l| * v / |v|

at every position but the first (or where it is asked), with the mean norm over these positions, so that a strength
means the same in every block and model. The direction is the difference of two tokens' embeddings, of two texts'
states, or any vector.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from statescape import __version__, plugins
from statescape.errors import StatescapeError
from statescape.geometry import cosine
from statescape.language.edits import Edit
from statescape.language.path import StatePath, log_softmax
from statescape.language.readable import ReadableModel
from statescape.language.tokens import joined
from statescape.language.trace import Trace
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Steering(Noun):
    """A text read untouched and steered.

    Attributes:
        untouched: the trace as the model made it.
        steered: the trace with the direction added.
        block: the number of the state that it is added to.
        strength: in mean norms of that state.
        direction: what is added, of length 1.
        added_norm: length of what was added.
        continuation: text that the untouched model goes on with; "" where it was not asked.
        continuation_steered: text that it goes on with when steered at every step.
        named: what the direction is, in words; "" where nobody said.
    """

    untouched: Trace
    steered: Trace
    block: int
    strength: float
    direction: Float[np.ndarray, " d_model"]
    added_norm: float
    continuation: str = ""
    continuation_steered: str = ""
    named: str = ""

    @property
    def paths(self) -> tuple[StatePath, StatePath]:
        """The path of the last position, untouched and steered."""
        return self.untouched.path(-1), self.steered.path(-1)

    @property
    def kl(self) -> Float[np.ndarray, " states"]:
        """KL(untouched || steered) in nats by state, at the last position."""
        p, q = (path.log_probabilities.astype(np.float64) for path in self.paths)
        return np.asarray(np.maximum((np.exp(p) * (p - q)).sum(axis=1), 0.0))

    @property
    def along(self) -> Float[np.ndarray, "2 states"]:
        """Cosine of each state with the direction, at the last position, untouched and steered."""
        states = np.stack([np.asarray(path.states, dtype=np.float64) for path in self.paths])
        return cosine(states, self.direction)

    def top(self, count: int = 5) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        """The likeliest next tokens with their probabilities, untouched and steered."""
        found = []
        for path in self.paths:
            p = np.exp(path.log_probabilities[-1].astype(np.float64))
            order = np.argsort(-p, kind="stable")[:count]
            found.append([(path.vocabulary[index], float(p[index])) for index in order])
        return found[0], found[1]

    @property
    def conclusion(self) -> str:
        """What the model says when steered, and what it said untouched."""
        return str(plugins.conclusion(self))

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each state at the last position: the divergence, and the cosines with the direction."""
        import pandas as pd

        untouched, steered = self.along
        columns = {"kl": self.kl, "cosine_untouched": untouched, "cosine_steered": steered}
        return pd.DataFrame({"state": range(len(self.kl)), **columns})

    def as_json(self) -> dict[str, Any]:
        """All numbers as plain JSON."""
        facts, states = self.untouched.facts, self.to_dataframe().rename(columns={"state": "index"})
        said = zip(("untouched", "steered"), self.top(), (self.continuation, self.continuation_steered), strict=True)
        return {
            "version": __version__,
            "model": facts.as_json(),
            "bos": facts.bos,
            "text": self.untouched.text,
            "direction": self.named,
            "block": self.block,
            "strength": self.strength,
            "added_norm": self.added_norm,
            "states": states.to_dict("records"),
            **{
                name: {"top": [{"token": token, "probability": p} for token, p in top], "continuation": text}
                for name, top, text in said
            },
            "conclusion": self.conclusion,
        }

    def __repr__(self) -> str:
        before, after = (path.predicted.token for path in self.paths)
        return brief(
            f"Steering of {self.untouched.text!r} at state {self.block} by {self.strength:g}: {before!r} to {after!r}"
        )


def steer(
    model: ReadableModel,
    text: Any,
    direction: Float[np.ndarray, " d_model"],
    *,
    block: int | None = None,
    strength: float = 1.0,
    positions: Sequence[int] | None = None,
    follow: int = 0,
    named: str = "",
) -> Steering:
    """Add a direction to the stream while a model reads a text.

    Args:
        model: a model that runs with edits.
        text: a text, the ids of its tokens, or a chat.
        direction: a vector as wide as the stream, of any length.
        block: the number of the state that it is added to, 0 to L; None: the middle one.
        strength: in mean norms of that state; negative turns away from it.
        positions: where; None: everywhere but at the first position, whose norm is of its own kind.
        follow: tokens that the model goes on with, the likeliest, untouched and steered.
        named: what the direction is, in words, for outputs to say.

    Raises:
        StatescapeError: for a direction of another width, of length 0 or with NaN, a block that is not there, and for
            more tokens than fit the model's context.
    """
    facts, vector = model.facts, np.asarray(direction, dtype=np.float64)
    if vector.shape != (facts.d_model,):
        raise StatescapeError(f"The stream has width {facts.d_model}; the direction has shape {vector.shape}.")
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or not length:
        raise StatescapeError("A direction is made of finite numbers and not of length 0.")
    if not np.isfinite(strength):
        raise StatescapeError(f"A strength is a finite number; got {strength}.")
    at = (facts.n_blocks + 1) // 2 if block is None else block
    if not 0 <= at <= facts.n_blocks:
        raise StatescapeError(f"The model has states 0 to {facts.n_blocks}; there is no state {at} to steer.")
    plain = Trace.read(model, text)
    context = model.tokens.context
    if follow < 0 or (context is not None and len(plain) + follow > context):
        raise StatescapeError(
            f"The text has {len(plain):,} tokens and the model takes {context:,}; {follow} tokens more do not fit."
        )
    where = list(range(1, len(plain))) or [0] if positions is None else [int(position) for position in positions]
    norms = np.linalg.norm(np.asarray(plain.states[at], dtype=np.float64), axis=1)
    # Positions are checked by the edit itself; norms of wrong ones are never asked for.
    inside = [position for position in where if -len(plain) <= position < len(plain)]
    size = strength * float(norms[inside].mean()) if inside else 0.0
    unit = vector / length

    def edit(positions: list[int]) -> Edit:
        return Edit.add(at, size * unit, positions)

    steered = Trace.read(model, text, edits=[edit(where)])
    onwards = positions is None
    return Steering(
        untouched=plain,
        steered=steered,
        block=at,
        strength=float(strength),
        direction=unit,
        added_norm=abs(size),
        continuation=_followed(model, plain, follow, lambda _: []),
        continuation_steered=_followed(
            model, steered, follow, lambda count: [edit(list(range(1, count)) or [0] if onwards else where)]
        ),
        named=named,
    )


def direction_between(model: ReadableModel, towards: Any, away: Any, *, block: int | None = None) -> np.ndarray:
    """The direction from one thing to another.

    Args:
        model: the model.
        towards: what the direction leads to: a token (a text of one, or its id), or a text with ``block``.
        away: what it leads away from.
        block: None: the difference of two tokens' embeddings; a number: that of the two texts' states there, at their
            last positions.

    Raises:
        StatescapeError: for an answer of several tokens where embeddings are asked, and for a block that is not there.
    """
    if block is None:
        first, second = (model.tokens.single(one) for one in (towards, away))
        rows = np.asarray(model.embeddings[[first, second]], dtype=np.float64)
        return np.asarray(rows[0] - rows[1])
    if not 0 <= block <= model.facts.n_blocks:
        raise StatescapeError(f"The model has states 0 to {model.facts.n_blocks}; there is no state {block}.")
    first_state, second_state = (
        np.asarray(Trace.read(model, one).states[block, -1], dtype=np.float64) for one in (towards, away)
    )
    return np.asarray(first_state - second_state)


def read_direction(file: Path) -> Float[np.ndarray, " d_model"]:
    """A direction from a file: ``.npy``, or a JSON list of numbers.

    Raises:
        StatescapeError: where it is none.
    """
    try:
        if file.suffix == ".npy":
            found = np.load(file, allow_pickle=False)
        else:
            found = np.array(json.loads(file.read_text(encoding="utf-8")), dtype=np.float64)
        vector = np.asarray(found, dtype=np.float64)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise StatescapeError(f"{file} holds no direction; give a .npy file of one vector or a JSON list.") from error
    if vector.ndim != 1:
        raise StatescapeError(f"{file} holds an array of shape {vector.shape}; a direction is one vector.")
    return vector


def _followed(model: ReadableModel, first: Trace, count: int, edits: Callable[[int], list[Edit]]) -> str:
    """The likeliest tokens one after the other, with edits made anew for each length of the text."""
    ids, trace, added = list(first.token_ids), first, []
    for number in range(count):
        if number:
            trace = Trace.read(model, ids, edits=edits(len(ids)))
        logits = np.asarray(model.decode(np.asarray(trace.states[-1, -1:], dtype=np.float32)), dtype=np.float64)
        token = int(log_softmax(logits)[0].argmax())
        if token == model.tokens.end:
            break
        ids.append(token)
        added.append(model.tokens.vocabulary[token])
    return joined(added)
