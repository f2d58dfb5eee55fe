"""The plane of the embeddings and the path above it: do states live among the embeddings?

Every point is seen as its direction from the mean, ``u = (s - mu) / |s - mu|``: states a hundred times longer than
embeddings would leave nothing of the cloud. PC1 and PC2 lie flat and the path stands above them at the height of what
lies outside the drawn plane, ``h^2 = 1 - pc1^2 - pc2^2``; the part outside the whole embedding subspace is marked.
Beside it the share of energy inside that subspace by state, and the principal angles between it and the path's span.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.analysis.vocabulary import VARIANCE_SHARE, Vocabulary
from statescape.geometry import PCA
from statescape.geometry.moments import blocks
from statescape.views.core.labels import thinned
from statescape.views.core.marks import NOTHING, CloudMark, LineMark, Number, Panel, TextMark, columns
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREY, INDIGO, ORANGE
from statescape.views.language.by_state import Band, Row, by_state_panel
from statescape.views.language.tokens import landmarks
from statescape.wording import phrase, say

AZIMUTH, ELEVATION = np.radians(-35.0), np.radians(24.0)
ANGLE_DRAWS = 25


@dataclass(frozen=True, eq=False)
class Directions:
    """Where the states of a path point, against the plane and the subspace of the embeddings.

    Attributes:
        tokens: every token's direction on the flat plane.
        states: where each state stands on the plane.
        heights: height of each direction above the drawn plane.
        outside: its distance from the embedding subspace.
        shown: share of the variance on the drawn plane.
        angles: principal angles in degrees between the span of s - mu and the subspace, smallest first.
        random_angles: mean angles for as many isotropic vectors.
    """

    tokens: Float[np.ndarray, "vocabulary 2"]
    states: Float[np.ndarray, "states 2"]
    heights: Float[np.ndarray, " states"]
    outside: Float[np.ndarray, " states"]
    shown: float
    angles: Float[np.ndarray, " angles"]
    random_angles: Float[np.ndarray, " angles"]

    @classmethod
    def of(cls, reading: PathReading) -> Directions:
        """Measure those of a path."""
        known = reading.vocabulary
        states = np.asarray(reading.path.states, dtype=np.float64)
        centred = states - reading.mean_embedding
        pca = PCA.from_moments(reading.moments, 2)
        flat = _directions(pca.project(states), np.linalg.norm(centred, axis=1))
        heights = np.sqrt(np.maximum(1.0 - np.square(flat).sum(axis=1), 0.0))
        outside = np.sqrt(np.maximum(1.0 - np.nan_to_num(reading.energy_inside, nan=1.0), 0.0))
        # The first state is often an embedding itself: it spans no direction of its own.
        angles = np.degrees(reading.subspace.principal_angles(centred))
        rng = np.random.default_rng(reading.seed)
        drawn = [reading.subspace.principal_angles(rng.standard_normal(centred.shape)) for _ in range(ANGLE_DRAWS)]
        count = min(len(angles), len(drawn[0]))
        return cls(
            tokens=known.kept(lambda: {"plane": _of_embeddings(known, pca)}, "directions")["plane"],
            states=flat,
            heights=heights,
            outside=np.minimum(outside, heights),
            shown=float(pca.explained_variance_ratio.sum()),
            angles=angles[:count],
            random_angles=np.degrees(np.mean(drawn, axis=0))[:count],
        )


def energy_picture(reading: PathReading) -> Picture:
    """The path above the plane, its energy inside, and the angles between its span and the embeddings'."""
    found = Directions.of(reading)
    subspace, embeddings = reading.subspace, reading.energy_of_embeddings
    isotropic = subspace.isotropic_expectation
    energy = by_state_panel(
        say("energy inside the subspace"),
        [Row(say("path"), reading.energy_inside, BLUE)],
        [
            Band(say("embeddings, 95%"), embeddings.low, embeddings.high, INDIGO),
            Band(say("isotropic"), isotropic, isotropic, GREY, "dash"),
        ],
        say("share"),
        limits=(0.0, 1.02),
        most_ticks=7,
    )
    angles = by_state_panel(
        say("principal angles of the path"),
        [Row(say("path"), found.angles, BLUE), Row(say("random vectors"), found.random_angles, GREY, "dot")],
        (),
        say("degrees"),
        limits=(-2.0, 92.0),
        x_title=phrase("angle"),
        first=1,
        spec=".1f",
        most_ticks=7,
        follows="",
    )
    panels = [_view_panel(reading, found), energy, angles]
    widths = (1.4, 1.0, 1.0)
    return Picture("energy", _caption(reading, found), panels, 3, 400, widths=widths, paper=(7.2, 3.2))


