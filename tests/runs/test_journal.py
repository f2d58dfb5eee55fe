"""A run's file: whole after any kill, written by one process, and one sentence for whatever is wrong with it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from statescape.errors import StatescapeError
from statescape.runs import Journal, list_runs

PAIRS = "CREATE TABLE pairs (number INTEGER PRIMARY KEY, text TEXT NOT NULL);"
# Writes pairs of rows that belong together, for ever; each row is longer than a page.
WRITER = f"""
import sys
from statescape.runs import Journal
with Journal.create(sys.argv[1], "pairs", {{"a": 1}}, "{PAIRS}") as journal:
    for number in range(1_000_000):
        with journal.transaction() as database:
            database.execute("INSERT INTO pairs VALUES (?, ?)", (2 * number, "x" * 9000))
            journal.put("last", str(number).encode(), database)
            database.execute("INSERT INTO pairs VALUES (?, ?)", (2 * number + 1, "x" * 9000))
        print(number, flush=True)
"""


def _writer(path, until):
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if int(line) >= until:
            break
    return process


def _kill(process):
    os.kill(process.pid, signal.SIGKILL)
    said = process.stdout.read().split()  # what it wrote before it died
    process.wait()
    process.stdout.close()
    return said


@pytest.fixture
def run(tmp_path):
    """A finished run of some ten pages."""
    path = tmp_path / "one.run"
    with Journal.create(path, "pairs", {"a": [1, 2.5, "b"]}, PAIRS) as journal:
        with journal.transaction() as database:
            database.executemany("INSERT INTO pairs VALUES (?, ?)", [(i, "y" * 2000) for i in range(20)])
        journal.put("key", b"\x00\xff")
        journal.finish()
    return path


def _refused(opener, path, words):
    with pytest.raises(StatescapeError, match=words) as refusal:
        opener(path)
    text = str(refusal.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert path.name in text or path.parent.name in text


def test_what_was_written_is_there_and_one_file_remains(run):
    with Journal.read(run, kind="pairs") as journal:
        assert (journal.kind, journal.settings, journal.finished) == ("pairs", {"a": [1, 2.5, "b"]}, True)
        assert journal.get("key") == b"\x00\xff"
        assert journal.get("none") is None
        assert journal.rows("rows", tuple, "SELECT count(*) FROM pairs") == [(20,)]
        assert journal.created.endswith("+00:00")
    assert {file.name for file in run.parent.iterdir()} <= {"one.run", "one.run.lock"}


def _break_off(journal):
    with journal.transaction() as database:
        database.execute("DELETE FROM pairs")
        journal.put("half", b"1", database)
        raise KeyError


def test_a_transaction_that_fails_leaves_nothing(run):
    with Journal.open(run) as journal:
        with pytest.raises(KeyError):
            _break_off(journal)
        assert journal.get("half") is None
        assert journal.rows("rows", tuple, "SELECT count(*) FROM pairs") == [(20,)]
        with journal.transaction() as database:  # and the next one works
            journal.put("whole", b"1", database)
        assert journal.get("whole") == b"1"


def test_what_is_remembered_is_not_computed_again(run):
    calls = []
    with Journal.open(run) as journal:
        first = journal.remember("x", lambda: calls.append(1) or {"a": (1.0, 0.1 + 0.2)})
        again = journal.remember("x", lambda: calls.append(2))
    assert first == again == {"a": [1.0, 0.1 + 0.2]}
    assert calls == [1]


@pytest.mark.parametrize("until", [0, 3, 40])
def test_transactions_are_whole_or_not_at_all_after_a_kill(tmp_path, until):
    path = tmp_path / "killed.run"
    process = _writer(path, until)
    time.sleep(0.003 * until)
    said = _kill(process)
    reached = int(said[-1]) if said else until
    with Journal.open(path, kind="pairs") as journal:
        numbers = [number for (number,) in journal.rows("rows", tuple, "SELECT number FROM pairs ORDER BY number")]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) % 2 == 0
        assert int(journal.get("last")) == len(numbers) // 2 - 1
        # Everything that was reported as written is there, and at most one transaction more.
        assert len(numbers) // 2 - 1 in (reached, reached + 1)
        journal.put("after", b"1")
    assert {file.name for file in tmp_path.iterdir()} <= {"killed.run", "killed.run.lock"}


def test_one_process_writes_and_others_read_meanwhile(tmp_path):
    path = tmp_path / "live.run"
    process = _writer(path, 5)
    try:
        began = time.perf_counter()
        _refused(Journal.open, path, "Another process is writing .*; wait for it or stop it first")
        assert time.perf_counter() - began < 5
        counts = []
        for _ in range(5):
            with Journal.read(path, kind="pairs") as journal:
                ((count, last),) = journal.rows("rows", tuple, "SELECT count(*), (SELECT value FROM blobs) FROM pairs")
                assert count == 2 * (int(last) + 1)
                counts.append(count)
            process.stdout.readline()
        assert counts == sorted(counts)
        assert counts[0] >= 12
        (summary,) = list_runs(tmp_path)
        assert (summary.kind, summary.status, summary.settings) == ("pairs", "unfinished", {"a": 1})
    finally:
        _kill(process)
    with Journal.open(path):  # the lock died with its process
        pass


def test_all_that_one_look_reads_is_of_one_moment(run):
    with Journal.open(run) as writer, Journal.read(run) as reader:
        before = reader.rows("rows", tuple, "SELECT count(*) FROM pairs")
        with writer.transaction() as database:
            database.execute("INSERT INTO pairs VALUES (20, 'z')")
            writer.put("later", b"1", database)
        assert (reader.rows("rows", tuple, "SELECT count(*) FROM pairs"), reader.get("later")) == (before, None)
    with Journal.read(run) as reader:
        assert (reader.rows("rows", tuple, "SELECT count(*) FROM pairs"), reader.get("later")) == ([(21,)], b"1")


def test_a_journal_that_is_read_cannot_be_written(run):
    before = run.read_bytes()
    with Journal.read(run) as journal, pytest.raises(StatescapeError, match="read-only"):
        journal.put("key", b"2")
    assert run.read_bytes() == before


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.002, 0.1, 0.5, 0.9])
def test_a_truncated_run_is_refused_and_left_alone(run, share):
    whole = run.read_bytes()
    cut = whole[: int(len(whole) * share)]
    run.write_bytes(cut)
    _refused(Journal.open, run, "damaged or cut off|is no run")
    assert run.read_bytes() == cut
    run.write_bytes(whole)
    with Journal.open(run) as journal:
        assert journal.finished


def _foreign_database(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE meta (key TEXT, value TEXT)")
    database.close()


def _newer(path):
    with Journal.create(path, "pairs", {}) as journal, journal.transaction() as database:
        database.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "There is no run .*name a file that is there"),
        (lambda path: path.mkdir(), "is a folder; name the file of a run"),
        (lambda path: path.write_bytes(b""), "is no run that statescape wrote"),
        (lambda path: path.write_text("a,b\n1,2\n"), "is no run that statescape wrote"),
        (lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\x01" * 5000), "is no run|damaged"),
        (_foreign_database, "is no run that statescape wrote"),
        (_newer, r"newer statescape \(format 99\); update"),
    ],
)
@pytest.mark.parametrize("opener", [Journal.open, Journal.read])
def test_what_is_no_run_is_refused_and_left_alone(tmp_path, make, words, opener):
    path = tmp_path / "other.run"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    _refused(opener, path, words)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_run_of_another_kind_is_refused_and_may_be_opened_after(run):
    for opener in (Journal.open, Journal.read):
        _refused(lambda path, opener=opener: opener(path, kind="evolution"), run, "kind 'pairs', not 'evolution'")
    with Journal.open(run, kind="pairs"):
        pass


def test_nothing_is_written_over_and_no_folder_is_made(run, tmp_path):
    before = run.read_bytes()
    _refused(lambda path: Journal.create(path, "pairs", {}), run, "exists already; resume that run")
    assert run.read_bytes() == before
    _refused(lambda path: Journal.create(path, "pairs", {}), tmp_path / "no" / "a.run", "There is no folder")
    _refused(lambda path: Journal.create(path, "pairs", {}), tmp_path, "exists already")


def test_a_run_whose_beginning_fails_leaves_no_file(tmp_path):
    with pytest.raises(StatescapeError):
        Journal.create(tmp_path / "a.run", "pairs", {}, "CREATE NONSENSE;")
    assert not (tmp_path / "a.run").exists()
    with Journal.create(tmp_path / "a.run", "pairs", {}):
        pass
    assert [run.status for run in list_runs(tmp_path)] == ["unfinished"]


def test_a_full_disk_is_one_sentence_and_the_run_goes_on_later(run):
    with Journal.open(run) as journal:
        with journal.transaction() as database:
            pages = database.execute("PRAGMA page_count").fetchone()[0]
            database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StatescapeError, match=r"The disk is full: .*free some space and resume"):
            journal.put("large", b"z" * 1_000_000)
        assert journal.get("large") is None
        assert journal.rows("rows", tuple, "SELECT count(*) FROM pairs") == [(20,)]
    with Journal.open(run) as journal:
        journal.put("large", b"z" * 1_000_000)
        assert len(journal.get("large")) == 1_000_000


@pytest.mark.parametrize("name", ["read-only", "frozen"])
def test_a_folder_that_is_read_only_can_be_read_and_not_written(run, tmp_path, name):
    """By permissions where they bind, else (root) by the file system's immutable flag."""
    for leftover in tmp_path.glob("*.lock"):
        leftover.unlink()
    if name == "read-only":
        if os.getuid() == 0:
            pytest.skip("permissions do not bind root")
        lock, unlock = (lambda: tmp_path.chmod(0o500)), (lambda: tmp_path.chmod(0o700))
    else:
        lock, unlock = (lambda: _flag("+i", tmp_path)), (lambda: _flag("-i", tmp_path))
    try:
        lock()
        with Journal.read(run) as journal:
            assert journal.finished
        _refused(Journal.open, run, "cannot be written: its folder or the file is read-only|cannot be used")
        _refused(lambda path: Journal.create(path, "pairs", {}), tmp_path / "b.run", "read-only|cannot be used")
    finally:
        unlock()
    with Journal.open(run) as journal:
        assert journal.get("key") == b"\x00\xff"


