"""Models whose states are written down beforehand, so that each question has a known answer.

A state depends on the token read only: block l looks its own up in a table. The token after w_i is w_(i+1). Embeddings
are unit vectors of a decaying spectrum in 40 of 64 coordinates; the head has rows of its own.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

import statescape as ss
from statescape.language.corpus import Corpus, Document
from tests.language.families import word_tokenizer

V, WIDTH, USED, BLOCKS = 97, 64, 40, 4


class _Block(nn.Module):
    def __init__(self, owner: "Scripted", table: np.ndarray) -> None:
        super().__init__()
        self.owner = [owner]  # in a list: not a part of this module
        self.register_buffer("table", torch.from_numpy(table.astype(np.float32)))

    def forward(self, _: torch.Tensor) -> torch.Tensor:
        return self.table[self.owner[0].ids]


class Scripted(nn.Module):
    """As much of a transformers model as the reader asks for, with given states."""

    def __init__(self, embeddings: np.ndarray, tables: list[np.ndarray], head: np.ndarray) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, WIDTH)
        self.blocks = nn.ModuleList(_Block(self, table) for table in tables)
        self.head = nn.Linear(WIDTH, V, bias=False)
        with torch.no_grad():
            self.embed.weight.copy_(torch.from_numpy(embeddings.astype(np.float32)))
            self.head.weight.copy_(torch.from_numpy(head.astype(np.float32)))
        text_config = SimpleNamespace(max_position_embeddings=16)
        self.config = SimpleNamespace(get_text_config=lambda: text_config, is_encoder_decoder=False)
        self.dtype, self.device = torch.float32, torch.device("cpu")
        self.ids = torch.zeros(1, 1, dtype=torch.long)

    def get_input_embeddings(self) -> nn.Module:
        return self.embed

    def get_output_embeddings(self) -> nn.Module:
        return self.head

    def forward(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
        self.ids = input_ids
        stream = self.embed(input_ids)
        for block in self.blocks:
            stream = block(stream)
        return SimpleNamespace(logits=self.head(stream))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def embeddings() -> np.ndarray:
    rows = np.zeros((V, WIDTH))
    rows[:, :USED] = np.random.default_rng(0).standard_normal((V, USED)) * np.exp(-np.arange(USED) / 10)
    return unit(rows)


def straight() -> Any:
    """The claim come true: from the embedding of t straight to that of t + 1, never leaving their subspace."""
    rows = embeddings()
    following = np.roll(rows, -1, axis=0)
    tables = [(1 - share) * rows + share * following for share in (0.6, 0.75, 0.9, 1.0)]
    head = rows.copy()
    # Where embeddings have nothing the head reads noise, so that isotropic states do not agree by construction.
    head[:, USED:] = 3 * np.random.default_rng(1).standard_normal((V, WIDTH - USED))
    return load(Scripted(rows, tables, head))


def crooked() -> Any:
    """The claim come false in every part: inner states have nothing to do with embeddings, and yet it predicts."""
    rows, rng = embeddings(), np.random.default_rng(2)
    tables = [20 * unit(rng.standard_normal((V, WIDTH))) for _ in range(BLOCKS)]
    return load(Scripted(rows, tables, np.roll(tables[-1] / 20, 1, axis=0)))


def load(network: nn.Module) -> Any:
    return ss.load_model(network.eval(), tokenizer=word_tokenizer())


def corpus(documents: int = 25, words: int = 12, seed: int = 0) -> Corpus:
    rng = np.random.default_rng(seed)
    texts = [" ".join(f"w{index}" for index in rng.integers(0, V, words)) for _ in range(documents)]
    return Corpus(tuple(Document(f"made, line {number}", text) for number, text in enumerate(texts, 1)))
