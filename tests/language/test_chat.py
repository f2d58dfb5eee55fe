"""Messages of a chat become a text by the tokenizer's own template, opened once."""

from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language.tokens import bind
from tests.language.families import FAMILIES, build
from tests.language.test_tokens import with_bos

ASKED = [{"role": "user", "content": "w5 w6"}]
BARE = "{% for m in messages %}{{ m['content'] }} {% endfor %}{% if add_generation_prompt %}w9{% endif %}"
OPENED = "{{ bos_token }} " + BARE
STRICT = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system here') }}{% endif %}" + BARE


def chatting(template: str | None) -> Any:
    tokenizer = with_bos()
    tokenizer.chat_template = template
    return tokenizer


def loaded(template: str | None, bos: bool | None = None) -> Any:
    return ss.load_model(build(FAMILIES[0]), tokenizer=chatting(template), bos=bos)


@pytest.mark.parametrize("template", [BARE, OPENED])
def test_a_chat_is_opened_once_and_ends_where_its_answer_begins(template: str) -> None:
    """Whether the template writes the first token or the tokenizer does."""
    model = loaded(template)
    trace = model.trace(ASKED)
    assert trace.token_ids == (0, 5, 6, 9)
    np.testing.assert_array_equal(trace.states, model.trace([0, 5, 6, 9]).states)


def test_the_ids_are_those_of_transformers() -> None:
    tokenizer = chatting(OPENED)
    found = tokenizer.apply_chat_template(ASKED, add_generation_prompt=True)
    own = found["input_ids"] if hasattr(found, "keys") else found
    assert bind(tokenizer, 97, None, 64).encode(ASKED) == tuple(own)


def test_outputs_say_what_opened_the_chat() -> None:
    path = loaded(OPENED, bos=False).trace(ASKED).path(-1)
    assert path.model.bos == "<s> by the chat template"
    assert path.model.has_bos
    assert path.text == "<s> w5 w6 w9"
    assert loaded(BARE, bos=False).trace(ASKED).facts.bos == "none; the chat template"
    assert loaded(OPENED).trace("w5").facts.bos == "<s> added by the tokenizer"


def test_several_messages_and_a_chat_that_goes_on() -> None:
    model = loaded(BARE)
    chat = [*ASKED, {"role": "assistant", "content": "w7"}, {"role": "user", "content": "w8"}]
    assert model.trace(chat).token_ids == (0, 5, 6, 7, 8, 9)
    assert [trace.token_ids for trace in model.traces([chat, ASKED, "w5"])] == [
        (0, 5, 6, 7, 8, 9), (0, 5, 6, 9), (0, 5),
    ]  # fmt: skip
    assert len(model.follow(ASKED, 2)) == 2


@pytest.mark.parametrize(
    ("template", "messages", "words"),
    [
        (None, ASKED, "no chat template; give a text, or a model made for chats"),
        (BARE, [{"role": "user"}], "each with a role and a content that are texts"),
        (BARE, [{"role": "user", "content": ["w5"]}], "each with a role and a content that are texts"),
        (BARE, [*ASKED, "w5"], "each with a role and a content that are texts"),
        (BARE, [{"role": "user", "content": " \n"}], "The text is empty"),
        (STRICT, [{"role": "system", "content": "w5"}], "refuses these messages: no system here"),
        ("{{ ", ASKED, "refuses these messages"),
    ],
)
def test_what_is_no_chat(template: str | None, messages: Any, words: str) -> None:
    tokens = bind(chatting(template), 97, None, 64)
    with pytest.raises(StatescapeError, match=words) as refused:
        tokens.encode(messages)
    assert "\n" not in str(refused.value)
