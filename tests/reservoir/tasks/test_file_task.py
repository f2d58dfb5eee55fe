"""Series from files: time order, nothing known of the test part, and refusals that name column and line."""

import re

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.reservoir import tasks
from tests.material import material


def _write(folder, rows, header="a,b"):
    path = folder / "series.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def ramp(tmp_path):
    """600 rows: a counts them, b is their square."""
    return _write(tmp_path, [f"{i},{i * i}" for i in range(600)])


def test_target_lies_the_horizon_ahead_and_order_is_kept(ramp):
    task = tasks.open(ramp, inputs="a", target="a", horizon=7)
    trial = task.trial(0, "whole")
    step = np.diff(trial.inputs[:, 0])
    assert (step > 0).all()
    spread = np.arange(trial.train_steps).std()  # rows of the window, in deviations of its training part
    np.testing.assert_allclose(step, 1 / spread)
    # Inputs and targets are both centred on their own training mean, and so count the same number at the same step.
    np.testing.assert_allclose(trial.targets, trial.inputs, atol=1e-9)
    with_square = tasks.open(ramp, inputs=["a"], target="b", horizon=3).trial(0, "whole")
    assert with_square.inputs.shape == with_square.targets.shape


def test_standardised_on_the_training_part_only(ramp):
    trial = tasks.open(ramp, target="b").trial(1)
    for part in (trial.train_inputs, trial.train_targets):
        assert part.mean() == pytest.approx(0, abs=1e-9)
        assert part.std() == pytest.approx(1)
    assert trial.test_targets.mean() > 1  # what comes later is larger, and was not known


def test_a_changed_test_part_changes_nothing_of_the_training_part(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(size=400).round(6)
    before = tasks.open(_write(tmp_path, [f"{v}" for v in values], "x"), horizon=2).trial(3, "whole")
    # Find where the window lies: its first training input, undone.
    task = tasks.open(tmp_path / "series.csv", horizon=2)
    window = len(before.inputs)
    scores = [
        np.abs((values[s : s + before.train_steps] - values[s : s + before.train_steps].mean())
        / values[s : s + before.train_steps].std() - before.train_inputs[:, 0]).max()
        for s in range(400 - window - 1)
    ]  # fmt: skip
    start = int(np.argmin(scores))
    assert scores[start] < 1e-9
    values[start + before.train_steps + 2 :] *= 50
    after = tasks.open(_write(tmp_path, [f"{v}" for v in values], "x"), horizon=2).trial(3, "whole")
    np.testing.assert_array_equal(before.train_inputs, after.train_inputs)
    np.testing.assert_array_equal(before.train_targets, after.train_targets)
    assert not np.allclose(before.test_targets, after.test_targets)
    assert task.n_inputs == 1


def test_search_and_seal_read_different_halves(tmp_path):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=300), rng.normal(size=300)
    both = tasks.open(_write(tmp_path, [f"{v}" for v in [*first, *second]], "x"))
    other = tasks.open(_write(tmp_path, [f"{v}" for v in [*first, *rng.normal(size=300)]], "x"))
    for seed in range(20):
        search, same = both.trial(seed, "search"), other.trial(seed, "search")
        np.testing.assert_array_equal(search.inputs, same.inputs)  # whatever the second half holds
        np.testing.assert_array_equal(search.targets, same.targets)
        assert not np.array_equal(both.trial(seed, "seal").inputs, other.trial(seed, "seal").inputs)


def test_the_only_column_of_numbers_is_the_target(tmp_path):
    path = _write(tmp_path, [f"day {i},{np.sin(i)}" for i in range(200)], '"Date","Temp"')
    assert tasks.open(path).columns == ("Temp", "Temp")


def test_semicolons_and_tabs_separate_too(tmp_path):
    for mark in ";\t":
        path = _write(tmp_path, [f"{i}{mark}{np.sin(i)}" for i in range(200)], f"a{mark}b")
        assert tasks.open(path, target="b").columns == ("b", "b")


