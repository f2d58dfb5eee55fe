"""How well one kind of echo state network does a task: k trials, each with fresh data and a fresh network.

Every trial draws its data, its wiring and its input weights from seeds spawned by (seed, trial), so trials are alike
and independent, save that windows of one file overlap. The mean comes with its 95% interval, and beside it what
saying the newest known value again (persistence) would score on the very same trials.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError, StatescapeWarning, nearest
from statescape.options import keywords_of, taking
from statescape.reservoir import EchoStateNetwork, Topology, generators, tasks
from statescape.reservoir.evaluation import MOST_TRIALS
from statescape.reservoir.tasks import (
    AnyTrial,
    Attempt,
    LabelledTrial,
    MemoryTrial,
    SequencesTrial,
    Task,
    TaskLike,
    Trial,
    attempt,
    pooling_of,
    usable_trial,
)
from statescape.reservoir.tasks.driven import MemoryCapacity
from statescape.reservoir.tasks.opening import data_options
from statescape.reservoir.weights import STREAMS, draw_matrix
from statescape.statistics import MeanInterval, mean_interval
from statescape.studies.network_settings import NetworkSettings
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

# One of these is chosen on the last quarter of every training part where no ridge is given.
RIDGES = tuple(10.0**exponent for exponent in range(-9, 3))

# Random wirings take the number of units, the share of weights and a seed; the others are fixed by their rule.
GENERATORS: dict[str, Callable[[int, float, int], Topology]] = {
    "erdos-renyi": lambda units, density, seed: generators.erdos_renyi(units, density, seed=seed, values="normal"),
    "SCR": lambda units, _density, _seed: generators.scr(units),
    "DLR": lambda units, _density, _seed: generators.dlr(units),
    "DLRB": lambda units, _density, _seed: generators.dlrb(units),
    "CRJ": lambda units, _density, _seed: generators.crj(units),
    "small-world": lambda units, density, seed: generators.small_world(
        units, min(round(density * units), units - 1), seed=seed
    ),
    "scale-free": lambda units, density, seed: generators.scale_free(
        units, max(round(density * units / 2), 1), seed=seed
    ),
    "modular": lambda units, density, seed: generators.modular(
        units, min(4, units), min(3.0 * density, 1.0), density / 3.0, seed=seed
    ),
}

# What `esn` takes by name.
_SETTINGS, _DATA = keywords_of(NetworkSettings), data_options()


@dataclass(frozen=True, eq=False)
class EsnTrials(Noun):
    """What k trials showed, and the first of them to look at.

    Attributes:
        task: the task.
        settings: of the networks.
        seed: of everything.
        scores: one score a trial.
        score: their mean and interval.
        persistence: mean and interval of persistence on the same trials (for classes and sequences, of what can be said
            without their inputs, such as the most frequent class); None where there is none.
        ridges: the ridge used in each trial; empty where nothing is trained.
        reason: why a trial diverged, in words; empty where none did.
        warnings: what a user should know of the data (gaps in its dates) and of the settings, a sentence each.
        seconds: drawing, training and testing, all trials.
        network: the network of the first trial, trained.
        trial: its data.
        attempt: how it did.
    """

    task: Task
    settings: NetworkSettings
    seed: int
    scores: Float[np.ndarray, " trials"]
    score: MeanInterval
    persistence: MeanInterval | None
    ridges: tuple[float, ...]
    reason: str
    warnings: tuple[str, ...]
    seconds: float
    network: EchoStateNetwork
    trial: AnyTrial
    attempt: Attempt

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each trial: its ``score`` and the ``ridge`` that was used (NaN where nothing is trained)."""
        import pandas as pd

        ridges = self.ridges or (float("nan"),) * len(self.scores)
        return pd.DataFrame({"trial": range(len(self.scores)), "score": self.scores, "ridge": ridges})

    def __repr__(self) -> str:
        score = self.score
        interval = f"95% {score.low:.4g} to {score.high:.4g}, n = {score.n}" if score.n > 1 else "1 trial"
        return brief(
            f"EsnTrials on {self.task.name}: {self.task.score_name} {score.mean:.4g} ({interval}), "
            f"{self.settings.units} units, {self.settings.topology}, seed {self.seed}"
            f"{'; see .warnings' if self.warnings else ''}"
        )


