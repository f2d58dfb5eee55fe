"""The Dask executor on real clusters: order, kills, what is refused, and one sentence for whatever is lost."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import statescape as ss
from statescape.errors import StatescapeError
from statescape.runs import LostWorkersError, make_executor
from statescape.runs import dask as dask_executor
from statescape.runs import executor as any_executor
from statescape.runs.bundles import BUNDLES_PER_WORKER, LEAST, SECOND, Pace
from statescape.runs.dask import Dask
from tests.runs import functions
from tests.runs.cluster import ENVIRONMENT, Cluster, kill, working


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler with two workers, for all tests that leave it alive."""
    made = Cluster(tmp_path_factory.mktemp("dask"))
    made.nanny = made.add_workers(2)
    yield made
    made.close()


@pytest.fixture(scope="module")
def executor(cluster):
    """An executor on it."""
    with Dask(cluster.address) as made:
        deadline = time.monotonic() + 60
        while made.workers < 2:
            assert time.monotonic() < deadline
            made.map(functions.square, [0])
        yield made


@pytest.fixture
def own_cluster(tmp_path):
    """Makes clusters that a test may kill."""
    made = []

    def make(**options):
        made.append(Cluster(tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_results_come_in_the_order_of_the_tasks(executor):
    tasks = [(number, 0.05 if number == 0 else 0.0) for number in range(37)]
    assert executor.map(functions.slow_square, tasks) == [number**2 for number in range(37)]
    assert executor.map(functions.square, []) == []
    assert executor.map(functions.square, [7]) == [49]


@pytest.mark.slow
def test_a_search_over_plans_ends_alike_on_a_cluster(executor):
    asked = {"units": 12, "encoding": "plan", "trainings": 60, "compare": False, "tune": False, "seed": 3}
    there, here = (ss.evolve("memory-noisy", executor=one, **asked) for one in (executor, "serial"))
    assert there.best.candidate.genome == here.best.candidate.genome
    for level, own in here.seals.items():
        found = there.seals[level]
        np.testing.assert_array_equal(found.champion.scores, own.champion.scores)
        for name, one in own.controls.items():
            np.testing.assert_array_equal(found.controls[name].control.scores, one.control.scores)


def test_what_a_task_raises_arrives_and_the_executor_lives_on(executor):
    with pytest.raises(KeyError, match="task 2"):
        executor.map(functions.complain, range(5))
    with pytest.raises(StatescapeError, match=r"^Not this\.$"):
        executor.map(functions.refuse, range(5))
    assert executor.map(functions.complain, [0, 1]) == [0, 1]


def test_blas_has_one_thread_on_the_workers(executor):
    found = executor.map(functions.threads, range(4))
    assert all(one and set(one) == {1} for one in found)


def test_a_worker_that_dies_costs_time_only(executor, tmp_path):
    tasks = [(str(tmp_path), number) for number in range(12)]
    assert executor.map(functions.die_once, tasks) == list(range(100, 112))
    assert (tmp_path / "died").exists()


def test_a_worker_killed_from_outside_costs_time_only(cluster, executor, tmp_path):
    def kill_who_works():
        deadline = time.monotonic() + 60
        while not (seen := sorted(tmp_path.iterdir())) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(int(seen[0].name.split("-")[1]), signal.SIGKILL)

    killer = threading.Thread(target=kill_who_works)
    killer.start()
    assert executor.map(functions.signed, [(str(tmp_path), number) for number in range(8)]) == list(range(8))
    killer.join()
    done_by = {}
    for file in tmp_path.iterdir():
        number, process = file.name.split("-")
        done_by.setdefault(number, set()).add(process)
    assert max(len(processes) for processes in done_by.values()) == 2  # something was begun twice


def test_workers_of_another_version_are_refused(executor, monkeypatch):
    monkeypatch.setattr(any_executor, "versions", lambda: "statescape 9.9.9")
    with pytest.raises(StatescapeError, match=r"A worker has Python 3.*, numpy .*; here are statescape 9\.9\.9; in"):
        executor.map(functions.square, [1])


def test_dask_itself_is_silent(cluster, capfd):
    before = logging.getLogger("distributed").level
    with Dask(cluster.address) as quiet:
        assert quiet.map(functions.square, [1, 2]) == [1, 4]
        assert logging.getLogger("distributed.client").getEffectiveLevel() > logging.CRITICAL
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("distributed").level == before
    with pytest.raises(StatescapeError, match="is closed"):
        quiet.map(functions.square, [1])
    quiet.shutdown()  # twice does no harm


@settings(deadline=None)
@given(tasks=st.integers(1, 10_000), workers=st.integers(1, 500), seconds=st.one_of(st.none(), st.floats(1e-6, 100.0)))
def test_bundles_hold_a_second_at_most_and_leave_nobody_idle(tasks, workers, seconds):
    pace = Pace()
    if seconds is not None:
        pace.learn(functions.square, seconds)
    size = pace.bundle_size(functions.square, tasks, workers)
    assert 1 <= size <= tasks
    bundles = -(-tasks // size)
    assert bundles >= min(tasks, workers)
    if seconds is None or tasks * seconds >= BUNDLES_PER_WORKER * LEAST * workers:
        assert bundles >= min(tasks, BUNDLES_PER_WORKER * workers)
    if seconds is not None and size > 1:
        assert (size - 1) * seconds < SECOND


def test_work_of_moments_is_one_bundle_a_worker():
    pace = Pace()
    pace.learn(functions.square, 0.03)
    assert pace.bundle_size(functions.square, 8, 2) == 4  # 0.12 s each; in eight bundles it would be mostly waiting
    assert pace.bundle_size(functions.square, 800, 2) == 34  # a second


def test_a_scheduler_without_workers_is_told(own_cluster):
    made = own_cluster()
    with pytest.raises(StatescapeError, match=rf"no workers after 1 s; start some: dask worker {made.address} --nwork"):
        Dask(made.address, patience=1.0)


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense", "tcp://no.such.host.invalid:8786", "http://127.0.0.1:1", ""],
)
def test_where_no_scheduler_is_one_sentence_says_so(address, monkeypatch, capfd):
    monkeypatch.setattr(dask_executor, "CONNECT", 1.0)
    with pytest.raises(StatescapeError, match="No Dask scheduler answers at") as refusal:
        Dask(address)
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")


def test_a_connection_that_hangs_ends(monkeypatch, capfd):
    monkeypatch.setattr(dask_executor, "CONNECT", 1.0)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        began = time.monotonic()
        with pytest.raises(StatescapeError, match="No Dask scheduler answers at"):
            Dask(f"tcp://127.0.0.1:{mute.getsockname()[1]}")
        assert time.monotonic() - began < 30
    assert capfd.readouterr() == ("", "")


def test_without_dask_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StatescapeError, match=r"not installed: pip install 'statescape\[dask\]'"):
        make_executor("dask", 1)


def test_what_does_not_go_together_is_refused():
    with pytest.raises(StatescapeError, match="A scheduler belongs to the executor dask; got the executor serial"):
        make_executor("serial", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(StatescapeError, match="A scheduler has workers of its own; leave out how many"):
        make_executor("dask", 2, "tcp://127.0.0.1:1")


@pytest.mark.slow
def test_workers_of_several_threads_are_refused(own_cluster):
    made = own_cluster()
    made.add_workers(1, threads=2)
    with pytest.raises(StatescapeError, match=r"must have one thread, and tcp://.* has 2; start them so: dask worker"):
        Dask(made.address)


@pytest.mark.slow
def test_work_that_kills_its_workers_again_and_again_is_refused(own_cluster):
    made = own_cluster()
    made.add_workers(2)
    with Dask(made.address) as executor:
        with pytest.raises(StatescapeError, match="4 Dask workers died on the same work"):
            executor.map(functions.die, [0])
        assert executor.map(functions.square, [3]) == [9]


@pytest.mark.slow
def test_a_scheduler_killed_in_mid_run_is_one_sentence(own_cluster, capfd):
    made = own_cluster()
    made.add_workers(1)
    with Dask(made.address) as executor:
        executor.map(functions.square, [1])
        threading.Timer(1.0, kill, [made.scheduler]).start()
        with pytest.raises(LostWorkersError, match=rf"^The Dask scheduler {made.address} was lost; start it again and"):
            executor.map(functions.slow_square, [(number, 0.5) for number in range(40)])
        with pytest.raises(LostWorkersError, match="was lost"):
            executor.map(functions.square, [1])
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_scheduler_that_hangs_is_given_up(own_cluster, monkeypatch):
    monkeypatch.setattr(any_executor, "LOOK", 0.5)
    made = own_cluster()
    made.add_workers(1)
    with Dask(made.address) as executor:
        executor.map(functions.square, [1])
        monkeypatch.setattr(dask_executor, "ANSWER", 2.0)
        threading.Timer(1.0, os.kill, [made.scheduler.pid, signal.SIGSTOP]).start()
        with pytest.raises(LostWorkersError, match="was lost"):
            executor.map(functions.slow_square, [(number, 0.5) for number in range(40)])


@pytest.mark.slow
def test_when_all_workers_stay_away_the_run_ends(own_cluster, monkeypatch):
    monkeypatch.setattr(any_executor, "LOOK", 0.5)
    made = own_cluster()
    nanny = made.add_workers(1)
    with Dask(made.address, patience=60.0) as executor:
        executor.map(functions.square, [1])
        executor._patience = 2.0
        workers = working(nanny)

        def all_gone():
            kill(nanny)
            for worker in workers:
                kill(worker)

        threading.Timer(0.5, all_gone).start()
        with pytest.raises(LostWorkersError, match="has had no worker for 2 s; start some and resume"):
            executor.map(functions.slow_square, [(number, 0.5) for number in range(40)])


@pytest.mark.slow
def test_a_cluster_of_this_machine_leaves_nothing_behind():
    before = set(psutil.Process().children(recursive=True))
    with make_executor("dask", 2) as executor:
        assert executor.workers == 2
        assert executor.map(functions.square, range(9)) == [number**2 for number in range(9)]
        begun = set(psutil.Process().children(recursive=True)) - before
        workers = [one for one in begun if "spawn_main" in " ".join(one.cmdline())]
        assert len(workers) == 2
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive


RUN = ("evolve", "memory-noisy", "--units", 12, "--generations", 200, "--no-compare", "--no-tune", "--seed", 3)


def _statescape(folder, *arguments):
    command = [sys.executable, "-m", "statescape", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _finished(process, status=0):
    out, err = process.communicate(timeout=250)
    assert process.returncode == status, err
    return out, err


def _numbers(file):
    data = json.loads(file.read_text())
    for key in ("seconds", "run"):
        data.pop(key)
    return data


@pytest.mark.slow
def test_a_run_whose_worker_and_then_whose_scheduler_is_killed_ends_like_any_other(own_cluster, tmp_path):
    """A worker killed on the way costs time; a killed scheduler ends with one line; resumed, the result is the same."""
    _finished(_statescape(tmp_path, *RUN, "--run", "plain.run", "--json", "plain.json", "--workers", 1))
    made = own_cluster()
    nanny = made.add_workers(2)
    on_dask = ("--executor", "dask", "--scheduler", made.address)
    process = _statescape(tmp_path, *RUN, "--run", "dask.run", *on_dask)
    _await_generation(tmp_path / "dask.run", 3)
    kill(working(nanny)[0])
    _await_generation(tmp_path / "dask.run", 8)
    kill(made.scheduler)
    out, err = _finished(process, status=2)
    assert out == ""
    assert err == (
        f"statescape: The Dask scheduler {made.address} was lost; start it again and resume the run: no finished "
        "generation is lost. Go on with: statescape resume dask.run\n"
    )
    made.close()
    again = own_cluster(port=made.port)
    again.add_workers(1)
    _finished(_statescape(tmp_path, "resume", "dask.run", "--json", "dask.json", *on_dask))
    assert _numbers(tmp_path / "dask.json") == _numbers(tmp_path / "plain.json")


def _await_generation(file, number):
    from statescape.evolution.tables import Tables

    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        if file.exists():
            with Tables.read(file) as kept:
                if kept.generations("genetic") > number:
                    return
        time.sleep(0.02)
    raise AssertionError("the run did not come so far")
