"""Edits: what is put in the place of the stream while a model reads a text.

Every edit is one affine map of a row x, the stream at a position or what attention or MLP add there:

    x' = c (x - D^T D x) + v

with a factor c, orthonormal rows D that are projected out, and values v. Replacing is c = 0, adding leaves x as it is,
zero is c = 0 without v, a mean is replaced by one row for all positions. Edits compose: they are done in the order
given, each on what the others left, and what comes above runs on as the model's own code has it. An edit that writes
back what was there changes nothing, to the bit.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.fitting import shown
from statescape.wording import Noun, brief

Place = Literal["stream", "attention", "mlp"]

# Singular values below this share of the largest add no direction to a subspace.
_RANK = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class Edit(Noun):
    """A change at one block; made by `replace`, `add`, `scale`, `project_out` or `zero`.

    Attributes:
        block: for the stream 0 (what enters the first block) to L (what leaves the last); for a part 1 to L.
        positions: where in the text; negative ones count from the end; None: everywhere.
        part: the stream, or what attention or MLP of the block add to it.
        factor: c.
        directions: D, orthonormal rows; None: nothing is projected out.
        values: v, one row for all positions, or one row for each; None: 0.

    Raises:
        StatescapeError: for a block that no model has, positions that are none or twice the same, numbers that are not
            finite, or arrays that do not fit each other.
    """

    block: int
    positions: tuple[int, ...] | None = None
    part: Place = "stream"
    factor: float = 1.0
    directions: Float[np.ndarray, "directions d_model"] | None = None
    values: Float[np.ndarray, "*positions d_model"] | None = None

    def __post_init__(self) -> None:
        if self.part not in ("stream", "attention", "mlp"):
            raise StatescapeError(f"An edit is of the stream, attention or mlp; got {self.part!r}.")
        least = 0 if self.part == "stream" else 1
        if self.block < least:
            first = "0: what enters the first" if least == 0 else "1: the first"
            raise StatescapeError(f"Blocks of the {self.part} count from {first}; got {self.block}.")
        if self.positions is not None and not self.positions:
            raise StatescapeError("An edit needs at least one position; leave positions out for all.")
        arrays = [each for each in (self.directions, self.values) if each is not None]
        if not math.isfinite(self.factor) or not all(np.isfinite(each).all() for each in arrays):
            raise StatescapeError("An edit is made of finite numbers; some are NaN or infinite.")
        if len({each.shape[-1] for each in arrays}) > 1:
            raise StatescapeError("Directions and values of an edit have one width.")
        rows = None if self.values is None or self.values.ndim == 1 else len(self.values)
        if self.values is not None and self.values.ndim > 2:
            raise StatescapeError("The values of an edit are one row, or one row for each position.")
        if rows is not None and self.positions is not None and rows != len(self.positions):
            raise StatescapeError(f"{len(self.positions)} positions need as many rows of values, or one; got {rows}.")

    @classmethod
    def replace(
        cls,
        block: int,
        values: Float[np.ndarray, "*positions d_model"],
        positions: Sequence[int] | int | None = None,
        part: Place = "stream",
    ) -> Edit:
        """Put ``values`` there: one row for each position, or one for all of them (a mean, an embedding).

        Args:
            block: 0 (what enters the first) to L (what leaves the last); for a part 1 to L.
            values: what is put there.
            positions: where in the text; None: everywhere.
            part: the stream, or what attention or MLP of the block add to it.
        """
        return cls(block, _listed(positions), part, 0.0, None, _array(values))

    @classmethod
    def add(
        cls,
        block: int,
        values: Float[np.ndarray, "*positions d_model"],
        positions: Sequence[int] | int | None = None,
        part: Place = "stream",
    ) -> Edit:
        """Add ``values`` to what is there; the arguments are those of `replace`."""
        return cls(block, _listed(positions), part, values=_array(values))

    @classmethod
    def scale(
        cls, block: int, factor: float, positions: Sequence[int] | int | None = None, part: Place = "stream"
    ) -> Edit:
        """Multiply what is there by ``factor``; the other arguments are those of `replace`."""
        return cls(block, _listed(positions), part, float(factor))

    @classmethod
    def zero(cls, block: int, positions: Sequence[int] | int | None = None, part: Place = "stream") -> Edit:
        """Put zeros there; the arguments are those of `replace`."""
        return cls(block, _listed(positions), part, 0.0)

    @classmethod
    def project_out(
        cls,
        block: int,
        directions: Float[np.ndarray, "*directions d_model"],
        positions: Sequence[int] | int | None = None,
        part: Place = "stream",
    ) -> Edit:
        """Take out what lies along a direction, or in the space that several span.

        Args:
            block: 0 (what enters the first) to L (what leaves the last); for a part 1 to L.
            directions: one vector or several, of any length, that need not be orthogonal.
            positions: where in the text; None: everywhere.
            part: the stream, or what attention or MLP of the block add to it.

        Raises:
            StatescapeError: for directions that are zero.
        """
        rows = np.atleast_2d(_array(directions))
        if not np.isfinite(rows).all():
            raise StatescapeError("An edit is made of finite numbers; some are NaN or infinite.")
        _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
        if not sizes.size or not sizes[0]:
            raise StatescapeError("A direction of length 0 cannot be projected out.")
        return cls(block, _listed(positions), part, directions=axes[sizes > _RANK * sizes[0]])

    def at(self, length: int) -> list[int]:
        """The positions of a text of so many tokens that are edited.

        Raises:
            StatescapeError: for a position outside the text.
        """
        if self.positions is None:
            return list(range(length))
        outside = [position for position in self.positions if not -length <= position < length]
        if outside:
            raise StatescapeError(
                f"The edit at position {outside[0]} is outside the text: its {length} tokens have positions 0 to "
                f"{length - 1} (or -{length} to -1)."
            )
        found = [position % length for position in self.positions]
        if len(set(found)) < len(found):
            raise StatescapeError("An edit names a position twice; name each once.")
        return found

    def applied(self, rows: Float[np.ndarray, "positions d_model"]) -> Float[np.ndarray, "positions d_model"]:
        """What it makes of the rows at its positions (float64)."""
        found = np.array(rows, dtype=np.float64)
        if self.directions is not None:
            found -= (found @ self.directions.T) @ self.directions
        if self.factor != 1:
            found = self.factor * found if self.factor else np.zeros_like(found)
        return found if self.values is None else found + self.values

    def __str__(self) -> str:
        done = [
            "0" if self.factor == 0 and self.values is None else "",
            "replaced" if self.factor == 0 and self.values is not None else "",
            f"less {len(self.directions)} of its directions" if self.factor and self.directions is not None else "",
            f"times {self.factor:g}" if self.factor not in (0, 1) else "",
            "plus a vector" if self.factor and self.values is not None else "",
        ]
        where = "all positions" if self.positions is None else f"position {', '.join(map(str, self.positions))}"
        part = "state" if self.part == "stream" else f"{'MLP' if self.part == 'mlp' else self.part} of block"
        return f"{part} {self.block} at {where}: {', '.join(filter(None, done)) or 'as it was'}"

    def __repr__(self) -> str:
        return brief(f"Edit of {self}")


def position_of(asked: Any, length: int) -> int:
    """A position of a text, from 0 on.

    Args:
        asked: the position; one below 0 counts from the end.
        length: tokens of the text.

    Raises:
        StatescapeError: for what is no whole number, and where the text has no such position.
    """
    try:
        position = operator.index(asked)
    except TypeError:
        raise StatescapeError(f"A position of a text is a whole number; got {shown(asked)}.") from None
    if not -length <= position < length:
        raise StatescapeError(
            f"Position {position} is outside the text: its {length} tokens have positions 0 to {length - 1} "
            f"(or -{length} to -1)."
        )
    return position % length


def positions_of(asked: slice, length: int) -> range:
    """The positions of a slice of a text.

    Raises:
        StatescapeError: for a slice of what are no whole numbers, or with a step of 0.
    """
    try:
        return range(length)[asked]
    except (TypeError, ValueError) as error:
        raise StatescapeError(f"A slice of positions goes from and to whole numbers ({error}).") from None


def require_fitting(edits: Sequence[Edit], n_blocks: int, width: int, length: int) -> None:
    """Refuse edits that a model of so many blocks and of this width cannot do on a text of so many tokens.

    Raises:
        StatescapeError: for a block, a position or a width that is not there.
    """
    for edit in edits:
        if not isinstance(edit, Edit):
            raise StatescapeError(
                f"Edits are made by Edit.replace, add, scale, project_out or zero; got {shown(edit)}."
            )
        if edit.block > n_blocks:
            raise StatescapeError(f"The model has blocks up to {n_blocks}; there is no block {edit.block} to edit.")
        for array in (edit.directions, edit.values):
            if array is not None and array.shape[-1] != width:
                raise StatescapeError(f"The stream has width {width}; the edit is made for {array.shape[-1]}.")
        rows = len(edit.at(length))
        if edit.values is not None and edit.values.ndim == 2 and len(edit.values) != rows:
            raise StatescapeError(f"{rows} positions need as many rows of values, or one; got {len(edit.values)}.")


def in_words(edits: Sequence[Edit]) -> str:
    """What outputs say of the edits of a run; a long list is cut."""
    said = "; ".join(str(edit) for edit in edits[:3])
    return brief(f"{said}; and {len(edits) - 3} more" if len(edits) > 3 else said)


def _listed(positions: Sequence[int] | int | None) -> tuple[int, ...] | None:
    """Positions as a tuple of whole numbers."""
    if positions is None:
        return None
    given = np.atleast_1d(np.asarray(positions))
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise StatescapeError(f"Positions of an edit are whole numbers; got {shown(positions)}.")
    return tuple(int(position) for position in given)


def _array(values: np.ndarray) -> Float[np.ndarray, "*rows d_model"]:
    """A copy that nobody writes to."""
    found = np.array(values, dtype=np.float64)
    if found.ndim not in (1, 2) or not found.size:
        raise StatescapeError(f"An edit takes a vector or rows of vectors; got shape {found.shape}.")
    found.setflags(write=False)
    return found
