"""Whatever a public function is handed: it works, or one sentence says what was expected."""

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from jaxtyping import Float

import statescape as ss
from statescape.arguments import checked
from statescape.errors import StatescapeError
from statescape.reservoir import scr
from statescape.runs import make_executor
from statescape.studies.network_settings import NetworkSettings
from tests.documents import ROOT
from tests.wrong_kinds import doors

RUN = """
import itertools, signal, sys, warnings
sys.path.insert(0, {root!r})
from statescape.errors import StatescapeError
from statescape.reservoir import scr
from statescape.runs import make_executor
from statescape.studies.network_settings import NetworkSettings
from tests.wrong_kinds import calls
warnings.simplefilter("ignore")
def late(*_): raise TimeoutError
signal.signal(signal.SIGALRM, late)
bad = done = refused = 0
for name, door, given in itertools.islice(calls({seed}), {count}):
    signal.alarm(60)
    try:
        door(**given)
        done += 1
    except StatescapeError as error:
        refused += 1
        said = str(error)
        if not said or chr(10) in said or len(said) > 600:
            bad += 1
            print("LONG", name, said[:900])
    except BaseException as error:
        bad += 1
        told = {{key: repr(value)[:50] for key, value in given.items()}}
        print("BAD", name, told, type(error).__name__, str(error)[:200])
    signal.alarm(0)
print(done, "done,", refused, "refused,", bad, "bad")
sys.exit(bad > 0)
"""


