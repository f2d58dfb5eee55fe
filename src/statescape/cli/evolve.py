"""``statescape evolve``: search a wiring, and hold it under every seal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from statescape.cli import data_options, inputs
from statescape.cli.console import complain, working
from statescape.cli.evolve_table import print_result
from statescape.cli.report import write
from statescape.cli.roles import Keeps, Reads
from statescape.errors import StatescapeError

if TYPE_CHECKING:
    from statescape.evolution import Evolution, Progress

_SEARCH, _LIMITS, _NETWORK, _SEALS = "Search", "Limits", "Network", "Seals"

_WORK = "Work"

Workers = Annotated[
    int | None,
    typer.Option("--workers", "-w", min=1, help="Processes. (default: one for each core)", rich_help_panel=_WORK),
]
ExecutorName = Annotated[
    str | None,
    typer.Option("--executor", help="serial, processes or dask. (default: processes)", rich_help_panel=_WORK),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        help="Address of a Dask scheduler (tcp://...). (default for dask: a cluster of this machine)",
        rich_help_panel=_WORK,
    ),
]


def evolve(
    task: data_options.TaskName,
    units: Annotated[int, typer.Option("--units", "-n", min=2, help="Units.", rich_help_panel=_NETWORK)] = 100,
    encoding: Annotated[
        str,
        typer.Option(
            "--encoding",
            help="Search space, smallest first: circulant, circulant-real, blocks, binary, ternary, real.",
            rich_help_panel=_SEARCH,
        ),
    ] = "ternary",
    level: Annotated[
        Literal["matrix", "wiring", "mask"],
        typer.Option(
            "--level",
            help="What a trial redraws: matrix (data), wiring (also W_in), mask (also weights).",
            rich_help_panel=_SEARCH,
        ),
    ] = "wiring",
    radius: Annotated[
        Literal["rescale", "free", "gene"], typer.Option("--radius", help="Spectral radius.", rich_help_panel=_SEARCH)
    ] = "rescale",
    evolve_inputs: Annotated[
        bool, typer.Option("--evolve-inputs", help="Let W_in evolve (level matrix).", rich_help_panel=_SEARCH)
    ] = False,
    density: Annotated[
        float | None,
        typer.Option("--density", help="Density of random starts. (default: one edge a unit)", rich_help_panel=_SEARCH),
    ] = None,
    arm: Annotated[
        str,
        typer.Option("--arm", help="genetic, mutation-only, random-search or hill-climber.", rich_help_panel=_SEARCH),
    ] = "genetic",
    objectives: Annotated[
        str,
        typer.Option(
            "--objectives",
            help="error, or error,edges: as little error as possible for every number of edges.",
            rich_help_panel=_SEARCH,
        ),
    ] = "error",
    operators: Annotated[
        str | None,
        typer.Option(
            "--operators",
            help="Which make children: add,delete,... (default: all that apply)",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    offspring: Annotated[
        int | None,
        typer.Option(
            "--offspring",
            min=1,
            help="Children of a generation, half as many survive. (default: 8; more feed a cluster)",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option("--trials", "-k", min=1, help="Trials of a generation.", rich_help_panel=_SEARCH)
    ] = 4,
    adapt: Annotated[
        bool,
        typer.Option("--adapt/--fixed-rates", help="Use operators as often as they succeed.", rich_help_panel=_SEARCH),
    ] = True,
    warm_start: Annotated[
        Path | None,
        typer.Option("--warm-start", help="Begin with the survivors of this run.", rich_help_panel=_SEARCH),
        Reads(),
    ] = None,
    generations: Annotated[
        int | None,
        typer.Option(
            "--generations", "-g", min=1, help="(default: 1000 where nothing is limited)", rich_help_panel=_LIMITS
        ),
    ] = None,
    trainings: Annotated[
        int | None, typer.Option("--trainings", min=1, help="Networks trained.", rich_help_panel=_LIMITS)
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Of searching.", rich_help_panel=_LIMITS)] = None,
    stagnation: Annotated[
        int | None,
        typer.Option("--stagnation", min=1, help="Generations with the same best.", rich_help_panel=_LIMITS),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare/--no-compare",
            help="Give random search, hill climber and tuning the same budget (each takes as long as the search).",
            rich_help_panel=_SEALS,
        ),
    ] = True,
    tune: Annotated[
        bool, typer.Option("--tune/--no-tune", help="Tune all alike before the seals.", rich_help_panel=_SEALS)
    ] = True,
    seal_trials: Annotated[
        int, typer.Option("--seal-trials", min=30, help="Fresh trials of every seal.", rich_help_panel=_SEALS)
    ] = 30,
    sr: Annotated[float, typer.Option("--sr", min=0, help="Spectral radius.", rich_help_panel=_NETWORK)] = 0.9,
    lr: Annotated[float, typer.Option("--lr", help="Leak rate, 0 to 1.", rich_help_panel=_NETWORK)] = 1.0,
    input_scaling: Annotated[
        float, typer.Option("--input-scaling", help="Factor of the input weights.", rich_help_panel=_NETWORK)
    ] = 0.1,
    bias: Annotated[float, typer.Option("--bias", help="Bias of every unit.", rich_help_panel=_NETWORK)] = 0.1,
    ridge: Annotated[
        float, typer.Option("--ridge", min=0, help="Penalty of the readout.", rich_help_panel=_NETWORK)
    ] = 1e-8,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of everything random.")] = 0,
    workers: Workers = None,
    executor: ExecutorName = None,
    scheduler: Scheduler = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", help="The run's file. (default: TASK-1.run, -2.run, ...)"),
        Keeps(lambda given: inputs.next_run(given["task"])),
    ] = None,
    input_columns: data_options.InputColumns = None,
    target: data_options.TargetColumns = None,
    horizon: data_options.Horizon = None,
    split: data_options.Split = None,
    window: data_options.Window = None,
    header: data_options.Header = None,
    separator: data_options.Separator = None,
    decimal: data_options.Decimal = None,
    text_encoding: data_options.Encoding = None,
    skip_rows: data_options.SkipRows = None,
    comment: data_options.Comment = None,
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
) -> None:
    """Evolve the wiring of an echo state network, and say what the gain is made of."""
    options = data_options.given(
        input_columns,
        target=target,
        horizon=horizon,
        split=split,
        window=window,
        header=header,
        separator=separator,
        decimal=decimal,
        encoding=text_encoding,
        skip_rows=skip_rows,
        comment=comment,
    )
    with working("Loading ..."):
        from statescape.evolution import Hyperparameters
        from statescape.evolution import evolve as search
        from statescape.evolution.reading import survivors_of_run

    assert run is not None  # its role names it
    start = () if warm_start is None else survivors_of_run(warm_start)

    def work(watch: Watch) -> Evolution:
        return search(
            task,
            units=units,
            encoding=encoding,
            level=level,
            radius=radius,
            evolve_inputs=evolve_inputs,
            density=density,
            arm=arm,
            seed=seed,
            trials=trials,
            adapt=adapt,
            hyper=Hyperparameters(sr, input_scaling, lr, ridge, bias),
            generations=generations,
            trainings=trainings,
            seconds=seconds,
            stagnation=stagnation,
            compare=compare,
            tune=tune,
            seal_trials=seal_trials,
            objectives=_names(objectives),
            operators=None if operators is None else _names(operators),
            offspring=offspring,
            task_options=options,
            start=start,
            run=run,
            executor=executor,
            workers=workers,
            scheduler=scheduler,
            callbacks=[watch.generation],
            say=watch.say,
        )

    run_evolution(work, run, out, figures, json_file)


def run_evolution(work: Any, file: Path, out: Path | None, figures: Path | None, json_file: Path | None) -> None:
    """Work with a live line; keep what was done where it is interrupted."""
    from statescape.reservoir.kernels import announcing
    from statescape.runs import LostWorkersError

    existed = file.exists()
    try:
        with announcing(complain), Watch() as watch:
            result: Evolution = work(watch)
    except KeyboardInterrupt:
        complain(f"Interrupted. {file} keeps what was done; go on with: statescape resume {file}")
        raise typer.Exit(130) from None
    except LostWorkersError as lost:
        raise StatescapeError(f"{lost} Go on with: statescape resume {file}") from None
    except StatescapeError:
        if not existed and file.exists() and not _begun(file):
            file.unlink()
        raise
    print_result(result)
    if any(wanted is not None for wanted in (out, figures, json_file)):
        with working("Measuring the champion ..."):
            from statescape.analysis.evolution import read_evolution

            reading = read_evolution(result)
        write(reading, out, figures, json_file)


class Watch:
    """One live line on stderr while a run works; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._status = working("Preparing ...")

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
            f"{progress.arm}: generation {line.number}, best {line.best:.4f}, median {line.median:.4f}, "
            f"{progress.trainings_per_second:,.0f} trainings/s, {_clock(progress.seconds_left)} left"
        )


def _clock(seconds: float) -> str:
    if seconds != seconds:  # NaN: limited by stagnation only
        return "some time"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _names(listed: str) -> tuple[str, ...]:
    """The names of a list with commas."""
    return tuple(name.strip() for name in listed.split(",")) if listed.strip() else ()


def _begun(file: Path) -> bool:
    """Whether a run holds a generation already."""
    from statescape.evolution.ledger import Ledger

    try:
        with Ledger.read(file) as kept:
            return kept.generations(kept.settings.arm) > 0
    except StatescapeError:
        return True
