"""What must hold for the package as a whole."""

import ast
import json
import os
import re
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


def strings_of(file: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module that are no docstring, help of an option or name of a CSS variable."""
    tree = ast.parse(file.read_text("utf-8"))
    left_out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr):
            left_out.add(id(node.body[0].value))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"asked", "Option"}:
            left_out |= {id(one) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.lineno, node.value


def test_no_message_of_the_library_names_a_command_or_its_flags():
    """Only the two front doors do, and what names other people's commands (pip, dask)."""
    of_others = {"gguf.py": "pip install --no-deps", "dask.py": "--nworkers N --nthreads", "carried.py": "--screen:"}
    commands = "|".join(one.stem.replace("_", "-") for one in (SOURCE / "statescape/cli").glob("*.py"))
    named = re.compile(rf"(^|[\s(`])--[a-z]|statescape ({commands})\b")
    assert named.search("leave --warmup out")
    assert named.search("statescape resume FILE")
    found = [
        f"{file.relative_to(SOURCE)}:{line}: {text}"
        for file in sorted((SOURCE / "statescape").rglob("*.py"))
        if file.parent.name not in {"cli", "live"}
        for line, text in strings_of(file)
        if named.search(text.replace(of_others.get(file.name, "\0"), ""))
    ]
    assert not found


def test_every_argument_is_described_where_it_is_taken():
    """No docstring sends its reader to another one for what an argument or a refusal is."""
    sends = re.compile(r"^ +(\w+|Raises|StatescapeError): (as (for|in|there)|see) ?(`|above|below|$)", re.MULTILINE)
    assert sends.search("        values: as for `erdos_renyi`.")
    assert sends.search("        task: see above.")
    assert not [file for file in SOURCE.rglob("*.py") if sends.search(file.read_text("utf-8"))]


def test_a_module_holds_one_whole_idea():
    """Past 350 lines there are two, under 40 there is half of one."""
    lines = {
        file.relative_to(SOURCE / "statescape"): len(file.read_text("utf-8").splitlines())
        for file in (SOURCE / "statescape").rglob("*.py")
        if file.name not in {"__init__.py", "__main__.py"}
    }
    large = {file.as_posix() for file, count in lines.items() if count > 350}
    # The one noun of its wing, which speaks ReservoirPy and scikit-learn; and one that is to be split.
    assert large <= {"reservoir/network.py", "analysis/path.py"}
    assert sum(count < 40 for count in lines.values()) <= 8
