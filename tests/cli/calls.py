"""Bad calls, drawn from the command line's own tree: every command, argument and option, with values nobody expects."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from statescape.cli.roles import Fills, Keeps, Reads, Writes
from tests.cli.tree import COMMANDS, Parameter, parameters

SECONDS = 90
MEMORY = 12 * 2**30

NUMBERS = [
    "nan", "inf", "-inf", "1e309", "-1", "0", "0.0", "-0", "1e-320", "3.5", "1e12", "1000000000", "9" * 20, "9" * 5000,
    "0x10", "١٢", "1_0", " 7", "7 ", "", "twelve", "\x1b[31m5", "1,5", "--", "--seed", "True",
]  # fmt: skip
WORDS = [
    "", " ", "\t\n", "-", "--", "nan", "x" * 5000, "é" * 130, "\x1b[31mred\x1b[0m", "\u202eevil\u2066", "\udcff\udc80",
    "\U0001f98a" * 90, "../..", "~", ".", "/", "a/b", "a\\b", "None", "null", "[1, 2]", "{}", "'; DROP TABLE runs; --",
    "%s%n", "${HOME}", "$(id)", ",", ",,", "a,a", "narma10", "NARMA10 ", "mackey-glass-17-84", "conteur", "fr", "quick",
    "0", "-5", "5", "blocks.1.hook_resid_mid", "blocks.99.hook_resid_mid", "cuda", "cpu:7", "mps", "dask", "serial",
    "tcp://127.0.0.1:1", "real", "binary", "circulant", "error,edges", "hill-climber", "add,delete", "json", "networkx",
    "values", "h1", "x", "y", "[bold]b[/bold]", "\x00ff".replace("\x00", ""), "\x07\x08\x9b2J", "minutes", "0.0001",
]  # fmt: skip
FILES = [
    "run.run", "half.run", "text.run", "empty.run", "sql.run", "series.csv", "words.csv", "one.csv", "binary.bin",
    "empty.txt", "corpus.jsonl", "deep.json", "locked.txt", "folder", "folder/inside.txt", "model", "lens", "loop",
    "dangling", "link.csv", "esc\x1b[2Jape.csv", "missing", "missing/deep/x", "series.csv/x", "run.run-wal",
    "run.run.lock",
    "new.json", "new.html", "new.png", "new.npz", "new.svg", "folder/new.run", "n" * 300, "p/" * 3000 + "x",
    "/dev/null", "/dev/full", "/dev/stdout", "/proc/version", "/proc/new", "/dev/fd/99",
]  # fmt: skip
SMALL = {
    "path": {"last": "4"}, "lens": {"last": "4"}, "sphere": {"last": "4"},
    "verdict": {"max_documents": "2", "positions": "2", "workers": "1"}, "ablate": {"max_documents": "2"},
    "fit-lens": {"steps": "1", "positions": "8"},
    "esn": {"units": "8", "trials": "2"},
    "evolve": {
        "units": "6", "generations": "1", "trials": "1", "compare": "--no-compare", "tune": "--no-tune",
        "executor": "serial", "workers": "1", "trainings": "20",
    },
    "study": {"budget": "quick", "workers": "1", "executor": "serial"},
    "resume": {"workers": "1", "executor": "serial"},
    "notebook": {"budget": "quick", "workers": "1", "corpus": "corpus.jsonl"},
}  # fmt: skip
# What is refused late, after all that is drawn has been read: calls that go through take seconds to minutes.
LATE = {
    "path": {"model": "no-such-model"}, "lens": {"model": "no-such-model"}, "sphere": {"model": "no-such-model"},
    "verdict": {"models": "no-such-model"}, "fit-lens": {"model": "no-such-model"}, "evolve": {"task": "one.csv"},
    "study": {"name": "nonsense"}, "notebook": {"texts": ""},
    "patch": {"model": "no-such-model"}, "contrast": {"model": "no-such-model"}, "resume": {"run": "half.run"},
    "ablate": {"model": "no-such-model"}, "steer": {"model": "no-such-model"},
    "live": {"models": "no-such-model", "runs": "missing"},
}  # fmt: skip
SELDOM_WHOLE = {"verdict": 0.02, "notebook": 0.0, "evolve": 0.05, "study": 0.05, "live": 0.0}
FIRST = {
    "text": "Once upon a time",
    "clean": "a girl",
    "corrupt": "a boy",
    "first": "a girl",
    "second": "a boy",
    "task": "series.csv",
    "files": "corpus.jsonl",
    "run": "run.run",
    "name": "values",
}


@dataclass(frozen=True)
class Outcome:
    """What one call did: its status (None: cut off), what it printed, how the folder changed."""

    call: list[str]
    status: int | None
    printed: bytes
    changed: list[str]

    @property
    def faults(self) -> list[str]:
        """What must never happen."""
        found = []
        if self.status not in (0, 2, None):
            found.append(f"status {self.status}")
        if b"Traceback" in self.printed:
            found.append("traceback")
        if any(byte in self.printed for byte in (b"\x1b", b"\x07", b"\x9b2J")):
            found.append("escape bytes")
        if self.status == 2 and self.printed.count(b"statescape: ") < 1:
            found.append("no sentence")
        return found + [f"changed {name}" for name in self.changed]


def calls(seed: int) -> Iterator[list[str]]:
    """Calls without end: each a small valid one of which one to three parameters are spoiled."""
    draw = random.Random(seed)
    while True:
        command = draw.choice(sorted(COMMANDS))
        own = [one for one in parameters(command) if one.name not in ("open_page", "help")]
        values = {
            one.name: FIRST.get(one.name, "new.json") for one in own if one.required or one.name in ("run", "name")
        }
        values = {name: value for name, value in values.items() if name != "run" or not _named(own, name).flags}
        values |= SMALL.get(command, {})
        if draw.random() > SELDOM_WHOLE.get(command, 0.2):
            values |= LATE.get(command, {})
        spoiled = draw.sample(own, k=min(len(own), draw.choice((1, 1, 2, 3))))
        for one in spoiled:
            values[one.name] = _spoilt(one, draw, list(values.values()))
        words = [command]
        for one in own:
            if one.name in values:
                words += _words(one, values[one.name])
        if draw.random() < 0.05:
            words.insert(draw.randrange(1, len(words) + 1), draw.choice(WORDS[:30]))
        if draw.random() < 0.03:
            words[0] = draw.choice(WORDS)
        yield words


def _named(own: list[Parameter], name: str) -> Parameter:
    return next(one for one in own if one.name == name)


def _words(one: Parameter, value: str) -> list[str]:
    if one.flags and (bool in (one.kind, *typing.get_args(one.kind))):
        return [value] if value.startswith("--") else [one.flags[0]]
    return one.given(value)


def _spoilt(one: Parameter, draw: random.Random, others: list[str]) -> str:
    kinds = {one.kind, *typing.get_args(one.kind)}
    if draw.random() < 0.1:
        return draw.choice(WORDS + NUMBERS)
    if one.role is not None:
        if draw.random() < 0.3 and isinstance(one.role, Writes | Fills | Keeps):
            return draw.choice(others or ["x"])  # the input itself
        # Only what cannot hit anything outside the sandbox may be written to.
        harmless = [word for word in WORDS if word not in ("/", "~", "../..")]
        return draw.choice(FILES + (WORDS if isinstance(one.role, Reads) else harmless[:20]))
    return draw.choice(NUMBERS if kinds & {int, float} else WORDS)


def make_sandbox(folder: Path, run: Path) -> None:
    """What a user may have lying around, good and bad."""
    folder.mkdir(parents=True)
    whole = run.read_bytes()
    (folder / "run.run").write_bytes(whole)
    (folder / "half.run").write_bytes(whole[: len(whole) // 2])
    (folder / "text.run").write_text("no run")
    (folder / "empty.run").write_bytes(b"")
    (folder / "sql.run").write_bytes(whole[:100] + os.urandom(0) + b"\xa5" * 4000)
    (folder / "run.run-wal").write_bytes(b"")
    rows = [f"{(7 * place) % 11},{(5 * place) % 13}" for place in range(90)]
    (folder / "series.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    (folder / "link.csv").symlink_to("series.csv")
    (folder / "words.csv").write_text("a;b\nc;d\n")
    (folder / "one.csv").write_text("x\n1\n")
    (folder / "esc\x1b[2Jape.csv").write_text("\x1b[31mx\x1b[0m,y\n" + "\n".join(rows[:60]) + "\n")
    (folder / "binary.bin").write_bytes(bytes(range(256)) * 40)
    (folder / "empty.txt").write_text("")
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"text": f"The cat number {place} saw a dog in the park."}) + "\n" for place in range(4))
    )
    (folder / "deep.json").write_text("[" * 200_000)
    (folder / "locked.txt").write_text("x")
    (folder / "locked.txt").chmod(0)
    (folder / "folder").mkdir()
    (folder / "folder" / "inside.txt").write_text("inside")
    (folder / "model").mkdir()
    (folder / "model" / "config.json").write_text('{"a": ' * 200_000)
    (folder / "lens").mkdir()
    (folder / "lens" / "config.json").write_text("[]")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere")


def state_of(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a folder, by name: what it is and what it holds."""
    found: dict[str, tuple[object, ...]] = {}
    for place in sorted(root.rglob("*")):
        one = place.lstat()
        held = place.read_bytes() if place.is_file() and not place.is_symlink() else None
        found[os.fsencode(place.relative_to(root)).decode("utf-8", "replace")] = (one.st_mode, one.st_size, held)
    return found


