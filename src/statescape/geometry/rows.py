"""Rows of a matrix that is a multiple of another: some are made when they are read, so that there is no second copy.

The embeddings of Gemma are 25.3 times its matrix of 262,144 tokens, 671 MB. Few of them are needed at a time: those of
some tokens, or block after block. NumPy's functions take all of them at once, and then there is a copy for as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float
from numpy.lib.mixins import NDArrayOperatorsMixin

from statescape.wording import Noun


@dataclass(frozen=True, eq=False, repr=False)
class Multiple(Noun, NDArrayOperatorsMixin):
    """A matrix times a factor, which reads as the array of the products.

    Attributes:
        matrix: the matrix, which is not copied.
        factor: what every number of it is multiplied by.
    """

    matrix: Float[np.ndarray, "n d"]
    factor: float

    def __repr__(self) -> str:
        rows, width = self.matrix.shape
        return f"Multiple of {rows:,} rows of width {width:,}: {self.factor:.4g} times a matrix"

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and width."""
        return self.matrix.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the matrix."""
        return self.matrix.dtype

    @property
    def ndim(self) -> int:
        """Two."""
        return self.matrix.ndim

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.matrix.size

    def __len__(self) -> int:
        return len(self.matrix)

    def __getitem__(self, which: Any) -> Any:
        return self.matrix[which] * self.matrix.dtype.type(self.factor)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype=dtype)

    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = (np.asarray(one) if isinstance(one, Multiple) else one for one in inputs)
        return getattr(function, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)


Rows: TypeAlias = np.ndarray | Multiple
"""A matrix of which some rows are read at a time."""
