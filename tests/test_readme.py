"""README and docs: Python runs as it is written, terminals print what is printed, options and links exist."""

import os
import re
import runpy
import shlex
import subprocess
import sys

import pytest

from tests import documents
from tests.documents import DOCUMENTS, ROOT, Example
from tests.material import REAL, real_model

SLOW_COMMANDS = {"evolve", "verdict", "notebook"}
SAME = documents.by_commands(documents.examples())
OF_REAL = {commands: found for commands, found in SAME.items() if REAL in documents.words(commands)}
OURS = {commands: found for commands, found in SAME.items() if commands not in OF_REAL}
QUICK = {commands: found for commands, found in OURS.items() if not SLOW_COMMANDS & documents.words(commands)}
SLOW = {commands: found for commands, found in OURS.items() if commands not in QUICK}


def _prints_as_written(same: list[Example], folder) -> None:
    documents.supply(same[0], folder)
    for number, (command, _) in enumerate(same[0].commands):
        result = documents.run(command, folder)
        assert result.returncode == 0, result.stderr
        late = [one.document for one in same if not documents.agrees(result.stdout, one.commands[number][1])]
        if late:
            now = "\n".join(line.rstrip() for line in result.stdout.splitlines())
            pytest.fail(f"{' and '.join(late)} should say:\n\n$ {command}\n{now}\n", pytrace=False)


@pytest.mark.parametrize("same", QUICK.values(), ids=documents.name_of)
def test_a_quick_example_prints_what_is_written(same, tmp_path) -> None:
    _prints_as_written(same, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("same", SLOW.values(), ids=documents.name_of)
def test_a_slow_example_prints_what_is_written(same, tmp_path) -> None:
    _prints_as_written(same, tmp_path)


@pytest.mark.real_weights
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("same", OF_REAL.values(), ids=documents.name_of)
def test_an_example_of_a_real_model_prints_what_is_written(same, tmp_path) -> None:
    real_model()
    _prints_as_written(same, tmp_path)


def test_only_seconds_may_differ_from_what_is_written() -> None:
    then = "NRMSE 0.3465 in 23 s (1,671 a second); seed\n0; 0.24 s"
    assert documents.told(then) == documents.told("NRMSE 0.3465 in 58 s (652 a second);\nseed 0; 1 s")
    assert documents.told(then) != documents.told(then.replace("0.3465", "0.3466"))
    assert documents.told(then) != documents.told(then.replace("seed\n0", "seed\n1"))


def test_three_dots_stand_for_what_follows_and_for_nothing_else() -> None:
    assert documents.agrees("a table\nof two lines\nand a sentence\n", "a table\nof two lines\n...\n")
    assert not documents.agrees("a table\nof three lines\nand a sentence\n", "a table\nof two lines\n...\n")
    assert not documents.agrees("a table\nof two lines\nand a sentence\n", "a table\nof two lines\n")
    assert not documents.agrees("a table ...\nof two lies\n", "a table ...\nof two lines\n")


@pytest.mark.parametrize("command", documents.commands())
def test_a_command_that_is_named_has_its_options(command) -> None:
    from typer.main import get_command

    from statescape.cli.app import app

    group = get_command(app)
    _, *arguments = shlex.split(command)
    known = group.commands[arguments[0]]
    options = {name for parameter in known.params for name in (*parameter.opts, *parameter.secondary_opts)}
    named = {word.split("=")[0] for word in arguments[1:] if re.match(r"--?[a-z]", word)}
    assert named <= {*options, "--help"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_links_and_pictures_of_a_document_exist(document) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [target for target in targets if target and not target.startswith(("http://", "https://"))]
    assert [target for target in local if not (document.parent / target).exists()] == []


@pytest.mark.slow
def test_the_python_of_the_readme_is_a_script_that_runs(tmp_path) -> None:
    """A process of its own, elsewhere, without a guard for worker processes, as a user's first script is."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    (tmp_path / "first.py").write_text(f"{block}\nprint(result.seals['wiring'].controls['SCR'].ratio)\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "first.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    *said, ratio = done.stdout.splitlines()
    assert 0 < float(ratio) < 100
    assert len([line for line in said if line.startswith("At its own level")]) == 1  # no worker ran the script again
    assert (tmp_path / "path.html").stat().st_size > 100_000


def test_a_block_that_is_printed_anew_keeps_its_cut() -> None:
    reprint = runpy.run_path(str(ROOT / "docs" / "reprint.py"))
    text = "```console\n$ statescape a\nold one\nold two\n...\n```\n"
    now = reprint["shown"]("new one  \nnew two\nnew three\n", "old one\nold two\n...\n")
    assert now == "new one\nnew two\n...\n"
    changed = reprint["reprinted"](text, "statescape a", "old one\nold two\n...\n", now)
    assert changed == "```console\n$ statescape a\nnew one\nnew two\n...\n```\n"
    assert reprint["shown"]("new one\nnew two\n", "old\n") == "new one\nnew two\n"
