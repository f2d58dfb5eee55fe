"""``statescape patch``: which state of one run, put into another, brings its answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import Working, output, token
from statescape.cli.roles import Reads
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES, number, phrase, say

if TYPE_CHECKING:
    from statescape.cli.terminal import Sheet
    from statescape.language import PatchedPairs, Patching

_NAMES = {
    "state": phrase("state"),
    "attention": phrase("what attention added"),
    "mlp": phrase("what the MLP added"),
}
_PARTS = {"state": phrase("state"), "attention": phrase("attention"), "mlp": "mlp"}
_LONGEST = 10


def patch(
    clean: Annotated[
        str,
        typer.Argument(
            help="The text whose states are taken, or a file of pairs (.jsonl).",
            show_default=False,
            callback=inputs.read_text,
        ),
        Reads(folder_too=False),
    ],
    corrupt: Annotated[
        str | None,
        typer.Argument(
            help="A text of as many tokens, which they are put into; none for a file of pairs.", show_default=False
        ),
    ] = None,
    model: inputs.Model = None,
    answers: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--answers", help="The two answers, each one token (' Lily' ' Tim'). [default: what is predicted]"
        ),
    ] = None,
    attribution: Annotated[
        bool, typer.Option("--attribution", help="Approximate the maps by gradients too, and say how well that does.")
    ] = False,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    out: inputs.Out = None,
    figures: inputs.Figures = None,
    open_page: inputs.Open = False,
    json_file: inputs.Json = None,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Which states carry the answer: each state of CLEAN put into CORRUPT, and how much of the answer comes back."""
    file = inputs.texts_file(clean) if corrupt is None else None
    if corrupt is None and file is None:
        raise StatescapeError("Two texts are patched, CLEAN and CORRUPT, or the pairs of a file that ends in .jsonl.")
    if file is not None and answers is not None:
        raise StatescapeError("The pairs of a file name their own answers; leave --answers out.")
    with inputs.loading(model):
        from statescape.language.pair_patching import patch_pairs, read_pairs

        pairs = None if file is None else read_pairs(file)
    other = "" if corrupt is None else inputs.read_text(corrupt)
    language_model = inputs.load(model, bos, device, dtype)
    counting = (
        phrase("Patching: {done:,} of {whole:,} states ...")
        if pairs is None
        else phrase("Patching: {done:,} of {whole:,} pairs ...")
    )
    with Working(say("Patching ...")) as status:
        from statescape.language import patch as patched

        def said(done: int, whole: int) -> None:
            status.update(say(counting, done=done, whole=whole))

        found: Patching | PatchedPairs = (
            patched(language_model, clean, other, answers, attribution=attribution, progress=said)
            if pairs is None
            else patch_pairs(language_model, pairs, attribution=attribution, progress=said)
        )
    _print(found)
    inputs.hand_out(found, out, figures, json_file, open_page)


def _print(found: Patching | PatchedPairs) -> None:
    """Model, what was asked, a table for each map, and which states carry the answer."""
    from statescape.language import PatchedPairs
    from statescape.language.readable import opening_in_words

    console, facts = output(), found.model
    soft = not console.is_terminal
    opens = opening_in_words(facts.bos)
    said = say("{name}: {blocks} blocks; BOS: {bos}", name=facts.name, blocks=facts.n_blocks, bos=opens)
    console.print(said, markup=False)
    if isinstance(found, PatchedPairs):
        asked = say("mean over {count} pairs", count=len(found.pairs))
        correlates = phrase("Attribution by gradients correlates with the maps, mean over pairs: {values}.")
    else:
        asked, correlates = _difference(found), phrase("Attribution by gradients correlates with the maps: {values}.")
    meaning = say("{asked}; the tables say how many percent of the way one patch leads back", asked=asked)
    console.print(meaning, markup=False, soft_wrap=soft)
    for name in found.maps:
        console.print(f"\n{say(_NAMES[name])}", markup=False)
        console.print(_table(found, name))
    start = found.first_difference
    if start:
        same = say("Positions 0 to {last} are left out: the texts are the same up to there.", last=start - 1)
        console.print(same, markup=False)
    console.print(found.conclusion, markup=False, soft_wrap=soft)
    if found.correlations:
        values = ", ".join(f"{say(_PARTS[name])} {number(value, '.3f')}" for name, value in found.correlations.items())
        console.print(say(correlates, values=values), markup=False)
    if found.parts_note:
        apart = say("Attention and MLP are not patched apart: {reason}.", reason=found.parts_note)
        console.print(apart, markup=False, soft_wrap=soft)


def _difference(found: Patching) -> str:
    """The two answers, and how far apart their logits are at the end of both texts."""
    first, second = map(token, found.answer_tokens)
    return say(
        "logit of {first} less that of {second}: {clean:.2f} clean, {corrupt:.2f} corrupt",
        first=first,
        second=second,
        clean=found.difference_clean,
        corrupt=found.difference_corrupt,
    )


def _table(found: Patching | PatchedPairs, name: str) -> Sheet:
    """A row for every block, a column for every position from the first difference on."""
    from rich.text import Text

    from statescape.cli.terminal import Sheet

    table = Sheet()
    table.column(say("state") if name == "state" else say("block"), "right")
    for position in range(found.first_difference, found.maps[name].shape[1]):
        table.column(_heading(found, position), "right")
    for block, shares in enumerate(found.maps[name], name != "state"):
        cells = [
            Text(f"{100 * share:.0f}".replace("-0", "0") if abs(share) < 0.005 else f"{100 * share:.0f}", _style(share))
            for share in shares[found.first_difference :].tolist()
        ]
        table.row(f"{block}", *cells)
    return table


def _heading(found: Patching | PatchedPairs, position: int) -> str:
    """The token there, both of one pair where they differ; of pairs that differ there the position."""
    return "/".join(token(one)[:_LONGEST] for one in found.tokens_at(position)) or f"({position})"


def _style(share: float) -> str:
    """Bold from a half on, dim below a twentieth."""
    return "bold" if share >= 0.5 else "dim" if abs(share) < 0.05 else ""
