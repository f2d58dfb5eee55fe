"""The training loop of `conteur`: Muon on the matrices, AdamW on the rest, warm-up, plateau, linear decay to zero.

Everything a run needs to go on lies in one checkpoint, replaced as a whole every `CHECKPOINT_SECONDS`; batches are a
function of (seed, step), so a killed run ends where an undisturbed one would, up to the order of floating-point sums.
Muon: Jordan et al. 2024, with the learning-rate scale of Liu et al. 2025 (arXiv:2502.16982), so that one rate
fits matrices of all shapes. Forward and backward run in bfloat16; weights and optimizer states stay float32.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import GPT2Config, GPT2LMHeadModel

from training.corpus import END_OF_TEXT, VOCABULARY_SIZE, TokenStream, documents, train_tokenizer, training_documents
from training.evaluate import bits_per_character

CHECKPOINT_SECONDS = 120
EVALUATE_EVERY = 250
EVALUATION_DOCUMENTS = 60


@dataclass(frozen=True)
class Settings:
    """All that a run depends on, beside the text."""

    tokens: int = 10_000_000
    seed: int = 1
    width: int = 192
    blocks: int = 6
    heads: int = 6
    context: int = 256
    batch: int = 16
    muon_lr: float = 6e-3
    adam_lr: float = 4e-3
    weight_decay: float = 0.1
    warmup_steps: int = 100
    decay_share: float = 0.3

    @property
    def steps(self) -> int:
        """Optimizer steps in all."""
        return self.tokens // (self.batch * self.context)

    def lr_scale(self, step: int) -> float:
        """Share of the peak learning rate at ``step``: linear warm-up, plateau, linear decay to zero."""
        decay_steps = self.decay_share * self.steps
        return min((step + 1) / self.warmup_steps, 1.0, (self.steps - step) / decay_steps)


def train(data: Path, out: Path, settings: Settings, stop_after: int | None = None) -> None:
    """Train from the last checkpoint in ``out``, or from the start, until ``settings.tokens`` are read."""
    out.mkdir(parents=True, exist_ok=True)
    tokenizer, stream = _prepare(data, out, settings)
    heldout = documents(data, "tinystories", "heldout")[:EVALUATION_DOCUMENTS]
    (out / "settings.json").write_text(json.dumps(asdict(settings), indent=2))
    torch.manual_seed(settings.seed)
    model = build_model(settings)
    optimizers = build_optimizers(model, settings)
    start = _load_checkpoint(out / "checkpoint.pt", model, optimizers)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters; {stream.tokens:,} tokens an epoch; ", end="")
    print(f"steps {start} to {settings.steps} of {settings.batch * settings.context:,} tokens", flush=True)

    saved = reported = time.monotonic()
    losses: list[float] = []
    for step, rows in _batches(stream, start, min(settings.steps, stop_after or settings.steps)):
        losses.append(_step(model, optimizers, settings, step, torch.from_numpy(rows)))
        done = step + 1
        if done % 25 == 0:
            rate = 25 * settings.batch * settings.context / (time.monotonic() - reported)
            reported = time.monotonic()
            left = (settings.steps - done) * settings.batch * settings.context / rate / 60
            print(
                f"step {done:5d}  loss {np.mean(losses[-25:]):.4f}  {rate:6.0f} tokens/s  {left:5.0f} min left",
                flush=True,
            )
        if done % EVALUATE_EVERY == 0 or done == settings.steps:
            bits = bits_per_character(model.eval(), tokenizer, heldout, settings.context)
            row = {
                "step": done,
                "tokens": done * settings.batch * settings.context,
                "loss": float(np.mean(losses[-100:])),
                "bits_per_character": bits,
            }
            with (out / "curve.jsonl").open("a") as curve:
                curve.write(json.dumps(row) + "\n")
            print(f"step {done:5d}  held-out bits per character {bits:.4f} ({len(heldout)} stories)", flush=True)
        if time.monotonic() - saved > CHECKPOINT_SECONDS or done in (settings.steps, stop_after):
            _save_checkpoint(out / "checkpoint.pt", model, optimizers, done)
            saved = time.monotonic()


def build_model(settings: Settings) -> GPT2LMHeadModel:
    """A freshly initialised GPT-2 of the settings' shape, without dropout."""
    config = GPT2Config(
        vocab_size=VOCABULARY_SIZE,
        n_positions=settings.context,
        n_embd=settings.width,
        n_layer=settings.blocks,
        n_head=settings.heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
    )
    return GPT2LMHeadModel(config)


def build_optimizers(model: GPT2LMHeadModel, settings: Settings) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks; AdamW without weight decay for embeddings, norms and biases."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and ".h." in name]
    others = [p for name, p in model.named_parameters() if not (p.ndim == 2 and ".h." in name)]
    return [
        torch.optim.Muon(
            matrices, lr=settings.muon_lr, weight_decay=settings.weight_decay, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.AdamW(others, lr=settings.adam_lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def _prepare(data: Path, out: Path, settings: Settings) -> tuple[Tokenizer, TokenStream]:
    by_source = training_documents(data)
    texts = [text for source in by_source.values() for text in source]
    file = out / "tokenizer.json"
    if not file.exists():
        partial = file.with_suffix(".partial")
        train_tokenizer(texts).save(str(partial))
        os.replace(partial, file)
    tokenizer = Tokenizer.from_file(str(file))
    if tokenizer.token_to_id(END_OF_TEXT) != 0:
        raise ValueError(f"{file} was not made by this program; remove it to train a new tokenizer.")
    encoded = [np.asarray(encoding.ids, dtype=np.int32) for encoding in tokenizer.encode_batch(texts)]
    return tokenizer, TokenStream(encoded, settings.seed, settings.batch, settings.context)


def _batches(stream: TokenStream, start: int, stop: int) -> Iterator[tuple[int, np.ndarray]]:
    epoch, tokens = -1, np.empty(0, dtype=np.int32)
    for step in range(start, stop):
        if step // stream.steps_per_epoch != epoch:
            epoch = step // stream.steps_per_epoch
            tokens = stream.epoch(epoch)
        yield step, stream.rows(tokens, step % stream.steps_per_epoch)


def _step(
    model: GPT2LMHeadModel, optimizers: list[torch.optim.Optimizer], settings: Settings, step: int, rows: torch.Tensor
) -> float:
    model.train()
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=rows[:, :-1], use_cache=False).logits
    loss = cross_entropy(logits.float().flatten(0, 1), rows[:, 1:].flatten())
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scale = settings.lr_scale(step)
    for optimizer, peak in zip(optimizers, (settings.muon_lr, settings.adam_lr), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = peak * scale
        optimizer.step()
        optimizer.zero_grad()
    return float(loss.detach())


def _save_checkpoint(file: Path, model: GPT2LMHeadModel, optimizers: list[torch.optim.Optimizer], step: int) -> None:
    state = {"step": step, "model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers]}
    partial = file.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, file)


def _load_checkpoint(file: Path, model: GPT2LMHeadModel, optimizers: list[torch.optim.Optimizer]) -> int:
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"])