GOOD = [f"{i},{np.sin(i):.4f}" for i in range(300)]


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([*GOOD[:40], "40,nan", *GOOD[41:]], {}, "series.csv, line 42, column 'b': 'nan' is not a finite number"),
        ([*GOOD[:40], "40,inf", *GOOD[41:]], {}, "line 42, column 'b': 'inf' is not a finite number"),
        ([*GOOD[:40], "40,tea", *GOOD[41:]], {}, "line 42, column 'b': 'tea' is no number"),
        ([*GOOD[:40], "40,", *GOOD[41:]], {}, "line 42, column 'b': the cell is empty"),
        ([*GOOD[:40], "40", *GOOD[41:]], {}, "line 42: 1 cells where the header has 2"),
        ([*GOOD[:40], "", *GOOD[41:]], {}, "line 42: the row is empty; fill the gap"),
        ([f"{i},7" for i in range(300)], {}, "Column 'b' is constant (7) in all 300 rows"),
        (GOOD[:1], {}, "has 1 rows of data"),
        ([], {}, "has 0 rows of data"),
        (
            GOOD[:30],
            {},
            "give a trial of 13 training steps (1 of them warmup) and 6 test steps; 10 of each must remain",
        ),
        (GOOD, {"target": "c"}, "has no column 'c'; its columns are: a, b."),
        (GOOD, {"inputs": ["a", "x"]}, "has no column 'x'"),
        (GOOD, {"inputs": ["a", "a"]}, "named twice"),
        (GOOD, {"target": None}, "several columns of numbers; name the target (target=...): a, b"),
        (GOOD, {"horizon": 0}, "asks for what is given"),
        (GOOD, {"horizon": -1}, "asks for what is given"),
        (
            GOOD,
            {"horizon": 290},
            "a horizon of 290 rows leaves 10 of the 300 rows of the whole part;",
        ),
        (
            GOOD,
            {"horizon": 700},
            "a horizon of 700 rows leaves 0 of the 300 rows of the whole part;",
        ),
        (GOOD, {"horizon": 270}, "use a longer file or change horizon, window, split or warmup"),
        (GOOD, {"split": 1.5}, "between 0 and 1; got 1.5"),
        (GOOD, {"window": 500}, "a window of 500 rows"),
        (GOOD, {"warmup": 5000}, "10 of each must remain"),
        (GOOD, {"warmup": -1}, "0 or more; got -1"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(tmp_path, rows, options, words):
    path = _write(tmp_path, rows)
    with pytest.raises(StatescapeError) as refusal:
        tasks.open(path, **{"target": "b", **options})
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1 is empty"),
        (b"1,2\n3,4\n", "line 1 holds numbers"),
        (b"a,a\n3,4\n5,6\n", "names a column twice"),
        (b"x\xff\xfe\n", "cannot be read as UTF-8"),
        (b'a,b\n"3,4\n', "no well-formed CSV"),
    ],
)
def test_files_that_are_no_table_are_refused(tmp_path, content, words):
    path = tmp_path / "series.csv"
    path.write_bytes(content)
    with pytest.raises(StatescapeError, match=words):
        tasks.open(path, target="a")


def test_too_few_windows_that_vary_are_refused_with_their_number(tmp_path):
    rows = [f"{0 if i < 245 else i}" for i in range(300)]
    task = tasks.open(_write(tmp_path, rows, "x"), window=100)
    with pytest.raises(StatescapeError, match=r"'x' is constant .* of all but 0 of the 50 windows of 100 rows"):
        task.trial(0, "search")
    # A window from row s on trains on the inputs of rows s to s + 69: they move from s = 176 on.
    assert task.understood("whole")["windows"] == {"part": "whole", "possible": 200, "left_out": 176}


@pytest.mark.parametrize("horizon", [0, 1, 3])
def test_windows_where_a_column_stands_still_are_never_drawn(tmp_path, horizon):
    """Against a search by hand through every window, of an input and two targets that rest at different times."""
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(240, 3)).round(4)
    columns[20:80, 0], columns[100:150, 1], columns[170:200, 2] = 1.5, -2.0, 0.25
    path = _write(tmp_path, [",".join(map(str, row)) for row in columns], "u,y,z")
    task = tasks.open(path, inputs="u", target=["y", "z"], window=60, horizon=horizon)

    def usable(start):
        due = columns[start + horizon : start + horizon + 60, 1:]
        parts = columns[start : start + 42, 0], due[:42, 0], due[:42, 1], due[42:, 0], due[42:, 1]
        return all(len(set(part)) > 1 for part in parts)

    for part, first, last in (("whole", 0, 240), ("search", 0, 120), ("seal", 120, 240)):
        right = [start for start in range(first, last - 60 - horizon + 1) if usable(start)]
        assert list(task.places(part)) == right
        assert 0 < len(right) < last - first - 60
        drawn = [task.trial(seed, part) for seed in range(200)]
        assert all(np.isfinite(one.inputs).all() and np.isfinite(one.targets).all() for one in drawn)
        assert all(np.isfinite(one.score(np.zeros_like(one.test_targets))) for one in drawn)


