"""A path over the cloud of all points in two dimensions; of a language model, in the widest directions of its tokens.

PCA-2D of the plain embeddings ("none"), as in the notebook that began this: the path leaves the cloud. Divided by its
norm, on the same two axes, it comes back: the norm is why it lay outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.geometry import PCA, Rows, unit
from statescape.geometry.moments import coordinates
from statescape.views.core.labels import thinned
from statescape.views.core.marks import Axis, CloudMark, LineMark, Panel, TextMark, columns
from statescape.views.core.picture import Picture
from statescape.views.core.text import word
from statescape.views.core.theme import BLUE
from statescape.views.language.tokens import Landmark, likeliest, token_landmarks
from statescape.wording import number, phrase, say

SPECK = 8.0
"""A path that reaches so many times as far as the cloud would make a speck of it on linear axes."""


def cloud_panel(
    title: str,
    axes: Sequence[str],
    points: Float[np.ndarray, "points 2"],
    states: Float[np.ndarray, "states 2"],
    notes: Sequence[str],
    *,
    landmarks: Sequence[Landmark] = (),
    answering: Sequence[int] = (),
    vocabulary: Sequence[str] = (),
    kind: str = phrase("tokens"),
    frame: Frame | None = None,
) -> Panel:
    """A cloud, the path through it and the points that are marked.

    Args:
        title: what was done to the points.
        axes: names of the two coordinates.
        points: the cloud.
        states: the path.
        notes: what the pointer says of each state.
        landmarks: tokens that are marked, each at the point of its id.
        answering: points that answer to the pointer (on the sphere all do).
        vocabulary: what these say.
        kind: what the cloud is made of: a reservoir has no tokens.
        frame: the cloud that several panels share, in their frame; None where this one has its own.
    """
    frame = frame or frame_of(points, states, kind)
    cloud = frame.cloud.telling(answering, [word(vocabulary[index]) for index in answering])
    states = frame.placed(states)
    low, high = cloud.bounds
    size = float((high - low).max())
    numbered = thinned(states, (0.05 * size, 0.06 * size))
    path = LineMark(
        *columns(states),
        BLUE,
        say("states 0 to {last}", last=len(states) - 1),
        1.6,
        dots=7 if len(states) <= 25 else 5,
        hover="{note}",
        notes=notes,
    )
    numbers = TextMark(*columns(states[numbered]), [str(index) for index in numbered], _outward(states)[numbered])
    marked = [mark.drawn(cloud.points) for mark in reversed(landmarks)]
    return Panel(
        say("{title}, symmetric logarithmic axes", title=title) if frame.linear else title,
        [cloud, path, numbers, *marked],
        frame.axis(axes[0], low[0], high[0]),
        frame.axis(axes[1], low[1], high[1]),
        square=True,
        follows="point",
        states=states,
    )


@dataclass(frozen=True, eq=False)
class Frame:
    """A cloud in a frame that has room for it and for one path or several.

    Attributes:
        cloud: the cloud as it is drawn.
        linear: up to where the axes are about linear, beyond logarithmic; 0 where they are linear throughout.
    """

    cloud: CloudMark
    linear: float = 0.0

    def placed(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Where points are drawn."""
        return _squeezed(points, self.linear)

    def axis(self, title: str, low: float, high: float) -> Axis:
        """One of the two axes, its numbers those of the points."""
        if not self.linear:
            return Axis(title, (low, high), grid=False)
        decades = 10.0 ** np.arange(np.floor(np.log10(self.linear)), 300)
        far = float(self.linear * np.sinh(max(-low, high) / self.linear))
        ticks = np.concatenate([-decades[decades < far][::-1], [0.0], decades[decades < far]])
        drawn = _squeezed(ticks, self.linear)
        seen = (drawn > low) & (drawn < high)
        return Axis(title, (low, high), ticks=drawn[seen], labels=[number(t, "g") for t in ticks[seen]], grid=False)


def frame_of(points: Float[np.ndarray, "points 2"], states: Float[np.ndarray, "states 2"], kind: str) -> Frame:
    """The frame of a cloud and a path, or the states of several; logarithmic where the cloud would be a speck in it.

    Args:
        points: the cloud.
        states: what else the frame holds.
        kind: what the cloud is made of.
    """
    spread = float(np.quantile(np.abs(points).max(axis=1), 0.9))
    linear = spread if spread and np.abs(states).max() > SPECK * spread else 0.0
    points, states = (_squeezed(each, linear) for each in (points, states))
    low, high = np.minimum(points.min(axis=0), states.min(axis=0)), np.maximum(points.max(axis=0), states.max(axis=0))
    margin = 0.06 * float((high - low).max()) or 1.0
    dot = 0.006 if len(points) < 20_000 else 0.004
    name = f"{number(len(points), ',')} {say(kind)}"
    return Frame(CloudMark(points, (low - margin, high + margin), dot, name), linear)


