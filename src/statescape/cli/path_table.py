"""The table of a path in the terminal: a row for every state, what chance gives in the footer, the conclusion below."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from statescape.cli.console import output, token
from statescape.cli.streams import visible

if TYPE_CHECKING:
    from statescape.analysis import PathConclusion, PathReading
    from statescape.cli.terminal import Sheet

ROWS_ABOVE = 49
"""A table of more states than this keeps every other row, both ends always."""


def print_path(reading: PathReading, conclusion: PathConclusion, top: int) -> None:
    """Print model, position, table and conclusion."""
    console, path_, facts = output(), reading.path, reading.path.model
    console.print(
        f"{facts.name}: {facts.n_blocks} blocks, width {facts.d_model}, {facts.vocab_size:,} tokens, "
        f"{facts.dtype}; decodes its own logits {_exactness(facts.max_logit_error)}; BOS: {facts.bos}",
        markup=False,
    )
    read = "".join(visible(part) for part in path_.tokens[: path_.position + 1])
    read = read if len(read) <= 80 else f"… {read[-78:]}"
    console.print(
        f"position {path_.position} of {len(path_.tokens)}: {read} → {token(path_.vocabulary[path_.predicted_id])} "
        f"({_percent(reading.log_probability[-1])})\n",
        markup=False,
    )
    console.print(_table(reading, top))
    console.print(
        f"chance: the best token of a random direction, and the energy inside of any direction; embeddings have "
        f"{reading.energy_of_embeddings.mean:.0%} inside\n",
        markup=False,
        style="dim",
        soft_wrap=not console.is_terminal,
    )
    for sentence in (*conclusion.sentences, *filter(None, [path_.steps_note])):
        console.print(visible(sentence), markup=False, soft_wrap=not console.is_terminal)
    if path_.position == 0:
        console.print("Position 0 is an attention sink with a norm of its own: not typical of a path.", markup=False)


def _table(reading: PathReading, top: int) -> Sheet:
    from rich.text import Text

    from statescape.cli.terminal import Sheet

    path_ = reading.path
    predicted, current = path_.vocabulary[path_.predicted_id], path_.vocabulary[path_.current_id]
    table = Sheet(gap=1, footer_style="dim", show_footer=True)
    steps, null = path_.steps, reading.best_of_isotropic["raw"]
    columns = [
        ("block", "chance"),
        ("norm", ""),
        (f"cos {_clipped(predicted)}", f"≤ {null.high:.2f}"),
        (f"cos {_clipped(current)}", ""),
        ("inside", f"{reading.subspace.isotropic_expectation:.0%}"),
        *([] if steps is None else [("attn", ""), ("mlp", "")]),
        ("rank", ""),
        ("prob", ""),
    ]
    for header, footer in columns:
        table.column(header, "right", footer=footer)
    # The only column that may give way on a narrow terminal: numbers are never cut.
    table.column("top tokens", prose=True)
    for index in _rows_shown(len(path_.states)):
        added = [] if steps is None else ["", ""]
        if steps is not None and index:
            added = [_signed(steps.attention_logit[index - 1]), _signed(steps.mlp_logit[index - 1])]
        cells = [
            f"{index}",
            _norm(reading.norms[index]),
            f"{reading.cosine('predicted')[index]:.2f}",
            f"{reading.cosine('current')[index]:.2f}",
            f"{reading.energy_inside[index]:.0%}",
            *added,
            f"{reading.ranks[index]:,}",
            _percent(reading.log_probability[index]),
        ]
        likeliest = "  ".join(token(path_.vocabulary[number]) for number, _ in reading.top(index, top))
        table.row(*cells, Text(likeliest, no_wrap=True, overflow="ellipsis"))
    return table


def _rows_shown(n_states: int) -> list[int]:
    if n_states <= ROWS_ABOVE:
        return list(range(n_states))
    return sorted({*range(0, n_states, 2), n_states - 1})


def _clipped(text: str, longest: int = 7) -> str:
    shown = token(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _norm(norm: float) -> str:
    return f"{norm:.1f}" if norm >= 1 else f"{norm:.2g}"


def _signed(added: float) -> str:
    """A logit with its sign; what would round to nothing is nothing."""
    return f"{added:+.1f}" if abs(added) >= 0.05 else "0.0"


def _percent(log_probability: float) -> str:
    probability = math.exp(log_probability)
    return f"{probability:.1%}" if probability >= 0.0005 else f"{probability:.0e}"


def _exactness(error: float) -> str:
    return f"within {error:.0e} of their spread" if error else "exactly"
