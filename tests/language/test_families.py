"""On every family: states, logits, embeddings and parts are those of transformers' own forward pass."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from tests.language.families import BLOCKS, FAMILIES, REFUSED, TEXT, WIDTH, Family, build, word_tokenizer

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.model_type)
OTHER_TEXT = "w40 w3 w71 w12 w8 w66 w19 w20 w95"


@cache
def _read(family: Family) -> tuple[Any, Any]:
    network = build(family)
    return network, ss.load_model(network, tokenizer=word_tokenizer())


@torch.no_grad()
def _own(network: Any, ids: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    output = network(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    return torch.stack(output.hidden_states)[:, 0].numpy(), output.logits[0].numpy()


def _close(found: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    return bool(np.abs(found - expected).max() <= tolerance * expected.std())


@EVERY_FAMILY
def test_states_and_logits_are_the_models_own(family: Family) -> None:
    network, model = _read(family)
    trace = model.trace(TEXT)
    hidden, logits = _own(network, trace.token_ids)
    assert model.facts.n_blocks == BLOCKS
    if family.model_type in {"mamba", "rwkv"}:  # their lists begin after the first block
        assert _close(trace.states[1:BLOCKS], hidden[: BLOCKS - 1], 1e-6)
    else:
        assert _close(trace.states[:-1], hidden[:BLOCKS], 1e-6)
    assert _close(model.decode(trace.states[-1]), logits, 1e-4)
    assert model.facts.max_logit_error <= model.facts.error_bound == 1e-4


@EVERY_FAMILY
def test_path_log_probabilities_are_the_models_own(family: Family) -> None:
    network, model = _read(family)
    path = model.trace(TEXT).path(4)
    logits = torch.from_numpy(_own(network, path.token_ids)[1][4])
    np.testing.assert_allclose(path.log_probabilities[-1], logits.log_softmax(0), atol=1e-4 * float(logits.std()))
    assert path.predicted_id == int(logits.argmax())


@EVERY_FAMILY
def test_embeddings_are_what_a_token_adds_to_the_stream(family: Family) -> None:
    """What remains of s_0 without the embedding belongs to the position: it is the same in every text."""
    _, model = _read(family)
    remains = []
    for text in (TEXT, OTHER_TEXT):
        trace = model.trace(text)
        remains.append(trace.states[0] - model.embeddings[list(trace.token_ids)])
    np.testing.assert_allclose(*remains, atol=2e-5 * np.abs(model.embeddings).max())
    positioned = {"gpt2", "gpt_neo", "opt", "gpt_bigcode", "xglm", "biogpt", "openai-gpt", "ctrl"}
    assert (np.abs(remains[0]).max() > 1e-3) == (family.model_type in positioned)


ROOT = WIDTH**0.5
FACTORS = {"gemma": ROOT, "gemma2": ROOT, "gemma3_text": ROOT, "xglm": ROOT, "biogpt": ROOT, "ctrl": ROOT}
FACTORS |= {"granite": 7.0, "granitemoe": 5.0, "minicpm3": 12.0, "falcon_h1": 3.0}
FACTORS["recurrent_gemma"] = 5.65625  # the root of 32 in bfloat16


@EVERY_FAMILY
def test_embeddings_are_the_matrix_as_the_architecture_uses_it(family: Family) -> None:
    network, model = _read(family)
    matrix = network.get_input_embeddings().weight.detach()
    expected = matrix * FACTORS.get(family.model_type, 1.0)
    if family.model_type == "bloom":
        expected = network.transformer.word_embeddings_layernorm(matrix).detach()
    if family.model_type == "nanochat":
        expected = torch.nn.functional.rms_norm(matrix, (WIDTH,), eps=network.config.rms_norm_eps)
    np.testing.assert_allclose(model.embeddings, expected.numpy(), atol=2e-6 * float(expected.abs().max()))


@EVERY_FAMILY
def test_parts_sum_to_the_change_and_their_effects_to_the_logit(family: Family) -> None:
    network, model = _read(family)
    trace = model.trace(TEXT)
    path = trace.path(-1)
    if not family.steps:
        assert path.steps is None
        assert "not shown apart" in trace.steps_note
        return
    steps = path.steps
    assert steps is not None
    assert trace.steps_note == ""
    scale = np.abs(path.states).max()
    np.testing.assert_allclose(steps.attention + steps.mlp, np.diff(path.states, axis=0), atol=2e-6 * scale)

    from statescape.language.attribution import fixed_norm, logit_shares

    norm, row = fixed_norm(model, path.states[-1]), model.decoder.centred_row(path.predicted_id)
    bias, linear = np.zeros(len(path.vocabulary)), model.decoder.linear
    if linear.bias is not None:
        bias = linear.scale * (linear.bias.numpy() - linear.bias.numpy().mean())
    total = steps.attention_logit.sum() + steps.mlp_logit.sum() + logit_shares(norm, row, path.states[:1])[0]
    total += norm.offset @ row + bias[path.predicted_id]
    logits = _own(network, trace.token_ids)[1][-1].astype(np.float64)
    if linear.cap is not None:
        logits = linear.cap * np.arctanh(logits / linear.cap)
    assert total == pytest.approx(logits[path.predicted_id] - logits.mean(), abs=2e-4 * logits.std())


def test_attention_is_the_part_that_mixes_positions() -> None:
    """Also where both parts read the same stream (GPT-J), or the MLP is called first in the module's own order."""
    for family in FAMILIES:
        if family.model_type in {"gpt2", "gptj", "gpt_neox", "falcon", "cohere", "phi", "gemma2", "bloom"}:
            model = _read(family)[1]
            block = model.anatomy.blocks[0]
            names = {module: name for name, module in block.named_modules()}
            assert "att" in names[model.parts.attention[0].module], family.model_type
            assert "att" not in names[model.parts.mlp[0].module].replace("post_attention", ""), family.model_type


