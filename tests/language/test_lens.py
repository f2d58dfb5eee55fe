"""The streamed lens equals a plain one in float64, however the vocabulary and the text are cut."""

from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language.lens import streaming as lens_module
from tests.language.families import FAMILIES, TEXT, build, randomise, word_tokenizer

WORDS = 3001
POSITIONS = 70


@pytest.fixture(scope="module")
def trace() -> Any:
    """A vocabulary of one and a half blocks and more positions than one chunk takes."""
    config = GPT2Config(vocab_size=WORDS, n_embd=48, n_layer=14, n_head=4, n_positions=128)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = GPT2LMHeadModel(config).eval()
        randomise(network)
    words = np.random.default_rng(0).integers(WORDS, size=POSITIONS)
    model = ss.load_model(network, tokenizer=word_tokenizer(WORDS))
    return model.trace(" ".join(f"w{word}" for word in words))


def plain(model: Any, states: np.ndarray) -> np.ndarray:
    """Log-probabilities of every state and position, by the network's own head in float64."""
    network = model.anatomy.network
    normed = torch.nn.functional.layer_norm(
        torch.from_numpy(states).double(),
        states.shape[-1:],
        network.transformer.ln_f.weight.double(),
        network.transformer.ln_f.bias.double(),
        network.config.layer_norm_epsilon,
    )
    return (normed @ network.lm_head.weight.double().T).log_softmax(-1).detach().numpy()


def test_every_field_is_that_of_the_plain_lens(trace: Any) -> None:
    targets = np.random.default_rng(1).integers(WORDS, size=POSITIONS)
    lens = trace.lens(top=7, targets=targets)
    expected = plain(trace.model, trace.states)
    of_target = np.take_along_axis(expected, np.broadcast_to(targets, expected.shape[:2])[..., None], axis=-1)
    best = np.sort(expected, axis=-1)[..., :-8:-1]

    np.testing.assert_array_equal(lens.target_ids, targets)
    np.testing.assert_allclose(lens.log_probability, of_target[..., 0], atol=1e-5)
    np.testing.assert_allclose(lens.top_log_probabilities, best, atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(expected, lens.top_ids, axis=-1), best, atol=1e-5)
    np.testing.assert_allclose(lens.entropy, -(np.exp(expected) * expected).sum(-1), atol=1e-5)
    divergence = (np.exp(expected[-1]) * (expected[-1] - expected)).sum(-1)
    np.testing.assert_allclose(lens.kl_to_final, divergence, atol=1e-5)
    # Ranks may differ where other logits come within 1e-5 of the target's.
    low, high = ((expected > of_target + shift).sum(-1) for shift in (1e-5, -1e-5))
    assert ((low <= lens.rank) & (lens.rank <= high - 1)).all()


