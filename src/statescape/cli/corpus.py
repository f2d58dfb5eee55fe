"""What `verdict` and `fit-lens` read alike: a corpus, with what was left out on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, cast

import typer

from statescape.cli.console import Working, complain, counted
from statescape.cli.roles import Reads
from statescape.wording import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import BufferedIOBase

    from statescape.language.corpus import Corpus

FAULTS_SHOWN = 3

Files = Annotated[
    list[str],
    typer.Argument(
        help="Text or JSON lines with `text`, plain or gzipped; - for stdin.", show_default=False, metavar="FILE..."
    ),
    Reads(),
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at the first line that cannot be read.")]


def read(files: Sequence[str], strict: bool, most: int | None = None) -> Corpus:
    """The corpus, with a spinner while it is read; lines left out are named, the first by number, all by count."""
    with Working(say("Reading the corpus ...")):
        from statescape.language.corpus import read_corpus

        stdin = cast("BufferedIOBase", sys.stdin.buffer) if "-" in files else None
        corpus = read_corpus(files, strict=strict, most=most, stdin=stdin)
    if corpus.faults:
        first = "; ".join(f"{fault.place}: {fault.reason}" for fault in corpus.faults[:FAULTS_SHOWN])
        more = len(corpus.faults) - FAULTS_SHOWN
        complain(
            f"left out {counted(len(corpus.faults), 'line')} that cannot be read "
            f"({first}{f'; and {more:,} more' if more > 0 else ''})"
        )
    return corpus
