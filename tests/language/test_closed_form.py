"""A decoder whose path is known in closed form, and readers that the contract must refuse.

The stream has three sections of V coordinates. A token enters as its one-hot in the first; every block adds 1/L of the
next token's one-hot to the second (its MLP) and 1/L of the mean one-hot so far to the third (its attention). The head
reads 8 times the second section, so the state after block l gives the next token the logit 8 l / L and all others 0.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language.model.contract import verified
from statescape.language.model.decoder import ModelDecoder
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer

V, L, GAIN = 97, 4, 8.0


class Mean(nn.Module):
    """Causal mean of the first section, written to the third."""

    def forward(self, stream: torch.Tensor) -> torch.Tensor:
        counts = torch.arange(1, stream.shape[1] + 1)[:, None]
        added = torch.zeros_like(stream)
        added[..., 2 * V :] = stream[..., :V].cumsum(1) / counts / L
        return added


class Next(nn.Module):
    """The next token's one-hot, written to the second section."""

    def forward(self, stream: torch.Tensor) -> torch.Tensor:
        added = torch.zeros_like(stream)
        added[..., V : 2 * V] = stream[..., :V].roll(1, -1) / L
        return added


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mlp, self.mean = Next(), Mean()

    def forward(self, stream: torch.Tensor) -> torch.Tensor:
        stream = stream + self.mean(stream)
        return stream + self.mlp(stream)


