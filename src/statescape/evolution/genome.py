"""A genome: small named arrays in which an entry that is not 0 is an edge, a band, a tile.

What the arrays mean is told by the encoding; operators only need to know that entries come and go. A genome is frozen,
compares by content, and is written as bytes that are the same for the same genome: indices and values of the entries
that are not 0, compressed, no objects.
"""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.wording import Noun

_MAGIC = b"G1"
_INPUTS, _RADIUS = "W_in", "sr"
# Entries that a genome may have where nobody says; bytes of one at most, and of all names and shapes.
MOST_ENTRIES = 10**7
_ENTRY_BYTES, _NAME_BYTES = 12, 10**4


@dataclass(frozen=True, eq=False)
class Genome(Noun):
    """What evolves.

    Attributes:
        genes: the encoding's arrays by name, float64; they are made read-only.
        W_in: input weights where they evolve, before `input_scaling`.
        sr: spectral radius where it evolves.
    """

    genes: Mapping[str, np.ndarray]
    W_in: Float[np.ndarray, "units inputs"] | None = None
    sr: float | None = None

    def __post_init__(self) -> None:
        for array in self._arrays().values():
            array.setflags(write=False)

    def to_bytes(self) -> bytes:
        """The genome as bytes: same genome, same bytes."""
        return zlib.compress(self._content, 1)

    @cached_property
    def _content(self) -> bytes:
        parts = [_MAGIC]
        for name, array in self._arrays().items():
            flat = array.ravel()
            at = np.flatnonzero(flat)
            label = name.encode()
            parts.append(struct.pack(f"<BB{array.ndim}II", len(label), array.ndim, *array.shape, len(at)) + label)
            steps = at.astype("<u4")
            steps[1:] -= steps[:-1].copy()
            parts.append(steps.tobytes())
            values = flat[at]
            small = values.astype(np.int8)
            exact = bool((small == values).all())
            parts.append(b"i" + small.tobytes() if exact else b"f" + values.astype("<f8").tobytes())
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes, most: int = MOST_ENTRIES) -> Genome:
        """Read what `to_bytes` wrote.

        Args:
            data: the bytes.
            most: entries of all arrays together; a few bytes can name very many.

        Raises:
            StatescapeError: for anything else.
        """
        try:
            opened = zlib.decompressobj()
            raw = opened.decompress(data, _ENTRY_BYTES * most + _NAME_BYTES)
            if not opened.eof:
                raise ValueError("larger than it may be, or cut off")
            arrays = _parse(raw, most)
            W_in, sr = arrays.pop(_INPUTS, None), arrays.pop(_RADIUS, None)
            return cls(arrays, W_in, None if sr is None else float(sr[0]))
        except (zlib.error, struct.error, ValueError, IndexError, MemoryError):
            raise StatescapeError("These bytes are no genome that statescape wrote.") from None

    @cached_property
    def digest(self) -> bytes:
        """A hash of the content."""
        return hashlib.blake2b(self._content, digest_size=16).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Genome) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = dict(self.genes)
        if self.W_in is not None:
            arrays[_INPUTS] = self.W_in
        if self.sr is not None:
            arrays[_RADIUS] = np.array([self.sr])
        return arrays


def _parse(raw: bytes, most: int) -> dict[str, np.ndarray]:
    if raw[:2] != _MAGIC:
        raise ValueError("not a genome")
    arrays, position = {}, 2
    while position < len(raw):
        length, ndim = struct.unpack_from("<BB", raw, position)
        *shape, count = struct.unpack_from(f"<{ndim + 1}I", raw, position + 2)
        position += 2 + 4 * (ndim + 1)
        name = raw[position : position + length].decode()
        position += length
        at = np.cumsum(np.frombuffer(raw, "<u4", count, position).astype(np.int64))
        position += 4 * count
        kind = raw[position : position + 1]
        if kind not in (b"i", b"f"):
            raise ValueError("not a genome")
        values = np.frombuffer(raw, np.int8 if kind == b"i" else "<f8", count, position + 1)
        position += 1 + values.nbytes
        size = math.prod(shape)
        most -= size
        if most < 0:
            raise ValueError("more entries than there may be")
        array = np.zeros(size)
        array[at] = values
        arrays[name] = array.reshape(shape)
    return arrays
