"""Searches that a server begins, resumes and interrupts, each a process of its own as a terminal would start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from statescape.errors import StatescapeError
from statescape.wording import say

MOST = 4  # searches at a time
_SAID = 2000  # last bytes of what a process said


@dataclass(eq=False)
class Searches:
    """The children of a server, by the run that they write."""

    _children: dict[Path, tuple[subprocess.Popen[bytes], IO[bytes]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, run: Path, words: Sequence[str]) -> None:
        """Give a command that writes a run.

        Raises:
            StatescapeError: there are enough, or the run is being written.
        """
        with self._lock:
            working = [file for file, (child, _) in self._children.items() if child.poll() is None]
            if run in working or writer_of(run) is not None:
                raise StatescapeError(say("{run} is being written already.", run=run.name))
            if len(working) >= MOST:
                raise StatescapeError(say("{most} searches run already; interrupt one first.", most=MOST))
            said = tempfile.TemporaryFile()  # noqa: SIM115 (read when the process has ended)
            child = subprocess.Popen(  # noqa: S603 (our own command, without a shell)
                [sys.executable, "-m", "statescape", *words], cwd=run.parent, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
            )  # fmt: skip
            self._children[run] = (child, said)

    def interrupt(self, run: Path) -> None:
        """End who writes a run, as Ctrl-C would; what is done is kept.

        Raises:
            StatescapeError: nobody writes it, or who does belongs to somebody else.
        """
        child, _ = self._children.get(run, (None, None))
        number = child.pid if child is not None and child.poll() is None else writer_of(run)
        if number is None:
            raise StatescapeError(say("Nobody is writing {run}.", run=run.name))
        try:
            os.kill(number, signal.SIGINT)
        except OSError as error:
            told = say("The search that writes {run} cannot be reached: {reason}.", run=run.name, reason=error.strerror)
            raise StatescapeError(told) from error

    def complaint(self, run: Path) -> str:
        """What a search said that ended in failure; empty where none did."""
        child, said = self._children.get(run, (None, None))
        if child is None or said is None or child.poll() in (None, 0, 130, -signal.SIGINT):
            return ""
        said.seek(0, os.SEEK_END)
        said.seek(max(0, said.tell() - _SAID))
        lines = said.read().decode("utf-8", "replace").strip().splitlines()
        if not lines:
            return say("It ended with status {status}.", status=child.returncode)
        return lines[-1].removeprefix("statescape: ")

    def end(self) -> None:
        """End all children: first as Ctrl-C would, and those that do not hear it a moment later."""
        alive = [child for child, _ in self._children.values() if child.poll() is None]
        for number in (signal.SIGINT, signal.SIGKILL):
            for child in alive:
                with suppress(OSError):
                    os.killpg(child.pid, number)
            for child in alive:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(0.4 / max(len(alive), 1))


def writer_of(run: Path, holders: dict[int, int] | None = None) -> int | None:
    """The process that writes a run, told without touching its lock; None where nobody does, or it is not known.

    Args:
        run: its file.
        holders: what `lock_holders` gave; None asks it.
    """
    try:
        inode = run.with_name(run.name + ".lock").stat().st_ino
    except OSError:
        return None
    return (lock_holders() if holders is None else holders).get(inode)


def lock_holders() -> dict[int, int]:
    """Which process holds the lock of which file, by its inode, where the system tells."""
    try:
        lines = Path("/proc/locks").read_text("ascii", "replace").splitlines()
    except OSError:
        return {}
    found = (line.split() for line in lines if " FLOCK " in line and "->" not in line)
    return {int(fields[5].rsplit(":", 1)[-1]): int(fields[4]) for fields in found if len(fields) > 5}