class Decoder(nn.Module):
    """As much of a transformers model as the reader may ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, 3 * V)
        self.blocks = nn.ModuleList(Block() for _ in range(L))
        self.head = nn.Linear(3 * V, V, bias=False)
        with torch.no_grad():
            self.embed.weight.copy_(torch.eye(V, 3 * V))
            self.head.weight.zero_()
            self.head.weight[:, V : 2 * V] = GAIN * torch.eye(V)
        text_config = SimpleNamespace(max_position_embeddings=32)
        self.config = SimpleNamespace(get_text_config=lambda: text_config, is_encoder_decoder=False)
        self.dtype, self.device = torch.float32, torch.device("cpu")

    def get_input_embeddings(self) -> nn.Module:
        return self.embed

    def get_output_embeddings(self) -> nn.Module:
        return self.head

    def forward(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
        stream = self.embed(input_ids)
        for block in self.blocks:
            stream = block(stream)
        return SimpleNamespace(logits=self.head(stream))


@pytest.fixture(scope="module")
def path() -> Any:
    return ss.load_model(Decoder().eval(), tokenizer=word_tokenizer()).trace("w3 w40 w3 w11").path(1)


def test_states(path: Any) -> None:
    one_hot = np.eye(V)
    for block, state in enumerate(path.states):
        expected = np.concatenate([one_hot[40], block / L * one_hot[41], block / L * (one_hot[3] + one_hot[40]) / 2])
        np.testing.assert_allclose(state, expected, atol=1e-6)


def test_probability_of_the_prediction_and_rank(path: Any) -> None:
    lift = np.exp(GAIN * np.arange(L + 1) / L)
    assert path.predicted_id == 41
    np.testing.assert_allclose(np.exp(path.log_probabilities[:, 41]), lift / (lift + V - 1), rtol=1e-5)
    lens = path.origin.lens()
    assert (lens.rank[:, 1] == 0).all()  # at s_0 all tokens are equal, and none is above the target
    p = lift / (lift + V - 1)
    entropy = -p * np.log(p) - (1 - p) * np.log((1 - p) / (V - 1))
    np.testing.assert_allclose(lens.entropy[:, 1], entropy, rtol=1e-4)
    divergence = p[-1] * np.log(p[-1] / p) + (1 - p[-1]) * np.log((1 - p[-1]) / (1 - p))
    np.testing.assert_allclose(lens.kl_to_final[:, 1], divergence, atol=2e-6)


def test_steps(path: Any) -> None:
    one_hot = np.eye(V)
    np.testing.assert_allclose(path.steps.mlp[:, V : 2 * V], np.tile(one_hot[41] / L, (L, 1)), atol=1e-6)
    np.testing.assert_allclose(
        path.steps.attention[:, 2 * V :], np.tile((one_hot[3] + one_hot[40]) / 2 / L, (L, 1)), atol=1e-6
    )
    np.testing.assert_allclose(path.steps.mlp_logit, GAIN / L * (1 - 1 / V), rtol=1e-5)
    np.testing.assert_allclose(path.steps.attention_logit, 0, atol=1e-6)


def test_embedding_and_unembedding(path: Any) -> None:
    np.testing.assert_array_equal(path.embeddings, np.eye(V, 3 * V))
    assert not path.model.tied
    np.testing.assert_array_equal(path.unembedding[:, V : 2 * V], GAIN * np.eye(V))


class SkipsNorm(ModelDecoder):
    def normalise(self, states: torch.Tensor) -> torch.Tensor:
        return states


class DoublesNorm(ModelDecoder):
    def normalise(self, states: torch.Tensor) -> torch.Tensor:
        return super().normalise(super().normalise(states))


@pytest.mark.parametrize("reader", [SkipsNorm, DoublesNorm])
@pytest.mark.parametrize("model_type", ["gpt2", "llama", "gemma", "cohere", "olmo2", "nemotron"])
def test_a_reader_that_skips_or_doubles_the_final_norm_is_refused(reader: type[ModelDecoder], model_type: str) -> None:
    network = build(next(family for family in FAMILIES if family.model_type == model_type))
    model = ss.load_model(network, tokenizer=word_tokenizer())
    trace = model.trace(TEXT)
    with torch.no_grad():
        logits = network(torch.tensor([trace.token_ids])).logits[0]
    states = torch.from_numpy(trace.states[-1])
    verified(model.decoder, states, logits, torch.float32)
    wrong = reader(model.decoder.anatomy, model.decoder.linear)
    with pytest.raises(StatescapeError, match="misses the model's own logits"):
        verified(wrong, states, logits, torch.float32)
    with pytest.raises(StatescapeError, match="misses the model's own logits"):
        verified(model.decoder, torch.from_numpy(trace.states[-2]), logits, torch.float32)


def test_code_between_norm_and_head_that_remembers_is_refused() -> None:
    """What the head reads must come from the last state alone: here the first embedding is let past the blocks."""

    class Skip(Decoder):
        def forward(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
            stream = self.embed(input_ids)
            for block in self.blocks:
                stream = block(stream)
            return SimpleNamespace(logits=self.head(stream + self.embed(input_ids).roll(V, -1)))

    with pytest.raises(StatescapeError, match="cannot be read exactly: decoding the last state misses"):
        ss.load_model(Skip().eval(), tokenizer=word_tokenizer())


def test_a_stream_changed_between_blocks_is_refused() -> None:
    class Between(Decoder):
        def forward(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
            stream = self.embed(input_ids)
            for block in self.blocks:
                stream = 0.5 * block(stream)
            return SimpleNamespace(logits=self.head(stream))

    with pytest.raises(StatescapeError, match="no row of blocks that hand on one residual stream"):
        ss.load_model(Between().eval(), tokenizer=word_tokenizer())


def test_a_model_that_reads_ahead_is_refused() -> None:
    class Ahead(Decoder):
        def forward(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
            stream = self.embed(input_ids)
            stream = stream + 0.1 * stream.mean(1, keepdim=True)
            for block in self.blocks:
                stream = block(stream)
            return SimpleNamespace(logits=self.head(stream))

    with pytest.raises(StatescapeError, match="reads its text in both directions"):
        ss.load_model(Ahead().eval(), tokenizer=word_tokenizer())


def test_hooks_and_bypasses_leave_nothing_behind() -> None:
    network = build(FAMILIES[0])
    model = ss.load_model(network, tokenizer=word_tokenizer())
    trace = model.trace(TEXT)
    trace.path(2)
    trace.lens()
    assert all("forward" not in module.__dict__ for module in network.modules())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_projection_behind_the_last_block_is_refused() -> None:
    """OPT 350M: the head reads 512 of 1,024 numbers."""
    from transformers import OPTConfig, OPTForCausalLM

    shape = {
        "hidden_size": 32,
        "word_embed_proj_dim": 16,
        "ffn_dim": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    network = OPTForCausalLM(OPTConfig(vocab_size=97, do_layer_norm_before=False, **shape)).eval()
    with pytest.raises(StatescapeError, match="projects its last state to another width before the head"):
        ss.load_model(network, tokenizer=word_tokenizer())
