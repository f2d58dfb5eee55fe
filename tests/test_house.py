"""What must hold for the package as a whole."""

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import networkx as nx
import pytest

import statescape
from tests.documents import ROOT

SOURCE = ROOT / "src"
HEAVY = ("torch", "transformers", "numba", "plotly", "matplotlib", "numpy", "pandas")


def imported_after(code: str) -> set[str]:
    script = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    return set(json.loads(subprocess.check_output([sys.executable, "-c", script], text=True).splitlines()[-1]))


def test_importing_statescape_imports_nothing_heavy():
    assert imported_after("import statescape").isdisjoint(HEAVY)


def test_help_imports_nothing_heavy():
    modules = imported_after("from statescape.cli.app import run; run(['--help'])")
    assert "statescape.cli.path" in modules
    assert modules.isdisjoint(HEAVY)


def test_the_reservoir_wing_and_the_nouns_never_meet_torch():
    modules = imported_after(
        "import statescape as ss; ss.EchoStateNetwork; ss.Topology; ss.tasks; ss.views; ss.StatePath; ss.LensReadout\n"
        "import statescape.studies.verdict, statescape.views.reservoir, statescape.reservoir.measures"
    )
    assert "statescape.reservoir.tasks" in modules
    assert modules.isdisjoint({"torch", "transformers"})


def test_a_path_from_arrays_is_said_and_drawn_without_torch():
    modules = imported_after(
        "import numpy as np, statescape as ss\nfrom statescape import plugins\n"
        "path = ss.StatePath.from_arrays(np.eye(4), np.eye(4))\n"
        "assert plugins.report.speaks_of(path) and plugins.pictures.speaks_of(path) and path.conclusion"
    )
    assert "statescape.views.language.page" in modules
    assert modules.isdisjoint({"torch", "transformers"})


def test_public_names_are_there_and_unknown_ones_say_so():
    for name in statescape.__all__:
        assert getattr(statescape, name) is not None
    assert set(dir(statescape)) == set(statescape.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = statescape.no_such_name


def test_a_class_has_a_name_of_its_own():
    package = Path(statescape.__file__).parent
    trees = [ast.parse(file.read_text("utf-8")) for file in package.rglob("*.py")]
    names = Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert {name for name, times in names.items() if times > 1} == set()


def test_the_version_is_the_installed_one():
    assert statescape.__version__ == version("statescape")


def test_the_sample_corpus_has_at_least_thirty_texts():
    lines = (files("statescape") / "data" / "sample.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert len(texts) == len(set(texts)) >= 30
    assert all(len(text) > 100 for text in texts)


def test_the_bundled_model_is_small_enough_to_ship():
    folder = files("statescape") / "data" / "conteur"
    sizes = {item.name: len(item.read_bytes()) for item in folder.iterdir()}
    assert {"model.safetensors", "tokenizer.json", "config.json", "README.md"} <= sizes.keys()
    assert sum(sizes.values()) < 12e6


COLLECT = """
import sys, time
clock, ahead = time.time, float(sys.argv[1])
time.time = lambda: clock() + ahead
import pytest
sys.exit(pytest.main(["--collect-only", "-q", "-n0"]))
"""


@pytest.mark.slow
def test_names_and_order_of_tests_depend_on_no_clock_and_no_process():
    def collected(ahead: int, hashes: str) -> list[str]:
        environment = {**os.environ, "PYTHONHASHSEED": hashes}
        command = [sys.executable, "-c", COLLECT, str(ahead)]
        said = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=True).stdout
        return [line for line in said.splitlines() if "::" in line]

    now, later = collected(0, "1"), collected(86_461, "2")
    assert len(now) > 1_000
    assert now == later


def arrows() -> dict[str, set[str]]:
    """Which modules each module imports: at its head, inside functions and for type checkers."""
    files = {file: ".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in SOURCE.rglob("*.py")}
    modules = {name.removesuffix(".__init__"): file for file, name in files.items()}

    def imported(file: Path) -> Iterator[str]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{name.name}" for name in node.names} & modules.keys()
                yield from inner or {node.module or ""}

    return {name: ({*imported(file)} & modules.keys()) - {name} for name, file in modules.items()}


def test_no_module_imports_itself_by_way_of_others():
    circles = nx.simple_cycles(nx.DiGraph(arrows()))
    assert next(iter(circles), None) is None
