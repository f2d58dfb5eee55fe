"""Reading a corpus: formats, what is counted and left out, what is refused."""

import gzip
import io
import json

import pytest

from statescape.errors import StatescapeError
from statescape.language.corpus import read_corpus


def texts(corpus):
    return [document.text for document in corpus.documents]


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values).encode()


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        file = tmp_path / name
        file.write_bytes(content)
        return str(file)

    return write_file


def test_json_lines_plain_and_gzipped_whatever_the_name(write):
    content = lines({"text": "One."}, {"text": "Two.", "source": "x"})
    for name, packed in (("a.jsonl", content), ("b.jsonl.gz", gzip.compress(content)), ("c", gzip.compress(content))):
        assert texts(read_corpus([write(name, packed)])) == ["One.", "Two."]


def test_text_is_parted_by_blank_lines_or_by_end_of_text(write):
    assert texts(read_corpus([write("a.txt", b"One\nstill one.\r\n\r\n\n  \nTwo.")])) == ["One\nstill one.", "Two."]
    marked = b"One.\n\nStill one.\n<|endoftext|>\nTwo.\n<|endoftext|>\n"
    assert texts(read_corpus([write("b.txt", marked)])) == ["One.\n\nStill one.", "Two."]


def test_stdin_is_recognised_by_its_first_character():
    assert texts(read_corpus(["-"], stdin=io.BytesIO(b"One.\n\nTwo."))) == ["One.", "Two."]
    assert texts(read_corpus(["-"], stdin=io.BytesIO(lines({"text": "One."})))) == ["One."]
    assert texts(read_corpus(["-"], stdin=io.BytesIO(gzip.compress(b"One.")))) == ["One."]


def test_places_name_file_and_line(write):
    file = write("a.txt", b"\n\nOne.\n\nTwo.\n")
    assert [document.place for document in read_corpus([file]).documents] == [f"{file}, line 3", f"{file}, line 5"]


def test_faulty_lines_are_counted_with_their_numbers_and_strict_stops_at_the_first(write):
    content = b'{"text": "One."}\nnot json\n{"no": "text"}\n[1]\n\n{"text": 5}\n{"text": "\\ud800"}\n\xff\xfe{"text"\n'
    file = write("a.jsonl", content + b'{"text": "Two."}\n' + b"[" * 100_000 + b"\n")
    corpus = read_corpus([file])
    assert texts(corpus) == ["One.", "Two."]
    assert [fault.place.rsplit(" ", 1)[1] for fault in corpus.faults] == ["2", "3", "4", "6", "7", "8", "10"]
    assert {fault.reason for fault in corpus.faults} == {
        "no JSON", "no object with a text", "its text is no valid Unicode", "no UTF-8",
    }  # fmt: skip
    with pytest.raises(StatescapeError, match="line 2: no JSON; mend it, or leave strict out"):
        read_corpus([file], strict=True)


def test_mixed_encodings_lose_only_the_documents_they_spoil(write):
    file = write("a.txt", "Ein Käse.\n\n".encode() + b"caf\xe9\nau lait\n\n" + b"Zwei.")
    corpus = read_corpus([file])
    assert texts(corpus) == ["Ein Käse.", "Zwei."]
    assert corpus.faults[0].place.endswith("line 3")
    assert texts(read_corpus([write("b.txt", b"\xef\xbb\xbfBOM.")])) == ["BOM."]
    with pytest.raises(StatescapeError, match="is UTF-16; save it as UTF-8"):
        read_corpus([write("c.txt", "Hello".encode("utf-16"))])


def test_empty_documents_and_duplicates_are_left_out_and_counted(write):
    file = write("a.jsonl", lines({"text": ""}, {"text": "One."}, {"text": " \u200b\n"}, {"text": "One."}))
    corpus = read_corpus([file])
    assert (texts(corpus), corpus.empty, corpus.duplicates) == (["One."], 2, 1)


def test_the_first_so_many_documents(write):
    file = write("a.txt", b"One.\n\nTwo.\n\nThree.")
    assert texts(read_corpus([file], most=2)) == ["One.", "Two."]
    assert not read_corpus([file], most=2).complete
    assert read_corpus([file], most=3).complete


def test_the_digest_knows_every_text_and_their_order(write):
    one, two = write("a.txt", b"One.\n\nTwo."), write("b.txt", b"Two.\n\nOne.")
    assert (
        read_corpus([one]).digest == read_corpus([write("c.jsonl", lines({"text": "One."}, {"text": "Two."}))]).digest
    )
    assert read_corpus([one]).digest != read_corpus([two]).digest


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "holds no document"),
        ("a.jsonl", b"nonsense\n", "holds no document.*line 1: no JSON"),
        ("a.jsonl", lines({"text": "  "}), "holds no document"),
        ("a.txt.gz", gzip.compress(b"One. " * 1000, mtime=0)[:40], "cannot be read"),
        ("a.gz", b"\x1f\x8bnonsense", "cannot be read"),
    ],
    ids=["empty", "no JSON", "a blank text", "cut off", "no gzip"],
)
def test_files_that_hold_nothing_are_refused(write, name, content, words):
    with pytest.raises(StatescapeError, match=words):
        read_corpus([write(name, content)])


def test_files_that_are_none_are_refused(write, tmp_path):
    with pytest.raises(StatescapeError, match=r"There is no file .*nowhere\.txt\."):
        read_corpus([str(tmp_path / "nowhere.txt")])
    with pytest.raises(StatescapeError, match=r"is a folder"):
        read_corpus([str(tmp_path)])
    file = write("a.txt", b"One.")
    with pytest.raises(StatescapeError, match="named twice"):
        read_corpus([file, str(tmp_path / "." / "a.txt")])
    with pytest.raises(StatescapeError, match="at least one file"):
        read_corpus([])
