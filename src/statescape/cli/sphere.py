"""``statescape sphere``: every token on the unit sphere, coloured by its probability, as a page to walk around in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import Working, wrote
from statescape.cli.roles import Writes
from statescape.wording import LANGUAGES, phrase, say


def sphere(
    text: inputs.Text,
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write."), Writes("page")] = Path("sphere.html"),
    model: inputs.Model = None,
    position: Annotated[int, typer.Option("--position", "-p", help="Position of the path; -1 is the last.")] = -1,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    last: inputs.Last = None,
    chat: inputs.Chat = False,
    axes: Annotated[
        str,
        typer.Option(
            "--axes",
            help="What the axes are: three principal components of the embeddings by number, path, answers (predicted "
            "minus second best) or unembedding.",
        ),
    ] = "1,2,3",
    beside: Annotated[
        list[str] | None,
        typer.Option("--with", help="Another text, whose path is drawn beside it; as often as you like."),
    ] = None,
    open_page: inputs.Open = False,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """The sphere of all tokens with the path of the state over it, as one page to walk in."""
    trace = inputs.trace(text, model, bos, device, last, chat, dtype)

    from statescape import views
    from statescape.language import Trace

    others = [Trace.read(trace.model, inputs.read_text(other)).path(position) for other in beside or []]

    with Working(say("Writing the sphere ...")):
        views.sphere_page(trace.path(position), out, axes=axes, others=others)
    wrote(phrase("Sphere"), out)
    if open_page:
        typer.launch(out.resolve().as_uri())
