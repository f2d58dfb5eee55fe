"""A whole run: kept, interrupted, resumed to the same numbers; refused where it was asked something else."""

import json
from importlib.resources import files

import numpy as np
import pytest

from statescape.errors import StatescapeError
from statescape.language.corpus import Corpus, Document, read_corpus
from statescape.runs import Journal
from statescape.studies.verdict import reference, running, verdict, work
from tests.studies.verdict import scripted

SAMPLE = str(files("statescape") / "data" / "sample.jsonl")


@pytest.fixture(scope="module")
def corpus():
    whole = read_corpus([SAMPLE])
    return Corpus(whole.documents[:8])


@pytest.fixture(scope="module", autouse=True)
def small():
    """Many tasks, few draws behind the constants."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "TASK_POSITIONS", 60)
        patch.setattr(work, "ISOTROPIC_STATES", 100)
        patch.setattr(reference, "DRAWS", 20)
        yield


@pytest.fixture(scope="module")
def whole(corpus, small):
    return verdict(corpus, null_documents=3, workers=1)


def as_text(verdicts):
    return json.dumps(verdicts.as_json())


def test_an_interrupted_run_goes_on_to_the_same_numbers_and_counts_nothing_twice(corpus, whole, tmp_path):
    file = tmp_path / "one.run"

    def interrupt_at(what, done):
        def progress(said, count, _):
            if (said, count >= done) == (what, True):
                raise KeyboardInterrupt

        return progress

    for stop in (interrupt_at("conteur", 2), interrupt_at("conteur", 5), interrupt_at("conteur, random weights", 1)):
        with pytest.raises(KeyboardInterrupt):
            verdict(corpus, null_documents=3, workers=1, run=file, progress=stop)
    finished = verdict(corpus, null_documents=3, workers=1, run=file)
    assert as_text(finished) == as_text(whole)
    assert finished.n_positions == sum(_positions(document.text) for document in corpus.documents)
    with Journal.read(file) as journal:
        assert journal.finished
        counts = journal.rows("rows", tuple, "SELECT reading, COUNT(*) FROM records GROUP BY reading ORDER BY reading")
        assert counts == [("as it is", 8), ("other BOS", 3), ("random weights", 3)]
    told = []
    verdict(corpus, null_documents=3, workers=1, run=file, progress=lambda what, done, _: told.append((what, done)))
    assert told == [("conteur", 8), ("conteur, random weights", 3), ("conteur, other BOS", 3)]  # nothing is read again


def _positions(text):
    from statescape.studies.verdict.sources import ModelSource, loaded

    return len(loaded(ModelSource(None)).trace(text, last=255).token_ids) - 1


def test_a_run_that_was_asked_something_else_is_refused_and_left_as_it_is(corpus, tmp_path):
    file = tmp_path / "one.run"
    verdict(corpus, null_documents=0, workers=1, run=file)
    before = file.read_bytes()
    for options, words in (({"seed": 1}, "another seed"), ({"positions": 5}, "another positions")):
        with pytest.raises(StatescapeError, match=words):
            verdict(corpus, null_documents=0, workers=1, run=file, **options)
    with pytest.raises(StatescapeError, match="another corpus"):
        verdict(Corpus(corpus.documents[:7]), null_documents=0, workers=1, run=file)
    assert file.read_bytes() == before


def test_a_run_with_other_weights_is_refused(tmp_path):
    one, other = scripted.straight(), scripted.crooked()
    verdict(scripted.corpus(3), [one], null_documents=0, workers=1, run=tmp_path / "one.run")
    with pytest.raises(StatescapeError, match="has other weights than when"):
        verdict(scripted.corpus(3), [other], null_documents=0, workers=1, run=tmp_path / "one.run")


def test_random_weights_and_the_other_bos_are_read_on_a_part(whole):
    one = whole.models[0]
    assert {name: summary.n_documents for name, summary in one.readings.items()} == {
        "random weights": 3,
        "other BOS": 3,
    }
    assert "random_weights" in one.nulls(one.decisions[0].question)
    stood = [decision.question for decision in one.decisions if decision.question.name in ("H7", "H8")]
    assert all(np.isfinite(one.nulls(question)["random_weights"].mean) for question in stood)
    # Trained, the state is pushed far along; drawn anew, it stays near its start.
    assert one.readings["random weights"].measures["H1"].mean < one.summary.measures["H1"].mean / 5


def test_every_question_shows_the_nulls_that_it_declares(whole):
    one = whole.models[0]
    for decision in one.decisions:
        assert set(decision.question.nulls) <= one.nulls(decision.question).keys()


def test_sampled_positions_estimate_what_all_positions_give(corpus, whole):
    sampled = verdict(corpus, null_documents=0, workers=1, positions=10, seed=4)
    assert sampled.n_positions == 10 * len(corpus.documents)
    one, other = (verdicts.models[0].summary.measures["cosine.raw"].mean for verdicts in (sampled, whole))
    assert one == pytest.approx(other, abs=0.03)


def test_documents_longer_than_the_context_and_of_one_token(corpus):
    long, short = " ".join(document.text for document in corpus.documents), "Once"
    found = verdict(Corpus((Document("a", long), Document("b", short))), null_documents=0, workers=1)
    one = found.models[0]
    assert (one.split, one.too_short, one.summary.n_documents) == (1, 0, 2)  # BOS gives a word a position
    without = verdict(Corpus((Document("a", long), Document("b", short))), null_documents=0, workers=1, bos=False)
    assert without.models[0].too_short == 1
    with pytest.raises(StatescapeError, match="No document has a second token"):
        verdict(Corpus((Document("b", short),)), null_documents=0, workers=1, bos=False)


def test_a_model_is_named_once(corpus):
    with pytest.raises(StatescapeError, match="conteur is named twice"):
        verdict(corpus, [None, None], null_documents=0)


@pytest.mark.slow
def test_workers_do_not_change_a_bit(corpus, whole, monkeypatch):
    monkeypatch.setattr(running, "FEW_POSITIONS", 0)
    assert as_text(verdict(corpus, null_documents=3, workers=2)) == as_text(whole)


def test_threads_with_a_model_each_do_not_change_a_bit(corpus, whole, monkeypatch):
    monkeypatch.setattr(work, "TASK_WEIGHTS", 1)  # as for a model of real size
    monkeypatch.setattr(work, "TASK_POSITIONS", 10**9)
    monkeypatch.setattr(running, "FEW_POSITIONS", 0)
    assert as_text(verdict(corpus, null_documents=3, workers=2)) == as_text(whole)


def test_it_runs_in_the_numbers_that_are_asked_for(corpus, tmp_path):
    few = Corpus(corpus.documents[:3])
    file = tmp_path / "one.run"
    found = verdict(few, null_documents=0, workers=1, dtype="bfloat16", positions=4, run=file)
    assert found.models[0].facts.dtype == "bfloat16"
    with pytest.raises(StatescapeError, match="another dtype"):
        verdict(few, null_documents=0, workers=1, positions=4, run=file)


def test_slices_part_the_positions(whole):
    slices = whole.models[0].summary.slices
    assert next(iter(slices)) == "positions 1 to 15"
    assert {"prediction right", "prediction wrong"} <= slices.keys()
    # A token that comes as predicted is aimed at more squarely than one that does not.
    assert np.isfinite(slices["prediction right"]["H2"].mean)


def test_what_random_weights_do_as_well_is_said_to_be_no_sign_of_training(corpus):
    from dataclasses import replace

    from statescape.studies.verdict.conclusion import conclude

    verdicts = verdict(scripted.corpus(), [scripted.straight()], null_documents=0, workers=1)
    one = verdicts.models[0]
    as_good = replace(verdicts, models=(replace(one, readings={"random weights": one.summary}),))
    words = "random weights pass the margin as well, so it is no sign of training"
    for sentence, decision in zip(conclude(as_good), one.decisions, strict=True):
        assert (words in sentence) == (decision.verdict == "supported")
    assert not any(words in sentence for sentence in conclude(verdicts))
