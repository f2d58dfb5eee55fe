"""``statescape steer``: a direction added to the stream, and what the model says instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import Working, output, token
from statescape.cli.roles import Reads
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES, number, probability, say

if TYPE_CHECKING:
    from statescape.language import Steering


def steer(
    text: inputs.Text,
    model: inputs.Model = None,
    tokens: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--tokens", help="Two tokens: from the embedding of the second towards the first (' good' ' bad')."
        ),
    ] = None,
    texts: Annotated[
        tuple[str, str] | None,
        typer.Option("--texts", help="Two texts: from the last state of the second towards that of the first."),
    ] = None,
    direction: Annotated[
        Path | None, typer.Option("--direction", help="A file of one vector, .npy or a JSON list."), Reads()
    ] = None,
    block: Annotated[
        int | None, typer.Option("--block", min=0, help="The state it is added to. [default: the middle one]")
    ] = None,
    strength: Annotated[
        float, typer.Option("--strength", "-s", help="In mean norms of that state; negative turns away.")
    ] = 1.0,
    follow: Annotated[int, typer.Option("--follow", min=0, help="Tokens to go on with, both ways.")] = 10,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    open_page: inputs.Open = False,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Add a direction to the stream at one block: path, likeliest tokens and continuation beside the untouched ones."""
    if sum(one is not None for one in (tokens, texts, direction)) != 1:
        raise StatescapeError("A direction comes from --tokens A B, --texts A B or --direction FILE; give one of them.")
    if direction is not None:
        from statescape.language.steering import read_direction

        vector, named = read_direction(direction), direction.name
    language_model = inputs.load(model, bos, device, dtype)
    with Working(say("Steering ...")):
        from statescape.language.steering import direction_between
        from statescape.language.steering import steer as steered

        middle = (language_model.facts.n_blocks + 1) // 2 if block is None else block
        if tokens is not None:
            vector, named = direction_between(language_model, *tokens), "‘{}’ − ‘{}’".format(*map(token, tokens))
        elif texts is not None:
            vector, named = direction_between(language_model, *texts, block=middle), "“{}” − “{}”".format(*texts)
        found = steered(language_model, text, vector, block=block, strength=strength, follow=follow, named=named)
    _print(found)
    inputs.hand_out(found, out, figures, json_file, open_page)


def _print(found: Steering) -> None:
    from statescape.cli.terminal import Sheet
    from statescape.language.readable import opening_in_words

    console, facts = output(), found.untouched.model.facts
    soft = not console.is_terminal
    said = say(
        "{name}: {blocks} blocks; BOS: {bos}; added at state {state}: {direction}, length {length:.3g}, {strength:g} "
        "mean norms",
        name=facts.name,
        blocks=facts.n_blocks,
        bos=opening_in_words(facts.bos),
        state=found.block,
        direction=found.named,
        length=found.added_norm,
        strength=found.strength,
    )
    console.print(f"{said}\n", markup=False, soft_wrap=soft)
    before, after = found.top()
    table = Sheet()
    table.column(say("untouched"))
    table.numbers("p")
    table.column(say("steered"))
    table.numbers("p")
    for (one, p), (other, q) in zip(before, after, strict=True):
        table.row(token(one), probability(p), token(other), probability(q))
    console.print(table)
    console.print()
    paths = Sheet()
    paths.column(say("state"), "right")
    paths.numbers("KL", say("cosine"), say("steered"))
    for state, (kl, one, other) in enumerate(zip(found.kl, *found.along, strict=True)):
        paths.row(f"{state}", *(number(value, ".2f") for value in (kl, one, other)))
    console.print(paths)
    meaning = say(
        "At the last position: KL(untouched || steered) in nats; cosine with the direction, untouched and steered."
    )
    console.print(meaning, markup=False, soft_wrap=soft)
    console.print(found.conclusion, markup=False, soft_wrap=soft)
    if found.continuation or found.continuation_steered:
        ends = {say("untouched"): found.continuation, say("steered"): found.continuation_steered}
        widest = max(map(len, ends))
        for name, text in ends.items():
            said = say("{name}: {what}", name=name, what=" " * (widest - len(name)) + token(text))
            console.print(said, markup=False, soft_wrap=soft)
