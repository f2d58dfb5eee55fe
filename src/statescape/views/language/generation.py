"""The page of a continuation: a slider walks the tokens that a model made, each with the path that led to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from statescape import plugins
from statescape.analysis import PathReading, conclude, read_path
from statescape.files import require_writable
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
from statescape.views.core.text import visible
from statescape.views.language.by_state import lens_picture, steps_picture
from statescape.views.language.clouds import plane_pictures
from statescape.views.language.lens_map import lens_map_picture
from statescape.views.language.page import facts_of, flags_prose, numbers_table

_BEGUN = 160  # characters shown of the end of the text that a model went on with
_OF_ONE = ("position", "prediction", "seed")  # facts of a path that are another for every token


@plugins.report.register
def _(made: Continuation, file: Path) -> Path:
    require_writable(file)
    return write_page(page_of(made), file)


def page_of(made: Continuation) -> Page:
    """The page of a continuation, section by section."""
    readings = [read_path(path, seed=made.seed) for path in made.paths]
    facts = [fact for fact in facts_of(readings[0]) if fact[0] not in _OF_ONE]
    return Page(
        title=f"{len(made)} tokens, and the path to each",
        lead=made.text + made.added,
        facts=[*facts, ("tokens", _how(made)), ("seed", str(made.seed))],
        sections=_sections(made, readings),
        walk=Walk("token", _running(made.text[-_BEGUN:]), [_running(token) for token in made.tokens]),
    )


def _running(text: str) -> str:
    """Visible, but with spaces as they are: these words stand in a text."""
    shown = visible(text, _BEGUN + 1)
    return shown.replace("␣", " ") if text.strip() else shown


def _how(made: Continuation) -> str:
    return "the likeliest" if made.temperature == 0 else f"drawn at temperature {made.temperature:g}"


def _sections(made: Continuation, readings: Sequence[PathReading]) -> tuple[Section, ...]:
    def for_each(blocks: Callable[[int], Sequence[Block]]) -> Choice:
        return Choice("token", [(_name(made, index), blocks(index)) for index in range(len(made))], walked=True)

    planes = plane_pictures(readings)
    return (
        Section(
            "plane",
            "The path in the plane of the embeddings",
            "See where the path of each token turns off, in one frame for all; the slider above walks them.",
            (for_each(lambda index: (Figure(planes[index], f"plane-{index}"),)),),
        ),
        Section(
            "lens",
            "What the states decode to",
            "See at which block each token becomes first, and how sure the model is by then.",
            (for_each(lambda index: (Figure(lens_picture(readings[index]), f"lens-{index}"),)),),
        ),
        Section(
            "steps",
            "What attention and MLP add",
            "Check whether the same blocks push towards every token, or each token has its own.",
            (for_each(lambda index: (figure_or_reason(lambda: steps_picture(readings[index]), f"steps-{index}"),)),),
        ),
        Section(
            "numbers",
            "The numbers of each path",
            "See what changes from token to token and what does not, and take the latter for the architecture's.",
            (for_each(lambda index: _numbers(readings[index])),),
        ),
        Section(
            "text",
            "All tokens side by side",
            "See from which block on each token stays first: names and word endings are often settled early.",
            (_tokens(made, readings), figure_or_reason(lambda: lens_map_picture(readings[-1]))),
        ),
    )


def _name(made: Continuation, index: int) -> str:
    return f"token {index + 1} of {len(made)}: ‘{visible(made.tokens[index])}’"


def _numbers(reading: PathReading) -> list[Block]:
    said = [Prose(sentence) for sentence in conclude(reading).sentences]
    return [numbers_table(reading), *said, *flags_prose(reading)]


def _tokens(made: Continuation, readings: Sequence[PathReading]) -> TableBlock:
    rows = [
        [
            str(index + 1),
            f"‘{visible(token)}’",
            f"{probability:.3f}",
            f"‘{visible(reading.path.predicted.token)}’",
            f"{reading.decodes_from} of {reading.path.n_blocks}",
            f"{reading.cosine()[-1]:.3f}",
            f"{reading.norms[-1]:.4g}",
        ]
        for index, (token, probability, reading) in enumerate(
            zip(made.tokens, made.probabilities, readings, strict=True)
        )
    ]
    header = ("", "token", "probability", "likeliest", "first from block", "cosine of the last state", "its norm")
    chance = readings[0].best_of_isotropic["raw"].high
    return TableBlock(
        header, rows, f"The tokens that were made; choice alone gives a cosine of up to {chance:.2f} with the likeliest"
    )
