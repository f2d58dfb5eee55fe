"""``statescape fit-lens``: train a lens on this machine, on a corpus of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import corpus as corpora
from statescape.cli import inputs
from statescape.cli.console import complain, counted, output, wrote
from statescape.cli.roles import Fills
from statescape.errors import StatescapeError
from statescape.wording import phrase

if TYPE_CHECKING:
    from statescape.language import FitSettings, FittedLens, LanguageModel


def fit_lens(
    files: corpora.Files,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder of the lens; an unfinished fit goes on."), Fills()
    ],
    kind: Annotated[str, typer.Option("--kind", help="Kind of lens: tuned.")] = "tuned",
    model: inputs.Model = None,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Steps of the optimizer.")] = 400,
    positions: Annotated[int, typer.Option("--positions", min=1, help="Least positions of a step.")] = 2048,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the order of the documents.")] = 0,
    strict: corpora.Strict = False,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    json_file: inputs.Json = None,
) -> None:
    """Fit a tuned lens (Belrose et al. 2023): an affine map for every state, for the smallest KL(final || lens)."""
    if kind != "tuned":
        raise StatescapeError(f"--kind takes tuned, the one lens that is fitted here; got {kind!r}.")
    texts = [document.text for document in corpora.read(files, strict).documents]
    language_model = inputs.load(model, bos, device, dtype)
    from statescape.language import FitSettings

    settings = FitSettings(steps=steps, positions=positions, seed=seed)
    try:
        fitted = _with_progress(language_model, texts, out, settings)
    except KeyboardInterrupt:
        complain(f"Interrupted; the same command goes on from the last checkpoint in {out}.")
        raise typer.Exit(130) from None
    _print(language_model, fitted, out)
    if json_file is not None:
        import json

        inputs.write_json(json_file, json.loads((out / "fit.json").read_text(encoding="utf-8")))
        wrote(phrase("Numbers"), json_file)


def _with_progress(model: LanguageModel, texts: list[str], out: Path, settings: FitSettings) -> FittedLens:
    """The fit with its progress on stderr."""
    from statescape.cli.bar import Bar
    from statescape.language import FitProgress, fit_lens

    with Bar("steps") as bar:

        def show(progress: FitProgress) -> None:
            reached = f"KL {progress.divergence:.3f} nats"
            if progress.to_judge:
                bar.show("held-out texts", progress.judged, progress.to_judge, reached, unit="texts")
            else:
                bar.show("fit", progress.step, settings.steps, reached)

        return fit_lens(model, texts, out, settings, show)


def _print(model: LanguageModel, fitted: FittedLens, out: Path) -> None:
    from statescape.cli.terminal import Sheet

    console, facts = output(), model.facts
    console.print(
        f"{facts.name}: tuned lens of {facts.n_blocks} maps, fitted on {fitted.trained_on:,} positions. "
        f"KL(final || lens) in nats over {fitted.positions:,} positions of "
        f"{counted(fitted.documents, 'held-out text')}:",
        markup=False,
        soft_wrap=not console.is_terminal,
    )
    table = Sheet()
    table.numbers("state", "logit lens", "tuned lens")
    for state, (before, after) in enumerate(zip(fitted.before, fitted.after, strict=True)):
        table.row(f"{state}", f"{before:.4f}", f"{after:.4f}")
    console.print(table)
    worse = [str(state) for state in range(len(fitted.after)) if not fitted.after[state] < fitted.before[state]]
    if worse:
        console.print(
            f"At state {', '.join(worse)} the fitted lens is no nearer than the logit lens; give it more steps.",
            markup=False,
        )
    console.print(f"Lens: {out}; look through it with: statescape lens TEXT --lens {out}", markup=False)