def test_the_target_is_what_the_last_state_predicts(trace: Any) -> None:
    lens = trace.lens(top=3)
    np.testing.assert_array_equal(lens.target_ids, plain(trace.model, trace.states[-1]).argmax(-1))
    np.testing.assert_array_equal(lens.top_ids[-1, :, 0], lens.target_ids)
    assert (lens.rank[-1] == 0).all()
    assert (lens.kl_to_final[-1] == 0).all()
    assert (lens.kl_to_final[:-1] > 0).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_compiled_pass_is_the_plain_one(trace: Any, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row and operation by operation, in one worker and in two."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        monkeypatch.setattr(lens_module, "COMPILED", 10**12)
        expected = trace.lens(top=10)
        monkeypatch.setattr(lens_module, "COMPILED", 0)
        compiled = trace.lens(top=10)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(compiled.top_ids, expected.top_ids)
    np.testing.assert_array_equal(compiled.rank, expected.rank)
    for name in ("top_log_probabilities", "log_probability", "entropy", "kl_to_final"):
        np.testing.assert_allclose(getattr(compiled, name), getattr(expected, name), atol=3e-6)


@pytest.mark.parametrize("compiled", [False, True])
def test_logits_far_apart_neither_overflow_nor_vanish(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums against float64, with maxima that rise by hundreds from block to block; pieces of one state each."""
    from statescape.language.lens.streaming import _stream

    monkeypatch.setattr(lens_module, "PIECE", 8 * 64)
    draw = np.random.default_rng(0)
    logits = (draw.normal(0, 40, (24, 300)) + np.linspace(-400, 400, 300)).astype(np.float32)
    targets = torch.from_numpy(draw.integers(300, size=8))
    wanted = torch.from_numpy(logits).view(3, 8, 300)[:, torch.arange(8), targets]
    final = torch.softmax(torch.from_numpy(logits[:8]), 1)
    blocks = [(start, torch.from_numpy(logits[:, start : start + 64].copy())) for start in range(0, 300, 64)]
    sums = _stream(blocks, wanted, targets, final, 5, compiled)
    exact = logits.astype(np.float64).reshape(3, 8, 300)
    shifted = exact - exact.max(2, keepdims=True)
    total = np.exp(shifted).sum(2)
    np.testing.assert_allclose(sums.maximum + sums.total.log(), exact.max(2) + np.log(total), rtol=1e-6)
    np.testing.assert_allclose(sums.weighted / sums.total, (np.exp(shifted) * shifted).sum(2) / total, atol=1e-5)
    np.testing.assert_array_equal(sums.top.numpy(), -np.sort(-exact, 2)[..., :5])
    np.testing.assert_array_equal(sums.rank, (exact > wanted.double().numpy()[..., None]).sum(2))
    np.testing.assert_allclose(sums.cross, (final.numpy() * exact).sum(2), atol=1e-3)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_logit_that_is_no_number_stays_none(compiled: bool) -> None:
    from statescape.language.lens.streaming import _stream

    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(0))
    logits[1, 20] = torch.nan
    wanted, targets = logits[:, 0].clone()[None], torch.zeros(3, dtype=torch.long)
    sums = _stream([(0, logits.clone())], wanted, targets, None, 5, compiled)
    assert sums.total.isnan().tolist() == [[False, True, False]]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_products_of_half_precision_are_added_in_float32(dtype: torch.dtype) -> None:
    """On the processor; on a GPU, which no test has seen, the same product is asked for by ``out_dtype``."""
    from statescape.language.model.decoder import product

    draw = torch.Generator().manual_seed(0)
    left, right = (torch.randn(rows, 768, generator=draw).to(dtype) for rows in (9, 70))
    out = torch.empty(9, 70)
    product(left.float(), right, out)
    np.testing.assert_allclose(out.numpy(), (left.double() @ right.double().T).numpy(), atol=1e-4)
    rounded = (left @ right.T).float()
    assert (out - rounded).abs().max() > 10 * (out.double() - left.double() @ right.double().T).abs().max()


@pytest.mark.parametrize(("rows", "block", "top"), [(300, 700, 10), (100_000, 100, 120), (100_000, 100_000, 10)])
def test_how_it_is_cut_does_not_matter(
    trace: Any, rows: int, block: int, top: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few rows, fewer tokens in a block than are kept, everything at once."""
    whole = trace.lens(top=top)
    monkeypatch.setattr(lens_module, "ROWS", rows)
    monkeypatch.setattr(lens_module, "BLOCK", block)
    cut = trace.lens(top=top)
    np.testing.assert_allclose(cut.top_log_probabilities, whole.top_log_probabilities, atol=1e-5)
    np.testing.assert_allclose(cut.entropy, whole.entropy, atol=1e-5)
    np.testing.assert_allclose(cut.kl_to_final, whole.kl_to_final, atol=1e-5)
    assert (cut.top_ids == whole.top_ids).mean() > 0.999
    assert (cut.rank == whole.rank).mean() > 0.999


@pytest.mark.parametrize("model_type", ["gemma2", "granite", "cohere", "phi", "nanochat"])
def test_caps_scales_and_biases_behind_the_product_are_honoured(model_type: str) -> None:
    """Streamed by rows of W_U, and by the model's own head code: the same distribution."""
    network = build(next(family for family in FAMILIES if family.model_type == model_type))
    trace = ss.load_model(network, tokenizer=word_tokenizer()).trace(TEXT)
    lens = trace.lens(top=5)
    with torch.no_grad():
        own = network(torch.tensor([trace.token_ids])).logits[0].log_softmax(-1)
    np.testing.assert_allclose(lens.top_log_probabilities[-1], own.topk(5).values.numpy(), atol=1e-5)
    np.testing.assert_allclose(lens.entropy[-1], -(own.exp() * own).sum(-1).numpy(), atol=1e-5)


def test_a_head_that_is_no_product_is_run_by_its_own_code() -> None:
    """A cap of another form cannot be streamed; the answer must not change."""
    network = build(FAMILIES[0])
    product = network.lm_head

    class Squashed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = product.weight

        def forward(self, normed: torch.Tensor) -> torch.Tensor:
            logits = product(normed)
            return 3 * logits / (1 + logits.abs())

    network.lm_head = Squashed()
    trace = ss.load_model(network, tokenizer=word_tokenizer()).trace(TEXT)
    assert trace.model.decoder.linear is None
    with torch.no_grad():
        own = network(torch.tensor([trace.token_ids])).logits[0].log_softmax(-1).numpy()
    lens = trace.lens(top=4)
    np.testing.assert_allclose(lens.top_log_probabilities[-1, :, 0], own.max(-1), atol=1e-5)
    np.testing.assert_array_equal(lens.target_ids, own.argmax(-1))
    for position in (2, 8):
        path = trace.path(position)
        np.testing.assert_allclose(
            path.log_probabilities[:, path.predicted_id], lens.log_probability[:, position], atol=1e-5
        )
        assert path.steps is None
    assert "the head is no product with a matrix" in trace.steps_note


def test_what_does_not_fit_is_refused(trace: Any) -> None:
    with pytest.raises(StatescapeError, match="The lens can show 1 to 3001 top tokens; got 0"):
        trace.lens(top=0)
    for targets in (np.zeros(3, dtype=int), np.full(POSITIONS, -1), np.full(POSITIONS, WORDS)):
        with pytest.raises(StatescapeError, match="one target id for each of 70 positions, below 3001"):
            trace.lens(targets=targets)


def test_dataframe_has_a_row_for_every_state_and_position(trace: Any) -> None:
    lens = trace.lens(top=2)
    frame = lens.to_dataframe()
    row = frame[(frame.state == 5) & (frame.position == 11)].iloc[0]
    assert row.token == trace.tokens[11]
    assert row.target == f"w{lens.target_ids[11]}"
    assert row.top_2 == f"w{lens.top_ids[5, 11, 1]}"
    assert row["rank"] == lens.rank[5, 11]
    assert len(frame) == 15 * POSITIONS
