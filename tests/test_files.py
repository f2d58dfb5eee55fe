"""Files appear whole or not at all."""

import os

import pytest

from statescape.errors import StatescapeError
from statescape.files import require_writable, written_whole


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
