"""Each wording on results made for it."""

import numpy as np
import pytest

from statescape.analysis.evolution_conclusion import Facts, conclusion, curse_in_words
from statescape.evolution.seals import Seal, Sealed, compare
from statescape.evolution.settings import Hyperparameters

HYPER = Hyperparameters()


def seal(
    level: str, champion: float, control: float, other: float | None = None, rescaled: float | None = None
) -> Seal:
    """A champion and two controls whose means are given, on trials of common difficulty."""
    rng = np.random.default_rng([len(level)])
    difficulty = np.exp(rng.normal(0.0, 0.05, 30))

    def sealed(name: str, mean: float, draws: int) -> Sealed:
        scores = mean * difficulty[None] * np.exp(rng.normal(0.0, 0.03, (draws, 30)))
        return Sealed(name, HYPER, scores * mean / scores.mean())

    controls = [sealed("SCR", other or control, 12), sealed("erdos-renyi", control, 12)]
    itself = None if rescaled is None else sealed("rescaled", rescaled, 1)
    return compare(level, sealed("champion", champion, 1), controls, 0, itself)  # type: ignore[arg-type]


def ladder(matrix: float, wiring: float, signs: float, mask: float, control: float = 0.37) -> dict:
    means = {"matrix": matrix, "wiring": wiring, "signs": signs, "mask": mask}
    return {level: seal(level, mean, control) for level, mean in means.items()}


def facts(level: str = "matrix", radius: str = "rescale", signed: bool = True, nilpotent: bool = False) -> Facts:
    return Facts(level, radius, signed, nilpotent, "NRMSE")  # type: ignore[arg-type]


def test_a_coadapted_matrix_is_told_apart_and_not_called_topology() -> None:
    seals = ladder(0.20, 0.372, 0.371, 0.381)
    words = conclusion(facts(), seals)
    assert "the champion beats every control" in words
    assert "depends on its W_in, to which the matrix has adapted" in words
    assert "topology" not in words
    assert "no gain of the wiring itself is shown" in words


def test_the_trial_of_the_prototype_owes_most_of_its_gain_to_one_matrix() -> None:
    words = conclusion(facts(), ladder(0.20, 0.346, 0.370, 0.381))
    share = int(words.split("in logarithms, about ")[1].split("%")[0])
    assert share == pytest.approx(100 * (1 - np.log(0.37 / 0.346) / np.log(0.37 / 0.20)), abs=3)
    assert "which units are connected is not shown to matter by itself" in words


def test_a_gain_that_survives_new_weights_is_topology() -> None:
    words = conclusion(facts("mask"), ladder(0.30, 0.30, 0.30, 0.30))
    assert "this is topology" in words


def test_a_binary_champion_at_wiring_is_not_called_topology_by_its_weights() -> None:
    assert "topology" not in conclusion(facts("wiring", signed=False), ladder(0.33, 0.33, 0.37, 0.37))


@pytest.mark.parametrize(("hill", "verdict"), [(0.25, "beats every control"), (0.15, "does not beat hill-climber")])
def test_a_comparison_without_chance_is_called_one(hill: float, verdict: str) -> None:
    rng = np.random.default_rng(0)
    own = Sealed("champion", HYPER, np.array([[0.2]]))
    drawn = Sealed("erdos-renyi", HYPER, 0.4 * np.exp(rng.normal(0.0, 0.05, (12, 1))))
    rival = Sealed("hill-climber", HYPER, np.array([[hill]]))
    seals = {**ladder(0.37, 0.37, 0.37, 0.37), "matrix": compare("matrix", own, [drawn, rival], 0)}
    words = conclusion(facts(), seals)
    assert f"the champion {verdict}: NRMSE 0.200" in words
    assert "No test was made against hill-climber: nothing is drawn there" in words
    assert "trial by trial" not in words


def test_a_null_is_said_with_what_would_have_been_seen() -> None:
    words = conclusion(facts("mask"), ladder(0.37, 0.37, 0.37, 0.372))
    assert "not shown to beat any control" in words
    assert "would have been detected with 80% power" in words
    assert "topology" not in words


