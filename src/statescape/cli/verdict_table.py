"""What ``verdict`` prints: for every question the estimate, the margin, what chance gives, and the word."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from statescape.cli.console import counted, output
from statescape.cli.streams import visible

if TYPE_CHECKING:
    from statescape.cli.terminal import Sheet
    from statescape.studies.verdict import Verdicts
    from statescape.studies.verdict.decision import Decision

STYLES = {"supported": "bold green", "refuted": "bold red", "undecided": "bold"}


def print_verdicts(found: Verdicts) -> None:
    """Print corpus and models, the table, and the sentences."""
    from statescape.studies.verdict.conclusion import conclude, methods

    console = output()
    console.print(corpus_line(found), markup=False, soft_wrap=not console.is_terminal)
    for one in found.models:
        facts = one.facts
        parts = [
            f"{facts.name}: {facts.n_blocks} blocks, width {facts.d_model}, {facts.vocab_size:,} tokens; "
            f"BOS: {facts.bos}; {counted(one.summary.n_documents, 'document')}, "
            f"{counted(one.summary.n_positions, 'position')}"
        ]
        if one.split:
            parts.append(f"{one.split:,} longer than the context and read in passages")
        if one.too_short:
            parts.append(f"{one.too_short:,} too short and left out")
        console.print("; ".join(parts), markup=False, soft_wrap=not console.is_terminal)
    console.print()
    console.print(_table(found))
    console.print(
        f"95% interval over documents: {methods(found)}; p one-sided against the margin, on the estimate's side "
        "(sign-flip), Holm over questions and models\n",
        markup=False,
        style="dim",
        soft_wrap=not console.is_terminal,
    )
    for sentence in conclude(found):
        console.print(visible(sentence), markup=False, soft_wrap=not console.is_terminal)


def corpus_line(found: Verdicts) -> str:
    """What was read, in a line."""
    names = ", ".join("stdin" if name == "-" else Path(name).name for name in found.files)
    parts = [counted(found.n_documents, "document") + ("" if found.complete else " (the first)")]
    for count, what in (
        (found.faults, "faulty line"),
        (found.empty, "empty document"),
        (found.duplicates, "duplicate"),
    ):
        if count:
            parts.append(f"{counted(count, what)} left out")
    sampled = "all" if found.positions is None else f"up to {found.positions:,} drawn"
    parts.append(f"positions: {sampled} but the first; seed {found.seed}")
    return f"{names}: {'; '.join(parts)}"


def _table(found: Verdicts) -> Sheet:
    from rich.text import Text

    from statescape.cli.terminal import Sheet
    from statescape.studies.verdict.conclusion import decided_by

    table = Sheet("")
    if len(found.models) > 1:
        table.column("model", most=20)
    table.numbers("estimate", "95% interval", "margin", "p")
    table.column("verdict")
    table.column("claim", prose=True)
    for question in range(len(found.models[0].decisions)):
        for place, one in enumerate(found.models):
            decision = one.decisions[question]
            asked = decision.question
            cells: list[str | Text] = [
                asked.name if place == 0 else "",
                *([one.facts.name] if len(found.models) > 1 else []),
                number(decision.interval.mean),
                interval(decision),
                f"{'>' if asked.predicted == 'above' else '<'} {asked.margin:g}",
                p_value(decision.p_shown),
                Text(decision.verdict, style=STYLES[decision.verdict]),
                asked.statement if place == 0 else "",
            ]
            table.row(*cells)
            if asked.name in ("H2", "H2n") and decision.interval.n:
                table.row(*[""] * (len(cells) - 1), Text(decided_by(one, asked.name), style="dim"))
    return table


def number(value: float) -> str:
    """Three digits, or a dash where there is no number."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 10 else f"{value:.3f}"


def interval(decision: Decision) -> str:
    """The interval, or why there is none."""
    low, high = decision.interval.low, decision.interval.high
    if not math.isfinite(low):
        return "does not arise" if decision.interval.n == 0 else "one document"
    return f"{number(low)} to {number(high)}"


def p_value(p: float) -> str:
    """A corrected p-value as tables show it."""
    return f"{p:.3f}" if p >= 0.001 else "<0.001"
