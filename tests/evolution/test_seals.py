"""Seals: fresh trials, alike for all; what a comparison says when the truth is known; controls like the champion."""

from dataclasses import dataclass

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.evolution.conditions import LEVELS, Conditions, draw, redraw
from statescape.evolution.controls import DRAWS, NAMES, control
from statescape.evolution.scoring import score
from statescape.evolution.sealing import Sealing, seal
from statescape.evolution.seals import CHAMPION, Sealed, compare, log_ratios
from statescape.evolution.settings import Hyperparameters
from statescape.evolution.tuning import candidates, trainings_of, tune
from statescape.reservoir import Topology, erdos_renyi, scr, tasks
from statescape.reservoir.tasks import LabelledTrial, Sequences, SequencesTrial
from statescape.runs import Serial
from statescape.statistics import sign_flip

HYPER = Hyperparameters(sr=0.95)


def sealed(name: str, scores: np.ndarray) -> Sealed:
    return Sealed(name, HYPER, np.atleast_2d(scores))


def test_a_trial_redraws_what_its_level_says_and_nothing_else() -> None:
    topology = erdos_renyi(20, 0.2, seed=1, values="ternary")
    W = topology.to_dense()
    seen = {}
    for level in LEVELS:
        one = draw(Conditions(tasks.open("narma10"), level, "seal", HYPER), 20, (1, 2))
        other = draw(Conditions(tasks.open("narma10"), level, "seal", HYPER), 20, (1, 3))
        assert not np.array_equal(one.data.train_inputs, other.data.train_inputs)
        seen[level] = one
        assert (one.W_in is None) == (level == "matrix")
        assert (one.weights is None) == (level in ("matrix", "wiring"))
        if one.weights is not None:
            again = redraw(topology, one.weights, level).to_dense()
            np.testing.assert_array_equal(again != 0, W != 0)
            assert not np.array_equal(again, W)
            if level == "signs":
                np.testing.assert_array_equal(np.abs(again), np.abs(W))
            else:
                assert len(np.unique(np.abs(again[again != 0]))) == (W != 0).sum()
    # The levels share what they both redraw.
    np.testing.assert_array_equal(seen["matrix"].data.train_inputs, seen["mask"].data.train_inputs)
    np.testing.assert_array_equal(seen["wiring"].W_in, seen["signs"].W_in)


def test_on_a_file_seals_read_what_the_search_never_does(tmp_path) -> None:
    """Whatever the last part of a file holds, the search's trials are the same to the last bit."""
    series = np.random.default_rng(0).normal(size=600)
    for name, end in (("one", series[400:]), ("other", series[400:] * 7.0 + 3.0)):
        rows = np.r_[series[:400], end]
        (tmp_path / f"{name}.csv").write_text("x\n" + "\n".join(str(row) for row in rows) + "\n")

    def data(name: str, part: str) -> bytes:
        conditions = Conditions(tasks.open(tmp_path / f"{name}.csv"), "matrix", part, HYPER)  # type: ignore[arg-type]
        trials = [draw(conditions, 5, (seed,)).data for seed in range(20)]
        return b"".join(one.train_inputs.tobytes() + one.test_targets.tobytes() for one in trials)

    assert data("one", "search") == data("other", "search")
    assert data("one", "seal") != data("other", "seal")


def test_the_ratio_is_geometric_and_paired_by_trial() -> None:
    rng = np.random.default_rng(0)
    difficulty = np.exp(rng.normal(0, 2.0, 30))
    own, other = 0.2 * difficulty, 0.4 * difficulty
    found = compare("matrix", sealed(CHAMPION, own), [sealed("SCR", other)], 0).controls["SCR"]
    assert found.ratio == pytest.approx(0.5)
    assert found.p == pytest.approx(1 / 20_001)
    assert found.ratio_interval == pytest.approx((0.5, 0.5))
    np.testing.assert_allclose(log_ratios(sealed(CHAMPION, own), sealed("SCR", other)), np.log(0.5))


@dataclass(frozen=True)
class Fixed:
    """A task whose trial is always the same."""

    data: object
    name: str = "fixed"
    n_inputs: int = 2
    n_outputs: int = 2
    score_name: str = "error rate"

    def trial(self, seed: object, part: object = "search") -> object:  # noqa: ARG002
        return self.data


