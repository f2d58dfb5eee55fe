"""``statescape path``: where the state of a language model goes while it predicts a token.

A row of the table for every state, what chance gives in its footer, the conclusion below; of a file of texts a row for
each (`statescape.cli.path_texts`). The same numbers as JSON (`statescape.cli.path_json`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from statescape.cli import corpus as corpora
from statescape.cli import inputs
from statescape.cli.console import Working, ask, output, token, wrote
from statescape.cli.roles import Reads
from statescape.cli.streams import visible
from statescape.errors import StatescapeError
from statescape.wording import LANGUAGES, number, phrase, probability, say, say_count

if TYPE_CHECKING:
    from statescape.analysis import PathConclusion, PathReading
    from statescape.cli.terminal import Sheet
    from statescape.language import Continuation, LanguageModel


ROWS_ABOVE = 49
"""A table of more states than this keeps every other row, both ends always."""


def path(
    text: inputs.TextOrTexts,
    model: inputs.Model = None,
    position: Annotated[int, typer.Option("--position", "-p", help="Position of the path; -1 is the last.")] = -1,
    bos: inputs.Bos = None,
    device: inputs.Device = None,
    dtype: inputs.Dtype = None,
    last: inputs.Last = None,
    chat: inputs.Chat = False,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Top tokens shown for every state.")] = 3,
    follow: Annotated[
        int | None, typer.Option("--follow", min=1, help="Go on by N tokens: the path of each that is made.")
    ] = None,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0, help="Draw the tokens that are followed; 0 takes the likeliest.")
    ] = 0.0,
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--others",
            help="Texts that the geometry of the path is held against, as `verdict` reads them; repeatable. "
            "[default: the packaged sample, on the page only]",
        ),
        Reads(),
    ] = None,
    out: inputs.Out = None,
    open_page: inputs.Open = False,
    figures: inputs.Figures = None,
    json_file: inputs.Json = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the random directions behind the nulls.")] = 0,
    language: inputs.Language = LANGUAGES[0],  # noqa: ARG001 (its callback speaks it)
) -> None:
    """Where the state goes, block by block, while the model predicts the next token."""
    if follow is None and temperature:
        raise StatescapeError("--temperature draws the tokens that --follow makes; add --follow N.")
    if follow is not None and (position != -1 or last is not None):
        raise StatescapeError("--follow goes on from the end of the whole text; leave --position and --last out.")
    if (several := inputs.texts_file(text)) is not None:
        if any(given is not None for given in (follow, others, out, figures)):
            raise StatescapeError(
                f"{several} holds several texts; --follow, --others, --out and --figures are for one (--json takes all "
                "of them)."
            )
        from statescape.cli.path_texts import read_texts
        from statescape.language.corpus import read_lines

        documents = read_lines(str(several))
        read_texts(documents, inputs.load(model, bos, device, dtype), position, last, chat, top, json_file, seed)
        return
    beside = None if others is None else [one.text for one in corpora.read(others, strict=False).documents]
    made = None
    if follow is None:
        state_path = inputs.trace(text, model, bos, device, last, chat, dtype).path(position)
    else:
        made = _followed(inputs.load(model, bos, device, dtype), inputs.asked(text, chat), follow, temperature, seed)
        state_path = made.paths[0]

    from statescape.analysis import conclude, read_path

    reading = read_path(state_path, seed=seed, others=beside)
    conclusion = conclude(reading)
    _print_path(reading, conclusion, top)
    if others is not None:
        _print_others(reading)
    later = [] if made is None else [read_path(one, seed=seed) for one in made.paths[1:]]
    for place, one in enumerate(later, 2):
        output().print(f"\n{say('token {index}', index=place)}: {_prediction(one)}\n", markup=False)
        output().print(_table(one, top))
    if made is not None:
        _print_continuation(made, [reading, *later])
    if json_file is not None:
        from statescape.cli.path_json import as_json, others_json, states_json

        numbers = as_json(reading, conclusion, top)
        if others is not None:
            numbers["geometry"]["other_texts"] = others_json(reading)
        if made is not None:
            numbers["generation"] = [
                {
                    "id": token_id,
                    "token": made.tokens[index],
                    "probability": made.probabilities[index],
                    "states": states_json(one, top),
                }
                for index, (token_id, one) in enumerate(zip(made.token_ids, [reading, *later], strict=True))
            ]
            numbers["temperature"], numbers["seed"] = made.temperature, made.seed
        inputs.write_json(json_file, numbers)
        wrote(phrase("Numbers"), json_file)
    if figures is not None:
        from statescape import views

        with Working(say("Drawing the figures ...")):
            files = views.save_figures(reading, figures)
        drawn = say("{count} files in {folder}", count=len(files), folder=figures)
        wrote(phrase("Figures"), drawn + ("" if made is None else say(", of the first path")))
    if out is not None:
        from statescape import views

        with Working(say("Writing the report ...")):
            views.report(reading if made is None else made, out)
        wrote(phrase("Report"), out)
        if open_page:
            typer.launch(out.resolve().as_uri())


def _followed(model: LanguageModel, text: Any, n: int, temperature: float, seed: int) -> Continuation:
    """Follow the model, with how far it is."""
    from statescape.language import follow

    with Working(say("Following ...")) as status:

        def said(count: int) -> None:
            status.update(say("Following: {count} of {n} tokens ...", count=count, n=n))

        return follow(model, text, n, temperature=temperature, seed=seed, progress=said)


def _print_continuation(made: Continuation, readings: list[PathReading]) -> None:
    """The text that was made, and from which block on each of its tokens is first."""
    how = (
        say("the likeliest")
        if made.temperature == 0
        else say("drawn at temperature {temperature:g}, seed {seed}", temperature=made.temperature, seed=made.seed)
    )
    count = say_count("{count} token", "{count} tokens", len(made))
    output().print(f"\n{count}, {how}: {visible(made.text)}{visible(made.added)}", markup=False)
    shown = ", ".join(f"{token(word)} {one.decodes_from}" for word, one in zip(made.tokens, readings, strict=True))
    blocks = len(readings[0].norms) - 1
    stays = say("The predicted token stays first from block (of {blocks}): {shown}.", blocks=blocks, shown=shown)
    output().print(stays, markup=False)


def _print_path(reading: PathReading, conclusion: PathConclusion, top: int) -> None:
    """Print model, position, table and conclusion."""
    from statescape.analysis.path_conclusion import flags_in_words, question
    from statescape.language.readable import opening_in_words

    console, path_, facts = output(), reading.path, reading.path.model
    said = say(
        "{name}: {blocks} blocks, width {width}, {tokens:,} tokens, {dtype}; decodes its own logits {how}; BOS: {bos}",
        name=facts.name,
        blocks=facts.n_blocks,
        width=facts.d_model,
        tokens=facts.vocab_size,
        dtype=facts.dtype,
        how=_exactness(facts.max_logit_error),
        bos=opening_in_words(facts.bos),
    )
    console.print(said, markup=False)
    place = say("position {position} of {length}", position=path_.position, length=len(path_.tokens))
    console.print(say("{name}: {what}", name=place, what=_prediction(reading)) + "\n", markup=False)
    console.print(_table(reading, top))
    chance = say(
        "chance: the best token of a random direction, and the energy inside of any direction; embeddings have "
        "{share:.0%} inside",
        share=reading.energy_of_embeddings.mean,
    )
    console.print(
        f"{chance}\n",
        markup=False,
        style="dim",
        soft_wrap=not console.is_terminal,
    )
    flagged = flags_in_words(path_.flags, path_.position)
    ask(question())
    for sentence in (*conclusion.sentences, *filter(None, [path_.steps_note, flagged])):
        console.print(visible(sentence), markup=False, soft_wrap=not console.is_terminal)


def _print_others(reading: PathReading) -> None:
    """What of the path's geometry is this text's."""
    from statescape.analysis.path_conclusion import others_in_words

    console = output()
    with Working(say("Reading the other texts ...")):
        sentences = others_in_words(reading)
    for sentence in sentences:
        console.print(sentence, markup=False, soft_wrap=not console.is_terminal)


def _prediction(reading: PathReading) -> str:
    """The text up to a path's position, its end where it is long, and what is predicted there."""
    path_ = reading.path
    read = visible(path_.text_so_far)
    read = read if len(read) <= 80 else f"… {read[-78:]}"
    return f"{read} → {token(path_.predicted.token)} ({probability(math.exp(reading.log_probability[-1]))})"


