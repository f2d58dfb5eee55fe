"""The sphere of all tokens as a still picture, from outside and from within.

PCA-3D after normalisation on the dimension, every point at norm 1, tokens coloured by the probability that the last
state gives them. Outside: perspective from three radii away. Inside: the eye at the centre sees ``(x, y) / z``, so that
arcs of great circles are straight lines. Both look between last state and predicted token, which a dashed great circle
joins; where they are too far apart for that, they look at the state, and a sign at the edge says where the token is.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from statescape.analysis import PathReading
from statescape.geometry import Sphere
from statescape.views.core.labels import thinned
from statescape.views.core.text import printable
from statescape.views.core.theme import BLUE, RED, matplotlib_scale
from statescape.wording import number, say, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DISTANCE = 3.0  # of the outer eye from the centre, in radii
HALF_FIELD, WIDEST = np.radians(42), np.radians(66)  # of the inner eye, where state and token are near and far apart
DARKEST = -8.0  # log10 probability at the end of the colour scale
MOST_NAMED = 9
WELL_SEEN = np.radians(7)  # how far within the field, or in front of the horizon, a point should lie
CLOUD_INCHES, CLOUD_DPI = 3.3, 240  # of the cloud of tokens, which is pixels in every picture


@dataclass(frozen=True, eq=False)
class Projected:
    """Points as one eye sees them.

    Attributes:
        flat: where they are in the picture.
        shown: which can be seen at all.
    """

    flat: Float[np.ndarray, "n 2"]
    shown: Bool[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class Eye:
    """What one eye sees.

    Attributes:
        outside: whether it looks from outside.
        reach: half the side of what it sees.
        tokens: of the vocabulary.
        states: of the path.
        arcs: between one state and the next.
        to_token: from the last state to the predicted token.
    """

    outside: bool
    reach: float
    tokens: Projected
    states: Projected
    arcs: Projected
    to_token: Projected


@dataclass(frozen=True, eq=False)
class SphereStill:
    """Tokens and path on the unit sphere.

    Attributes:
        reading: the path's numbers.
        sphere: axes, scale and origin.
        tokens: direction of every token.
        states: direction of every state.
        log10_probability: of every token at the last state, not below `DARKEST`.
    """

    reading: PathReading
    sphere: Sphere
    tokens: Float[np.ndarray, "vocabulary 3"]
    states: Float[np.ndarray, "states 3"]
    log10_probability: Float[np.ndarray, " vocabulary"]
    name: str = "sphere"

    @classmethod
    def of(cls, reading: PathReading) -> SphereStill:
        """Measure the picture of a path."""
        path = reading.path
        sphere = Sphere.from_moments(reading.moments)
        log10 = path.log_probabilities[-1].astype(np.float64) / np.log(10)
        return cls(
            reading,
            sphere,
            sphere.project(path.embeddings),
            sphere.project(np.asarray(path.states, dtype=np.float64)),
            np.maximum(log10, DARKEST),
        )

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        path = self.reading.path
        last = np.asarray(path.states[-1:], dtype=np.float64)
        target = np.asarray(path.embeddings[[path.predicted_id]], dtype=np.float64)
        true, seen = (np.degrees(angle(last, target)[0]) for angle in (self.sphere.true_angle, self.sphere.seen_angle))
        return say(
            "PCA-3D (dimension) of {n:,} embeddings seen from their mean, every point at norm 1: three components "
            "carry {share:.1%} of the variance and the rest is not seen. The angle between the last state and the "
            "predicted embedding is {true:.0f}° in all {d} dimensions and {seen:.0f}° on this sphere. Colour: log10 "
            "probability at state {last}.",
            n=len(self.tokens),
            share=self.sphere.explained_share,
            true=true,
            d=path.model.d_model,
            seen=seen,
            last=path.n_blocks,
        )

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 3.9), layout="constrained")
        both = figure.subplots(1, 2)
        for axes, eye, cloud in zip(both, self._eyes, self._clouds, strict=True):
            self._print(axes, eye, cloud)
        scale = ScalarMappable(Normalize(self._range[0], self._range[1]), matplotlib_scale("dots"))
        bar = figure.colorbar(
            scale, ax=list(both), orientation="horizontal", shrink=0.5, aspect=40, pad=0.02,
            label=say("log10 probability of the token at the last state"),
            format=lambda value, _: number(float(value), "g").replace("-", "−"),
        )  # fmt: skip
        bar.outline.set_visible(False)
        return figure

    @property
    def _range(self) -> tuple[float, float]:
        return float(self.log10_probability.min()), 0.0

    @cached_property
    def _eyes(self) -> tuple[Eye, Eye]:
        reach = float(np.tan(np.clip(self._apart / 2 + WELL_SEEN, HALF_FIELD, WIDEST)))
        outer = map(_from_outside, self._turned(float(np.arccos(1 / DISTANCE))))
        inner = (_from_within(points, reach) for points in self._turned(float(WIDEST)))
        return Eye(True, 1.03 * _rim(), *outer), Eye(False, reach, *inner)

    @cached_property
    def _clouds(self) -> list[UInt8[np.ndarray, "side side 4"]]:
        """The tokens as each eye sees them: the same on every ground, and most of the work."""
        return list(map(self._cloud, self._eyes))

    @cached_property
    def _apart(self) -> float:
        """Angle between last state and predicted token as drawn, in radians."""
        return float(np.arccos(np.clip(self.states[-1] @ self.tokens[self.reading.path.predicted_id], -1, 1)))

    def _turned(self, field: float) -> tuple[Float[np.ndarray, "n 3"], ...]:
        """Tokens, states, the arcs between states and that to the token, before an eye of this half field (radians)."""
        last, target = self.states[-1], self.tokens[self.reading.path.predicted_id]
        turn = _facing(last + target if self._apart / 2 + WELL_SEEN < field else last)
        return tuple(
            points @ turn.T for points in (self.tokens, self.states, _arcs(self.states), _arcs([last, target]))
        )

    def _print(self, axes: Axes, eye: Eye, cloud: UInt8[np.ndarray, "side side 4"]) -> None:
        outside, reach, tokens, states = eye.outside, eye.reach, eye.tokens, eye.states
        axes.imshow(cloud, extent=(-reach, reach, -reach, reach), zorder=1)
        predicted = self.reading.path.predicted_id
        if tokens.shown[predicted]:
            axes.plot(
                *tokens.flat[predicted], "D", color=RED, markersize=6, markeredgecolor="white", markeredgewidth=0.7,
                zorder=6,
            )  # fmt: skip
        if outside:
            from matplotlib.patches import Circle

            rim = Circle((0, 0), _rim(), fill=False, edgecolor=axes.spines["left"].get_edgecolor(), linewidth=0.6)
            axes.add_patch(rim)
        for shown, alpha in ((eye.arcs.shown, 1.0), (~eye.arcs.shown, 0.3 if outside else 0.0)):
            line = np.where(shown[:, None], eye.arcs.flat, np.nan)
            axes.plot(*line.T, color=BLUE, linewidth=1.3, alpha=alpha, zorder=4)
        apart = np.where(eye.to_token.shown[:, None], eye.to_token.flat, np.nan)
        axes.plot(*apart.T, color=RED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=4)
        axes.plot(*states.flat[states.shown].T, "o", color=BLUE, markersize=3.4, zorder=5)
        self._print_labels(axes, tokens, states, reach)
        if not tokens.shown[predicted]:
            self._print_sign(axes, tokens.flat[predicted], reach, outside)
        title = say("from outside") if outside else say("from within")
        axes.set(title=title, xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axes.set_axis_off()

    def _cloud(self, eye: Eye) -> UInt8[np.ndarray, "side side 4"]:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(CLOUD_INCHES, CLOUD_INCHES))
        axes = figure.add_axes((0, 0, 1, 1), frameon=False)
        low, high = self._range
        warm = (self.log10_probability - low) / ((high - low) or 1.0)
        small = (1.5 if len(warm) < 20_000 else 0.6) * (1 if eye.outside else 2)
        shown = eye.tokens.shown
        far = ~shown if eye.outside else np.zeros(len(warm), dtype=bool)
        for mask, alpha in ((far, 0.12), (shown, 0.85)):
            order = np.flatnonzero(mask)[np.argsort(warm[mask], kind="stable")]  # likely tokens on top
            x, y = eye.tokens.flat[order].T
            axes.scatter(
                x, y, s=small * (1 + 14 * warm[order] ** 3), c=warm[order],
                cmap=matplotlib_scale("dots"), vmin=0, vmax=1, alpha=alpha, linewidths=0,
            )  # fmt: skip
        axes.set(xlim=(-eye.reach, eye.reach), ylim=(-eye.reach, eye.reach))
        axes.set_axis_off()
        content, side = io.BytesIO(), round(CLOUD_INCHES * CLOUD_DPI)
        figure.savefig(content, format="rgba", dpi=CLOUD_DPI, transparent=True)
        return np.frombuffer(content.getvalue(), dtype=np.uint8).reshape(side, side, 4)

    def _print_sign(self, axes: Axes, place: Float[np.ndarray, " 2"], reach: float, outside: bool) -> None:
        """Where the predicted token is that the eye does not see."""
        token = printable(visible(self.reading.path.vocabulary[self.reading.path.predicted_id], 14))
        angle = round(float(np.degrees(self._apart)))
        words = (
            say("‘{token}’ is behind, {angle}° from the state", token=token, angle=angle)
            if outside
            else say("‘{token}’ is out of the picture, {angle}° from the state", token=token, angle=angle)
        )
        edge = float(np.linalg.norm(place) / _rim()) if outside else float(np.abs(place).max() / (0.93 * reach))
        away = place / (edge or 1.0)
        axes.plot(*away, marker=(3, 0, float(np.degrees(np.arctan2(away[1], away[0]))) - 90), color=RED, markersize=7)
        axes.annotate(
            words, (float(away[0]), float(away[1])), (0, -9 if away[1] > 0 else 9), textcoords="offset points",
            color=RED, fontsize=6.5, ha="right" if away[0] > 0 else "left", va="top" if away[1] > 0 else "bottom",
            zorder=7, path_effects=_halo(axes),
        )  # fmt: skip

    def _print_labels(self, axes: Axes, tokens: Projected, states: Projected, reach: float) -> None:
        """The likeliest tokens and the numbers of the states, where they do not lie on each other."""
        path = self.reading.path
        likely = [token for token, _ in self.reading.top(-1, MOST_NAMED) if tokens.shown[token]]
        likely = [likely[i] for i in thinned(tokens.flat[likely], (0.34 * reach, 0.085 * reach), range(len(likely)))]
        named = tokens.flat[likely]
        free = [
            index
            for index in np.flatnonzero(states.shown)
            if not (np.abs(named - states.flat[index]) < (0.26 * reach, 0.085 * reach)).all(axis=1).any()
        ]
        numbered = [free[i] for i in thinned(states.flat[free], (0.09 * reach, 0.085 * reach))] if free else []
        shared: dict[str, Any] = {"textcoords": "offset points", "zorder": 7, "path_effects": _halo(axes)}
        for token in likely:
            predicted = token == path.predicted_id
            axes.annotate(
                printable(visible(path.vocabulary[token], 14)), tokens.flat[token], (5, 4), fontsize=6.5,
                color=RED if predicted else None, weight="bold" if predicted else "normal", **shared,
            )  # fmt: skip
        for index in numbered:
            axes.annotate(str(index), states.flat[index], (4, 4), fontsize=7, **shared)


def _halo(axes: Axes) -> list[Any]:
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=1.6, foreground=axes.get_facecolor())]


def _from_outside(points: Float[np.ndarray, "n 3"]) -> Projected:
    away = DISTANCE - points[:, 2]
    # The far side begins at the horizon, which a near eye sees before the equator.
    return Projected(points[:, :2] / away[:, None], points[:, 2] > 1 / DISTANCE)


def _from_within(points: Float[np.ndarray, "n 3"], reach: float) -> Projected:
    # Projected from within left and right change sides.
    flat = points[:, :2] * [-1, 1] / np.maximum(points[:, 2], 1e-6)[:, None]
    return Projected(flat, (points[:, 2] > 0) & (np.abs(flat) < reach).all(axis=1))


def _rim() -> float:
    """Radius at which the outer eye sees the edge of the sphere."""
    return float(1 / np.sqrt(DISTANCE**2 - 1))


def _facing(direction: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """Rotation that puts `direction` a little right of and above the middle of what the eye sees."""
    length = float(np.linalg.norm(direction))
    z = direction / length if length > 0 else np.array([0.0, 0.0, 1.0])
    up = np.array([0.0, 1.0, 0.0]) if abs(z[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    x = np.cross(up, z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])


def _arcs(
    states: Sequence[Float[np.ndarray, " 3"]] | Float[np.ndarray, "states 3"], steps: int = 24
) -> Float[np.ndarray, "points 3"]:
    """Points along the great circles between one state and the next."""
    pieces = []
    t = np.linspace(0, 1, steps)[:, None]
    for a, b in pairwise(states):
        angle = 2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))
        # Next to each other a straight line is the arc; sin(angle) would divide by zero.
        straight = angle < 1e-6 or np.pi - angle < 1e-6
        pieces.append(
            (1 - t) * a + t * b if straight else (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
        )
    return np.concatenate(pieces) if pieces else np.asarray(states)
