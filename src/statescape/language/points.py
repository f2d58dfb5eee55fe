"""Names of the points at which the residual stream can be read: s_0 to s_L, and the middle of every block.

A state is named by its number (``5``, ``-1``, ``"s_5"``) or as TransformerLens names it: ``blocks.5.hook_resid_pre`` is
s_5, ``blocks.5.hook_resid_post`` is s_6, and ``blocks.5.hook_resid_mid`` is s_5 plus what the attention of that block
adds.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from statescape.errors import StatescapeError

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
