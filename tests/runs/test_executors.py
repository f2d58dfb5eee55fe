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
from statescape.runs import Processes, Serial, make_executor

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

def refuse(number):
    from statescape.errors import StatescapeError
    raise StatescapeError("Not this.")

def threads(number):
    import numpy, scipy.linalg
    from threadpoolctl import threadpool_info
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

def sleep(number):
    time.sleep(60)
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


@pytest.mark.parametrize("make", [Serial, lambda: Processes(2), lambda: Processes(3)])
def test_results_come_in_the_order_of_the_tasks(functions, make):
    with make() as executor:
        assert executor.map(functions.slow_first, range(20)) == [number**2 for number in range(20)]
        assert executor.map(functions.slow_first, []) == []
        assert executor.map(functions.slow_first, [7]) == [49]


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
        for child in psutil.Process().children(recursive=True):
            if "spawn_main" in " ".join(child.cmdline()):
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
            if __name__ == "__main__":
                with Processes(2) as executor:
                    executor.map(sleep, range(4))
            """
        )
    )
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(tmp_path)})
    seen = psutil.Process(parent.pid)
    children = []
    deadline = time.monotonic() + 40
    while len(children) < 3 and time.monotonic() < deadline:  # two workers and the tracker of resources
        children = seen.children(recursive=True)
        time.sleep(0.1)
    time.sleep(1.5)  # let them begin
    children = seen.children(recursive=True)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=15)
    for process in alive:
        process.kill()
    assert not alive


def test_closing_ends_the_workers(functions):
    executor = Processes(2)
    executor.map(functions.slow_first, range(4))
    workers = [one for one in psutil.Process().children() if "spawn_main" in " ".join(one.cmdline())]
    assert workers
    executor.close()
    assert not [one for one in workers if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    executor.close()  # twice does no harm


def test_executors_by_name():
    assert isinstance(make_executor("serial", 5), Serial)
    assert isinstance(make_executor(None, 1), Serial)
    with make_executor(None, 3) as executor:
        assert isinstance(executor, Processes)
        assert executor.workers == 3
    assert make_executor().workers >= 1
    with pytest.raises(StatescapeError, match="serial, processes, dask; got 'ray'"):
        make_executor("ray")
    with pytest.raises(StatescapeError, match="At least one worker is needed; got 0"):
        make_executor(None, 0)
