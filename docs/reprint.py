"""Prints what the console blocks of README and docs show anew: ``python docs/reprint.py [WORD ...]``.

With words, only the blocks whose commands hold one of them. A block that ends in three dots keeps as many lines.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests import documents

MORE = "..."


def shown(output: str, before: str) -> str:
    """An output as a document shows it, cut where the document cuts it."""
    lines = [line.rstrip() for line in output.splitlines()]
    old = before.splitlines()
    if old and old[-1].strip() == MORE:
        lines = [*lines[: len(old) - 1], old[-1]]
    return "\n".join(lines) + "\n"


def reprinted(text: str, command: str, before: str, now: str) -> str:
    """A document in which a command prints something else."""
    return text.replace(f"$ {command}\n{before}", f"$ {command}\n{now}")


def main(asked: list[str]) -> None:
    """Run the examples and write what they print into the documents that show them."""
    for commands, same in documents.by_commands(documents.examples()).items():
        if asked and not set(asked) & documents.words(commands):
            continue
        with tempfile.TemporaryDirectory() as folder:
            documents.supply(same[0], Path(folder))
            for place, command in enumerate(commands):
                result = documents.run(command, Path(folder))
                if result.returncode:
                    sys.exit(f"{command}: {result.stderr}")
                for example in same:
                    before = example.commands[place][1]
                    if documents.agrees(result.stdout, before):
                        continue  # seconds differ from run to run
                    file = documents.ROOT / example.document
                    text = file.read_text(encoding="utf-8")
                    file.write_text(reprinted(text, command, before, shown(result.stdout, before)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
