"""A study's figure on paper: words that can be read, inside the paper."""

import pytest

from statescape.studies.reservoir.picture import Dots, Lines, Mark, StudyCurve, StudyFigure
from statescape.views.studies.figure import study_picture
from statescape.wording import speaking

CURVE = StudyCurve("trials of their own", (0.01, 0.1, 0.3), (2000.0, 20.0, 2.0))
POWER = Lines(
    "trials that settle it", "gain to be seen", "trials", (CURVE, CURVE), log_x=True, log_y=True, percent_x=True
)
CHANGES = Dots(
    "mask: only which units are connected", "change of the error", (Mark("evolved", -0.2, -0.3, -0.1),), percent=True
)


def _ticks(figure):
    figure.canvas.draw()
    return [tick.get_text() for axes in figure.axes for tick in (*axes.get_xticklabels(), *axes.get_yticklabels())]


@pytest.mark.parametrize("panels", [(POWER,), (CHANGES, POWER), (CHANGES, CHANGES, CHANGES), (CHANGES, POWER, POWER)])
def test_words_on_paper_are_words_and_titles_fit_it(panels):
    figure = study_picture("stability", StudyFigure("", panels)).printed()
    assert not [word for word in _ticks(figure) if "$" in word]
    ends = [axes.title.get_window_extent().x1 for axes in figure.axes]
    assert max(ends) <= figure.get_size_inches()[0] * figure.dpi


def test_changes_over_powers_of_ten_are_drawn_as_factors_and_all_can_be_told_apart():
    """A tenth less beside a thousand times more: each has its place, and the axis says which."""
    marks = (Mark("less", -0.1, -0.2, 0.0), Mark("more", 999.0, 99.0, 9999.0), Mark("no interval", 1.0))
    wide = Dots("a", "change of the error", marks, 0.0, percent=True)
    drawn = study_picture("values", StudyFigure("", (wide, CHANGES)))
    paper = drawn.printed()
    first, second = paper.axes
    assert (first.get_xscale(), second.get_xscale()) == ("log", "linear")
    assert {"0%", "×10", "×100", "×1,000"} <= set(_ticks(paper))
    screen = drawn.interactive()
    assert screen.layout.xaxis.type == "log"
    told = {
        note: x for trace in screen.data if trace.customdata for note, x in zip(trace.customdata, trace.x, strict=True)
    }
    assert told["less: -10.0%"] == pytest.approx(0.9, rel=1e-5)
    assert told["more: +99900.0%"] == pytest.approx(1000.0)


@pytest.mark.parametrize(("language", "shares", "counts"), [("en", "10%", "1,000"), ("fr", "10\u202f%", "1\u202f000")])
def test_numbers_on_axes_are_those_of_the_language(language, shares, counts):
    with speaking(language):
        figure = study_picture("stability", StudyFigure("", (POWER,))).printed()
        assert {shares, counts} <= set(_ticks(figure))
