import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.wording import listed, number, ordinal, percent, say, say_count, speaking, spoken, unfilled
from statescape.wording.catalogue import catalogue


@pytest.fixture
def french(monkeypatch):
    """French with a small catalogue of its own."""
    entries = {
        "{n:,} tokens": "{n:,} jetons",
        "{count} block": ["{count} bloc", "{count} blocs"],
        "of {a} and {b}": "de {b} et {a}",
    }
    monkeypatch.setattr("statescape.wording.saying.catalogue", lambda language: entries if language == "fr" else {})
    with speaking("fr"):
        yield


def test_english_reads_as_it_is_written():
    assert say("{n:,} tokens, {share:.1%}", n=50257, share=0.034) == "50,257 tokens, 3.4%"
    assert catalogue("en") == {}


def test_french_takes_its_own_text_and_numbers(french):
    assert say("{n:,} tokens", n=50257) == "50\u202f257 jetons"
    assert say("of {a} and {b}", a=1, b=2) == "de 2 et 1"


def test_a_text_without_french_stays_english(french):
    assert say("nobody translated {x:.2f}", x=0.5) == "nobody translated 0,50"


@pytest.mark.parametrize(("count", "text"), [(0, "0 bloc"), (1, "1 bloc"), (2, "2 blocs")])
def test_french_plural(french, count, text):
    assert say_count("{count} block", "{count} blocks", count) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 blocks"), (1, "1 block"), (2, "2 blocks")])
def test_english_plural(count, text):
    assert say_count("{count} block", "{count} blocks", count) == text


def test_words_among_the_values_keep_their_signs(french):
    assert say("{x}", x="v1.2, 3%") == "v1.2, 3%"
    assert say("{yes}", yes=True) == "True"


@pytest.mark.parametrize("value", [1234.5, np.float64(1234.5), np.float32(1234.5)])
def test_numbers_of_every_kind(value):
    assert number(value, ",.1f") == "1,234.5"
    with speaking("fr"):
        assert number(value, ",.1f") == "1\u202f234,5"
        assert number(np.int64(1234), ",") == "1\u202f234"
        assert number(0.123, ".0%") == "12\u202f%"


def test_the_language_ends_with_its_block():
    with speaking("fr"):
        with speaking("en"):
            assert spoken() == "en"
        assert spoken() == "fr"
    assert spoken() == "en"


def test_an_unknown_language_is_refused():
    with pytest.raises(StatescapeError, match="The language is one of en, fr; got 'de'"), speaking("de"):
        pass


@pytest.mark.parametrize(("items", "text"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c")])
def test_lists(items, text):
    assert listed(items) == text


def test_lists_in_french():
    with speaking("fr"):
        assert listed(["a", "b", "c"]) == "a, b et c"


@pytest.mark.parametrize(
    ("rank", "english", "french"),
    [(1, "1st", "1er"), (2, "2nd", "2e"), (11, "11th", "11e"), (1003, "1,003rd", "1\u202f003e")],
)
def test_places(rank, english, french):
    assert ordinal(rank) == english
    with speaking("fr"):
        assert ordinal(rank) == french


def test_a_template_for_other_code_keeps_its_places(french):
    assert unfilled("of {a} and {b}") == "de {b} et {a}"


@pytest.mark.parametrize(
    ("share", "digits", "english", "french"),
    [
        (0.7731, 3, "77.3%", "77,3\u202f%"),
        (0.000123, 3, "0.0123%", "0,0123\u202f%"),
        (1.0, 3, "100%", "100\u202f%"),
        (0.0, 2, "0.0%", "0,0\u202f%"),
        (0.0526, 2, "5.3%", "5,3\u202f%"),
    ],
)
def test_shares_are_percent_with_significant_digits(share, digits, english, french):
    assert percent(share, digits) == english
    with speaking("fr"):
        assert percent(share, digits) == french