def _held(folder: Path, seed: int, count: int) -> None:
    """In a process of its own, as a user's: without the checks of the tests."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT / "src")}
    script = RUN.format(root=str(ROOT), seed=seed, count=count)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=3000
    )
    print(done.stdout.splitlines()[-1:])  # noqa: T201
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert list(folder.iterdir()) == []


def test_every_public_name_has_a_door():
    called = {name: one.__init__ if isinstance(one, type) else one for name, one in doors().items()}
    ours = {name: one for name, one in called.items() if getattr(one, "__module__", "").startswith("statescape")}
    assert len(ours) > 200
    assert [name for name, one in ours.items() if not hasattr(one, "__takes__")] == []


@checked
def measure(
    units: int,
    rate: float = 0.5,
    name: str | Path | None = None,
    states: Float[np.ndarray, "states width"] | None = None,
    near: Float[np.ndarray, " width"] | None = None,
    ids: Annotated[tuple[int, ...], "of tokens"] = (),
    kind: Literal["a", "b"] = "a",
    told: dict[str, Any] | None = None,
) -> tuple[Any, ...]:
    """Something public."""
    return units, rate, name, states, near, ids, kind, told


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"units": "many"}, "measure takes units as a whole number; got 'many' (str)."),
        ({"units": 2.0}, "measure takes units as a whole number; got 2.0 (float)."),
        ({"units": None}, "measure takes units as a whole number; got None."),
        ({"rate": "fast"}, "rate as a number; got 'fast' (str)."),
        ({"rate": 1j}, "rate as a number; got 1j (complex)."),
        ({"rate": 10**400}, "rate as a number"),
        ({"name": 3}, "name as a text or a path or None; got 3 (int)."),
        ({"states": [1, 2]}, "states as an array of numbers (states width) or None; got [1, 2] (list)."),
        ({"states": np.array([[1j]])}, "as an array of numbers (states width) or None; got shape (1, 1) (ndarray)."),
        ({"states": [[1, 2]], "near": [1, 2, 3]}, "near as an array of numbers (width) or None; got [1, 2, 3] (list)."),
        ({"ids": "12"}, "ids as a list, each of it a whole number; got '12' (str)."),
        ({"ids": [1, "a", None]}, "ids as a list, each of it a whole number; got [1, 'a', None] (list)."),
        ({"kind": "c"}, "kind as 'a' or 'b'; got 'c' (str)."),
        ({"told": [1]}, "told as a mapping or None; got [1] (list)."),
        ({"name": object}, "name as a text or a path or None; got <class 'object'> (type)."),
    ],
)
def test_one_sentence_says_what_was_expected_and_what_came(given, words):
    with pytest.raises(StatescapeError) as told:
        measure(**{"units": 1, **given})
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_what_a_user_would_expect_is_taken():
    import pandas as pd

    taken = measure(np.int64(3), 1, Path("a"), pd.DataFrame({"a": [1, 2], "b": [3, 4]}), [1, 2], [np.int32(5), 6], "b")
    units, rate, name, states, near, ids, kind, _ = taken
    assert (units, rate, name, ids, kind) == (3, 1.0, Path("a"), (5, 6), "b")
    assert [type(one) for one in (units, rate, *ids)] == [int, float, int, int]
    assert (states.dtype, states.tolist(), near.tolist()) == (np.float64, [[1, 3], [2, 4]], [1, 2])
    array = np.ones((2, 2), dtype=np.float32)
    assert measure(1, states=array)[3] is array  # nothing is copied that fits


def test_what_is_handed_out_is_a_door_too():
    """Nobody need name the class of a result before its methods say what they take."""

    class Made:
        def twice(self, number: int) -> int:
            return 2 * number

    Made.__module__ = "statescape.made"

    @checked
    def make() -> Any:
        return Made()

    made = make()
    assert made.twice(np.int64(3)) == 6
    with pytest.raises(StatescapeError, match=r"Made.twice takes number as a whole number; got 'a' \(str\)."):
        made.twice("a")


def test_a_door_looks_as_what_is_behind_it():
    import pickle

    from statescape.geometry import cosine_to

    assert measure.__doc__ == "Something public."
    assert list(inspect.signature(measure).parameters)[:2] == ["units", "rate"]
    assert pickle.loads(pickle.dumps(cosine_to)) is cosine_to
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'units'"):
        measure()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ss.evolve("narma10", units="many"), "evolve takes units as a whole number; got 'many' (str)."),
        (lambda: ss.tasks.open("a.csv", split="x"), "open takes split as a number or None; got 'x' (str)."),
        (lambda: ss.Topology("W"), "W must be numbers, such as an array or lists of equal length; got str."),
        (lambda: ss.Topology.from_networkx("a graph"), "from_networkx takes a graph of NetworkX; got 'a graph' (str)."),
        (lambda: ss.resume(5), "resume takes run as a text or a path; got 5 (int)."),
        (lambda: ss.views.report("x", ["a.html"]), "report takes file as a text or a path; got ['a.html'] (list)."),
        (lambda: ss.load_model("a", bos="yes"), "load_model takes bos as True or False or None; got 'yes' (str)."),
    ],
)
def test_the_doors_of_the_package_are_checked(call, words):
    with pytest.raises(StatescapeError) as told:
        call()
    assert words in str(told.value)


def test_every_public_function_is_a_door():
    open_ones = [name for name, door in doors().items() if not isinstance(door, type) and "." in name]
    bare = [name for name in open_ones if not hasattr(getattr(doors()[name], "__func__", doors()[name]), "__takes__")]
    assert len(open_ones) > 80
    assert bare == []


@pytest.mark.slow
def test_thirty_calls_with_arguments_of_the_wrong_kind(tmp_path):
    _held(tmp_path, seed=1, count=30)


@pytest.mark.long
def test_three_hundred_calls_with_arguments_of_the_wrong_kind(tmp_path):
    _held(tmp_path, seed=2, count=300)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ss.evolve("narma10", units=10**9), "up to 20,000 units"),
        (lambda: ss.evolve("narma10", units=10, trials=10**12), "up to 20,000 units and 100,000 trials"),
        (lambda: make_executor("processes", 10**6), "At most 1,000 workers are started on one machine"),
        (lambda: scr(10**12), "1,000,000,000,000 units need 14,901 GiB of memory"),
        (lambda: NetworkSettings(units=10**6), "1,000,000 units need 14,901 GiB of memory"),
    ],
)
def test_what_no_machine_can_hold_is_refused_before_it_is_allocated(call, words):
    with pytest.raises(StatescapeError) as told:
        call()
    assert words in str(told.value)
