"""Passages of long documents, and following a model through them at all positions at once."""

import json
from importlib.resources import files

import numpy as np
import pytest

import statescape as ss
from statescape.analysis import read_path
from statescape.language.following import fingerprint, follow, predictions
from statescape.language.passage import LONGEST, following_ids

TEXT = json.loads((files("statescape") / "data" / "sample.jsonl").read_text(encoding="utf-8").splitlines()[0])["text"]


@pytest.fixture(scope="module")
def conteur():
    return ss.load_model()


@pytest.fixture(scope="module")
def followed(conteur):
    ids = conteur.trace(TEXT).token_ids
    return follow(conteur, ids, np.arange(1, len(ids)), following_ids([ids], 1)[0])


def test_a_long_text_is_split_without_loss_and_every_passage_is_opened(conteur):
    text = " ".join([TEXT] * 10)
    passages = conteur.tokens.pieces(text, LONGEST)
    assert len(passages) > 2
    assert all(passage[:1] == conteur.tokens.prefix and len(passage) <= 256 for passage in passages)
    joined = [token for passage in passages for token in passage[1:]]
    assert joined == conteur.tokens.tokenizer.encode(text, add_special_tokens=False)


def test_the_next_token_is_known_across_a_split_and_unknown_at_the_end():
    following = following_ids([(0, 5, 6), (0, 7, 8)], prefix=1)
    assert [after.tolist() for after in following] == [[5, 6, 7], [7, 8, -1]]


@pytest.mark.parametrize("position", [1, 7, 20])
def test_a_passage_says_of_a_position_what_its_path_says(conteur, followed, position):
    path = conteur.trace(TEXT).path(position)
    reading, place = read_path(path), position - 1
    np.testing.assert_allclose(followed.states[:, place], path.states, atol=1e-4)
    np.testing.assert_allclose(followed.normed[place], path.normed_states[-1], atol=1e-4)
    assert (followed.predicted_ids[place], followed.second_ids[place]) == (path.predicted_id, path.second_id)
    assert followed.current_ids[place] == path.current_id
    assert followed.next_ids[place] == path.token_ids[position + 1]
    np.testing.assert_array_equal(followed.rank[:, place], reading.ranks)
    np.testing.assert_array_equal(followed.first_ids[:, place], path.log_probabilities.argmax(axis=1))
    np.testing.assert_allclose(followed.kl_to_final[:, place], reading.kl_to_final, atol=1e-4)
    np.testing.assert_allclose(followed.attention[:, place], path.steps.attention, atol=1e-4)
    np.testing.assert_allclose(followed.attention_logit[:, place], path.steps.attention_logit, atol=1e-3)
    np.testing.assert_allclose(followed.mlp_logit[:, place], path.steps.mlp_logit, atol=1e-3)


def test_positions_may_be_chosen(conteur, followed):
    ids = conteur.trace(TEXT).token_ids
    chosen = follow(conteur, ids, np.array([3, 9]), following_ids([ids], 1)[0])
    np.testing.assert_allclose(chosen.states, followed.states[:, [2, 8]], atol=1e-5)
    np.testing.assert_array_equal(chosen.predicted_ids, followed.predicted_ids[[2, 8]])


def test_predictions_are_those_of_the_last_states(conteur, followed):
    np.testing.assert_array_equal(predictions(conteur, followed.states[-1]), followed.predicted_ids)


def test_the_fingerprint_tells_weights_apart(conteur):
    assert fingerprint(conteur) == fingerprint(ss.load_model())
    assert fingerprint(conteur) != fingerprint(conteur.with_random_weights(0))


def test_another_policy_on_bos_needs_no_loading(conteur):
    without = conteur.with_bos(False)
    assert without.anatomy is conteur.anatomy
    assert not without.facts.has_bos
    assert without.trace(TEXT).token_ids == conteur.trace(TEXT).token_ids[1:]
