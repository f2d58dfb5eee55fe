"""Measures against the reading of single paths, and against their own definitions."""

import json
import re
from importlib.resources import files
from math import comb

import numpy as np
import pytest

import statescape as ss
from statescape.analysis import read_path
from statescape.geometry import principal_angles
from statescape.language.following import follow
from statescape.language.passage import following_ids
from statescape.studies.verdict.measures import last_state, measure
from statescape.studies.verdict.measures.way import _share_of_pairs, inner_share, ordered
from statescape.studies.verdict.reference import Reference, frequency_deciles, measure_constants
from statescape.studies.verdict.work import chosen_positions
from tests.studies.verdict import simulated

TEXT = json.loads((files("statescape") / "data" / "sample.jsonl").read_text(encoding="utf-8").splitlines()[0])["text"]
POSITION = 12


@pytest.fixture(scope="module")
def measured():
    model = ss.load_model()
    trace = model.trace(TEXT)
    passage = follow(model, trace.token_ids, np.arange(1, len(trace.token_ids)), following_ids([trace.token_ids], 1)[0])
    constants = measure_constants(
        model.embeddings,
        passage.states.reshape(-1, passage.states.shape[2]),
        counts=np.bincount(trace.token_ids, minlength=len(model.embeddings)),
        path_length=len(passage.states),
        agreement=0.25,
        normed_agreement=0.5,
        norm_centres=True,
        seed=0,
    )
    reference = Reference(model.embeddings, model.unembedding, constants)
    return read_path(trace.path(POSITION)), measure(passage, reference, np.random.default_rng(0)), reference


def test_the_numbers_are_those_of_the_path_at_that_position(measured):
    reading, found, reference = measured
    here = POSITION - 1
    values = {name: value[here] for name, value in found.values.items()}
    assert reference.constants.rogue == reading.path.rogue_dimensions  # both found on this text
    assert values["H1"] == pytest.approx(reading.distance[-1], rel=1e-5)
    for variant in ("raw", "centred", "without_rogue"):
        assert values[f"cosine.{variant}"] == pytest.approx(reading.cosine(variant=variant)[-1], abs=1e-5)
        normed = reading.cosine(variant=variant, normed=True)[-1]
        assert values[f"cosine.normed.{variant}"] == pytest.approx(normed, abs=1e-5)
    path = reading.path
    embedding = path.embeddings[path.predicted_id]
    away = np.linalg.norm(path.normed_states[-1] - embedding) / np.linalg.norm(embedding)
    assert values["H1n"] == values["distance.normed"] == pytest.approx(away, rel=1e-5)
    assert values["H2n"] == min(values[f"excess.normed.{name}"] for name in ("raw", "centred", "without_rogue"))
    assert values["agree.normed_isotropic"] == 0.5
    assert values["H6n"] == (values["agree.normed_cosine"] - 0.5) / 0.5
    assert values["cosine.raw.second"] == pytest.approx(reading.cosine("second")[-1], abs=1e-5)
    assert values["cosine.mean_embedding"] == pytest.approx(reading.cosine("mean")[-1], abs=1e-5)
    np.testing.assert_allclose(
        found.profiles["cosine.current"][:, here], reading.cosine("current", "centred"), atol=1e-5
    )
    np.testing.assert_allclose(1 - found.profiles["outside"][:, here], reading.energy_inside, atol=1e-5)
    assert values["outside.embeddings"] == pytest.approx(1 - reading.energy_of_embeddings.mean, abs=1e-5)
    assert values["decodes.from"] * reading.path.n_blocks == pytest.approx(reading.decodes_from)
    assert values["agree.cosine"] == (reading.most_aligned_id == reading.path.predicted_id)
    attention, mlp = reading.step_shares()
    assert values["way.attention"] == pytest.approx(attention.sum(), rel=1e-4)
    assert values["way.mlp"] == pytest.approx(mlp.sum(), rel=1e-4)
    angles = np.degrees(reading.subspace.principal_angles(reading.path.states))
    assert values["angle.first"] == pytest.approx(angles[0], abs=0.01)
    assert values["angle.last"] == pytest.approx(angles[-1], abs=0.01)


