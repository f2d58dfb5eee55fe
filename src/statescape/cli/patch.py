"""``statescape patch``: which state of one run, put into another, brings its answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape import __version__
from statescape.cli import inputs
from statescape.cli.console import output, token, working

if TYPE_CHECKING:
    from statescape.cli.terminal import Sheet
    from statescape.language import Patching

_NAMES = {"state": "state", "attention": "what attention added", "mlp": "what the MLP added"}
_LONGEST = 10


def patch(
    clean: Annotated[
        str, typer.Argument(help="The text whose states are taken.", show_default=False, callback=inputs.read_text)
    ],
    corrupt: Annotated[
        str,
        typer.Argument(
            help="A text of as many tokens, which they are put into.", show_default=False, callback=inputs.read_text
        ),
    ],
    model: inputs.Model = None,
    answers: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--answers", help="The two answers, each one token (' Lily' ' Tim'). [default: what is predicted]"
        ),
    ] = None,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    json_file: inputs.Json = None,
) -> None:
    """Which states carry the answer: each state of CLEAN put into CORRUPT, and how much of the answer comes back."""
    language_model = inputs.load(model, bos, device, dtype)
    with working("Patching ...") as status:
        from statescape.language import patch as patched

        def said(done: int, whole: int) -> None:
            status.update(f"Patching: {done:,} of {whole:,} states ...")

        found = patched(language_model, clean, corrupt, answers, progress=said)
    _print_patching(found)
    if json_file is not None:
        inputs.write_json(json_file, as_json(found))
        output().print(f"Numbers: {json_file}", markup=False)


def _print_patching(found: Patching) -> None:
    """Model, answers, a table for each map, and which states carry the answer."""
    console, facts = output(), found.model
    soft = not console.is_terminal
    first, second = map(token, found.answer_tokens)
    console.print(f"{facts.name}: {facts.n_blocks} blocks; BOS: {facts.bos}", markup=False)
    console.print(
        f"logit of {first} less that of {second}: {found.difference_clean:.2f} clean, {found.difference_corrupt:.2f} "
        "corrupt; the tables say how many percent of the way one patch leads back",
        markup=False,
        soft_wrap=soft,
    )
    for name in found.maps:
        console.print(f"\n{_NAMES[name]}", markup=False)
        console.print(_table(found, name))
    start = found.first_difference
    if start:
        console.print(f"Positions 0 to {start - 1} are left out: the texts are the same up to there.", markup=False)
    console.print(_conclusion(found), markup=False, soft_wrap=soft)
    if found.parts_note:
        console.print(f"Attention and MLP are not patched apart: {found.parts_note}.", markup=False, soft_wrap=soft)


def _table(found: Patching, name: str) -> Sheet:
    """A row for every block, a column for every position from the first difference on."""
    from rich.text import Text

    from statescape.cli.terminal import Sheet

    table = Sheet()
    table.column("block", "right")
    for position in range(found.first_difference, len(found.clean)):
        table.column(_heading(found, position), "right")
    for block, shares in enumerate(found.maps[name], name != "state"):
        cells = [
            Text(f"{100 * share:.0f}".replace("-0", "0") if abs(share) < 0.005 else f"{100 * share:.0f}", _style(share))
            for share in shares[found.first_difference :].tolist()
        ]
        table.row(f"{block}", *cells)
    return table


def _heading(found: Patching, position: int) -> str:
    """The token there; both where they differ."""
    one, other = (token(trace.tokens[position])[:_LONGEST] for trace in (found.clean, found.corrupt))
    return one if one == other else f"{one}/{other}"


def _style(share: float) -> str:
    """Bold from a half on, dim below a twentieth."""
    return "bold" if share >= 0.5 else "dim" if abs(share) < 0.05 else ""


def _conclusion(found: Patching) -> str:
    """Which single states restore at least half."""
    carriers = found.carriers()
    if not carriers:
        return "No single state restores half of the difference."
    said = [
        f"at {token(found.clean.tokens[position])} (position {position}) "
        + (f"in state {first}" if first == last else f"in states {first} to {last}")
        for position, first, last in carriers
    ]
    return f"One state restores at least half: {', '.join(said)}."


def as_json(found: Patching) -> dict[str, Any]:
    """The numbers under the keys that other programs rely on."""
    facts = found.model
    return {
        "version": __version__,
        "model": {
            "name": facts.name,
            "n_blocks": facts.n_blocks,
            "d_model": facts.d_model,
            "vocab_size": facts.vocab_size,
            "dtype": facts.dtype,
        },
        "bos": facts.bos,
        "clean": found.clean.text,
        "corrupt": found.corrupt.text,
        "tokens": {"clean": list(found.clean.tokens), "corrupt": list(found.corrupt.tokens)},
        "answers": [
            {"id": answer, "token": read} for answer, read in zip(found.answers, found.answer_tokens, strict=True)
        ],
        "logit_difference": {"clean": found.difference_clean, "corrupt": found.difference_corrupt},
        "restored": {
            name: None if values is None else values.tolist()
            for name, values in (("state", found.state), ("attention", found.attention), ("mlp", found.mlp))
        },
        "parts_note": found.parts_note,
    }
