"""``statescape path``: where the state of a language model goes while it predicts a token."""

from __future__ import annotations

from typing import Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import output, working
from statescape.cli.path_json import as_json
from statescape.cli.path_table import print_path


def path(
    text: inputs.Text,
    model: inputs.Model = None,
    position: Annotated[int, typer.Option("--position", "-p", help="Position of the path; -1 is the last.")] = -1,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    last: inputs.Last = None,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Top tokens shown for every state.")] = 3,
    out: inputs.Out = None,
    open_page: inputs.Open = False,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the random directions behind the nulls.")] = 0,
) -> None:
    """Where the state goes, block by block, while the model predicts the next token."""
    state_path = inputs.trace(text, model, bos, device, last).path(position)

    from statescape.analysis import conclude, read_path

    reading = read_path(state_path, seed=seed)
    conclusion = conclude(reading)
    print_path(reading, conclusion, top)
    if json_file is not None:
        inputs.write_json(json_file, as_json(reading, conclusion, top))
        output().print(f"Numbers: {json_file}", markup=False)
    if figures is not None:
        from statescape import views

        with working("Drawing the figures ..."):
            files = views.save_figures(reading, figures)
        output().print(f"Figures: {len(files)} files in {figures}", markup=False)
    if out is not None:
        from statescape import views

        with working("Writing the report ..."):
            views.report(reading, out)
        output().print(f"Report: {out}", markup=False)
        if open_page:
            typer.launch(out.resolve().as_uri())