def _view_panel(reading: PathReading, found: Directions) -> Panel:
    """The plane as seen from the side and a little above, with the path over it."""
    path = reading.path
    turn = np.linspace(0, 2 * np.pi, 181)
    rim = _view(np.stack([np.cos(turn), np.sin(turn)], axis=1))
    tokens, feet, heads = _view(found.tokens), _view(found.states), _view(found.states, found.heights)
    outside = _view(found.states, found.outside)
    low = rim.min(axis=0) - 0.03
    high = np.maximum(rim.max(axis=0), heads.max(axis=0)) + np.array([0.03, 0.12])  # room for numbers
    labelled = thinned(heads, (0.1, 0.1))
    notes = [
        say(
            "state {index}\nheight {height:.3g}\noutside the subspace {out:.3g}",
            index=index,
            height=height,
            out=out,
        )
        for index, (height, out) in enumerate(zip(found.heights, found.outside, strict=True))
    ]
    return Panel(
        say("directions above the plane of PC1 and PC2"),
        [
            CloudMark(tokens, (low, high), 0.005 if len(tokens) < 20_000 else 0.0035),
            LineMark(*columns(rim), GREY, width=1),
            # Only of states that have a number: the posts of states that stand close would hide each other.
            _stems(feet[labelled], heads[labelled], say("height above the plane"), GREY, 1),
            _stems(feet[labelled], outside[labelled], say("of it outside the subspace"), ORANGE, 3),
            LineMark(*columns(heads), BLUE, say("path"), 1.6, dots=7, hover="{note}", notes=notes),
            TextMark(*columns(heads[labelled]), [str(index) for index in labelled]),
            landmarks(path)[0].drawn(tokens),
        ],
        replace(NOTHING, limits=(low[0], high[0])),
        replace(NOTHING, limits=(low[1], high[1])),
        square=True,
        follows="point",
        states=heads,
    )


def _stems(
    feet: Float[np.ndarray, "states 2"], tops: Float[np.ndarray, "states 2"], name: str, colour: str, width: Number
) -> LineMark:
    """A line from the foot to the top of every state."""
    points = np.stack([feet, tops, np.full_like(tops, np.nan)], axis=1).reshape(-1, 2)
    return LineMark(*columns(points), colour, name, width)


def _caption(reading: PathReading, found: Directions) -> str:
    subspace, embeddings = reading.subspace, reading.energy_of_embeddings
    inside = reading.energy_inside
    return say(
        "Directions from the mean embedding. The drawn plane carries {shown:.1%} of the variance of {n:,} "
        "embeddings; a direction inside it would end on the circle. Embedding subspace: the {k} of {d} principal "
        "components that hold {share:.0%} of it. Energy inside: states {low:.0%} to {high:.0%}; embeddings "
        "{mean:.0%} (95% between {from_:.0%} and {to:.0%}); an isotropic vector {isotropic:.0%}. Principal angles "
        "between the span of the path and the subspace: {first:.0f}° to {last:.0f}°; of as many random vectors "
        "{random_first:.0f}° to {random_last:.0f}° (mean of {draws} draws, seed {seed}).",
        shown=found.shown,
        n=len(found.tokens),
        k=subspace.k,
        d=len(subspace.mean),
        share=VARIANCE_SHARE,
        low=np.nanmin(inside),
        high=np.nanmax(inside),
        mean=embeddings.mean,
        from_=embeddings.low,
        to=embeddings.high,
        isotropic=subspace.isotropic_expectation,
        first=found.angles[0],
        last=found.angles[-1],
        random_first=found.random_angles[0],
        random_last=found.random_angles[-1],
        draws=ANGLE_DRAWS,
        seed=reading.seed,
    )


def _directions(flat: Float[np.ndarray, "n 2"], distances: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """What the plane shows of each point's direction from the mean."""
    return np.asarray(flat / np.where(distances > 0, distances, 1.0)[:, None])


def _of_embeddings(known: Vocabulary, pca: PCA) -> Float[np.ndarray, "vocabulary 2"]:
    """What the plane shows of the direction of every token."""
    distances = np.concatenate([np.linalg.norm(block - known.mean, axis=1) for block in blocks(known.rows)])
    return _directions(pca.project(known.rows), distances)


def _view(flat: Float[np.ndarray, "n 2"], height: Float[np.ndarray, " n"] | float = 0.0) -> Float[np.ndarray, "n 2"]:
    """Orthographic view of points above a plane, from the side and a little above."""
    x = np.cos(AZIMUTH) * flat[:, 0] - np.sin(AZIMUTH) * flat[:, 1]
    depth = np.sin(AZIMUTH) * flat[:, 0] + np.cos(AZIMUTH) * flat[:, 1]
    return np.stack([x, np.sin(ELEVATION) * depth + np.cos(ELEVATION) * height], axis=1)
