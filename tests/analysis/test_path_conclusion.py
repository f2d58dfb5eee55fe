"""Every wording of the conclusion, each on a path built so that it is true."""

import numpy as np

from statescape.analysis import conclude, read_path
from tests.analysis.constructed import CURRENT, PREDICTED, build, embeddings, walk_to


def orthogonal_to_embeddings_of_choice(size: float, seed: int = 1) -> np.ndarray:
    """A direction that has nothing to do with the predicted embedding."""
    rows = embeddings()
    direction = np.random.default_rng(seed).standard_normal(rows.shape[1])
    for row in (rows[PREDICTED], rows[PREDICTED] - rows.mean(axis=0)):
        direction -= (direction @ row) / (row @ row) * row
    return size * direction / np.linalg.norm(direction)


def conclusion_of(last, **options):
    return conclude(read_path(build(walk_to(last), **options)))


def test_the_last_state_is_the_predicted_embedding():
    conclusion = conclusion_of(embeddings()[PREDICTED] * 1.02)
    assert conclusion.is_embedding
    assert conclusion.direction == "beyond"
    assert "The last state is the embedding of ‘w7’" in conclusion.sentences[0]
    assert "and points along it more than choosing the best token gives by itself" in conclusion.sentences[0]


def test_it_is_far_away_but_points_along_it():
    conclusion = conclusion_of(embeddings()[PREDICTED] * 8)
    assert not conclusion.is_embedding
    assert conclusion.direction == "beyond"
    assert (
        "is not the embedding of ‘w7’ (distance 7.0 times its norm), but points along it more"
        in (conclusion.sentences[0])
    )


def test_it_points_along_it_no_more_than_choice_gives():
    conclusion = conclusion_of(orthogonal_to_embeddings_of_choice(20))
    assert not conclusion.is_embedding
    assert conclusion.direction == "chance"
    assert "and points along it no more than choosing the best token gives by itself" in conclusion.sentences[0]


def test_only_a_rogue_dimension_points_along_it():
    rows = embeddings()
    rows[:, 60] += 40.0  # every embedding shares one huge coordinate ...
    last = orthogonal_to_embeddings_of_choice(5)
    last[60] = 300.0  # ... and so does the state
    conclusion = conclude(read_path(build(walk_to(last, rows), rogue=(60,), rows=rows)))
    assert conclusion.direction != "beyond"
    assert "without rogue dimensions" in conclusion.sentences[0]


def test_measures_that_disagree_are_named():
    rows = embeddings()
    last = rows[PREDICTED] * 3
    last[0] += 400.0  # drowns the alignment, unless that dimension is left out
    conclusion = conclude(read_path(build(walk_to(last), rogue=(0,))))
    assert conclusion.direction == "mixed"
    assert "gives by itself by some measures only (without rogue dimensions)" in conclusion.sentences[0]


def test_states_that_leave_the_subspace():
    last = np.zeros(64)
    last[50:] = 30.0  # where embeddings have next to nothing
    conclusion = conclusion_of(last)
    assert conclusion.region == "leave"
    assert conclusion.sentences[1].startswith("The states leave the embedding subspace (")


def test_states_that_stay_among_the_embeddings():
    rows = embeddings()
    conclusion = conclude(read_path(build(rows[[CURRENT, 20, 30, 40, PREDICTED]])))
    assert conclusion.region == "among"
    assert conclusion.sentences[1].startswith("The states stay among the embeddings (")


def test_states_deeper_inside_than_embeddings():
    rows = embeddings() + 0.3 * np.random.default_rng(2).standard_normal((400, 64))
    last = np.zeros(64)
    last[:2] = 80.0
    states = np.vstack([rows[CURRENT], *[last * share for share in (0.5, 0.7, 0.9, 1.0)]])
    conclusion = conclude(read_path(build(states, rows=rows)))
    assert conclusion.region == "inside"
    assert "keep to the embedding subspace more than embeddings do" in conclusion.sentences[1]


def test_from_which_block_on_it_decodes():
    states = walk_to(embeddings()[PREDICTED])
    endings = {
        (0, 0, 0, 0, 0): "decode to ‘w7’ from the embedding on.",
        (0, 3, 0, 0, 0): "decode to ‘w7’ from block 2 of 4 on.",
        (9, 9, 9, 9, 0): "decode to ‘w7’ only after the last block, 4.",
    }
    for ranks, ending in endings.items():
        assert conclude(read_path(build(states, ranks=list(ranks)))).sentences[1].endswith(ending)


def test_random_paths_are_called_aligned_at_most_as_often_as_chance_allows():
    """The null is the 97.5th percentile of the *chosen* token: a random state's best token passes it rarely."""
    rows, passed = embeddings().astype(np.float32), 0
    for seed in range(40):
        last = np.random.default_rng(1000 + seed).standard_normal(64)
        best = int((rows @ last / np.linalg.norm(rows, axis=1)).argmax())
        swapped = rows.copy()
        swapped[[PREDICTED, best]] = rows[[best, PREDICTED]]  # the prediction is the best-aligned token
        passed += conclude(read_path(build(walk_to(last, swapped), rows=swapped))).direction == "beyond"
    assert passed <= 4
