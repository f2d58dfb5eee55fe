"""Executors: the order of the tasks, workers that may die, BLAS on one thread, and no process left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from statescape.errors import StatescapeError
from statescape.runs import Processes, Serial, bundles, make_executor
from statescape.runs.bundles import Pace

# Functions that travel to workers must be importable there; tests are not.
FUNCTIONS = """
import os, signal, time
from pathlib import Path

def slow_first(number):
    time.sleep(0.2 if number == 0 else 0.0)
    return number * number

def die_once(task):
    folder, number = task
    (Path(folder) / f"{number}-{os.getpid()}-{time.time_ns()}").touch()
    if number == 3 and not (Path(folder) / "died").exists():
        (Path(folder) / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number + 100

def die(number):
    os._exit(3)

def complain(number):
    if number == 2:
        raise KeyError("task 2")
    return number

def where(number):
    return os.getpid()

def refuse(number):
    from statescape.errors import StatescapeError
    raise StatescapeError("Not this.")

def threads(number):
    import numpy, scipy.linalg
    from threadpoolctl import threadpool_info
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

def sleep(number):
    time.sleep(60)

class OneWay:
    def __reduce__(self):
        return int, ("no number",)
"""

# No guard: workers must not run this again. What it defines itself travels.
SCRIPT = """
from dataclasses import dataclass
from statescape.runs import Processes

@dataclass(frozen=True)
class Own:
    value: int

def twice(own):
    return Own(2 * own.value)

print("begun")
with Processes(2) as executor:
    print(executor.map(twice, [Own(1), Own(2)]) == [Own(2), Own(4)])
"""


@pytest.fixture
def functions(tmp_path, monkeypatch):
    """A module that workers can import too: they are told the path of this process."""
    (tmp_path / "functions_of_workers.py").write_text(FUNCTIONS)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("functions_of_workers", None)
    import functions_of_workers

    yield functions_of_workers
    sys.modules.pop("functions_of_workers", None)


def workers_of(parent):
    return [child for child in parent.children(recursive=True) if "popen_loky" in " ".join(child.cmdline())]


@pytest.mark.parametrize("make", [Serial, lambda: Processes(2), lambda: Processes(3)])
def test_results_come_in_the_order_of_the_tasks(functions, make):
    with make() as executor:
        assert executor.map(functions.slow_first, range(20)) == [number**2 for number in range(20)]
        assert executor.map(functions.slow_first, []) == []
        assert executor.map(functions.slow_first, [7]) == [49]


@pytest.mark.parametrize("make", [Serial, lambda: Processes(2)])
def test_a_result_is_kept_when_it_is_there_and_once(functions, make):
    kept = {}

    def keep(place, result):
        assert place not in kept
        kept[place] = result

    with make() as executor:
        assert executor.map(functions.slow_first, [3, 0, 2], keep) == [9, 0, 4]
        assert kept == {0: 9, 1: 0, 2: 4}
        kept.clear()
        with pytest.raises(KeyError, match="task 2"):
            executor.map(functions.complain, [0, 1, 2], keep)
        assert kept.items() <= {0: 0, 1: 1}.items()
        if make is Serial:
            assert len(kept) == 2


def test_what_is_kept_outlives_a_worker_that_dies(functions, tmp_path):
    done, kept = tmp_path / "done", []
    done.mkdir()
    with Processes(2) as executor:
        executor.map(functions.die_once, [(str(done), n) for n in range(12)], lambda place, _: kept.append(place))
    assert sorted(kept) == list(range(12))


def test_a_trifle_is_what_is_known_to_be_done_sooner_than_handed_over():
    pace = Pace()
    assert not pace.is_trifle(len, 1)
    pace.learn(len, 0.001)
    assert pace.is_trifle(len, 8)
    assert not pace.is_trifle(len, 40)
    assert not pace.is_trifle(str, 8)


def test_a_trifle_is_done_here(functions, monkeypatch):
    here = os.getpid()
    with Processes(2) as executor:
        monkeypatch.setattr(bundles, "TRIFLE", 60.0)
        assert here not in executor.map(functions.where, range(8))  # nothing is known yet
        assert set(executor.map(functions.where, range(8))) == {here}
        assert here not in executor.map(functions.where, range(8), lambda *_: None)  # what is kept one by one is long
        monkeypatch.setattr(bundles, "TRIFLE", 0.0)
        assert here not in executor.map(functions.where, range(8))


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(functions, tmp_path):
    done = tmp_path / "done"
    done.mkdir()
    with Processes(2) as executor:
        assert executor.map(functions.die_once, [(str(done), n) for n in range(12)]) == list(range(100, 112))
        assert executor.map(functions.slow_first, [1, 2]) == [1, 4]
    assert (done / "died").exists()
    assert len(list(done.glob("3-*"))) == 2  # once for the worker that died, once for the one after


def test_a_worker_killed_from_outside_between_maps_costs_time_only(functions):
    with Processes(2) as executor:
        executor.map(functions.slow_first, range(4))
        for child in workers_of(psutil.Process()):
            child.send_signal(signal.SIGKILL)
        assert executor.map(functions.slow_first, range(4)) == [0, 1, 4, 9]


def test_work_that_kills_its_workers_again_and_again_is_refused(functions):
    with Processes(2) as executor:
        with pytest.raises(StatescapeError, match="all workers died on the same work") as refusal:
            executor.map(functions.die, range(4))
        assert "\n" not in str(refusal.value)
        assert executor.map(functions.slow_first, [3]) == [9]  # and it can be used again


@pytest.mark.parametrize("make", [Serial, lambda: Processes(2)])
def test_what_a_task_raises_arrives(functions, make):
    with make() as executor:
        with pytest.raises(KeyError, match="task 2"):
            executor.map(functions.complain, range(5))
        with pytest.raises(StatescapeError, match=r"^Not this\.$"):
            executor.map(functions.refuse, range(5))
        assert executor.map(functions.complain, [0, 1]) == [0, 1]


@pytest.mark.parametrize("make", [Serial, lambda: Processes(2)])
def test_blas_has_one_thread(functions, make):
    with make() as executor:
        found = executor.map(functions.threads, [0, 1])
    assert all(one and set(one) == {1} for one in found)


def test_workers_die_with_a_parent_that_is_killed(functions, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            from functions_of_workers import sleep
            from statescape.runs import Processes
            with Processes(2) as executor:
                executor.map(sleep, range(4))
            """
        )
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": path})
    seen = psutil.Process(parent.pid)
    deadline = time.monotonic() + 40
    while len(workers_of(seen)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.5)  # let them begin
    children = seen.children(recursive=True)
    assert len(children) > 2  # the workers and the trackers of resources
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=15)
    for process in alive:
        process.kill()
    assert not alive


