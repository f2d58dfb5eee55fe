"""The parts of a page: text that is put into them stays text, and only what this package made is markup."""

from html.parser import HTMLParser

import numpy as np
import pytest

from statescape.views.core.marks import LineMark, Panel
from statescape.views.core.page import Choice, Embed, Figure, Page, Prose, Section, SourceLine, TableBlock, render
from statescape.views.core.picture import Picture
from statescape.views.core.templating import trusted
from tests.views.language.synthetic import HOSTILE


class Elements(HTMLParser):
    """Names and attributes of all elements, and all text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] not in ("script", "style"):
            self.text += data


def page_of(text: str) -> Page:
    drawn = Picture("figure", text, [Panel("t", [LineMark(np.arange(2.0), np.arange(2.0), "#123456")])])
    blocks = (
        Prose(text),
        Prose(text, strong=True),
        SourceLine(text),
        TableBlock((text,), [[text, text]], text),
        Figure(drawn),
    )
    choice = Choice(text, [(text, blocks[:1]), (text, blocks[:1])])
    embed = Embed(trusted("<em data-own=''>own</em>"), text)
    return Page(text, text, [(text, text)], (Section("s", text, text, (*blocks, choice, embed), text),))


NOT_EMPTY = [text for text in HOSTILE if text]
PLAIN = Elements(render(page_of("plain words")))


@pytest.mark.parametrize("text", NOT_EMPTY, ids=range(len(NOT_EMPTY)))
def test_hostile_text_adds_no_element_and_no_attribute(text):
    found = Elements(render(page_of(text)))
    assert [(tag, set(own)) for tag, own in found.elements] == [(tag, set(own)) for tag, own in PLAIN.elements]
    assert "\x1b" not in found.text
    assert "\x00" not in found.text
    if text.isascii() and text.isprintable() and text.strip():
        assert found.text.count(text) >= 10


def test_markup_of_ours_stays_markup():
    assert ("em", {"data-own": ""}) in PLAIN.elements
    assert PLAIN.text.count("plain words") >= 10


def test_a_choice_of_one_has_no_buttons():
    one = Page("t", "l", (), (Section("s", "S", "Look.", (Choice("w", [("a", (Prose("p"),))]),)),))
    assert [own for tag, own in Elements(render(one)).elements if own.get("role") == "radio"] == []
    assert sum("data-choose" in own for _, own in PLAIN.elements) == 2
