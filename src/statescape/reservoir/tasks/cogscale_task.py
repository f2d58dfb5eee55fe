"""CogScale: 14 sequence tasks that can be made harder, with published scores; read from the package `cogscale`.

Bendi-Ouis, de Coudenhove and Hinaut, arXiv:2605.19758 (2026). A trial is one seed of the package's generator, with its
division into training, validation and test. Targets of -100 mark the steps that are not answered (from version 0.2.0
on; 0.1 lists the answered ones apart); some one-hot targets hold -100 in place of 0, too, which are zeros here: a
readout with an intercept takes the same class either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from jaxtyping import Float

from statescape.arguments import require_memory
from statescape.errors import StatescapeError, unknown_name
from statescape.reservoir.tasks.sequences import SCORE_NAMES, Category, Sequences, SequencesTrial
from statescape.reservoir.tasks.task import Part, Seed
from statescape.wording import Noun

PREFIX = "cogscale"
TASKS = (
    "sinus_forecasting",
    "chaotic_forecasting",
    "discrete_postcasting",
    "continuous_postcasting",
    "discrete_pattern_completion",
    "continuous_pattern_completion",
    "bracket_matching",
    "simple_copy",
    "selective_copy",
    "adding_problem",
    "sorting_problem",
    "cross_situation",
    "associative_recall",
    "induction_heads",
)
SIZES = ("small", "medium", "large")
NAMES = tuple(f"{PREFIX}:{task}:{size}" for task in TASKS for size in SIZES)
# What the authors leave as it is in ReservoirPy 0.3: beside the shares of weights, a bias of -1 or 1 for a tenth of the
# units (0.4 has none).
NETWORK: Mapping[str, float] = {
    "rc_connectivity": 0.1,
    "input_connectivity": 0.1,
    "bias": 1.0,
    "bias_connectivity": 0.1,
}
RIDGES = tuple(10.0**-exponent for exponent in range(1, 10))
NOT_ANSWERED = -100.0
_COUNTS = ("n_train", "n_valid", "n_test")
PARTS = {"train": "training sequences", "valid": "validation sequences", "test": "test sequences"}


@dataclass(frozen=True)
class CogScale(Noun):
    """One task of CogScale at one size.

    Attributes:
        task: the package's name of it, such as "simple_copy".
        size: "small", "medium" or "large".
        n_inputs: width of the input.
        n_outputs: width of the output.
        category: how it is scored.
    """

    task: str
    size: str
    n_inputs: int
    n_outputs: int
    category: Category

    @property
    def network(self) -> Mapping[str, float]:
        """Settings of the authors' networks, by the names that ours have."""
        return NETWORK

    @property
    def name(self) -> str:
        """How the task is called: cogscale:TASK:SIZE."""
        return f"{PREFIX}:{self.task}:{self.size}"

    @property
    def score_name(self) -> str:
        """What the score is."""
        return SCORE_NAMES[self.category]

    def trial(self, seed: Seed, part: Part = "search") -> SequencesTrial:  # noqa: ARG002 - generated without end
        """What the package's generator gives for a seed; forecasts are the same for every seed."""
        return _trial_of(_data(self.task, self.size, seed), self.name)


def cogscale(task: str, size: str = "small") -> CogScale:
    """A task of CogScale.

    Args:
        task: the package's name of it, such as "simple_copy".
        size: "small", "medium" or "large".

    Raises:
        StatescapeError: for an unknown task or size, where the package is missing or marks answers otherwise, and
            where the sequences need more memory than this machine has.
    """
    task = task.replace("-", "_")
    if task not in TASKS:
        raise unknown_name("CogScale task", task, TASKS)
    if size not in SIZES:
        raise unknown_name("size of a CogScale task", size, SIZES)
    name = f"{PREFIX}:{task}:{size}"
    few = {count: 1 for count in _COUNTS if count in _configured(task, size)["params"]}
    one = _trial_of(_data(task, size, 0, **few), name)
    (_, steps, n_inputs), n_outputs = one.test.inputs.shape, one.test.targets.shape[2]
    counted = sum(_configured(task, size)["params"].get(count, 1) for count in _COUNTS)
    # Inputs and targets, once as the package lists them and once as arrays.
    require_memory(f"The sequences of {name}", 16.0 * counted * steps * (n_inputs + n_outputs))
    return CogScale(task, size, n_inputs, n_outputs, one.category)


def named(name: str) -> CogScale:
    """The task of a name such as "cogscale:simple_copy:small".

    Raises:
        StatescapeError: as `cogscale`, and for a name of another form.
    """
    _, *parts = name.split(":")
    if len(parts) != 2:
        raise StatescapeError(
            f"A CogScale task is {PREFIX}:NAME:SIZE, such as {NAMES[0]}; the names are {', '.join(TASKS)}, the sizes "
            f"{', '.join(SIZES)}; got {name!r}."
        )
    return cogscale(*parts)


