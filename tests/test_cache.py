"""What is kept between commands: the same numbers, bounded, and never a reason to fail."""

import os
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from statescape import cache
from statescape.analysis import vocabulary
from statescape.analysis.vocabulary import Vocabulary, vocabulary_of
from statescape.cli.app import run
from statescape.geometry import best_of_isotropic


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATESCAPE_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def made(counts: list[int]) -> cache.Arrays:
    counts.append(1)
    return {"numbers": np.arange(5.0)}


def test_what_was_made_is_not_made_again(folder: Path) -> None:
    counts: list[int] = []
    for _ in range(3):
        np.testing.assert_array_equal(cache.kept("name", lambda: made(counts))["numbers"], np.arange(5.0))
    assert len(counts) == 1
    assert [file.name for file in folder.iterdir()] == ["name.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive"])
def test_a_damaged_entry_is_made_again(folder: Path, content: bytes) -> None:
    counts: list[int] = []
    cache.kept("name", lambda: made(counts))
    (folder / "name.npz").write_bytes(content)
    for _ in range(2):
        np.testing.assert_array_equal(cache.kept("name", lambda: made(counts))["numbers"], np.arange(5.0))
    assert len(counts) == 2


def test_no_object_is_ever_unpickled(folder: Path) -> None:
    folder.mkdir()
    np.savez(folder / "name.npz", numbers=np.array([{"any": "object"}], dtype=object))
    np.testing.assert_array_equal(cache.kept("name", lambda: made([]))["numbers"], np.arange(5.0))


def test_a_folder_that_takes_no_files_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STATESCAPE_CACHE", str(tmp_path / "file" / "below"))
    np.testing.assert_array_equal(cache.kept("name", lambda: made([]))["numbers"], np.arange(5.0))


def test_off_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATESCAPE_CACHE", "off")
    cache.kept("name", lambda: made([]))
    assert cache.contents() == cache.Contents(None, 0, 0)


def test_what_was_used_longest_ago_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for age, name in enumerate(["new", "middle", "old"]):
        cache.kept(name, lambda: made([]))
        os.utime(folder / f"{name}.npz", (1e9 - age, 1e9 - age))
    monkeypatch.setattr(cache, "MOST_BYTES", 2 * (folder / "new.npz").stat().st_size)
    cache.kept("old", lambda: made([]))  # used now
    os.utime(folder / "old.npz", (2e9, 2e9))
    cache.kept("another", lambda: made([]))
    assert {file.stem for file in folder.iterdir()} == {"old", "another"}


def test_an_entry_too_large_drives_no_other_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LARGEST", 40)
    cache.kept("small", lambda: {"numbers": np.arange(5.0)})
    np.testing.assert_array_equal(cache.kept("large", lambda: {"numbers": np.arange(6.0)})["numbers"], np.arange(6.0))
    assert [file.name for file in folder.iterdir()] == ["small.npz"]


def test_a_vocabulary_says_the_same_from_the_cache_as_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).standard_normal((300, 16)).astype(np.float32)

    def numbers() -> list[object]:
        one = Vocabulary(rows.copy())
        nulls = [one.best_of_isotropic(variant, (3,), 1) for variant in ("raw", "centred", "without_rogue")]
        return [one.moments.mean.tolist(), one.moments.covariance.tolist(), one.energy_inside, *nulls]

    anew = numbers()
    assert not folder.exists()  # a small matrix is not worth keeping
    monkeypatch.setattr(vocabulary, "_LEAST_KEPT", 1)
    assert numbers() == anew
    files = {file: file.stat().st_ino for file in folder.iterdir()}
    assert len(files) == 4  # moments, energy inside, and the nulls of all dimensions and of those but the third
    assert numbers() == anew
    assert {file: file.stat().st_ino for file in folder.iterdir()} == files
    rows[0, 0] += 1e-3
    assert numbers() != anew


@pytest.mark.parametrize("variant", ["raw", "centred", "without_rogue", "dimension"])
def test_the_null_of_each_variant_is_that_of_rows_so_prepared(variant: str) -> None:
    rows = (np.random.default_rng(0).standard_normal((5000, 12)) + 3.0).astype(np.float32)
    rows[[0, 7]] = 0
    wide = rows.astype(np.float64)
    prepared = {"raw": wide, "centred": wide - wide.mean(axis=0), "without_rogue": np.delete(wide, [2, 5], axis=1)}
    prepared["dimension"] = (wide - wide.mean(axis=0)) / wide.std(axis=0)
    expected = best_of_isotropic(prepared[variant], draws=vocabulary.ISOTROPIC_DRAWS, seed=4)
    found = Vocabulary(rows).best_of_isotropic(variant, (2, 5), 4)
    np.testing.assert_allclose(astuple(found), astuple(expected), rtol=1e-12)


def test_plain_data_come_back_as_they_were(folder: Path) -> None:
    counts: list[int] = []

    def make() -> dict[str, object]:
        counts.append(1)
        return {"numbers": [1, 2.5, None], "text": "\u00e9"}

    assert cache.kept_plain("plain", make) == cache.kept_plain("plain", make) == make()
    assert len(counts) == 2
    assert cache.kept_plain("", make) == make()
    assert [file.name for file in folder.iterdir()] == ["plain.npz"]
    cache.kept("arrays", lambda: made([]))
    assert cache.kept_plain("arrays", make) == make()  # an entry of another kind is none


def test_an_array_that_is_named_is_not_read_to_name_it() -> None:
    rows = np.arange(6.0)
    own = cache.digest(rows)
    cache.name_array(rows, "what it was made from")
    named = cache.digest(rows)
    assert named != own
    rows[0] = 5
    assert cache.digest(rows) == named
    assert cache.digest(np.arange(6.0)) == own


def test_all_paths_of_a_model_share_its_vocabulary() -> None:
    rows = np.random.default_rng(0).standard_normal((300, 16))
    one = vocabulary_of(rows)
    assert vocabulary_of(rows) is one
    assert vocabulary_of(rows.copy()) is not one


def test_the_command_says_what_is_kept_and_removes_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache.kept("name", lambda: made([]))
    assert run(["cache"]) == 0
    assert f"in {folder}" in capsys.readouterr().out
    assert run(["cache", "--clear"]) == 0
    assert "1 entry, " in capsys.readouterr().out
    assert not list(folder.iterdir())
