"""The page of a continuation: a slider walks the tokens that a model made, each with the path that led to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from statescape import plugins
from statescape.analysis import PathReading, conclude, read_path
from statescape.language import Continuation
from statescape.views.core.page import (
    Block,
    Choice,
    Figure,
    Page,
    Prose,
    Section,
    TableBlock,
    Walk,
    figure_or_reason,
    write_page,
)
from statescape.views.language.by_state import lens_picture, steps_picture
from statescape.views.language.clouds import plane_pictures
from statescape.views.language.lens_table import lens_block
from statescape.views.language.page import facts_of, flags_prose, numbers_table
from statescape.wording import number, phrase, probability, say, visible

_BEGUN = 160  # characters shown of the end of the text that a model went on with
_OF_ONE = (phrase("position"), phrase("prediction"), phrase("seed"))  # facts of a path that are another for every token


@plugins.report.register
def _(made: Continuation, file: Path) -> Path:
    return write_page(page_of(made), file)


def page_of(made: Continuation) -> Page:
    """The page of a continuation, section by section."""
    readings = [read_path(path, seed=made.seed) for path in made.paths]
    facts = [fact for fact in facts_of(readings[0]) if fact[0] not in [say(one) for one in _OF_ONE]]
    return Page(
        title=say("{count} tokens, and the path to each", count=len(made)),
        lead=made.text + made.added,
        facts=[*facts, (say("tokens"), _how(made)), (say("seed"), str(made.seed))],
        sections=_sections(made, readings),
        walk=Walk(say("token"), _running(made.text[-_BEGUN:]), [_running(token) for token in made.tokens]),
    )


def _running(text: str) -> str:
    """Visible, but with spaces as they are: these words stand in a text."""
    shown = visible(text, _BEGUN + 1)
    return shown.replace("␣", " ") if text.strip() else shown


def _how(made: Continuation) -> str:
    return (
        say("the likeliest")
        if made.temperature == 0
        else say("drawn at temperature {temperature:g}", temperature=made.temperature)
    )


def _sections(made: Continuation, readings: Sequence[PathReading]) -> tuple[Section, ...]:
    def for_each(blocks: Callable[[int], Sequence[Block]]) -> Choice:
        return Choice(say("token"), [(_name(made, index), blocks(index)) for index in range(len(made))], walked=True)

    planes = plane_pictures(readings)
    return (
        Section(
            "plane",
            say("The path in the plane of the embeddings"),
            say("See where the path of each token turns off, in one frame for all; the slider above walks them."),
            (for_each(lambda index: (Figure(planes[index], f"plane-{index}"),)),),
        ),
        Section(
            "lens",
            say("What the states decode to"),
            say("See at which block each token becomes first, and how sure the model is by then."),
            (for_each(lambda index: (Figure(lens_picture(readings[index]), f"lens-{index}"),)),),
        ),
        Section(
            "steps",
            say("What attention and MLP add"),
            say("Check whether the same blocks push towards every token, or each token has its own."),
            (for_each(lambda index: (figure_or_reason(lambda: steps_picture(readings[index]), f"steps-{index}"),)),),
        ),
        Section(
            "numbers",
            say("The numbers of each path"),
            say("See what changes from token to token and what does not, and take the latter for the architecture's."),
            (for_each(lambda index: _numbers(readings[index])),),
        ),
        Section(
            "text",
            say("All tokens side by side"),
            say("See from which block on each token stays first: names and word endings are often settled early."),
            (_tokens(made, readings), lens_block(readings[-1])),
        ),
    )


def _name(made: Continuation, index: int) -> str:
    return say(
        "token {index} of {count}: ‘{token}’", index=index + 1, count=len(made), token=visible(made.tokens[index])
    )


def _numbers(reading: PathReading) -> list[Block]:
    said = [Prose(sentence) for sentence in conclude(reading).sentences]
    return [numbers_table(reading), *said, *flags_prose(reading)]


def _tokens(made: Continuation, readings: Sequence[PathReading]) -> TableBlock:
    rows = [
        [
            str(index + 1),
            say("‘{token}’", token=visible(token)),
            probability(p),
            say("‘{token}’", token=visible(reading.path.predicted.token)),
            say("{first} of {last}", first=reading.decodes_from, last=reading.path.n_blocks),
            number(reading.cosine()[-1], ".3f"),
            number(reading.norms[-1], ".4g"),
        ]
        for index, (token, p, reading) in enumerate(zip(made.tokens, made.probabilities, readings, strict=True))
    ]
    header = (
        "",
        say("token"),
        say("probability"),
        say("likeliest"),
        say("first from block"),
        say("cosine of the last state"),
        say("its norm"),
    )
    chance = readings[0].best_of_isotropic["raw"].high
    return TableBlock(
        header,
        rows,
        say(
            "The tokens that were made; choice alone gives a cosine of up to {chance:.2f} with the likeliest",
            chance=chance,
        ),
    )
