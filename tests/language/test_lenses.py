"""Lenses of ours and of others: what they read, what peers read with them, and whose they are.

The files in ``peers`` were written by TransformerLens 4.3 and tuned-lens 0.2 (``benchmarks/references.py``): weights of
a tiny GPT-2 with random norms, the peers' numbers for it, and a lens in each one's own format.
"""

import json
import pickle
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.errors import StatescapeError
from statescape.language import JacobianLens, LanguageModel, LogitLens, Trace, TunedLens, load_lens, register_lens
from statescape.language.lens import streaming as lens_module
from statescape.language.lens.files import save_lens
from tests.language.families import FAMILIES, TEXT, build, word_tokenizer

PEERS = Path(__file__).parent / "peers"


@pytest.fixture(scope="module")
def reference() -> Any:
    return dict(np.load(PEERS / "reference.npz", allow_pickle=False))


@pytest.fixture(scope="module")
def model(reference: Any) -> Any:
    network = build(FAMILIES[0], seed=5)  # all its weights are replaced
    weights = {name.split(":")[1]: torch.from_numpy(v) for name, v in reference.items() if name.startswith("weight:")}
    missing, unexpected = network.load_state_dict(weights, strict=False)
    assert missing == ["lm_head.weight"]  # tied
    assert not unexpected
    return ss.load_model(network, tokenizer=word_tokenizer())


@pytest.fixture(scope="module")
def trace(model: Any) -> Any:
    return model.trace(TEXT)


