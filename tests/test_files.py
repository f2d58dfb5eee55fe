"""Files appear whole or not at all."""

import os

import pytest

from statescape.errors import StatescapeError
from statescape.files import require_apart, require_writable, written_whole


def test_a_block_that_ends_well_leaves_the_file_alone_in_its_folder(tmp_path):
    with written_whole(tmp_path / "a.txt") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "a.txt").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "whole"


def fail_half_way(file, error):
    with written_whole(file) as partial:
        partial.write_text("half")
        raise error


def test_a_block_that_fails_keeps_the_old_file(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError):
        fail_half_way(tmp_path / "a.txt", RuntimeError())
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(StatescapeError, match=r"a\.txt cannot be written: No space left on device\."):
        fail_half_way(tmp_path / "a.txt", OSError(28, os.strerror(28)))
    assert list(tmp_path.iterdir()) == []


def test_results_are_as_readable_as_any_file_of_the_user(tmp_path):
    (tmp_path / "plain").write_text("")
    with written_whole(tmp_path / "a.txt") as partial:
        partial.write_text("")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path):
    with pytest.raises(StatescapeError, match="is a folder; name a file"):
        require_writable(tmp_path)
    with pytest.raises(StatescapeError, match="there is no folder"):
        require_writable(tmp_path / "missing" / "a.txt")
    require_writable(tmp_path / ("long" * 50 + ".json"))
    require_writable(tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_run_and_what_is_of_another_kind_are_never_replaced(tmp_path):
    database, table, page = tmp_path / "a.run", tmp_path / "a.csv", tmp_path / "a.html"
    database.write_bytes(b"SQLite format 3\x00" + bytes(84))
    table.write_text("a,b\n")
    page.write_text("<!DOCTYPE html>\n")
    for file, what in ((database, "is a run"), (table, "holds something else"), (page, "holds something else")):
        before = file.read_bytes()
        with pytest.raises(StatescapeError, match=what), written_whole(file) as partial:
            partial.write_text('{"version": "1"}')
        assert file.read_bytes() == before
    with written_whole(page) as partial:
        partial.write_text("<!doctype html>\nnew")
    assert page.read_text().endswith("new")
    assert len(list(tmp_path.iterdir())) == 3


def test_names_of_one_file_are_told_apart_from_those_of_two(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "loop").symlink_to("loop")
    require_apart([tmp_path / "b", tmp_path / "loop"], [tmp_path / "a"])
    for name in ("a", "link", "a.lock"):
        with pytest.raises(StatescapeError, match="read here"):
            require_apart([tmp_path / name], [tmp_path / "a"])
    with pytest.raises(StatescapeError, match="two outputs"):
        require_apart([tmp_path / "new", tmp_path / "x" / ".." / "new"], [])


@pytest.mark.parametrize(("name", "kind", "right"), [("a.pdf", "page", ".html"), ("a.html", "JSON", ".json")])
def test_an_ending_of_another_kind_is_refused(tmp_path, name, kind, right):
    with pytest.raises(StatescapeError, match=rf"would be a {kind} with the ending of another kind; name it {right}"):
        require_writable(tmp_path / name, kind)
    require_writable(tmp_path / "a.txt", kind)  # an ending that says nothing
