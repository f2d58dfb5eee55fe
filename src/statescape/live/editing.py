"""A click on a state: what is put in its place, and what the model says then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.geometry import unit
from statescape.language import StatePath, Trace
from statescape.language.edits import Edit
from statescape.wording import phrase, say, visible

Kind = Literal["beside", "predicted", "current", "mean", "zero"]

_PUT = {
    "beside": phrase("the state of the second text there"),
    "predicted": phrase("the embedding of the token that is predicted there, at the state's own norm"),
    "current": phrase("the embedding of the token itself, at the state's own norm"),
    "mean": phrase("the mean of this state over the text"),
    "zero": phrase("zero"),
}
CHOICES = tuple(_PUT.items())
"""What can be put in the place of a state, and how a menu says it."""


@dataclass(frozen=True)
class Replacement:
    """One state of one position, and what takes its place.

    Attributes:
        state: its number, 0 to L.
        position: in the text.
        kind: what is put there.
    """

    state: int
    position: int
    kind: Kind

    @classmethod
    def of(cls, asked: str) -> Replacement | None:
        """What "3,2,zero" asks for; None of an empty text.

        Raises:
            StatescapeError: for anything else.
        """
        if not asked:
            return None
        state, _, rest = asked.partition(",")
        position, _, kind = rest.partition(",")
        if not (_is_number(state) and _is_number(position) and kind in get_args(Kind)):
            raise StatescapeError(say("An edit is a state, a position and what is put there: 3,2,zero."))
        return cls(int(state), int(position), cast("Kind", kind))

    def done(self, trace: Trace, beside: Trace | None) -> Trace:
        """The text read again with the edit.

        Args:
            trace: of the text as it runs by itself.
            beside: of the second text; None where there is none.

        Raises:
            StatescapeError: for a state or a position that is not there, or a second text that has none such.
        """
        states, length, _ = trace.states.shape
        if not (self.state < states and self.position < length):
            raise StatescapeError(
                say(
                    "There is no state {state} at position {position} of this text.",
                    state=self.state,
                    position=self.position,
                )
            )
        edit = Edit.replace(self.state, self._values(trace, beside), self.position)
        return Trace.read(trace.model, trace.text, edits=[edit])

    def _values(self, trace: Trace, beside: Trace | None) -> Float[np.ndarray, " d_model"]:
        own = trace.states[self.state, self.position]
        if self.kind == "beside":
            place = self.position if beside is None or len(beside) == len(trace) else self.position - len(trace)
            if beside is None or (place < 0 and -place > len(beside)):
                raise StatescapeError(
                    say("The second text has no such position; texts of unequal length are aligned at their ends.")
                )
            return np.asarray(beside.states[self.state, place])
        if self.kind == "mean":
            return np.asarray(trace.states[self.state].mean(axis=0))
        if self.kind == "zero":
            return np.zeros_like(own)
        predicted = int(trace.model.decode(trace.states[-1, [self.position]])[0].argmax())
        token = predicted if self.kind == "predicted" else trace.token_ids[self.position]
        return np.asarray(unit(trace.model.embeddings[token].astype(np.float64)) * np.linalg.norm(own))

    def sentence(self, before: StatePath, after: StatePath) -> str:
        """What the edit does to the prediction, in words."""
        where = say(
            "State {state} at position {position} (‘{token}’) is replaced by {what}",
            state=self.state,
            position=self.position,
            token=visible(before.tokens[self.position]),
            what=say(_PUT[self.kind]),
        )
        if self.position > before.position:
            return say("{where}: what is predicted at an earlier position stays as it was.", where=where)
        told = {
            "where": where,
            "token": visible(before.predicted.token),
            "before": before.predicted.probability,
            "after": float(np.exp(after.log_probabilities[-1, before.predicted_id])),
        }
        if after.predicted_id == before.predicted_id:
            return say("{where}: ‘{token}’ stays the prediction, at {after:.1%} instead of {before:.1%}.", **told)
        return say(
            "{where}: ‘{token}’ goes from {before:.1%} to {after:.1%}, and ‘{other}’ is predicted, at {share:.1%}.",
            **told,
            other=visible(after.predicted.token),
            share=after.predicted.probability,
        )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 7
