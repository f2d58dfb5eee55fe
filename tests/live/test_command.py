"""``statescape live`` as a user starts it: its one line, its refusals, its end."""

import signal
import socket
import time

import pytest

from tests.cli.running import assert_refused, in_process
from tests.live.serving import as_process


def test_bad_calls_are_refused_in_one_line(monkeypatch, capfd, tmp_path):
    assert_refused(in_process(monkeypatch, capfd, "live", "--runs", tmp_path / "missing"), "no folder", "missing")
    assert_refused(in_process(monkeypatch, capfd, "live", "--host", "no.such.host.example"), "Nothing can listen")
    assert_refused(in_process(monkeypatch, capfd, "live", "--model", tmp_path / "none", "--port", "0"), "none")
    assert_refused(in_process(monkeypatch, capfd, "live", "--port", "99999"), "port")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert_refused(
            in_process(monkeypatch, capfd, "live", "--port", taken.getsockname()[1]), "in use", "another port"
        )


def test_a_missing_extra_is_said(monkeypatch, capfd):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "uvicorn" else find(name, *rest)
    )
    assert_refused(in_process(monkeypatch, capfd, "live"), 'pip install "statescape[live]"')


@pytest.mark.slow
def test_one_line_is_printed_when_it_answers_and_ctrl_c_ends_it_within_a_second(tmp_path):
    with as_process("--port", "0", folder=tmp_path, cache=tmp_path / "cache") as (process, served):
        assert served.link == f"http://127.0.0.1:{served.port}/?token={served.token}"
        assert served.ask(f"/?token={served.token}")[0] == 200
        assert served.parts(text="Once upon a time")[-1]["part"] == "end"
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 1.5  # a second, and what a busy machine adds
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""
