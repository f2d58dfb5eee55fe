"""The table of a path in the terminal: a row for every state, what chance gives in the footer, the conclusion below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from statescape.cli.console import output, token, visible

if TYPE_CHECKING:
    from rich.table import Table

    from statescape.studies import PathConclusion, PathReading

ROWS_ABOVE = 49
"""A table of more states than this keeps every other row, both ends always."""


def print_path(reading: PathReading, conclusion: PathConclusion, top: int) -> None:
    """Print model, position, table and conclusion."""
    console, path_, facts = output(), reading.path, reading.path.model
    console.print(
        f"{visible(facts.name)}: {facts.n_blocks} blocks, width {facts.d_model}, {facts.vocab_size:,} tokens, "
        f"{facts.dtype}; decodes its own logits {_exactness(facts.max_logit_error)}; BOS: {facts.bos}",
        markup=False,
    )
    read = "".join(visible(part) for part in path_.tokens[: path_.position + 1])
    read = read if len(read) <= 80 else f"… {read[-78:]}"
    probability = math.exp(reading.log_probability[-1])
    console.print(
        f"position {path_.position} of {len(path_.tokens)}: {read} → {token(path_.vocabulary[path_.predicted_id])} "
        f"({probability:.1%})\n",
        markup=False,
    )
    console.print(_table(reading, top))
    console.print()
    for sentence in conclusion.sentences:
        console.print(visible(sentence), markup=False, soft_wrap=not console.is_terminal)
    if path_.position == 0:
        console.print("Position 0 is an attention sink with a norm of its own: not typical of a path.", markup=False)


def _table(reading: PathReading, top: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    path_ = reading.path
    predicted, current = path_.vocabulary[path_.predicted_id], path_.vocabulary[path_.current_id]
    table = Table(box=None, pad_edge=False, header_style="bold", footer_style="dim")
    null, embeddings = reading.best_of_isotropic["raw"], reading.energy_of_embeddings
    columns = [
        ("block", "chance"),
        ("norm", ""),
        (f"cos {token(predicted)}", f"≤ {null.high:.2f}"),
        (f"cos {token(current)}", ""),
        ("inside", f"{reading.subspace.isotropic_expectation:.0%}"),
        ("attn", ""),
        ("mlp", ""),
        ("rank", ""),
        ("prob", ""),
    ]
    if path_.steps is None:
        columns = [column for column in columns if column[0] not in ("attn", "mlp")]
    for header, footer in columns:
        table.add_column(Text(header), footer=Text(footer), justify="right", no_wrap=True)
    table.add_column("top tokens", footer=Text(f"inside: {embeddings.mean:.0%} for embeddings"), no_wrap=True)
    table.show_footer = True
    for index in _rows_shown(len(path_.states)):
        cells = [
            f"{index}",
            f"{reading.norms[index]:.1f}",
            f"{reading.cosine('predicted')[index]:.2f}",
            f"{reading.cosine('current')[index]:.2f}",
            f"{reading.energy_inside[index]:.0%}",
        ]
        if path_.steps is not None:
            added = ("", "")
            if index:
                attention, mlp = path_.steps.attention_logit[index - 1], path_.steps.mlp_logit[index - 1]
                added = (f"{attention:+.1f}", f"{mlp:+.1f}")
            cells.extend(added)
        cells += [f"{reading.ranks[index]:,}", _percent(reading.log_probability[index])]
        likeliest = "  ".join(token(path_.vocabulary[number]) for number, _ in reading.top(index, top))
        table.add_row(*(Text(cell) for cell in cells), Text(likeliest, overflow="ellipsis"))
    return table


def _rows_shown(n_states: int) -> list[int]:
    if n_states <= ROWS_ABOVE:
        return list(range(n_states))
    return sorted({*range(0, n_states, 2), n_states - 1})


def _percent(log_probability: float) -> str:
    probability = math.exp(log_probability)
    return f"{probability:.1%}" if probability >= 0.0005 else f"{probability:.0e}"


def _exactness(error: float) -> str:
    return f"within {error:.0e} of their spread" if error else "exactly"
