"""One description, two renderers: the same numbers, names and words on the screen and on paper, whatever they hold."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from statescape.views.core.marks import (
    AreaMark,
    Axis,
    BarMark,
    CellMark,
    CloudMark,
    LineMark,
    Panel,
    PointMark,
    TextMark,
)
from statescape.views.core.picture import Picture
from statescape.views.core.screen import described, in_json
from statescape.views.core.text import word
from statescape.views.core.theme import BLUE, RED, matplotlib_theme
from tests.views.language.synthetic import HOSTILE

X, Y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 4.0, 2.0])


def one_of_each(name: str) -> tuple:
    notes, bounds = [name] * 3, (np.zeros(2), np.full(2, 5.0))
    points = np.column_stack([X, Y])
    return (
        LineMark(X, Y, BLUE, name, dots=5, hover="{note}", notes=notes),
        LineMark(X, Y, BLUE, step="after", filled=True),
        PointMark(X, Y, RED, name, low=Y - 0.5, high=Y + 1, hover="{name}", notes=notes),
        PointMark(X, Y, [RED, BLUE, RED], angles=[0, 90, 135], symbol="triangle-up"),
        AreaMark(X, Y - 1, Y + 1, name=name),
        BarMark(X, Y, BLUE, name, low=Y, high=[np.inf, 5, 3], notes=notes),
        CellMark(np.eye(3), "signed", (-1, 1), name=name, texts=[notes] * 3, bar=name, notes=[notes] * 3),
        TextMark(X, Y, notes),
        TextMark(None, Y, notes, bold=True),
        CloudMark(points, bounds, 0.01, name, [0, 1, 2], notes),
    )


def picture(*marks, legend=True, **axis) -> Picture:
    return Picture("p", "1.", [Panel("t", [mark], Axis(**axis)) for mark in marks], legend=legend)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_a_name_holds_no_renderer_reads_it_as_markup(text):
    shown = word(text)
    drawn = Picture("p", "1.", [Panel(shown, one_of_each(shown), Axis(shown, ticks=[0], labels=[shown]), Axis(shown))])
    for narrow in (False, True):
        written = json.dumps(json.loads(drawn.interactive(stacked=narrow).to_json())["data"], ensure_ascii=False)
        assert "<" not in written.replace("<extra></extra>", "").replace("<b>", "").replace("</b>", "")
    with matplotlib_theme():
        drawn.printed().draw_without_rendering()


def test_both_draw_the_same_numbers():
    line, bars = LineMark(X, Y, BLUE, "line"), BarMark(X, Y, BLUE, "bars", shift=0.25, width=0.5)
    drawn = picture(line, bars)
    on_screen = drawn.interactive().data
    with matplotlib_theme():
        left, right = drawn.printed().axes
    for trace in on_screen:
        np.testing.assert_array_equal(trace.y, Y)
    np.testing.assert_array_equal(left.get_lines()[0].get_ydata(), Y)
    assert [bar.get_height() for bar in right.patches] == Y.tolist()
    # A bar is as wide, and stands as far from its place, on both.
    assert on_screen[1].offset == 0.0
    assert [bar.get_x() for bar in right.patches] == X.tolist()


def test_a_name_is_listed_once_by_both_and_never_where_no_legend_is_wanted():
    marks = [LineMark(X, Y, BLUE, "one"), LineMark(X, -Y, BLUE, "one"), LineMark(X, Y, RED, "two")]
    for legend, names in ((True, ["one", "two"]), (False, [])):
        drawn = picture(*marks, legend=legend)
        assert [trace.name for trace in drawn.interactive().data if trace.showlegend] == names
        with matplotlib_theme():
            printed = drawn.printed()
        assert [text.get_text() for each in printed.legends for text in each.get_texts()] == names


def test_intervals_end_where_they_are_said_to_and_infinite_ones_are_not_drawn():
    mark = PointMark(X, Y, RED, low=Y - 0.5, high=np.array([2.0, np.inf, 3.0]))
    (trace,) = picture(mark).interactive().data
    np.testing.assert_allclose(trace.error_y.array, [1.0, 0.0, 1.0])
    np.testing.assert_allclose(trace.error_y.arrayminus, 0.5)
    with matplotlib_theme():
        lines = picture(mark).printed().axes[0].get_lines()
    assert [line.get_ydata().tolist() for line in lines] == [[0.5, 2.0], [1.5, 3.0]]


def test_a_narrow_screen_puts_panels_below_each_other_in_the_order_that_is_asked_for():
    marks = [LineMark(X, Y * n, BLUE) for n in range(4)]
    drawn = picture(*marks)
    wide, narrow = drawn.interactive(), drawn.interactive(stacked=True)
    assert len({axis.domain for axis in wide.select_xaxes()}) == 2
    assert len({axis.domain for axis in narrow.select_xaxes()}) == 1
    assert [trace.y.tolist() for trace in wide.data] == [trace.y.tolist() for trace in narrow.data]
    placed = Picture("p", "1.", drawn.panels, narrow_places=(3, 2, 1, 0)).interactive(stacked=True)
    assert [trace.xaxis for trace in placed.data] == ["x4", "x3", "x2", "x"]


def test_a_logarithmic_axis_a_reverse_one_and_limits_hold_on_both():
    mark = LineMark(X + 1, Y, BLUE)
    logarithmic = picture(mark, log=True, limits=(1, 100))
    assert logarithmic.interactive().layout.xaxis.range == (0, 2)
    reverse = picture(mark, reverse=True, limits=(0, 5))
    assert reverse.interactive().layout.xaxis.range == (5, 0)
    with matplotlib_theme():
        assert logarithmic.printed().axes[0].get_xlim() == (1, 100)
        assert reverse.printed().axes[0].get_xlim() == (5, 0)


def test_what_a_page_is_given_is_what_plotlys_own_classes_make_of_it():
    drawn = Picture("p", "1.", [Panel("t", [mark], Axis("x", log=True), Axis("y")) for mark in one_of_each("a & b")])
    for narrow in (False, True):
        found = described(drawn, narrow=narrow)
        theirs = json.loads(go.Figure(found).to_json())  # they refuse a setting that does not exist, or of a wrong kind
        assert json.loads(json.dumps(in_json(found["data"]))) == theirs["data"]
        layout = json.loads(json.dumps(in_json(found["layout"])))
        assert {key: layout[key] for key in layout if key != "template"} == {
            key: theirs["layout"][key] for key in theirs["layout"] if key != "template"
        }
        assert layout["template"]["layout"] == theirs["layout"]["template"]["layout"]


@pytest.mark.parametrize(("panels", "columns", "widths"), [(1, 1, ()), (5, 2, ()), (6, 3, (0.5, 0.3, 0.4)), (3, 2, ())])
@pytest.mark.parametrize("shared", [False, True])
def test_panels_stand_where_plotlys_own_subplots_do(panels, columns, widths, shared):
    one = Panel("t", [LineMark(X, Y, BLUE)])
    drawn = Picture("p", "1.", [one] * panels, columns, 200, widths=widths, gap=0.05, shared_x=shared)
    rows = -(-panels // columns)
    theirs = make_subplots(
        rows, columns, subplot_titles=["t"] * panels, column_widths=list(widths) or None, horizontal_spacing=0.05,
        vertical_spacing=(30 if shared else 76) / (200 * rows) if rows > 1 else 0,
        specs=[[{} if row * columns + at < panels else None for at in range(columns)] for row in range(rows)],
        shared_xaxes="columns" if shared else False,
    ).layout  # fmt: skip
    ours = described(drawn, narrow=False)["layout"]
    for spot in range(panels):
        for letter in "xy":
            name = f"{letter}axis{spot + 1 if spot else ''}"
            assert ours[name]["anchor"] == theirs[name].anchor
            assert ours[name].get("matches") == theirs[name].matches
            np.testing.assert_allclose(ours[name]["domain"], theirs[name].domain, atol=1e-12)
        assert ours["annotations"][spot]["y"] == pytest.approx(theirs.annotations[spot].y)
