"""What the numbers of one path say, in two sentences: where it ends, and where it leads and what it decodes to.

The claim is that the last state *is* the embedding of the predicted token. Three outcomes are told apart: it is that
embedding (nearer than `SAME_WITHIN` of its norm); it points along it beyond what choosing the best token gives by
itself (cosine above the 97.5th percentile of the best token of an isotropic direction, raw, centred and without rogue
dimensions); or neither. One path is an anecdote, not a verdict: the sentences speak of this path only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from statescape import plugins
from statescape.analysis.path import VARIANCE_SHARE, VARIANTS, PathReading, Variant
from statescape.language import StatePath
from statescape.wording import number, phrase, say

SAME_WITHIN = 0.5
"""A state nearer to an embedding than this share of the embedding's norm counts as that embedding."""

VARIANT_WORDS: dict[Variant, str] = {
    "raw": phrase("raw"),
    "centred": phrase("centred"),
    "without_rogue": phrase("without rogue dimensions"),
}

Direction = Literal["beyond", "mixed", "chance"]
Region = Literal["leave", "among", "inside"]


@dataclass(frozen=True)
class PathConclusion:
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
    token = _quoted(reading, reading.path.predicted_id)
    far = float(reading.distance[-1])
    where = (
        say("The last state is the embedding of {token} (distance {far:.2f} of its norm)", token=token, far=far)
        if is_embedding
        else say(
            "The last state is not the embedding of {token} (distance {far:.1f} times its norm)", token=token, far=far
        )
    )
    if direction == "beyond":
        along = say("points along it more than choosing the best token gives by itself")
    elif direction == "chance":
        along = say("points along it no more than choosing the best token gives by itself")
    else:
        along = say(
            "points along it more than choosing the best token gives by itself by some measures only ({measures})",
            measures=", ".join(say(VARIANT_WORDS[variant]) for variant in beyond),
        )
    shown = [variant for variant in VARIANTS if variant != "without_rogue" or reading.path.rogue_dimensions]
    numbers = ", ".join(_cosine_in_words(reading, variant) for variant in shown)
    if is_embedding == (direction == "beyond"):
        return say("{where}, and {along}: cosine {numbers}.", where=where, along=along, numbers=numbers)
    return say("{where}, but {along}: cosine {numbers}.", where=where, along=along, numbers=numbers)


def _cosine_in_words(reading: PathReading, variant: Variant) -> str:
    return say(
        "{variant} {cosine:.2f} (choice alone up to {chance:.2f})",
        variant=say(VARIANT_WORDS[variant]),
        cosine=float(reading.cosine(variant=variant)[-1]),
        chance=reading.best_of_isotropic[variant].high,
    )


def _way_in_words(reading: PathReading, region: Region) -> str:
    inside = reading.energy_inside
    range_ = (
        say("{low:.0%} to {high:.0%}", low=float(np.nanmin(inside[1:])), high=float(np.nanmax(inside[1:])))
        if len(inside) > 1
        else number(float(inside[0]), ".0%")
    )
    verb = {
        "leave": say("The states leave the embedding subspace"),
        "among": say("The states stay among the embeddings"),
        "inside": say("The states keep to the embedding subspace more than embeddings do"),
    }[region]
    return say(
        "{verb} ({range} of their energy in the {k} dimensions that hold {share:.0%} of the embeddings' variance; "
        "{embeddings:.0%} for embeddings, {isotropic:.0%} for any direction), and {decoding}.",
        verb=verb,
        range=range_,
        k=reading.subspace.k,
        share=VARIANCE_SHARE,
        embeddings=reading.energy_of_embeddings.mean,
        isotropic=reading.subspace.isotropic_expectation,
        decoding=_decoding_in_words(reading),
    )


def _decoding_in_words(reading: PathReading) -> str:
    token, first, last = _quoted(reading, reading.path.predicted_id), reading.decodes_from, reading.path.n_blocks
    if first == 0:
        return say("decode to {token} from the embedding on", token=token)
    if first == last:
        return say("decode to {token} only after the last block, {last}", token=token, last=last)
    return say("decode to {token} from block {first} of {last} on", token=token, first=first, last=last)


def _quoted(reading: PathReading, token: int) -> str:
    return say("‘{token}’", token=reading.path.vocabulary[token])
