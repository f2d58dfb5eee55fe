"""``statescape report``: a finished run as one page, as figures, as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import Working, ask, complain, output
from statescape.cli.roles import Values, Writes
from statescape.cli.streams import visible
from statescape.errors import StatescapeError, UnfinishedError
from statescape.wording import LANGUAGES, say

if TYPE_CHECKING:
    from statescape.analysis.evolution import EvolutionReading
    from statescape.studies.reservoir import StudyResult


def _beside_the_run(given: Values) -> Path | None:
    """The page, where it is to be opened or nothing else is asked for."""
    others = given["figures"] is not None or given["json_file"] is not None
    return inputs.beside(given["run"], ".html") if given["open_page"] or not others else None


def report(
    run: inputs.Run,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The page. (default: RUN.html, where nothing else is asked for)"),
        Writes("page", otherwise=_beside_the_run),
    ] = None,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
    open_page: inputs.Open = False,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """The report of a run: what its gain is made of, how it was found, what was found."""
    with Working(say("Reading the run ...")), _told_how_to_go_on(run):
        from statescape.analysis.evolution import read_run
        from statescape.analysis.evolution_conclusion import question
        from statescape.reservoir.kernels import announcing
        from statescape.runs import kind_of
        from statescape.studies.reservoir.running import KIND, read_study

        reading: EvolutionReading | StudyResult
        if kind_of(run) == KIND:
            reading = read_study(run)
            asked, said = reading.study.question(), reading.reading.answer
        else:
            with announcing(complain):
                reading = read_run(run)
            asked, said = question(), tuple(reading.conclusion)
    ask(asked)
    output().print(visible(" ".join(said)) + "\n", markup=False)
    inputs.hand_out(reading, out, figures, json_file, open_page)


@contextmanager
def _told_how_to_go_on(run: Path) -> Iterator[None]:
    """The refusal of a run that is not finished, with the commands that help."""
    try:
        yield
    except UnfinishedError as error:
        raise StatescapeError(f"{error} That is: statescape resume {run}, or statescape show {run}.") from None