def test_the_headline_of_the_second_question_is_the_smallest_excess(measured):
    _, found, _ = measured
    excess = [found.values[f"excess.{variant}"] for variant in ("raw", "centred", "without_rogue")]
    np.testing.assert_allclose(found.values["H2"], np.min(excess, axis=0))


def test_order_along_a_path():
    rising, falling = np.linspace(0, 1, 5)[:, None], np.linspace(1, 0, 5)[:, None]
    assert ordered(rising, falling) == 1
    assert ordered(falling, rising) == 0
    assert ordered(rising * 0.4, falling * 0.5 + 0.5) == 0  # in order, but it does not arrive
    one_swapped = rising[[0, 2, 1, 3, 4]]
    assert ordered(one_swapped, 1 - one_swapped) == pytest.approx(1 - 1 / comb(5, 2))


def test_a_block_that_adds_nothing_is_no_step_in_the_wrong_direction():
    """Idle blocks anywhere leave a straight path straight, and a path that goes wrong as wrong as it is."""
    rising = np.array([[0.0], [0.2], [0.2], [0.2], [0.5], [0.9], [0.9]])
    assert ordered(rising, 1 - rising) == 1
    assert ordered(rising + 1e-16, 1 - rising) == 1
    assert ordered(1 - rising, rising) == 0
    assert ordered(np.full((4, 1), 0.5), np.full((4, 1), 0.1)) == 0  # nobody moved at all
    swapped = rising[[1, 0, 2, 3, 4, 5, 6]]
    assert 0 < ordered(swapped, 1 - swapped) < 1
    # One cosine alone that stands still is no travel: the path leaves nothing behind.
    assert ordered(rising, np.zeros_like(rising)) == 0
    assert _share_of_pairs(rising, falling=False) == 1
    assert _share_of_pairs(rising, falling=True) == 0


def test_the_measure_that_decides_the_second_question_is_named(measured):
    _, found, _ = measured
    names = ("raw", "centred", "without_rogue")
    shares = np.stack([found.values[f"smallest.{name}"] for name in names])
    np.testing.assert_array_equal(shares.sum(axis=0), 1)
    excess = np.stack([found.values[f"excess.{name}"] for name in names])
    decided = np.take_along_axis(excess, shares.argmax(axis=0)[None], axis=0)[0]
    np.testing.assert_array_equal(decided, found.values["H2"])


def test_states_in_random_order_have_between_a_quarter_and_a_half():
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 9, 20_000))
    one[-1] += 1e3  # it arrives, and says nothing else
    pairs = comb(9, 2)
    # The pairs of the last state hold in half of the cases, all others in a quarter.
    assert ordered(one, other).mean() == pytest.approx((8 / 2 + (pairs - 8) / 4) / pairs, abs=0.005)


def test_the_share_of_inner_states_that_decode():
    def share(*first):
        return inner_share(np.array(first, dtype=bool)[:, None])[0]

    assert share(0, 1, 1, 1, 1) == 1
    assert share(0, 0, 0, 0, 1) == 0
    assert share(0, 1, 0, 1, 1) == pytest.approx(1 / 3)
    assert share(1, 1, 1, 1, 1) == 1
    assert np.isnan(share(0, 1))  # one block has no inner state


def test_shuffling_keeps_both_ends_of_a_path():
    from statescape.studies.verdict.measures.way import _shuffled_blocks

    states = simulated.isotropic(np.random.default_rng(0), 7).astype(np.float64)
    shuffled = _shuffled_blocks(states, np.random.default_rng(1))
    np.testing.assert_allclose(shuffled[[0, -1]], states[[0, -1]], atol=1e-12)
    assert not np.allclose(shuffled[1:-1], states[1:-1])


def test_principal_angles_of_many_paths_are_those_of_each():
    from statescape.studies.verdict.measures.way import principal_angles_of_paths

    reference, states = simulated.reference(), simulated.isotropic(np.random.default_rng(0), 4)
    first, last = principal_angles_of_paths(states, reference.subspace)
    for place in range(4):
        angles = np.degrees(principal_angles(states[:, place].astype(float), reference.subspace.basis))
        assert (first[place], last[place]) == (pytest.approx(angles[0], abs=1e-4), pytest.approx(angles[-1], abs=1e-4))


