"""Where the residual stream of a causal language model runs, found by measuring.

A probe pass with hooks shows which list of modules hands one tensor [positions, d_model] on from member to member:
these are the blocks, what enters the first is s_0, what leaves block l is s_l. Everything else is the model's own code,
and stays so: to decode a state, the model runs with its blocks bypassed and the state in the place of their output.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import nn

from statescape.errors import StatescapeError
from statescape.language.model.hooks import (
    Stopped,
    answering,
    evaluating,
    forwarding,
    frozen,
    hooked,
    stopping_before,
    stream_among,
    watching,
)


@dataclass(frozen=True, eq=False)
class LoadedWeights:
    """The weights of a network as they were: looked at before every pass, so without a walk through its modules.

    Attributes:
        modules: all that the network had.
        signature: which modules and tensors each held, where these lie, and how often they had been written to.
    """

    modules: tuple[nn.Module, ...]
    signature: tuple[int, ...]

    @classmethod
    def of(cls, network: nn.Module) -> LoadedWeights:
        """As they are now."""
        modules = tuple(network.modules())
        return cls(modules, _signature(modules))

    def unchanged(self) -> bool:
        """Whether they are what they were."""
        return _signature(self.modules) == self.signature


def _signature(modules: Iterable[nn.Module]) -> tuple[int, ...]:
    """What modules hold: other modules (one that was exchanged is held by another that was not), and weights."""
    found: list[int] = []
    for module in modules:
        found += map(id, module._modules.values())
        for weight in module._parameters.values():
            if weight is not None:
                found += (id(weight), weight.data_ptr(), 0 if weight.is_inference() else weight._version)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A causal language model with its blocks and its head pointed out.

    Attributes:
        network: the Hugging Face model; it runs in evaluation mode, whatever mode it is in.
        blocks: the modules that the residual stream passes, in order.
        head: the module whose output, after whatever the model's code does to it, are the logits.
        frames: what each block returned beside the stream on the probe pass; None where it returned the stream alone.
        d_model: width of the stream.
        stream_dtype: dtype of the stream, which some models keep wider than their weights.
        weights: by which weights that are exchanged or changed later are noticed.
    """

    network: Any
    blocks: tuple[nn.Module, ...]
    head: nn.Module
    frames: tuple[tuple[Any, ...] | list[Any] | None, ...]
    d_model: int
    stream_dtype: torch.dtype
    weights: LoadedWeights

    @property
    def vocabulary(self) -> int:
        """Rows of the embedding matrix."""
        return len(self.network.get_input_embeddings().weight)

    @property
    def eps(self) -> float:
        """What numbers are rounded by on their way from the network to us, who take them in float32."""
        return max(torch.finfo(self.network.dtype).eps, torch.finfo(torch.float32).eps)

    @torch.inference_mode()
    def states(
        self, ids: Int[torch.Tensor, " positions"], past: Any = None
    ) -> Float[torch.Tensor, "states positions d_model"]:
        """s_0 to s_L at every position; the head is not run. A cache that is given is filled (see `run`)."""
        return self.batch_states(ids[None], past=past)[:, 0]

    @torch.inference_mode()
    def batch_states(
        self,
        ids: Int[torch.Tensor, "batch positions"],
        mask: Int[torch.Tensor, "batch positions"] | None = None,
        past: Any = None,
    ) -> Float[torch.Tensor, "states batch positions d_model"]:
        """s_0 to s_L of several texts; those padded on the right have a mask that is 0 on the padding."""
        found: list[torch.Tensor] = []

        def keep(number: int, stream: torch.Tensor) -> None:
            if not found:
                found.append(stream.new_empty((len(self.blocks) + 1, *stream.shape), dtype=torch.float32))
            found[0][number] = stream

        with watching(self.blocks, keep), stopping_before(self.head):
            self.run(ids, mask, past)
        return found[0]

    @torch.inference_mode()
    def states_and_logits(
        self, ids: Int[torch.Tensor, " positions"]
    ) -> tuple[Float[torch.Tensor, "states positions d_model"], Float[torch.Tensor, "positions vocabulary"]]:
        """s_0 to s_L at every position, and what the network answers there, from one pass."""
        found: dict[int, torch.Tensor] = {}
        with watching(self.blocks, lambda number, stream: found.update({number: stream[0].float().clone()})):
            logits = self.run(ids[None]).logits[0].float()
        return torch.stack([found[number].to(found[0].device) for number in range(len(found))]), logits

    @torch.inference_mode()
    def entering(
        self, ids: Int[torch.Tensor, "batch positions"], embedded: Callable[[torch.Tensor], torch.Tensor] | None = None
    ) -> Float[torch.Tensor, "batch positions d_model"]:
        """What enters the first block; with ``embedded`` the token embeddings are replaced by its answer on the way."""
        entered: list[torch.Tensor] = []
        with ExitStack() as stack:
            if embedded is not None:
                stack.enter_context(answering(self.network.get_input_embeddings(), embedded))
            stack.enter_context(watching(self.blocks[:1], lambda _, stream: entered.append(stream.float().clone())))
            stack.enter_context(stopping_before(self.blocks[0]))
            self.run(ids)
        return entered[0]

    @torch.inference_mode()
    def head_input(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows head_width"]:
        """What the model's own code makes of last states before the head reads them: the final norm, in most models."""
        seen: list[torch.Tensor] = []
        noted = hooked(self.head.register_forward_pre_hook(lambda _, args: seen.append(args[0])))
        with noted, self._bypassed(states), stopping_before(self.head):
            self.run(self._placeholders(len(states)))
        return seen[0][:, 0].float()

    @torch.inference_mode()
    def logits(self, normed: Float[torch.Tensor, "rows head_width"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """The logits that the model's own code makes of what the head reads."""
        dtype = next(self.head.parameters()).dtype
        replaced = self.head.register_forward_pre_hook(lambda _, __: (normed[:, None].to(self.network.device, dtype),))
        with hooked(replaced), self._bypassed(normed.new_zeros(len(normed), self.d_model)):
            return self._last_logits(len(normed))

    @torch.inference_mode()
    def after_head(self, products: Float[torch.Tensor, "rows vocabulary"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """The logits that the model's own code makes of what the head answers: a scale, a soft cap, or nothing."""
        anything = products.new_zeros(len(products), self.d_model)
        with self._bypassed(anything), answering(self.head, lambda answer: products[:, None].to(answer)):
            return self._last_logits(len(products))

    def decoded(self, states: Float[torch.Tensor, "rows d_model"]) -> Float[torch.Tensor, "rows vocabulary"]:
        """The logits that the model's own code makes of last states; gradients pass to these, not to the weights."""
        with frozen(self.network), self._bypassed(states):
            return self._last_logits(len(states))

    def run(
        self,
        ids: Int[torch.Tensor, "batch positions"],
        mask: torch.Tensor | None = None,
        past: Any = None,
        position_ids: Int[torch.Tensor, "batch positions"] | None = None,
    ) -> Any:
        """The model's forward pass; None where it was stopped on the way.

        Args:
            ids: of the tokens of each text.
            mask: 0 where a text is padded; None: nowhere. Or [batch, 1, positions, positions that can be seen], which
                is added where each position looks, with ``past``.
            past: the cache of what stands in front of ``ids``, which is filled further; None: nothing, and none kept.
            position_ids: the place of each token in its text; None: one after the other.

        Raises:
            StatescapeError: if weights have changed since the model was loaded, and with them what was measured of it.
        """
        if not self.weights.unchanged():
            raise StatescapeError(
                f"The weights of this {type(self.network).__name__} have changed since it was loaded; load it again: "
                "load_model(model, tokenizer=tokenizer)."
            )
        ids = ids.to(self.network.device)
        if past is not None and mask is None:
            mask = ids.new_ones((len(ids), past.get_seq_length() + ids.shape[1]))
        mask = torch.ones_like(ids) if mask is None else mask.to(ids.device)
        kept: dict[str, Any] = {"use_cache": False}
        if past is not None:
            kept = {"use_cache": True, "past_key_values": past}
        if position_ids is not None:
            kept["position_ids"] = position_ids.to(ids.device)
        with evaluating(self.network):
            try:
                return self.network(input_ids=ids, attention_mask=mask, **kept)
            except Stopped:
                return None

    def _last_logits(self, rows: int) -> Float[torch.Tensor, "rows vocabulary"]:
        logits: torch.Tensor = self.run(self._placeholders(rows)).logits[:, 0].float()
        return logits

    def _placeholders(self, rows: int) -> Int[torch.Tensor, "rows 1"]:
        return torch.zeros((rows, 1), dtype=torch.long)

    @contextmanager
    def _bypassed(self, states: Float[torch.Tensor, "rows d_model"]) -> Iterator[None]:
        """Every block hands on ``states`` (as sequences of one position) without running."""
        stream = states[:, None].to(self.network.device, self.stream_dtype)
        with ExitStack() as stack:
            for block, frame in zip(self.blocks, self.frames, strict=True):
                answer = stream if frame is None else type(frame)([stream, *frame])
                stack.enter_context(forwarding(block, lambda *_, answer=answer, **__: answer))
            yield


def locate(network: Any, ids: Int[torch.Tensor, " positions"]) -> Anatomy:
    """Find the blocks and the head of ``network`` by a pass over ``ids``.

    Raises:
        StatescapeError: if there is no head, or no list of modules that hands one stream on.
    """
    head = network.get_output_embeddings()
    if not isinstance(head, nn.Module):
        raise StatescapeError(
            f"{type(network).__name__} has no language-model head; load a causal language model (AutoModelForCausalLM)."
        )
    lists = [members for module in network.modules() if (members := _members(module))]
    calls = _calls(network, {member for members in lists for member in members}, ids)
    chains = [members for members in lists if _is_chain([calls.get(member, []) for member in members], len(ids))]
    if not chains:
        raise StatescapeError(
            f"{type(network).__name__} has no row of blocks that hand on one residual stream, so it has no path."
        )
    blocks = max(chains, key=len)
    stream = calls[blocks[0]][0].entered
    return Anatomy(
        network=network,
        blocks=blocks,
        head=head,
        frames=tuple(calls[block][0].frame for block in blocks),
        d_model=int(stream.shape[-1]),
        stream_dtype=stream.dtype,
        weights=LoadedWeights.of(network),
    )


def name_of_blocks(anatomy: Anatomy) -> str:
    """The name of the list in the network that the blocks are the members of."""
    modules: dict[str, nn.Module] = dict(anatomy.network.named_modules())
    return next(name for name, module in modules.items() if _members(module) == anatomy.blocks)


def located_again(
    network: Any,
    blocks: str,
    frames: tuple[tuple[Any, ...] | list[Any] | None, ...],
    d_model: int,
    stream_dtype: torch.dtype,
) -> Anatomy:
    """The anatomy of a network of which all this was measured before; see `Anatomy`, and `name_of_blocks`."""
    head = network.get_output_embeddings()
    own = _members(network.get_submodule(blocks))
    return Anatomy(network, own, head, frames, d_model, stream_dtype, LoadedWeights.of(network))


def _members(module: nn.Module) -> tuple[nn.Module, ...]:
    """What a list of modules holds; nothing for another module."""
    return tuple(module.children()) if isinstance(module, nn.ModuleList | nn.Sequential) else ()


@dataclass(eq=False)
class _Call:
    """One call of a module: the streams [batch, positions, width] if it has any, and what else it returned."""

    entered: Any
    left: Any = None
    frame: Any = None


@torch.inference_mode()
def _calls(network: Any, members: set[nn.Module], ids: torch.Tensor) -> dict[nn.Module, list[_Call]]:
    """What entered and left each module at each of its calls."""
    calls: dict[nn.Module, list[_Call]] = {}

    def enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        calls.setdefault(module, []).append(_Call(stream_among([*args, *kwargs.values()])))

    def leave(module: nn.Module, _: Any, output: Any) -> None:
        call = calls[module][-1]
        call.left = stream_among(output[:1] if isinstance(output, tuple | list) else [output])
        call.frame = output[1:] if isinstance(output, tuple | list) else None

    with ExitStack() as stack:
        for member in members:
            stack.enter_context(hooked(member.register_forward_pre_hook(enter, with_kwargs=True)))
            stack.enter_context(hooked(member.register_forward_hook(leave)))
        stack.enter_context(evaluating(network))
        batch = ids[None].to(network.device)
        try:
            network(input_ids=batch, attention_mask=torch.ones_like(batch), use_cache=False)
        except Exception as error:  # whatever foreign code raises, the model cannot be read
            reason = str(error).strip().splitlines() or [type(error).__name__]
            dtype = str(network.dtype).removeprefix("torch.")
            raise StatescapeError(
                f"{type(network).__name__} does not run on plain token ids in {dtype}: {reason[0]}"
            ) from error
    return calls


def _is_chain(calls: list[list[_Call]], positions: int) -> bool:
    """Whether each member ran once and read what the one before it wrote."""
    if any(len(member) != 1 for member in calls):
        return False
    streams = [(member[0].entered, member[0].left) for member in calls]
    if any(entered is None or left is None or entered.shape != left.shape for entered, left in streams):
        return False
    shape = streams[0][0].shape
    handed_on = all(torch.equal(before[1], after[0]) for before, after in itertools.pairwise(streams))
    return shape[:2] == (1, positions) and handed_on