def told_apart(category: str, errors: int = 0) -> SequencesTrial:
    """Sequences whose class is their input, 50 to test; so many of these are labelled wrongly."""
    classes = np.eye(2)[np.arange(50) % 2]
    inputs, answered = np.repeat(classes[:, None], 3, axis=1), np.tile([False, False, True], (50, 1))
    own, wrong = (Sequences(inputs, targets, answered) for targets in (inputs, inputs.copy()))
    wrong.targets[:errors] = 1 - wrong.targets[:errors]
    return SequencesTrial(own, own, wrong, category, (1e-6,))  # type: ignore[arg-type]


@pytest.mark.parametrize(("category", "answers"), [("classification", 50), ("multi_classification", 100)])
def test_no_mistake_counts_as_half_of_one_so_that_two_faultless_networks_are_alike(category, answers) -> None:
    """Before, one test without a mistake among many outweighed all others: its logarithm was that of 1e-12."""

    def scores(errors: int) -> np.ndarray:
        conditions = Conditions(Fixed(told_apart(category, errors)), "wiring", "seal", HYPER)  # type: ignore[arg-type]
        return score([scr(10)], conditions, [(0, trial) for trial in range(3)], Serial())[0]

    np.testing.assert_allclose(scores(0), 0.5 / answers)
    np.testing.assert_allclose(scores(1), 1 / 50)  # both labels of one answer are wrong
    regression = told_apart("regression")
    assert regression.half_a_mistake == 0.0


def test_half_a_mistake_is_that_of_what_is_counted() -> None:
    channel = tasks.open("channel").trial(0)
    assert channel.half_a_mistake == pytest.approx(0.5 / len(channel.test_targets))
    assert tasks.open("narma10").trial(0).half_a_mistake == 0.0
    series = (np.zeros((4, 1)), np.ones((4, 1)))
    assert LabelledTrial(series, np.arange(2), series * 5, np.tile(np.arange(2), 5), 2).half_a_mistake == 0.05


def test_draws_are_clusters_few_of_them_prove_little_however_many_trials() -> None:
    rng = np.random.default_rng(1)
    own = np.full(200, 0.3)
    others = 0.3 * np.exp(rng.normal(0.0, 0.3, (5, 1)) + np.zeros((5, 200)))  # draws differ, trials do not
    p = compare("wiring", sealed(CHAMPION, own), [sealed("erdos-renyi", others)], 0).controls["erdos-renyi"].p
    assert p == pytest.approx(sign_flip(-np.log(others[:, 0] / 0.3)))
    assert p >= 1 / 2**5


def test_a_diverged_champion_loses_and_a_diverged_control_is_beaten() -> None:
    finite, infinite = np.full(30, 0.3), np.full(30, np.inf)
    lost = compare("matrix", sealed(CHAMPION, infinite), [sealed("SCR", finite)], 0)
    assert lost.controls["SCR"].ratio > 1e6
    assert lost.controls["SCR"].p == 1.0
    won = compare("matrix", sealed(CHAMPION, finite), [sealed("SCR", infinite)], 0)
    assert won.controls["SCR"].p < 0.001
    both = compare("matrix", sealed(CHAMPION, infinite), [sealed("SCR", infinite)], 0)
    assert both.controls["SCR"].ratio == 1.0
    assert lost.as_json()["mean"] is None


def test_controls_are_like_the_champion() -> None:
    champion = erdos_renyi(30, 0.1, seed=3, values="ternary")
    for name in NAMES[:9]:
        made = control(name, champion, "wiring", 1, (0,))
        assert len(made.draws) == (1 if name in ("SCR", "DLR", "DLRB", "CRJ") else DRAWS)
        for one in made.draws:
            assert one.units == 30
            assert one.radius == "rescale"
            assert one.W_in is None
        if name == "rewired":
            for one in made.draws:
                mask, own = one.to_dense() != 0, champion.to_dense() != 0
                np.testing.assert_array_equal(mask.sum(0), own.sum(0))
                np.testing.assert_array_equal(mask.sum(1), own.sum(1))
                assert not np.array_equal(mask, own)
        if name in ("erdos-renyi", "hyper-parameters"):
            assert all(abs(one.edges - champion.edges) <= 25 for one in made.draws)
            assert all(set(np.unique(np.sign(one.to_dense()))) == {-1.0, 0.0, 1.0} for one in made.draws)
    drawn = control("SCR", champion, "matrix", 2, (0,)).draws
    assert len(drawn) == DRAWS  # at matrix a control's W_in is its luck, so it gets as many
    assert len({one.W_in.tobytes() for one in drawn}) == DRAWS