@taking({**_SETTINGS, **_DATA})
def esn(
    task: TaskLike, settings: NetworkSettings | None = None, trials: int = 10, seed: int = 0, **single: Any
) -> EsnTrials:
    """Train and test a fresh echo state network on each of some fresh draws of a task.

    Settings of the networks are given by name and go before `settings`; those that are not given are the defaults shown
    here, or what the authors of a task (such as CogScale) name. Data is opened as by `tasks.open`, with its options.

    Args:
        task: a name, a file, an array, a DataFrame, a pair of inputs and targets, or a task.
        settings: of the networks, a `statescape.studies.NetworkSettings`; None for the usual ones of the task.
        trials: how many draws.
        seed: of everything.
        **single: settings and options.

    Raises:
        StatescapeError: for a setting that is unknown or out of range, data too short, or no trials.
    """
    options = {name: single.pop(name) for name in [*single] if name in _DATA}
    warmup = options.pop("warmup", None)
    for name in single:
        if name not in _SETTINGS:
            raise StatescapeError(
                f"esn takes no {name!r}{nearest(name, [*_SETTINGS, *_DATA])}. A network is set by: "
                f"{', '.join(_SETTINGS)}; data by: {', '.join(_DATA)}."
            )
    task = tasks.open(task, **options)
    if warmup is not None:
        task = with_warmup(task, warmup)
    settings = settings_for(task, **single) if settings is None else replace(settings, **single)
    if trials < 1:
        raise StatescapeError(f"Ask for at least one trial; got {trials}.")
    if trials > MOST_TRIALS:
        raise StatescapeError(f"At most {MOST_TRIALS:,} trials are drawn; got {trials:,}.")
    begun = time.perf_counter()
    scores, persistence, ridges, reason = [], [], [], ""
    warned = dict.fromkeys(getattr(task, "notes", ()))  # in the order they came
    shown: list[tuple[EchoStateNetwork, AnyTrial, Attempt]] = []
    for index in range(trials):
        data_seed, network_seed = np.random.SeedSequence([seed, index]).spawn(2)
        trial = usable_trial(task, data_seed, "whole")
        network = drawn_network(settings, int(network_seed.generate_state(1)[0]), trial)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", StatescapeWarning)
            tried = attempt(network, trial)
        for warning in caught:
            if issubclass(warning.category, StatescapeWarning):
                warned[str(warning.message)] = None
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        scores.append(tried.score)
        baseline = trial.persistence_score()
        if baseline is not None:
            persistence.append(baseline)
        if not isinstance(trial, MemoryTrial) and network.readout is not None:
            ridges.append(float(network.ridge or 0.0))
        reason = reason or tried.reason
        if not shown:
            shown.append((network, trial, tried))
    values = np.array(scores)
    return EsnTrials(
        task,
        settings,
        seed,
        values,
        mean_interval(values, seed),
        mean_interval(np.array(persistence), seed) if persistence else None,
        tuple(ridges),
        reason,
        tuple(warned),
        time.perf_counter() - begun,
        *shown[0],
    )


def drawn_network(settings: NetworkSettings, seed: int, trial: AnyTrial | None = None) -> EchoStateNetwork:
    """A network of some settings.

    Args:
        settings: of the network.
        seed: of its weights.
        trial: that it is for, which says whether its states are pooled and may bring ridges of its own; None for one
            that gives an output at every step.

    Raises:
        StatescapeError: for values out of range.
    """
    ridges = trial.ridges if isinstance(trial, SequencesTrial) else RIDGES
    draw = next(make for name, make in GENERATORS.items() if name.lower() == settings.topology.lower())
    return EchoStateNetwork(
        W=draw(settings.units, settings.rc_connectivity, seed),
        sr=settings.sr,
        lr=settings.lr,
        input_scaling=settings.input_scaling,
        bias=_drawn_bias(settings, seed),
        input_connectivity=settings.input_connectivity,
        ridge=ridges if settings.ridge is None else settings.ridge,
        activation=settings.activation,
        pooling="none" if trial is None else pooling_of(trial),
        seed=seed,
    )


def _drawn_bias(settings: NetworkSettings, seed: int) -> float | Float[np.ndarray, " units"]:
    """The bias of all units, or drawn for its share of them."""
    if settings.bias_connectivity is None:
        return settings.bias
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(STREAMS.index("bias"),)))
    drawn = draw_matrix(settings.units, 1, settings.bias_connectivity, "ternary", rng).toarray()
    return np.asarray(settings.bias * drawn[:, 0])


def settings_for(task: Task, **single: Any) -> NetworkSettings:
    """The usual settings for a task: those of its authors where it names them, else the defaults.

    Args:
        task: its `network`, where it has one, names settings.
        **single: settings that are given, by name.
    """
    return NetworkSettings(**{**getattr(task, "network", {}), **single})


def prepare(task: Task, settings: NetworkSettings) -> None:
    """Compile what trials need, or load it where an earlier run has, so that they are timed without it.

    Raises:
        StatescapeError: for settings out of range, or data too short.
    """
    usable_trial(task, 0, "whole")
    drawn_network(settings, seed=0).states(np.zeros((2, task.n_inputs)))


def with_warmup(task: Task, warmup: int) -> Task:
    """The same task with another warmup.

    Raises:
        StatescapeError: where the task has none, or a negative warmup is asked for.
    """
    if warmup < 0:
        raise StatescapeError(f"The warmup is a number of steps, 0 or more; got {warmup}.")
    fields: Any = getattr(task, "__dataclass_fields__", {})
    reads_weights = isinstance(task, MemoryCapacity) and task.method != "estimated"
    if "warmup" not in fields or reads_weights:
        raise StatescapeError(f"{task.name} has no warmup; leave warmup out.")
    changed: Any = replace(task, warmup=warmup)  # type: ignore[type-var]
    return changed  # type: ignore[no-any-return]


def example_inputs(trial: AnyTrial) -> Float[np.ndarray, "steps inputs"] | None:
    """Inputs to picture states along: the test part, or the first test series; None where the weights are read."""
    if isinstance(trial, Trial):
        return trial.test_inputs
    if isinstance(trial, LabelledTrial):
        return trial.test[0]
    if isinstance(trial, SequencesTrial):
        return np.asarray(trial.test.inputs[0])
    return trial.inputs
