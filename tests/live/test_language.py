"""What a page is answered about a text: the numbers of the saved page, part by part."""

import asyncio
import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.requests import Request

from statescape.analysis import conclude, read_path
from statescape.language import contrast
from statescape.language.contrasting import contrast_of, null_of
from statescape.live.app import Live
from statescape.live.assets import Assets
from statescape.live.shelf import Shelf
from statescape.views.language.page import numbers_table
from tests.live.serving import in_thread

TEXT = "Once upon a time, there was a"


def test_the_parts_come_in_the_order_in_which_they_are_ready(served):
    assert [one["part"] for one in served.parts(text=TEXT)] == ["text", "sphere", "figures", "words", "end"]


def test_the_numbers_are_those_of_the_path(served, model):
    text, sphere, figures, words, _ = served.parts(text=TEXT)
    path = model.trace(TEXT)[-1]
    assert text["predictions"][0]["id"] == path.predicted_id == sphere["data"]["predicted"]
    assert math.isclose(text["predictions"][0]["p"], path.predicted.probability, rel_tol=1e-5)
    assert len(text["tokens"]) == len(path.tokens)
    assert words["sentences"] == list(conclude(read_path(path)).sentences)
    assert words["table"]["rows"] == [list(row) for row in numbers_table(read_path(path)).rows]
    assert [one["name"] for one in figures["drawings"]["figures"]] == ["plane"]
    assert len(figures["lens"]["tokens"]) == len(path.tokens)
    assert figures["lens"]["words"][figures["lens"]["targets"][-1]].replace("␣", " ") == path.predicted.token


def test_a_token_is_a_position(served, model):
    text, sphere, *_ = served.parts(text=TEXT, position=2)
    assert text["position"] == 2
    assert sphere["data"]["predicted"] == model.trace(TEXT)[2].predicted_id
    assert served.parts(text=TEXT, position=999)[0]["position"] == len(text["tokens"]) - 1


def test_a_second_text_lies_on_the_same_sphere(served, model):
    text, sphere, *_ = served.parts(text=TEXT, beside="The dog was very")
    other = model.trace("The dog was very")[-1]
    assert text["beside"][0]["predictions"][0]["id"] == other.predicted_id
    assert sphere["data"]["beside"][0]["predicted"] == other.predicted_id


def test_where_two_texts_part_is_said_as_the_command_says_it(served, model):
    *_, apart, figure, _ = served.parts(text=TEXT, beside="The dog was very")
    assert apart["sentence"] == contrast(model, TEXT, "The dog was very", align="end").conclusion
    assert list(figure["captions"]) == ["apart"]


def test_texts_are_contrasted_at_the_position_that_is_shown(served, model):
    text = "Once upon a time, there was a little girl"
    *_, apart, _, _ = served.parts(text=text, position=5, beside="The dog was very")
    shown = model.trace(list(model.trace(text).token_ids[:6]))
    assert apart["sentence"] == contrast_of(shown, model.trace("The dog was very"), null_of(model)).conclusion


def test_the_next_token_is_the_likeliest_or_drawn_by_the_seed(served, model):
    def after(**question) -> str:
        status, content = served.ask("/api/next", {"text": TEXT, **question}, x_statescape_token=served.token)
        assert status == 200
        return content.decode()

    path = model.trace(TEXT)[-1]
    assert path.vocabulary[path.predicted_id].strip() in after()
    assert after(temperature=5, seed=1) == after(temperature=5, seed=1)
    assert len({after(temperature=5, seed=seed) for seed in range(8)}) > 1


@pytest.mark.parametrize(("kind", "holds"), [("path", b"The path to"), ("sphere", b"data-statescape-sphere")])
def test_what_is_saved_is_the_self_contained_page(served, kind, holds):
    question = {"text": TEXT, "kind": kind}
    status, content, headers = served.answer("/api/save", question, x_statescape_token=served.token)
    assert status == 200
    assert holds in content
    assert headers["content-disposition"] == f'attachment; filename="{kind}.html"'
    assert served.token.encode() not in content
    assert served.ask("/api/save", {**question, "kind": "x"}, x_statescape_token=served.token)[0] == 400


@pytest.mark.parametrize("text", ["", "   ", "a " * 3_000, "\ud800"])
def test_a_text_that_cannot_be_read_is_refused_in_a_part(served, text):
    error, end = served.parts(text=text)
    assert error["part"] == "error"
    assert error["error"].endswith(".")
    assert end["part"] == "end"
    assert served.parts(text=TEXT)[0]["part"] == "text"


def test_a_model_that_fails_to_load_is_said_and_the_others_go_on(model):
    from statescape.errors import StatescapeError

    def load(name: str):
        if name == "bad":
            raise StatescapeError("This one is damaged.")
        return model

    with in_thread(Shelf(["bad", "good"], load)) as served:
        assert served.parts(text=TEXT, model="bad")[0] == {"part": "error", "error": "This one is damaged."}
        *_, end = served.parts(text=TEXT, model="good")
        assert end["models"] == [{"name": "bad", "loaded": False}, {"name": "good", "loaded": True}]
        assert end["memory"] is None or end["memory"] > 1e7


def test_each_model_is_loaded_once(model):
    loads: list[str] = []
    shelf = Shelf(["a"], lambda name: (loads.append(name), model)[1])
    assert shelf["a"] is shelf["a"]
    assert loads == ["a"]
    assert np.isfinite(shelf["a"].model.embeddings).all()


def test_a_tab_that_stops_reading_holds_up_no_other(model):
    live = Live(Shelf(["story"], lambda _: model), Assets())

    async def lines(tab: str):
        async def body():
            return {"type": "http.request", "body": json.dumps({"text": TEXT, "tab": tab}).encode()}

        return (await live.path(Request({"type": "http", "method": "POST", "headers": []}, body))).body_iterator

    async def both() -> list[str]:
        left = await lines("left")
        assert json.loads(await anext(left))["part"] == "text"  # and no more is read
        return [json.loads(line)["part"] async for line in await lines("other")]

    with ThreadPoolExecutor(1) as thread:  # a browser's loop may run in this one
        parts = thread.submit(lambda: asyncio.run(asyncio.wait_for(both(), 60))).result()
    assert parts == ["text", "sphere", "figures", "words", "end"]
