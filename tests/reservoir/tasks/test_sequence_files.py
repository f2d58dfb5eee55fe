"""Sequences out of tables and folders: what is answered where, how they are divided and scaled, what is refused."""

import re

import numpy as np
import pandas as pd
import pytest

from statescape.errors import StatescapeError
from statescape.evolution.source import open_task, reopen_task
from statescape.reservoir import tasks
from statescape.studies.esn_trials import esn


def waves(count=24, seed=0):
    """Sequences of differing lengths whose class is their frequency, told at the last row."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(count):
        kind, steps = number % 3, int(rng.integers(20, 30))
        x = np.sin((0.3 + 0.5 * kind) * np.arange(steps) + rng.uniform(0, 6))
        labels = [""] * (steps - 1) + [("slow", "middle", "fast")[kind]]
        rows.append(pd.DataFrame({"id": f"s{number}", "x": x, "noise": rng.normal(size=steps), "kind": labels}))
    return pd.concat(rows, ignore_index=True)


def test_classes_are_read_where_they_are_told():
    task = tasks.open(waves(), sequence="id", target="kind")
    assert (task.input_names, task.classes, task.score_name) == (
        ("x", "noise"),
        ("fast", "middle", "slow"),
        "error rate",
    )
    trial = task.trial(1, "whole")
    assert [len(part.inputs) for part in (trial.train, trial.valid, trial.test)] == [13, 4, 7]
    assert (trial.train.answered.sum(axis=1) == 1).all()
    assert (trial.train.answers.sum(axis=1) == 1).all()
    lengths = {len(one) for one in task.inputs}
    assert {int(row.argmax()) + 1 for row in trial.test.answered} <= lengths
    told = tasks.open(waves(60), sequence="id", target="kind", inputs="x")
    result = esn(told, trials=4, units=60, input_scaling=1.0, lr=0.3)
    assert result.score.mean < 0.05 < 0.5 < result.persistence.mean


def test_several_numbers_are_several_outputs_and_empty_cells_no_answers():
    table = waves().assign(later=lambda one: one["x"].shift(1), twice=lambda one: 2 * one["x"].shift(2))
    table.loc[table["id"] != table["id"].shift(2), ["later", "twice"]] = np.nan  # the first two rows of a sequence
    task = tasks.open(table.drop(columns="kind"), sequence="id", target=["later", "twice"], inputs=["x"])
    assert (task.n_inputs, task.n_outputs, task.score_name) == (1, 2, "mean squared error")
    trial = task.trial(0, "whole")
    assert not trial.train.answered[:, :2].any()
    assert trial.train.answered[:, 2:20].all()
    np.testing.assert_allclose(trial.train.answers[0], trial.train.inputs[0, [1, 0]].T.ravel(), atol=0.2)
    together = np.concatenate([trial.train.answers])
    assert together.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert together.std(axis=0) == pytest.approx([1, 1])
    result = esn(task, trials=2, units=30)
    assert result.score.mean < 0.01 < 0.5 < result.persistence.mean


def test_searches_and_seals_see_other_sequences():
    task = tasks.open(waves(), sequence="id", target="kind")
    low, high = (
        {round(float(row[0, 1]), 9) for seed in range(5) for row in _raw(task, seed, part)}
        for part in ("search", "seal")
    )
    firsts = [round(float(one[0, 1]), 9) for one in task.inputs]
    assert low <= set(firsts[:12])
    assert high <= set(firsts[12:])
    one, again = task.trial(7), task.trial(np.random.SeedSequence(7))
    assert one.test.inputs.tobytes() == again.test.inputs.tobytes()


def _raw(task, seed, part):
    """The test sequences of a trial with their scale taken off."""
    trial, members = task.trial(seed, part), task._members(part)
    order = np.random.default_rng(seed).permutation(members)
    trained, choosing = task._sizes(part)
    train = np.concatenate([task.inputs[place] for place in order[: trained - choosing]])
    return trial.test.inputs * train.std(axis=0) + train.mean(axis=0)


def folder_of(tmp_path, nested):
    for name, table in waves().groupby("id", sort=False):
        kind = table["kind"].iloc[-1]
        where = tmp_path / "waves" / (kind if nested else "")
        where.mkdir(parents=True, exist_ok=True)
        columns = ["x", "noise"] if nested else ["x", "noise", "kind"]
        table[columns].to_csv(where / f"{name}.csv", index=False)
    return tmp_path / "waves"


@pytest.mark.parametrize("nested", [False, True])
def test_a_folder_holds_a_table_for_each_sequence(tmp_path, nested):
    folder = folder_of(tmp_path, nested)
    task = tasks.open(folder, **({} if nested else {"target": "kind"}))
    alike = tasks.open(waves(), sequence="id", target="kind")
    assert (task.classes, task.input_names, len(task.inputs)) == (alike.classes, alike.input_names, 24)

    def ends(one):
        return sorted((len(x), *np.round(x[-1], 9), *y[-1]) for x, y in zip(one.inputs, one.targets, strict=True))

    np.testing.assert_allclose(ends(task), ends(alike))


def test_a_run_knows_its_folder_again(tmp_path):
    folder = folder_of(tmp_path, nested=True)
    task, source = open_task(folder)
    assert reopen_task(source).digest == task.digest
    (folder / "fast" / "s2.csv").write_text("x,noise\n" + "0.1,0.2\n0.3,0.1\n0.2,0.5\n")
    with pytest.raises(StatescapeError, match="has changed since the run began"):
        reopen_task(source)
    table, source = open_task(waves(), {"sequence": "id", "target": "kind"})
    assert reopen_task(source, waves()).digest == table.digest


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda one: one, {"sequence": "i", "target": "kind"}, "has no column 'i'; its columns are: id, x"),
        (lambda one: one, {"sequence": "id", "target": "kin"}, "has no column 'kin'"),
        (lambda one: one, {"sequence": "id"}, "name the target; its columns are"),
        (lambda one: one, {"sequence": "id", "target": "x", "inputs": "x"}, "'x' is named for two things"),
        (lambda one: one, {"sequence": "id", "target": ["kind", "x"]}, "a class is one column; got kind, x"),
        (lambda one: one, {"sequence": "id", "target": "kind", "horizon": 1}, "horizon=... is for one series"),
        (lambda one: one, {"target": "kind", "classes": True}, "name the column that tells them apart (sequence=...)"),
        (lambda one: one, {"sequence": "id", "target": "kind", "split": 1.0}, "between 0 and 1; got 1.0"),
        (
            lambda one: one.iloc[::-1].sample(frac=1, random_state=0),
            {"sequence": "id", "target": "kind"},
            "sort them by it",
        ),
        (
            lambda one: one[one["id"].isin(["s0", "s1", "s2"])],
            {"sequence": "id", "target": "kind"},
            "holds 3 sequences; 8",
        ),
        (
            lambda one: one.assign(kind=one["kind"].where(one["id"] != "s4", "")),
            {"sequence": "id", "target": "kind"},
            "Sequence 5 of series has no answer",
        ),
        (lambda one: one.assign(kind="a"), {"sequence": "id", "target": "kind"}, "'kind' holds 1 classes"),
        (lambda one: one.assign(x=1.0), {"sequence": "id", "target": "kind"}, "Column 'x' is constant"),
        (
            lambda one: one.assign(y=one["x"], z=one["x"].where(one.index != 5)).drop(columns="kind"),
            {"sequence": "id", "target": ["y", "z"], "inputs": "x"},
            "row 6 has some of its targets only",
        ),
    ],
)
def test_what_makes_no_sequences_is_refused_in_one_sentence(change, options, words):
    with pytest.raises(StatescapeError, match=re.escape(words)):
        tasks.open(change(waves()), **options)


def test_folders_that_make_no_sequences_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(StatescapeError, match="holds no Japanese vowels"):
        tasks.open(tmp_path / "empty")
    folder = folder_of(tmp_path, nested=True)
    with pytest.raises(StatescapeError, match="the subfolders are the classes; leave the target out"):
        tasks.open(folder, target="x")
    with pytest.raises(StatescapeError, match="every table is a sequence; leave the sequence out"):
        tasks.open(folder, sequence="x")
    (folder / "fast" / "s2.csv").write_text("x,other\n0.1,0.2\n0.3,0.1\n")
    with pytest.raises(StatescapeError, match=r"s2\.csv has other columns than"):
        tasks.open(folder)


def test_rows_of_a_sequence_that_were_shuffled_within_it_are_refused():
    """As `sort_values("id")` leaves them after a shuffle; sequences themselves come in any order."""
    table = waves()
    shuffled = table.sample(frac=1, random_state=0).sort_values("id")
    with pytest.raises(StatescapeError, match=r"the index goes back at row \d+ .*sort_index\(\)"):
        tasks.open(shuffled, sequence="id", target="kind")
    other_order = table.sort_values("id", ascending=False, kind="stable")
    assert tasks.open(other_order, sequence="id", target="kind").classes == ("fast", "middle", "slow")