def test_all_are_tuned_from_one_list_on_the_same_trials() -> None:
    conditions = Conditions(tasks.open("memory-noisy"), "wiring", "search", Hyperparameters(sr=0.5))
    cycle = Topology(scr(16).W)
    found = tune([cycle], conditions, (0, 1), Serial(), settings=16)
    listed = candidates(conditions, 16, (0, 1), scaled=True)
    assert found in listed
    assert listed[0] == conditions.hyper
    assert found.sr > 0.85  # memory wants a large radius
    assert trainings_of(32, 1) == 32 * 1 + 8 * 4 + 2 * 12


@pytest.fixture(scope="module")
def memory_seals() -> dict:
    """The simple cycle as champion, on noisy memory."""
    plan = Sealing(
        tasks.open("memory-noisy"),
        Topology(scr(12).W),
        np.ones((12, 1)) * np.where(np.arange(12) % 3 == 0, -1.0, 1.0)[:, None],
        HYPER,
        ("SCR", "erdos-renyi", "rewired"),
        {},
        {},
        seed=4,
        tune=False,
    )
    return seal(plan, Serial())


def test_a_cycle_beats_random_wirings_at_noisy_memory_and_not_itself(memory_seals) -> None:
    wiring = memory_seals["wiring"]
    assert wiring.controls["erdos-renyi"].p_holm < 0.05
    assert wiring.controls["erdos-renyi"].ratio < 0.8
    assert wiring.controls["SCR"].ratio == pytest.approx(1.0)
    assert wiring.controls["SCR"].p_holm > 0.4
    assert wiring.interval.n == 30
    assert memory_seals["matrix"].interval.n == 1  # one W, one W_in, no data: one trial says all


def test_where_nothing_is_drawn_there_is_no_test_and_the_better_score_is_the_better_score() -> None:
    """One fixed wiring against another on a task without chance: p would be 1 whatever the scores."""
    rng = np.random.default_rng(0)
    drawn = sealed("erdos-renyi", 0.4 * np.exp(rng.normal(0, 0.05, (12, 1))))
    for other, better in ((0.3, True), (0.2, False), (0.1, False)):
        found = compare("matrix", sealed(CHAMPION, np.array([0.2])), [sealed("hill-climber", [other]), drawn], 0)
        exact, tested = found.controls["hill-climber"], found.controls["erdos-renyi"]
        assert found.untested == ("hill-climber",)
        assert exact.beaten == better
        data = exact.as_json()
        assert (data["p"], data["p_holm"], data["smallest_visible_gain"]) == (None, None, None)
        assert data["test"] == "no test: nothing is drawn"
        # Holm corrects over the tests that there are, here one.
        assert tested.p_holm == tested.p == pytest.approx(1 / 2**12)
        assert tested.beaten
        assert tested.as_json()["test"] == "sign-flip permutation"


def test_seals_need_thirty_trials() -> None:
    with pytest.raises(StatescapeError, match="at least 30 trials; got 29"):
        Sealing(tasks.open("narma10"), scr(5), np.ones((5, 1)), HYPER, ("SCR",), {}, {}, 0, trials=29)


def test_what_was_sealed_is_remembered_and_not_computed_again() -> None:
    plan = Sealing(
        tasks.open("memory-noisy"), Topology(scr(6).W), np.ones((6, 1)), HYPER, ("SCR",), {}, {}, 0, tune=False
    )
    kept: dict = {}

    def remember(key, compute, read):
        if key not in kept:
            kept[key] = compute()
        return read(kept[key])

    first = seal(plan, Serial(), remember)
    assert set(kept) == {f"seal/{level}/{name}" for level in LEVELS for name in (CHAMPION, "SCR")}

    class Idle(Serial):
        def map(self, *_):
            raise AssertionError("nothing is left to do")

    again = seal(plan, Idle(), remember)
    assert {level: one.as_json() for level, one in first.items()} == {k: v.as_json() for k, v in again.items()}