@pytest.mark.parametrize(
    ("rescaled", "words"),
    [
        (0.25, "more error: that part of the gain is its radius"),
        (0.20, "no part of the gain is shown to be its radius"),
        (0.15, "no part of the gain is its radius"),
    ],
)
def test_what_a_free_radius_is_worth(rescaled: float, words: str) -> None:
    seals = ladder(0.20, 0.372, 0.371, 0.381)
    seals["matrix"] = seal("matrix", 0.20, 0.37, rescaled=rescaled)
    said = conclusion(facts(radius="free"), seals)
    assert "The radius was free" in said
    assert words in said
    if rescaled == 0.25:
        assert int(said.split("the champion has ")[1].split("%")[0]) == pytest.approx(25, abs=2)


def test_a_nilpotent_champion_is_flagged_and_an_equal_radius_is_not() -> None:
    seals = ladder(0.20, 0.372, 0.371, 0.381)
    assert "equal radius does not hold" in conclusion(facts(nilpotent=True), seals)
    assert "radius" not in conclusion(facts(), seals)


def test_a_diverged_champion_concludes_nothing() -> None:
    seals = ladder(0.20, 0.372, 0.371, 0.381)
    seals["matrix"] = compare("matrix", Sealed("champion", HYPER, np.full((1, 30), np.inf)), [], 0)
    assert conclusion(facts(), seals).startswith("The champion diverged")


def test_a_gain_that_is_not_shown_is_not_divided_into_parts() -> None:
    """A tenth of a percent over random wirings, on noisy trials, is nobody's signs and nobody's wiring."""
    words = conclusion(facts("wiring"), ladder(0.37, 0.3697, 0.37, 0.3699))
    assert "not shown to beat" in words
    assert "about" not in words


def test_what_new_weights_leave_by_chance_is_not_called_the_wiring() -> None:
    words = conclusion(facts("wiring"), ladder(0.365, 0.365, 0.3695, 0.3692, control=0.37))
    assert "which units are connected" not in words.split("With W_in")[0]
    some = {level: seal(level, 0.30, 0.37, other=0.25) for level in ("wiring", "signs", "mask")}
    assert "is left with all weights redrawn." in conclusion(facts("wiring"), some)
    assert "chance" not in conclusion(facts("wiring"), some)


def test_words_follow_what_was_done() -> None:
    """Nobody was tuned, and no search of the same budget was held against the champion: neither is claimed."""
    seals = ladder(0.20, 0.372, 0.371, 0.381)
    bare = Facts("matrix", "rescale", True, False, "NRMSE", tuned=False, compared=False)
    words = conclusion(bare, seals)
    assert "tuned" not in words
    assert "no search of the same budget was run" in words
    assert "no search of the same budget" not in conclusion(facts(), seals)


def test_the_gain_that_would_have_been_seen_reckons_with_all_tests_of_the_seal() -> None:
    """More controls make the strictest step of Holm stricter, so only larger gains are sure to be seen."""
    rng = np.random.default_rng(5)
    champion = Sealed("champion", HYPER, np.exp(rng.normal(0, 0.05, (1, 30))))
    others = [Sealed(f"control {one}", HYPER, np.exp(rng.normal(0, 0.05, (1, 30)))) for one in range(11)]
    alone, together = compare("mask", champion, others[:1], 0), compare("mask", champion, others, 0)
    assert together.controls["control 0"].visible > 1.3 * alone.controls["control 0"].visible


def test_where_nothing_is_tested_no_gain_is_said_to_be_visible() -> None:
    exact = compare(
        "matrix", Sealed("champion", HYPER, np.array([[0.3]])), [Sealed("SCR", HYPER, np.array([[0.4]]))], 0
    )
    assert np.isnan(exact.controls["SCR"].visible)
    drawn = compare("matrix", exact.champion, [Sealed("SCR", HYPER, np.linspace(0.4, 0.41, 12)[:, None])], 0)
    assert drawn.controls["SCR"].visible < 0.1


@pytest.mark.parametrize(
    ("better", "chosen", "sealed", "words"),
    [
        ("lower", 0.45, 0.47, "the selection score is 0.0200 too good (winner's curse)"),
        ("lower", 0.53, 0.37, "the selection score is not too good: sealed is better by 0.1600"),
        ("higher", 4.5, 3.0, "the selection score is 1.5000 too good (winner's curse)"),
        ("higher", 3.0, 3.5, "the selection score is not too good: sealed is better by 0.5000"),
    ],
)
def test_a_curse_is_a_score_that_looked_better_than_it_is(better, chosen, sealed, words) -> None:
    assert curse_in_words(chosen - sealed, better) == words
