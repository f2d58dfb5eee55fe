"""``statescape esn``: train and test one kind of echo state network on a task or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli import data_options, inputs
from statescape.cli.console import Working, complain, output, wrote
from statescape.cli.options import unset_fields, with_options
from statescape.studies.network_settings import NetworkSettings
from statescape.wording import phrase, say

if TYPE_CHECKING:
    from statescape.reservoir.tasks import AnyTrial
    from statescape.studies.esn_trials import EsnTrials


@with_options(network=unset_fields(NetworkSettings), options=data_options.FILES)
def esn(
    task: data_options.TaskName,
    *,
    network: dict[str, Any],
    trials: Annotated[
        int, typer.Option("--trials", "-k", min=1, help="Trials, each with fresh data and a fresh network.")
    ] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of all data and networks.")] = 0,
    warmup: Annotated[
        int | None, typer.Option("--warmup", min=0, help="First steps not trained on. (default: that of the task)")
    ] = None,
    options: dict[str, Any],
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
) -> None:
    """Train and test echo state networks: the mean error over trials, its interval, and what persistence would do."""
    with Working("Loading ..."):
        from statescape.reservoir import tasks
        from statescape.reservoir.kernels import announcing
        from statescape.studies import esn_trials

    chosen = tasks.open(task, **options)
    settings = esn_trials.settings_for(chosen, **network)
    if warmup is not None:
        chosen = esn_trials.with_warmup(chosen, warmup)
    with announcing(complain), Working(f"Running {trials} trials ..."):
        esn_trials.prepare(chosen, settings)
        result = esn_trials.esn(chosen, settings, trials, seed)
    for warning in result.warnings:
        if warning not in getattr(chosen, "notes", ()):  # these are told with the data
            complain(warning)
    _print(result)
    if json_file is not None:
        inputs.write_json(json_file, as_json(result))
        wrote(phrase("Numbers"), json_file)
    if figures is not None:
        from statescape.views.core.reporting import save_pictures
        from statescape.views.reservoir.pictures import pictures

        with Working("Drawing the figures ..."):
            files = save_pictures(pictures(result), figures)
        wrote(phrase("Figures"), say("{count} files in {folder}", count=len(files), folder=figures))


def as_json(result: EsnTrials) -> dict[str, Any]:
    """All numbers of the trials."""
    import dataclasses

    from statescape import __version__
    from statescape.reservoir import spectral_radius
    from statescape.reservoir.tasks import FileTask, SequenceTask, better_of

    def mean(interval: Any) -> dict[str, Any] | None:
        if interval is None:
            return None
        return {"mean": interval.mean, "ci95": [interval.low, interval.high], "interval": interval.method}

    return {
        "version": __version__,
        "task": result.task.name,
        "score_name": result.task.score_name,
        "better": better_of(result.task),
        "data": result.task.understood("whole") if isinstance(result.task, FileTask | SequenceTask) else None,
        "settings": dataclasses.asdict(result.settings),
        "seed": result.seed,
        "trials": len(result.scores),
        "score": mean(result.score),
        "scores": [float(score) for score in result.scores],
        "persistence": mean(result.persistence),
        "ridges": list(result.ridges),
        "warnings": list(result.warnings),
        "diverged": result.reason,
        "seconds": result.seconds,
        "first_network": {
            "edges": result.network.topology.edges,
            "spectral_radius": spectral_radius(result.network.W),
        },
    }


def _print(result: EsnTrials) -> None:
    from statescape.cli.terminal import Sheet
    from statescape.reservoir.tasks import LabelledTrial, SequencesTrial, better_of

    console, settings, n = output(), result.settings, len(result.scores)
    table = Sheet()
    table.column(result.task.name, prose=True)
    table.numbers("mean", "95% interval", "worst", "best")
    score, ends = result.score, (float(result.scores.max()), float(result.scores.min()))
    table.row(
        f"{result.task.score_name} of {n} network{'s' * (n > 1)}",
        _number(score.mean),
        _range(score.low, score.high, n),
        *map(_number, ends if better_of(result.task) == "lower" else ends[::-1]),
    )
    if result.persistence is not None:
        usual = "most frequent class" if isinstance(result.trial, LabelledTrial) else "persistence"
        if isinstance(result.trial, SequencesTrial):
            usual = result.trial.baseline
        low, high = result.persistence.low, result.persistence.high
        table.row(usual, _number(result.persistence.mean), _range(low, high, n), "", "")
    console.print(table)
    if n > 1:
        console.print(f"95% interval: {score.method} over {n} trials", markup=False, style="dim")
    units = f"{settings.units} unit{'s' * (settings.units > 1)}"
    console.print(
        f"\n{units}, {settings.topology}, {result.network.topology.edges:,} weights; sr {settings.sr:g}, "
        f"lr {settings.lr:g}, input scaling {settings.input_scaling:g}, {_bias(settings)}"
        f"{_ridge(result)}; seed {result.seed}; {result.seconds:.2g} s",
        markup=False,
    )
    if better_of(result.task) == "higher":
        console.print(_validity(result.trial), markup=False)
    for line in data_options.described(result.task, "whole"):
        console.print(line, markup=False)
    if result.reason:
        lost = sum(score == float("inf") for score in result.scores)
        console.print(f"{lost} of {n} diverged: {result.reason}", markup=False)


def _bias(settings: NetworkSettings) -> str:
    """The bias, and how many have it."""
    share = settings.bias_connectivity
    return f"bias {settings.bias:g}" if share is None else f"bias ±{abs(settings.bias):g} on {share:.0%} of the units"


def _validity(trial: AnyTrial) -> str:
    """What a valid time is, and how long it can be."""
    from statescape.reservoir.tasks import Trial
    from statescape.reservoir.tasks.valid_time import THRESHOLD

    if not isinstance(trial, Trial) or not trial.time_unit:
        return "higher is better"
    ends = f"{trial.free_run / trial.time_unit:.4g}, the length of a run"
    if trial.known:
        ends = f"{sum(trial.known) / len(trial.known) / trial.time_unit:.4g}, where two solvers part (first trial)"
    runs = f"{len(trial.starts)} runs on the network's own outputs"
    return f"valid: until the error passes {THRESHOLD:g} deviations of the target, mean of {runs}; at most {ends}"


def _ridge(result: EsnTrials) -> str:
    """The ridge that was given or chosen; nothing where nothing was trained."""
    if not result.ridges:
        return ""
    low, high = min(result.ridges), max(result.ridges)
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f", ridge {span}" + (" (chosen in training)" if result.settings.ridge is None else "")


def _number(value: float) -> str:
    return f"{value:.4g}"


def _range(low: float, high: float, n: int) -> str:
    return "none from one trial" if n == 1 else f"{_number(low)} to {_number(high)}"
