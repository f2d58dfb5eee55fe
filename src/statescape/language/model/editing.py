"""How a torch model runs with edits: hooks that rewrite the stream, or what a part adds to it, and always go.

Many edited copies of one text are rows of one batch, each row with its own edits. Below the lowest edit of a batch the
states are those of the text itself, so these blocks hand them on without running, where a probe has shown that nothing
but the stream passes from block to block. What stands in front of the first edited position is read once, and copies go
on from the model's own cache, where a probe has shown that this changes nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import nn
from transformers import DynamicCache

from statescape.errors import StatescapeError
from statescape.language.edits import Edit
from statescape.language.model.anatomy import Anatomy
from statescape.language.model.beginnings import NEVER_WRITTEN
from statescape.language.model.contract import ROUNDING
from statescape.language.model.hooks import forwarding, hooked, stopping_before, stream_among
from statescape.language.model.parts import Part, Parts

Rows = Sequence[tuple[int, Edit]]

# Copies of one row: enough to be bound by arithmetic, few enough that most begin at a block of their own.
_ABREAST = 50


@torch.inference_mode()
def edited_states(
    anatomy: Anatomy, parts: Parts | None, ids: Int[torch.Tensor, " positions"], edits: Sequence[Edit]
) -> Float[torch.Tensor, "states positions d_model"]:
    """The states of a text as the edits leave them."""
    with _edited(anatomy, parts, [edits]):
        return anatomy.states(ids)


@torch.inference_mode()
def last_states(
    anatomy: Anatomy,
    parts: Parts | None,
    ids: Int[torch.Tensor, " positions"],
    copies: Sequence[Sequence[Edit]],
    batch: int,
    below: Float[torch.Tensor, "states _ d_model"] | None,
    start: int = 0,
    everywhere: bool = False,
    past: DynamicCache | None = None,
) -> Float[torch.Tensor, "copies *positions d_model"]:
    """s_L at the last position of copies of a text, each with its own edits.

    Args:
        anatomy: the model.
        parts: its attention and MLP, where an edit is of them.
        ids: the text.
        copies: the edits of each copy.
        batch: most copies of one pass.
        below: the text's own states from ``start`` on, to go on from; None: every pass runs from the embedding.
        start: position from which on copies run, none of which is edited before it; what stands there is read once.
        everywhere: s_L at every position from ``start`` on, not at the last alone.
        past: what the model keeps of what stands before ``start``; None: it is read.
    """
    past = read(anatomy, ids[:start]) if start and past is None else past
    copies = [[_seen_from(edit, start, len(ids)) for edit in edits] for edits in copies]
    starts = [min((_runs_from(edit) for edit in edits), default=len(anatomy.blocks)) for edits in copies]
    order = sorted(range(len(copies)), key=lambda index: starts[index])
    found = torch.empty((len(copies), *([len(ids) - start] if everywhere else []), anatomy.d_model))
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        with ExitStack() as stack:
            stack.enter_context(_edited(anatomy, parts, [copies[row] for row in rows]))
            if below is not None:
                stack.enter_context(_resumed(anatomy, below[: starts[rows[0]] + 1], len(rows)))
            last = _last(anatomy, ids[start:].expand(len(rows), -1), _repeated(past, len(rows)))
            found[rows] = (last if everywhere else last[:, -1]).cpu()
    return found


@torch.inference_mode()
def last_states_abreast(
    anatomy: Anatomy,
    parts: Parts | None,
    token: int,
    copies: Sequence[Sequence[Edit]],
    below: Float[torch.Tensor, "states 1 d_model"] | None,
    past: DynamicCache,
) -> Float[torch.Tensor, "copies d_model"]:
    """s_L of copies of a text's last token, each with its own edits there, side by side in one row.

    Every copy is a position that sees what stands before the token, and itself. So all share the one cache of that.

    Args:
        anatomy: the model.
        parts: its attention and MLP, where an edit is of them.
        token: the id of the last token.
        copies: the edits of each copy, all of its last position.
        below: the text's own states there, to go on from; None: every pass runs from the embedding.
        past: what the model keeps of what stands before the token.
    """
    start = past.get_seq_length()
    starts = [min((_runs_from(edit) for edit in edits), default=len(anatomy.blocks)) for edits in copies]
    order = sorted(range(len(copies)), key=lambda index: starts[index])
    found = torch.empty((len(copies), anatomy.d_model))
    for at in range(0, len(order), _ABREAST):
        rows = order[at : at + _ABREAST]
        count = len(rows)
        edits = [replace(edit, positions=(place,)) for place, row in enumerate(rows) for edit in copies[row]]
        seen = torch.cat([torch.ones(count, start), torch.eye(count)], dim=1)
        mask = torch.zeros_like(seen).masked_fill(seen == 0, torch.finfo(anatomy.network.dtype).min)
        with ExitStack() as stack:
            stack.enter_context(_edited(anatomy, parts, [edits]))
            if below is not None:
                ours = below[: starts[rows[0]] + 1].expand(-1, count, -1)
                stack.enter_context(_resumed(anatomy, ours, 1))
            placed = mask[None, None].to(anatomy.network.dtype), torch.full((1, count), start)
            found[rows] = _last(anatomy, torch.full((1, count), token), _repeated(past, 1), *placed)[0].cpu()
    return found


@torch.inference_mode()
def runs_abreast(anatomy: Anatomy, ids: Int[torch.Tensor, " positions"]) -> bool:
    """Whether copies of a text's last token say the same side by side in one row."""
    n_blocks = len(anatomy.blocks)
    copies = [
        [Edit.scale(block, factor, -1)] for block in sorted({0, n_blocks // 2, n_blocks}) for factor in (0.5, 2.0)
    ]
    plain = last_states(anatomy, None, ids, copies, 1, None)
    try:
        past = read(anatomy, ids[:-1])
        abreast = last_states_abreast(anatomy, None, int(ids[-1]), copies, None, past)
    except Exception:  # whatever foreign code raises: it takes no such mask
        return False
    return bool((abreast - plain).abs().max() <= ROUNDING.get(anatomy.stream_dtype, 0.0) * plain.abs().max())


def first_edited(copies: Sequence[Sequence[Edit]], length: int) -> int:
    """The first position of a text of so many tokens that any of the copies edits; the last where none does."""
    return min((min(edit.at(length)) for edits in copies for edit in edits), default=length - 1)


@torch.inference_mode()
def copies_go_on(anatomy: Anatomy, ids: Int[torch.Tensor, " positions"]) -> bool:
    """Whether edited copies say the same when what stands before the edits is read once and kept in a cache."""
    cut, n_blocks = len(ids) // 2, len(anatomy.blocks)
    blocks = sorted({0, (n_blocks + 1) // 2, n_blocks})
    copies = [[Edit.scale(block, 0.5, position)] for block in blocks for position in (cut, len(ids) - 1)]
    plain = last_states(anatomy, None, ids, copies, 1, None)
    try:
        cached = last_states(anatomy, None, ids, copies, len(copies), None, cut)
    except Exception:  # whatever foreign code raises: its cache is of another kind
        return False
    return bool((cached - plain).abs().max() <= ROUNDING.get(anatomy.stream_dtype, 0.0) * plain.abs().max())


@torch.inference_mode()
def blocks_resume(anatomy: Anatomy, ids: Int[torch.Tensor, " positions"]) -> bool:
    """Whether the blocks above a state need nothing but that state: tried at a low, a middle and the last cut."""
    if any(isinstance(value, torch.Tensor) for frame in anatomy.frames for value in frame or ()):
        return False
    states, n_blocks = anatomy.states(ids), len(anatomy.blocks)
    allowed = ROUNDING.get(anatomy.stream_dtype, 0.0) * float(states.abs().max())
    for cut in sorted({1, (n_blocks + 1) // 2, n_blocks - 1} - {0}):
        with _resumed(anatomy, states[: cut + 1], 2):
            again = anatomy.batch_states(ids.expand(2, -1))[:, 1]
        if not bool((again[cut:] - states[cut:]).abs().max() <= allowed):
            return False
    return True


def _runs_from(edit: Edit) -> int:
    """Number of the highest state that the edit does not change, or of the stream that it does change."""
    return edit.block if edit.part == "stream" else edit.block - 1


@torch.inference_mode()
def read(anatomy: Anatomy, ids: Int[torch.Tensor, " positions"]) -> DynamicCache:
    """What the model keeps of a text, or of its beginning, to go on from."""
    past = DynamicCache(config=anatomy.network.config)
    with stopping_before(anatomy.head):
        anatomy.run(ids[None], past=past)
    return past


def _repeated(past: DynamicCache | None, rows: int) -> DynamicCache | None:
    """The same for each row of a batch, which may go on as it likes."""
    if past is None:
        return None
    if any(type(layer) not in NEVER_WRITTEN for layer in past.layers):
        own = copy.deepcopy(past)
        own.batch_repeat_interleave(rows)
        return own
    own = copy.copy(past)
    own.layers = [copy.copy(layer) for layer in past.layers]
    for layer in own.layers:
        if layer.is_initialized:
            layer.keys, layer.values = (kept.expand(rows, *kept.shape[1:]) for kept in (layer.keys, layer.values))
    return own


def _seen_from(edit: Edit, start: int, length: int) -> Edit:
    """The same edit of a text that begins at ``start``."""
    return replace(edit, positions=tuple(at - start for at in edit.at(length))) if start else edit


def _last(
    anatomy: Anatomy,
    ids: Int[torch.Tensor, "batch positions"],
    past: DynamicCache | None,
    mask: Float[torch.Tensor, "batch 1 positions seen"] | None = None,
    position_ids: Int[torch.Tensor, "batch positions"] | None = None,
) -> Float[torch.Tensor, "batch positions d_model"]:
    """s_L, without running the head."""
    kept: list[torch.Tensor] = []

    def keep(_: nn.Module, __: Any, output: Any) -> None:
        kept.append(_first(output).float())

    with hooked(anatomy.blocks[-1].register_forward_hook(keep)), stopping_before(anatomy.head):
        anatomy.run(ids, mask, past, position_ids)
    return kept[0]


@contextmanager
def _resumed(anatomy: Anatomy, states: Float[torch.Tensor, "states positions d_model"], rows: int) -> Iterator[None]:
    """The blocks below the last of ``states`` hand these on without running."""
    stream = states.to(anatomy.network.device, anatomy.stream_dtype)
    with ExitStack() as stack:
        for block, frame, left in zip(anatomy.blocks, anatomy.frames, stream[1:], strict=False):
            answer = left.expand(rows, -1, -1).contiguous()  # code of models may view it in other shapes
            whole = answer if frame is None else type(frame)([answer, *frame])
            stack.enter_context(forwarding(block, lambda *_, whole=whole, **__: whole))
        yield


@contextmanager
def _edited(anatomy: Anatomy, parts: Parts | None, copies: Sequence[Sequence[Edit]]) -> Iterator[None]:
    """Rows of a batch run with their own edits."""
    sites: dict[tuple[str, int], list[tuple[int, Edit]]] = {}
    for row, edits in enumerate(copies):
        for edit in edits:
            sites.setdefault((edit.part, edit.block), []).append((row, edit))
    with ExitStack() as stack:
        for (part, block), rows in sorted(sites.items(), key=lambda item: item[0][0] != "stream"):
            if part == "stream":
                stack.enter_context(_stream_edited(anatomy, block, rows))
            elif parts is None:
                raise StatescapeError("Attention and MLP of this model cannot be told apart; edit its stream.")
            else:
                side = parts.attention if part == "attention" else parts.mlp
                stack.enter_context(_part_edited(anatomy.blocks[block - 1], side[block - 1], rows))
        yield


@contextmanager
def _stream_edited(anatomy: Anatomy, block: int, rows: Rows) -> Iterator[None]:
    """What enters the first block (0) or leaves another is rewritten."""

    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        entered = next(value for value in [*args, *kwargs.values()] if stream_among([value]) is not None)
        new = _rewritten(entered, rows)
        swapped = {name: new if value is entered else value for name, value in kwargs.items()}
        return tuple(new if value is entered else value for value in args), swapped

    def leave(_: nn.Module, __: Any, output: Any) -> Any:
        return _with_first(output, _rewritten(_first(output), rows))

    if block == 0:
        handle: Any = anatomy.blocks[0].register_forward_pre_hook(enter, with_kwargs=True)
    else:
        handle = anatomy.blocks[block - 1].register_forward_hook(leave)
    with hooked(handle):
        yield


@contextmanager
def _part_edited(block: nn.Module, part: Part, rows: Rows) -> Iterator[None]:
    """What a part adds to the stream is rewritten; where an edit leaves it as it was, its output stays to the bit."""
    entered: list[torch.Tensor] = []

    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        stream = stream_among([*args, *kwargs.values()])
        assert stream is not None  # as the probe pass has shown
        entered[:] = [stream]

    def leave(_: nn.Module, __: Any, output: Any) -> Any:
        stream, own = entered[0].float(), _first(output)
        added = part.added(own.float().reshape(stream.shape), stream)
        edited = _rewritten(added, rows)
        new = edited / part.factor + (stream if part.with_stream else 0)
        written = torch.where(edited == added, own.reshape(stream.shape), new.to(own.dtype))
        return _with_first(output, written.reshape(own.shape))

    with (
        hooked(block.register_forward_pre_hook(enter, with_kwargs=True)),
        hooked(part.module.register_forward_hook(leave)),
    ):
        yield


def _rewritten(
    stream: Float[torch.Tensor, "batch positions d_model"], rows: Rows
) -> Float[torch.Tensor, "batch positions d_model"]:
    """A copy in which each of these rows is edited, one edit after the other."""
    new = stream.clone()
    for row, edit in rows:
        at = edit.at(new.shape[1])
        new[row, at] = torch.from_numpy(edit.applied(new[row, at].double().cpu().numpy())).to(new)
    return new


def _first(output: Any) -> torch.Tensor:
    """The tensor that a module puts out first."""
    found: torch.Tensor = output[0] if isinstance(output, tuple | list) else output
    return found


def _with_first(output: Any, first: torch.Tensor) -> Any:
    """The output with another tensor in the first one's place."""
    return type(output)([first, *output[1:]]) if isinstance(output, tuple | list) else first
