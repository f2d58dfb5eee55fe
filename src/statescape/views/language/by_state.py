"""Numbers by state: lines over the blocks beside the bands that chance would give.

Cosines ask along which embedding the states point, raw, centred and without rogue dimensions, for s_l and for
final_norm(s_l), beside the nulls. Steps split every block: a step v goes ``v.w / |w|^2`` of the way ``w = e - s_0``
from the first state to the predicted embedding; its direct effect on the logit passes the final norm at s_L's scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading, compare_lenses
from statescape.analysis.path import RANDOM_WEIGHTS_SEED, TARGETS, VARIANTS, Variant
from statescape.errors import StatescapeError
from statescape.language import LensReadout
from statescape.views.core.labels import every
from statescape.views.core.marks import AnyMark, AreaMark, Axis, BarMark, LineMark, Panel, around
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, BROWN, GREY, INDIGO, ORANGE, RED, SERIES
from statescape.views.language.tokens import landmarks
from statescape.wording import number, phrase, say, say_count, visible

VARIANT_WORDS: dict[Variant, str] = {
    "raw": phrase("raw"),
    "centred": phrase("centred"),
    "without_rogue": phrase("without rogue"),
}
LOWEST = 1e-9
"""Probabilities below are drawn as this: a scale down to 1e-50 would show nothing of what happens above."""
RANKS = (0, 10, 100, 1_000, 10_000, 100_000)
NOT_OFFERED = phrase("What attention and MLP added cannot be told apart here, so steps are not shown.")


class Row(NamedTuple):
    """One series over the states: its name, a value for each, its colour and dash, what the pointer says instead."""

    name: str
    values: Float[np.ndarray, " states"]
    colour: str
    dash: str = "solid"
    notes: Sequence[str] = ()


class Band(NamedTuple):
    """What chance gives to all states alike; a line where both ends are one."""

    name: str
    low: float
    high: float
    colour: str = GREY
    dash: str = "dot"


def by_state_panel(
    title: str,
    rows: Sequence[Row],
    bands: Sequence[Band] = (),
    unit: str = "",
    *,
    x_title: str = phrase("state"),
    first: int = 0,
    most_ticks: int = 13,
    spec: str = ".3g",
    follows: str = "column",
    ranges: Sequence[AreaMark] = (),
    **axis: Any,
) -> Panel:
    """Lines and bands in one frame.

    Args:
        title: over the panel.
        rows: the lines.
        bands: what lies behind them.
        unit: of the values.
        x_title: what the rows run over.
        first: the number of the first of these.
        most_ticks: about so many of them have a number.
        spec: how the pointer writes values.
        follows: "column" where the panel marks the state of the page's slider.
        ranges: areas behind all, of what differs from state to state.
        axis: limits, scale and format of the values (`Axis`).
    """
    count = max((len(row.values) for row in rows), default=1)
    ends = (first - 0.4, first + count - 0.6)
    marks: list[AnyMark] = [*ranges]
    marks += [
        AreaMark(ends, [band.low] * 2, [band.high] * 2, band.colour, band.name)
        if band.high > band.low
        else LineMark(ends, [band.low] * 2, band.colour, band.name, 1.2, band.dash)
        for band in bands
    ]
    hover = f"{{name}}\n{say(x_title)} {{x}}: {{y:{spec}}}"
    for row in rows:
        x = np.arange(first, first + len(row.values))
        dots = 6 if count <= 25 else 4
        said = {"hover": f"{say(x_title)} {{note}}", "notes": row.notes} if row.notes else {"hover": hover}
        marks.append(LineMark(x, row.values, row.colour, row.name, dash=row.dash, dots=dots, **said))
    below = Axis(say(x_title), ends, ticks=[first + i for i in every(count, most_ticks)])
    if axis.get("log") and "ticks" not in axis:
        axis |= {"ticks": _decades(np.concatenate([row.values for row in rows])), "format": "g"}
    return Panel(title, marks, below, Axis(unit, **axis), follows=follows)


def _decades(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " ticks"]:
    """Powers of ten around positive values, six at most."""
    logs = np.log10(values[np.isfinite(values) & (values > 0)])
    low, high = (np.floor(logs.min()), np.ceil(logs.max())) if len(logs) else (0.0, 1.0)
    return np.asarray(10.0 ** np.arange(low, high + 1, max(1, round((high - low) / 5))))


def cosines_picture(reading: PathReading) -> Picture:
    """Cosines of a path beside what chance gives; runs the model once more with random weights where there is one."""
    random = reading.random_weights
    drawn = [
        (
            f"{'final_norm(s)' if normed else 's'}, {say(VARIANT_WORDS[variant])}",
            *_cosines(reading, random, variant, normed),
        )
        for normed in (False, True)
        for variant in VARIANTS
    ]
    values = [row.values for _, rows, _ in drawn for row in rows]
    ends = [end for _, _, bands in drawn for band in bands for end in (band.low, band.high)]
    low, high = around([*np.concatenate(values), *ends], margin=0.0)
    panels = [by_state_panel(*one, say("cosine"), limits=(low - 0.05, high + 0.05)) for one in drawn]
    return Picture("cosines", _cosines_caption(reading, random), panels, columns=3, height=270)


def _cosines(
    reading: PathReading, random: PathReading | None, variant: Variant, normed: bool
) -> tuple[list[Row], list[Band]]:
    """Rows and bands of one panel."""
    rows = []
    if random is not None:
        values = random.cosine("predicted", variant, normed=normed)
        rows.append(Row(say("random weights, their own prediction"), values, BROWN, "dot"))
    for target, mark in reversed(list(zip(TARGETS, landmarks(reading.path), strict=True))):
        values = reading.cosine(target, variant, normed=normed)
        if np.isfinite(values).any():
            rows.append(Row(mark.name, values, mark.colour))
    best, one = reading.best_of_isotropic[variant], reading.random_token[variant]
    bands = [Band(say("best token of a random direction"), best.low, best.high, INDIGO)]
    if not normed:
        bands.append(Band(say("random token, last state"), one.low, one.high))
    return rows, bands


def _cosines_caption(reading: PathReading, random: PathReading | None) -> str:
    best, row = reading.best_of_isotropic["raw"], reading.random_token["raw"]
    rogue = ", ".join(map(str, reading.path.rogue_dimensions))
    nulls = say(
        "Nulls (95% bands): the best of {n:,} tokens for an isotropic random direction, raw {best_low:.2f} to "
        "{best_high:.2f} ({draws} draws, seed {seed}); a token chosen at random against the last state, raw "
        "{low:.2f} to {high:.2f} (all tokens).",
        n=len(reading.path.embeddings),
        best_low=best.low,
        best_high=best.high,
        draws=best.draws,
        seed=best.seed,
        low=row.low,
        high=row.high,
    )
    if random is not None:
        weights = say(
            "The same model with random weights (seed {seed}) reaches {cosine:.2f} raw with the token it predicts.",
            seed=RANDOM_WEIGHTS_SEED,
            cosine=random.cosine()[-1],
        )
    elif reading.path.origin is not None:
        weights = say("This model cannot be drawn anew: the null of random weights is left out.")
    else:
        weights = say("This path was made from arrays: the null of random weights needs its model.")
    frequency = say("A single text has no corpus, so the null of an equally frequent token is left out.")
    outliers = (
        say("Rogue dimensions left out: {rogue}.", rogue=rogue)
        if rogue
        else say("No rogue dimensions: the two outer columns agree.")
    )
    return f"{nulls} {weights} {frequency} {outliers}"


def steps_picture(reading: PathReading) -> Picture:
    """What attention and MLP of every block add, towards the predicted token's embedding and to its logit.

    Raises:
        StatescapeError: attention and MLP of this model are not known apart.
    """
    steps, turns = reading.path.steps, reading.step_turns()
    if steps is None or turns is None:
        raise StatescapeError(say(NOT_OFFERED))
    logits = (steps.attention_logit, steps.mlp_logit)
    blocks = np.arange(1, reading.path.n_blocks + 1)
    below = Axis(say("block"), ticks=[i + 1 for i in every(len(blocks), 13)])
    panels = [
        Panel(
            title,
            [
                BarMark(
                    blocks,
                    values,
                    colour,
                    name,
                    0.38,
                    shift,
                    hover=f"{say('block')} {{x}}, {name}: {{y:.3g}}",
                )
                for name, values, colour, shift in zip(
                    ("attention", "MLP"), parts, (BLUE, ORANGE), (-0.19, 0.19), strict=True
                )
            ],
            below,
            Axis(unit),
            follows="column",
        )
        for title, parts, unit in (
            (say("change of the angle to the predicted embedding"), turns, say("degrees")),
            (say("added to the predicted token's logit"), logits, ""),
        )
    ]
    caption = say(
        "Together attention changes the angle between state and predicted embedding by {attention:+.0f}° and MLP by "
        "{mlp:+.0f}° (negative is towards it; attention is taken first in each block), and they add "
        "{attention_logit:+.2f} and {mlp_logit:+.2f} to its logit over the mean logit of all tokens; {blocks} blocks.",
        attention=float(turns[0].sum()),
        mlp=float(turns[1].sum()),
        attention_logit=float(logits[0].sum()),
        mlp_logit=float(logits[1].sum()),
        blocks=reading.path.n_blocks,
    )
    return Picture("steps", caption, panels)


def lens_picture(reading: PathReading) -> Picture:
    """What the states decode to: rank and probability of the prediction, how undecided, how far from the answer."""
    path, count = reading.path, len(reading.path.embeddings)
    undecided = Band(say("undecided among all tokens"), float(np.log(count)), float(np.log(count)))
    probabilities = np.exp(reading.log_probability)
    low = probabilities.min() < LOWEST
    panels = [
        by_state_panel(
            say("rank of the prediction (0 is first)"),
            [Row("1 + " + say("rank"), reading.ranks + 1.0, RED, notes=_rank_notes(reading))],
            log=True,
            ticks=[1 + rank for rank in RANKS if rank <= 10 * (1 + reading.ranks.max())],
            labels=[number(rank, ",") for rank in RANKS if rank <= 10 * (1 + reading.ranks.max())],
            reverse=True,
        ),
        by_state_panel(
            say("its probability (below {lowest:g} drawn there)", lowest=LOWEST) if low else say("its probability"),
            [
                Row(
                    say("probability"),
                    np.maximum(probabilities, LOWEST),
                    RED,
                    notes=[f"{state}: {number(float(p), '.3g')}" for state, p in enumerate(probabilities)],
                )
            ],
            log=True,
        ),
        by_state_panel(say("entropy"), [Row(say("entropy"), reading.entropy, BLUE)], [undecided], say("nats")),
        by_state_panel(say("KL(final || lens)"), [Row(say("divergence"), reading.kl_to_final, BLUE)], (), say("nats")),
    ]
    caption = say(
        "Every state decoded by the model's own final norm and head (logit lens) over {n:,} tokens. ‘{token}’ ends "
        "with probability {probability:.1%} and stays first from state {first} of {blocks} on. Entropy and "
        "divergence in nats; undecided among all tokens would be {undecided:.2f}.",
        n=count,
        token=visible(path.predicted.token),
        probability=np.exp(reading.log_probability[-1]),
        first=reading.decodes_from,
        blocks=path.n_blocks,
        undecided=np.log(count),
    )
    return Picture("lens", caption, panels, height=230, legend=False)


def _rank_notes(reading: PathReading) -> list[str]:
    return [f"{state}: {say('rank')} {number(int(rank), ',')}" for state, rank in enumerate(reading.ranks)]


def lenses_picture(readouts: Sequence[LensReadout]) -> Picture:
    """Several lenses on one axis: how far each reads from the final answer and how often it reads it first, by state.

    Raises:
        StatescapeError: if there is none, or they are not of one text.
    """
    compared = compare_lenses(readouts)

    def rows(table: Float[np.ndarray, "lenses states"]) -> list[Row]:
        return [
            Row(visible(name, 60), table[row], SERIES[row % len(SERIES)]) for row, name in enumerate(compared.lenses)
        ]

    first = compared.states[0]
    panels = [
        by_state_panel(say("KL(final || lens)"), rows(compared.kl_to_final), (), say("nats"), first=first),
        by_state_panel(
            say("final prediction read first"),
            rows(compared.first),
            (),
            say("share"),
            first=first,
            limits=(-0.03, 1.03),
        ),
    ]
    caption = say_count(
        "Every state read by each lens, at {count} position of the text (position 0 left out): KL(final || lens) in "
        "nats, and whether the lens reads the final prediction first. The last state is the final answer under every "
        "lens; a gap is a state that a lens does not read.",
        "Every state read by each lens, means over {count} positions of the text (position 0 left out): "
        "KL(final || lens) in nats, and the share of positions where the lens reads the final prediction first. The "
        "last state is the final answer under every lens; a gap is a state that a lens does not read.",
        compared.positions,
    )
    return Picture("lenses", caption, panels)
