"""``statescape patch``: which state of one run, put into another, brings its answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape import __version__
from statescape.cli import inputs
from statescape.cli.console import output, token, working
from statescape.cli.roles import Reads
from statescape.errors import StatescapeError

if TYPE_CHECKING:
    from rich.console import Console

    from statescape.cli.terminal import Sheet
    from statescape.language import PatchedPairs, Patching

_NAMES = {"state": "state", "attention": "what attention added", "mlp": "what the MLP added"}
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
    json_file: inputs.Json = None,
) -> None:
    """Which states carry the answer: each state of CLEAN put into CORRUPT, and how much of the answer comes back."""
    file = inputs.texts_file(clean) if corrupt is None else None
    if corrupt is None and file is None:
        raise StatescapeError("Two texts are patched, CLEAN and CORRUPT, or the pairs of a file that ends in .jsonl.")
    if file is not None and answers is not None:
        raise StatescapeError("The pairs of a file name their own answers; leave --answers out.")
    from statescape.language.pair_patching import patch_pairs, read_pairs

    pairs = None if file is None else read_pairs(file)
    other = "" if corrupt is None else inputs.read_text(corrupt)
    language_model = inputs.load(model, bos, device, dtype)
    with working("Patching ...") as status:
        from statescape.language import patch as patched

        def said(done: int, whole: int) -> None:
            status.update(f"Patching: {done:,} of {whole:,} {'states' if pairs is None else 'pairs'} ...")

        one = several = None
        if pairs is not None:
            several = patch_pairs(language_model, pairs, attribution=attribution, progress=said)
        else:
            one = patched(language_model, clean, other, answers, attribution=attribution, progress=said)
    if one is not None:
        _print_patching(one)
        data = as_json(one)
    elif several is not None:
        _print_pairs(several)
        data = pairs_as_json(several)
    if out is not None:
        from statescape import views

        with working("Writing the page ..."):
            views.report(one or several, out)
        output().print(f"Page: {out}", markup=False)
    if json_file is not None:
        inputs.write_json(json_file, data)
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
    _print_maps(console, found)
    console.print(_conclusion(found), markup=False, soft_wrap=soft)
    if found.correlations:
        console.print(f"Attribution by gradients correlates with the maps: {_correlations(found)}.", markup=False)
    if found.parts_note:
        console.print(f"Attention and MLP are not patched apart: {found.parts_note}.", markup=False, soft_wrap=soft)


def _print_maps(console: Console, found: Patching | PatchedPairs) -> None:
    """A table for each map, and what they leave out."""
    for name in found.maps:
        console.print(f"\n{_NAMES[name]}", markup=False)
        console.print(_table(found, name))
    start = found.first_difference
    if start:
        console.print(f"Positions 0 to {start - 1} are left out: the texts are the same up to there.", markup=False)


def _print_pairs(found: PatchedPairs) -> None:
    """Model and pairs, a table of means for each map, and where the interval lies above a half."""
    import numpy as np

    console, facts, count = output(), found.model, len(found.pairs)
    soft = not console.is_terminal
    console.print(f"{facts.name}: {facts.n_blocks} blocks; BOS: {facts.bos}", markup=False)
    console.print(
        f"mean over {count} pairs; the tables say how many percent of the way one patch leads back",
        markup=False,
        soft_wrap=soft,
    )
    _print_maps(console, found)
    low, _ = found.intervals("state")
    sure = [f"state {state} at position {position}" for state, position in np.argwhere(low >= 0.5).tolist()]
    console.print(
        f"States that restore at least half, with their whole 95% interval over {count} pairs: "
        f"{', '.join(sure) or 'none'}.",
        markup=False,
        soft_wrap=soft,
    )
    if found.pairs[0].correlations:
        means = {
            name: float(np.mean([one.correlations[name] for one in found.pairs]))
            for name in found.pairs[0].correlations
        }
        console.print(
            f"Attribution by gradients correlates with the maps, mean over pairs: {_said(means)}.", markup=False
        )


def _correlations(found: Patching) -> str:
    return _said(found.correlations)


def _said(correlations: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in correlations.items())


def _table(found: Patching | PatchedPairs, name: str) -> Sheet:
    """A row for every block, a column for every position from the first difference on."""
    from rich.text import Text

    from statescape.cli.terminal import Sheet

    table = Sheet()
    table.column("block", "right")
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
        **_attribution(found),
    }


def _attribution(found: Patching) -> dict[str, Any]:
    if found.attribution is None:
        return {}
    approximate = {name: values.tolist() for name, values in found.attribution.items()}
    return {"attribution": approximate, "attribution_correlation": found.correlations}


def pairs_as_json(found: PatchedPairs) -> dict[str, Any]:
    """The mean maps with their intervals, and the numbers of every pair."""
    ends = {name: found.intervals(name) for name in found.maps}
    return {
        "version": __version__,
        "model": as_json(found.pairs[0])["model"],
        "n_pairs": len(found.pairs),
        "restored": {name: values.tolist() for name, values in found.maps.items()},
        "ci95": {name: [low.tolist(), high.tolist()] for name, (low, high) in ends.items()},
        "pairs": [as_json(one) for one in found.pairs],
    }
