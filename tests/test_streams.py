"""Nothing random is drawn twice: not by the numbers of the streams, not by how a short seed is filled up."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from statescape.evolution.conditions import ALL_LEVELS
from statescape.evolution.controls import NAMES, PLANNED
from statescape.evolution.sealing import RESCALED, place_of
from statescape.evolution.seals import CHAMPION
from statescape.evolution.search.strategies import STRATEGIES, stream_of
from statescape.streams import Stream
from statescape.studies.reservoir import stability, transfer
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.protocol import Piece

SOURCE = Path(__file__).parents[1] / "src"
SEED = 7
# Whose draws are never made from the seed itself: controls spawn wiring and inputs from it.
SPAWNED_FROM = (Stream.HYPER,)


def test_the_numbers_are_those_of_every_run_that_was_kept() -> None:
    assert {one.name: one.number for one in Stream} == {
        "TRIALS": 0, "OPERATORS": 1, "RACE": 2, "RESCORE": 3, "SEALED": 4, "FRONT": 5, "POOL": 6, "ORDER": 7,
        "SEAL": 11, "TUNING": 12, "DRAWS": 13, "INPUTS": 21, "HYPER": 22, "HYPER_TUNING": 22,
        "RADIUS_TRIALS": 41, "RADIUS_RANDOM": 42, "REWIRED": 43, "BESIDE": 44,
        "SHARED_TRIALS": 51, "FACTORS": 52, "MASKS": 53,
        "SHUFFLED": 54, "DENSE": 61, "MODULES_TUNING": 71, "MODULES_DRAWS": 72, "MODULES_SINGLE": 73,
        "TRANSFER_TUNING": 81, "TRANSFER_FIELD": 82, "TRANSFER_SINGLE": 83,
        "LIST": 0, "FIRST_ROUND": 1, "SECOND_ROUND": 2, "THIRD_ROUND": 3, "SINGLES": 91,
        "DOCUMENTS": 2, "ISOTROPIC": 3, "NULLS": 1, "STAND_INS": 4, "POSITIONS": 5, "NEXT": 10,
    }  # fmt: skip


def test_no_two_uses_below_a_seed_are_one_stream() -> None:
    """Also not where NumPy fills a short seed up with zeros, nor where a caller spawns from it."""
    strategies = [stream_of(name) for name in (*(strategy.name for strategy in STRATEGIES), "own")]
    assert strategies == list(range(len(strategies)))
    assert max(strategies) < min(one.number for one in Stream if one.root == "run")
    tuned = [
        *(Stream.TUNING.below(SEED, level) for level in range(len(ALL_LEVELS))),
        *(Stream.HYPER_TUNING.below(SEED, one) for one in (1, 2)),
        *(one.below(SEED) for one in (Stream.MODULES_TUNING, Stream.MODULES_SINGLE)),
        *(one.below(SEED) for one in (Stream.TRANSFER_TUNING, Stream.TRANSFER_SINGLE)),
    ]
    searched = [(SEED, strategy) for strategy in strategies]
    _assert_apart({"run": [(SEED,)], "search": searched, "tuning": tuned})
    _assert_apart({"verdict": [(SEED,)], "document": [(SEED, number) for number in range(6)]})


def _assert_apart(roots: dict[str, Sequence[tuple[int, ...]]]) -> None:
    of = defaultdict(set)
    for one in (one for one in Stream if one is not Stream.HYPER_TUNING):  # nothing but two roots of tunings
        for root in roots.get(one.root, ()):
            for counts in product(range(3), repeat=len(one.counts)):
                seed = np.random.SeedSequence(one.below(root, *counts))
                streams = [*([] if one in SPAWNED_FROM else [seed]), *([] if one is Stream.LIST else seed.spawn(3))]
                for stream in streams if seed.entropy not in roots.get("tuning", ()) else ():
                    of[tuple(stream.generate_state(4))].add((one, root, counts))
    twice = {uses for uses in map(frozenset, of.values()) if len(uses) > 1}
    assert not twice


def test_every_control_draws_from_a_place_of_its_own() -> None:
    names = (CHAMPION, RESCALED, *NAMES, *PLANNED, "untuned")
    assert len({place_of(name) for name in names}) == len(set(names))
    assert {name: place_of(name) for name in ("SCR", "champion", "random-search")} == {
        "SCR": 80962, "champion": 1277108279, "random-search": 4068734898,
    }  # fmt: skip


def test_every_number_of_a_stream_stands_in_the_one_list() -> None:
    """A seed is written `Stream.NAME.below(...)`, never as a tuple of a seed and a number or a constant."""
    assert list(_numbered(ast.parse("f((seed, 41), [run.seed, _MASK, 1], (*seed, 0))"))) == [1, 1, 1]
    found = {
        f"{file.name}:{line}" for file in SOURCE.rglob("*.py") for line in _numbered(ast.parse(file.read_text("utf-8")))
    }
    assert not found


def _numbered(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List) and len(node.elts) > 1 and isinstance(node.ctx, ast.Load):
            first, *others = (one.value if isinstance(one, ast.Starred) else one for one in node.elts)
            name = getattr(first, "attr", getattr(first, "id", ""))
            constants = [one.id for one in others if isinstance(one, ast.Name) and one.id.isupper()]
            numbers = [one for one in others if isinstance(one, ast.Constant) and type(one.value) is int]
            if name.endswith(("seed", "stream")) and (numbers or constants):
                yield node.lineno


@pytest.mark.slow
@pytest.mark.parametrize("study", [stability, transfer])
def test_a_study_draws_no_stream_in_two_places(study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every generator that a whole small study makes is noted with the line that makes it."""
    places, make = defaultdict(set), np.random.default_rng

    def noted(seed) -> np.random.Generator:
        generator = make(seed)
        if not isinstance(seed, int):
            frame = sys._getframe(1)
            while "statescape" not in frame.f_code.co_filename:
                frame = frame.f_back
            state = tuple(generator.bit_generator.seed_seq.generate_state(4))
            places[state].add(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        return generator

    budget = Budget("tiny", units=10, runs=2, trainings=60, tuning=4, trials=30)
    if study is transfer:
        pieces, read = study.pieces(("narma10", "henon"), budget, SEED), partial(study.read, ("narma10", "henon"))
    else:
        pieces, read = study.pieces(budget, SEED), study.read
    monkeypatch.setattr(np.random, "default_rng", noted)
    read({one.key: _worked(one) for one in pieces}, budget, SEED)
    assert len(places) > 100
    assert not {frozenset(lines) for lines in places.values() if len(lines) > 1}


def _worked(piece: Piece) -> dict:
    return piece.work(piece.spec)
