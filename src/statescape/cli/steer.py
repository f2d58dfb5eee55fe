"""``statescape steer``: a direction added to the stream, and what the model says instead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape import __version__
from statescape.cli import inputs
from statescape.cli.console import output, token, working
from statescape.cli.roles import Reads
from statescape.errors import StatescapeError

if TYPE_CHECKING:
    import numpy as np

    from statescape.language import LanguageModel, Steering


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
    json_file: inputs.Json = None,
) -> None:
    """Add a direction to the stream at one block: path, likeliest tokens and continuation beside the untouched ones."""
    if sum(one is not None for one in (tokens, texts, direction)) != 1:
        raise StatescapeError("A direction comes from --tokens A B, --texts A B or --direction FILE; give one of them.")
    if direction is not None:
        from statescape.language.steering import read_direction

        vector = read_direction(direction)
    language_model = inputs.load(model, bos, device, dtype)
    with working("Steering ..."):
        from statescape.language.steering import steer as steered

        if direction is None:
            vector = _between(language_model, tokens, texts, block)
        found = steered(language_model, text, vector, block=block, strength=strength, follow=follow)
    _print(found)
    if out is not None:
        from statescape import views

        with working("Writing the page ..."):
            views.report(found, out)
        output().print(f"Page: {out}", markup=False)
    if json_file is not None:
        inputs.write_json(json_file, as_json(found))
        output().print(f"Numbers: {json_file}", markup=False)


def _between(
    model: LanguageModel, tokens: tuple[str, str] | None, texts: tuple[str, str] | None, block: int | None
) -> np.ndarray:
    """The direction between two tokens' embeddings, or two texts' states where it is added."""
    from statescape.language.steering import direction_between

    if tokens is not None:
        return direction_between(model, *tokens)
    assert texts is not None
    return direction_between(model, *texts, block=(model.facts.n_blocks + 1) // 2 if block is None else block)


def _print(found: Steering) -> None:
    from statescape.cli.terminal import Sheet

    console, facts = output(), found.untouched.model.facts
    soft = not console.is_terminal
    console.print(
        f"{facts.name}: {facts.n_blocks} blocks; BOS: {facts.bos}; added at state {found.block}: length "
        f"{found.added_norm:.3g}, {found.strength:g} mean norms",
        markup=False,
        soft_wrap=soft,
    )
    console.print()
    before, after = found.top()
    table = Sheet()
    table.column("untouched")
    table.numbers("p")
    table.column("steered")
    table.numbers("p")
    for (one, p), (other, q) in zip(before, after, strict=True):
        table.row(token(one), f"{p:.3f}", token(other), f"{q:.3f}")
    console.print(table)
    console.print()
    paths = Sheet()
    paths.column("state", "right")
    paths.numbers("KL", "cosine", "steered")
    for state, (kl, one, other) in enumerate(zip(found.kl, *found.along, strict=True)):
        paths.row(f"{state}", f"{kl:.2f}", f"{one:.2f}", f"{other:.2f}")
    console.print(paths)
    console.print(
        "At the last position: KL(untouched || steered) in nats; cosine with the direction, untouched and steered.",
        markup=False,
        soft_wrap=soft,
    )
    if found.continuation or found.continuation_steered:
        console.print(f"untouched: {token(found.continuation)}", markup=False, soft_wrap=soft)
        console.print(f"steered:   {token(found.continuation_steered)}", markup=False, soft_wrap=soft)


def as_json(found: Steering) -> dict[str, Any]:
    """The numbers under the keys that other programs rely on."""
    facts = found.untouched.model.facts
    before, after = found.top()
    return {
        "version": __version__,
        "model": {"name": facts.name, "n_blocks": facts.n_blocks, "d_model": facts.d_model, "dtype": facts.dtype},
        "bos": facts.bos,
        "text": found.untouched.text,
        "block": found.block,
        "strength": found.strength,
        "added_norm": found.added_norm,
        "states": [
            {"index": state, "kl": float(kl), "cosine_untouched": float(one), "cosine_steered": float(other)}
            for state, (kl, one, other) in enumerate(zip(found.kl, *found.along, strict=True))
        ],
        "untouched": {"top": _tops(before), "continuation": found.continuation},
        "steered": {"top": _tops(after), "continuation": found.continuation_steered},
    }


def _tops(likeliest: list[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"token": read, "probability": p} for read, p in likeliest]