def judge(call: list[str], status: int | None, printed: bytes, before: dict, after: dict) -> Outcome:
    """A refused call leaves all as it was; one that was done may have added files, and changed none."""
    # An empty file is nothing lost: it is what `mktemp` makes for an output.
    changed = [name for name, was in before.items() if after.get(name) != was and was[2] != b""]
    if status == 2:
        changed += [name for name in after if after[name] != before.get(name) and name not in changed]
    elif status is None:
        changed = []
    return Outcome(call, status, printed, changed)


def forked(call: list[str], root: Path, run: Path) -> Outcome:
    """One call in a child of this warm process."""
    sandbox = root / "a" / "b"
    make_sandbox(sandbox, run)
    before, said = state_of(root), root.parent / "said"
    child = os.fork()
    if child == 0:
        _be_the_command(call, sandbox, said)
    status = _wait(child)
    outcome = judge(call, status, said.read_bytes(), before, state_of(root))
    shutil.rmtree(root)
    return outcome


def real(call: list[str], root: Path, run: Path) -> Outcome:
    """The same call as a process of its own."""
    sandbox = root / "a" / "b"
    make_sandbox(sandbox, run)
    before = state_of(root)
    words = [sys.executable, "-m", "statescape", *(os.fsencode(word) for word in call)]
    status: int | None
    try:
        done = subprocess.run(words, cwd=sandbox, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS)
        status, printed = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        status, printed = None, b""
    outcome = judge(call, status, printed, before, state_of(root))
    shutil.rmtree(root)
    return outcome


def _be_the_command(call: list[str], sandbox: Path, said: Path) -> typing.NoReturn:
    status = 99
    try:
        os.setsid()
        os.chdir(sandbox)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdin = os.fdopen(0, "r", closefd=False)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        from statescape.cli.app import run as command

        status = command(call)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    os._exit(status)


def _wait(child: int) -> int | None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
