"""``statescape notebook``: the notebook that began this, written again from real runs, as one page."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import corpus as corpora
from statescape.cli import inputs
from statescape.cli.bar import Bar
from statescape.cli.console import Working, complain, output, wrote
from statescape.cli.roles import Fills, Reads, Writes
from statescape.cli.streams import visible
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES, phrase, say

if TYPE_CHECKING:
    from statescape.studies.notebook import Asked, Notebook


def notebook(
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write."), Writes("page")] = Path(
        "notebook.html"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="Everything at its smallest budget: minutes.")] = False,
    budget: Annotated[
        str | None, typer.Option("--budget", help="Of every study: quick, full or minutes. [default: full]")
    ] = None,
    language: inputs.Language = LANGUAGES[0],
    models: inputs.Models = None,
    texts: Annotated[
        list[str] | None, typer.Option("--text", "-t", help="A text whose path is drawn; repeatable. (default: three)")
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus", help="Texts for the verdicts, as `verdict` reads them. (default: the packaged sample)"
        ),
        Reads(),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--runs", help="Folder of the runs; those that are there are kept."), Fills()
    ] = Path("notebook-runs"),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of everything drawn.")] = 0,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, help="Processes. (default: one for each core)")
    ] = None,
    json_file: inputs.Json = None,
    open_page: inputs.Open = False,
) -> None:
    """The lab notebook, written again from real runs: both wings on one page, in English or French."""
    if quick and budget is not None:
        raise StatescapeError("--quick is --budget quick; give one of the two.")
    begun = time.monotonic()
    asked = _asked(models, texts, corpus, "quick" if quick else budget or "full", seed, folder)
    with Working(say("Loading ...")):
        from statescape.studies.notebook.asking import notebook as keep
    try:
        with Bar(say("pieces")) as bar:
            found = keep(asked, workers=workers, progress=bar.show)
    except KeyboardInterrupt:
        complain(say("Interrupted. {file} keeps what was done; give the same command again to go on.", file=folder))
        raise typer.Exit(130) from None
    _print_answers(found)
    if json_file is not None:
        from statescape.cli.notebook_json import as_json

        inputs.write_json(json_file, as_json(found, language))
        wrote(phrase("Numbers"), json_file)
    from statescape import views

    with Working(say("Writing the notebook ...")):
        views.report(found, out)
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    files = say("{count} files in {folder}", count=len(found.entries) - 1, folder=folder)
    spent = say("{minutes} min {seconds} s", minutes=minutes, seconds=seconds)
    wrote(phrase("Runs"), f"{files}; {spent}")
    wrote(phrase("Notebook"), out)
    if open_page:
        typer.launch(out.resolve().as_uri())


def _print_answers(found: Notebook) -> None:
    """What the page says, in one sentence for each model and study."""
    from statescape.studies.notebook.notebook import claim_in_words

    console = output()
    answers = [claim_in_words(one) for one in found.verdicts.models]
    answers += [f"{result.name}: {result.read().answer[0]}" for result in found.studies]
    for answer in answers:
        console.print(visible(answer), markup=False, soft_wrap=not console.is_terminal)
    console.print()


def _asked(
    models: list[str] | None, texts: list[str] | None, corpus: list[str] | None, budget: str, seed: int, folder: Path
) -> Asked:
    from statescape.studies.notebook.asking import about
    from statescape.studies.reservoir.budget import minutes_of

    minutes_of(budget)
    return about(
        corpus=None if corpus is None else corpora.read(corpus, strict=False),
        files=tuple(corpus or ()),
        models=models or (),
        texts=[inputs.read_text(text) for text in texts or ()],
        budget=budget,
        seed=seed,
        folder=folder,
    )
