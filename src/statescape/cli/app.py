"""The commands of ``statescape`` and what happens when one of them refuses.

Command modules import what they run inside their functions: ``statescape --help`` must not wait for torch or numba.
"""

from __future__ import annotations

import copy
import functools
import os
import re
from typing import Annotated, Any

import typer

from statescape import __version__
from statescape.cli import (
    ablate,
    cache,
    contrast,
    esn,
    evolve,
    fit_lens,
    lens,
    live,
    notebook,
    patch,
    path,
    report,
    resume,
    runs,
    show,
    sphere,
    steer,
    study,
    verdict,
)
from statescape.cli.console import complain
from statescape.cli.data_options import as_typed
from statescape.cli.roles import guarded
from statescape.cli.streams import finish_streams, prepare_streams
from statescape.errors import StatescapeError, nearest

# typer keeps its own copy of click in some versions and imports it in others; the base class is the same by name.
ClickException: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

app = typer.Typer(
    name="statescape",
    help="Look at the inner state of sequence models: from one command to a picture and an answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="path")(guarded(path.path))
app.command(name="lens")(guarded(lens.lens))
app.command(name="fit-lens")(guarded(fit_lens.fit_lens))
app.command(name="contrast")(guarded(contrast.contrast))
app.command(name="patch")(guarded(patch.patch))
app.command(name="ablate")(guarded(ablate.ablate))
app.command(name="steer")(guarded(steer.steer))
app.command(name="sphere")(guarded(sphere.sphere))
app.command(name="verdict")(guarded(verdict.verdict))
app.command(name="esn")(guarded(esn.esn))
app.command(name="evolve")(guarded(evolve.evolve))
app.command(name="study")(guarded(study.study))
app.command(name="resume")(guarded(resume.resume))
app.command(name="report")(guarded(report.report))
app.command(name="show")(guarded(show.show))
app.command(name="runs")(guarded(runs.runs))
app.command(name="export")(guarded(runs.export))
app.command(name="cache")(guarded(cache.cache))
app.command(name="live")(guarded(live.live))
app.command(name="notebook")(guarded(notebook.notebook))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"statescape {__version__}")
        raise typer.Exit


@app.callback()
def _global_options(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    keep: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep what depends on a model alone between commands.")
    ] = True,
) -> None:
    """Look at the inner state of sequence models: from one command to a picture and an answer."""
    if not keep:
        os.environ["STATESCAPE_CACHE"] = "off"


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit status. Whatever goes wrong is one line."""
    prepare_streams()
    try:
        return _run(arguments)
    except StatescapeError as error:
        complain(as_typed(str(error)))
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted; nothing was written.")
        return 130
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        complain(f"The system refuses: {place}{error.strerror or error}.")
    except RecursionError:
        complain("What was given is nested too deeply to be read.")
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "memory" not in str(error):  # torch says it this way
            raise
        complain("There is not enough memory for what was asked; ask for less at a time.")
    return 2


@functools.cache
def _made(named: str) -> Any:
    """The command line with the command of this name alone, or with all: making one takes milliseconds, each time."""
    one = copy.copy(app)
    one.registered_commands = [info for info in app.registered_commands if info.name == named]
    return typer.main.get_command(one if one.registered_commands else app)


def _run(arguments: list[str]) -> int:
    try:
        # typer returns the status of an early exit (--help, --version), and None after a command.
        status = _made(arguments[0] if arguments else "")(args=arguments, standalone_mode=False)
    except ClickException as error:
        # With no command at all typer raises an empty complaint after it has shown the help.
        message = error.format_message()  # type: ignore[attr-defined]
        if message:
            if choice := re.search(r"'([^']*)' is not one of (.*)\.$", message):
                near = nearest(choice[1], re.findall("'(.*?)'", choice[2]))
                message = f"{message.replace('Value error, ', '').removesuffix('.')}{near}."
            complain(message)
        return 2
    finish_streams()
    return status if isinstance(status, int) else 0