def test_where_every_window_varies_draws_are_the_plain_ones(ramp):
    """Bit for bit what one uniform draw of the first row gives, so that runs of before go on."""
    task = tasks.open(ramp, target="b", window=100)
    columns = np.arange(600.0) ** 2
    for seed in range(20):
        start = int(np.random.default_rng(seed).integers(300, 600 - 100 - 1 + 1))
        window = columns[start : start + 100]
        due = columns[start + 1 : start + 101]
        trial = task.trial(seed, "seal")
        np.testing.assert_array_equal(trial.inputs[:, 0], (window - window[:70].mean()) / window[:70].std())
        np.testing.assert_array_equal(trial.targets[:, 0], (due - due[:70].mean()) / due[:70].std())
    assert task.understood("seal")["windows"]["left_out"] == 0


def test_several_targets_are_several_outputs_scored_together(tmp_path):
    rows = [f"{np.sin(i):.5f},{np.cos(i / 2):.5f}" for i in range(300)]
    task = tasks.open(_write(tmp_path, rows), target=["b", "a"], inputs="a")
    trial = task.trial(0, "whole")
    assert (task.n_inputs, task.n_outputs, trial.targets.shape[1]) == (1, 2, 2)
    said = np.zeros_like(trial.test_targets)
    each = [np.mean(due**2) / due.var() for due in trial.test_targets.T]
    assert trial.score(said) == pytest.approx(np.sqrt(np.mean(each)))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("{}e200", "from -1e+200 to 1e+200, too large or too fine"),
        ("{}e-300", "too large or too fine"),
        ("{}e999", "is not a finite number"),
    ],
)
def test_sizes_beyond_arithmetic_are_one_sentence_and_no_warning(tmp_path, recwarn, values, words):
    path = _write(tmp_path, [values.format(i % 3 - 1) for i in range(200)], "x")
    with pytest.raises(StatescapeError, match=re.escape(words)):
        tasks.open(path)
    assert not recwarn.list


@pytest.mark.parametrize("size", ["1e-49", "1e49"])
def test_sizes_within_arithmetic_are_scored_without_a_warning(tmp_path, recwarn, size):
    rows = [f"{np.sin(i):.4f}{size[1:]}" for i in range(200)]
    trial = tasks.open(_write(tmp_path, rows, "x")).trial(0)
    assert trial.persistence_score() == pytest.approx(2 * np.sin(0.5), rel=0.1)
    assert not recwarn.list


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(StatescapeError, match="There is no file"):
        tasks.open(tmp_path / "no.csv")
    with pytest.raises(StatescapeError, match="holds no Japanese vowels"):
        tasks.open(tmp_path)
    with pytest.raises(StatescapeError, match="holds no Japanese vowels"):
        tasks.japanese_vowels(tmp_path)


def test_japanese_vowels_as_documented(tmp_path):
    vowels = tasks.japanese_vowels(material("series/japanese_vowels_train.csv").parent)
    trial = vowels.trial(0, "whole")
    assert [int(n) for n in np.bincount(trial.train_labels)] == [30] * 9
    assert [int(n) for n in np.bincount(trial.test_labels)] == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert trial.persistence_score() == pytest.approx(1 - 31 / 370)
    assert {len(series) for series in (*trial.train, *trial.test)} <= set(range(7, 30))
    # The same utterances in the original layout: one block each, an empty line between.
    for file, utterances in (("ae.train", vowels.train), ("ae.test", vowels.test)):
        blocks = ["\n".join(" ".join(f"{v:.6f}" for v in frame) for frame in frames) for frames in utterances]
        (tmp_path / file).write_text("\n\n".join(blocks) + "\n")
    original = tasks.japanese_vowels(tmp_path).trial(0, "whole")
    assert np.array_equal(original.train_labels, trial.train_labels)
    assert all(np.allclose(a, b) for a, b in zip(original.test, trial.test, strict=True))


def test_japanese_vowels_seal_never_shares_an_utterance_with_the_search():
    vowels = tasks.japanese_vowels(material("series/japanese_vowels_train.csv").parent)
    search, seal = vowels.trial(1, "search"), vowels.trial(1, "seal")
    read = {series.tobytes() for series in (*search.train, *search.test)}
    assert not read & {series.tobytes() for series in (*seal.train, *seal.test)}
    assert set(search.train_labels) == set(search.test_labels) == set(range(9))
