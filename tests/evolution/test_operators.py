"""Encodings and operators: every child is legal, parents stay what they are, degrees and labels mean what they say."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from statescape.errors import StatescapeError
from statescape.evolution.crossovers import match_units
from statescape.evolution.encodings import by_name, names
from statescape.evolution.genome import Genome
from statescape.evolution.operators import NAMES, family, for_space
from statescape.evolution.operators import by_name as called
from statescape.evolution.space import SearchSpace

# What makes a space, not the space: the shape checks of the tests draw random numbers, which a strategy must not.
SPACES = st.tuples(
    st.sampled_from(names()),
    st.integers(4, 14),
    st.sampled_from(["rescale", "free", "gene"]),
    st.booleans(),
)


def space_of(made_of: tuple) -> SearchSpace:
    name, units, radius, inputs = made_of
    if name == "modules":  # radius and W_in are those of the modules
        return SearchSpace(by_name(name, units), 2, own_draw=inputs)
    return SearchSpace(by_name(name, units), 2, radius, inputs)


@settings(max_examples=60, deadline=None)
@given(SPACES, st.integers(0, 2**32 - 1))
def test_every_operator_makes_legal_children_and_leaves_its_parents_alone(made_of: tuple, seed: int) -> None:
    space = space_of(made_of)
    rng = np.random.default_rng(seed)
    parents = [space.random(rng), space.random(rng)]
    before = [parent.to_bytes() for parent in parents]
    for operator in for_space(space):
        child = operator(space, parents[: operator.parents], np.random.default_rng(seed))
        space.check(child)
        again = operator(space, parents[: operator.parents], np.random.default_rng(seed))
        assert child == again, operator.name
        assert space.topology(child).W.shape == (space.units, space.units)
    assert [parent.to_bytes() for parent in parents] == before


@settings(max_examples=60, deadline=None)
@given(SPACES, st.integers(0, 2**32 - 1))
def test_a_genome_comes_back_from_its_bytes(made_of: tuple, seed: int) -> None:
    space = space_of(made_of)
    genome = space.random(np.random.default_rng(seed))
    back = Genome.from_bytes(genome.to_bytes())
    assert back == genome
    for name, array in genome.genes.items():
        np.testing.assert_array_equal(back.genes[name], array)
    assert back.sr == genome.sr
    assert (back.W_in is None) == (genome.W_in is None)


@pytest.mark.parametrize("data", [b"", b"garbage", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_bytes_that_are_no_genome_are_refused(data: bytes) -> None:
    with pytest.raises(StatescapeError, match="no genome"):
        Genome.from_bytes(data)


def test_a_genome_cannot_be_changed() -> None:
    genome = SearchSpace(by_name("ternary", 6)).random(np.random.default_rng(0))
    with pytest.raises(ValueError, match="read-only"):
        genome.genes["W"][0, 0] = 5.0


def test_bands_are_a_circulant_matrix_and_band_one_is_the_simple_cycle() -> None:
    encoding = by_name("circulant", 7)
    bands = np.zeros(7)
    bands[1] = 1.0
    W = encoding.decode({"bands": bands})
    np.testing.assert_array_equal(W, np.roll(np.eye(7), 1, axis=0))
    random = encoding.random(np.random.default_rng(3))["bands"]
    np.testing.assert_array_equal(encoding.decode({"bands": random}), scipy.linalg.circulant(random))


def test_blocks_tile_the_motif() -> None:
    encoding = by_name("blocks", 12)
    genes = encoding.random(np.random.default_rng(0))
    size = genes["motif"].shape[0]
    W = encoding.decode(genes)
    for (row, column), sign in np.ndenumerate(genes["grid"]):
        tile = W[row * size : (row + 1) * size, column * size : (column + 1) * size]
        np.testing.assert_array_equal(tile, sign * genes["motif"])


def test_a_swap_keeps_every_degree() -> None:
    space, rng = SearchSpace(by_name("ternary", 20, 0.15)), np.random.default_rng(1)
    parent = space.random(rng)
    changed = 0
    for _ in range(50):
        child = called("swap")(space, [parent], rng)
        for axis in (0, 1):
            np.testing.assert_array_equal(
                (child.genes["W"] != 0).sum(axis=axis), (parent.genes["W"] != 0).sum(axis=axis)
            )
        assert sorted(child.genes["W"][child.genes["W"] != 0]) == sorted(parent.genes["W"][parent.genes["W"] != 0])
        changed += child != parent
    assert changed > 40


@pytest.mark.slow
def test_add_delete_and_flip_reach_every_matrix_of_two_units() -> None:
    space, rng = SearchSpace(by_name("ternary", 2)), np.random.default_rng(2)
    genome, seen = space.random(rng), set()
    operators = tuple(map(called, ("add", "delete", "flip")))
    for _ in range(6000):
        genome = operators[rng.integers(3)](space, [genome], rng)
        seen.add(tuple(genome.genes["W"].ravel()))
    assert len(seen) == 3**4 - 1  # all but the empty matrix, which delete does not make


@pytest.mark.parametrize("fixed", [False, True])
def test_alignment_recovers_a_hidden_relabelling(fixed: bool) -> None:
    rng = np.random.default_rng(4)
    W = (rng.random((30, 30)) < 0.15) * rng.uniform(-1, 1, (30, 30))
    W_in = 2.0 * rng.integers(0, 2, (30, 1)) - 1.0
    order = rng.permutation(30)
    if fixed:  # W_in stays with the labels: only units of equal input weights may change places
        plus, minus = np.flatnonzero(W_in[:, 0] > 0), np.flatnonzero(W_in[:, 0] < 0)
        order = np.arange(30)
        order[plus], order[minus] = rng.permutation(plus), rng.permutation(minus)
    hidden = W[np.ix_(order, order)]
    found = match_units(W, hidden, (W_in, W_in if fixed else W_in[order]), fixed=fixed)
    np.testing.assert_array_equal(hidden[np.ix_(found, found)], W)


@pytest.mark.parametrize(
    ("name", "units", "density", "words"),
    [("dense", 10, None, "no encoding"), ("ternary", 1, None, "at least 2"), ("ternary", 10, 1.5, "density")],
)
def test_unknown_encodings_and_sizes_are_refused(name: str, units: int, density: float | None, words: str) -> None:
    with pytest.raises(StatescapeError, match=words):
        by_name(name, units, density)


@settings(max_examples=80, deadline=None)
@given(SPACES, st.floats(0.05, 0.6), st.integers(0, 2**32 - 1))
def test_operators_that_keep_edges_keep_their_number_and_only_they_always_do(
    made_of: tuple, density: float, seed: int
) -> None:
    space = space_of(made_of)
    assume(not space.planned)  # random plans have as many edges as their modules are given
    rng = np.random.default_rng(seed)
    encoding = by_name(space.encoding.name, space.units, density)
    space = SearchSpace(encoding, space.n_inputs, space.radius, space.evolve_inputs)
    parents = [space.random(rng), space.random(rng)]
    before = space.topology(parents[0]).edges
    assert before == space.topology(parents[1]).edges, "random starts have equally many edges"
    for operator in for_space(space):
        if operator.keeps_edges:
            for _ in range(5):
                child = operator(space, parents[: operator.parents], rng)
                assert space.topology(child).edges == before, operator.name


def test_operators_that_promise_nothing_do_change_the_number_of_edges() -> None:
    space, rng = SearchSpace(by_name("ternary", 10, 0.2)), np.random.default_rng(0)
    for operator in for_space(space):
        counts = {
            space.topology(operator(space, [space.random(rng) for _ in range(operator.parents)], rng)).edges
            for _ in range(40)
        }
        assert (counts == {20}) == operator.keeps_edges, operator.name


def test_operators_are_chosen_by_name_in_the_order_of_the_registry() -> None:
    space = SearchSpace(by_name("binary", 6))
    chosen = for_space(space, names=("uniform-crossover", "rewire", "add"))
    assert [operator.name for operator in chosen] == ["add", "rewire", "uniform-crossover"]
    assert [operator.parents for operator in chosen] == [1, 1, 2]
    assert for_space(space, names=[operator.name for operator in for_space(space)]) == for_space(space)
    assert set(NAMES) >= {operator.name for operator in for_space(space)}
    with pytest.raises(StatescapeError, match=r"no operator 'grow'\. Known are: add, delete, "):
        for_space(space, names=("add", "grow"))
    for name in ("flip", "perturb", "move", "change-inputs", "change-radius"):
        with pytest.raises(StatescapeError, match=f"'{name}' does not apply in this space. Those that do are: add, "):
            for_space(space, names=(name,))
    with pytest.raises(StatescapeError, match="'row-crossover' does not apply in this space without crossover"):
        for_space(space, crossover=False, names=("row-crossover",))


def test_every_operator_says_what_it_changes() -> None:
    """Figures ask the operators, not their names; a stranger that says nothing changes other things."""

    class Stranger:
        name, parents = "grow-unit", 1

    class Telling(Stranger):
        changes = "units"

    assert {kind: [name for name in NAMES if family(name) == kind] for kind in set(map(family, NAMES))} == {
        "edges": ["add", "delete", "move", "rewire", "swap", "flip", "perturb"],
        "units": ["duplicate-unit", "remove-unit"],
        "other": ["change-inputs", "change-radius", "redraw-weights"],
        "modules": [name for name in NAMES if "module" in name and "crossover" not in name],
        "crossover": [name for name in NAMES if "crossover" in name],
    }
    assert family("grow-unit") == family("grow-unit", [Stranger()]) == "other"
    assert family("grow-unit", [Telling()]) == "units"
