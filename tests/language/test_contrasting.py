"""Contrast: exact in closed form, beside a null that is read or refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import statescape as ss
from statescape import plugins
from statescape.cli.app import run
from statescape.errors import StatescapeError
from statescape.language import contrast, pairs_of
from statescape.language.contrasting import Pair
from tests.language.families import word_tokenizer
from tests.language.test_closed_form import GAIN, Decoder, L, V

GIRL, BOY = (f"Once upon a time there was a {who} named" for who in ("girl", "boy"))
NULL = [Pair("paraphrased", (f"w{n} w40", f"w{n + 1} w40")) for n in range(5)] + [
    Pair("unrelated", ("w3 w40", "w3 w50"))
]


@pytest.fixture(scope="module")
def tiny() -> Any:
    return ss.load_model(Decoder().eval(), tokenizer=word_tokenizer())


def test_distance_cosine_and_divergence_in_closed_form(tiny: Any) -> None:
    """The two texts share no next token: nothing is known of it at s_0, and every block writes 1/L of it."""
    found, share = contrast(tiny, "w3 w40", "w3 w60", null=NULL), np.arange(L + 1) / L
    squared, norm = 2 + 2.5 * share**2, 1 + 1.5 * share**2
    np.testing.assert_allclose(found.apart.distance, np.sqrt(squared), rtol=1e-6)
    np.testing.assert_allclose(found.apart.relative, np.sqrt(squared / norm), rtol=1e-6)
    np.testing.assert_allclose(found.apart.cosine, 1 - squared / 2 / norm, atol=1e-6)
    lift = np.exp(GAIN * share)
    np.testing.assert_allclose(found.apart.kl, GAIN * share * (lift - 1) / (lift + V - 1), atol=1e-5)
    assert found.parts_at == 1
    assert contrast(tiny, "w3 w40", "w8 w40", null=NULL).parts_at is None
    assert list(found.to_dataframe()["kl_paraphrased"]) == pytest.approx([0] * (L + 1), abs=1e-6)


def test_texts_of_other_lengths_are_aligned_by_the_end_or_refused(tiny: Any) -> None:
    with pytest.raises(StatescapeError, match="2 and 3 tokens; align them by the end"):
        contrast(tiny, "w3 w40", "w3 w8 w60", null=NULL)
    found = contrast(tiny, "w3 w40", "w3 w8 w60", align="end", null=NULL)
    assert (len(found.first), len(found.second), found.parts_at) == (2, 3, 1)


def test_the_pairs_that_ship_end_in_one_word() -> None:
    pairs = pairs_of()
    assert [sum(pair.kind == kind for pair in pairs) for kind in ("paraphrased", "unrelated")] == [10, 10]
    assert all(pair.texts[0].split()[-1] == pair.texts[1].split()[-1] for pair in pairs)
    assert all(pair.texts[0] != pair.texts[1] for pair in pairs)


def test_a_null_that_is_none_is_refused(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(StatescapeError, match="at least 5 paraphrased pairs"):
        contrast(tiny, "w3 w40", "w3 w60", null=NULL[1:])
    file = tmp_path / "null.jsonl"
    for line in (
        "{",
        "[]",
        '{"kind": "other", "texts": ["a", "b"]}',
        '{"kind": "unrelated", "texts": ["a"]}',
        "[" * 9**5,
    ):
        file.write_text(f"\n{line}\n")
        with pytest.raises(StatescapeError, match="line 2 is no pair"):
            pairs_of(file)
    with pytest.raises(StatescapeError, match="cannot be read"):
        pairs_of(tmp_path)


def test_the_command_prints_and_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, own = tmp_path / "contrast.json", tmp_path / "null.jsonl"
    assert run(["contrast", GIRL, BOY, "--json", str(file)]) == 0
    data, found = json.loads(file.read_text()), contrast(ss.load_model(), GIRL, BOY)
    assert data["texts"] == [GIRL, BOY]
    assert data["positions"] == [9, 9]
    assert data["parts_at"] == found.parts_at == 4
    for name in ("distance", "cosine", "kl"):
        np.testing.assert_allclose([one[name] for one in data["states"]], getattr(found.apart, name), atol=1e-9)
    assert {kind: len(pairs) for kind, pairs in data["null"].items()} == {"paraphrased": 10, "unrelated": 10}
    assert "The texts part at state 4" in capsys.readouterr().out
    assert repr(found).endswith("by conteur: they part at state 4")
    own.write_text(
        "\n".join(json.dumps({"kind": kind, "texts": [GIRL, BOY]}) for kind in 5 * ["paraphrased", "unrelated"])
    )
    assert run(["contrast", GIRL, f"{BOY} little", "--align", "end", "--null", str(own)]) == 0
    assert "of 5 paraphrased and 5 unrelated pairs median to largest" in capsys.readouterr().out
    assert run(["contrast", GIRL, f"{BOY} little"]) == 2


def test_its_page_says_where_they_part_and_holds_both_paths(tmp_path: Path) -> None:
    from statescape import views

    found = contrast(ss.load_model(), GIRL, BOY)
    page = views.report(found, tmp_path / "contrast.html").read_text()
    assert "part at state 4" in page
    assert "at most 1 of 11 cases" in page
    assert "data-statescape-sphere" in page
    apart, both = plugins.pictures(found)
    lines = [mark for mark in both.panels[0].marks if type(mark).__name__ == "LineMark"]
    assert [line.name for line in lines] == ["A → ␣Lily", "B → ␣Tim"]
    area = apart.panels[0].named("paraphrased pairs")
    assert list(area.high) == pytest.approx(np.max([pair.kl for pair in found.null["paraphrased"]], axis=0))
