"""What is measured of a model before it is read: anatomy, contract, causality; kept, so that it is measured once.

On models of real size the probe passes take as long as a text. What they found is kept under a digest of all that it
depends on: every weight and buffer as it was loaded, the configuration, the class, the dtype, the kind of device and
its instructions, and the versions of torch, transformers and this package. Other weights, even one number, have another
digest. A network that was given in memory is always measured: hooks and wrappers on it show in no digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from jaxtyping import Int

import statescape
from statescape.cache import digest, folder, kept_plain
from statescape.errors import StatescapeError
from statescape.language.model.anatomy import Anatomy, locate, located_again, name_of_blocks
from statescape.language.model.contract import context_of, long_probe, probe, refuse_looking_ahead, verified
from statescape.language.model.decoder import ERROR_BOUNDS, ModelDecoder, decoder_with, make_decoder
from statescape.language.model.embedding import position_at_start
from statescape.language.model.parts import Part, Parts, find_parts
from statescape.language.readable import ModelFacts

_VERSION = 1  # of what is measured: another one measures it anew
_LEAST_KEPT = 20_000_000  # weights: a smaller model is measured in no time
_PIECE = 1 << 24  # bytes of weights that a thread digests at a time


@dataclass(frozen=True, eq=False)
class Probed:
    """A model as it was measured.

    Attributes:
        anatomy: its blocks and head.
        decoder: from states to logits.
        error: largest |decode(s_L) - logits| on the probe text, over the spread of the logits.
    """

    anatomy: Anatomy
    decoder: ModelDecoder
    error: float

    def facts(self, name: str) -> ModelFacts:
        """What outputs state of it, but for its tokens."""
        network, head = self.anatomy.network, self.anatomy.head
        embedding = network.get_input_embeddings().weight
        return ModelFacts(
            name=name,
            n_blocks=len(self.anatomy.blocks),
            d_model=self.anatomy.d_model,
            vocab_size=len(embedding),
            tied=head.weight.data_ptr() == embedding.data_ptr(),  # type: ignore[operator]
            dtype=str(network.dtype).removeprefix("torch."),
            max_logit_error=self.error,
            error_bound=ERROR_BOUNDS[network.dtype],
        )


def probed(network: Any, name: str, key: str = "") -> Probed:
    """Measure a network, or take what was measured of the same before.

    Args:
        network: a transformers model.
        name: what a refusal calls it.
        key: names it in the cache (`key_of`); "" measures it.

    Raises:
        StatescapeError: if the model cannot be read exactly.
    """
    fresh: list[Probed] = []

    def measure() -> Any:
        fresh.append(_measured(network, name))
        return _plain(fresh[0])

    found = kept_plain(key and digest(key, "probes"), measure)
    if fresh:
        return fresh[0]
    return _measured(network, name) if found is None else _again(network, found)


@torch.inference_mode()
def drawn_anew(known: Anatomy, decoder: ModelDecoder, network: Any) -> Probed:
    """The same architecture with other weights: what its code does is known, and the contract is asked anew.

    Args:
        known: anatomy of a network of this class and configuration.
        decoder: of that network.
        network: the other one.
    """
    anatomy = located_again(network, name_of_blocks(known), known.frames, known.d_model, known.stream_dtype)
    linear = decoder.linear
    own = decoder_with(anatomy, None if linear is None else (linear.scale, linear.cap))
    ids = probe(anatomy.vocabulary, context_of(network.config.get_text_config()))
    states, logits = anatomy.states_and_logits(ids)
    error, _ = verified(own, states[-1], logits, network.dtype)
    return Probed(anatomy, own, error)


def kept_parts(anatomy: Anatomy, ids: Int[torch.Tensor, " positions"], key: str) -> Parts | str:
    """Attention and MLP of every block (see `find_parts`), or the reason why they cannot be told apart."""

    def measure() -> Any:
        found = find_parts(anatomy, ids)
        if isinstance(found, str):
            return found
        names = {module: name for name, module in anatomy.network.named_modules()}
        attention, mlp = ([[names[p.module], p.factor, p.with_stream] for p in s] for s in (found.attention, found.mlp))
        return [attention, mlp, found.in_sequence]

    found = kept_plain(key and digest(key, "parts"), measure)
    if isinstance(found, str):
        return found
    modules = dict(anatomy.network.named_modules())
    attention, mlp = (tuple(Part(modules[name], factor, shared) for name, factor, shared in side) for side in found[:2])
    return Parts(attention, mlp, found[2])


def kept_answer(key: str, question: str, ask: Callable[[], bool]) -> bool:
    """Yes or no, asked once of a model.

    Args:
        key: names the model in the cache; "" asks it.
        question: what is asked.
        ask: asks it.
    """
    return bool(kept_plain(key and digest(key, question), ask))


def key_of(network: Any) -> str:
    """Names a network by all that its measurements depend on; "" where they are not worth keeping."""
    weights = dict(network.named_parameters())
    spread = len({weight.device for weight in weights.values()}) > 1
    if folder() is None or spread or sum(weight.numel() for weight in weights.values()) < _LEAST_KEPT:
        return ""
    device = network.device.type
    kind = torch.cuda.get_device_name(network.device) if device == "cuda" else torch.backends.cpu.get_cpu_capability()
    configuration = {name: value for name, value in network.config.to_dict().items() if name != "_name_or_path"}
    own = (_VERSION, statescape.__version__, torch.__version__, transformers.__version__)
    tensors = _digested({**weights, **dict(network.named_buffers())})
    attention = getattr(network.config, "_attn_implementation", "")
    return digest(own, type(network).__qualname__, sorted(configuration.items(), key=str), attention, kind, tensors)


def _digested(tensors: dict[str, torch.Tensor]) -> list[tuple[str, str, tuple[int, ...], str]]:
    """Name, dtype, shape and digest of every tensor, by all threads that torch has."""
    pieces = []
    for name in sorted(tensors):
        flat = tensors[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        pieces += [(name, flat[start : start + _PIECE]) for start in range(0, max(len(flat), 1), _PIECE)]
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        found = pool.map(lambda piece: hashlib.blake2b(piece[1].data, digest_size=16).hexdigest(), pieces)
        return [
            (name, str(tensors[name].dtype), tuple(tensors[name].shape), part)
            for (name, _), part in zip(pieces, found, strict=True)
        ]


def _measured(network: Any, name: str) -> Probed:
    if network.dtype not in ERROR_BOUNDS:
        raise StatescapeError(f"{name} runs in {network.dtype}; load it in float32, bfloat16 or float16.")
    for weights, parameter in network.named_parameters():
        ends = parameter.detach().aminmax() if parameter.numel() else ()  # NaN where there is one; without a copy
        if not all(bool(torch.isfinite(end)) for end in ends):
            raise StatescapeError(f"{name} has weights that are NaN or infinite ({weights}); download it again.")
    embedding = network.get_input_embeddings().weight
    ids = probe(len(embedding), context_of(network.config.get_text_config()))
    with torch.inference_mode():
        anatomy = locate(network, ids)
        if anatomy.head_input(torch.zeros(1, anatomy.d_model)).shape[1] != anatomy.d_model:
            raise StatescapeError(
                f"{name} projects its last state to another width before the head, so its states and its unembedding "
                "do not share a space."
            )
        unembedding = getattr(anatomy.head, "weight", None)
        if unembedding is None or unembedding.shape != embedding.shape:
            raise StatescapeError(f"The head of {name} holds no unembedding matrix like its embedding matrix.")
        states, logits = anatomy.states_and_logits(ids)
        if logits.shape[1] != len(embedding):
            raise StatescapeError(
                f"{name} reads {len(embedding):,} tokens and writes {logits.shape[1]:,}; a path needs one vocabulary."
            )
        if not bool(torch.isfinite(logits).all()):
            raise StatescapeError(f"{name} gives logits that are NaN or infinite; its weights are damaged.")
        refuse_looking_ahead(anatomy.states, long_probe(anatomy), name, anatomy.stream_dtype, anatomy.eps)
        position_at_start(anatomy)
        decoder = make_decoder(anatomy)
        error, _ = verified(decoder, states[-1], logits, network.dtype)
    return Probed(anatomy, decoder, error)


def _plain(found: Probed) -> dict[str, Any] | None:
    """What was measured as plain data; None where a block returns more than its stream, which cannot be kept."""
    frames = found.anatomy.frames
    if any(value is not None for frame in frames for value in frame or ()):
        return None
    linear = found.decoder.linear
    return {
        "blocks": name_of_blocks(found.anatomy),
        "frames": [None if frame is None else [isinstance(frame, tuple), len(frame)] for frame in frames],
        "width": found.anatomy.d_model,
        "stream": str(found.anatomy.stream_dtype).removeprefix("torch."),
        "head": None if linear is None else [linear.scale, linear.cap],
        "error": found.error,
    }


def _again(network: Any, plain: dict[str, Any]) -> Probed:
    frames = [None if frame is None else (tuple if frame[0] else list)([None] * frame[1]) for frame in plain["frames"]]
    stream = getattr(torch, plain["stream"])
    anatomy = located_again(network, plain["blocks"], tuple(frames), plain["width"], stream)
    return Probed(anatomy, decoder_with(anatomy, plain["head"]), plain["error"])
