"""``statescape lens``: the position by block table, and its numbers."""

import base64
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

from statescape.language import TunedLens
from statescape.language.lens.lenses import LENSES
from statescape.wording import spoken
from tests.cli.running import assert_refused, in_process

TEXT = "Once upon a time, there was a little"


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments: in_process(monkeypatch, capfd, *arguments)


def test_the_table_has_a_row_for_every_position_and_a_column_for_every_state(run):
    lines = run("lens", TEXT).stdout.splitlines()
    assert lines[1].split() == ["token", *"0123456", "prob"]
    rows = [line.split() for line in lines[2:]]
    assert [row[0] for row in rows] == [str(position) for position in range(10)]
    assert rows[-1][1] == "␣little"
    assert rows[-1][-2] in ("␣girl", "␣boy")


@pytest.mark.parametrize(("columns", "states"), [(90, "0123456"), (80, "012456"), (60, "036")])
def test_as_many_states_are_shown_as_there_is_room_for(run, monkeypatch, columns, states):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = run("lens", TEXT).stdout.splitlines()
    (head,) = [line for line in lines if line.lstrip().startswith("token ")]
    assert head.split()[1:-1] == list(states)


def test_the_numbers_agree_with_those_of_the_path(run, tmp_path):
    run("lens", TEXT, "--json", tmp_path / "lens.json", "--top", 3)
    run("path", TEXT, "--json", tmp_path / "path.json", "--top", 3)
    lens, path = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("lens", "path"))
    assert lens["tokens"] == path["tokens"]
    here = lens["positions"][-1]
    assert here["target"]["id"] == path["predicted"]["id"]
    for cell, state in zip(here["states"], path["states"], strict=True):
        assert cell["rank"] == state["rank_of_predicted"]
        assert cell["log_probability"] == pytest.approx(state["log_probability_of_predicted"], abs=1e-4)
        assert cell["entropy"] == pytest.approx(state["entropy"], abs=1e-4)
        assert cell["kl_to_final"] == pytest.approx(state["kl_to_final"], abs=1e-4)
        assert [entry["id"] for entry in cell["top"]] == [entry["id"] for entry in state["top"]]


@pytest.fixture(scope="module")
def lens_folder(tmp_path_factory) -> Path:
    """A lens for conteur that is no more than slightly off the logit lens."""
    import statescape as ss
    from statescape.language.lens.files import save_lens

    width, folder = 192, tmp_path_factory.mktemp("lens") / "mine"
    folder.mkdir()
    matrices = np.repeat(np.eye(width, dtype=np.float32)[None], 6, axis=0)
    biases = np.full((6, width), 0.01, dtype=np.float32)
    save_lens(TunedLens(tuple(range(6)), matrices, biases), ss.load_model(), folder / "lens.safetensors")
    return folder


def test_several_lenses_stand_on_one_axis(run, lens_folder, tmp_path):
    result = run(
        "lens", TEXT, "--lens", lens_folder, "--json", tmp_path / "lens.json", "--figures", tmp_path / "figures"
    )
    assert result.returncode == 0, result.stderr
    assert "top token that the tuned (mine) lens reads" in result.stdout
    lines = result.stdout.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("KL(final || lens) in nats"))
    assert "9 positions" in lines[start]
    assert lines[start + 1].split() == ["state", "logit", "first", "tuned", "(mine)", "first"]
    rows = [line.split() for line in lines[start + 2 : start + 9]]
    assert [row[0] for row in rows] == list("0123456")
    assert rows[-1][1:] == ["0.000", "100%", "0.000", "100%"]

    data = json.loads((tmp_path / "lens.json").read_text())
    logit, tuned = data["comparison"]["lenses"]
    assert (logit["name"], tuned["name"]) == ("logit", "tuned (mine)")
    by_hand = np.mean([[cell["kl_to_final"] for cell in each["states"]] for each in data["positions"][1:]], axis=0)
    assert logit["kl_to_final"] == pytest.approx(by_hand.tolist(), abs=1e-6)
    assert data["lenses"][0]["states"] == list(range(7))
    assert {file.suffix for file in (tmp_path / "figures").iterdir()} == {".png", ".pdf"}


def test_states_are_named_as_transformer_lens_names_them(run, tmp_path):
    names = ["--state", "blocks.2.hook_resid_mid", "--state", "blocks.2.hook_resid_post", "--state", "-1"]
    lines = run("lens", TEXT, *names, "--json", tmp_path / "lens.json").stdout.splitlines()
    assert lines[1].split() == ["token", "2", "mid", "3", "6", "prob"]
    other = run("lens", TEXT, "--state", "-1", "--state", "2").stdout.splitlines()
    assert other[1].split() == ["token", "6", "2", "prob", "at", "2"]
    states = json.loads((tmp_path / "lens.json").read_text())["positions"][0]["states"]
    assert [state["state"] for state in states] == ["blocks.2.hook_resid_mid", 3, 6]


def test_lenses_and_states_that_do_not_exist_are_refused(run, tmp_path, lens_folder):
    assert_refused(run("lens", TEXT, "--lens", tmp_path / "none"), "There is no lens", "fit-lens")
    assert_refused(run("lens", TEXT, "--lens", "logitt"), "There is no lens 'logitt'. Did you mean logit?")
    assert_refused(run("lens", TEXT, "--state", "blocks.6.hook_resid_post"), "the model has blocks 0 to 5")
    assert_refused(
        run("lens", TEXT, "--lens", lens_folder, "--state", "blocks.0.hook_resid_mid"),
        "reads none of the states asked for",
    )


def test_a_lens_of_an_installed_package_is_asked_for_by_its_name(run, monkeypatch, tmp_path):
    (tmp_path / "halves.py").write_text(
        "class Half:\n    name, reads = 'half', (0, 1)\n    def __init__(self, model): self.n = model.facts.n_blocks\n"
        "    def transform(self, states, point): return states / self.n\n"
    )
    facts = tmp_path / "halves-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: halves\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[statescape.lenses]\nhalf = halves:Half\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(LENSES.__dict__, "_offered", raising=False)  # as a new process looks for packages
    run("lens", TEXT, "--lens", "half", "--json", tmp_path / "lens.json")
    monkeypatch.delitem(LENSES.__dict__, "_offered", raising=False)
    found = json.loads((tmp_path / "lens.json").read_text())["lenses"]
    assert [(lens["name"], lens["states"]) for lens in found] == [("half", [0, 1, 6])]


def test_the_page_holds_every_lens_in_the_language_that_is_asked_for(run, lens_folder, tmp_path):
    page = tmp_path / "lens.html"
    result = run("lens", TEXT, "--lens", lens_folder, "--out", page, "--language", "fr")
    assert f"Page\u202f: {page}" in result.stdout
    text = page.read_text("utf-8")
    assert "Ce que décode chaque état" in text
    assert text.count("<div data-statescape-lens>") == 1
    packed = re.search(r'data-statescape-lens><script type="text/plain">([^<]+)<', text)
    table = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    assert [one["name"] for one in table["lenses"]] == ["logit", "tuned (mine)"]
    assert spoken() == "en"  # French ended with the command
    assert_refused(run("lens", TEXT, "--language", "de"), "The language is one of en, fr; got 'de'")
    assert_refused(run("lens", TEXT, "--out", tmp_path / "none" / "lens.html"), "no folder")
