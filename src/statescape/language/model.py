"""A causal language model that can be read exactly: its anatomy, its decoder under contract, its tokens.

Made by `load_model`; `trace` runs it on a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.language.anatomy import Anatomy, locate
from statescape.language.batches import batched, is_causal, keeps_company, states_together
from statescape.language.decoder import ERROR_BOUNDS, ModelDecoder, decode, make_decoder, verified
from statescape.language.embedding import position_at_start, token_embeddings
from statescape.language.facts import ModelFacts
from statescape.language.parts import Parts, find_parts
from statescape.language.tokens import Tokens, bind
from statescape.wording import brief

if TYPE_CHECKING:
    from statescape.language.trace import Trace

# Positions of the probe text: enough to tell positions apart, few enough for any context. A longer one asks whether the
# model is causal: past windows, chunks and selections, windows only where that takes seconds (positions times weights).
_PROBE_POSITIONS = 12
_LONG_POSITIONS = 40
_MOST_WORK = 1e11
_REACH = re.compile(r"window(?!_layers)|chunk_size|block_size|^index_topk$")


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A loaded model.

    Attributes:
        facts: what every output states of it.
        anatomy: its blocks and head.
        decoder: from states to logits.
        tokens: its tokenizer, policy and vocabulary.
    """

    facts: ModelFacts
    anatomy: Anatomy
    decoder: ModelDecoder
    tokens: Tokens

    def __repr__(self) -> str:
        facts = self.facts
        return brief(
            f"LanguageModel {facts.name}: {facts.n_blocks} blocks, width {facts.d_model}, {facts.vocab_size:,} tokens, "
            f"{facts.dtype}; BOS: {facts.bos}"
        )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """How every token reads."""
        return self.tokens.vocabulary

    @cached_property
    def embeddings(self) -> Float[np.ndarray, "vocabulary d_model"]:
        """The embedding of every token as the model adds it to the stream, without position (float32)."""
        return token_embeddings(self.anatomy).cpu().numpy()

    @cached_property
    def unembedding(self) -> Float[np.ndarray, "vocabulary d_model"] | None:
        """Rows of W_U; None where they are the token embeddings, up to a factor."""
        matrix = self.unembedding_matrix
        few = slice(None, None, max(1, len(matrix) // 64))
        same = _multiples(matrix[few], self.embeddings[few]) and _multiples(matrix, self.embeddings)
        return None if same else matrix

    @cached_property
    def parts(self) -> Parts | str:
        """Attention and MLP of every block, or the reason why they cannot be told apart."""
        context = _context(self.anatomy.network.config.get_text_config())
        return find_parts(self.anatomy, _probe(self.facts.vocab_size, context))

    def centred_row(self, token: int) -> Float[np.ndarray, " d_model"] | None:
        """The token's row of W_U less the mean row, times the head's scale; None where the head is no product."""
        linear = self.decoder.linear
        if linear is None:
            return None
        return np.asarray(linear.scale * (linear.weight[token].double().cpu().numpy() - self._mean_row))

    def trace(self, text: Any, last: int | None = None) -> Trace:
        """Run the model on ``text``; with ``last`` on its last so many tokens only.

        Args:
            text: a text; or the ids of its tokens (a list, an array or a tensor of whole numbers), which are taken as
                they are, without a token put in front.
            last: how many tokens to keep, counted from the end.

        Raises:
            StatescapeError: for blank text, text longer than the model's context, or ids that are none of its.
        """
        from statescape.language.trace import Trace

        ids = self._ids(text, last)
        return Trace.of(self, text, ids, self.anatomy.states(torch.tensor(ids)).cpu().numpy())

    def _ids(self, text: Any, last: int | None = None) -> tuple[int, ...]:
        return self.tokens.encode(text, last) if isinstance(text, str) else self.tokens.encode_ids(text, last)

    def traces(self, texts: Iterable[Any], *, batch: int = 8) -> Iterator[Trace]:
        """Run the model on many texts, several in one pass; the states are those of `trace`, text by text.

        Texts are read as they are asked for, so that memory holds one batch whatever the number of texts.

        Args:
            texts: the texts (or ids, as for `trace`), in the order in which their traces come back.
            batch: most texts of one pass; texts of about the same length waste the least.

        Raises:
            StatescapeError: for a batch below 1; when it is reached, for a text that `trace` refuses.
        """
        from statescape.language.trace import Trace

        if batch < 1:
            raise StatescapeError(f"A batch holds at least one text; got {batch}.")
        for together in batched(texts, batch):
            ids = [self._ids(text) for text in together]
            for text, own, states in zip(together, ids, self.states_of(ids), strict=True):
                yield Trace.of(self, text, own, states.cpu().numpy())

    def states_of(self, texts: Sequence[Sequence[int]]) -> Iterator[Float[torch.Tensor, "states positions d_model"]]:
        """The states of several tokenised texts, run together where the model's states do not change in company."""
        if len(texts) > 1 and self.keeps_company:
            return states_together(self.anatomy, texts)
        return (self.anatomy.states(torch.tensor(ids)) for ids in texts)

    @cached_property
    def keeps_company(self) -> bool:
        """Whether the states of a text are the same when it is padded and run beside a longer one."""
        probe = _long_probe(self.anatomy)
        return keeps_company(self.anatomy, [probe.tolist(), probe[: (len(probe) + 1) // 2].tolist()])

    @property
    def unembedding_matrix(self) -> Float[np.ndarray, "vocabulary d_model"]:
        """Rows of W_U (float32), whether tied or not."""
        return np.asarray(self._unembedding.float().cpu().numpy())

    @property
    def _unembedding(self) -> Float[torch.Tensor, "vocabulary d_model"]:
        weight: torch.Tensor = self.anatomy.head.weight  # type: ignore[assignment]
        return weight.detach()

    @cached_property
    def _mean_row(self) -> Float[np.ndarray, " d_model"]:
        return np.asarray(self._unembedding.mean(dim=0, dtype=torch.float64).cpu().numpy())

    def decode(self, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, "rows vocabulary"]:
        """Logits of a few states, held to the exactness contract."""
        return decode(self.decoder, torch.from_numpy(states)).cpu().numpy()

    def normalise(self, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, "rows head_width"]:
        """final_norm(s): what the head reads."""
        return self.decoder.normalise(torch.from_numpy(states)).cpu().numpy()

    def with_bos(self, bos: bool) -> LanguageModel:
        """The same model with another policy on what opens a text.

        Raises:
            StatescapeError: where the tokenizer has no beginning-of-sequence token.
        """
        tokens = bind(self.tokens.tokenizer, len(self.vocabulary), bos, self.tokens.context)
        facts = replace(self.facts, bos=tokens.policy, has_bos=bool(tokens.prefix))
        return replace(self, facts=facts, tokens=tokens)

    def with_random_weights(self, seed: int) -> LanguageModel:
        """The same architecture as its authors would initialise it, freshly drawn: a null for what training does."""
        network = self.anatomy.network
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            fresh = type(network)(network.config).to(network.device, network.dtype).eval()
        name = f"{self.facts.name} with random weights (seed {seed})"
        anatomy, decoder, facts = _read(fresh, name)
        facts = replace(facts, bos=self.facts.bos, has_bos=self.facts.has_bos)
        return LanguageModel(facts, anatomy, decoder, self.tokens)


def read_network(network: Any, tokenizer: Any, name: str, bos: bool | None) -> LanguageModel:
    """Find the parts of a transformers model, hold its decoder to the contract, bind its tokenizer.

    Raises:
        StatescapeError: if the model cannot be read exactly, or the tokenizer does not fit.
    """
    rows = len(network.get_input_embeddings().weight)
    tokens = bind(tokenizer, rows, bos, _context(network.config.get_text_config()))
    anatomy, decoder, facts = _read(network, name)
    return LanguageModel(replace(facts, bos=tokens.policy, has_bos=bool(tokens.prefix)), anatomy, decoder, tokens)


def _read(network: Any, name: str) -> tuple[Anatomy, ModelDecoder, ModelFacts]:
    if network.dtype not in ERROR_BOUNDS:
        raise StatescapeError(f"{name} runs in {network.dtype}; load it in float32, bfloat16 or float16.")
    embedding = network.get_input_embeddings().weight
    ids = _probe(len(embedding), _context(network.config.get_text_config()))
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
        logits = anatomy.run(ids[None]).logits[0].float()
        if logits.shape[1] != len(embedding):
            raise StatescapeError(
                f"{name} reads {len(embedding):,} tokens and writes {logits.shape[1]:,}; a path needs one vocabulary."
            )
        if not bool(torch.isfinite(logits).all()):
            raise StatescapeError(f"{name} gives logits that are NaN or infinite; its weights are damaged.")
        states = anatomy.states(ids)
        if not is_causal(anatomy, _long_probe(anatomy)):
            raise StatescapeError(
                f"{name} reads its text in both directions, or gives its beginning other states where more text "
                "follows; statescape reads causal language models."
            )
        position_at_start(anatomy)
        decoder = make_decoder(anatomy)
        error, bound = verified(decoder, states[-1], logits, network.dtype)
    facts = ModelFacts(
        name=name,
        n_blocks=len(anatomy.blocks),
        d_model=int(states.shape[-1]),
        vocab_size=len(embedding),
        tied=anatomy.head.weight.data_ptr() == embedding.data_ptr(),  # type: ignore[operator]
        dtype=str(network.dtype).removeprefix("torch."),
        max_logit_error=error,
        error_bound=bound,
    )
    return anatomy, decoder, facts


def _multiples(rows: np.ndarray, embeddings: np.ndarray) -> bool:
    """Whether the embeddings are the rows of W_U times one factor."""
    if np.shares_memory(rows, embeddings):
        return True
    factor = float(np.vdot(rows, embeddings)) / max(float(np.vdot(rows, rows)), 1e-30)
    return bool(np.abs(embeddings - factor * rows).max() <= 1e-5 * np.abs(embeddings).max())


def _long_probe(anatomy: Anatomy) -> torch.Tensor:
    """A probe text that is longer than what the model's attention reaches or selects, where that is affordable."""
    config = anatomy.network.config.get_text_config()
    numbers = {name: value for name, value in vars(config).items() if isinstance(value, int) and _REACH.search(name)}
    positions = max([0, *numbers.values()]) + _LONG_POSITIONS // 2
    if positions * sum(weight.numel() for weight in anatomy.network.parameters()) > _MOST_WORK:
        positions = numbers.get("index_topk", 0) + _LONG_POSITIONS // 2
    return _probe(anatomy.vocabulary, _context(config), max(positions, _LONG_POSITIONS))


def _probe(vocabulary: int, context: int | None, positions: int = _PROBE_POSITIONS) -> torch.Tensor:
    """A probe text: ids spread over the vocabulary by the golden ratio."""
    positions = min(positions, context or positions)
    return torch.tensor([int((0.31 + 0.6180339887 * index) % 1 * vocabulary) for index in range(positions)])


def _context(config: Any) -> int | None:
    """Most positions the model was made for; None where its configuration names no bound."""
    for name in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
        value = getattr(config, name, None)
        if isinstance(value, int) and value > 0:
            return value
    return None
