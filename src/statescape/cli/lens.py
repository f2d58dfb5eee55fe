"""``statescape lens``: what every state of a text decodes to, position by block, under one lens or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import output, working
from statescape.cli.lens_json import as_json
from statescape.cli.lens_table import print_comparison, print_readout
from statescape.cli.roles import Reads
from statescape.errors import StatescapeError

if TYPE_CHECKING:
    from statescape.language import Lens, LensReadout, Trace


def lens(
    text: inputs.Text,
    model: inputs.Model = None,
    lenses: Annotated[
        list[str] | None,
        typer.Option(
            "--lens",
            "-l",
            help="A lens beside the logit lens, repeatable: a folder of fit-lens or tuned-lens, a Jacobian-lens file, "
            "or the name of a lens of an installed package.",
        ),
        Reads(),
    ] = None,
    states: Annotated[
        list[str] | None,
        typer.Option(
            "--state", "-s", help="A state to read: 5, -1, blocks.5.hook_resid_mid; repeatable. [default: all]"
        ),
    ] = None,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    last: inputs.Last = None,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Top tokens kept in the JSON.")] = 10,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
) -> None:
    """What every state decodes to: the top token, position by block; with --lens, several lenses on one axis."""
    language_model = inputs.load(model, bos, device)
    with working("Reading the lenses ..."):
        from statescape.language import LogitLens, load_lens

        used = [LogitLens(), *(load_lens(source, language_model) for source in lenses or ())]
    with working("Reading the text ..."):
        trace = language_model.trace(text, last=last)
    with working("Decoding all states ..."):
        readouts = [_read(trace, each, states, top) for each in used]
    print_readout(trace, readouts[-1])
    if len(readouts) > 1:
        print_comparison(readouts, [getattr(each, "note", "") for each in used])
    if json_file is not None:
        inputs.write_json(json_file, as_json(trace, readouts))
        output().print(f"Numbers: {json_file}", markup=False)
    if figures is not None:
        from statescape.views.language.lenses import LensesPicture
        from statescape.views.picture import save_pictures

        save_pictures([LensesPicture.of(readouts)], figures)
        output().print(f"Figure: {figures}", markup=False)


def _read(trace: Trace, lens: Lens, states: list[str] | None, top: int) -> LensReadout:
    """One lens; of the states asked for those that it reads."""
    if states is None or lens.reads is None:
        return trace.lens(top=top, lens=lens, states=states)
    from statescape.language.lenses import points_read
    from statescape.language.points import point

    n_blocks = trace.model.facts.n_blocks
    read = points_read(lens, n_blocks)
    chosen = [name for name in states if point(name, n_blocks) in read]
    if not chosen:
        raise StatescapeError(f"The {lens.name} lens reads none of the states asked for: {', '.join(states)}.")
    return trace.lens(top=top, lens=lens, states=chosen)
