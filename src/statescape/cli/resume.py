"""``statescape resume``: go on with a run of whatever kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli import inputs
from statescape.cli.console import Working
from statescape.cli.evolve import Watch, run_evolution
from statescape.cli.options import WORK, with_options
from statescape.cli.roles import Keeps
from statescape.cli.study import do_study
from statescape.wording import LANGUAGES, say

if TYPE_CHECKING:
    from statescape.evolution import Evolution


@with_options(work=WORK)
def resume(
    run: Annotated[Path, typer.Argument(help="The file of a run.", show_default=False), Keeps()],
    work: dict[str, Any],
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Go on with a run that was interrupted, to the same result; show one that is finished."""
    with Working(say("Loading ...")):
        from statescape.evolution import resume as go_on
        from statescape.runs import kind_of
        from statescape.studies.reservoir import resume_study
        from statescape.studies.reservoir.running import KIND
    if kind_of(run) == KIND:
        do_study(
            lambda show: resume_study(run, **work, progress=show),
            run,
            out,
            figures,
            json_file,
        )
        return

    def resumed(watch: Watch) -> Evolution:
        return go_on(run, **work, callbacks=[watch.generation], say=watch.say)

    run_evolution(resumed, run, out, figures, json_file)
