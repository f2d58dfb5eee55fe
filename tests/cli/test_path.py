"""``statescape path`` from end to end on the bundled model: what it prints, what it writes, what it refuses."""

import json
import re

import pytest

from tests.cli.running import assert_refused, in_process, statescape

TEXT = "Once upon a time, there was a little"


@pytest.fixture
def run(monkeypatch, capfd):
    return lambda *arguments, stdin=b"": in_process(monkeypatch, capfd, *arguments, stdin=stdin)


def test_the_first_command_a_newcomer_runs(tmp_path):
    result = statescape("path", TEXT, "--json", tmp_path / "path.json")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert re.search(r"→ ␣(girl|boy) \(\d+\.\d%\)", result.stdout)
    assert re.search(r"The last state is (not )?the embedding of ‘␣(girl|boy)’", result.stdout)
    assert "the embedding subspace" in result.stdout or "among the embeddings" in result.stdout
    assert [line.split()[0] for line in result.stdout.splitlines()[4:11]] == list("0123456")


def test_the_keys_that_others_rely_on(run, tmp_path):
    file = tmp_path / "path.json"
    assert run("path", TEXT, "--json", file, "--top", 2).returncode == 0
    data = json.loads(file.read_text())
    assert {
        "version", "model", "text", "tokens", "token_ids", "position", "predicted", "contract", "pca", "states",
    } <= data.keys()  # fmt: skip
    assert {"name", "n_blocks", "d_model", "vocab_size", "tied"} <= data["model"].keys()
    assert data["predicted"].keys() == {"id", "token", "probability"}
    assert data["predicted"]["token"] in (" girl", " boy")
    assert 0 <= data["contract"]["max_logit_error"] < 1e-4
    assert len(data["pca"]["explained_variance_ratio"]) == 3
    assert data["text"] == TEXT
    assert "".join(data["tokens"]).endswith(TEXT)
    assert data["position"] == len(data["token_ids"]) - 1
    assert len(data["states"]) == data["model"]["n_blocks"] + 1
    for index, state in enumerate(data["states"]):
        assert state["index"] == index
        assert {
            "norm", "cosine_to_predicted", "cosine_to_predicted_centred", "cosine_to_current", "subspace_energy",
            "rank_of_predicted", "log_probability_of_predicted", "entropy", "kl_to_final", "top",
        } <= state.keys()  # fmt: skip
        assert len(state["top"]) == 2
        assert state["top"][0].keys() == {"id", "token", "log_probability"}
    last = data["states"][-1]
    assert last["rank_of_predicted"] == 0
    assert last["kl_to_final"] == 0
    assert last["top"][0]["id"] == data["predicted"]["id"]


def test_figures_are_written_as_png_and_pdf(run, tmp_path):
    result = run("path", TEXT, "--figures", tmp_path / "new" / "figures")
    assert result.returncode == 0, result.stderr
    names = {file.name for file in (tmp_path / "new" / "figures").iterdir()}
    stems = {name.rsplit(".", 1)[0] for name in names}
    assert names == {f"{stem}.{kind}" for stem in stems for kind in ("png", "pdf")}
    assert any("sphere" in stem for stem in stems)
    assert any("plane" in stem for stem in stems)


def test_text_from_stdin_is_the_same_text(run):
    assert run("path", "-", stdin=TEXT.encode() + b"\n").stdout == run("path", TEXT).stdout


def test_position_counts_from_both_ends(run):
    assert run("path", TEXT, "--position", 9).stdout == run("path", TEXT).stdout
    first = run("path", TEXT, "--position", 0).stdout
    assert "position 0 of" in first
    assert "attention sink" not in first  # nobody has looked at the attention of this model


def test_bos_can_be_left_out_and_is_stated(run):
    with_bos, without = run("path", TEXT).stdout, run("path", TEXT, "--no-bos").stdout
    assert "BOS: <|endoftext|>" in with_bos
    assert "BOS: none" in without
    assert "of 10:" in with_bos
    assert "of 9:" in without


