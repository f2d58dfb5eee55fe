"""Runs on arrays and on tasks of somebody else's: they go through, and go on only with what they began with."""

import numpy as np
import pandas as pd
import pytest

from statescape.errors import StatescapeError
from statescape.evolution import evolve, resume
from statescape.evolution.run import search_only
from statescape.evolution.settings import Limits, Settings
from statescape.evolution.source import open_task, reopen_task
from statescape.runs import Serial
from tests.reservoir.tasks.test_opening import Moody

SERIES = np.sin(0.4 * np.arange(400.0)) + np.random.default_rng(1).normal(0, 0.1, 400)
FRAME = pd.DataFrame({"u": np.cos(np.arange(400.0)), "y": SERIES})


def _interrupt(_):
    raise KeyboardInterrupt


def _begin(run):
    """A run on a frame that is interrupted after its first generation."""
    options = {"target": "y", "window": 120}
    small = {"units": 6, "generations": 2, "compare": False, "tune": False, "executor": Serial()}
    with pytest.raises(KeyboardInterrupt):
        evolve(FRAME, task_options=options, run=run, callbacks=[_interrupt], **small)


def test_a_run_on_a_frame_goes_on_with_that_frame_only(tmp_path):
    _begin(tmp_path / "frame.run")
    with pytest.raises(StatescapeError, match="made in Python; resume it there"):
        resume(tmp_path / "frame.run", executor=Serial())
    with pytest.raises(StatescapeError, match="began with other data"):
        resume(tmp_path / "frame.run", task=FRAME.assign(y=SERIES[::-1]), executor=Serial())
    with pytest.raises(KeyboardInterrupt):  # it does go on
        resume(tmp_path / "frame.run", task=FRAME, executor=Serial(), callbacks=[_interrupt])


@pytest.mark.slow
def test_what_is_found_on_a_frame_says_what_it_was(tmp_path):
    _begin(tmp_path / "frame.run")
    data = resume(tmp_path / "frame.run", task=FRAME, executor=Serial()).as_json()["data"]
    assert (data["targets"], data["inputs"], data["rows"], data["window"]) == (["y"], ["y"], 400, 120)
    assert data["sealed_windows"] == {"part": "seal", "possible": 80, "left_out": 0}


def _search(task, seed=0):
    settings = Settings({"object": task.name}, units=6, seed=seed, trials=8, limits=Limits(generations=8))
    return search_only(settings, task, Serial())


def test_a_flat_stretch_never_stops_a_search():
    """Before, one in some generations drew a window of it, stopped, and stopped there again when resumed."""
    series = SERIES.copy()
    series[60:150] = series[260:350] = 0.5
    task, _ = open_task(series, {"window": 100})
    assert 0 < task.understood("search")["windows"]["left_out"] < 100
    for seed in range(2):
        assert all(np.isfinite(line.median) for line in _search(task, seed).history)


def test_a_task_that_fails_in_some_draws_never_stops_a_search():
    assert all(np.isfinite(line.median) for line in _search(Moody()).history)


def test_sources_that_earlier_versions_wrote_are_read(tmp_path):
    file = tmp_path / "two.csv"
    FRAME.to_csv(file, index=False)
    _, now = open_task(file, {"inputs": ("u",), "target": "y", "horizon": 2, "split": 0.6, "window": 90})
    before = {
        "file": now["file"],
        "options": {"inputs": ["u"], "target": "y", "horizon": 2, "split": 0.6, "window": 90},
        "sha256": now["sha256"],
    }
    task = reopen_task(before)
    assert (task.columns, task.horizon, task.split, task.window) == (("u", "y"), 2, 0.6, 90)
    assert reopen_task({"name": "narma10"}).name == "narma10"
    with pytest.raises(StatescapeError, match="'mine', was made in Python"):
        reopen_task({"object": "mine"})
