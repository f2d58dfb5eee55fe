"""Patching: equal to a plain loop of hooks, exact in closed form, and what makes no sense is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.cli.app import run
from statescape.errors import StatescapeError
from statescape.language import Edit, patch, patch_pairs
from tests.language.families import FAMILIES, build, word_tokenizer
from tests.language.test_closed_form import GAIN, Decoder, L, V

CLEAN, CORRUPT = "w5 w17 w60 w2 w33", "w5 w71 w60 w2 w34"
GIRL, BOY = (f"Once upon a time there was a {who} named" for who in ("girl", "boy"))


def _loaded(model_type: str) -> tuple[Any, Any]:
    network = build(next(family for family in FAMILIES if family.model_type == model_type))
    return network, ss.load_model(network, tokenizer=word_tokenizer())


def _first(output: Any) -> torch.Tensor:
    return output[0] if isinstance(output, tuple) else output


@torch.no_grad()
def _by_hooks(network: Any, module: Any, clean: Any, corrupt: Any, position: int, pair: list[int]) -> float:
    """One pass for one patch: the output of a module at a position, taken from the clean run."""
    kept: list[torch.Tensor] = []
    handle = module.register_forward_hook(lambda _, __, output: kept.append(_first(output).clone()))
    network(clean)
    handle.remove()

    def put(_: Any, __: Any, output: Any) -> Any:
        new = _first(output).clone()
        new[:, position] = kept[0][:, position]
        return (new, *output[1:]) if isinstance(output, tuple) else new

    handle = module.register_forward_hook(put)
    logits = network(corrupt).logits[0, -1].double()
    handle.remove()
    return float(logits[pair[0]] - logits[pair[1]])


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "minicpm3", "deepseek_v3"])
def test_the_map_is_that_of_a_plain_loop_of_hooks(model_type: str) -> None:
    network, model = _loaded(model_type)
    found = patch(model, CLEAN, CORRUPT, [7, 8])
    ids = [torch.tensor([trace.token_ids]) for trace in (found.clean, found.corrupt)]
    if model_type == "gpt2":
        embedded, blocks = network.transformer.drop, network.transformer.h
        attention, mlp = [one.attn for one in blocks], [one.mlp for one in blocks]
    else:
        embedded, blocks = network.model.embed_tokens, network.model.layers
        attention, mlp = [one.self_attn for one in blocks], [one.mlp for one in blocks]
    with torch.no_grad():
        whole, none = (float(torch.diff(network(each).logits[0, -1, [8, 7]].double())) for each in ids)
    assert found.difference_clean == pytest.approx(whole, abs=1e-5)
    assert found.difference_corrupt == pytest.approx(none, abs=1e-5)
    for name, modules in (("state", [embedded, *blocks]), ("attention", attention), ("mlp", mlp)):
        looped = [[_by_hooks(network, one, *ids, place, [7, 8]) for place in range(5)] for one in modules]
        expected = (np.array(looped) - none) / (whole - none)
        np.testing.assert_allclose(found.maps[name], expected, atol=1e-5)
        assert np.abs(expected).max() > 0.05


def _closed(section: int) -> Any:
    network = Decoder().eval()
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.weight[:, section * V : (section + 1) * V] = GAIN * torch.eye(V)
    return ss.load_model(network, tokenizer=word_tokenizer())


def test_in_closed_form_the_mlps_share_what_the_last_state_carries() -> None:
    """The head reads the next token, of which every MLP writes 1/L where its own token stands."""
    found = patch(_closed(1), "w3 w40", "w3 w60")
    assert found.answers == (41, 61)
    assert found.difference_clean == pytest.approx(GAIN)
    assert found.difference_corrupt == pytest.approx(-GAIN)
    np.testing.assert_allclose(found.state, np.tile([0, 1], (L + 1, 1)), atol=1e-6)
    np.testing.assert_allclose(found.mlp, np.tile([0, 1 / L], (L, 1)), atol=1e-6)
    np.testing.assert_allclose(found.attention, 0, atol=1e-6)
    assert found.carriers() == [(1, 0, L)]


def test_in_closed_form_attention_moves_it_from_one_position_to_the_last() -> None:
    """The head reads the mean of all tokens, of which every attention writes 1/L: what block l has not yet moved is
    still at the first position, the rest at the last."""
    found = patch(_closed(2), "w3 w40 w8", "w9 w40 w8", ["w3", "w9"])
    blocks = np.arange(L + 1) / L
    np.testing.assert_allclose(found.state, np.stack([1 - blocks, 0 * blocks, blocks], 1), atol=1e-6)
    np.testing.assert_allclose(found.attention, np.tile([0, 0, 1 / L], (L, 1)), atol=1e-6)
    np.testing.assert_allclose(found.mlp, 0, atol=1e-6)
    assert found.difference_clean == pytest.approx(GAIN / 3, rel=1e-5)
    assert found.first_difference == 0
    assert found.carriers() == [(0, 0, L // 2), (2, L // 2, L)]


def test_a_model_without_parts_or_batches_has_the_map_of_states() -> None:
    _, model = _loaded("mamba")
    found = patch(model, CLEAN, CORRUPT, [7, 8])
    assert list(found.maps) == ["state"]
    assert "no two parts" in found.parts_note or found.parts_note

    class OneByOne:
        """No more than a readable model with edits."""

        facts, tokens, embeddings, unembedding = model.facts, model.tokens, model.embeddings, model.unembedding
        states, normalise, decode, logits = model.states, model.normalise, model.decode, model.logits
        edited_states = model.edited_states

    np.testing.assert_allclose(patch(OneByOne(), CLEAN, CORRUPT, [7, 8]).state, found.state, atol=1e-5)


def test_where_both_texts_answer_alike_there_is_nothing_to_restore() -> None:
    with pytest.raises(StatescapeError, match="nothing to restore; name other answers"):
        patch(_closed(1), "w3 w40", "w3 w60", ["w7", "w9"])


def test_the_first_and_the_last_state_restore_what_they_must() -> None:
    """With one token exchanged, its s_0 is the whole difference; so is s_L at the last position."""
    found = patch(ss.load_model(), GIRL, BOY)
    place = found.first_difference
    assert found.answer_tokens == (" Lily", " Tim")
    np.testing.assert_allclose(found.state[0], np.eye(len(found.clean))[place], atol=1e-5)
    np.testing.assert_allclose(found.state[-1], np.eye(len(found.clean))[-1], atol=1e-5)
    np.testing.assert_allclose(found.state[:, :place], 0, atol=1e-5)
    table = found.to_dataframe()
    assert len(table) == (7 + 6 + 6) * len(found.clean)
    assert set(table["part"]) == {"state", "attention", "mlp"}
    assert table[table["part"] == "mlp"]["block"].min() == 1
    assert repr(found).startswith("Patching of conteur: 7 states x 10 positions, ' Lily' against ' Tim'")


@pytest.mark.parametrize(
    ("texts", "answers", "words"),
    [
        ((GIRL, f"{BOY} him"), None, "has 10 tokens and the corrupt one 11"),
        ((GIRL, GIRL), None, "are the same"),
        ((GIRL, GIRL.replace("Once", "One")), None, "after both texts; name two answers"),
        ((GIRL, BOY), [" Lily", " elephantine"], r"' elephantine' is \d tokens"),
        ((GIRL, BOY), [" Lily", " Lily"], "one token, ' Lily'"),
        ((GIRL, BOY), [" Lily", 10**6], "Token ids of this model lie between"),
        ((GIRL, BOY), [" Lily"], "Two answers"),
    ],
)
def test_what_makes_no_sense_is_refused(texts: tuple[str, str], answers: Any, words: str) -> None:
    with pytest.raises(StatescapeError, match=words):
        patch(ss.load_model(), *texts, answers)


def test_the_command_prints_and_writes_the_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "map.json"
    assert run(["patch", GIRL, BOY, "--answers", " Lily", " Tim", "--json", str(file)]) == 0
    data, found = json.loads(file.read_text()), patch(ss.load_model(), GIRL, BOY)
    assert data["clean"] == GIRL
    assert data["corrupt"] == BOY
    assert [one["token"] for one in data["answers"]] == [" Lily", " Tim"]
    assert data["logit_difference"] == pytest.approx(
        {"clean": found.difference_clean, "corrupt": found.difference_corrupt}
    )
    for name, values in found.maps.items():
        np.testing.assert_allclose(data["restored"][name], values, atol=1e-6)
    shown = capsys.readouterr().out
    assert "logit of ␣Lily less that of ␣Tim" in shown
    assert "A single state restores at least half" in shown
    assert "at ‘␣girl’ (position 8) in states 0 to 3" in shown
    assert run(["patch", GIRL, f"{BOY} him"]) == 2
    assert "give texts of as many tokens" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_the_map_is_that_of_transformer_lens(name: str) -> None:
    """By TransformerLens 4.3, made once by benchmarks/references.py with weights of its own."""
    kept = np.load(Path(__file__).parent / "peers" / "patching.npz")
    network = copy.deepcopy(build(next(family for family in FAMILIES if family.model_type == name)))
    own = f"{name}:weight:"
    network.load_state_dict({key.removeprefix(own): torch.from_numpy(kept[key]) for key in kept if key.startswith(own)})
    model = ss.load_model(network, tokenizer=word_tokenizer())
    found = patch(model, kept["clean"].tolist(), kept["corrupt"].tolist(), kept["answers"].tolist())
    for part, values in found.maps.items():
        np.testing.assert_allclose(values, kept[f"{name}:{part}"], atol=1e-5)


@pytest.mark.parametrize("model_type", ["gpt2", "llama", "gemma2", "granite", "bloom"])
def test_attribution_is_the_slope_of_a_small_step(model_type: str) -> None:
    """A thousandth of the way from the corrupt state to the clean one, run through, times a thousand."""
    _, model = _loaded(model_type)
    found = patch(model, CLEAN, CORRUPT, [7, 8], attribution=True)
    assert found.attribution is not None
    (clean, added), (corrupt, there) = (model.states_and_parts(one.token_ids) for one in (found.clean, found.corrupt))
    sides = {"state": ("stream", clean - corrupt)}
    sides |= {name: (name, getattr(added, name) - getattr(there, name)) for name in found.maps if name != "state"}
    whole = found.difference_clean - found.difference_corrupt
    for name, (place, step) in sides.items():
        for row, position in ((1, 1), (2, 4)):
            ends = []
            for sign in (-1, 1):
                small = Edit.add(row + (name != "state"), sign * 1e-2 * step[row, position], position, place)
                logits = model.decode(model.edited_states(found.corrupt.token_ids, [small])[-1, -1:])[0]
                ends.append(float(logits[7]) - float(logits[8]))
            slope = (ends[1] - ends[0]) / 2e-2 / whole
            assert found.attribution[name][row, position] == pytest.approx(slope, abs=0.02 * max(1, abs(slope)))
    assert set(found.correlations) == set(found.maps)


def test_in_closed_form_attribution_is_exact() -> None:
    """Everything is linear there, so that the gradient says all."""
    found = patch(_closed(2), "w3 w40 w8", "w9 w40 w8", ["w3", "w9"], attribution=True)
    assert found.attribution is not None
    for name, values in found.maps.items():
        np.testing.assert_allclose(found.attribution[name], values, atol=1e-5)
    assert found.correlations["state"] == pytest.approx(1)


def test_a_mean_map_over_pairs_has_intervals_and_its_own_refusals(tmp_path: Path) -> None:
    lines = [{"clean": "w5 w17 w60", "corrupt": f"w5 w{other} w60", "answers": ["w7", "w8"]} for other in (71, 72, 73)]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    _, model = _loaded("gpt2")
    found = patch_pairs(model, file)
    single = [patch(model, one["clean"], one["corrupt"], ["w7", "w8"]).state for one in lines]
    np.testing.assert_allclose(found.maps["state"], np.mean(single, axis=0), atol=1e-6)
    low, high = found.intervals("state")
    spread = np.std(single, axis=0, ddof=1) / np.sqrt(3)
    np.testing.assert_allclose((high - low) / 2, 4.302653 * spread, atol=1e-5)  # Student's t, two degrees of freedom
    assert (found.tokens_at(1), found.first_difference) == (("w17",), 1)
    assert len(found.to_dataframe()) == (4 + 3 + 3) * 3
    for bad, words in (
        (lines[:1], "at least two pairs"),
        ([lines[0], {"clean": "w5 w6", "corrupt": "w5 w7"}], "as many tokens"),
        ([lines[0], {"clean": "w5"}], "line 2 is no pair"),
        ([lines[0], lines[1] | {"answers": ["w7"]}], "line 2 is no pair"),
        ([lines[0], {"clean": "w5 w6 w7", "corrupt": "w5 w6 w7"}], "Pair 2: .*are the same"),
    ):
        file.write_text("\n".join(map(json.dumps, bad)))
        with pytest.raises(StatescapeError, match=words):
            patch_pairs(model, file)


def test_the_command_takes_a_file_of_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, numbers = tmp_path / "pairs.jsonl", tmp_path / "map.json"
    other = [{"clean": GIRL, "corrupt": BOY}, {"clean": BOY, "corrupt": GIRL}]
    file.write_text("\n".join(map(json.dumps, other)))
    assert run(["patch", str(file), "--attribution", "--json", str(numbers)]) == 0
    data, shown = json.loads(numbers.read_text()), capsys.readouterr().out
    assert (data["n_pairs"], len(data["pairs"])) == (2, 2)
    assert "mean over 2 pairs" in shown
    assert "correlates with the maps, mean over pairs: state 0.9" in shown
    mean = np.mean([one["restored"]["state"] for one in data["pairs"]], axis=0)
    np.testing.assert_allclose(data["restored"]["state"], mean)
    assert set(data["pairs"][0]["attribution"]) == {"state", "attention", "mlp"}
    for words in (["patch", GIRL], ["patch", str(file), "--answers", "a", "b"]):
        assert run(words) == 2
    assert "leave --answers out" in capsys.readouterr().err
