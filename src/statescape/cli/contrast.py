"""``statescape contrast``: from which block on two texts lead to different places."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import Working, output, token
from statescape.cli.roles import Reads
from statescape.wording import LANGUAGES, number, probability, say

if TYPE_CHECKING:
    from statescape.cli.terminal import Sheet
    from statescape.language import Contrast


class Align(StrEnum):
    """Where the tokens of two texts are laid over each other."""

    start = "start"
    end = "end"


def contrast(
    first: Annotated[str, typer.Argument(help="Text A.", show_default=False, callback=inputs.read_text)],
    second: Annotated[str, typer.Argument(help="Text B.", show_default=False, callback=inputs.read_text)],
    model: inputs.Model = None,
    align: Annotated[
        Align, typer.Option("--align", help="start asks for as many tokens; end compares texts of any length.")
    ] = Align.start,
    null: Annotated[
        Path | None,
        typer.Option("--null", help="Pairs of your own, JSON lines of kind and texts. [default: 20 built in]"),
        Reads(),
    ] = None,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    open_page: inputs.Open = False,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """From which block on two texts lead to different places, beside pairs that mean the same and pairs that do not."""
    with inputs.loading(model):
        from statescape.language import contrast as contrasted
        from statescape.language import pairs_of

        pairs = pairs_of(null)  # refused before the model is read
    language_model = inputs.load(model, bos, device, dtype)
    with Working(say("Reading the texts and the null ...")):
        found = contrasted(language_model, first, second, align=align.value, null=pairs)
    _print_contrast(found)
    inputs.hand_out(found, out, figures, json_file, open_page)


def _print_contrast(found: Contrast) -> None:
    """Model, predictions, a row for every state, where the texts part."""
    from statescape.language.readable import opening_in_words

    console, facts = output(), found.first.model.facts
    soft = not console.is_terminal
    opens = opening_in_words(facts.bos)
    said = say("{name}: {blocks} blocks; BOS: {bos}", name=facts.name, blocks=facts.n_blocks, bos=opens)
    console.print(said, markup=False)
    for name, trace in (("A", found.first), ("B", found.second)):
        predicted = trace.path(-1).predicted
        read = f"{token(trace.text)} → {token(predicted.token)} ({probability(predicted.probability)})"
        console.print(say("{name}: {what}", name=name, what=read), markup=False, soft_wrap=soft)
    console.print()
    console.print(_table(found))
    paraphrased, unrelated = (len(found.null[kind]) for kind in ("paraphrased", "unrelated"))
    meaning = say(
        "At the last position; relative: distance over the mean norm; KL(A || B) in nats; of {paraphrased} paraphrased "
        "and {unrelated} unrelated pairs median to largest.",
        paraphrased=paraphrased,
        unrelated=unrelated,
    )
    console.print(meaning, markup=False, soft_wrap=soft)
    console.print(found.conclusion, markup=False, soft_wrap=soft)


def _table(found: Contrast) -> Sheet:
    import numpy as np

    from statescape.cli.terminal import Sheet

    table = Sheet()
    kinds = (say("paraphrased"), say("unrelated"))
    table.column(say("state"), "right")
    table.numbers(say("distance"), say("relative"), *kinds, say("cosine"), "KL", *kinds)
    nulls = {
        (measure, kind): np.array([getattr(one, measure) for one in pairs])
        for measure in ("relative", "kl")
        for kind, pairs in found.null.items()
    }
    for state in range(len(found.apart.kl)):
        ranges = {
            key: say("{low:.2f} to {high:.2f}", low=np.median(values[:, state]), high=values[:, state].max())
            for key, values in nulls.items()
        }
        table.row(
            f"{state}",
            number(found.apart.distance[state], ".1f"),
            number(found.apart.relative[state], ".2f"),
            ranges["relative", "paraphrased"],
            ranges["relative", "unrelated"],
            number(found.apart.cosine[state], ".2f"),
            number(found.apart.kl[state], ".2f"),
            ranges["kl", "paraphrased"],
            ranges["kl", "unrelated"],
        )
    return table