def _table(reading: PathReading, top: int) -> Sheet:
    from rich.text import Text

    from statescape.cli.terminal import Sheet

    path_ = reading.path
    predicted, current = path_.predicted.token, path_.tokens[path_.position]
    table = Sheet(gap=1, footer_style="dim", show_footer=True)
    steps, null = path_.steps, reading.best_of_isotropic["raw"]
    columns = [
        (say("block"), say("chance")),
        (say("norm"), ""),
        (f"cos {_clipped(predicted)}", f"≤ {number(null.high, '.2f')}"),
        (f"cos {_clipped(current)}", ""),
        (say("inside"), number(reading.subspace.isotropic_expectation, ".0%")),
        *([] if steps is None else [("attn", ""), ("mlp", "")]),
        (say("rank"), ""),
        (say("prob"), ""),
    ]
    for header, footer in columns:
        table.column(header, "right", footer=footer)
    # The only column that may give way on a narrow terminal: numbers are never cut.
    table.column(say("top tokens"), prose=True)
    for index in _rows_shown(len(path_.states)):
        added = [] if steps is None else ["", ""]
        if steps is not None and index:
            added = [_signed(steps.attention_logit[index - 1]), _signed(steps.mlp_logit[index - 1])]
        cells = [
            f"{index}",
            _norm(reading.norms[index]),
            number(reading.cosine("predicted")[index], ".2f"),
            number(reading.cosine("current")[index], ".2f"),
            number(reading.energy_inside[index], ".0%"),
            *added,
            number(reading.ranks[index], ","),
            probability(math.exp(reading.log_probability[index])),
        ]
        likeliest = "  ".join(token(path_.vocabulary[id_]) for id_, _ in reading.top(index, top))
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
    return number(norm, ".1f" if norm >= 1 else ".2g")


def _signed(added: float) -> str:
    """A logit with its sign; what would round to nothing is nothing."""
    return number(added, "+.1f") if abs(added) >= 0.05 else number(0.0, ".1f")


def _exactness(error: float) -> str:
    return say("within {error:.0e} of their spread", error=error) if error else say("exactly")
