"""Lenses: readings of intermediate states in the vocabulary, and the points of the stream where they read.

Every lens maps a state to where the last state lives and lets the model decode it there, decode(T_l s_l):

    logit lens     T_l s = s                    (nostalgebraist 2020)
    tuned lens     T_l s = A_l s + b_l          (Belrose et al. 2023, arXiv:2303.08112; trained for the smallest KL)
    Jacobian lens  T_l s = E[d s_L / d s_l] s   (the mean over a corpus; jacobian-lens)

A lens says which states it reads. A state is named by its number (``5``, ``-1``, ``"s_5"``) or as TransformerLens names
it: ``blocks.5.hook_resid_pre`` is s_5, ``blocks.5.hook_resid_post`` is s_6, and ``blocks.5.hook_resid_mid`` is s_5 plus
what the attention of that block adds. The last state is the model's own answer under every lens: T_L is the identity.
Anyone's object of three members is a lens; under a name it is one of the command line too (`register_lens`, or the
entry points ``statescape.lenses`` of an installed package).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.language.readable import ReadableModel
from statescape.registry import Registry
from statescape.wording import Noun, brief

_HOOK = re.compile(r"blocks\.(\d+)\.hook_resid_(pre|mid|post)")
_NUMBER = re.compile(r"(?:s_)?(-?\d+)")


@dataclass(frozen=True, order=True)
class Point:
    """Where the stream is read.

    Attributes:
        state: l of the state s_l.
        middle: whether what the attention of the block behind s_l adds is already in it.
    """

    state: int
    middle: bool = False

    @property
    def name(self) -> int | str:
        """The number of the state, or TransformerLens's name of the middle of a block."""
        return f"blocks.{self.state}.hook_resid_mid" if self.middle else self.state

    def __str__(self) -> str:
        return f"{self.state} mid" if self.middle else str(self.state)


def point(name: int | str, n_blocks: int) -> Point:
    """The point of a name, for a model of ``n_blocks`` blocks.

    Raises:
        StatescapeError: if the name is none, or the model has no such state.
    """
    number = _NUMBER.fullmatch(str(name).strip())
    hook = _HOOK.fullmatch(str(name).strip())
    if number:
        state, middle = int(number[1]), False
        state += n_blocks + 1 if state < 0 else 0
    elif hook:
        state, middle = int(hook[1]) + (hook[2] == "post"), hook[2] == "mid"
        if int(hook[1]) >= n_blocks:
            raise StatescapeError(f"There is no {name}: the model has blocks 0 to {n_blocks - 1}.")
    else:
        hooks = [f"blocks.{block}.hook_resid_{where}" for block in range(n_blocks) for where in ("pre", "mid", "post")]
        near = difflib.get_close_matches(str(name).strip(), hooks, n=1)
        raise StatescapeError(
            f"{str(name)!r} names no state; give a number from 0 to {n_blocks}, or blocks.N.hook_resid_pre, _mid or "
            f"_post.{f' Did you mean {near[0]}?' if near else ''}"
        )
    if not 0 <= state <= n_blocks:
        raise StatescapeError(f"There is no state {name}: the model has s_0 to s_{n_blocks}.")
    return Point(state, middle)


@runtime_checkable
class Lens(Protocol):
    """What maps states to where the last one lives."""

    @property
    def name(self) -> str:
        """What tables call it."""

    @property
    def reads(self) -> tuple[int, ...] | None:
        """The states before the last that it reads, by number; None where it reads anywhere."""

    def transform(
        self, states: Float[np.ndarray, "positions d_model"], point: Point
    ) -> Float[np.ndarray, "positions d_model"]:
        """T_l s of the states at one point, which is one that it reads."""


@dataclass(frozen=True)
class LogitLens(Noun):
    """States as they are. It reads at every point, the middle of blocks included."""

    name: str = "logit"
    reads: tuple[int, ...] | None = None

    def transform(
        self, states: Float[np.ndarray, "positions d_model"], point: Point
    ) -> Float[np.ndarray, "positions d_model"]:
        """The states themselves."""
        del point
        return states


@dataclass(frozen=True, eq=False)
class TunedLens(Noun):
    """An affine map for every state it reads.

    Attributes:
        reads: the states it reads, in the order of the maps.
        matrices: A_l.
        biases: b_l.
        name: what tables call it.
        note: what is known about its origin and could not be checked.

    Raises:
        StatescapeError: for maps and biases that do not fit each other, or numbers that are not finite.
    """

    reads: tuple[int, ...]
    matrices: Float[np.ndarray, "maps d_model d_model"]
    biases: Float[np.ndarray, "_ _"]
    name: str = "tuned"
    note: str = ""

    def __post_init__(self) -> None:
        _refuse_misfits(self.reads, self.matrices, self.biases)

    def __repr__(self) -> str:
        return _in_brief(self)

    def transform(
        self, states: Float[np.ndarray, "positions d_model"], point: Point
    ) -> Float[np.ndarray, "positions d_model"]:
        """A_l s + b_l."""
        place = _place(self, point, states)
        return np.asarray(states @ self.matrices[place].T + self.biases[place])


