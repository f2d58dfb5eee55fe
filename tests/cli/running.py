"""The command line as a user runs it: a process of its own, its output, its exit status."""

import os
import re
import subprocess
import sys


def _kept(stderr: str) -> str:
    """What was said, without the lines that a slow machine gets every ten seconds."""
    return re.sub(r"(?m)^.*\.\.\. \d+ s\n", "", stderr)


def english_in(said: str) -> list[str]:
    """English words that a French command printed itself; those of the model have the sign of a space before them."""
    ours = (
        "blocks?|of|the|and|with|to|untouched|steered|restored|clean|nats a|rank|inside|position:|positions:|shown|"
        "from|mean|worst|best|networks?|units?|weights|seeds?|trials?|rows?|header|separated|windows?|ahead|trainings?"
    )
    return re.findall(rf"(?<![␣|\w-])(?:{ours})(?![|\w])", said)


def statescape(*arguments, stdin: bytes | None = None, folder=None) -> subprocess.CompletedProcess:
    """Run ``statescape`` with these arguments; output and errors come back as text."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    result = subprocess.run(
        [sys.executable, "-m", "statescape", *map(str, arguments)],
        input=stdin if stdin is not None else b"",
        capture_output=True,
        cwd=folder,
        env=environment,
        timeout=120,
    )
    return subprocess.CompletedProcess(
        result.args, result.returncode, result.stdout.decode(), _kept(result.stderr.decode())
    )


def assert_refused(result: subprocess.CompletedProcess, *words: str) -> None:
    """One clear line on stderr with these words, exit status 2, nothing on stdout."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith("statescape: ")
    for word in words:
        assert word in result.stderr


def in_process(monkeypatch, capfd, *arguments, stdin: bytes = b"") -> subprocess.CompletedProcess:
    """The same within this process, where torch is already imported; for the many small refusals."""
    import io

    from statescape.cli.app import run

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    capfd.readouterr()
    status = run([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    return subprocess.CompletedProcess(arguments, status, out, err)