def _squeezed(points: Float[np.ndarray, "*n"], linear: float) -> Float[np.ndarray, "*n"]:
    """The symmetric logarithm: as it is where it is small beside `linear`."""
    return np.asarray(linear * np.arcsinh(points / linear) if linear else points)


def path_line(places: Float[np.ndarray, "states 2"], colour: str, name: str, dash: str = "solid") -> LineMark:
    """A path among others: a line through its states, each of which tells its number."""
    notes = [say("state {index}", index=index) for index in range(len(places))]
    return LineMark(*columns(places), colour, name, 1.6, dash, dots=5, hover="{name}, {note}", notes=notes)


def component_names(pca: PCA) -> list[str]:
    """Names of the axes of a PCA, each with the share of the variance it carries."""
    return [f"PC{n} ({number(float(share), '.1%')})" for n, share in enumerate(pca.explained_variance_ratio, 1)]


def plane_picture(reading: PathReading) -> Picture:
    """Path and tokens in PCA-2D of the embeddings, plain and at norm 1."""
    return plane_pictures([reading])[0]


def plane_pictures(readings: Sequence[PathReading]) -> list[Picture]:
    """The same for several paths of one model, all in one frame and over one cloud."""
    known = readings[0].vocabulary
    pca = PCA.from_moments(known.moments, 2)
    tokens = known.kept(lambda: _of_embeddings(known.rows, pca), "plane")
    views = (
        (
            say("as they are"),
            component_names(pca),
            tokens["plain"],
            [pca.project(np.asarray(reading.path.states, dtype=np.float64)) for reading in readings],
        ),
        (
            say("every point at norm 1, same axes"),
            [say("along PC1"), say("along PC2")],
            tokens["at norm 1"],
            [coordinates(unit(reading.path.states), pca.components) for reading in readings],
        ),
    )
    panels: list[list[Panel]] = [[] for _ in readings]
    for title, axes, points, places in views:
        frame = frame_of(points, np.concatenate(places), phrase("tokens"))
        for own, reading, states in zip(panels, readings, places, strict=True):
            own.append(_plane_panel(reading, title, axes, points, states, frame))
    return [
        Picture("plane", _caption(reading, pca, tokens["norms"]), own, height=440)
        for own, reading in zip(panels, readings, strict=True)
    ]


def _of_embeddings(embeddings: Float[Rows, "v d"], pca: PCA) -> dict[str, np.ndarray]:
    """Norms of all embeddings, their places in the plane as they are, and at norm 1."""
    norms = np.linalg.norm(embeddings, axis=1).astype(np.float64)
    at_norm_1 = coordinates(embeddings, pca.components) / np.where(norms > 0, norms, 1.0)[:, None]
    return {"norms": norms, "plain": pca.project(embeddings), "at norm 1": at_norm_1}


def _plane_panel(
    reading: PathReading,
    title: str,
    axes: Sequence[str],
    points: Float[np.ndarray, "tokens 2"],
    states: Float[np.ndarray, "states 2"],
    frame: Frame,
) -> Panel:
    return cloud_panel(
        title,
        axes,
        points,
        states,
        [say("state {index}\nnorm {norm:.4g}", index=index, norm=norm) for index, norm in enumerate(reading.norms)],
        landmarks=token_landmarks(reading.path),
        answering=likeliest(reading),
        vocabulary=reading.path.vocabulary,
        frame=frame,
    )


def _caption(reading: PathReading, pca: PCA, norms: Float[np.ndarray, " vocabulary"]) -> str:
    path = reading.path
    low, middle, high = np.quantile(norms, [0.05, 0.5, 0.95])
    shown = float(pca.explained_variance_ratio.sum())
    return say(
        "PCA (not normalised) of all {n:,} embeddings of width {width}: the plane shows {shown:.1%} of their variance "
        "and hides {hidden:.1%}. Norm of an embedding: median {middle:.3g} (90% between {low:.3g} and {high:.3g}); of "
        "the states: {first:.3g} at 0, {last:.3g} at {blocks}, {ratio:.3g} times an embedding's.",
        n=len(path.embeddings),
        width=path.model.d_model,
        shown=shown,
        hidden=1 - shown,
        middle=middle,
        low=low,
        high=high,
        first=reading.norms[0],
        last=reading.norms[-1],
        blocks=path.n_blocks,
        ratio=reading.norms[-1] / middle,
    )


def _outward(states: Float[np.ndarray, "states 2"]) -> Float[np.ndarray, "states 2"]:
    """For every state the direction in which its neighbours on the path are not: there its number stands free."""
    before = np.vstack([states[:1], states[:-1]])
    after = np.vstack([states[1:], states[-1:]])
    away = unit(states - before) + unit(states - after)
    across = unit(after - before)[:, ::-1] * [-1, 1]
    straight = np.linalg.norm(away, axis=1, keepdims=True) < 0.3
    free = np.where(straight, across, unit(away))
    free[~free.any(axis=1)] = [0.0, 1.0]  # where all states are one
    return np.asarray(free)
