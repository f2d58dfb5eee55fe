"""``statescape esn``: train and test one kind of echo state network on a task or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli import data_options, inputs
from statescape.cli.console import Working, complain, output, wrote
from statescape.cli.options import unset_fields, with_options
from statescape.studies.network_settings import NetworkSettings
from statescape.wording import LANGUAGES, number, phrase, say, say_count, unfilled

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
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Train and test echo state networks: the mean error over trials, its interval, and what persistence would do."""
    with Working(say("Loading ...")):
        from statescape.reservoir import tasks
        from statescape.reservoir.kernels import announcing
        from statescape.studies import esn_trials

    chosen = tasks.open(task, **options)
    settings = esn_trials.settings_for(chosen, **network)
    if warmup is not None:
        chosen = esn_trials.with_warmup(chosen, warmup)
    with announcing(complain), Working(say("Running {trials} trials ...", trials=trials)):
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

        with Working(say("Drawing the figures ...")):
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

    console, n = output(), len(result.scores)
    table = Sheet()
    table.column(result.task.name, prose=True)
    table.numbers(say("mean"), say("95% interval"), say("worst"), say("best"))
    score, ends = result.score, (float(result.scores.max()), float(result.scores.min()))
    name = unfilled(result.task.score_name)
    table.row(
        say_count("{score} of {count} network", "{score} of {count} networks", n, score=name),
        _number(score.mean),
        _range(score.low, score.high, n),
        *map(_number, ends if better_of(result.task) == "lower" else ends[::-1]),
    )
    if result.persistence is not None:
        usual = phrase("most frequent class") if isinstance(result.trial, LabelledTrial) else phrase("persistence")
        if isinstance(result.trial, SequencesTrial):
            usual = result.trial.baseline
        low, high = result.persistence.low, result.persistence.high
        table.row(say(usual), _number(result.persistence.mean), _range(low, high, n), "", "")
    console.print(table)
    if n > 1:
        over = say("95% interval: {method} over {trials} trials", method=say(score.method), trials=n)
        console.print(over, markup=False, style="dim")
    console.print(f"\n{_networks(result)}", markup=False)
    if better_of(result.task) == "higher":
        console.print(_validity(result.trial), markup=False)
    for line in data_options.described(result.task, "whole"):
        console.print(line, markup=False)
    if result.reason:
        lost = int((result.scores == float("inf")).sum())
        which = say_count("{count} of {trials} diverged", "{count} of {trials} diverged", lost, trials=n)
        console.print(say("{name}: {what}", name=which, what=unfilled(result.reason)), markup=False)


def _networks(result: EsnTrials) -> str:
    """What the networks were, in a line."""
    settings = result.settings
    return say(
        "{units}, {topology}, {weights:,} weights; sr {sr:g}, lr {lr:g}, input scaling {scaling:g}, {bias}{ridge}; "
        "seed {seed}; {seconds:.2g} s",
        units=say_count("{count} unit", "{count} units", settings.units),
        topology=settings.topology,
        weights=result.network.topology.edges,
        sr=settings.sr,
        lr=settings.lr,
        scaling=settings.input_scaling,
        bias=_bias(settings),
        ridge=_ridge(result),
        seed=result.seed,
        seconds=result.seconds,
    )


def _bias(settings: NetworkSettings) -> str:
    """The bias, and how many have it."""
    share = settings.bias_connectivity
    if share is None:
        return say("bias {bias:g}", bias=settings.bias)
    return say("bias ±{bias:g} on {share:.0%} of the units", bias=abs(settings.bias), share=share)


def _validity(trial: AnyTrial) -> str:
    """What a valid time is, and how long it can be."""
    from statescape.reservoir.tasks import Trial
    from statescape.reservoir.tasks.valid_time import THRESHOLD

    if not isinstance(trial, Trial) or not trial.time_unit:
        return say("higher is better")
    ends = say("{time:.4g}, the length of a run", time=trial.free_run / trial.time_unit)
    if trial.known:
        parting = sum(trial.known) / len(trial.known) / trial.time_unit
        ends = say("{time:.4g}, where two solvers part (first trial)", time=parting)
    return say(
        "valid: until the error passes {threshold:g} deviations of the target, mean of {runs} runs on the network's "
        "own outputs; at most {ends}",
        threshold=THRESHOLD,
        runs=len(trial.starts),
        ends=ends,
    )


def _ridge(result: EsnTrials) -> str:
    """The ridge that was given or chosen; nothing where nothing was trained."""
    if not result.ridges:
        return ""
    low, high = number(min(result.ridges), "g"), number(max(result.ridges), "g")
    span = low if low == high else say("{low} to {high}", low=low, high=high)
    chosen = phrase(", ridge {span} (chosen in training)")
    return say(chosen if result.settings.ridge is None else phrase(", ridge {span}"), span=span)


def _number(value: float) -> str:
    return number(value, ".4g")


def _range(low: float, high: float, n: int) -> str:
    return say("none from one trial") if n == 1 else say("{low} to {high}", low=_number(low), high=_number(high))
