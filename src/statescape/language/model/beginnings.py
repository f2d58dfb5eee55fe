"""What a model keeps of texts that it has read, so that edited copies of their beginnings need not read them again.

A copy that is edited at position p of a text goes on from keys and values of what stands before p. These are cut out of
the cache of a pass over the whole text, whether that pass has just been made or is made for them: the numbers are the
same, to the bit.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

# What these keep is put behind each other anew and never written to, so that several can share one copy.
NEVER_WRITTEN = (DynamicLayer, DynamicSlidingWindowLayer)


@dataclass(eq=False)
class Beginnings:
    """Caches of the texts that were read last, within a bound; several threads may ask.

    Attributes:
        most: bytes of all caches together.
    """

    most: int
    _kept: OrderedDict[tuple[int, ...], DynamicCache] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, ids: Sequence[int], past: DynamicCache) -> None:
        """Keep the cache of a text; those that were kept longest ago go."""
        with self._lock:
            self._kept[tuple(ids)] = past
            sizes = [_size(one) for one in self._kept.values()]
            while sum(sizes) > self.most:
                self._kept.popitem(last=False)
                del sizes[0]

    def of(self, ids: Sequence[int]) -> DynamicCache | None:
        """The cache of a text, which is needed once; None where it is not there."""
        with self._lock:
            return self._kept.pop(tuple(ids), None)


def cut(past: DynamicCache, start: int, length: int) -> DynamicCache | None:
    """What a cache has of the first ``start`` positions; None where it is of another kind, or has lost some.

    Args:
        past: the cache of a text.
        start: how many positions.
        length: how many the text has.
    """
    if not is_whole(past, length):
        return None
    own = copy.copy(past)
    own.layers = [copy.copy(layer) for layer in past.layers]
    for layer in own.layers:
        layer.keys, layer.values = layer.keys[..., :start, :], layer.values[..., :start, :]
        if isinstance(layer, DynamicSlidingWindowLayer):
            layer.cumulative_length = start
    return own


def is_whole(past: DynamicCache, length: int) -> bool:
    """Whether every layer of a cache has keys and values of all of so many positions."""
    return all(
        type(layer) in NEVER_WRITTEN and layer.is_initialized and layer.keys.shape[-2] == length
        for layer in past.layers
    )


def _size(past: DynamicCache) -> int:
    """Bytes of a cache."""
    tensors = (tensor for layer in past.layers if layer.is_initialized for tensor in (layer.keys, layer.values))
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
