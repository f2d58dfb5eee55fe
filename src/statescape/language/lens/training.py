"""The translators of a tuned lens while they are trained, and how they are kept between two runs of a process.

A state is translated in units of its own spread, so that rogue dimensions are no harder than others and one rate fits
all models:  T_l s = s + sigma_L (A_l (s - mu_l) / sigma_l + b_l),  A = 0 and b = 0 at the start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.language.lens.lenses import TunedLens
from statescape.language.model.decoder import decoder_of
from statescape.language.readable import ReadableModel

# Numbers in one block of logits; decoding goes over rows so that large vocabularies fit.
_LOGITS = 16_000_000
# Steps over which the rate rises to its first value.
_WARMUP = 10


@dataclass(eq=False)
class Translators:
    """Maps of s_0 to s_{L-1} with their optimizer.

    Attributes:
        mean: mu of every state.
        spread: sigma of every state, the last one included.
        matrices: A.
        biases: b.
        optimizer: Adam over both.
        rate: the first rate.
    """

    mean: Float[torch.Tensor, "maps d_model"]
    spread: Float[torch.Tensor, "states d_model"]
    matrices: Float[torch.Tensor, "maps d_model d_model"]
    biases: Float[torch.Tensor, "maps d_model"]
    optimizer: torch.optim.Adam
    rate: float

    @classmethod
    def begin(cls, states: Float[torch.Tensor, "states rows d_model"], rate: float) -> Translators:
        """Identity maps, with mean and spread of these states."""
        spread = states.std(dim=1)
        spread = spread.clamp_min(1e-3 * float(spread.median()))
        return cls.of(states[:-1].mean(dim=1), spread, rate / states.shape[-1])

    @classmethod
    def of(cls, mean: torch.Tensor, spread: torch.Tensor, rate: float) -> Translators:
        """Identity maps with a fresh optimizer."""
        maps, width = mean.shape
        matrices = torch.zeros(maps, width, width, device=mean.device, requires_grad=True)
        biases = torch.zeros(maps, width, device=mean.device, requires_grad=True)
        return cls(mean, spread, matrices, biases, torch.optim.Adam([matrices, biases], betas=(0.9, 0.99)), rate)

    def step(self, model: ReadableModel, states: Float[torch.Tensor, "states rows d_model"], share: float) -> float:
        """One step of Adam at ``share`` of the rate; returns KL(final || lens), mean over states and rows."""
        self.optimizer.zero_grad()
        rows = states.shape[1]
        total = 0.0
        size = max(1, _LOGITS // model.facts.vocab_size)
        decode = decoder_of(model).differentiable
        for start in range(0, rows, size):
            chunk = states[:, start : start + size]
            with torch.no_grad():
                final = decode(chunk[-1]).log_softmax(1)
                probabilities = final.exp()
                negentropy = float((probabilities * final).sum())
            for place in range(len(self.matrices)):
                lens = decode(self._translated(chunk[place], place)).log_softmax(1)
                cross = -(probabilities * lens).sum()
                (cross / rows).backward()  # type: ignore[no-untyped-call]
                total += negentropy + float(cross.detach())
        self._move(share)
        return total / (rows * len(self.matrices))

    def _move(self, share: float) -> None:
        done = self.optimizer.state[self.biases].get("step", torch.zeros(()))
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * share * min(1.0, (float(done) + 1) / _WARMUP)
        self.optimizer.step()

    def _translated(self, states: Float[torch.Tensor, "rows d_model"], place: int) -> torch.Tensor:
        centred = (states - self.mean[place]) / self.spread[place]
        return states + self.spread[-1] * (centred @ self.matrices[place].T + self.biases[place])

    @torch.no_grad()
    def lens(self) -> TunedLens:
        """The maps in the units of the states."""
        width = self.mean.shape[1]
        inner = self.matrices.double() / self.spread[:-1, None, :].double()
        biases = self.spread[-1].double() * (self.biases.double() - (inner @ self.mean[..., None].double())[..., 0])
        matrices = (
            torch.eye(width, dtype=torch.float64, device=inner.device) + self.spread[-1, :, None].double() * inner
        )
        return TunedLens(
            reads=tuple(range(len(self.mean))),
            matrices=matrices.float().cpu().numpy(),
            biases=biases.float().cpu().numpy(),
        )


def write_state(translators: Translators, step: int, seen: int) -> bytes:
    """Everything that the next step needs, as safetensors."""
    from safetensors.torch import save

    tensors = {name: getattr(translators, name).detach() for name in ("mean", "spread", "matrices", "biases")}
    for name in ("matrices", "biases"):
        kept = translators.optimizer.state[getattr(translators, name)]
        tensors |= {f"{name}.{moment}": kept[moment] for moment in ("exp_avg", "exp_avg_sq")}
    numbers: dict[str, int | float] = {"step": step, "seen": seen, "rate": translators.rate}
    return bytes(save({name: value.cpu().contiguous() for name, value in tensors.items()} | _packed(numbers)))


def read_state(kept: bytes | None, model: ReadableModel) -> tuple[Translators | None, int, int]:
    """Translators of a model, steps done and positions seen; nothing where nothing was kept.

    Raises:
        StatescapeError: where what was kept is no checkpoint of a fit of this model.
    """
    from safetensors.torch import load

    if not kept:
        return None, 0, 0
    maps, width = model.facts.n_blocks, model.facts.d_model
    shapes = {"mean": (maps, width), "spread": (maps + 1, width), "step": (), "seen": (), "rate": ()}
    for moment in ("", ".exp_avg", ".exp_avg_sq"):
        shapes |= {f"matrices{moment}": (maps, width, width), f"biases{moment}": (maps, width)}
    try:
        tensors = load(kept)
    except Exception as error:  # whatever safetensors raises on damaged bytes
        raise StatescapeError(_DAMAGED.format(part="no tensors")) from error
    for name, shape in shapes.items():
        part = tensors.get(name)
        if part is None or tuple(part.shape) != shape or not part.is_floating_point() or not part.isfinite().all():
            raise StatescapeError(_DAMAGED.format(part=name))
    tensors = {name: tensors[name].to(decoder_of(model).device) for name in shapes}
    step, seen = int(tensors["step"]), int(tensors["seen"])
    translators = Translators.of(tensors["mean"], tensors["spread"], float(tensors["rate"]))
    with torch.no_grad():
        for name in ("matrices", "biases"):
            parameter = getattr(translators, name)
            parameter.copy_(tensors[name])
            moments = {moment: tensors[f"{name}.{moment}"] for moment in ("exp_avg", "exp_avg_sq")}
            translators.optimizer.state[parameter] = {"step": torch.tensor(float(step)), **moments}
    return translators, step, seen


_DAMAGED = "The unfinished fit holds a damaged checkpoint ({part}); remove its folder and fit the lens again."


def _packed(numbers: dict[str, int | float]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.array(value, dtype=np.float64)) for name, value in numbers.items()}