def test_a_long_text_is_cut_only_when_asked(run):
    story = "The cat sat on the mat. " * 100
    assert_refused(run("path", story), "keep the last 255")
    result = run("path", story, "--last", 20)
    assert result.returncode == 0
    assert "of 21:" in result.stdout  # the BOS stays in front


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["path", ""], ["empty"]),
        (["path", " \n\t "], ["empty"]),
        (["path", TEXT, "--position", 99], ["position", "10"]),
        (["path", TEXT, "--model", "no/such-model"], ["no/such-model"]),
        (["path", TEXT, "--json", "missing/folder/x.json"], ["missing/folder"]),
        (["path", TEXT, "--json", "."], ["folder"]),
        (["path", TEXT, "--figures", "pyproject.toml/figures"], ["is a file"]),
        (["path", TEXT, "--last", 0], ["--last"]),
        (["path", TEXT, "--nonsense"], ["--nonsense"]),
        (["path"], ["text"]),
        (["lens", ""], ["empty"]),
    ],
)
def test_refusals_are_one_line(run, arguments, words):
    assert_refused(run(*arguments), *words)


def test_bytes_that_are_not_text_are_refused(run):
    assert_refused(run("path", "-", stdin=b"caf\xe9 au lait"), "UTF-8")
    assert_refused(run("path", "-", stdin=b""), "empty")


@pytest.mark.parametrize(
    "text",
    ["a\x00b\x1b[31mred", "\u202eright to left\u202c", "<script>alert(1)</script>", "😀" * 20, "\ufeffbom", "\r\n x"],
)
def test_unfriendly_text_is_data(run, text):
    result = run("path", text)
    assert result.returncode == 0, result.stderr
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


def test_a_word_of_100_000_characters(run):
    assert_refused(run("path", "a" * 100_000), "keep the last")
    assert run("path", "a" * 100_000, "--last", 10).returncode == 0


def test_nothing_is_left_behind_by_a_refusal(run, tmp_path):
    run("path", TEXT, "--model", tmp_path / "nowhere", "--json", tmp_path / "a.json", "--figures", tmp_path / "f" / "g")
    run("path", "", "--json", tmp_path / "b.json")
    run("path", TEXT, "--position", 99, "--json", tmp_path / "c.json")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_fails_leaves_the_old_one(run, tmp_path, monkeypatch):
    file = tmp_path / "path.json"
    file.write_text("precious")
    monkeypatch.setattr(
        "statescape.cli.inputs.json.dumps",
        lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")),
    )
    assert run("path", TEXT, "--json", file).returncode == 2
    assert file.read_text() == "precious"
    assert [item.name for item in tmp_path.iterdir()] == ["path.json"]


def test_help_tells_every_option(run):
    help_ = run("path", "--help").stdout
    for option in ("--model", "--position", "--bos", "--no-bos", "--top", "--last", "--json", "--figures"):
        assert option in help_


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--open"], ["--out FILE"]),
        (["--out", "same.x", "--json", "same.x"], ["same.x", "two outputs"]),
        (["--model", ""], ["--model is empty"]),
        (["--device", "gpu"], ["cpu, cuda", "'gpu'"]),
        (["--device", "cuda:99"], ["no cuda:99 here"]),
        (["--figures", "/proc/figures"], ["/proc/figures"]),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(run, arguments, words):
    assert_refused(run("path", TEXT, *arguments), *words)


def test_text_that_nobody_can_see_is_empty(run):
    assert_refused(run("path", "\u200b\u200e \u202e"), "empty")


@pytest.mark.parametrize("columns", [80, 200])
def test_a_narrow_terminal_cuts_tokens_never_numbers(run, monkeypatch, columns):
    monkeypatch.setattr("statescape.cli.console.PIPED_WIDTH", columns)
    lines = run("path", TEXT, "--top", 20).stdout.splitlines()
    head = next(index for index, line in enumerate(lines) if line.strip().startswith("block"))
    rows = [line.split() for line in lines[head + 1 : head + 8]]
    assert [row[0] for row in rows] == list("0123456")
    for row in rows:
        assert not any("…" in cell for cell in row[:6])
    assert max(len(line) for line in lines[head : head + 9]) <= columns