def _trial_of(data: Mapping[str, Any], name: str) -> SequencesTrial:
    """A trial out of what the package gives.

    Raises:
        StatescapeError: where answered steps are not marked as from version 0.2.0 on, and for a sequence without any.
    """
    needed = [f"{kind}_{part}" for part in PARTS for kind in "XY"]
    if any(one not in data for one in (*needed, "category")) or any(one.startswith("T_") for one in data):
        raise _marked_otherwise()
    category = data["category"]
    if category not in SCORE_NAMES:
        raise _marked_otherwise()
    parts = []
    for part, what in PARTS.items():
        inputs, targets = (np.asarray(data[f"{kind}_{part}"], dtype=np.float64) for kind in "XY")
        answered = (targets != NOT_ANSWERED).any(axis=-1)
        if category != "regression":
            targets = np.where(targets == NOT_ANSWERED, 0.0, targets)
        parts.append(Sequences(inputs, targets, answered, f"{what} of {name}"))
        _require_marks(parts[-1], category)
    train, valid, test = parts
    return SequencesTrial(train, valid, test, category, RIDGES)


def _require_marks(sequences: Sequences, category: Category) -> None:
    """Refuse answers that are none: another mark of unanswered steps would train as if it were a target."""
    due = sequences.answers
    labels = category == "regression" or bool(np.isin(due, (0.0, 1.0)).all())
    if not (np.isfinite(due).all() and labels and (category != "classification" or (due.sum(axis=1) == 1).all())):
        raise _marked_otherwise()


def _data(task: str, size: str, seed: Seed, **counts: int) -> Mapping[str, Any]:
    """The package's data of a seed; `counts` of sequences in place of its own."""
    configured = _configured(task, size)
    parameters = {**configured["params"], **counts, "seed": seed}  # a new one: the package keeps what it is given
    if task == "cross_situation":
        return _cross_situation(size, seed, parameters)
    data: Mapping[str, Any] = configured["fct"](**parameters)
    return data


def _cross_situation(size: str, seed: Seed, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What `generate_csl` draws, with the words of its one-hot inputs in the order of the alphabet.

    The package lists all pairs of sentences for every trial (a minute, and 2 GB at medium) and orders the words as
    Python hashes them, otherwise in every process.
    """
    sentences, labels, words = _situations(size)
    length = 2 * max(map(len, sentences)) + 1
    rng = np.random.default_rng(seed)
    data: dict[str, Any] = {"category": "multi_classification"}
    numbers = {part: parameters[f"n_{part}"] for part in PARTS}
    for part in ("train", "valid", "test"):
        inputs = np.zeros((numbers[part], length, len(words)))
        targets = np.full((numbers[part], length, 2 * labels.shape[1]), NOT_ANSWERED)
        for place in range(numbers[part]):
            first, second = divmod(int(rng.integers(0, len(sentences) ** 2)), len(sentences))
            spoken = [*sentences[first], "and", *sentences[second]]
            inputs[place, np.arange(length - len(spoken), length), [words[word] for word in spoken]] = 1.0
            targets[place, -1] = np.concatenate([labels[first], labels[second]])
        data |= {f"X_{part}": inputs, f"Y_{part}": targets}
    return data


@cache
def _situations(size: str) -> tuple[list[list[str]], Float[np.ndarray, "sentences labels"], dict[str, int]]:
    """The package's sentences of one situation, their labels, and the number of every word."""
    parameters = _configured("cross_situation", size)["params"]
    _package()
    from cogscale.libs.CSL import OneSituationCSLDataset

    one = OneSituationCSLDataset(*(list(parameters[which]) for which in ("objects", "colors", "positions")))
    sentences = [sentence.split() for sentence in one.sentences]
    words = sorted({"and", *(word for sentence in sentences for word in sentence)})
    return sentences, np.asarray(one.Y, dtype=np.float64), {word: place for place, word in enumerate(words)}


def _configured(task: str, size: str) -> Mapping[str, Any]:
    """The package's generator and its parameters."""
    found = getattr(_package().evals, f"cogscale_{size}", {}).get(task)
    if found is None:
        raise _marked_otherwise()
    configured: Mapping[str, Any] = found
    return configured


def _package() -> Any:
    try:
        import cogscale as package
    except ImportError:
        raise StatescapeError(
            "The tasks of CogScale need the package cogscale; pip install 'statescape[cogscale]'."
        ) from None
    return package


def _marked_otherwise() -> StatescapeError:
    try:
        here = version("cogscale")
    except PackageNotFoundError:
        here = "of unknown version"
    return StatescapeError(
        f"cogscale {here} marks answered steps otherwise than version 0.2.0, which statescape reads; pip install "
        "'cogscale>=0.2,<0.3'."
    )
