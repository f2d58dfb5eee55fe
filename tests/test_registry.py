"""Parts by name: built-in ones, those of packages that are really there on the path, and those of the session."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import statescape as ss
from statescape.errors import StatescapeError, StatescapeWarning, unknown_name
from statescape.registry import Origin, Registry, origin_of
from statescape.reservoir.tasks.opening import REGISTRY

MODULE = """
from statescape import tasks

class Delay:
    name, n_inputs, n_outputs, score_name = "delay", 1, 1, "NRMSE"

    def trial(self, seed, part="search"):
        import numpy as np
        inputs = np.random.default_rng(seed).uniform(-1, 1, (300, 1))
        return tasks.Trial(inputs, np.roll(inputs, 3, axis=0), train_steps=200, warmup=50)

AN_OBJECT = Delay()

def nothing():
    return 5
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package that offers tasks, put on the path the way pip does it."""

    def install(package, entries, module=MODULE, version="1.2"):
        name = package.replace("-", "_")
        (tmp_path / f"{name}.py").write_text(module)
        facts = tmp_path / f"{name}-{version}.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        lines = "\n".join(f"{key} = {name}{value}" for key, value in entries.items())
        (facts / "entry_points.txt").write_text(f"[statescape.tasks]\n{lines}\n")
        monkeypatch.syspath_prepend(tmp_path)
        return tmp_path

    yield install
    for module in ("delays", "more_delays"):
        sys.modules.pop(module, None)


def registry():
    """As the session begins: nothing has been looked for."""
    return Registry("task", "statescape.tasks", REGISTRY.built_in)


def test_an_installed_package_adds_names_that_are_found_and_know_where_they_come_from(installed):
    installed("delays", {"delay": ":Delay", "delay-made": ":AN_OBJECT"})
    known = registry()
    assert known.names() == (*REGISTRY.built_in, "delay", "delay-made")
    assert "delays" not in sys.modules  # listing imports nothing
    assert known.find("delay")().trial(1).train_steps == 200
    assert known.find("delay-made").name == "delay"
    assert known.origin("delay") == Origin("delays", "1.2")
    assert known.origin("narma10") is None


def test_built_in_names_do_not_look_for_packages(monkeypatch):
    def entry_points(group):
        raise AssertionError("looked for")

    monkeypatch.setattr("statescape.registry.entry_points", entry_points)
    assert registry().find("narma10")().name == "narma10"


def test_a_built_in_name_is_never_shadowed(installed):
    installed("delays", {"narma10": ":Delay", "delay": ":Delay"})
    known = registry()
    with pytest.warns(StatescapeWarning, match=r"'narma10' of the package delays 1\.2 is left out: statescape has"):
        assert "delay" in known.names()
    assert known.find("narma10") is REGISTRY.built_in["narma10"]


def test_a_package_that_cannot_be_imported_is_named_in_one_line_and_breaks_nothing_else(installed):
    installed("delays", {"delay": ":Delay", "absent": ":Absent"}, "import no_such_module\n")
    known = registry()
    assert known.find("henon")().name == "henon"
    with pytest.raises(StatescapeError) as refusal:
        known.find("delay")
    assert str(refusal.value) == (
        "The task 'delay' of the package delays 1.2 cannot be loaded (ModuleNotFoundError: No module named "
        "'no_such_module'); mend or uninstall that package."
    )
    assert refusal.value.__suppress_context__


def test_two_packages_that_offer_one_name_are_both_named(installed):
    installed("delays", {"delay": ":Delay"})
    installed("more-delays", {"delay": ":Delay"}, version="3.0")
    with pytest.raises(StatescapeError, match=r"'delay': the package delays 1\.2 and the package more-delays 3\.0"):
        registry().find("delay")


def test_the_session_gives_names_by_decorator_and_by_call():
    known = registry()

    @known.register("echo")
    class Echo: ...

    assert known.find("echo") is Echo
    assert known.register("echo-2", Echo) is Echo
    assert known.names()[-2:] == ("echo", "echo-2")
    assert known.origin("echo") == origin_of(Echo()) == Origin(__name__.partition(".")[0])
    with pytest.raises(StatescapeError, match="'narma10' is built in; choose another name"):
        known.register("narma10", Echo)


def test_the_session_does_not_take_a_packages_name(installed):
    installed("delays", {"delay": ":Delay"})
    with pytest.raises(StatescapeError, match=r"'delay' is one of the package delays 1\.2"):
        registry().register("delay", object())


def test_a_run_asks_for_the_part_it_began_with(installed):
    known, before = registry(), Origin("delays", "1.2")
    known.require("narma10", None)
    with pytest.raises(StatescapeError) as refusal:
        known.require("delay", before)
    assert str(refusal.value) == (
        "This run's task 'delay' came from the package delays 1.2, which is not here; install delays==1.2."
    )
    installed("delays", {"delay": ":Delay"})
    registry().require("delay", before)
    with pytest.raises(StatescapeError, match=r"from the package delays 1\.1, here it comes from the package delays 1"):
        registry().require("delay", Origin("delays", "1.1"))
    with pytest.raises(StatescapeError, match="from the module __main__, which is not here; register it again"):
        registry().require("echo", Origin("__main__"))


def test_an_objects_origin_is_its_package():
    assert origin_of(np.float64(1.0)) == Origin("numpy", np.__version__)
    assert origin_of(ss.tasks.narma10()) == Origin("statescape", ss.__version__)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("narma11", "There is no task 'narma11'. Did you mean narma10? Known are: narma10, SCR."),
        ("scr ", "There is no task 'scr '. Did you mean SCR? Known are: narma10, SCR."),
        ("zzz", "There is no task 'zzz'. Known are: narma10, SCR."),
        (5, "There is no task 5. Known are: narma10, SCR."),
    ],
)
def test_an_unknown_name_is_met_with_the_nearest_and_all(given, said):
    assert str(unknown_name("task", given, ["narma10", "SCR"])) == said


def test_tasks_are_registered_and_refused_where_they_are_none(monkeypatch):
    monkeypatch.setattr(REGISTRY, "_registered", {})
    ss.tasks.register("five", lambda: 5)
    assert "five" in ss.tasks.names()
    with pytest.raises(StatescapeError, match="'five' of the module tests is a int, which lacks members of"):
        ss.tasks.open("five")


def test_an_installed_task_is_a_name_of_the_command_line(installed):
    folder = installed("delays", {"delay": ":Delay", "broken": ":nothing"})
    script = textwrap.dedent("""
        import sys
        from statescape.cli.app import run
        sys.exit(run(["esn", sys.argv[1], "--units", "20", "--trials", "2"]))
    """)

    def called(name):
        path = {"PYTHONPATH": f"{folder}:{':'.join(filter(None, sys.path))}"}
        return subprocess.run([sys.executable, "-c", script, name], capture_output=True, text=True, env=path)

    assert "delay" in called("delay").stdout
    assert "Did you mean delay?" in " ".join(called("delai").stderr.split())
    assert called("broken").returncode == 2
    assert "the package delays 1.2" in " ".join(called("broken").stderr.split())
