"""``statescape resume``: go on with a run of whatever kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import working
from statescape.cli.evolve import ExecutorName, Scheduler, Watch, Workers, run_evolution
from statescape.cli.roles import Keeps
from statescape.cli.study import do_study

if TYPE_CHECKING:
    from statescape.evolution import Evolution


def resume(
    run: Annotated[Path, typer.Argument(help="The file of a run.", show_default=False), Keeps()],
    workers: Workers = None,
    executor: ExecutorName = None,
    scheduler: Scheduler = None,
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
) -> None:
    """Go on with a run that was interrupted, to the same result; show one that is finished."""
    with working("Loading ..."):
        from statescape.evolution import resume as go_on
        from statescape.runs import kind_of
        from statescape.studies.reservoir import resume_study
        from statescape.studies.reservoir.running import KIND
    if kind_of(run) == KIND:
        do_study(
            lambda show: resume_study(run, executor=executor, workers=workers, scheduler=scheduler, progress=show),
            run,
            out,
            figures,
            json_file,
        )
        return

    def work(watch: Watch) -> Evolution:
        return go_on(
            run,
            executor=executor,
            workers=workers,
            scheduler=scheduler,
            callbacks=[watch.generation],
            say=watch.say,
        )

    run_evolution(work, run, out, figures, json_file)
