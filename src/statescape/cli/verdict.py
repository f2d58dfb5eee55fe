"""``statescape verdict``: the questions of the hypothesis, answered for models over a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from statescape.cli import corpus as corpora
from statescape.cli import inputs
from statescape.cli.bar import Bar
from statescape.cli.console import Working, complain
from statescape.cli.roles import Keeps
from statescape.cli.verdict_table import print_verdicts
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES, say


def verdict(
    files: corpora.Files,
    models: inputs.Models = None,
    max_documents: Annotated[
        int | None, typer.Option("--max-documents", min=1, help="Read the first N documents only.")
    ] = None,
    positions: Annotated[
        int | None, typer.Option("--positions", min=1, help="Positions drawn in a document. (default: all)")
    ] = None,
    strict: corpora.Strict = False,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of everything drawn.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-w", min=1, help="How many read at once. (default: one for each core; on a GPU 1)"),
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", help="Keep what is done in this file; one that is there goes on."), Keeps()
    ] = None,
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Is the last state the embedding of the predicted token? Eight questions, margins declared beforehand."""
    named = [_model(name) for name in models] if models else [None]
    corpus = corpora.read(files, strict, max_documents)
    with Working(say("Loading {model} ...", model=", ".join(name or "conteur" for name in named))):
        from statescape.studies.verdict import verdict
        from statescape.studies.verdict.sources import ModelSource, loaded

        for name in named:
            loaded(ModelSource(name, bos, device, dtype))  # and there it is when it is asked
    existed = run is not None and run.exists()
    try:
        with Bar(say("documents")) as bar:
            found = verdict(
                corpus,
                named,
                files=files,
                bos=bos,
                device=device,
                dtype=dtype,
                positions=positions,
                seed=seed,
                workers=workers,
                run=run,
                progress=bar.show,
            )
    except KeyboardInterrupt:
        complain(
            say("Interrupted; nothing was written.")
            if run is None
            else say("Interrupted. {file} keeps what was done; give the same command again to go on.", file=run)
        )
        raise typer.Exit(130) from None
    except StatescapeError:
        if run is not None and not existed and run.exists() and not bar.shown:
            run.unlink()
        raise
    print_verdicts(found)
    inputs.hand_out(found, out, figures, json_file)


def _model(name: str) -> str | None:
    """The bundled model by its own name, so that it can stand beside others; any other as it is."""
    return None if name == "conteur" and not Path(name).exists() else name
