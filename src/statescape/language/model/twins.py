"""Twins: one model for several threads. Hooks see every pass through a network, so that each thread needs its own.

A twin has modules of its own around the same weights: it costs no memory, and says the same to the bit.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, TypeVar

from torch import nn

from statescape.language.model.anatomy import located_again, name_of_blocks
from statescape.language.model.decoder import decoder_with
from statescape.language.model.parts import Parts

M = TypeVar("M")

# What is measured of a model when it is first asked for, and depends on its code alone.
_OF_CODE = ("same_in_batches", "resumes", "goes_on", "abreast")
_MEASURED = ("embeddings", "unembedding", *_OF_CODE)


def twin_of(model: M) -> M:
    """A twin of a language model; what was measured of the model goes along."""
    known: Any = model
    anatomy, linear = known.anatomy, known.decoder.linear
    own = anatomy.network
    network = copy.deepcopy(own, {id(tensor): tensor for tensor in (*own.parameters(), *own.buffers())})
    twin_anatomy = located_again(
        network, name_of_blocks(anatomy), anatomy.frames, anatomy.d_model, anatomy.stream_dtype
    )
    decoder = decoder_with(twin_anatomy, None if linear is None else (linear.scale, linear.cap))
    found = replace(known, anatomy=twin_anatomy, decoder=decoder)
    vars(found).update({name: getattr(known, name) for name in _MEASURED})
    vars(found)["parts"] = known.parts if isinstance(known.parts, str) else _moved(known.parts, own, network)
    twin: M = found
    return twin


def hand_on(model: Any, other: Any) -> None:
    """Give a model of the same code with other weights what is known of its code already."""
    known = vars(model)
    vars(other).update({name: known[name] for name in _OF_CODE if name in known})
    if "parts" in known:
        parts, own = known["parts"], model.anatomy.network
        vars(other)["parts"] = parts if isinstance(parts, str) else _moved(parts, own, other.anatomy.network)


def _moved(parts: Parts, own: nn.Module, network: nn.Module) -> Parts:
    """The same parts of another network, by the names of their modules in their own."""
    names, modules = {module: name for name, module in own.named_modules()}, dict(network.named_modules())
    sides = ([replace(part, module=modules[names[part.module]]) for part in s] for s in (parts.attention, parts.mlp))
    attention, mlp = map(tuple, sides)
    return Parts(attention, mlp, parts.in_sequence)
