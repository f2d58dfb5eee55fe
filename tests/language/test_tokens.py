"""How texts become tokens and how tokens read, with odd text as users paste it."""

from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language.tokens import bind, readings
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer
from tests.material import material


@pytest.fixture(scope="module")
def gpt2() -> Any:
    """GPT-2's own tokenizer."""
    from transformers import GPT2TokenizerFast

    return GPT2TokenizerFast(vocab=str(material("gpt2/encoder.json")), merges=str(material("gpt2/vocab.bpe")))


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model(build(FAMILIES[0]), tokenizer=word_tokenizer())


def with_bos() -> Any:
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.WordLevel({"<s>": 0, "</s>": 1, **{f"w{i}": i for i in range(2, 97)}}, unk_token="w2"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="w2")


def test_gpt2_pieces_read_as_text(gpt2: Any) -> None:
    words = readings(gpt2, 50260)
    assert words[262] == " the"
    assert words[198] == "\n"
    assert words[50256] == "<|endoftext|>"
    assert words[50259] == "<id 50259>"
    ids = gpt2.encode("naïve — 日本 \U0001f600 שלום\x00\x1b[0m")
    read = "".join(words[index] for index in ids)
    for whole in ("naïve", "—", "לו", "\x00\x1b[0m"):
        assert whole in read
    smile = [words[index] for index in gpt2.encode("\U0001f603")]
    assert "".join(smile).replace("><", "> <").split() == ["<0xF0>", "<0x9F>", "<0x98>", "<0x83>"]


def test_every_gpt2_token_reads_as_its_bytes(gpt2: Any) -> None:
    """Where the tokenizer's own decoding finds text, that text; else no lost byte."""
    words = readings(gpt2, 50257)
    for index in range(0, 50257, 7):
        decoded = gpt2.decode([index])
        assert words[index] == decoded or ("\ufffd" in decoded and "<0x" in words[index])


def test_sentence_pieces_keep_their_spaces() -> None:
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE({"\u2581the": 0, "<0x0A>": 1, "a": 2}, []))
    backend.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    assert readings(PreTrainedTokenizerFast(tokenizer_object=backend), 3) == (" the", "<0x0A>", "a")


@pytest.mark.parametrize(
    ("bos", "prefix", "policy"),
    [
        (None, (0,), "<s> added by the tokenizer"),
        (True, (0,), "<s> added on request"),
        (False, (), "none, left out on request"),
    ],
)
def test_policy_of_a_tokenizer_that_frames_texts(bos: bool | None, prefix: tuple[int, ...], policy: str) -> None:
    tokens = bind(with_bos(), 97, bos, 64)
    assert tokens.policy == policy
    assert tokens.encode("w5 w6") == (*prefix, 5, 6)  # and never the end-of-text token behind


def test_policy_of_a_tokenizer_that_does_not() -> None:
    assert bind(word_tokenizer(), 97, None, 64).policy == "none"
    assert bind(word_tokenizer(), 97, False, 64).policy == "none"
    with pytest.raises(StatescapeError, match="no beginning-of-sequence token; leave bos out"):
        bind(word_tokenizer(), 97, True, 64)


def test_gpt2_gets_its_token_only_on_request(gpt2: Any) -> None:
    assert bind(gpt2, 50257, None, 1024).encode("Hello") == (15496,)
    asked = bind(gpt2, 50257, True, 1024)
    assert asked.encode("Hello") == (50256, 15496)
    assert asked.policy == "<|endoftext|> added on request"


def test_facts_state_the_policy() -> None:
    network = build(FAMILIES[0])
    assert ss.load_model(network, tokenizer=with_bos()).facts.has_bos
    assert not ss.load_model(network, tokenizer=with_bos(), bos=False).facts.has_bos


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u00a0\u2003"])
def test_blank_text(model: Any, text: str) -> None:
    with pytest.raises(StatescapeError, match=r"The text is empty; give at least one word\."):
        model.trace(text)


def test_too_long_a_text_names_the_way_out(model: Any) -> None:
    text = "w1 " * 1000
    with pytest.raises(StatescapeError, match=r"1,000 tokens, the model takes 64; .* the last 64 \(last=64\)"):
        model.trace(text)
    assert len(model.trace(text, last=64).tokens) == 64


def test_last_keeps_the_end_behind_the_first_token() -> None:
    tokens = bind(with_bos(), 97, None, 6)
    assert tokens.encode("w5 w6 w7 w8", last=2) == (0, 7, 8)
    assert tokens.encode("w5 w6", last=50) == (0, 5, 6)
    with pytest.raises(StatescapeError, match="the model takes 5; "):
        tokens.encode("w5 " * 6)
    with pytest.raises(StatescapeError, match="last is a number of tokens, at least 1; got 0"):
        tokens.encode(TEXT, last=0)


@pytest.mark.parametrize("position", [9, -10, 100])
def test_position_outside_the_text(model: Any, position: int) -> None:
    words = rf"Position {position} is outside the text: its 9 tokens have positions 0 to 8 \(or -9 to -1\)"
    with pytest.raises(StatescapeError, match=words):
        model.trace(TEXT).path(position)


def test_negative_positions_count_from_the_end(model: Any) -> None:
    trace = model.trace(TEXT)
    assert trace.path(-2).position == 7
    assert trace.path(-2).current_id == trace.token_ids[7]


def test_bytes_that_are_no_utf8(model: Any) -> None:
    with pytest.raises(StatescapeError, match="bytes that are no UTF-8; save it as UTF-8"):
        model.trace(b"caf\xe9".decode("utf-8", "surrogateescape"))


def test_odd_text_is_read_without_complaint(gpt2: Any, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    tokens = bind(gpt2, 50257, None, None)
    for text in (
        "a" * 100_000,
        "\u202eright to left\u202c",
        "\x00\x07\x1b[31m",
        "e\u0301\u0301\u0301",
        "\U0001f468\u200d\U0001f469",
    ):
        ids = tokens.encode(text)
        assert gpt2.decode(ids) == text
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_an_id_beyond_the_matrix_is_refused_when_a_text_meets_it() -> None:
    tokenizer = word_tokenizer(90)
    extended = type(tokenizer)(
        tokenizer_object=Tokenizer.from_str(tokenizer.backend_tokenizer.to_str()), unk_token="w0"
    )
    extended.add_tokens([f"<extra{index}>" for index in range(10)])
    tokens = bind(extended, 97, None, None)
    assert tokens.encode("w5 <extra6>") == (5, 96)
    with pytest.raises(StatescapeError, match="does not fit the model: it gives id 97, the model has 97 embeddings"):
        tokens.encode("w5 <extra7>")


@pytest.mark.parametrize("text", ["<s> w5 w17", "<s>  w5 w17", "w5 w17"])
def test_a_text_that_opens_with_the_first_token_gets_no_second_one(text: str) -> None:
    tokens = bind(with_bos(), 97, None, 64)
    assert tokens.encode(text) == (0, 5, 17)
    assert tokens.encode(text, last=1) == (0, 17)
    assert tokens.pieces(text) == ((0, 5, 17),)
    assert tokens.pieces(text, 1024) == ((0, 5, 17),)
    assert tokens.encode("<s>") == (0,)
    full = bind(with_bos(), 97, None, 3)
    assert full.encode(text) == (0, 5, 17)
    assert bind(with_bos(), 97, False, 64).encode("<s> w5") == (0, 5)
