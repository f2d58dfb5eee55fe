"""What ``verdict`` prints: for every question the estimate, the margin, what chance gives, and the word."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from statescape.cli.console import output
from statescape.cli.streams import visible
from statescape.wording import number, say, say_count

if TYPE_CHECKING:
    from statescape.cli.terminal import Sheet
    from statescape.studies.verdict import Verdicts
    from statescape.studies.verdict.decision import Decision

STYLES = {"supported": "bold green", "refuted": "bold red", "undecided": "bold"}


def print_verdicts(found: Verdicts) -> None:
    """Print corpus and models, the table, and the sentences."""
    from statescape.language.readable import opening_in_words
    from statescape.studies.verdict.conclusion import conclude, methods

    console = output()
    console.print(corpus_line(found), markup=False, soft_wrap=not console.is_terminal)
    for one in found.models:
        facts = one.facts
        parts = [
            say(
                "{name}: {blocks} blocks, width {width}, {tokens:,} tokens",
                name=facts.name,
                blocks=facts.n_blocks,
                width=facts.d_model,
                tokens=facts.vocab_size,
            ),
            say("BOS: {bos}", bos=opening_in_words(facts.bos)),
            f"{_documents(one.summary.n_documents)}, "
            + say_count("{count:,} position", "{count:,} positions", one.summary.n_positions),
        ]
        if one.split:
            parts.append(say("{count:,} longer than the context and read in passages", count=one.split))
        if one.too_short:
            parts.append(say("{count:,} too short and left out", count=one.too_short))
        console.print(say("; ").join(parts), markup=False, soft_wrap=not console.is_terminal)
    console.print()
    console.print(_table(found))
    meaning = say(
        "95% interval over documents: {methods}; p one-sided against the margin, on the estimate's side (sign-flip), "
        "Holm over questions and models",
        methods=methods(found),
    )
    console.print(
        f"{meaning}\n",
        markup=False,
        style="dim",
        soft_wrap=not console.is_terminal,
    )
    for sentence in conclude(found):
        console.print(visible(sentence), markup=False, soft_wrap=not console.is_terminal)


def corpus_line(found: Verdicts) -> str:
    """What was read, in a line."""
    names = ", ".join("stdin" if name == "-" else Path(name).name for name in found.files)
    left_out = (
        (found.faults, say_count("{count:,} faulty line left out", "{count:,} faulty lines left out", found.faults)),
        (
            found.empty,
            say_count("{count:,} empty document left out", "{count:,} empty documents left out", found.empty),
        ),
        (
            found.duplicates,
            say_count("{count:,} duplicate left out", "{count:,} duplicates left out", found.duplicates),
        ),
    )
    sampled = (
        say("positions: all but the first; seed {seed}", seed=found.seed)
        if found.positions is None
        else say("positions: up to {count:,} drawn but the first; seed {seed}", count=found.positions, seed=found.seed)
    )
    read = _documents(found.n_documents) + ("" if found.complete else say(" (the first)"))
    parts = [read, *(words for count, words in left_out if count), sampled]
    return say("{name}: {what}", name=names, what=say("; ").join(parts))


def _documents(count: int) -> str:
    return say_count("{count:,} document", "{count:,} documents", count)


def _table(found: Verdicts) -> Sheet:
    from rich.text import Text

    from statescape.cli.terminal import Sheet
    from statescape.studies.verdict.conclusion import decided_by, word_in_words

    table = Sheet("")
    if len(found.models) > 1:
        table.column(say("model"), most=20)
    table.numbers(say("estimate"), say("95% interval"), say("margin"), "p")
    table.column(say("verdict"))
    table.column(say("claim"), prose=True)
    for question in range(len(found.models[0].decisions)):
        for place, one in enumerate(found.models):
            decision = one.decisions[question]
            asked = decision.question
            cells: list[str | Text] = [
                asked.name if place == 0 else "",
                *([one.facts.name] if len(found.models) > 1 else []),
                estimate(decision.interval.mean),
                interval(decision),
                f"{'>' if asked.predicted == 'above' else '<'} {number(asked.margin, 'g')}",
                p_value(decision.p_shown),
                Text(word_in_words(decision.verdict), style=STYLES[decision.verdict]),
                say(asked.statement) if place == 0 else "",
            ]
            table.row(*cells)
            if asked.name in ("H2", "H2n") and decision.interval.n:
                table.row(*[""] * (len(cells) - 1), Text(decided_by(one, asked.name), style="dim"))
    return table


def estimate(value: float) -> str:
    """Three digits, or a dash where there is no number."""
    if not math.isfinite(value):
        return "–"
    return number(value, ".1f" if abs(value) >= 100 else ".2f" if abs(value) >= 10 else ".3f")


def interval(decision: Decision) -> str:
    """The interval, or why there is none."""
    low, high = decision.interval.low, decision.interval.high
    if not math.isfinite(low):
        return say("does not arise") if decision.interval.n == 0 else say("one document")
    return say("{low} to {high}", low=estimate(low), high=estimate(high))


def p_value(p: float) -> str:
    """A corrected p-value as tables show it."""
    return number(p, ".3f") if p >= 0.001 else f"<{number(0.001, '.3f')}"
