"""A causal language model that can be read exactly: its anatomy, its decoder under contract, its tokens.

Made by `load_model`; `trace` runs it on a text. It is a `ReadableModel` with all that such a model may offer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from transformers import DynamicCache

from statescape.cache import digest, name_array
from statescape.errors import StatescapeError
from statescape.geometry import Rows
from statescape.language.continuation import Continuation, follow
from statescape.language.edits import Edit, Place
from statescape.language.model.anatomy import Anatomy
from statescape.language.model.beginnings import Beginnings, cut
from statescape.language.model.contract import (
    batched,
    long_probe,
    probe,
    same_in_batches,
    states_together,
)
from statescape.language.model.copies import last_states_of
from statescape.language.model.decoder import ModelDecoder, decode
from statescape.language.model.editing import blocks_resume, copies_go_on, edited_states, runs_abreast
from statescape.language.model.embedding import multiples, token_embeddings
from statescape.language.model.gradients import difference_gradients
from statescape.language.model.parts import Parts, read_states_and_parts
from statescape.language.model.probes import drawn_anew, kept_answer, kept_parts
from statescape.language.model.twins import hand_on, twin_of
from statescape.language.readable import Added, ModelFacts
from statescape.language.tokens import Tokens, bind
from statescape.language.trace import Trace
from statescape.wording import Noun, brief


@dataclass(frozen=True, eq=False)
class LanguageModel(Noun):
    """A loaded model.

    Attributes:
        facts: what every output states of it.
        anatomy: its blocks and head.
        decoder: from states to logits.
        tokens: its tokenizer, policy and vocabulary.
        key: names it in the cache of what was measured; "" where nothing is kept.
        beginnings: what it keeps of texts that it has read, to go on from; None: nothing.
    """

    facts: ModelFacts
    anatomy: Anatomy
    decoder: ModelDecoder
    tokens: Tokens
    key: str = ""
    beginnings: Beginnings | None = None

    def __repr__(self) -> str:
        return brief(f"LanguageModel {self.facts}")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """How every token reads."""
        return self.tokens.vocabulary

    @cached_property
    def embeddings(self) -> Float[Rows, "vocabulary d_model"]:
        """The embedding of every token as the model adds it to the stream, without position (float32)."""
        rows = token_embeddings(self.anatomy)
        if self.key:
            name_array(rows, f"embeddings of {self.key}")
        return rows

    @cached_property
    def unembedding(self) -> Float[np.ndarray, "vocabulary d_model"] | None:
        """Rows of W_U; None where they are the token embeddings, up to a factor."""
        matrix = self.unembedding_matrix
        few = slice(None, None, max(1, len(matrix) // 64))
        # Where both are one matrix, a few rows show by what factor the embeddings were made of all.
        same = multiples(matrix[few], self.embeddings[few]) and (self.facts.tied or multiples(matrix, self.embeddings))
        return None if same else matrix

    @cached_property
    def parts(self) -> Parts | str:
        """Attention and MLP of every block, or the reason why they cannot be told apart."""
        return kept_parts(self.anatomy, probe(self.facts.vocab_size, self.tokens.context), self.key)

    def trace(self, text: Any, last: int | None = None, edits: Sequence[Edit] = ()) -> Trace:
        """Run the model on ``text``; with ``last`` on its last so many tokens only.

        Args:
            text: a text; or the ids of its tokens (a list, an array or a tensor of whole numbers), which are taken as
                they are, without a token put in front; or the messages of a chat (a list of {"role", "content"}), of
                which the tokenizer's own template makes the text up to where the answer begins.
            last: how many tokens to keep, counted from the end.
            edits: what is changed on the way, in this order (see `Edit`).

        Raises:
            StatescapeError: for blank text, text longer than the model's context, ids that are none of its, messages
                that its tokenizer has no template for, or edits that fit neither the model nor the text.
        """
        return Trace.read(self, text, last, edits)

    def follow(self, text: Any, n: int, *, temperature: float = 0.0, seed: int = 0) -> Continuation:
        """Go on with ``text`` by up to ``n`` tokens, and keep the path that led to each (see `follow`).

        Args:
            text: a text, the ids of its tokens, or the messages of a chat.
            n: how many tokens at most; fewer where the model ends the text.
            temperature: 0 takes the likeliest token; above 0 tokens are drawn.
            seed: of the draws.

        Raises:
            StatescapeError: for a text that cannot be read, an edit that does not fit, or more tokens than the model's
                context.
        """
        return follow(self, text, n, temperature=temperature, seed=seed)

    def traces(
        self, texts: Iterable[Any], *, batch: int = 8, last: int | None = None, parts: bool = False
    ) -> Iterator[Trace]:
        """Run the model on many texts, several in one pass; the states are those of `trace`, text by text.

        Texts are read as they are asked for, so that memory holds one batch whatever the number of texts.

        Args:
            texts: the texts (or ids or messages, as for `trace`), in the order in which their traces come back.
            batch: most texts of one pass; texts of about the same length waste the least.
            last: how many tokens of each to keep, counted from the end; None for all.
            parts: keep what attention and MLP added, too, which paths ask for: they would run each text once more.

        Raises:
            StatescapeError: for a batch below 1; when it is reached, for a text that `trace` refuses.
        """
        if batch < 1:
            raise StatescapeError(f"A batch holds at least one text; got {batch}.")
        for together in batched(texts, batch):
            ids = [self.tokens.encode(text, last) for text in together]
            if parts:
                for text, own, (states, added) in zip(together, ids, self.states_and_parts_of(ids), strict=True):
                    yield Trace.of(self, text, own, states).with_parts(added)
            else:
                for text, own, states in zip(together, ids, self.states_of(ids), strict=True):
                    yield Trace.of(self, text, own, states)

    def states(self, ids: Sequence[int]) -> Float[np.ndarray, "states positions d_model"]:
        """s_0 to s_L at every position of one text."""
        return np.asarray(self.anatomy.states(torch.tensor(ids)).cpu().numpy())

    def states_of(self, texts: Sequence[Sequence[int]]) -> Iterator[Float[np.ndarray, "states positions d_model"]]:
        """The states of several tokenised texts, run together where that does not change them."""
        if len(texts) > 1 and self.same_in_batches:
            return (states.cpu().numpy() for states in states_together(self.anatomy, texts))
        return map(self.states, texts)

    def states_and_parts(self, ids: Sequence[int]) -> tuple[Float[np.ndarray, "states positions d_model"], Added | str]:
        """From one pass the states, and what the parts added to them, or the reason why that cannot be told."""
        if isinstance(self.parts, str):
            return self.states(ids), self.parts
        if self.beginnings is None or not self.goes_on:
            return read_states_and_parts(self.anatomy, self.parts, [ids])[0]
        past = DynamicCache(config=self.anatomy.network.config)
        found = read_states_and_parts(self.anatomy, self.parts, [ids], past)[0]
        self.beginnings.keep(ids, past)
        return found

    def read_on(
        self, ids: Sequence[int], shared: int, before: Sequence[int]
    ) -> tuple[Float[np.ndarray, "states _ d_model"], Added | str] | None:
        """States and parts of what a text has beyond its beginning; None where the whole text has to be read.

        Args:
            ids: of the text.
            shared: how many tokens it begins with as ``before`` does; fewer than it has.
            before: ids of a text whose states and parts were read before.
        """
        if self.beginnings is None or isinstance(self.parts, str):
            return None
        kept = self.beginnings.of(before)
        if kept is None:
            return None
        self.beginnings.keep(before, kept)  # another text may part from it, too
        past = cut(kept, shared, len(before))
        if past is None:
            return None
        found = read_states_and_parts(self.anatomy, self.parts, [ids[shared:]], past)[0]
        self.beginnings.keep(ids, past)
        return found

    def states_and_parts_of(
        self, texts: Sequence[Sequence[int]]
    ) -> list[tuple[Float[np.ndarray, "states _ d_model"], Added | str]]:
        """The same of several tokenised texts, run together where that does not change them."""
        if isinstance(self.parts, str) or not self.same_in_batches:
            return [self.states_and_parts(ids) for ids in texts]
        return read_states_and_parts(self.anatomy, self.parts, texts)

    def edited_states(self, ids: Sequence[int], edits: Sequence[Edit]) -> Float[np.ndarray, "states positions d_model"]:
        """The states of one text as the edits leave them.

        Raises:
            StatescapeError: for an edit of a part, where parts cannot be told apart.
        """
        return edited_states(self.anatomy, self._parts_of(edits), torch.tensor(ids), edits).cpu().numpy()

    def last_states_edited(
        self,
        ids: Sequence[int],
        copies: Sequence[Sequence[Edit]],
        *,
        known: Float[np.ndarray, "states _ d_model"] | None = None,
        everywhere: bool = False,
        within: Sequence[int] | None = None,
    ) -> Float[np.ndarray, "copies *positions d_model"]:
        """s_L at the last position of each copy of the text, as its edits leave it; many copies run in one pass.

        Args:
            ids: of the text.
            copies: the edits of each copy.
            known: the text's own states at its last positions, as many as are known; None: none.
            everywhere: s_L at every position, not at the last alone.
            within: a text that begins with this one, and was read, or will be, on the way; None: none.

        Raises:
            StatescapeError: for an edit of a part, where parts cannot be told apart.
        """
        parts = self._parts_of([edit for edits in copies for edit in edits])
        return last_states_of(self, parts, ids, copies, known, everywhere, within)

    def difference_gradients(
        self, ids: Sequence[int], answers: tuple[int, int]
    ) -> dict[Place, Float[np.ndarray, "_ positions d_model"]]:
        """Gradients of the logit of one token less that of another, at the end of a text, at its states and parts.

        Args:
            ids: of the text.
            answers: ids of the two tokens.
        """
        parts = None if isinstance(self.parts, str) else self.parts
        found = difference_gradients(self.anatomy, parts, torch.tensor(ids), answers)
        return {place: values.cpu().numpy() for place, values in found.items()}

    def _parts_of(self, edits: Sequence[Edit]) -> Parts | None:
        """Attention and MLP, if an edit is of one of them."""
        if all(edit.part == "stream" for edit in edits):
            return None
        if isinstance(self.parts, str):
            raise StatescapeError(f"Attention and MLP of {self.facts.name} cannot be edited: {self.parts}.")
        return self.parts

    @cached_property
    def resumes(self) -> bool:
        """Whether a pass can go on from a state."""
        ids = probe(self.facts.vocab_size, self.tokens.context)
        return kept_answer(self.key, "resumes", lambda: blocks_resume(self.anatomy, ids))

    @cached_property
    def goes_on(self) -> bool:
        """Whether edited copies of a text can go on from a cache of what stands before the edits."""
        return kept_answer(self.key, "goes on", lambda: copies_go_on(self.anatomy, long_probe(self.anatomy)))

    @cached_property
    def abreast(self) -> bool:
        """Whether copies that are edited at the last position can be positions of one row."""
        ids = probe(self.facts.vocab_size, self.tokens.context)
        return self.goes_on and kept_answer(self.key, "abreast", lambda: runs_abreast(self.anatomy, ids))

    @cached_property
    def same_in_batches(self) -> bool:
        """Whether the states of a text are the same when it is padded and run beside a longer one."""
        ids = long_probe(self.anatomy).tolist()
        texts = [ids, ids[: (len(ids) + 1) // 2]]
        return kept_answer(self.key, "batches", lambda: same_in_batches(self.anatomy, texts))

    @property
    def unembedding_matrix(self) -> Float[np.ndarray, "vocabulary d_model"]:
        """Rows of W_U (float32), whether tied or not."""
        weight: torch.Tensor = self.anatomy.head.weight  # type: ignore[assignment]
        return np.asarray(weight.detach().float().cpu().numpy())

    def decode(self, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, "rows vocabulary"]:
        """Logits of a few states, held to the exactness contract."""
        return decode(self.decoder, torch.from_numpy(states)).cpu().numpy()

    def logits(self, ids: Sequence[int]) -> Float[np.ndarray, "positions vocabulary"]:
        """What the network answers at every position of one text."""
        with torch.inference_mode():
            return np.asarray(self.anatomy.run(torch.tensor(ids)[None]).logits[0].float().cpu().numpy())

    def normalise(self, states: Float[np.ndarray, "rows d_model"]) -> Float[np.ndarray, "rows head_width"]:
        """final_norm(s): what the head reads."""
        return self.decoder.normalise(torch.from_numpy(states)).cpu().numpy()

    def weights_digest(self) -> str:
        """A hash of all weights."""
        found = hashlib.blake2b(digest_size=16)
        for name, parameter in sorted(self.anatomy.network.named_parameters()):
            found.update(name.encode())
            found.update(parameter.detach().contiguous().reshape(-1).view(torch.uint8).cpu().numpy().tobytes())
        return found.hexdigest()

    def with_bos(self, bos: bool) -> LanguageModel:
        """The same model with another policy on what opens a text.

        Raises:
            StatescapeError: where the tokenizer has no beginning-of-sequence token.
        """
        tokens = bind(self.tokens.tokenizer, len(self.vocabulary), bos, self.tokens.context)
        facts = replace(self.facts, bos=tokens.policy, has_bos=bool(tokens.prefix))
        return self._measured_alike(replace(self, facts=facts, tokens=tokens))

    def remembering(self, most: int) -> LanguageModel:
        """The same model, which keeps what it needs to go on from texts that it has read.

        Args:
            most: bytes of what is kept.
        """
        return self._measured_alike(replace(self, beginnings=Beginnings(most)))

    def _measured_alike(self, other: LanguageModel) -> LanguageModel:
        """Another view of this network, for which all holds that was measured of it."""
        vars(other).update({name: value for name, value in vars(self).items() if name not in vars(other)})
        return other

    def twin(self) -> LanguageModel:
        """The same model with modules of its own around the same weights: another thread can run it meanwhile."""
        return twin_of(self)

    def with_random_weights(self, seed: int) -> LanguageModel:
        """The same architecture as its authors would initialise it, freshly drawn: a null for what training does."""
        network = self.anatomy.network
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            fresh = type(network)(network.config).to(network.device, network.dtype).eval()
        found = drawn_anew(self.anatomy, self.decoder, fresh)
        name = f"{self.facts.name} with random weights (seed {seed})"
        facts = replace(found.facts(name), bos=self.facts.bos, has_bos=self.facts.has_bos)
        key = self.key and digest(self.key, "random weights", seed)  # the same draws wherever the key is the same
        again = LanguageModel(facts, found.anatomy, found.decoder, self.tokens, key)
        hand_on(self, again)
        return again if self.beginnings is None else again.remembering(self.beginnings.most)