@pytest.mark.parametrize("how", ["a file", "standard input"])
def test_a_plain_script_needs_no_guard(tmp_path, how):
    (tmp_path / "first.py").write_text(SCRIPT)
    call = [sys.executable, *(["first.py"] if how == "a file" else ["-"])]
    done = subprocess.run(call, input=SCRIPT, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("begun\nTrue\n", "", 0)


def test_ctrl_c_ends_work_at_once_and_leaves_no_process(functions, tmp_path):
    script = "from functions_of_workers import sleep\nfrom statescape.runs import Processes\n"
    script += "with Processes(2) as executor: executor.map(sleep, range(4))\n"
    (tmp_path / "parent.py").write_text(script)
    parent = subprocess.Popen(
        [sys.executable, "parent.py"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job, which these tests may be, hands on that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    seen, deadline = psutil.Process(parent.pid), time.monotonic() + 40
    while len(workers_of(seen)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.5)
    children = seen.children(recursive=True)
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to all of them
    _, said = parent.communicate(timeout=20)
    assert said.count("Traceback") == 1
    assert said.splitlines()[-1] == "KeyboardInterrupt"
    assert not psutil.wait_procs(children, timeout=10)[1]


def test_work_that_cannot_travel_is_refused_in_one_sentence(functions, monkeypatch):
    import threading

    monkeypatch.setattr("statescape.runs.executor.PATIENCE", 1)
    with Processes(2) as executor:
        for task in (threading.Lock(), functions.OneWay()):
            with pytest.raises(StatescapeError, match="cannot travel to worker processes") as refusal:
                executor.map(functions.slow_first, [task])
            assert "\n" not in str(refusal.value)
        assert executor.map(functions.slow_first, [3]) == [9]


def test_closing_ends_the_workers(functions):
    executor = Processes(2)
    executor.map(functions.slow_first, range(4))
    workers = workers_of(psutil.Process())
    assert workers
    executor.shutdown()
    assert not [one for one in workers if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    executor.shutdown()  # twice does no harm


def test_executors_by_name():
    assert isinstance(make_executor("serial", 5), Serial)
    assert isinstance(make_executor(None, 1), Serial)
    with make_executor(None, 3) as executor:
        assert isinstance(executor, Processes)
        assert executor.workers == 3
    assert make_executor().workers >= 1
    with pytest.raises(StatescapeError, match=r"no executor 'ray'\. Known are: serial, processes, dask"):
        make_executor("ray")
    with pytest.raises(StatescapeError, match="At least one worker is needed; got 0"):
        make_executor(None, 0)
