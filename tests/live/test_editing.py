"""A click puts something in the place of a state: what is answered is what the model says in a run edited so."""

from __future__ import annotations

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.language.edits import Edit
from statescape.live.editing import CHOICES, Replacement
from statescape.wording import visible

TEXT, OTHER = "Once upon a time, there was a", "Once upon a time, there was the"


def values_of(model, kind: str, state: int, position: int) -> np.ndarray:
    """What takes the state's place, by its definition."""
    trace = model.trace(TEXT)
    own = trace.states[state, position]
    if kind == "beside":
        return model.trace(OTHER).states[state, position]
    if kind == "mean":
        return trace.states[state].mean(axis=0)
    if kind == "zero":
        return np.zeros_like(own)
    token = trace[position].predicted_id if kind == "predicted" else trace.token_ids[position]
    embedding = model.embeddings[token]
    return embedding / np.linalg.norm(embedding) * np.linalg.norm(own)


@pytest.mark.parametrize("kind", [kind for kind, _ in CHOICES])
def test_the_path_is_that_of_the_edited_run_beside_the_one_of_the_text_itself(served, model, kind):
    text, sphere, _, words, edited, end = served.parts(text=TEXT, beside=OTHER, edit=f"2,3,{kind}")
    assert (edited["part"], end["part"]) == ("edited", "end")
    whole = model.trace(TEXT)[-1]
    by_hand = model.trace(TEXT, edits=[Edit.replace(2, values_of(model, kind, 2, 3), 3)])[-1]
    assert text["predictions"][0]["id"] == by_hand.predicted_id == sphere["data"]["predicted"]
    assert text["predictions"][0]["p"] == pytest.approx(by_hand.predicted.probability, rel=1e-4)
    own, other = text["beside"]
    assert (own["unedited"], other["unedited"]) == (True, False)
    assert own["predictions"][0]["p"] == pytest.approx(whole.predicted.probability, rel=1e-4)
    assert sphere["data"]["names"][0] != sphere["data"]["names"][1]
    after = float(np.exp(by_hand.log_probabilities[-1, whole.predicted_id]))
    assert (
        f"State 2 at position 3 (‘{visible(whole.tokens[3])}’) is replaced by {dict(CHOICES)[kind]}: "
        in edited["sentence"]
    )
    assert f"{whole.predicted.probability:.1%}" in edited["sentence"]
    assert f"{after:.1%}" in edited["sentence"]
    assert any("position 3" in value for name, value in words["facts"] if name == "edited run")


def test_the_state_that_decides_carries_the_other_texts_prediction_with_it(served, model):
    last = len(model.trace(TEXT)) - 1
    text, *_ = served.parts(text=TEXT, beside=OTHER, edit=f"{model.facts.n_blocks},{last},beside")
    assert text["predictions"][0]["id"] == model.trace(OTHER)[-1].predicted_id


def test_a_state_behind_the_position_changes_nothing_and_that_is_said(served):
    *_, edited, _ = served.parts(text=TEXT, position=1, edit="2,3,zero")
    assert edited["sentence"].endswith("what is predicted at an earlier position stays as it was.")


def test_texts_of_other_lengths_end_together(model):
    trace, longer = model.trace(TEXT), model.trace(f"Then, {OTHER}")
    at = len(trace) - 1
    edited = Replacement(1, at, "beside").done(trace, longer)
    by_hand = model.trace(TEXT, edits=[Edit.replace(1, longer.states[1, -1], at)])
    np.testing.assert_array_equal(edited.states, by_hand.states)


def test_a_saved_report_is_of_the_edited_run(served):
    status, page = served.ask(
        "/api/save", {"text": TEXT, "edit": "2,3,zero", "kind": "path"}, x_statescape_token=served.token
    )
    assert status == 200
    assert b"edited run" in page


@pytest.mark.parametrize("asked", ["3", "x,1,zero", "1,-2,zero", "1,2,nothing", "1,2,", "9999999,1,zero", "1,²,zero"])
def test_what_is_no_edit_is_refused(asked):
    with pytest.raises(StatescapeError, match="An edit is a state, a position and what is put there"):
        Replacement.of(asked)


@pytest.mark.parametrize(
    ("edit", "words"),
    [("99,0,zero", "no state 99"), ("0,99,zero", "at position 99"), ("1,1,beside", "second text has no such position")],
)
def test_an_edit_that_fits_nothing_is_said_in_a_line(served, edit, words):
    parts = served.parts(text=TEXT, edit=edit)
    assert [one["part"] for one in parts] == ["error", "end"]
    assert words in parts[0]["error"]
