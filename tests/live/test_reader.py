"""What is typed is read from where it parts from what was read before, and says what a whole reading says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.language import load_model
from statescape.language.readable import Added
from statescape.live.reader import MOST_TOKENS, Reader
from statescape.views.language.lens_table import TOP

BEGUN = "Once upon a time, there was a little"


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture
def reader(model) -> Reader:
    return Reader(model)


@contextmanager
def positions_run(reader: Reader) -> Iterator[list[int]]:
    """How many positions each pass of the model runs."""
    seen: list[int] = []
    block = reader.model.anatomy.blocks[0]
    handle = block.register_forward_hook(lambda _, __, output: seen.append(np.shape(output[0])[-2]))
    try:
        yield seen
    finally:
        handle.remove()


def says_what_a_whole_reading_says(reader: Reader, model, text: str) -> None:
    trace, whole = reader.trace(text), model.trace(text)
    assert (trace.text, trace.token_ids, trace.tokens) == (text, whole.token_ids, whole.tokens)
    scale = np.abs(whole.states).max()
    np.testing.assert_allclose(trace.states, whole.states, atol=1e-5 * scale)
    added, own = trace._parts, whole._parts
    assert isinstance(added, Added)
    assert isinstance(own, Added)
    for one, other in ((added.attention, own.attention), (added.mlp, own.mlp)):
        np.testing.assert_allclose(one, other, atol=1e-5 * scale)
    readout, asked = reader.readout(trace), whole.lens(top=TOP)
    assert readout.tokens == asked.tokens
    for name in ("top_log_probabilities", "log_probability", "entropy", "kl_to_final"):
        np.testing.assert_allclose(getattr(readout, name), getattr(asked, name), atol=1e-3, err_msg=name)
    np.testing.assert_array_equal(readout.target_ids, asked.target_ids)
    assert (readout.top_ids[..., 0] == asked.top_ids[..., 0]).mean() > 0.99  # ties aside


@pytest.mark.parametrize(
    "typed",
    [
        [BEGUN, f"{BEGUN} girl", f"{BEGUN} girl nam", f"{BEGUN} girl named Lily", f"{BEGUN} girl", f"{BEGUN} boy who"],
        [f"{BEGUN} girl", "Tom had a red ball.", f"{BEGUN} girl ran", "Tom had a red ball. He", "Tom"],
    ],
    ids=["a word more, a word less, another word", "two texts by turns"],
)
def test_what_is_typed_reads_as_a_whole_text(reader, model, typed):
    for text in typed:
        says_what_a_whole_reading_says(reader, model, text)


def test_a_word_more_runs_its_own_tokens_and_a_word_less_none(reader):
    length = len(reader.trace(BEGUN))
    with positions_run(reader) as seen:
        longer = reader.trace(f"{BEGUN} girl and a")
        assert seen == [len(longer) - length]
        reader.trace(f"{BEGUN} girl")
        assert reader.trace(f"{BEGUN} girl and a") is longer
        assert len(seen) == 1
        reader.trace(f"{BEGUN} boy")  # parts from the longest of those that were read
        assert seen[1:] == [1]


def test_lens_readings_are_kept_with_the_beginning(reader, monkeypatch):
    trace = reader.trace(BEGUN)
    assert reader.readout(trace) is reader.readout(trace)
    read: list[int] = []
    whole = type(trace).lens

    def lens(self, **asked):
        read.append(len(self) - asked.get("first", 0))
        return whole(self, **asked)

    monkeypatch.setattr(type(trace), "lens", lens)
    longer = reader.trace(f"{BEGUN} girl and a")
    reader.readout(longer)
    assert read == [len(longer) - len(trace)]
    reader.readout(reader.trace(f"{BEGUN} girl"))
    assert len(read) == 1


def test_few_texts_are_kept(reader):
    first = reader.trace("Tom had a red ball.")
    for number in range(8):
        reader.trace(f"{number} cats sat there.")
    assert reader.trace("Tom had a red ball.") is not first
    assert len(reader._kept) <= 4


def test_long_texts_are_kept_only_as_far_as_memory_goes(reader, monkeypatch):
    monkeypatch.setattr("statescape.live.reader._POSITIONS", 500)
    for number in range(4):
        reader.trace(f"{number} " + "cats sat there and " * 45)
    lengths = [len(one.trace) for one in reader._kept]
    assert min(lengths) > 170
    assert len(lengths) == 2


def test_a_text_too_long_is_refused_before_it_runs(reader):
    with positions_run(reader) as seen, pytest.raises(StatescapeError, match=r"has .* tokens"):
        reader.trace("word " * (MOST_TOKENS + 1))
    assert seen == []