@dataclass(frozen=True, eq=False)
class JacobianLens(Noun):
    """The mean Jacobian of the last state with respect to every state it reads.

    Attributes:
        reads: the states it reads, in the order of the matrices.
        matrices: J_l.
        name: what tables call it.
        note: what is known about its origin and could not be checked.
    """

    reads: tuple[int, ...]
    matrices: Float[np.ndarray, "maps d_model d_model"]
    name: str = "Jacobian"
    note: str = ""

    def __post_init__(self) -> None:
        _refuse_misfits(self.reads, self.matrices)

    def __repr__(self) -> str:
        return _in_brief(self)

    def transform(
        self, states: Float[np.ndarray, "positions d_model"], point: Point
    ) -> Float[np.ndarray, "positions d_model"]:
        """J_l s."""
        return np.asarray(states @ self.matrices[_place(self, point, states)].T)


def points_read(lens: Lens, n_blocks: int) -> tuple[Point, ...]:
    """The states that a lens reads in a model of ``n_blocks`` blocks, the last one always among them."""
    states = range(n_blocks) if lens.reads is None else sorted(lens.reads)
    return (*map(Point, states), Point(n_blocks))


LENSES: Registry[Callable[[ReadableModel], Lens]] = Registry(
    "lens", "statescape.lenses", {"logit": lambda _: LogitLens()}
)
"""What makes the lens of a name for a model."""


def register_lens(name: str, make: Callable[[ReadableModel], Lens] | None = None) -> Any:
    """Give a lens a name, for this session; without a lens, a decorator.

    Args:
        name: how `load_lens`, `trace.lens` and the command line ask for it.
        make: from the model that will decode to the lens: a function, or the lens's own class.

    Raises:
        StatescapeError: for a name that is built in or that an installed package offers.
    """
    return LENSES.register(name) if make is None else LENSES.register(name, make)


def moved(
    lens: Lens, states: Float[np.ndarray, "positions d_model"], point: Point
) -> Float[np.ndarray, "positions d_model"]:
    """T_l s by any lens, in float32.

    Raises:
        StatescapeError: where it does not read at this point, or gives states of another shape.
    """
    if lens.reads is not None and (point.middle or point.state not in lens.reads):
        known = ", ".join(map(str, sorted(lens.reads)))
        raise StatescapeError(f"The {lens.name} lens does not read at {point.name}; it reads the states {known}.")
    found = np.asarray(lens.transform(states, point), dtype=np.float32)
    if found.shape != states.shape:
        raise StatescapeError(f"The {lens.name} lens makes {found.shape} of states {states.shape}; it keeps the shape.")
    return found


def _in_brief(lens: TunedLens | JacobianLens) -> str:
    reads = ", ".join(map(str, lens.reads))
    return brief(f"{type(lens).__name__} {lens.name!r} for width {lens.matrices.shape[1]}: reads the states {reads}")


def _place(lens: TunedLens | JacobianLens, point: Point, states: np.ndarray) -> int:
    if states.shape[-1] != lens.matrices.shape[1]:
        raise StatescapeError(
            f"The {lens.name} lens is for width {lens.matrices.shape[1]}; these states have width {states.shape[-1]}."
        )
    return lens.reads.index(point.state)


def _refuse_misfits(reads: tuple[int, ...], matrices: np.ndarray, biases: np.ndarray | None = None) -> None:
    for name, numbers in (("matrices", matrices), ("biases", biases)):
        if numbers is not None and not (isinstance(numbers, np.ndarray) and numbers.dtype.kind == "f"):
            raise StatescapeError(f"The {name} of a lens are an array of floating point numbers.")
    if (
        not reads
        or any(not isinstance(state, int | np.integer) or state < 0 for state in reads)
        or len(set(reads)) != len(reads)
    ):
        raise StatescapeError(f"A lens reads different states, counted from 0; got {list(reads)}.")
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2] or len(matrices) != len(reads):
        raise StatescapeError(f"{len(reads)} states need as many square matrices; got shape {matrices.shape}.")
    if biases is not None and biases.shape != matrices.shape[:2]:
        raise StatescapeError(f"{len(matrices)} maps need as many biases; got shape {biases.shape}.")
    if not all(np.isfinite(numbers).all() for numbers in (matrices, biases) if numbers is not None):
        raise StatescapeError("The lens holds numbers that are NaN or infinite; fit it again.")