@pytest.mark.parametrize("threshold", [0, 10**12])
def test_numbers_are_those_of_transformer_lens(
    trace: Any, reference: Any, threshold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the compiled pass and by the plain one."""
    monkeypatch.setattr(lens_module, "COMPILED", threshold)
    lens = trace.lens(top=10)
    np.testing.assert_array_equal(lens.target_ids, reference["target_ids"])
    np.testing.assert_array_equal(lens.top_ids, reference["transformer_lens:top_ids"])
    np.testing.assert_array_equal(lens.rank, reference["transformer_lens:rank"])
    for name in ("top_log_probabilities", "log_probability", "entropy"):
        np.testing.assert_allclose(getattr(lens, name), reference[f"transformer_lens:{name}"], atol=1e-4)


@pytest.mark.parametrize("name", ["logit", "tuned"])
def test_numbers_are_those_of_tuned_lens(model: Any, trace: Any, reference: Any, name: str) -> None:
    lens = trace.lens(top=97, lens=LogitLens() if name == "logit" else load_lens(PEERS / "tuned", model))
    expected = reference[f"tuned_lens:{name}"]
    ours = np.empty_like(expected)
    np.put_along_axis(ours, lens.top_ids, lens.top_log_probabilities, axis=-1)
    np.testing.assert_allclose(ours, expected, atol=1e-4)
    final = expected[-1]
    np.testing.assert_allclose(lens.kl_to_final, (np.exp(final) * (final - expected)).sum(-1), atol=1e-4)
    assert lens.states == (0, 1, 2, 3)


def test_a_jacobian_lens_reads_what_leaves_each_block(model: Any, trace: Any, reference: Any) -> None:
    jacobian = load_lens(PEERS / "jacobian.pt", model)
    assert isinstance(jacobian, JacobianLens)
    assert jacobian.reads == (1, 2)
    lens = trace.lens(top=97, lens=jacobian)
    assert lens.states == (1, 2, 3)
    for row, block in enumerate((0, 1)):
        ours = np.empty_like(lens.top_log_probabilities[row])
        np.put_along_axis(ours, lens.top_ids[row], lens.top_log_probabilities[row], axis=-1)
        np.testing.assert_allclose(ours, reference[f"jacobian:{block}"], atol=1e-4)
    with pytest.raises(StatescapeError, match="does not read at 0; it reads the states 1, 2"):
        trace.lens(lens=jacobian, states=[0])


def test_a_cache_of_transformer_lens_is_a_trace(model: Any, trace: Any, reference: Any) -> None:
    cache = {name.removeprefix("cache:"): value for name, value in reference.items() if name.startswith("cache:")}
    taken = Trace.from_transformer_lens(cache, model)
    assert taken.token_ids == trace.token_ids
    assert taken.tokens == trace.tokens
    np.testing.assert_allclose(taken.states, trace.states, atol=1e-4)
    middle = cache["blocks.1.hook_resid_mid"][0]
    np.testing.assert_allclose(taken.state("blocks.1.hook_resid_mid"), middle, atol=1e-4)
    assert taken.path(-1).predicted_id == reference["target_ids"][-1]

    def without(name: str, **changed: Any) -> Any:
        return {key: value for key, value in {**cache, **changed}.items() if key != name}

    with pytest.raises(StatescapeError, match=r"no blocks\.2\.hook_resid_post"):
        Trace.from_transformer_lens(without("blocks.2.hook_resid_post"), model)
    with pytest.raises(StatescapeError, match="no hook_embed"):
        Trace.from_transformer_lens(without("hook_embed"), model)
    with pytest.raises(StatescapeError, match="there is no row 1"):
        Trace.from_transformer_lens(cache, model, row=1)
    centred = cache["blocks.0.hook_resid_pre"] - cache["blocks.0.hook_resid_pre"].mean(-1, keepdims=True)
    with pytest.raises(StatescapeError, match="without processed weights"):
        Trace.from_transformer_lens({**cache, "blocks.0.hook_resid_pre": centred}, model)
    patched = {**cache, "blocks.1.hook_resid_post": cache["blocks.1.hook_resid_post"] + 1}
    assert "intervened on" in Trace.from_transformer_lens(patched, model).steps_note
    with pytest.raises(StatescapeError, match="give the same model, loaded by load_model"):
        Trace.from_transformer_lens(cache)


def test_the_model_inside_a_bridge_is_found(model: Any, trace: Any, reference: Any) -> None:
    class Cache(dict[str, Any]):
        model = SimpleNamespace(original_model=build(FAMILIES[0], seed=5), tokenizer=word_tokenizer())

    Cache.model.original_model.load_state_dict(model.anatomy.network.state_dict())
    cache = Cache({name.removeprefix("cache:"): value for name, value in reference.items() if "cache:" in name})
    taken = Trace.from_transformer_lens(cache)
    assert taken.token_ids == trace.token_ids
    assert isinstance(taken.model, LanguageModel)


def random_lens(width: int, seed: int = 0) -> TunedLens:
    draw = np.random.default_rng(seed)
    matrices = np.eye(width) + draw.normal(0, 0.1, (3, width, width))
    return TunedLens((0, 1, 2), matrices.astype(np.float32), draw.normal(0, 0.1, (3, width)).astype(np.float32))


def test_a_lens_comes_back_as_it_was_written(model: Any, trace: Any, tmp_path: Path) -> None:
    lens = random_lens(32)
    save_lens(lens, model, tmp_path / "lens.safetensors")
    read = load_lens(tmp_path, model)
    np.testing.assert_array_equal(read.matrices, lens.matrices)
    assert read.reads == lens.reads
    np.testing.assert_array_equal(trace.lens(lens=read).kl_to_final, trace.lens(lens=lens).kl_to_final)


def test_a_lens_of_another_model_is_refused(model: Any, tmp_path: Path) -> None:
    save_lens(random_lens(32), model, tmp_path / "lens.safetensors")
    other = ss.load_model(build(FAMILIES[0], seed=1), tokenizer=word_tokenizer())
    for folder in (tmp_path, PEERS / "tuned"):
        with pytest.raises(StatescapeError, match="was fitted for another unembedding") as refusal:
            load_lens(folder, other)
        assert "\n" not in str(refusal.value)
    narrow = ss.load_model(build(next(f for f in FAMILIES if f.model_type == "mpt")), tokenizer=word_tokenizer())
    assert load_lens(PEERS / "jacobian.pt", narrow).note.startswith("carries no hash")


def test_a_file_that_could_run_code_is_not_read(model: Any, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    shutil.copy(PEERS / "tuned" / "config.json", tmp_path)
    (tmp_path / "params.pt").write_bytes(pickle.dumps({"0.weight": Evil()}))
    (tmp_path / "lens.pt").write_bytes(pickle.dumps({"J": Evil()}))
    for source in (tmp_path, tmp_path / "lens.pt"):
        with pytest.raises(StatescapeError, match="cannot be read as plain tensors, so it is not read at all"):
            load_lens(source, model)
    assert not (tmp_path / "ran").exists()


def test_what_is_no_lens_is_refused(model: Any, tmp_path: Path) -> None:
    with pytest.raises(StatescapeError, match="There is no lens"):
        load_lens(tmp_path / "nowhere", model)
    with pytest.raises(StatescapeError, match="holds no lens; give a folder with"):
        load_lens(tmp_path, model)
    torch.save({"jacobian_sum": {}}, tmp_path / "lens.pt")
    with pytest.raises(StatescapeError, match="it holds no matrices J"):
        load_lens(tmp_path, model)
    torch.save({"J": {0: torch.eye(7)}}, tmp_path / "lens.pt")
    with pytest.raises(StatescapeError, match=r"has width 32 and 3 blocks: J\[0\] has the shape 7 x 7"):
        load_lens(tmp_path, model)
    (tmp_path / "lens.safetensors").write_bytes(b"cut off")
    with pytest.raises(StatescapeError, match="is damaged"):
        load_lens(tmp_path, model)
    shutil.copytree(PEERS / "tuned", tmp_path / "tuned")
    config = json.loads((tmp_path / "tuned" / "config.json").read_text())
    (tmp_path / "tuned" / "config.json").write_text(json.dumps({**config, "unembed_hash": None}))
    assert "only its shape was checked" in load_lens(tmp_path / "tuned", model).note


class Doubled:
    """Someone's lens: twice the state, at two states."""

    name, reads = "doubled", (0, 2)

    def transform(self, states: Any, point: Any) -> Any:
        return 2 * states if point.state == 0 else states[:, :-1]


def test_a_lens_of_others_is_an_object_or_a_name(model: Any, trace: Any) -> None:
    expected = model.decode(2 * trace.states[0]).argmax(axis=1)
    register_lens("doubled", lambda _: Doubled())
    for lens in (Doubled(), "doubled"):
        found = trace.lens(lens=lens, states=[0])
        assert (found.lens, found.states) == ("doubled", (0,))
        np.testing.assert_array_equal(found.top_ids[0, :, 0], expected)
    with pytest.raises(StatescapeError, match="The doubled lens does not read at 1; it reads the states 0, 2"):
        trace.lens(lens="doubled", states=[1])
    with pytest.raises(StatescapeError, match=r"The doubled lens makes \(9, 31\) of states \(9, 32\)"):
        trace.lens(lens="doubled")
    with pytest.raises(StatescapeError, match=r"There is no lens .dubled.\. Did you mean doubled\?"):
        trace.lens(lens="dubled")
    register_lens("empty", lambda _: 3)
    with pytest.raises(StatescapeError, match="The lens empty is made as int; a lens has a name, what it reads"):
        trace.lens(lens="empty")


def test_lenses_are_held_to_their_shapes() -> None:
    good = random_lens(4)
    with pytest.raises(StatescapeError, match="2 states need as many square matrices"):
        TunedLens((0, 1), good.matrices, good.biases)
    with pytest.raises(StatescapeError, match="as many biases"):
        TunedLens((0, 1, 2), good.matrices, good.biases[:2])
    with pytest.raises(StatescapeError, match="different states"):
        JacobianLens((1, 1, 2), good.matrices)
    with pytest.raises(StatescapeError, match="NaN or infinite"):
        JacobianLens((0, 1, 2), good.matrices * np.float32(np.nan))
