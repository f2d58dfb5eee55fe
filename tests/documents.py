"""What README and docs print of a terminal: each ``console`` block as commands with their output, and how to run one.

A block runs in a folder of its own, from its first command to its last, so that a later command may read what an
earlier one wrote. Lines break where a terminal of 120 columns breaks them; a last line of three dots stands for
more that is printed.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.material import material

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHARED = {
    "tinystories.heldout.jsonl.gz": "text/tinystories.heldout.jsonl.gz",
    "stories.jsonl.gz": "text/tinystories.train.jsonl.gz",
    "sunspots.csv": "series/sunspots_monthly_silso_v2.csv",
}
"""Files that the documents name, and where the shared data has them."""

_SECONDS = re.compile(r"\d[\d.,]*(?= (?:s|min|h)\b)|\d[\d.,]*(?= a second)")


@dataclass(frozen=True)
class Example:
    """Commands of one block, each with what the document says it prints."""

    document: str
    commands: tuple[tuple[str, str], ...]

    @property
    def data(self) -> list[str]:
        """Shared files that the commands read."""
        return [name for name in SHARED if name in words(tuple(command for command, _ in self.commands))]


def examples() -> list[Example]:
    """Every ``console`` block of every document."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for block in re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL):
            pieces = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
            commands = tuple(zip(pieces[1::2], pieces[2::2], strict=True))
            found.append(Example(document.relative_to(ROOT).as_posix(), commands))
    return found


def by_commands(found: list[Example]) -> dict[tuple[str, ...], list[Example]]:
    """Examples of the same commands together, so that these run once for all documents that show them."""
    same: dict[tuple[str, ...], list[Example]] = {}
    for example in found:
        same.setdefault(tuple(command for command, _ in example.commands), []).append(example)
    return same


def words(lines: tuple[str, ...]) -> set[str]:
    """Every word of these commands."""
    return {word for line in lines for word in shlex.split(line)}


def name_of(same: list[Example]) -> str:
    """What a test calls examples of the same commands."""
    return f"{', '.join(one.document for one in same)}: {same[0].commands[0][0]}"


def commands() -> list[str]:
    """Every line of every document that starts ``statescape``, in shell and console blocks and between backticks."""
    found = set()
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for block in re.findall(r"```(?:sh|console)\n(.*?)```", text, flags=re.DOTALL):
            found.update(re.findall(r"^(?:\$ )?(statescape .*?)(?: +#.*)?$", block.replace("\\\n", ""), re.MULTILINE))
        found.update(re.sub(r"\s+", " ", one) for one in re.findall(r"(?<!`)`(statescape [^`]+)`(?!`)", text))
    return sorted(found)


def run(command: str, folder: Path) -> subprocess.CompletedProcess:
    """Run one command of an example in this folder; two workers, the network out of reach."""
    name, *arguments = shlex.split(command)
    assert name == "statescape", command
    environment = {**os.environ, "COLUMNS": "120", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT / "src")}
    call = [sys.executable, "-m", "statescape", *arguments]
    return subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder, env=environment)


def supply(example: Example, folder: Path) -> None:
    """Put the shared files that an example reads into its folder."""
    for name in example.data:
        shutil.copy(material(SHARED[name]), folder / name)


def told(output: str) -> str:
    """What an output says, whatever the machine's speed and however its lines are broken."""
    return " ".join(_SECONDS.sub("…", output).split())


def agrees(output: str, printed: str) -> bool:
    """Whether an output is what a document prints, or begins so where the document ends in three dots."""
    said, begins = told(output), told(printed)
    return said.startswith(begins[:-4]) if begins.endswith(" ...") else said == begins
