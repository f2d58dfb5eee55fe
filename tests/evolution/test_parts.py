"""Parts of others: encoding, operator and strategy of one's own through search, journal, resume and pictures."""

import json
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import statescape as ss
from statescape.errors import StatescapeError
from statescape.evolution import Genome, Settings, evolve, resume
from statescape.evolution.encodings import Values
from statescape.evolution.export import export
from statescape.evolution.history import champion_of, survivors_of_run
from statescape.evolution.operators import by_name
from statescape.evolution.search import STRATEGIES, Strategy
from statescape.runs import Processes, Serial
from tests.evolution import own_parts
from tests.evolution.own_parts import Greedy, Reverse, Ring

PARTS = (Ring(), Reverse(), Greedy())
OWN = {"encoding": PARTS[0], "operators": ["flip", "perturb", PARTS[1]], "strategy": PARTS[2]}
SMALL = {"generations": 4, "compare": False, "tune": False, "seed": 1}


def facts(result):
    data = result.as_json()
    return {name: data[name] for name in ("units", "encoding", "best", "seals", "front", "trainings", "settings")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    file = tmp_path_factory.mktemp("own") / "own.run"
    return evolve("memory-noisy", run=file, executor=Serial(), **OWN, **SMALL), file


def test_a_search_with_parts_of_ones_own_uses_them(made):
    result, _ = made
    assert (result.settings.encoding, result.settings.units, result.settings.strategy) == ("ring", 9, "greedy")
    W = result.best.topology.to_dense()
    assert set(zip(*np.nonzero(W), strict=True)) <= {(unit, (unit - 1) % 9) for unit in range(9)}
    used = {name for line in result.history for name in line.operators}
    assert "reverse" in used <= {"flip", "perturb", "reverse", "random"}
    assert len(result.found.survivors) == 3


def test_the_run_says_where_each_part_came_from(made):
    _, file = made
    database = sqlite3.connect(file)
    settings = json.loads(database.execute("SELECT value FROM meta WHERE key = 'settings'").fetchone()[0])
    database.close()
    assert (settings["encoding"], settings["operators"], settings["arm"]) == (
        "ring", ["flip", "perturb", "reverse"], "greedy",
    )  # fmt: skip
    assert [(one["slot"], one["name"], one["maker"]) for one in settings["parts"]] == [
        ("encoding", "ring", f"{own_parts.__name__}:Ring"),
        ("operator", "reverse", f"{own_parts.__name__}:Reverse"),
        ("strategy", "greedy", f"{own_parts.__name__}:Greedy"),
    ]
    assert {one["package"] for one in settings["parts"]} == {"tests"}


def test_other_workers_and_an_interrupted_run_come_to_the_same_result(made, tmp_path):
    result, _ = made
    with Processes(2) as many:
        assert facts(evolve("memory-noisy", executor=many, **OWN, **SMALL)) == facts(result)
    file = tmp_path / "stopped.run"

    def interrupt(progress):
        if progress.summary.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evolve("memory-noisy", run=file, executor=Serial(), callbacks=[interrupt], **OWN, **SMALL)
    with pytest.raises(StatescapeError) as refusal:
        resume(file, executor=Serial())
    assert str(refusal.value) == (
        f"This run's encoding 'ring' was made by {own_parts.__name__}:Ring, which is not here; give it again: "
        "resume(run, parts=[...])."
    )
    with pytest.raises(StatescapeError, match="This run's operator 'reverse' was made by"):
        resume(file, executor=Serial(), parts=[Ring(), Greedy()])
    assert facts(resume(file, executor=Serial(), parts=PARTS)) == facts(result)


def test_a_finished_run_is_read_exported_and_drawn(made, tmp_path):
    result, file = made
    assert facts(resume(file, parts=PARTS)) == facts(result)
    champion = champion_of(file, parts=PARTS)
    export(champion, "npz", tmp_path / "champion.npz")
    assert ss.Topology.from_npz(tmp_path / "champion.npz").edges == result.best.topology.edges
    assert len(survivors_of_run(file, PARTS)) == 3
    ss.views.report(result, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "A greedy search of 4 generations" in page
    assert "one-unit" not in page


class Sparse(Ring):
    name = "ring"


class NoDecode:
    name, units, values, shapes = "no-decode", 9, Values("real"), {"a": (9,)}

    def random(self, rng):
        return {"a": np.ones(9)}


class TooSmall(Ring):
    name = "too-small"

    def decode(self, genes):
        return np.ones((3, 3))


class Outside(Reverse):
    name = "outside"

    def __call__(self, space, parents, rng):
        return Genome({name: 7.0 * array for name, array in parents[0].genes.items()})


class Nowhere(Reverse):
    name = "nowhere"

    def applies(self, space):
        return False


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"encoding": 5}, "evolve takes encoding as a text or a SearchPart; got 5 (int)."),
        ({"encoding": Ring}, "An encoding of your own is an object with a name; got Ring."),
        ({"encoding": NoDecode()}, "is a NoDecode, which lacks members of statescape.evolution.encodings.Encoding"),
        ({"encoding": TooSmall()}, "must make a finite W of 9 by 9; it made shape (3, 3)"),
        ({"encoding": Ring(), "units": 20}, "makes networks of 9 units; leave units=20 out"),
        ({"operators": [Reverse()] * 2}, "Every operator needs a name of its own; got reverse, reverse."),
        ({"operators": [Ring()]}, "The operator 'ring' is a Ring, which lacks members"),
        ({"operators": [Nowhere()]}, "The operator 'nowhere' does not apply in this space"),
        ({"operators": [Outside()]}, "The genome has entries that are not ternary."),
        ({"operators": ["flap"]}, "There is no operator 'flap'. Did you mean flip?"),
        ({"encoding": "ternery"}, "There is no encoding 'ternery'. Did you mean ternary?"),
        ({"strategy": "genetics"}, "There is no strategy 'genetics'. Did you mean genetic?"),
        ({"strategy": Reverse()}, "The strategy 'reverse' is a Reverse, which lacks members"),
    ],
)
def test_parts_that_do_not_fit_are_refused_in_one_line(given, words):
    with pytest.raises(StatescapeError) as refusal:
        evolve("memory-noisy", executor=Serial(), **SMALL, **given)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_parts_given_to_a_run_are_those_it_began_with(made):
    _, file = made
    with pytest.raises(StatescapeError, match=r"'ring' was made by .*:Ring; the one given is by .*:Sparse"):
        resume(file, parts=[Sparse(), *PARTS[1:]])
    with pytest.raises(StatescapeError, match="The run has no part of yours that is called 'nowhere'; it has ring, re"):
        resume(file, parts=[*PARTS, Nowhere()])


