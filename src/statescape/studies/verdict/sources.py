"""How those who read a corpus come by a model: loaded once in a process, with a twin for each thread of ours."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from statescape.errors import StatescapeError
from statescape.language.readable import HasMemory, HasRandomWeights, HasTwins
from statescape.runs import Executor
from statescape.runs.executor import Lent

if TYPE_CHECKING:
    from statescape.language import ReadableModel

REMEMBERED = 2**29
"""Bytes that a model keeps of documents that chance was measured on, to go on from when they are read."""

T = TypeVar("T")
R = TypeVar("R")
_ONE_AT_A_TIME = threading.Lock()  # where workers are threads of others: hooks see every pass through a model
_BESIDE = threading.local()  # in threads of ours, twins of the models that these run


@dataclass(frozen=True, eq=False)
class ModelSource:
    """How a worker comes by a model.

    Attributes:
        model: a folder, a hub name, None for the bundled one, or a model in memory (which stays in its process).
        bos: as `load_model` takes it.
        device: as `load_model` takes it.
        dtype: as `load_model` takes it.
        random_seed: draw its weights anew with this seed; None leaves it as it was trained.
        flipped: open passages with BOS where the model does not, and without where it does.
    """

    model: Any
    bos: bool | None = None
    device: str | None = None
    dtype: str | None = None
    random_seed: int | None = None
    flipped: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelSource) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[Any, ...]:
        """A model in memory is known by being the same object: those of others may have no hash."""
        model = id(self.model) if self.in_memory else self.model
        return model, self.bos, self.device, self.dtype, self.random_seed, self.flipped

    def randomised(self, seed: int) -> ModelSource:
        """The same model with weights drawn anew."""
        return replace(self, random_seed=seed)

    def other_bos(self) -> ModelSource:
        """The same model with the other policy on BOS."""
        return replace(self, flipped=True)

    @property
    def in_memory(self) -> bool:
        """Whether the model is an object of this process."""
        return self.model is not None and not isinstance(self.model, str | os.PathLike)


@lru_cache(maxsize=4)
def loaded(source: ModelSource) -> ReadableModel:
    """The model of a source, loaded once in this process.

    Raises:
        StatescapeError: where it cannot be read, cannot be drawn anew, or has no BOS to open passages with.
    """
    from statescape.language import load_model

    if source.random_seed is not None or source.flipped:
        model = loaded(replace(source, random_seed=None, flipped=False))
        if source.random_seed is not None:
            if not isinstance(model, HasRandomWeights):
                raise StatescapeError(f"{model.facts.name} cannot be drawn anew.")
            model = model.with_random_weights(source.random_seed)
        flipped: ReadableModel = load_model(model, bos=not model.facts.has_bos) if source.flipped else model
        return flipped
    found: ReadableModel = (
        load_model(source.model)
        if source.in_memory
        else load_model(source.model, bos=source.bos, device=source.device, dtype=source.dtype)
    )
    return found.remembering(REMEMBERED) if isinstance(found, HasMemory) else found


@contextmanager
def beside(workers: int) -> Iterator[Executor]:
    """Threads of this process, each with a twin of every model that it runs: none has to start and load anything."""
    with ThreadPoolExecutor(workers, initializer=lambda: setattr(_BESIDE, "twins", {})) as pool:
        try:
            yield Lent(pool, workers)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def alone() -> AbstractContextManager[object]:
    """Nobody else runs a model meanwhile, but where each has its own."""
    return nullcontext() if hasattr(_BESIDE, "twins") else _ONE_AT_A_TIME


def own(source: ModelSource) -> ReadableModel:
    """The model of a source, for this thread."""
    model, twins = loaded(source), getattr(_BESIDE, "twins", None)
    if twins is None:
        return model
    assert isinstance(model, HasTwins)  # or there would be no such thread
    if source not in twins:
        with _ONE_AT_A_TIME:
            twins[source] = model.twin()
    found: ReadableModel = twins[source]
    return found


def done_by(executor: Executor, function: Callable[[T], R], tasks: list[T]) -> list[R]:
    """What comes of every task; torch has one thread meanwhile, wherever they are worked on."""
    from statescape.language.lens.workers import one_torch_thread

    with one_torch_thread():
        return executor.map(function, tasks)


def on_gpu(model: ReadableModel) -> bool:
    """Whether its passes run elsewhere than on this processor."""
    from statescape.language.model.decoder import decoder_of

    return decoder_of(model).device.type != "cpu"
