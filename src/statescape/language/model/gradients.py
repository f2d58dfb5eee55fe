"""Gradients of a logit difference with respect to every state, and to what attention and MLP add: from one pass."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import nn

from statescape.language.edits import Place
from statescape.language.model.anatomy import Anatomy
from statescape.language.model.hooks import frozen, hooked, stream_among
from statescape.language.model.parts import Parts


def difference_gradients(
    anatomy: Anatomy, parts: Parts | None, ids: Int[torch.Tensor, " positions"], answers: tuple[int, int]
) -> dict[Place, Float[torch.Tensor, "_ positions d_model"]]:
    """How the logit of the first answer less that of the second, at the end, changes with the stream of every position.

    Args:
        anatomy: the model.
        parts: attention and MLP of its blocks; None: of the stream only.
        ids: the text.
        answers: two token ids.
    """
    passed: dict[Place, list[torch.Tensor]] = {"stream": []}

    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        entered = next(value for value in [*args, *kwargs.values()] if stream_among([value]) is not None)
        new = entered.detach().requires_grad_(True)
        passed["stream"].append(new)
        swapped = {name: new if value is entered else value for name, value in kwargs.items()}
        return tuple(new if value is entered else value for value in args), swapped

    def noting(kept: list[torch.Tensor]) -> Any:
        def leave(_: nn.Module, __: Any, output: Any) -> None:
            kept.append(output[0] if isinstance(output, tuple | list) else output)

        return leave

    with ExitStack() as stack:
        stack.enter_context(frozen(anatomy.network))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(hooked(anatomy.blocks[0].register_forward_pre_hook(enter, with_kwargs=True)))
        for block in anatomy.blocks:
            stack.enter_context(hooked(block.register_forward_hook(noting(passed["stream"]))))
        for place in ("attention", "mlp") if parts is not None else ():
            kept = passed.setdefault(place, [])
            for part in getattr(parts, place):
                stack.enter_context(hooked(part.module.register_forward_hook(noting(kept))))
        logits = anatomy.run(ids[None]).logits[0, -1].float()
        sides = {place: torch.autograd.grad(logits[answers[0]] - logits[answers[1]], kept, retain_graph=True)
                 for place, kept in passed.items()}  # fmt: skip
    shape = (len(ids), anatomy.d_model)
    found = {place: torch.stack([one.detach().float().reshape(shape) for one in side]) for place, side in sides.items()}
    for place in found:
        if place != "stream":  # a part's output enters with a factor: what it added moves by so much less
            factors = torch.tensor([part.factor for part in getattr(parts, place)], device=found[place].device)
            found[place] /= factors[:, None, None]
    return found
