"""Executors of somebody else's: the same results as in this process, bit for bit, and they stay open."""

import concurrent.futures
import json
import multiprocessing
import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

import statescape as ss
from statescape.errors import StatescapeError
from statescape.evolution.conditions import Conditions, Hyperparameters
from statescape.evolution.scoring import score
from statescape.reservoir import Topology
from statescape.runs import LostWorkersError, Processes, Serial, working
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.running import STUDIES
from tests.runs import functions


class Inline(concurrent.futures.Executor):
    """The least that is an executor."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@contextmanager
def loky():
    from loky import ProcessPoolExecutor as Pool

    with Pool(2) as pool:
        yield pool


@contextmanager
def spawned():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextmanager
def dask():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        yield client.get_executor()


def threads():
    return ThreadPoolExecutor(3)


def forked():
    return ProcessPoolExecutor(2)


HERE, ALL = (threads, Inline), (threads, Inline, forked, spawned, loky, dask)


def without_time(data):
    if isinstance(data, dict):
        return {key: without_time(value) for key, value in data.items() if key not in ("seconds", "run", "created")}
    return [without_time(one) for one in data] if isinstance(data, list) else data


def evolved(executor):
    settings = {"units": 12, "generations": 4, "compare": False, "tune": False, "seed": 3}
    found = ss.evolve("narma10", **settings, executor=executor)
    return json.dumps(without_time(found.as_json()))


def studied(executor):
    with pytest.MonkeyPatch.context() as patch:
        small = Budget("quick", units=8, runs=3, trainings=120, tuning=2)
        patch.setitem(STUDIES, "input-weights", replace(STUDIES["input-weights"], quick=small))
        return json.dumps(without_time(ss.study("input-weights", "quick", seed=1, executor=executor).results))


def judged(executor):
    texts = [f"Once upon a time there was a {animal} who ran to the park and saw a tree." for animal in ("cat", "dog")]
    return json.dumps(ss.verdict(texts, null_documents=1, executor=executor).as_json())


@pytest.fixture(scope="module")
def expected():
    """What each gives in this process, made when first asked for."""
    known = {}

    def of(ask):
        if ask not in known:
            known[ask] = ask(Serial())
        return known[ask]

    return of


@pytest.mark.parametrize("make", HERE)
def test_scores_are_the_same_by_threads(make):
    conditions = Conditions(ss.tasks.narma10(), "mask", "search", Hyperparameters())
    wirings = [Topology(ss.reservoir.erdos_renyi(20, 0.2, seed=seed).W) for seed in range(12)]
    seeds = [(0, number) for number in range(3)]
    here = score(wirings, conditions, seeds, Serial()).tolist()
    with make() as pool, working(pool) as workforce:
        assert score(wirings, conditions, seeds, workforce).tolist() == here


@pytest.mark.slow
@pytest.mark.parametrize("make", ALL)
def test_an_evolution_is_the_same_by_any_executor(make, expected):
    with make() as pool:
        assert evolved(pool) == expected(evolved)
        assert pool.submit(abs, -3).result() == 3  # still open


@pytest.mark.slow
@pytest.mark.parametrize("make", ALL)
def test_a_study_is_the_same_by_any_executor(make, expected):
    with make() as pool:
        assert studied(pool) == expected(studied)


@pytest.mark.slow
@pytest.mark.parametrize("make", ALL)
def test_a_verdict_is_the_same_by_any_executor(make, expected):
    with make() as pool:
        assert judged(pool) == expected(judged)


def test_workers_are_asked_for_or_told():
    with ThreadPoolExecutor(3) as pool, working(pool) as asked, working(pool, 7) as told:
        assert (asked.workers, told.workers) == (3, 7)
    with working(Inline()) as one:
        assert one.workers == 1
    with Processes(2) as own, working(own) as same:
        assert same is own


def test_threads_run_blas_on_one_thread_and_give_it_back():
    before = functions.threads(0)
    with ThreadPoolExecutor(4) as pool, working(pool) as workforce:
        found = workforce.map(functions.threads, range(40))
    assert all(one and set(one) == {1} for one in found)
    assert functions.threads(0) == before


def test_what_a_task_raises_arrives_and_the_executor_lives_on():
    with ThreadPoolExecutor(2) as pool, working(pool) as workforce:
        with pytest.raises(KeyError, match="task 2"):
            workforce.map(functions.complain, range(5))
        assert workforce.map(functions.square, range(5)) == [0, 1, 4, 9, 16]


def test_dead_workers_of_the_callers_are_one_line_that_says_how_to_go_on():
    with ProcessPoolExecutor(2) as pool, working(pool) as workforce, pytest.raises(LostWorkersError) as refusal:
        workforce.map(functions.die, range(4))
    assert str(refusal.value) == (
        "Workers of the ProcessPoolExecutor died, perhaps for lack of memory; make a new one and resume the run: no "
        "finished generation is lost."
    )


def test_an_executor_that_was_shut_down_is_refused():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with (
        working(pool) as workforce,
        pytest.raises(LostWorkersError, match=r"ThreadPoolExecutor takes no work .*resume"),
    ):
        workforce.map(functions.square, [1])


def test_work_that_cannot_travel_is_refused_in_one_sentence():
    with ProcessPoolExecutor(1) as pool, working(pool) as workforce:
        for function, task in ((functions.square, threading.Lock()), (lambda _: os.getpid(), 1)):
            with pytest.raises(StatescapeError, match="cannot travel to worker processes") as refusal:
                workforce.map(function, [task])
            assert "\n" not in str(refusal.value)


@pytest.mark.slow
def test_a_run_whose_workers_died_goes_on_with_others(tmp_path, expected):
    settings = {"units": 12, "generations": 4, "compare": False, "tune": False, "seed": 3}

    def kill(_):
        for process in list(pool._processes.values()):
            process.kill()

    with ProcessPoolExecutor(2) as pool, pytest.raises(LostWorkersError, match="resume the run"):
        ss.evolve("narma10", **settings, run=tmp_path / "a.run", executor=pool, callbacks=[kill])
    with ThreadPoolExecutor(2) as pool:
        found = ss.resume(tmp_path / "a.run", executor=pool)
    assert json.dumps(without_time(found.as_json())) == expected(evolved)