def test_several_streams_are_refused() -> None:
    with pytest.raises(
        StatescapeError, match="Gemma3nForCausalLM has no row of blocks that hand on one residual stream"
    ):
        ss.load_model(build(REFUSED), tokenizer=word_tokenizer())


@pytest.mark.parametrize(("dtype", "bound"), [(torch.bfloat16, 8e-2), (torch.float16, 1e-2)])
@pytest.mark.parametrize("family", [FAMILIES[0], FAMILIES[12], FAMILIES[17]], ids=lambda family: family.model_type)
def test_half_precision_keeps_its_stated_bound(family: Family, dtype: torch.dtype, bound: float) -> None:
    network = build(family).to(dtype)
    model = ss.load_model(network, tokenizer=word_tokenizer())
    assert model.facts.error_bound == bound
    trace = model.trace(TEXT)
    assert _close(
        model.decode(trace.states[-1]),
        network(torch.tensor([trace.token_ids])).logits[0].float().detach().numpy(),
        bound,
    )


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("family", [FAMILIES[0], FAMILIES[5], FAMILIES[17]], ids=lambda family: family.model_type)
def test_half_precision_finds_the_same_parts(family: Family, dtype: torch.dtype) -> None:
    """Its sums are rounded coarsely; another pair of outputs must not pass for the parts."""

    def names(network: Any) -> Any:
        model = ss.load_model(network, tokenizer=word_tokenizer())
        named = {module: name for name, module in network.named_modules()}
        if isinstance(model.parts, str):
            return model.parts
        return [[named[part.module] for part in side] for side in (model.parts.attention, model.parts.mlp)]

    assert names(build(family).to(dtype)) == names(build(family))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("family", [FAMILIES[0], FAMILIES[5], FAMILIES[17]], ids=lambda family: family.model_type)
def test_every_dtype_shows_attention_and_mlp_apart(family: Family, dtype: torch.dtype) -> None:
    """Its tolerances are a few times what the dtype rounds by; effects on the logit are those of float32."""
    trace = ss.load_model(build(family).to(dtype), tokenizer=word_tokenizer()).trace(TEXT)
    single = ss.load_model(build(family), tokenizer=word_tokenizer()).trace(TEXT).path(3)
    path = trace.path(3)
    assert trace.steps_note == path.steps_note == ""
    allowed = 8 * max(torch.finfo(dtype).eps, 1e-6) * np.abs(path.states).max()
    np.testing.assert_allclose(path.steps.attention + path.steps.mlp, np.diff(path.states, axis=0), atol=allowed)
    if dtype == torch.float64 or path.predicted_id == single.predicted_id:
        allowed = (1e-4 if dtype == torch.float64 else 0.1) * np.abs(single.steps.mlp_logit).max()
        np.testing.assert_allclose(path.steps.mlp_logit, single.steps.mlp_logit, atol=allowed)


def test_a_small_change_of_a_large_stream_is_told_apart_in_half_precision() -> None:
    """As in deep models, whose blocks change the state by half a percent of it."""
    network = build(FAMILIES[6])
    with torch.no_grad():
        network.get_input_embeddings().weight.mul_(2000.0)
    model = ss.load_model(network.to(torch.bfloat16), tokenizer=word_tokenizer())
    assert model.trace(TEXT).path().steps is not None


def test_what_cannot_be_told_says_why() -> None:
    family = next(family for family in FAMILIES if family.model_type == "mamba")
    path = _read(family)[1].trace(TEXT).path()
    assert path.steps_note == "Attention and MLP are not shown apart: no two parts of block 1 sum to its change."
