"""Ablation: exact in closed form, equal to plain hooks, and refused where it makes no sense."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import statescape as ss
from statescape.cli.app import run
from statescape.errors import StatescapeError
from statescape.language import Edit, ablate
from statescape.language.path import log_softmax
from tests.language.families import FAMILIES, build, word_tokenizer
from tests.language.test_closed_form import GAIN, Decoder, L, V

TEXTS = ["w3 w4 w5 w60", "w40 w41 w9", "w7 w8"]
RIGHT = [[True, True, False], [True, False], [True]]  # whether the next word is the one that the model foresees


@pytest.fixture(scope="module")
def tiny() -> Any:
    return ss.load_model(Decoder().eval(), tokenizer=word_tokenizer())


def _losses(gain: float) -> list[float]:
    """Loss of each text where the foreseen token has the logit `gain` and all others 0."""
    every = np.log(np.exp(gain) + V - 1)
    return [float(np.mean([every - gain * right for right in row])) for row in RIGHT]


@pytest.mark.parametrize(
    ("part", "gain"), [("block", GAIN * (L - 1) / L), ("mlp", GAIN * (L - 1) / L), ("attention", GAIN)]
)
def test_losses_in_closed_form(tiny: Any, part: Any, gain: float) -> None:
    """Every MLP writes 1/L of the answer; attention writes what the head does not read."""
    found = ablate(tiny, TEXTS, part=part)
    assert found.plain == pytest.approx(_losses(GAIN), abs=1e-5)
    assert found.loss == pytest.approx(np.mean(_losses(GAIN)), abs=1e-5)
    assert found.n_positions == 6
    for row in found.without:
        assert row == pytest.approx(_losses(gain), abs=1e-5)
    change = found.changes[1]
    assert change.mean == pytest.approx(np.mean(_losses(gain)) - np.mean(_losses(GAIN)), abs=1e-5)


def test_a_mean_is_that_of_all_positions_but_the_first(tiny: Any) -> None:
    texts = ["w3 w4 w5", "w3 w9 w4"]
    found = ablate(tiny, texts, part="mlp", by="mean")
    later = [4, 5, 9, 4]
    mean = np.zeros(V)
    for token in later:
        mean[token + 1] += 1 / len(later)
    losses = []
    for ids in ([3, 4, 5], [3, 9, 4]):
        each = []
        for now, due in itertools.pairwise(ids):
            logits = GAIN / L * mean
            logits[now + 1] += GAIN * (L - 1) / L
            each.append(np.log(np.exp(logits).sum()) - logits[due])
        losses.append(np.mean(each))
    for row in found.without:
        assert row == pytest.approx(losses, abs=1e-5)


@torch.no_grad()
def test_it_is_what_a_plain_loop_of_hooks_gives() -> None:
    network = build(next(family for family in FAMILIES if family.model_type == "llama"))
    found = ablate(ss.load_model(network, tokenizer=word_tokenizer()), TEXTS, part="attention")
    tokenizer = word_tokenizer()
    for block, layer in enumerate(network.model.layers):
        handle = layer.self_attn.register_forward_hook(lambda _, __, out: (torch.zeros_like(out[0]), *out[1:]))
        for index, text in enumerate(TEXTS):
            ids = torch.tensor([tokenizer(text)["input_ids"]])
            own = torch.nn.functional.cross_entropy(network(ids).logits[0, :-1].double(), ids[0, 1:])
            assert found.without[block, index] == pytest.approx(float(own), abs=1e-5)
        handle.remove()


@pytest.mark.parametrize("model_type", ["gpt2", "gemma2", "jamba"])
def test_it_goes_on_from_the_block_that_is_left_out(model_type: str) -> None:
    """The same losses as a whole pass for every block, whether or not a pass can go on from a state."""
    model = ss.load_model(
        build(next(one for one in FAMILIES if one.model_type == model_type)), tokenizer=word_tokenizer()
    )
    found = ablate(model, TEXTS)
    for block, row in enumerate(found.without, 1):
        for loss, text in zip(row, TEXTS, strict=True):
            ids = model.tokens.encode(text)
            edits = [Edit.zero(block, part=part) for part in ("attention", "mlp")]
            read = log_softmax(model.decode(model.edited_states(ids, edits)[-1, :-1]).astype(np.float64))
            assert loss == pytest.approx(-read[np.arange(len(ids) - 1), list(ids[1:])].mean(), abs=1e-5)


def test_what_makes_no_sense_is_refused(tiny: Any) -> None:
    for options, words in (
        ({"part": "mlps"}, "mlp"),
        ({"by": "average"}, "zero"),
    ):
        with pytest.raises(StatescapeError, match=words):
            ablate(tiny, TEXTS, **options)
    with pytest.raises(StatescapeError, match="at least two"):
        ablate(tiny, ["w3 w4", "w5"])


def test_the_command_prints_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, file = tmp_path / "corpus.txt", tmp_path / "ablation.json"
    corpus.write_text(
        "Once upon a time there was a cat.\n\nThe dog ran to the park. He was happy.\n\nTom had a red ball.\n"
    )
    assert run(["ablate", str(corpus), "--json", str(file)]) == 0
    data, said = json.loads(file.read_text()), capsys.readouterr().out
    assert [block["index"] for block in data["blocks"]] == [1, 2, 3, 4, 5, 6]
    for block in data["blocks"]:
        assert block["change"] == pytest.approx(block["loss"] - data["loss"], abs=1e-9)
        assert block["ci95"][0] <= block["change"] <= block["ci95"][1]
    worst = max(data["blocks"], key=lambda block: block["change"])["index"]
    assert data["conclusion"].startswith(f"Block {worst} matters most")
    assert f"Block {worst} matters most" in " ".join(said.split())
    assert run(["ablate", str(corpus), "--part", "heads"]) == 2
