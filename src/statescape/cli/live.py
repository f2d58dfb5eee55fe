"""``statescape live``: a server on this machine whose pages answer while one types."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import complain, output
from statescape.cli.roles import Fills
from statescape.cli.streams import finish_streams
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES

PORT, BUNDLED = 8417, "conteur"


def live(
    models: inputs.Models = None,
    runs: Annotated[
        Path | None,
        typer.Option("--runs", help="A folder whose runs are shown, begun and resumed."),
        Fills(made=False),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes one that is free.")] = PORT,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen at; another than this machine's own opens it to others.")
    ] = "127.0.0.1",
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
    open_link: Annotated[bool, typer.Option("--open", help="Open the link in the browser.")] = False,
) -> None:
    """Serve pages on this machine: type a text and walk its path; watch a search as it goes."""
    for needed in ("starlette", "uvicorn"):
        if importlib.util.find_spec(needed) is None:
            raise StatescapeError(f'Live pages need {needed}: pip install "statescape[live]".')
    from statescape.live.server import is_loopback, listening, own_token, serve

    with listening(host, port) as listener:
        if not is_loopback(host):
            complain(
                f"Listening at {host}: whoever has the link and reaches this machine may read texts through its models "
                "and start searches, and the link travels unencrypted. Ctrl-C ends it."
            )
        names = list(dict.fromkeys(models or [BUNDLED]))
        with inputs.loading(names[0]):
            from statescape.live.app import Live
            from statescape.live.assets import Assets
            from statescape.live.shelf import Shelf

        shelf = Shelf(names, lambda name: inputs.load(None if name == BUNDLED else name, bos, device, dtype))
        shelf[names[0]]  # refused now rather than on the page
        assets, pages, ending = Assets(), [], lambda: None
        if runs is not None:
            from statescape.live.reservoirs import Folder
            from statescape.live.runs import RunPages

            folder = Folder(runs)
            pages, ending = RunPages(folder, assets).routes(), folder.searches.end
        application = Live(shelf, assets, pages).application()

        def ready(link: str) -> None:
            output().file.write(f"{link}\n")
            output().file.flush()
            if open_link:
                typer.launch(link)

        serve(application, listener, host, own_token(), ready, ending)
        finish_streams()
        os._exit(0)  # taking torch apart would take the interpreter seconds
