"""Several texts at once: ``statescape path FILE.jsonl``, a row of the table and a line of JSON for each.

Texts are read in batches; the path of each is that of the text alone. What could be refused is refused before the first
pass, with the line of the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from statescape.analysis import PathReading, conclude, read_path
from statescape.cli import inputs
from statescape.cli.console import Working, output, token
from statescape.cli.path_json import as_json
from statescape.cli.streams import visible
from statescape.cli.terminal import Sheet
from statescape.errors import StatescapeError
from statescape.language import LanguageModel
from statescape.language.corpus import Document
from statescape.language.readable import opening_in_words
from statescape.wording import number, probability, say, say_count

SHOWN = 48
"""Characters that a row shows of the end of a text."""


def read_texts(
    documents: tuple[Document, ...],
    model: LanguageModel,
    position: int,
    last: int | None,
    chat: bool,
    top: int,
    json_file: Path | None,
    seed: int,
) -> None:
    """Print the table of a file's texts, and write their numbers.

    Args:
        documents: the texts.
        model: what reads them.
        position: of each path in its text.
        last: most tokens of each text, counted from its end; None for all.
        chat: whether each text is a user's message.
        top: likeliest tokens of every state in the JSON.
        json_file: where the numbers go; None for nowhere.
        seed: of the nulls.

    Raises:
        StatescapeError: for a text that the model or the position does not fit, by the number of its line.
    """
    _require_readable(model, documents, position, last, chat)
    table = Sheet(gap=1, footer_style="dim", show_footer=True)
    read = _read(model, documents, position, last, chat, seed, table)
    if json_file is not None:
        inputs.write_json_lines(json_file, (as_json(one, conclude(one), top) for one in read))
    else:
        for _ in read:
            pass
    console, facts = output(), model.facts
    said = say(
        "{name}: {blocks} blocks, {texts}; BOS: {bos}",
        name=facts.name,
        blocks=facts.n_blocks,
        texts=say_count("{count:,} text", "{count:,} texts", len(documents)),
        bos=say("by the chat template") if chat else opening_in_words(facts.bos),
    )
    console.print(said, markup=False)
    meaning = say("first from: the block from which the predicted token stays first")
    console.print(f"{meaning}\n", markup=False, style="dim")
    console.print(table)
    if json_file is not None:
        console.print(say("Numbers: {file}, one line for each text", file=json_file), markup=False)


def _require_readable(
    model: LanguageModel, documents: tuple[Document, ...], position: int, last: int | None, chat: bool
) -> None:
    for document in documents:
        try:
            length = len(model.tokens.encode(inputs.asked(document.text, chat), last))
        except StatescapeError as error:
            raise StatescapeError(f"{document.place}: {error}") from error
        if not -length <= position < length:
            raise StatescapeError(f"{document.place}: the text has {length} tokens, and none at position {position}.")


def _read(
    model: LanguageModel,
    documents: tuple[Document, ...],
    position: int,
    last: int | None,
    chat: bool,
    seed: int,
    table: Sheet,
) -> Iterator[PathReading]:
    """The reading of each text, its row added to the table."""
    table.column("", "right", footer=say("chance"))
    table.column(say("next"))
    table.numbers(say("prob"), say("first from"), say("cosine"))
    table.column(say("text"), prose=True)
    with Working(say("Reading the texts ...")) as status:
        texts = (inputs.asked(document.text, chat) for document in documents)
        for place, trace in enumerate(model.traces(texts, last=last, parts=True), 1):
            reading = read_path(trace.path(position), seed=seed)
            path = reading.path
            text = visible(path.text_so_far)
            table.row(
                f"{place}",
                token(path.predicted.token),
                probability(math.exp(reading.log_probability[-1])),
                say("{first} of {last}", first=reading.decodes_from, last=path.n_blocks),
                number(reading.cosine()[-1], ".2f"),
                text if len(text) <= SHOWN else f"… {text[2 - SHOWN :]}",
            )
            status.update(say("Reading the texts: {place} of {count} ...", place=place, count=len(documents)))
            if place == 1:
                table.columns[4].footer = Text(f"≤ {number(reading.best_of_isotropic['raw'].high, '.2f')}")
            yield reading
