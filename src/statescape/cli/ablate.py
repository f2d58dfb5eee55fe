"""``statescape ablate``: what a corpus costs the model without each of its blocks."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import corpus as corpora
from statescape.cli import inputs
from statescape.cli.bar import Bar
from statescape.cli.console import output
from statescape.wording import LANGUAGES, number, phrase, say

if TYPE_CHECKING:
    from statescape.language.ablating import Ablation


class LeftOut(StrEnum):
    """What is left out."""

    block = "block"
    attention = "attention"
    mlp = "mlp"


class Instead(StrEnum):
    """What stands in its place."""

    zero = "zero"
    mean = "mean"


_HOW = {
    ("block", "zero"): phrase("blocks skipped, one at a time"),
    ("attention", "zero"): phrase("attention skipped, one at a time"),
    ("mlp", "zero"): phrase("MLPs skipped, one at a time"),
    ("block", "mean"): phrase("blocks set to what they add on average, one at a time"),
    ("attention", "mean"): phrase("attention set to what it adds on average, one at a time"),
    ("mlp", "mean"): phrase("MLPs set to what they add on average, one at a time"),
}


def ablate(
    files: corpora.Files,
    model: inputs.Model = None,
    part: Annotated[
        LeftOut, typer.Option("--part", help="The whole block, or its attention or MLP alone.")
    ] = LeftOut.block,
    by: Annotated[
        Instead, typer.Option("--by", help="zero skips it; mean leaves what it adds on average over the corpus.")
    ] = Instead.zero,
    max_documents: Annotated[int, typer.Option("--max-documents", min=2, help="Read the first N documents only.")] = 20,
    strict: corpora.Strict = False,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    open_page: inputs.Open = False,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """What the model loses without each block in turn: loss on a corpus, block by block."""
    corpus = corpora.read(files, strict, max_documents)
    language_model = inputs.load(model, bos, device, dtype)

    from statescape.language.ablating import ablate as ablated

    with Bar(say("documents")) as bar:
        found = ablated(
            language_model,
            corpus,
            part=part.value,
            by=by.value,
            progress=lambda done, total: bar.show(say("blocks left out"), done, total),
        )
    _print(found)
    inputs.hand_out(found, out, figures, json_file, open_page)


def _print(found: Ablation) -> None:
    from statescape.cli.terminal import Sheet

    console, facts = output(), found.model
    soft = not console.is_terminal
    said = say(
        "{name}: {blocks} blocks; {documents} documents, {tokens:,} tokens predicted; loss {loss:.3f} nats a token",
        name=facts.name,
        blocks=facts.n_blocks,
        documents=len(found.plain),
        tokens=found.n_positions,
        loss=found.loss,
    )
    how = say(_HOW[found.part, found.by])
    console.print(say("{said}; {how}", said=said, how=how) + "\n", markup=False, soft_wrap=soft)
    table = Sheet()
    table.column(say("block"), "right")
    table.numbers(say("loss"), say("change"), say("95% interval"))
    for row in found.to_dataframe().itertuples():
        interval = say("{low:+.3f} to {high:+.3f}", low=row.low, high=row.high)
        table.row(f"{row.block}", number(row.loss, ".3f"), number(row.change, "+.3f"), interval)
    console.print(table)
    console.print(found.conclusion, markup=False, soft_wrap=soft)
