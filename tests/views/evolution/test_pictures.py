"""Pictures of an evolved wiring hold the numbers they claim to, and say a null as plainly as a gain."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from statescape.analysis.evolution import read_run
from statescape.analysis.wiring import Measure, lined_up, reach, wiring_order
from statescape.evolution import Hyperparameters
from statescape.evolution.seals import Sealed, compare
from statescape.reservoir import rewired, scr
from statescape.reservoir.measures import on_cycles
from statescape.views import save_figures
from statescape.views.core.marks import LineMark
from statescape.views.core.picture import Picture
from statescape.views.core.theme import RED, matplotlib_theme
from statescape.views.evolution.pictures import order_picture, pictures
from statescape.views.evolution.seals import ladder
from statescape.views.evolution.search import drawn_points, front_picture
from statescape.views.reservoir.diagram import Diagram
from statescape.views.reservoir.layout import places
from statescape.views.reservoir.wirings import matrices
from statescape.wording import speaking


@pytest.fixture(scope="module")
def reading(evolved_run):
    return read_run(evolved_run)


@pytest.fixture(scope="module")
def drawn(reading):
    return pictures(reading)


def sealed(level: str, champion: float, controls: dict[str, float], n: int = 30):
    """A seal of means that are given, on trials of common difficulty."""
    rng = np.random.default_rng(len(level))
    difficulty = np.exp(rng.normal(0.0, 0.05, n))

    def one(name: str, mean: float, draws: int) -> Sealed:
        scores = mean * difficulty[None] * np.exp(rng.normal(0.0, 0.02, (draws, n)))
        return Sealed(name, Hyperparameters(), scores * mean / scores.mean())

    return compare(level, one("champion", champion, 1), [one(*item, 12) for item in controls.items()], 0)


def seals_picture(*seals) -> Picture:
    """The picture of seals alone."""
    return ladder({seal.level: seal for seal in seals}, seals[0].level, "NRMSE", "Caption.")


def traces(figure, kind="markers"):
    """The traces of a mode in the order in which they are drawn."""
    return [trace for trace in figure.data if getattr(trace, "mode", "bar") == kind]


def test_bars_are_the_gain_over_random_wirings_and_red_only_where_every_control_is_beaten():
    gain = sealed("matrix", 0.20, {"SCR": 0.36, "erdos-renyi": 0.40})
    null = sealed("mask", 0.40, {"SCR": 0.36, "erdos-renyi": 0.40})
    picture = seals_picture(gain, null)
    (bars,), best = traces(picture.interactive(), "bar"), traces(picture.interactive())[0]
    np.testing.assert_allclose(bars.y, [50.0, 0.0], atol=1.5)
    np.testing.assert_allclose(best.y, [100 * (1 - 0.20 / 0.36), 100 * (1 - 0.40 / 0.36)], atol=1.5)
    colours = list(bars.marker.color)
    assert colours[0] == RED
    assert colours[1] != RED
    percents, words = (trace.text for trace in traces(picture.interactive(), "markers+text")[1:3])
    assert [f"{gain:.0f}%" in text for gain, text in zip(bars.y, percents, strict=True)] == [True, True]
    assert list(words) == ["beats all 2", "beats 0 of 2"]
    with matplotlib_theme():
        printed = [text.get_text() for text in picture.printed().axes[0].texts]
    assert {"beats all 2", "beats 0 of 2"} <= set(printed)


def test_one_control_is_beaten_in_the_singular():
    for language, expected in (("en", "beats its control"), ("fr", "bat son témoin")):
        with speaking(language):
            figure = seals_picture(sealed("matrix", 0.20, {"erdos-renyi": 0.40})).interactive()
        assert expected in [text for trace in traces(figure, "markers+text") for text in trace.text]


def test_a_control_that_is_many_times_better_does_not_flatten_the_bars():
    picture = seals_picture(sealed("matrix", 0.35, {"SCR": 0.01, "erdos-renyi": 0.60}))
    figure = picture.interactive()
    low, high = figure.layout.yaxis.range
    assert low > -100
    assert high < 100
    diamonds, triangles = traces(figure)[:2]
    assert (diamonds.marker.symbol, triangles.marker.symbol) == ("diamond", "triangle-down")
    assert not len(diamonds.x)
    assert triangles.y[0] > low
    assert "% higher error than SCR" in triangles.customdata[0]


def test_a_champion_that_diverged_and_one_trial_that_says_all_are_drawn():
    broken = compare(
        "matrix",
        Sealed("champion", Hyperparameters(), np.full((1, 30), np.inf)),
        [Sealed("erdos-renyi", Hyperparameters(), np.full((12, 30), 0.4))],
        0,
    )
    once = compare(
        "matrix",
        Sealed("champion", Hyperparameters(), np.array([[0.3]])),
        [Sealed("erdos-renyi", Hyperparameters(), np.array([[0.6]]))],
        0,
    )
    for seal in (broken, once):
        picture = seals_picture(seal)
        assert picture.interactive(stacked=True).to_json()
        with matplotlib_theme():
            picture.printed().draw_without_rendering()
    assert seals_picture(once).interactive().data[0].y[0] == pytest.approx(50.0)


def test_the_score_at_work_is_the_first_of_its_seal(reading):
    level = reading.evolution.settings.level
    expected = reading.evolution.seals[level].champion.scores[0, 0]
    assert reading.work.attempt.score == pytest.approx(expected, rel=1e-8)
    targets, outputs = reading.work.trial.test_targets, reading.work.attempt.outputs
    error = np.sqrt(np.mean((outputs - targets) ** 2) / targets.var())
    due, given = (mark for mark in pictures(reading)["outputs"].panels[0].marks if isinstance(mark, LineMark))
    np.testing.assert_array_equal(due.y, targets[: len(due.y), 0])
    np.testing.assert_array_equal(given.y, outputs[: len(given.y), 0])
    assert error == pytest.approx(expected, rel=1e-8)


def test_the_line_leads_from_a_start_to_the_champion_and_its_changes_add_up(reading):
    line = reading.line
    assert line[0].birth.parents == ()
    assert line[-1].birth.number == reading.evolution.best.candidate.number
    for before, after in pairwise(line):
        assert before.birth.number in after.birth.parents
        assert before.birth.generation < after.birth.generation
    total = sum(one.change for one in line[1:])
    assert total == pytest.approx(line[-1].record.difference - line[0].record.difference)


def test_the_curve_ends_where_the_population_stands(reading):
    curve, evolution = reading.curve, reading.evolution
    assert len(curve.best) == len(evolution.history) == 6
    assert curve.best[-1] == evolution.history[-1].best
    assert curve.relative[-1] == pytest.approx(np.exp(evolution.found.survivors[0].record.difference))
    assert (curve.low <= curve.relative).all()
    assert (curve.quarter <= curve.relative_median).all()
    assert (curve.relative_median <= curve.three_quarters).all()
    assert 0.0 < curve.unshared[-1] <= 1.0


def test_operators_are_counted_as_the_generations_told(reading):
    made = {one.name: (one.made, one.survived) for one in reading.operators}
    told: dict[str, list[int]] = {}
    assert set(reading.evolution.history[0].operators) == {"random"}
    for line in reading.evolution.history[1:]:
        for name, counts in line.operators.items():
            told.setdefault(name, [0, 0])
            told[name] = [old + new for old, new in zip(told[name], counts, strict=True)]
    assert made == {name: tuple(counts) for name, counts in told.items()}
    used = np.sum([one.use for one in reading.operators], axis=0)
    np.testing.assert_allclose(used[np.isfinite(used)], 1.0)
    for one in reading.operators:
        assert one.low <= one.share <= one.high


def test_stages_begin_with_the_random_start_and_end_with_the_last_best(reading):
    assert reading.stages[0].generation == 0
    assert reading.stages[-1].candidate == reading.evolution.found.survivors[0].number
    assert [stage.generation for stage in reading.stages] == sorted({stage.generation for stage in reading.stages})


def test_beside_the_champion_stand_wirings_of_its_size(reading):
    champion, cycle, random, other = reading.wirings
    assert champion.edges == random.edges == other.edges
    assert cycle.edges == cycle.units == champion.units
    np.testing.assert_array_equal((champion.to_dense() != 0).sum(axis=0), (other.to_dense() != 0).sum(axis=0))
    np.testing.assert_array_equal((champion.to_dense() != 0).sum(axis=1), (other.to_dense() != 0).sum(axis=1))


def test_every_picture_draws_twice_and_its_caption_says_numbers(drawn):
    assert list(drawn) == [
        "seals", "search", "races", "operators", "diversity", "genealogy", "stages", "stages-matrices", "wirings",
        "matrices", "spectra", "order", "outputs", "state-path", "front",
    ]  # fmt: skip
    for name, picture in drawn.items():
        assert picture.name == name
        assert any(letter.isdigit() for letter in picture.caption)
        wide, narrow = picture.interactive(), picture.interactive(stacked=True)
        assert len(wide.data) == len(narrow.data)  # the page keeps what differs, trace by trace
        with matplotlib_theme():
            assert picture.printed().axes


def test_printed_lines_lie_inside_their_panels(drawn):
    for name in ("search", "operators", "diversity", "genealogy", "order"):
        with matplotlib_theme():
            panels = drawn[name].printed().axes
        for axes in panels:
            low, high = axes.get_ylim()
            values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()] or [[0.0]])
            values = values[np.isfinite(values)]
            assert len(values)
            assert min(low, high) <= values.min() <= values.max() <= max(low, high), name


def test_wide_and_narrow_matrices_are_the_same_panels_in_other_places():
    rng = np.random.default_rng(0)
    wirings = [(name, (rng.random((6, 6)) < 0.3) * 1.0) for name in "abcd"]
    picture = matrices(wirings, "Caption.", "matrices")
    wide, narrow = picture.interactive(), picture.interactive(stacked=True)
    assert [trace.name for trace in wide.data] == [trace.name for trace in narrow.data] == [*"abcd", *["ordered"] * 4]
    titles = [note.text for note in narrow.layout.annotations]
    assert titles == ["a", "ordered", "b", "ordered", "c", "ordered", "d", "ordered"]
    domains = {axis.plotly_name: tuple(axis.domain) for axis in narrow.select_yaxes()}
    rows = [domains[f"yaxis{'' if number == 1 else number}"] for number in range(1, 9)]
    assert rows[0] == rows[1] != rows[2] == rows[3]
    places_of = {trace.name + trace.xaxis: trace.yaxis for trace in narrow.data}
    assert places_of["ax"] == "y"
    assert places_of["orderedx2"] == "y2"


@pytest.mark.slow
def test_figures_of_hostile_names_are_written(reading, tmp_path):
    files = save_figures(reading, tmp_path / "figures")
    assert {file.name for file in files} == {
        f"{name}{suffix}" for name in pictures(reading) for suffix in (".png", ".pdf")
    }
    assert all(file.read_bytes()[:4] in (b"\x89PNG", b"%PDF") for file in files)


def test_a_front_is_drawn_from_few_edges_to_many_without_what_diverged(reading):
    edges = [point.edges for point in drawn_points(reading.evolution.front)]
    assert edges == sorted(edges) == [point.edges for point in reading.evolution.front]
    best = reading.evolution.best.candidate.number
    points = [
        SimpleNamespace(edges=30, score=0.2, candidate=best),
        SimpleNamespace(edges=10, score=0.5, candidate=7),
        SimpleNamespace(edges=5, score=np.inf, candidate=8),
    ]
    front = drawn_points(points)
    assert [point.edges for point in front] == [10, 30]  # what diverged is no point of a front
    picture = front_picture(reading.evolution, front)
    (points_drawn,) = traces(picture.interactive())
    assert list(points_drawn.x) == [10, 30]
    assert points_drawn.marker.color[1] == RED
    assert "from 10 edges" in picture.caption
    with matplotlib_theme():
        assert picture.printed().axes


def test_order_knows_a_cycle_from_its_rewired_nulls():
    order = wiring_order(scr(30), 1)
    by_name = {one.name: one for one in order.measures}
    assert by_name["strong core"].value == by_name["reach"].value == 1.0
    assert np.median(by_name["strong core"].nulls) < 0.95  # rewired, a cycle falls apart into shorter ones
    assert by_name["lined up"].value == 1.0
    assert not by_name["lined up"].outside  # any wiring with one edge in and one out is lined up
    assert order.draws == 99
    np.testing.assert_array_equal(order.incoming, np.ones(30))
    assert "rewired 99 times" in order_picture(order).caption


def test_a_measure_is_outside_where_the_middle_of_its_nulls_does_not_hold_it():
    nulls = np.linspace(0.0, 1.0, 101)
    for value, outside in ((0.5, False), (0.02, True), (0.98, True), (0.03, False)):
        assert Measure("m", "meaning", value, nulls).outside == outside


def test_reach_and_lined_up_of_a_line_are_what_counting_gives():
    line = np.eye(6, k=-1)
    assert reach(line) == 15 / 30
    assert lined_up(line) == 5 / 6
    assert not on_cycles(line).any()
    loop = line.copy()
    loop[2, 2] = 1.0
    np.testing.assert_array_equal(on_cycles(loop), [False, False, True, False, False, False])
    assert on_cycles(np.roll(np.eye(6), 1, axis=0)).all()


def test_parts_are_laid_out_apart_and_a_hidden_cycle_comes_out_round():
    W = np.zeros((40, 40))
    W[:20, :20], W[20:39, 20:39] = scr(20).to_dense(), np.eye(19, k=-1)
    shuffled = np.random.default_rng(2).permutation(40)
    spots = np.empty((40, 2))
    spots[:] = places(W[np.ix_(shuffled, shuffled)])[np.argsort(shuffled)]
    circle, line = spots[:20], spots[20:39]
    radii = np.linalg.norm(circle - circle.mean(axis=0), axis=1)
    assert np.ptp(radii) < 0.05 * radii.mean()
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    assert np.linalg.norm(line[-1] - line[0]) > 0.95 * steps.sum()  # straight
    low, high = circle.min(axis=0), circle.max(axis=0)
    assert not ((line > low) & (line < high)).all(axis=1).any()
    assert np.abs(spots).max() < 20


def test_a_diagram_keeps_directions_signs_and_loops():
    W = np.zeros((4, 4))
    W[1, 0], W[2, 1], W[0, 2], W[3, 3] = 1.0, -0.5, 0.25, -1.0  # a cycle of three, and a unit that hears itself
    diagram = Diagram.of("t", W)
    assert {tuple(edge): weight for edge, weight in zip(diagram.edges.tolist(), diagram.weights, strict=True)} == {
        (0, 1): 1.0, (1, 2): -0.5, (2, 0): 0.25,
    }  # fmt: skip
    np.testing.assert_array_equal(diagram.loops, [0, 0, 0, -1.0])
    assert diagram.cyclic.all()
    _, directions = diagram.arrows
    along = diagram.places[diagram.edges[:, 1]] - diagram.places[diagram.edges[:, 0]]
    assert (np.einsum("ij,ij->i", directions, along) > 0).all()
    broken = Diagram.of("t", rewired(scr(3), seed=0).to_dense() * 0)
    assert len(broken.edges) == 0
