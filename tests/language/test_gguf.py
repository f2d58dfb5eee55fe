"""Models in GGUF: what is read is what was written, nothing is lost, and what cannot be read is said in a line."""

import importlib.util
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

import statescape as ss
from statescape.errors import StatescapeError
from tests.language.families import randomise

TEXT = "the cat sat on the mat and the dog ran"
HEADS, KEYS = 4, 2


def tokenizer() -> Tokenizer:
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    learned.train_from_iterator([TEXT] * 20, trainer)
    return learned


@pytest.fixture(scope="module")
def network() -> Any:
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=tokenizer().get_vocab_size(), hidden_size=32, intermediate_size=48, num_hidden_layers=3,
        num_attention_heads=HEADS, num_key_value_heads=KEYS, max_position_embeddings=128, tie_word_embeddings=True,
    )  # fmt: skip
    made = LlamaForCausalLM(config).eval()
    randomise(made)
    return made


def interleaved(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rotary pairs beside each other, as llama.cpp keeps queries and keys."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


NAMES = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip


def tensors(network: Any) -> dict[str, np.ndarray]:
    """The weights of a Llama by llama.cpp's names, in its order of rotary pairs."""
    found = {}
    for name, weight in network.state_dict().items():
        array = weight.numpy()
        if name.startswith("model.layers."):
            _, _, block, *rest, kind = name.split(".")
            part = NAMES[".".join(rest)]
            heads = {"attn_q": HEADS, "attn_k": KEYS}.get(part)
            found[f"blk.{block}.{part}.{kind}"] = array if heads is None else interleaved(array, heads)
    found["token_embd.weight"] = network.model.embed_tokens.weight.detach().numpy()
    found["output_norm.weight"] = network.model.norm.weight.detach().numpy()
    return found


def write(file: Path, network: Any, *, extra: Any = (), vocabulary: bool = True, architecture: str = "llama") -> Path:
    config = network.config
    writer = gguf.GGUFWriter(file, architecture)
    writer.add_name("tiny")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEYS)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(config.vocab_size)
    if vocabulary:
        words = tokenizer()
        listed = sorted(words.get_vocab(), key=words.get_vocab().__getitem__)
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list(listed)
        writer.add_token_types([gguf.TokenType.CONTROL] * 2 + [gguf.TokenType.NORMAL] * (len(listed) - 2))
        import json

        merges = json.loads(words.to_str())["model"]["merges"]
        writer.add_token_merges([" ".join(pair) if isinstance(pair, list) else pair for pair in merges])
        writer.add_bos_token_id(0)
        writer.add_eos_token_id(1)
        writer.add_add_bos_token(False)
    for name, array in {**tensors(network), **dict(extra)}.items():
        writer.add_tensor(name, np.ascontiguousarray(array, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


@pytest.fixture(scope="module")
def file(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("gguf") / "tiny.gguf", network)


def refusal(source: Any, **options: Any) -> str:
    with pytest.raises(StatescapeError) as caught:
        ss.load_model(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_states_and_logits_are_those_of_the_network_that_was_written(
    network: Any, file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = ss.load_model(file)
    assert capfd.readouterr() == ("", "")
    trace = model.trace(TEXT)
    ids = torch.tensor([tokenizer().encode(TEXT).ids])
    assert trace.token_ids == tuple(ids[0].tolist())
    states: list[torch.Tensor] = []
    hooks = [block.register_forward_hook(lambda _, __, out: states.append(out)) for block in network.model.layers]
    with torch.inference_mode():
        logits = network(ids).logits[0]
    for hook in hooks:
        hook.remove()
    for index, state in enumerate(states, 1):
        whole = state[0] if isinstance(state, tuple) else state
        np.testing.assert_array_equal(trace.states[index], whole[0].numpy() if whole.ndim == 3 else whole.numpy())
    np.testing.assert_array_equal(model.logits(trace.token_ids), logits.numpy())


def test_the_quantisation_is_named_wherever_the_model_is(file: Path) -> None:
    facts = ss.load_model(file).facts
    assert (facts.name, facts.quantisation, facts.dtype) == ("tiny (GGUF ALL_F32)", "ALL_F32", "float32")


def test_a_folder_and_an_installed_package_name_their_one_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ss.load_model(file.parent).facts.name == "tiny (GGUF ALL_F32)"
    package, listed = tmp_path / "some_model", tmp_path / "some_model-1.0.dist-info"
    package.mkdir()
    listed.mkdir()
    (package / "tiny.gguf").write_bytes(file.read_bytes())
    (listed / "METADATA").write_text("Metadata-Version: 2.1\nName: some-model\nVersion: 1.0\n")
    (listed / "RECORD").write_text("some_model/tiny.gguf,,\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert ss.load_model("package:some-model").facts.name == "tiny (GGUF ALL_F32)"
    (listed / "RECORD").write_text("some_model/__init__.py,,\n")
    assert refusal("package:some-model") == "The package some-model ships 0 GGUF files, where one is needed."
    assert "no installed package 'no-such-model'" in refusal("package:no-such-model")
    (package / "second.gguf").write_bytes(b"GGUF")
    assert "holds 2 GGUF files" in refusal(package)


@pytest.mark.parametrize("name", ["blk.0.attn_q.bias", "blk.3.attn_norm.weight", "blk.1.attn_q_norm.weight"])
def test_a_tensor_that_the_model_does_not_use_is_refused_by_name(network: Any, tmp_path: Path, name: str) -> None:
    message = refusal(write(tmp_path / "more.gguf", network, extra={name: np.ones(32)}))
    assert f"32 less, {name} among them" in message


@pytest.mark.parametrize("factor", [1.0, 8.0])
def test_stretched_positions_are_refused_and_factors_of_one_are_none(
    network: Any, tmp_path: Path, factor: float
) -> None:
    written = write(tmp_path / "rotary.gguf", network, extra={"rope_freqs.weight": np.full(4, factor)})
    if factor == 1:
        assert ss.load_model(written).facts.n_blocks == 3
    else:
        assert "stretches its positions" in refusal(written)


def test_a_file_that_is_cut_off_or_none(file: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.gguf"
    whole = file.read_bytes()
    for size in (0, 3, 20, 500, len(whole) // 2, len(whole) - 1):
        spoilt.write_bytes(whole[:size])
        assert refusal(spoilt).startswith(("spoilt.gguf is cut off", "spoilt.gguf is no GGUF file, or is damaged"))
    spoilt.write_bytes(b"PK\x03\x04" + whole[4:])
    assert refusal(spoilt) == "spoilt.gguf is no GGUF file, or is damaged; download it again."


def test_counts_beyond_reason_take_no_memory(file: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "hostile.gguf"
    whole = bytearray(file.read_bytes())
    for at in (8, 16):  # how many tensors, how many keys
        hostile = bytearray(whole)
        hostile[at : at + 8] = (2**62).to_bytes(8, "little")
        spoilt.write_bytes(hostile)
        assert "damaged" in refusal(spoilt)


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ("clip", "holds the part that sees pictures"),
        ("bert", "other.gguf holds an encoder (bert); statescape reads causal language models."),
        ("nomic-bert", "other.gguf holds an encoder (nomic-bert); statescape reads causal language models."),
        ("something-new", "holds a something-new model, which transformers does not read from GGUF; load it from its"),
    ],
)
def test_other_kinds_of_models(network: Any, tmp_path: Path, architecture: str, words: str) -> None:
    assert words in refusal(write(tmp_path / "other.gguf", network, architecture=architecture))


def test_a_file_without_a_tokenizer_takes_one_that_is_given(network: Any, tmp_path: Path, file: Path) -> None:
    bare = write(tmp_path / "bare.gguf", network, vocabulary=False)
    assert refusal(bare).startswith("bare.gguf holds no tokenizer")
    model = ss.load_model(bare, tokenizer=tokenizer())
    np.testing.assert_array_equal(model.trace(TEXT).states, ss.load_model(file).trace(TEXT).states)


@pytest.mark.parametrize("package", ["gguf", "accelerate"])
def test_a_package_that_is_missing_is_named(file: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else found(name))
    message = refusal(file)
    assert f"needs what is not installed here: {package}; pip install 'statescape[gguf]'" in message
