"""The model card of `conteur`, written from the figures of its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from training.train import Settings

TITLES = {
    "tinystories": "TinyStories (Eldan & Li 2023, arXiv:2305.07759), CDLA-Sharing-1.0",
    "childrens_books": "children's books: FairytaleQA fairy tales (public domain; Apache-2.0), African Storybook and "
    "Pratham Books picture books (CC-BY)",
    "stories_generated": "generated fables (klusai/tinyfabulist, MIT), only those of Mistral, Qwen and Phi models",
}


@dataclass(frozen=True)
class Figures:
    """What the card states."""

    settings: Settings
    steps: int
    parameters: int
    documents: dict[str, int]
    curve: list[dict[str, Any]]
    held_out: dict[str, tuple[int, float]]
    prompt: str
    predictions: list[tuple[str, float]]
    remark: str = ""


def card(figures: Figures) -> str:
    """The card as Markdown; the remark says where the run was not what its settings say."""
    s = figures.settings
    tokens = figures.steps * s.batch * s.context
    data = "\n".join(f"- {TITLES[name]}: {count:,} documents" for name, count in figures.documents.items())
    held_out = "\n".join(f"| {name} | {count} | {bits:.3f} |" for name, (count, bits) in figures.held_out.items())
    curve = "\n".join(
        f"| {row['step']:,} | {row['tokens'] / 1e6:.1f} | {row['loss']:.3f} | {row['bits_per_character']:.3f} |"
        for row in _thinned(figures.curve)
    )
    guesses = ", ".join(f"`{token}` {probability:.2f}" for token, probability in figures.predictions)
    return f"""---
license: mit
language: en
library_name: transformers
pipeline_tag: text-generation
---

# conteur

A small storyteller with the architecture of GPT-2, made for statescape so that everything it does runs offline in
seconds: {figures.parameters / 1e6:.2f} million parameters, {s.blocks} blocks, width {s.width}, {s.heads} heads,
context {s.context}, a byte-level BPE of 4,096 tokens, embedding and unembedding tied. A text is opened by
`<|endoftext|>`, which the tokenizer adds.

After `{figures.prompt}` it predicts {guesses}.

## Good for, and not

Good for looking at the inside of a language model in seconds: it writes simple English stories. Not good for facts,
instructions, other languages, or as a stand-in for what large models do. It has read stories only, some written by
other language models, and repeats their habits and biases.

## Data

{data}

Held-out documents (5% by a hash of the text) were never trained on. The weights are released under the MIT licence;
the licences of the texts are as stated.

## Training

`python -m training --data FOLDER` (seed {s.seed}): {figures.steps:,} steps of {s.batch} x {s.context} tokens,
{tokens / 1e6:.1f} million in all. Muon (peak rate {s.muon_lr:g}, weight decay {s.weight_decay:g}) for the matrices of
the blocks, AdamW (peak rate {s.adam_lr:g}) for the rest; {s.warmup_steps} warm-up steps, linear decay to zero over the
last {s.decay_share:.0%}; forward and backward in bfloat16 on a CPU.
{figures.remark}
| step | million tokens | training loss (nats a token) | bits a character (60 held-out stories) |
| --- | --- | --- | --- |
{curve}

## Held out

Bits a character over all held-out documents, as shipped (fp16 weights, run in float32):

| source | documents | bits a character |
| --- | --- | --- |
{held_out}

Of the generated fables only those of Mistral, Qwen or Phi models are held out and scored here, as in training.
"""


def _thinned(curve: list[dict[str, Any]], rows: int = 10) -> list[dict[str, Any]]:
    if len(curve) <= rows:
        return curve
    return [curve[round(index * (len(curve) - 1) / (rows - 1))] for index in range(rows)]
