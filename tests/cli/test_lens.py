"""``statescape lens``: the position by block table, and its numbers."""

import json

import pytest

from tests.cli.running import in_process

TEXT = "Once upon a time, there was a little"


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments: in_process(monkeypatch, capfd, *arguments)


def test_the_table_has_a_row_for_every_position_and_a_column_for_every_state(run):
    lines = run("lens", TEXT).stdout.splitlines()
    assert lines[1].split() == ["token", *"0123456", "prob"]
    rows = [line.split() for line in lines[2:]]
    assert [row[0] for row in rows] == [str(position) for position in range(10)]
    assert rows[-1][1] == "·little"
    assert rows[-1][-2] in ("·girl", "·boy")


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
