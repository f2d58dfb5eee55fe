"""A notebook is kept once: what is there is read again, what cannot be shown is refused before any work."""

import math

import pytest

from statescape.errors import StatescapeError
from statescape.studies.notebook import Asked
from statescape.studies.notebook.asking import known_models
from statescape.studies.notebook.notebook import orthogonal_in_words
from tests.kept import FEW, TEXTS, few_documents, kept


@pytest.mark.slow
def test_what_is_kept_is_not_done_again(tmp_path):
    first = kept(tmp_path / "runs")
    files = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "runs").glob("*.run")}
    again = kept(tmp_path / "runs")
    assert {entry.section for entry in first.entries} == {"paths", "interventions", "corpus", *FEW}
    assert [entry.digest for entry in again.entries] == [entry.digest for entry in first.entries]
    assert [study.seconds for study in again.studies] == [study.seconds for study in first.studies]
    assert first.entry("corpus").seconds > 0
    assert math.isnan(again.entry("corpus").seconds)
    assert {file.name for file in (tmp_path / "runs").glob("*.run")} == set(files)
    assert len(first.readings) == len(TEXTS)


def test_too_much_and_the_unknown_are_refused():
    with pytest.raises(StatescapeError, match="9 texts for 1 models are 9 paths; a page shows 1 to 8"):
        Asked(few_documents(), ("a",), texts=("a",) * 9)
    with pytest.raises(StatescapeError, match=r"no study 'none'\. Known are: search-space"):
        Asked(few_documents(), ("a",), studies=("none",))


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(StatescapeError, match="cannot hold runs"):
        kept(tmp_path / "runs")


def test_the_bundled_model_has_a_name():
    assert known_models(["conteur", "gpt2"]) == (None, "gpt2")
    assert known_models([]) == (None,)


@pytest.mark.slow
def test_the_orthogonal_part_is_what_the_cosine_leaves(tmp_path):
    reading = kept(tmp_path / "runs", ()).readings[0]
    across = 1 - reading.cosine()[-1] ** 2
    assert f"holds {across:.1%} of its squared length" in orthogonal_in_words(reading)
