"""A text that a model goes on with, token by token, each with the path of the state that predicted it.

Every token is chosen from the logits of the last state, the likeliest (as transformers' ``generate`` does without
sampling) or drawn with probabilities ``softmax(logits / temperature)``. The path of a token is that of the pass which
chose it: nothing that comes later is known there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from statescape.arguments import require_seed
from statescape.errors import StatescapeError
from statescape.language.path import StatePath
from statescape.language.readable import HasParts, ReadableModel
from statescape.language.tokens import joined, whole
from statescape.language.trace import Trace
from statescape.wording import Noun, brief


@dataclass(frozen=True, eq=False)
class Continuation(Noun):
    """What a model made of a text.

    Attributes:
        text: the text it began with.
        token_ids: the tokens that it added.
        paths: for each of them the path of the state that predicted it.
        probabilities: of each of them, at temperature 1.
        temperature: with which they were drawn; 0: the likeliest were taken.
        seed: of the draws.
    """

    text: str
    token_ids: tuple[int, ...]
    paths: tuple[StatePath, ...]
    probabilities: tuple[float, ...]
    temperature: float = 0.0
    seed: int = 0

    @property
    def tokens(self) -> tuple[str, ...]:
        """How the added tokens read after the text."""
        first = self.paths[0]
        read = whole([first.vocabulary[token] for token in (*first.token_ids, *self.token_ids)])
        return read[len(first.token_ids) :]

    @property
    def added(self) -> str:
        """The text that was added."""
        vocabulary = self.paths[0].vocabulary
        return joined([vocabulary[token] for token in self.token_ids])

    def __len__(self) -> int:
        return len(self.token_ids)

    def __repr__(self) -> str:
        added = brief(repr(self.added), 90)
        return brief(f"Continuation of {len(self)} tokens after {brief(repr(self.text), 60)}: {added}")


def follow(
    model: ReadableModel,
    text: Any,
    n: int,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
) -> Continuation:
    """Let a model go on with a text, and keep the path that led to every token.

    Args:
        model: the model.
        text: a text, the ids of its tokens, or the messages of a chat.
        n: how many tokens at most; fewer where the model ends the text.
        temperature: 0 takes the likeliest token; above 0 tokens are drawn.
        seed: of the draws.
        progress: called with the number of tokens made, after each.

    Raises:
        StatescapeError: for a number or temperature out of range, blank text, and where text and tokens together are
            longer than the model's context.
    """
    require_seed(seed)
    if n < 1:
        raise StatescapeError(f"At least one token is followed; got {n}.")
    if not 0 <= temperature < math.inf:
        raise StatescapeError(f"A temperature is 0 or above and finite; got {temperature}.")
    first = Trace.read(model, text)
    context = model.tokens.context
    if context is not None and len(first) + n - 1 > context:
        raise StatescapeError(
            f"The text has {len(first):,} tokens and the model takes {context:,}; follow at most "
            f"{max(context - len(first) + 1, 1):,}, or shorten the text."
        )
    rng = np.random.default_rng(seed)
    trace, paths, chosen, probabilities = first, [], [], []
    while True:
        path = trace.path(-1)
        logs = path.log_probabilities[-1].astype(np.float64)
        token = path.predicted_id if temperature == 0 else _drawn(logs, temperature, rng)
        paths.append(path)
        chosen.append(token)
        probabilities.append(float(np.exp(logs[token])))
        if progress is not None:
            progress(len(chosen))
        if len(chosen) == n or token == model.tokens.end:
            return Continuation(first.text, tuple(chosen), tuple(paths), tuple(probabilities), float(temperature), seed)
        ids = (*trace.token_ids, token)
        text = first.text + joined([model.tokens.vocabulary[added] for added in chosen])
        trace = _read_on(trace, text, ids)


def _read_on(trace: Trace, text: str, ids: tuple[int, ...]) -> Trace:
    """The trace of the longer text, from one pass where the model gives states and parts together."""
    model = trace.model
    longer = replace(trace, text=text, tokens=model.tokens.read(ids), token_ids=ids)
    if isinstance(model, HasParts):
        states, added = model.states_and_parts(ids)
        return replace(longer, states=np.asarray(states, dtype=np.float32)).with_parts(added)
    return replace(longer, states=np.asarray(model.states(ids), dtype=np.float32))


def _drawn(logs: Float[np.ndarray, " vocabulary"], temperature: float, rng: np.random.Generator) -> int:
    scaled = (logs - logs.max()) / temperature
    weights = np.exp(scaled)
    return int(rng.choice(len(weights), p=weights / weights.sum()))
