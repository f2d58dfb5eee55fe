"""Whatever a vocabulary holds, what is shown is plain, visible and short."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from statescape.views.core.text import plotly_text, printable, word
from statescape.wording import visible
from tests.views.language.synthetic import HOSTILE


def test_spaces_and_line_ends_are_seen():
    assert visible(" the") == "␣the"
    assert visible("a b ") == "a b␣"
    assert visible("\n\t") == "↵⇥"
    assert visible("") == "(empty)"
    assert visible(" " * 200) == "␣×200 "
    assert visible("\u202egnp.exe") == "<U+202E>gnp.exe"
    assert visible("a" * 100) == "a" * 23 + "…"


@given(st.text(st.characters(), max_size=40) | st.sampled_from(HOSTILE))
def test_nothing_without_a_shape_is_left_and_nothing_is_long(text):
    shown = visible(text)
    assert shown
    assert len(shown) <= 24
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(st.characters(), max_size=20) | st.sampled_from(HOSTILE))
def test_plotly_sees_no_tag_and_keeps_directions_apart(text):
    shown = plotly_text(word(text, 200))
    assert "<" not in shown
    assert ">" not in shown
    turned = any(unicodedata.bidirectional(c) in ("R", "AL") for c in shown)
    assert turned == shown.startswith("\u2068") == shown.endswith("\u2069")


def test_what_the_printed_font_cannot_draw_is_named():
    assert printable(word("日本")) == "<U+65E5><U+672C>"
    assert printable(word(" girl")) == "␣girl"
