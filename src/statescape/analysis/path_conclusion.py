"""What the numbers of one path say, in two sentences: where it ends, and where it leads and what it decodes to.

The claim is that the last state *is* the embedding of the predicted token. Three outcomes are told apart: it is that
embedding (nearer than `SAME_WITHIN` of its norm); it points along it beyond what choosing the best token gives by
itself (cosine above the 97.5th percentile of the best token of an isotropic direction, raw, centred and without rogue
dimensions); or neither. One path is an anecdote, not a verdict: the sentences speak of this path only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from statescape import plugins
from statescape.analysis.other_texts import OtherTexts
from statescape.analysis.path import VARIANTS, PathReading, Variant
from statescape.analysis.vocabulary import VARIANCE_SHARE
from statescape.errors import StatescapeError
from statescape.language import StatePath
from statescape.language.flags import Flag
from statescape.wording import Answers, Noun, number, visible

SAME_WITHIN = 0.5
"""A state nearer to an embedding than this share of the embedding's norm counts as that embedding."""

FLAGS_NAMED = 8
"""So many flagged positions of a text are named in a sentence."""

Direction = Literal["beyond", "mixed", "chance"]
Region = Literal["leave", "among", "inside"]

answers = Answers("path")


@dataclass(frozen=True)
class PathConclusion(Noun):
    """What one path shows.

    Attributes:
        is_embedding: the last state is the predicted token's embedding.
        direction: whether it points along it *beyond* choosing the best token, by all measures, by some, or no more
            than *chance*.
        region: the states after the first block *leave* the embedding subspace, lie *among* the embeddings in it, or
            even deeper *inside* than embeddings do.
        decodes_from: the first state from which the prediction stays first.
        sentences: the two sentences.
    """

    is_embedding: bool
    direction: Direction
    region: Region
    decodes_from: int
    sentences: tuple[str, str]

    def __str__(self) -> str:
        return " ".join(self.sentences)


def question() -> str:
    """What the conclusion of a path answers."""
    return answers("question")


def conclude(reading: PathReading) -> PathConclusion:
    """The conclusion of a path, from its numbers alone."""
    is_embedding = bool(reading.distance[-1] < SAME_WITHIN)
    beyond = [
        variant for variant in VARIANTS if reading.cosine(variant=variant)[-1] > reading.best_of_isotropic[variant].high
    ]
    direction: Direction = "beyond" if len(beyond) == len(VARIANTS) else "mixed" if beyond else "chance"
    region = _region(reading)
    return PathConclusion(
        is_embedding=is_embedding,
        direction=direction,
        region=region,
        decodes_from=reading.decodes_from,
        sentences=(_end_in_words(reading, is_embedding, direction, beyond), _way_in_words(reading, region)),
    )


@plugins.conclusion.register
def _(path: StatePath) -> str:
    return str(conclude(path.reading))


def _region(reading: PathReading) -> Region:
    inner = float(np.nanmean(reading.energy_inside[1:])) if reading.path.n_blocks else float(reading.energy_inside[0])
    embeddings = reading.energy_of_embeddings
    if inner < embeddings.low:
        return "leave"
    return "inside" if inner > embeddings.high else "among"


def _end_in_words(reading: PathReading, is_embedding: bool, direction: Direction, beyond: list[Variant]) -> str:
    if not reading.norms[-1]:
        return answers("end.nothing", token=_token(reading))
    where = answers("end.same" if is_embedding else "end.other", token=_token(reading), far=float(reading.distance[-1]))
    measures = ", ".join(map(variant_in_words, beyond))
    along = answers(f"end.{direction}", measures=measures)
    numbers = ", ".join(
        answers(
            "end.cosine",
            variant=variant_in_words(variant),
            cosine=float(reading.cosine(variant=variant)[-1]),
            chance=reading.best_of_isotropic[variant].high,
        )
        for variant in VARIANTS
        if variant != "without_rogue" or reading.path.rogue_dimensions
    )
    agree = is_embedding == (direction == "beyond")
    return answers("end.and" if agree else "end.but", where=where, along=along, numbers=numbers)