def _flag(flag, folder):
    done = subprocess.run(["chattr", flag, str(folder)], capture_output=True, check=False)
    if done.returncode and flag == "+i":
        pytest.skip("the immutable flag cannot be set here")


def test_runs_are_listed_oldest_first_with_what_is_wrong(tmp_path, run):
    (tmp_path / "bad.run").write_text("no")
    (tmp_path / "note.txt").write_text("no")
    listed = {summary.path.name: summary.status for summary in list_runs(tmp_path)}
    assert set(listed) == {"bad.run", "one.run"}
    assert listed["one.run"] == "finished"
    assert "is no run" in listed["bad.run"]
    with pytest.raises(StatescapeError, match="There is no folder"):
        list_runs(tmp_path / "none")


def test_a_copy_without_the_log_of_a_run_that_is_written_has_all_but_the_last(tmp_path):
    import shutil

    path, copy = tmp_path / "live.run", tmp_path / "copy.run"
    with Journal.create(path, "pairs", {}, PAIRS) as journal:
        for number in range(50):
            with journal.transaction() as database:
                database.execute("INSERT INTO pairs VALUES (?, ?)", (number, "x" * 500))
            if number % 10 == 9:
                assert path.with_name("live.run-wal").exists()
                shutil.copy(path, copy)
                with Journal.read(copy) as copied:
                    assert copied.rows("rows", tuple, "SELECT count(*) FROM pairs")[0][0] >= number
