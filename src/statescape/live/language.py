"""What a language page shows of a text, part by part, in the order in which they are ready.

Tokens and predictions come first, then the sphere, the plane and the lens map, at last the sentences and the table: the
numbers, pictures and words of the saved page, made by the same functions; of two texts last where they part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from statescape.analysis import PathReading, conclude, read_path
from statescape.errors import StatescapeError
from statescape.language import StatePath, Trace, follow
from statescape.language.contrasting import Null, contrast_of
from statescape.live.editing import Replacement
from statescape.live.reader import Reader
from statescape.views.core.page import Figure, TableBlock, drawings, render
from statescape.views.core.picture import Picture
from statescape.views.globe import SphereData, sphere_text
from statescape.views.globe.packing import packed
from statescape.views.language.clouds import plane_picture
from statescape.views.language.contrast_page import apart_picture
from statescape.views.language.lens_table import lens_of
from statescape.views.language.page import facts_of, numbers_table, page_of
from statescape.wording import say, visible

LONGEST = 20_000  # characters of a text
PREDICTIONS = 10
MOST_BYTES_OF_A_CHARACTER = 4
Part = dict[str, Any]


@dataclass(frozen=True)
class TextQuestion:
    """What a page asks.

    Attributes:
        text: the text.
        position: of the path; counted from the end where it is negative.
        beside: another text, whose path is drawn beside it; empty for none.
        axes: of the sphere.
        narrow: whether the figures are for a narrow screen.
        edit: what is put in the place of a state (`Replacement.of`); empty for nothing.
    """

    text: str
    position: int = -1
    beside: str = ""
    axes: str = "1,2,3"
    narrow: bool = False
    edit: str = ""

    @classmethod
    def of(cls, given: dict[str, Any]) -> TextQuestion:
        """The question of a request.

        Raises:
            StatescapeError: it is none.
        """
        texts = {"text": None, "beside": "", "axes": "1,2,3", "edit": "", **given}
        text, beside, axes, edit = (texts[name] for name in ("text", "beside", "axes", "edit"))
        if not all(isinstance(one, str) for one in (text, beside, axes, edit)):
            raise StatescapeError(say("A question holds a text."))
        position = given.get("position", -1)
        if not isinstance(position, int) or isinstance(position, bool):
            raise StatescapeError(say("A position is a whole number."))
        for one in (text, beside):
            if len(one) > LONGEST:
                raise StatescapeError(
                    say(
                        "The text has {count:,} characters; this page reads up to {most:,}.",
                        count=len(one),
                        most=LONGEST,
                    )
                )
        return cls(text, position, beside, axes, given.get("narrow") is True, edit)


def read(reader: Reader, question: TextQuestion) -> tuple[StatePath, tuple[StatePath, ...]]:
    """The path of a text, and those beside it; of an edited one first that of the text as it runs by itself.

    Raises:
        StatescapeError: the model cannot read one of the texts, or do the edit.
    """
    trace = reader.trace(question.text)
    length = len(trace)
    position = question.position if -length <= question.position < length else -1
    beside = reader.trace(question.beside) if question.beside.strip() else None
    others = () if beside is None else (beside.path(-1),)
    replacement = Replacement.of(question.edit)
    if replacement is None:
        return trace.path(position), others
    return replacement.done(trace, beside).path(position), (trace.path(position), *others)


def parts(
    reader: Reader, path: StatePath, others: Sequence[StatePath], question: TextQuestion, null: Callable[[], Null]
) -> Iterator[Part]:
    """All that is shown of a path, part by part.

    Args:
        reader: what has read the texts.
        path: the path.
        others: of texts beside it.
        question: what was asked.
        null: gives what the two ends of texts are held against.
    """
    reading = read_path(path)
    yield {"part": "text", **_text(path, others)}
    yield {"part": "sphere", "data": packed(_sphere(reading, others, question), level=1)}
    yield {"part": "figures", **_figures((plane_picture(reading),), question.narrow), **_lens(reading, reader)}
    yield {"part": "words", **_words(reading)}
    replacement = Replacement.of(question.edit)
    if replacement is not None:
        yield {"part": "edited", "sentence": replacement.sentence(others[0], path)}
    elif others:
        found = contrast_of(_until(path), _until(others[0]), null())
        yield {"part": "apart", "sentence": found.conclusion}
        yield {"part": "figures", **_figures((apart_picture(found),), question.narrow)}


def _until(path: StatePath) -> Trace:
    """The text up to the position of its path, as it was read: nothing looks ahead."""
    whole, end = path.origin, path.position + 1
    assert isinstance(whole, Trace)  # as `read` makes paths
    return replace(
        whole,
        text=path.text_so_far,
        tokens=whole.tokens[:end],
        token_ids=whole.token_ids[:end],
        states=whole.states[:, :end],
    )


def saved(path: StatePath, others: Sequence[StatePath], question: TextQuestion, kind: str) -> str:
    """The self-contained page of what is seen: the report of the path, or its sphere.

    Raises:
        StatescapeError: there is no page of that kind.
    """
    if kind == "sphere":
        return sphere_text(path, axes=question.axes, others=others)
    if kind == "path":
        return render(page_of(read_path(path)))
    raise StatescapeError(say("A page is saved as path or sphere."))


def _text(path: StatePath, others: Sequence[StatePath]) -> Part:
    """How the text is cut, and what is predicted at the position."""
    flagged = {flag.position for flag in path.flags}
    return {
        "tokens": [{"text": visible(token, 40), "flagged": at in flagged} for at, token in enumerate(path.tokens)],
        "position": path.position,
        "predictions": _predictions(path),
        "beside": [
            {
                "text": visible(one.text_so_far, 80),
                "unedited": one.token_ids == path.token_ids and bool(path.model.edited),
                "predictions": _predictions(one),
            }
            for one in others
        ],
    }


def _predictions(path: StatePath) -> list[Part]:
    best = read_path(path).top(len(path.states) - 1, PREDICTIONS)
    return [{"id": token, "text": visible(path.vocabulary[token]), "p": math.exp(log)} for token, log in best]


def _sphere(reading: PathReading, others: Sequence[StatePath], question: TextQuestion) -> SphereData:
    return SphereData.of(reading.path, moments=reading.moments, axes=question.axes, others=others)


def _figures(pictures: Sequence[Picture], narrow: bool) -> Part:
    return {
        "drawings": drawings([Figure(picture) for picture in pictures], narrow),
        "captions": {picture.name: picture.caption for picture in pictures},
    }


def _lens(reading: PathReading, reader: Reader) -> Part:
    assert isinstance(reading.path.origin, Trace)  # as `read` makes paths
    table, caption = lens_of(reading, reader.readout(reading.path.origin))
    return {"lens": table, "lens_caption": caption}


def _words(reading: PathReading) -> Part:
    table: TableBlock = numbers_table(reading)
    return {
        "sentences": list(conclude(reading).sentences),
        "facts": facts_of(reading),
        "table": {"caption": table.caption, "header": list(table.header), "rows": [list(row) for row in table.rows]},
    }


def continued(reader: Reader, text: str, temperature: float, seed: int) -> str:
    """A text with the token that the model goes on with, or with as many as make whole characters.

    Args:
        reader: what reads texts.
        text: the text.
        temperature: 0 takes the likeliest; above 0 tokens are drawn.
        seed: of the draws.

    Raises:
        StatescapeError: the model cannot read the text, or ends it here.
    """
    reader.trace(text)
    model = reader.model
    for count in range(1, MOST_BYTES_OF_A_CHARACTER + 1):
        made = follow(model, text, count, temperature=temperature, seed=seed)
        if made.token_ids[-1] == model.tokens.end:
            raise StatescapeError(say("The model ends the text here."))
        if not made.added.endswith(">") or "<0x" not in made.added:
            break
    return text + made.added