def _way_in_words(reading: PathReading, region: Region) -> str:
    inside = reading.energy_inside
    after = inside[1:] if len(inside) > 1 else inside
    low, high = float(np.nanmin(after)), float(np.nanmax(after))
    return answers(
        "way.sentence",
        verb=answers(f"way.{region}"),
        range=answers("way.range", low=low, high=high) if len(inside) > 1 else number(low, ".0%"),
        k=reading.subspace.k,
        share=VARIANCE_SHARE,
        embeddings=reading.energy_of_embeddings.mean,
        isotropic=reading.subspace.isotropic_expectation,
        decoding=_decoding_in_words(reading),
    )


def _decoding_in_words(reading: PathReading) -> str:
    first, last = reading.decodes_from, reading.path.n_blocks
    how = "decode_at_once" if first == 0 else "decode_last" if first == last else "decode_from"
    return answers(f"way.{how}", token=_token(reading), first=first, last=last)


def flags_in_words(flags: Sequence[Flag], position: int | None = None) -> str:
    """Which positions of a text are of another kind; empty where none is but a special token that opens it.

    Args:
        flags: the positions that are flagged.
        position: that of the path that is read; None for a whole text.
    """
    if not any(flag.far_norm or flag.position for flag in flags):
        return ""
    # Those that stand out by their norm are named first where there is no room for all.
    named = sorted(sorted(flags, key=lambda flag: not flag.far_norm)[:FLAGS_NAMED], key=lambda flag: flag.position)
    left = len(flags) - len(named)
    return answers(
        "flags.sentence",
        listed=", ".join(map(_flag_in_words, named)),
        more=answers("flags.more", count=left) if left else "",
        own=answers("flags.own") if position in [flag.position for flag in flags] else "",
    )


def others_in_words(reading: PathReading) -> tuple[str, ...]:
    """What of the geometry of a path is the text's and not any text's; empty where there is no model to ask.

    Args:
        reading: of the path.
    """
    others, own = reading.other_texts, reading.geometry
    if others is None:
        return ()
    steps, turns = len(own.growth), len(own.turn)
    course = answers(
        "others.course",
        texts=len(others),
        steps=steps,
        turns=turns,
        **{name: others.outside(name, getattr(own, name)) for name in ("growth", "step_angle", "turn")},
        # Of so many texts and one more, each is the lowest or highest as often.
        chance=2 * steps / (len(others) + 1),
        chance_turns=2 * turns / (len(others) + 1),
    )
    try:
        linear = reading.linear
        return (course,) if linear is None else (course, _linear_in_words(reading, others, float(linear.mean())))
    except StatescapeError as error:
        return course, answers("others.unfitted", reason=str(error))


def _linear_in_words(reading: PathReading, others: OtherTexts, own: float) -> str:
    held, random = others.held_out.mean(axis=1), reading.random_weights
    untrained = None if random is None else random.other_texts
    return answers(
        "others.linear",
        positions=others.maps[0].states,
        own=own,
        here=0 if reading.counting is None else reading.counting.shape[1],
        low=float(held.min()),
        high=float(held.max()),
        held=len(held),
        shuffled=float(others.held_out_shuffled(reading.seed).mean()),
        random="" if untrained is None else answers("others.random", share=float(untrained.held_out.mean())),
        carried=float(others.carried.mean()),
    )


def _flag_in_words(flag: Flag) -> str:
    kind = "both" if flag.special and flag.far_norm else "far" if flag.far_norm else "special"
    token = answers("quoted", token=visible(flag.token))
    return answers(f"flags.{kind}", position=flag.position, token=token, times=flag.times, state=flag.state)


def variant_in_words(variant: Variant) -> str:
    """What a reader calls one way to take a cosine."""
    return answers(f"variants.{variant}")


def _token(reading: PathReading) -> str:
    return answers("quoted", token=visible(reading.path.predicted.token))
