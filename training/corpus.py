"""Which texts `conteur` reads, the byte-level BPE made from them, and the token stream cut into batches.

Documents come from TinyStories, public-domain and CC-BY children's books, and from those generated fables whose
``model`` field names a Mistral, Qwen or Phi model. The order of the documents is redrawn every epoch from the seed, and
a batch depends on (seed, step) alone: a killed run goes on with the very batches it would have seen.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

END_OF_TEXT = "<|endoftext|>"
VOCABULARY_SIZE = 4096
GENERATORS = ("mistral", "qwen", "phi")
"""Families whose generated stories are used; the licences of the others may bind models trained on them."""


def documents(folder: Path, name: str, part: str) -> list[str]:
    """Texts of one file ``{name}.{part}.jsonl.gz``, generated ones kept by the family of their generator."""
    texts = []
    with gzip.open(folder / f"{name}.{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if name == "stories_generated":
                model = str(row.get("model") or "").lower()
                if not any(family in model for family in GENERATORS):
                    continue
            texts.append(row["text"])
    return texts


def training_documents(folder: Path) -> dict[str, list[str]]:
    """All training texts by source, in the order of the files."""
    return {name: documents(folder, name, "train") for name in ("tinystories", "childrens_books", "stories_generated")}


def train_tokenizer(texts: list[str]) -> Tokenizer:
    """Byte-level BPE of `VOCABULARY_SIZE` tokens whose encoding opens with the end-of-text token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{END_OF_TEXT} $A",
        pair=f"{END_OF_TEXT} $A {END_OF_TEXT} $B",
        special_tokens=[(END_OF_TEXT, tokenizer.token_to_id(END_OF_TEXT))],
    )
    return tokenizer


@dataclass(frozen=True)
class TokenStream:
    """All documents as token ids, each opened by the end-of-text token, served in shuffled epochs.

    Attributes:
        documents: one array of token ids per document.
        seed: of the order of the documents.
        batch: rows per batch.
        context: tokens per row that are predicted; a row holds one more.
    """

    documents: list[np.ndarray]
    seed: int
    batch: int
    context: int

    def __post_init__(self) -> None:
        if self.steps_per_epoch < 1:
            raise ValueError(f"{self.tokens} tokens are too few for one batch of {self.batch} x {self.context}.")

    @property
    def tokens(self) -> int:
        """Tokens in one epoch."""
        return sum(len(document) for document in self.documents)

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one epoch; what is left over is read in another epoch's order."""
        return (self.tokens - 1) // (self.batch * self.context)

    def epoch(self, index: int) -> np.ndarray:
        """The whole stream in the order of epoch ``index``."""
        order = np.random.default_rng([self.seed, index]).permutation(len(self.documents))
        return np.concatenate([self.documents[document] for document in order])

    def rows(self, stream: np.ndarray, step: int) -> np.ndarray:
        """``[batch, context + 1]`` ids of step ``step`` (counted within the epoch)."""
        rows_per_epoch = self.steps_per_epoch * self.batch
        order = np.random.default_rng([self.seed, len(stream)]).permutation(rows_per_epoch)
        starts = order[step * self.batch : (step + 1) * self.batch] * self.context
        return np.stack([stream[start : start + self.context + 1] for start in starts]).astype(np.int64)
