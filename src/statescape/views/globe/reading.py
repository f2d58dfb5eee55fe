"""The sphere in words: how a token is shown, the sentence over the picture, its caveat, and a table of the path.

Vocabularies hold spaces, control characters, bidi marks and nothing at all; each must be seen for what it is, and none
may act on the page. The table says what the picture says to those who cannot see it.
"""

from __future__ import annotations

import unicodedata
from typing import TypedDict

import numpy as np

from statescape.language import StatePath
from statescape.views.globe.data import LOWEST_LOG, SphereData
from statescape.wording import number, percent, say

_NAMED = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"}
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
N_LISTED = 5
CHANGE_DECADES = 3  # change is coloured from a thousand times less likely to a thousand times likelier


class Words(TypedDict):
    """Text of one state: what the lens reads, and what the picture does not show."""

    sentence: str
    caveat: str


class Legend(TypedDict):
    """What one meaning of colour measures, and its range: one for all states, or one for each."""

    title: str
    ticks: list[str] | list[list[str]]


class PathTable(TypedDict):
    """The path as a table."""

    caption: str
    head: list[str]
    rows: list[list[str]]


def shown(token: str) -> str:
    """`token` with everything visible: spaces as ␣, controls and marks as ``<0x1B>`` or ``<U+202E>``, nothing as ∅."""
    visible = "".join(_visible(character) for character in token)
    if not visible:
        return "∅"
    return "◌" + visible if unicodedata.category(visible[0]).startswith("M") else visible


def _visible(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if character.isalnum() or unicodedata.category(character)[0] not in "CZ":
        return character
    code = ord(character)
    return f"<0x{code:02X}>" if code < 256 else f"<U+{code:04X}>"


def clipped(text: str, limit: int = 22) -> str:
    """`text` of at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def probability_text(log10: float) -> str:
    """A probability from its base-10 logarithm: percent down to a hundredth, then powers of ten."""
    if log10 > -4:
        return percent(10**log10)
    if not np.isfinite(log10):
        return "0"
    exponent = int(np.floor(log10))
    return f"{number(10 ** (log10 - exponent), '.1f')} × {_power_of_ten(exponent)}"


def _power_of_ten(exponent: int) -> str:
    return f"10{str(exponent).translate(_SUPERSCRIPT)}"


def block_name(block: int) -> str:
    """Name of the state after `block` blocks."""
    return say("After block {block}", block=block) if block else say("Embedding, before any block")


def words_of(data: SphereData) -> list[Words]:
    """Sentence and caveat of every state."""
    names, path = data.path.vocabulary, data.path
    share = float(f"{100 * data.axes.sphere.explained_share:.2g}")
    last = len(data.states) - 1
    predicted = clipped(shown(names[path.predicted_id]))
    whole = say(
        "The three axes carry {share:g}% of the embeddings' variance ({axes}); the rest is not in this picture. "
        "Angle between last state and embedding of the predicted {token}: {angles}.",
        share=share,
        axes=data.axes.sentence,
        token=predicted,
        angles=_angles(data, last),
    )
    return [
        {
            "sentence": say(
                "{block}: {token} {probability}",
                block=block_name(block),
                token=clipped(shown(names[data.top[block, 0]])),
                probability=probability_text(float(data.top_log[block, 0])),
            ),
            "caveat": whole
            if block == last
            else f"{whole} {say('This state: {angles}.', angles=_angles(data, block))}",
        }
        for block in range(len(data.states))
    ]


def table_of(data: SphereData) -> PathTable:
    """State, likeliest tokens, rank of the predicted token, angle to its embedding and angle as drawn."""
    names, path = data.path.vocabulary, data.path
    ranks = (path.log_probabilities > path.log_probabilities[:, [path.predicted_id]]).sum(axis=1)
    rows = []
    for block in range(len(data.states)):
        best = zip(data.top[block, :N_LISTED], data.top_log[block, :N_LISTED], strict=True)
        listed = [f"{clipped(shown(names[token]), 40)} {probability_text(float(log))}" for token, log in best]
        angles = [f"{number(angles[block], '.1f')}°" for angles in (data.true_angles, data.seen_angles)]
        rows.append([block_name(block), " · ".join(listed), number(ranks[block], ","), *angles])
    return {
        "caption": say(
            "The path in words. The predicted token is {token}. Angles are between the state and its embedding, in all "
            "{d} dimensions and as drawn. Rank 0 is the likeliest.",
            token=clipped(shown(names[path.predicted_id]), 40),
            d=path.embeddings.shape[1],
        ),
        "head": [
            say("State"),
            say("Likeliest tokens"),
            say("Rank of the predicted"),
            say("Angle"),
            say("Angle as drawn"),
        ],
        "rows": rows,
    }


def legend_of(data: SphereData) -> dict[str, Legend]:
    """Title and evenly spaced ticks of every meaning of colour."""
    n, d = data.path.embeddings.shape
    thirds = [_power_of_ten(LOWEST_LOG * part // 3) for part in (3, 2, 1)]
    return {
        "rank": {
            "title": say("rank of the token, from 0, the likeliest"),
            "ticks": [*(number(round(n ** (part / 3)) - 1, ",") for part in (3, 2, 1)), "0"],
        },
        "probability": {"title": say("lens probability of the token"), "ticks": [f"≤ {thirds[0]}", *thirds[1:], "1"]},
        "change": {
            "title": say("probability against the block before"),
            "ticks": [f"÷ {10**CHANGE_DECADES}", say("same"), f"× {10**CHANGE_DECADES}"],
        },
        "cosine": {
            "title": say(
                "cosine of state and token; marked: 95% of random directions, ±{chance:.2f}", chance=chance(d)
            ),
            "ticks": [[number(value, ".2f") for value in (-reach, 0, reach)] for reach in data.cosine_reach],
        },
    }


def chance(d: int) -> float:
    """Cosine that 95% of random directions stay below in magnitude, ``1.96 / sqrt(d)``."""
    return min(1.0, 1.96 / float(np.sqrt(d)))


def notes_of(data: SphereData) -> list[str]:
    """What is said under a token's neighbours, and where it has none."""
    return [
        say(
            "By cosine of the embeddings in all {d} dimensions. Distance on the sphere differs.",
            d=data.path.embeddings.shape[1],
        ),
        say("Kept for tokens that are among the {n} likeliest at some block; this one never is.", n=data.top.shape[1]),
    ]


def name_of(path: StatePath) -> str:
    """A path in a legend: the end of its text and the token that it predicts."""
    whole = path.position == len(path.tokens) - 1
    text = shown(path.text if whole else path.text_so_far).replace("␣", " ").strip()
    text = text if len(text) <= 40 else f"…{text[-40:]}"
    named = f"{text} → {clipped(shown(path.vocabulary[path.predicted_id]), 16)}"
    return say("{named} (edited)", named=named) if path.model.edited else named


def prompt_of(data: SphereData, limit: int = 64) -> str:
    """The end of the text up to the path's position, on one line."""
    text = shown(data.path.text_so_far).replace("␣", " ").strip()
    text, edited = text if len(text) <= limit else f"…{text[-limit:]}", data.path.model.edited
    return say("“{text}”, edited: {edited}", text=text, edited=edited) if edited else say("“{text}”", text=text)


def _angles(data: SphereData, block: int) -> str:
    return say(
        "{true:.1f}° in all {d} dimensions, {seen:.1f}° as drawn",
        true=data.true_angles[block],
        d=data.path.embeddings.shape[1],
        seen=data.seen_angles[block],
    )