def test_measures_do_not_change_when_the_space_is_rotated():
    """All but those that look at single coordinates."""
    reference, rng = simulated.reference(), np.random.default_rng(5)
    states = simulated.isotropic(rng, 6)
    turn = np.linalg.qr(rng.standard_normal((simulated.WIDTH, simulated.WIDTH)))[0].astype(np.float32)
    turned = Reference(reference.embeddings @ turn, None, reference.constants)
    one, other = (
        measure(simulated.passage(rows, points, np.random.default_rng(1)), frame, np.random.default_rng(2)).values
        for rows, points, frame in (
            (reference.embeddings, states, reference),
            (turned.embeddings, states @ turn, turned),
        )
    )
    for name in ("H1", "H2", "H3", "H4", "H6", "excess.centred", "travel.shuffled_blocks", "angle.last"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-3, atol=1e-3, err_msg=name)


def test_without_a_norm_both_readings_of_the_last_state_are_one():
    reference, rng = simulated.reference(), np.random.default_rng(5)
    values = measure(simulated.passage(reference.embeddings, simulated.isotropic(rng, 20), rng), reference, rng).values
    pairs = {name: f"{name}n" for name in ("H1", "H2", "H6")}
    for kind in ("distance", "excess"):
        pairs |= {name: name.replace(".", ".normed.") for name in values if re.fullmatch(rf"{kind}\.[a-z_]+", name)}
    pairs.pop("distance.normed")
    assert len(pairs) > 20
    for raw, normed in pairs.items():
        np.testing.assert_allclose(values[raw], values[normed], rtol=1e-6, err_msg=raw)


def test_agreement_is_what_a_plain_search_over_the_vocabulary_finds():
    reference, rng = simulated.reference(), np.random.default_rng(3)
    passage = simulated.passage(reference.embeddings, simulated.isotropic(rng, 50), rng)
    values = measure(passage, reference, rng).values
    rows, last = reference.embeddings.astype(float), passage.states[-1].astype(float)
    for name, prepare in (("agree.cosine", lambda x: x), ("agree.centred", lambda x: x - rows.mean(axis=0))):
        directions, points = prepare(rows), prepare(last)
        cosines = (points @ directions.T) / np.linalg.norm(directions, axis=1)
        np.testing.assert_array_equal(values[name], cosines.argmax(axis=1) == passage.predicted_ids)


def test_agreement_does_not_depend_on_how_many_tokens_a_product_takes(measured, monkeypatch):
    _, found, reference = measured
    model = ss.load_model()
    ids = model.tokens.encode(TEXT)
    passage = follow(model, ids, np.arange(1, len(ids)), following_ids([ids], 1)[0])
    monkeypatch.setattr(last_state, "TOKENS", 100)
    monkeypatch.setattr(last_state, "AT_ONCE", 1000)  # ten positions of them
    again, _ = last_state.measure_singling(passage, reference)
    for name, value in again.items():
        np.testing.assert_allclose(value, found.values[name], atol=1e-6, err_msg=name)


def test_deciles_hold_equally_many_of_the_tokens_that_occur():
    counts = np.concatenate([np.zeros(50), np.arange(1, 101)]).astype(int)
    deciles = frequency_deciles(counts)
    assert (deciles[:50] == 0).all()
    assert np.bincount(deciles[50:]).tolist() == [0] + [10] * 10
    assert (np.diff(deciles[50:]) >= 0).all()


def test_positions_are_drawn_by_the_seed_and_never_the_first():
    ids = (tuple(range(40)), tuple(range(30)))
    everywhere = chosen_positions(ids, None, 0, 0)
    assert [each[0] for each in everywhere] == [1, 1]
    assert sum(map(len, everywhere)) == 68
    drawn = chosen_positions(ids, 10, 3, 7)
    assert sum(map(len, drawn)) == 10
    assert all((each >= 1).all() for each in drawn)
    again, other = chosen_positions(ids, 10, 3, 7), chosen_positions(ids, 10, 4, 7)
    assert all(np.array_equal(one, two) for one, two in zip(drawn, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(drawn, other, strict=True))
