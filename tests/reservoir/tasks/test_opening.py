"""One door for all that is a task: names, files, arrays, frames, pairs, objects; and draws that cannot be scored."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from statescape.errors import StatescapeError
from statescape.evolution import evolve
from statescape.reservoir import tasks
from statescape.reservoir.tasks import Trial, usable_trial
from statescape.studies.esn_trials import esn

WAVE = np.sin(0.3 * np.arange(300.0)) + np.random.default_rng(0).normal(0, 0.1, 300)
FRAME = pd.DataFrame({"drive": np.cos(np.arange(300.0)), "wave": WAVE})


def test_one_series_is_the_same_task_however_it_comes(tmp_path):
    file = tmp_path / "wave.csv"
    pd.DataFrame({"wave": WAVE}).to_csv(file, index=False)
    np.save(tmp_path / "wave.npy", WAVE)
    given = (
        WAVE, WAVE[:, None], WAVE.tolist(), pd.Series(WAVE), FRAME[["wave"]], str(file), file, tmp_path / "wave.npy"
    )  # fmt: skip
    first = tasks.open(WAVE).trial(3)
    for one in given:
        task = tasks.open(one)
        assert (task.horizon, task.n_inputs, task.n_outputs) == (1, 1, 1)
        np.testing.assert_array_equal(task.trial(3).inputs, first.inputs)
        np.testing.assert_array_equal(task.trial(3).targets, first.targets)


def test_columns_are_chosen_by_name_or_number():
    by_name = tasks.open(FRAME, target="wave", inputs="drive", horizon=2)
    by_number = tasks.open(FRAME.to_numpy(), target=2, inputs=[1], horizon=2)
    assert by_name.columns == ("drive", "wave")
    assert by_number.columns == ("1", "2")
    np.testing.assert_array_equal(by_name.trial(0).targets, by_number.trial(0).targets)
    with pytest.raises(StatescapeError, match=re.escape("name the target (target=...): 1, 2")):
        tasks.open(FRAME.to_numpy())


def test_a_pair_is_what_goes_in_and_what_comes_out_at_the_same_row():
    trial = tasks.open((FRAME["drive"], WAVE)).trial(0, "whole")
    assert trial.horizon == 0
    assert trial.persistence_score() is None
    start = next(s for s in range(300) if np.corrcoef(WAVE[s : s + 50], trial.targets[:50, 0])[0, 1] > 1 - 1e-9)
    assert np.corrcoef(FRAME["drive"][start : start + 50], trial.inputs[:50, 0])[0, 1] == pytest.approx(1)


def test_names_and_tasks_pass():
    task = tasks.henon()
    assert tasks.open(task) is task
    assert tasks.open(" Narma10").name == "narma10"


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (None, {}, "A task is a name, a file, an array"),
        (7, {}, "got int"),
        (object(), {}, "got object"),
        ("", {}, "The task is empty"),
        ("x" * 5000, {}, "There is no task"),
        ("a\0b.csv", {}, "cannot be read"),
        (WAVE * 1j, {}, "complex"),
        (np.append(WAVE, np.nan), {}, "row 300 (from 0), column '1': the value is missing (NaN)"),
        (np.append(WAVE, np.inf), {}, "inf is not a finite number"),
        (np.zeros((3, 4, 5)), {}, "got shape (3, 4, 5)"),
        (WAVE[None], {}, "the array has 1 rows of data"),
        (["a", "b"], {}, "must be numbers"),
        (FRAME, {"target": "x"}, "the DataFrame has no column 'x'; its columns are: drive, wave"),
        (pd.concat([FRAME, FRAME], axis=1), {"target": "wave"}, "names a column twice"),
        (FRAME.assign(wave=[*WAVE[:-1], None]), {"target": "wave"}, "row 299 (from 0), column 'wave'"),
        (FRAME.set_index(pd.date_range("2020", periods=300)[::-1]), {"target": "wave"}, "the index runs backwards"),
        (WAVE, {"target": 1.5}, "by its name or number"),
        (
            WAVE,
            {"windows": 1},
            "There is no option of a task 'windows'. Did you mean window? Known are: inputs, target,",
        ),
        ((WAVE, WAVE[1:]), {}, "300 inputs for 299 targets"),
        ("narma10", {"inputs": "x"}, "inputs=... is for files and arrays; narma10 fixes its own"),
    ],
    ids=lambda given: type(given).__name__ if not isinstance(given, str) else given[:40].replace("\0", "0"),
)
def test_what_is_no_task_is_refused_in_one_sentence(given, options, words):
    with pytest.raises(StatescapeError, match=re.escape(words)) as refusal:
        tasks.open(given, **options)
    assert "\n" not in str(refusal.value)


def test_options_of_a_task_are_a_mapping():
    with pytest.raises(StatescapeError, match="takes task_options as a mapping or None"):
        evolve(WAVE, task_options="target")


@dataclass(frozen=True)
class Moody:
    """A task of somebody else's: of its draws, each fails with this probability, in one of three ways."""

    failing: float = 0.5
    name: str = "moody"
    n_inputs: int = 1
    n_outputs: int = 1
    score_name: str = "NRMSE"

    def trial(self, seed, part="search"):  # noqa: ARG002 - the signature of a task
        rng = np.random.default_rng(seed)
        series = rng.normal(size=(60, 1))
        fails, way = rng.random() < self.failing, rng.integers(3)
        if fails and way == 0:
            raise ZeroDivisionError("bad luck")
        if fails:
            series[40:] = np.nan if way == 1 else 0.0
        return Trial(series, series, 40, 5)


