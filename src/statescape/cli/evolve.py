"""``statescape evolve``: search a wiring, and hold it under every seal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli import data_options, inputs
from statescape.cli.console import Working, complain
from statescape.cli.evolve_table import print_result
from statescape.cli.options import SETTINGS, WORK, with_options
from statescape.cli.roles import Keeps, Reads
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES, say

if TYPE_CHECKING:
    from statescape.evolution import Evolution, Progress


@with_options(settings=SETTINGS, work=WORK, options=data_options.FILES)
def evolve(
    task: data_options.TaskName,
    *,
    settings: dict[str, Any],
    warm_start: Annotated[
        Path | None,
        typer.Option("--warm-start", help="Begin with the survivors of this run.", rich_help_panel="Search"),
        Reads(),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", help="The run's file. (default: TASK-1.run, -2.run, ...)"),
        Keeps(lambda given: inputs.next_run(given["task"])),
    ] = None,
    arm: Annotated[str | None, typer.Option("--arm", hidden=True)] = None,  # as the strategy was called once
    work: dict[str, Any],
    options: dict[str, Any],
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Evolve the wiring of an echo state network, and say what the gain is made of."""
    with Working(say("Loading ...")):
        from statescape.evolution import evolve as search
        from statescape.evolution.history import survivors_of_run

    assert run is not None  # its role names it
    start = () if warm_start is None else survivors_of_run(warm_start)

    def searched(watch: Watch) -> Evolution:
        return search(
            task,
            **(settings if arm is None else {**settings, "strategy": arm}),
            **work,
            task_options=options,
            start=start,
            run=run,
            callbacks=[watch.generation],
            say=watch.say,
        )

    run_evolution(searched, run, out, figures, json_file)


def run_evolution(work: Any, file: Path, out: Path | None, figures: Path | None, json_file: Path | None) -> None:
    """Work with a live line; keep what was done where it is interrupted."""
    from statescape.reservoir.kernels import announcing
    from statescape.runs import LostWorkersError

    existed = file.exists()
    try:
        with announcing(complain), Watch() as watch:
            result: Evolution = work(watch)
    except KeyboardInterrupt:
        complain(say("Interrupted. {file} keeps what was done; go on with: statescape resume {file}", file=file))
        raise typer.Exit(130) from None
    except LostWorkersError as lost:
        raise StatescapeError(f"{lost} Go on with: statescape resume {file}") from None
    except StatescapeError:
        if not existed and file.exists() and not _begun(file):
            file.unlink()
        raise
    if not any(wanted is not None for wanted in (out, figures, json_file)):
        print_result(result)
        return
    with Working(say("Measuring the champion ...")):
        from statescape.analysis.evolution import read_evolution

        reading = read_evolution(result)  # before anything is printed: it may refuse a damaged run
    print_result(result)
    inputs.hand_out(reading, out, figures, json_file)


class Watch:
    """One live line on stderr while a run works; where that is no terminal, a line every ten seconds."""

    def __init__(self) -> None:
        self._status = Working(say("Preparing ..."))

    def __enter__(self) -> Watch:
        self._status.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._status.__exit__(*details)

    def say(self, words: str) -> None:
        """A step has begun."""
        self._status.update(f"{words} ...")

    def generation(self, progress: Progress) -> None:
        """A generation is over."""
        line = progress.summary
        self._status.update(
            say(
                "{strategy}: generation {number}, best {best:.4f}, median {median:.4f}, {rate:,.0f} trainings/s, "
                "{left} left",
                strategy=progress.strategy,
                number=line.number,
                best=abs(line.best),
                median=abs(line.median),
                rate=progress.trainings_per_second,
                left=_clock(progress.seconds_left),
            )
        )


def _clock(seconds: float) -> str:
    if seconds != seconds:  # NaN: limited by stagnation only
        return say("some time")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _begun(file: Path) -> bool:
    """Whether a run holds a generation already."""
    from statescape.evolution.tables import Tables

    try:
        with Tables.read(file) as kept:
            return kept.generations(kept.settings.strategy) > 0
    except StatescapeError:
        return True