def test_ours_as_objects_are_ours(tmp_path):
    file = tmp_path / "ours.run"
    small = {"units": 8, **SMALL}
    objects = evolve(
        "memory-noisy", run=file, executor=Serial(), strategy=STRATEGIES[1], operators=[by_name("flip"), "add"], **small
    )
    names = evolve("memory-noisy", executor=Serial(), strategy="mutation-only", operators=["flip", "add"], **small)
    assert facts(objects) == facts(names)
    assert objects.settings.parts == ()
    assert facts(resume(file)) == facts(names)
    wide = Settings(strategy=Strategy("genetic", 2, 6))
    assert [one.maker for one in wide.parts] == ["statescape.evolution.search.strategies:Strategy"]


def test_an_installed_package_gives_names_to_the_command_line(tmp_path):
    """A small package on the path, with entry points: its parts are names, and a run without it is refused."""
    parts = Path(own_parts.__file__).read_text(encoding="utf-8")
    (tmp_path / "ringpackage.py").write_text(parts)
    facts_of_package = tmp_path / "ringpackage-2.1.dist-info"
    facts_of_package.mkdir()
    (facts_of_package / "METADATA").write_text("Metadata-Version: 2.1\nName: ringpackage\nVersion: 2.1\n")
    (facts_of_package / "entry_points.txt").write_text(
        "[statescape.encodings]\nring = ringpackage:Ring\n[statescape.operators]\nreverse = ringpackage:Reverse\n"
    )
    command = textwrap.dedent(
        """
        import sys
        if {here}:
            sys.path.insert(0, {folder!r})
        from statescape.cli.app import run
        sys.exit(run({words!r}))
        """
    )

    def call(*words, here=True):
        script = command.format(here=here, folder=str(tmp_path), words=list(words))
        return subprocess.run([sys.executable, "-c", script], cwd=work, capture_output=True, text=True, check=False)

    work = tmp_path / "work"
    work.mkdir()
    asked = ("--encoding", "ring", "--operators", "perturb,reverse", "--units", "7", "--generations", "2")
    small = ("--no-compare", "--no-tune", "--executor", "serial", "--run", "a.run")
    done = call("evolve", "memory-noisy", *asked, *small, "--json", "a.json")
    assert done.returncode == 0, done.stderr
    data = json.loads((work / "a.json").read_text())
    assert data["best"]["edges"] == 7
    assert [(one["name"], one["package"], one["version"], one["by_name"]) for one in data["settings"]["parts"]] == [
        ("ring", "ringpackage", "2.1", True), ("reverse", "ringpackage", "2.1", True),
    ]  # fmt: skip
    again = call("resume", "a.run", "--json", "b.json")
    assert again.returncode == 0, again.stderr
    assert json.loads((work / "b.json").read_text()) == data
    assert call("show", "a.run").returncode == 0
    missing = call("resume", "a.run", here=False)
    assert missing.returncode == 2
    assert missing.stderr == (
        "statescape: This run's encoding 'ring' came from the package ringpackage 2.1, which is not here; install "
        "ringpackage==2.1.\n"
    )
    assert call("runs", here=False).returncode == 0


@pytest.mark.parametrize(
    "parts",
    [
        5,
        [5],
        [{"slot": "encoding"}],
        [{"slot": "task", "name": "ring", "maker": "a:b", "package": "", "version": "", "by_name": True}],
        [{"slot": "strategy", "name": "greedy", "maker": "a:b", "package": "", "version": "", "by_name": True}],
        [{"slot": "encoding", "name": "ring", "maker": "os:system", "package": "os", "version": "", "by_name": True}],
        [{"slot": "encoding", "name": "ring", "maker": "os:system", "package": "os", "version": "", "by_name": False}],
    ],
)
def test_a_run_that_makes_up_its_parts_is_refused_in_one_line(made, tmp_path, parts):
    file = tmp_path / "made-up.run"
    file.write_bytes(made[1].read_bytes())
    database = sqlite3.connect(file)
    settings = json.loads(database.execute("SELECT value FROM meta WHERE key = 'settings'").fetchone()[0])
    database.execute("UPDATE meta SET value = ? WHERE key = 'settings'", [json.dumps({**settings, "parts": parts})])
    database.commit()
    database.close()
    for read in (resume, champion_of, survivors_of_run):
        with pytest.raises(StatescapeError) as refusal:
            read(file)
        assert "\n" not in str(refusal.value)