def test_a_draw_that_cannot_be_scored_is_drawn_again_and_always_alike():
    trials = [usable_trial(Moody(), seed, "search") for seed in range(40)]
    assert all(np.isfinite(one.targets).all() and one.test_targets.std() > 0 for one in trials)
    for seed, one in enumerate(trials):
        np.testing.assert_array_equal(usable_trial(Moody(), seed, "search").inputs, one.inputs)
    assert len({one.inputs.tobytes() for one in trials}) == 40
    kept = [seed for seed in range(40) if np.array_equal(_plain(seed), trials[seed].inputs)]
    assert 10 < len(kept) < 35  # where the seed itself gives a trial, it is that


def _plain(seed):
    try:
        return Moody().trial(seed).inputs
    except ZeroDivisionError:
        return None


def test_a_task_that_never_draws_is_refused_in_one_sentence():
    with pytest.raises(StatescapeError, match=r"The task 'moody' (drew no trial|draws trials that)"):
        usable_trial(Moody(failing=1.0), 0, "search")


DATES = pd.date_range("2020", periods=300)
ORDER = (
    "put the rows in time order (sort_index()), or drop the index where their order is meant (reset_index(drop=True))."
)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (FRAME.sample(frac=1, random_state=0), "the DataFrame: the index goes back at row 1 (from 0); "),
        (FRAME[::-1], "the DataFrame: the index runs backwards; "),
        (FRAME.set_index(np.arange(300)[::-1]), "the DataFrame: the index runs backwards; "),
        (pd.concat([FRAME, FRAME]), "the DataFrame: the index goes back at row 300 (from 0); "),
        (
            FRAME.set_index(DATES).sample(frac=1, random_state=0),
            "the DataFrame: the index goes back at row ",
        ),
        (FRAME.set_index(DATES.astype(str))[::-1], "the DataFrame: the index runs backwards; "),
        (FRAME.set_index([DATES.year, DATES.month])[::-1], "the DataFrame: the index runs backwards; "),
        (FRAME.set_index(DATES - DATES[0])[::-1], "the DataFrame: the index runs backwards; "),
    ],
)
def test_a_frame_whose_index_does_not_increase_is_refused_with_the_ways_out(frame, words):
    for given in (frame, (frame.reset_index(drop=True), frame), (frame["drive"], frame["wave"])):
        with pytest.raises(StatescapeError, match=re.escape(ORDER)) as refusal:
            tasks.open(given, **({} if isinstance(given, tuple) else {"target": "wave"}))
        if given is frame:
            assert str(refusal.value).startswith(words)
    for call in (esn, evolve):
        with pytest.raises(StatescapeError, match=re.escape(ORDER)):
            call(frame, target="wave", units=8)
    given = tasks.open(frame.reset_index(drop=True), target="wave")
    np.testing.assert_array_equal(given.targets[:, 0], frame["wave"])
    assert tasks.open(frame.sort_index(), target="wave").targets.shape == (len(frame), 1)


def test_an_index_in_order_or_without_one_is_taken_and_its_gaps_are_told():
    for index in (np.arange(5, 305), DATES, DATES.astype(str), [f"row {row}" for row in range(300)]):
        assert tasks.open(FRAME.set_index(pd.Index(index)), target="wave").notes == ()
    told = ("the index has 1 gap among 296 steps, first before row 5 (from 0) (4 times the usual step)",)
    for frame in (FRAME, FRAME.set_index(DATES), FRAME.set_index(DATES.astype(str))):
        assert tasks.open(frame.drop(index=frame.index[5:8]), target="wave").notes == told
    pair = FRAME.set_index(DATES).drop(index=DATES[5:8])
    assert tasks.open((pair["drive"], pair["wave"])).notes == told


def test_blank_cells_of_a_table_of_sequences_name_the_way_to_read_them(tmp_path):
    frame = pd.DataFrame({"year": 2020, "seq": np.repeat(list("abc"), 100), "wave": WAVE, "label": ""})
    frame.loc[[99, 199, 299], "label"] = ["up", "down", "up"]
    hint = " Where the rows are sequences that 'seq' names, say so (sequence='seq')."
    empty = "column 'label': the cell is empty; fill the gap or drop the row."
    frame.to_csv(tmp_path / "seq.csv", index=False)
    for given, where in ((frame, "the DataFrame, row 0 (from 0)"), (tmp_path / "seq.csv", "seq.csv, line 2")):
        with pytest.raises(StatescapeError) as refusal:
            tasks.open(given, target="label")
        assert str(refusal.value) == f"{where}, {empty}{hint}"
    with pytest.raises(StatescapeError) as refusal:
        tasks.open(frame.drop(columns="seq"), target="label")
    assert str(refusal.value) == f"the DataFrame, row 0 (from 0), {empty}"
