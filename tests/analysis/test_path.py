"""The numbers of a path against their definitions, computed again in plain NumPy."""

import numpy as np
import pytest
from scipy.special import rel_entr

from statescape.analysis import read_path
from statescape.language import Steps
from tests.analysis.constructed import BLOCKS, CURRENT, PREDICTED, VOCABULARY, build, embeddings, walk_to


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.fixture
def states():
    return walk_to(np.random.default_rng(3).standard_normal(64) * 5)


def test_cosines_compare_what_their_names_say(states):
    rows = embeddings().astype(np.float32).astype(float)
    reading, mean = read_path(build(states, rogue=(0, 5))), rows.mean(axis=0)
    second = reading.path.second_id
    for index, state in enumerate(states):
        assert reading.cosine("predicted")[index] == pytest.approx(cosine(state, rows[PREDICTED]))
        assert reading.cosine("current")[index] == pytest.approx(cosine(state, rows[CURRENT]))
        assert reading.cosine("second")[index] == pytest.approx(cosine(state, rows[second]))
        assert reading.cosine("mean")[index] == pytest.approx(cosine(state, mean))
        assert reading.cosine("predicted", "centred")[index] == pytest.approx(
            cosine(state - mean, rows[PREDICTED] - mean)
        )
        kept = [i for i in range(64) if i not in (0, 5)]
        assert reading.cosine("predicted", "without_rogue")[index] == pytest.approx(
            cosine(state[kept], rows[PREDICTED][kept])
        )


def test_a_path_that_starts_at_the_current_embedding_says_so(states):
    reading = read_path(build(states))
    assert reading.cosine("current")[0] == pytest.approx(1, abs=1e-6)
    assert reading.norms[0] == pytest.approx(np.linalg.norm(embeddings()[CURRENT]))


def test_distributions_agree_with_scipy(states):
    path = build(states)
    reading, probabilities = read_path(path), np.exp(path.log_probabilities.astype(float))
    for index, row in enumerate(probabilities):
        assert reading.entropy[index] == pytest.approx(-(row * np.log(row)).sum(), abs=1e-5)
        assert reading.kl_to_final[index] == pytest.approx(rel_entr(probabilities[-1], row).sum(), abs=1e-5)
    assert reading.kl_to_final[-1] == 0


def test_a_token_of_probability_zero_adds_nothing():
    path = build(walk_to(embeddings()[PREDICTED]))
    path.log_probabilities[:, -1] = -np.inf
    reading = read_path(path)
    assert np.isfinite(reading.entropy).all()
    assert np.isfinite(reading.kl_to_final).all()


def test_rank_counts_only_tokens_that_are_strictly_likelier(states):
    path = build(states, ranks=[9, 0, 2, 0, 0])
    path.log_probabilities[0, :] = 0.0  # all equal: nobody is above the prediction
    reading = read_path(path)
    np.testing.assert_array_equal(reading.ranks, [0, 0, 2, 0, 0])
    assert reading.decodes_from == 3
    assert reading.path.predicted_id == PREDICTED


def test_steps_that_end_at_the_predicted_embedding_go_the_whole_way():
    rows = embeddings()
    states = walk_to(rows[PREDICTED])
    moves = np.diff(states, axis=0)
    zeros = np.zeros(BLOCKS)
    path = build(states)
    object.__setattr__(path, "steps", Steps(0.25 * moves, 0.75 * moves, zeros, zeros))
    attention, mlp = read_path(path).step_shares()
    assert attention.sum() == pytest.approx(0.25, abs=1e-6)
    assert mlp.sum() == pytest.approx(0.75, abs=1e-6)


def test_turns_of_the_steps_add_up_to_the_change_of_the_angle(states):
    moves = np.diff(states, axis=0)
    zeros = np.zeros(BLOCKS)
    path = build(states)
    object.__setattr__(path, "steps", Steps(0.25 * moves, 0.75 * moves, zeros, zeros))
    attention, mlp = read_path(path).step_turns()
    angle = np.degrees(np.arccos([cosine(state, embeddings()[PREDICTED]) for state in path.states.astype(float)]))
    np.testing.assert_allclose(attention + mlp, np.diff(angle), atol=1e-4)
    half = path.states[2].astype(float) + 0.25 * moves[2]
    assert attention[2] == pytest.approx(
        np.degrees(np.arccos(cosine(half, embeddings()[PREDICTED]))) - angle[2], abs=1e-4
    )


def test_no_steps_no_shares(states):
    assert read_path(build(states)).step_shares() is None
    assert read_path(build(states)).step_turns() is None


def test_turning_the_whole_space_changes_no_number(states):
    turn, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((64, 64)))
    rows = embeddings()
    before, after = read_path(build(states)), read_path(build(states @ turn, rows=rows @ turn))
    for variant in ("raw", "centred"):
        np.testing.assert_allclose(before.cosine(variant=variant), after.cosine(variant=variant), atol=1e-5)
    np.testing.assert_allclose(before.energy_inside, after.energy_inside, atol=1e-5)
    np.testing.assert_allclose(before.distance, after.distance, atol=1e-5)
    assert before.nearest_id == after.nearest_id
    assert before.most_aligned_id == after.most_aligned_id


def test_nearest_and_most_aligned_differ_when_the_norm_does():
    rows = embeddings()
    rows[11] = 0.1 * rows[PREDICTED]
    reading = read_path(build(walk_to(0.101 * rows[PREDICTED] + 1e-4), rows=rows))
    assert reading.nearest_id == 11
    assert reading.most_aligned_id in (PREDICTED, 11)


def test_top_is_sorted_and_ties_go_to_the_smaller_id(states):
    path = build(states)
    path.log_probabilities[-1, 20:40] = 0.5
    reading = read_path(path)
    assert [token for token, _ in reading.top(-1, 5)] == [20, 21, 22, 23, 24]
    assert len(reading.top(0, 10 * VOCABULARY)) == VOCABULARY


def test_nulls_depend_on_their_seed_alone(states):
    first, again, other = (read_path(build(states), seed=seed).best_of_isotropic["raw"] for seed in (1, 1, 2))
    assert first == again
    assert first.mean != other.mean
