"""The plane of the embeddings and the path above it: do states live among the embeddings?

Every point is seen as its direction from the mean, ``u = (s - mu) / |s - mu|``: states a hundred times longer than
embeddings would leave nothing of the cloud. PC1 and PC2 lie flat and the path stands above them at the height of what
lies outside the drawn plane, ``h^2 = 1 - pc1^2 - pc2^2``; the part outside the whole embedding subspace is marked.
Beside it the share of energy inside that subspace by state, and the principal angles between it and the path's span.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.analysis.path import VARIANCE_SHARE
from statescape.geometry import PCA
from statescape.geometry.moments import blocks
from statescape.views.labels import thinned
from statescape.views.language.clouds import add_image
from statescape.views.language.lines import Band, Line, Panel, add_panel, print_panel
from statescape.views.raster import cloud_image
from statescape.views.text import plotly_text, printable
from statescape.views.theme import BLUE, GREY, INDIGO, ORANGE, RED
from statescape.wording import phrase, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AZIMUTH, ELEVATION = np.radians(-35.0), np.radians(24.0)
ANGLE_DRAWS = 25
TITLE = phrase("directions above the plane of PC1 and PC2")


@dataclass(frozen=True, eq=False)
class EnergyPicture:
    """The path above the plane, its energy inside, and the angles between its span and the embeddings'.

    Attributes:
        reading: the path's numbers.
        rim: the circle on which a direction inside the plane would lie, as the picture's own oblique view shows it.
        tokens: every token's direction on the flat plane, seen so.
        feet: where each state stands on the plane, seen so.
        heads: each state at its height, seen so.
        marks: where on its stem what lies outside the embedding subspace ends, seen so.
        heights: height of each direction above the drawn plane.
        outside: its distance from the embedding subspace.
        shown: share of the variance on the drawn plane.
        angles: principal angles in degrees between the span of s - mu and the subspace, smallest first.
        random_angles: mean angles for as many isotropic vectors.
    """

    reading: PathReading
    rim: Float[np.ndarray, "circle 2"]
    tokens: Float[np.ndarray, "vocabulary 2"]
    feet: Float[np.ndarray, "states 2"]
    heads: Float[np.ndarray, "states 2"]
    marks: Float[np.ndarray, "states 2"]
    heights: Float[np.ndarray, " states"]
    outside: Float[np.ndarray, " states"]
    shown: float
    angles: Float[np.ndarray, " angles"]
    random_angles: Float[np.ndarray, " angles"]
    name: str = "energy"

    @classmethod
    def of(cls, reading: PathReading) -> EnergyPicture:
        """Measure the picture of a path."""
        path = reading.path
        states = np.asarray(path.states, dtype=np.float64)
        centred = states - reading.mean_embedding
        pca = PCA.from_moments(reading.moments, 2)
        flat = _directions(pca.project(states), np.linalg.norm(centred, axis=1))
        tokens = _directions(pca.project(path.embeddings), _distances(path.embeddings, reading.mean_embedding))
        heights = np.sqrt(np.maximum(1.0 - np.square(flat).sum(axis=1), 0.0))
        outside = np.sqrt(np.maximum(1.0 - np.nan_to_num(reading.energy_inside, nan=1.0), 0.0))
        turn = np.linspace(0, 2 * np.pi, 181)
        circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        # The first state is often an embedding itself: it spans no direction of its own.
        angles = np.degrees(reading.subspace.principal_angles(centred))
        rng = np.random.default_rng(reading.seed)
        drawn = [reading.subspace.principal_angles(rng.standard_normal(centred.shape)) for _ in range(ANGLE_DRAWS)]
        count = min(len(angles), len(drawn[0]))
        return cls(
            reading=reading,
            rim=_view(circle, np.zeros(len(circle))),
            tokens=_view(tokens, np.zeros(len(tokens))),
            feet=_view(flat, np.zeros(len(states))),
            heads=_view(flat, heights),
            marks=_view(flat, np.minimum(outside, heights)),
            heights=heights,
            outside=np.minimum(outside, heights),
            shown=float(pca.explained_variance_ratio.sum()),
            angles=angles[:count],
            random_angles=np.degrees(np.mean(drawn, axis=0))[:count],
        )

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        subspace, embeddings = self.reading.subspace, self.reading.energy_of_embeddings
        inside = self.reading.energy_inside
        return say(
            "Directions from the mean embedding. The drawn plane carries {shown:.1%} of the variance of {n:,} "
            "embeddings; a direction inside it would end on the circle. Embedding subspace: the {k} of {d} principal "
            "components that hold {share:.0%} of it. Energy inside: states {low:.0%} to {high:.0%}; embeddings "
            "{mean:.0%} (95% between {from_:.0%} and {to:.0%}); an isotropic vector {isotropic:.0%}. Principal angles "
            "between the span of the path and the subspace: {first:.0f}° to {last:.0f}°; of as many random vectors "
            "{random_first:.0f}° to {random_last:.0f}° (mean of {draws} draws, seed {seed}).",
            shown=self.shown,
            n=len(self.tokens),
            k=subspace.k,
            d=len(subspace.mean),
            share=VARIANCE_SHARE,
            low=np.nanmin(inside),
            high=np.nanmax(inside),
            mean=embeddings.mean,
            from_=embeddings.low,
            to=embeddings.high,
            isotropic=subspace.isotropic_expectation,
            first=self.angles[0],
            last=self.angles[-1],
            random_first=self.random_angles[0],
            random_last=self.random_angles[-1],
            draws=ANGLE_DRAWS,
            seed=self.reading.seed,
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        titles = [say(TITLE), *(panel.title for panel in self._panels())]
        figure = panels(titles, columns=3, stacked=stacked, height=400)
        self._add_view(figure)
        named: set[str] = set()
        for index, panel in enumerate(self._panels(), 1):
            add_panel(figure, panel, place(index, 3, stacked), named)
        if not stacked:
            _widen_first(figure)
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 5.6), layout="constrained")
        above, left, right = figure.subplot_mosaic("aa;bc", height_ratios=(1.5, 1)).values()
        self._print_view(above)
        for axes, panel in zip((left, right), self._panels(), strict=True):
            print_panel(axes, panel)
            axes.legend(loc="best")
        return figure

    def _panels(self) -> tuple[Panel, Panel]:
        subspace, embeddings = self.reading.subspace, self.reading.energy_of_embeddings
        isotropic = subspace.isotropic_expectation
        energy = Panel(
            say("energy inside the subspace"),
            (Line(say("path"), self.reading.energy_inside, BLUE),),
            (
                Band(say("embeddings, 95%"), embeddings.low, embeddings.high, INDIGO),
                Band(say("isotropic"), isotropic, isotropic, GREY, "dash"),
            ),
            say("share"),
            limits=(0.0, 1.02),
            most_ticks=7,
        )
        angles = Panel(
            say("principal angles of the path"),
            (Line(say("path"), self.angles, BLUE), Line(say("random vectors"), self.random_angles, GREY, "dot")),
            (),
            say("degrees"),
            limits=(-2.0, 92.0),
            x_title=phrase("angle"),
            first=1,
            format=".1f",
            most_ticks=7,
        )
        return energy, angles

    @cached_property
    def _bounds(self) -> tuple[Float[np.ndarray, " 2"], Float[np.ndarray, " 2"]]:
        """Corners of the rectangle that holds the view, with room for numbers above."""
        high = np.maximum(self.rim.max(axis=0), self.heads.max(axis=0))
        return self.rim.min(axis=0) - 0.03, high + np.array([0.03, 0.12])

    @cached_property
    def _image(self) -> str:
        """The tokens as a picture that fills `_bounds`."""
        return cloud_image(self.tokens, *self._bounds, dot=0.005 if len(self.tokens) < 20_000 else 0.0035)

    def _labelled(self) -> list[int]:
        return thinned(self.heads, (0.1, 0.1))

    def _add_view(self, figure: go.Figure) -> None:
        import plotly.graph_objects as go

        from statescape.views.panels import follow

        path = self.reading.path
        at = {"row": 1, "col": 1}
        add_image(figure, self._image, self._bounds, at)
        figure.add_trace(
            go.Scatter(
                x=self.rim[:, 0], y=self.rim[:, 1], mode="lines", line={"color": GREY, "width": 1}, hoverinfo="skip",
                showlegend=False,
            ),
            **at,
        )  # fmt: skip
        for name, tops, style in (
            (say("height above the plane"), self.heads, {"color": GREY, "width": 1}),
            (say("of it outside the subspace"), self.marks, {"color": ORANGE, "width": 3}),
        ):
            stems = np.stack([self.feet, tops, np.full_like(tops, np.nan)], axis=1).reshape(-1, 2)
            figure.add_trace(
                go.Scatter(x=stems[:, 0], y=stems[:, 1], mode="lines", line=style, name=name, hoverinfo="skip"), **at
            )
        follow(figure, at, "point", self.heads)
        hover = [
            say(
                "state {index}<br>height {height:.3g}<br>outside the subspace {out:.3g}",
                index=index,
                height=height,
                out=out,
            )
            for index, (height, out) in enumerate(zip(self.heights, self.outside, strict=True))
        ]
        figure.add_trace(
            go.Scatter(
                x=self.heads[:, 0], y=self.heads[:, 1], mode="lines+markers", name=say("path"), hovertext=hover,
                line={"color": BLUE, "width": 1.6}, marker={"size": 7, "color": BLUE}, legendgroup=say("path"),
                showlegend=False, hovertemplate="%{hovertext}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
        labelled = self._labelled()
        figure.add_trace(
            go.Scatter(
                x=self.heads[labelled, 0], y=self.heads[labelled, 1], mode="text", text=[str(i) for i in labelled],
                textposition="top center", showlegend=False, hoverinfo="skip", cliponaxis=False,
            ),
            **at,
        )  # fmt: skip
        target = self.tokens[path.predicted_id]
        figure.add_trace(
            go.Scatter(
                x=target[:1], y=target[1:], mode="markers", name=say("predicted"), showlegend=False,
                marker={"size": 10, "color": RED, "symbol": "diamond", "line": {"width": 1, "color": "white"}},
                hovertemplate=plotly_text(path.vocabulary[path.predicted_id]) + "<extra></extra>",
            ),
            **at,
        )  # fmt: skip
        figure.update_xaxes(visible=False, **at)
        figure.update_yaxes(visible=False, **at)

    def _print_view(self, axes: Axes) -> None:
        axes.plot(*self.rim.T, color=GREY, linewidth=0.8)
        axes.scatter(
            self.tokens[:, 0], self.tokens[:, 1], s=2.5 if len(self.tokens) < 20_000 else 1, color=GREY, alpha=0.4,
            linewidths=0, rasterized=True, label=say("tokens"),
        )  # fmt: skip
        for index, (foot, mark, head) in enumerate(zip(self.feet, self.marks, self.heads, strict=True)):
            axes.plot(*zip(foot, head, strict=True), color=GREY, linewidth=0.8)
            axes.plot(
                *zip(foot, mark, strict=True), color=ORANGE, linewidth=2.2,
                label=say("outside the embedding subspace") if index == 0 else None,
            )  # fmt: skip
        axes.plot(*self.heads.T, "-o", color=BLUE, markersize=3.5, linewidth=1.2, label=say("path"))
        for index in self._labelled():
            axes.annotate(
                str(index), self.heads[index], (0, 4), textcoords="offset points", ha="center", va="bottom", fontsize=7
            )
        path = self.reading.path
        axes.plot(
            *self.tokens[path.predicted_id], "D", color=RED, markersize=5.5, markeredgecolor="white", linestyle="none",
            label=say("predicted ‘{token}’", token=printable(path.vocabulary[path.predicted_id])),
        )  # fmt: skip
        axes.set_title(say(TITLE))
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_axis_off()
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1))


def _directions(flat: Float[np.ndarray, "n 2"], distances: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """What the plane shows of each point's direction from the mean."""
    return np.asarray(flat / np.where(distances > 0, distances, 1.0)[:, None])


def _distances(points: Float[np.ndarray, "n d"], mean: Float[np.ndarray, " d"]) -> Float[np.ndarray, " n"]:
    return np.concatenate([np.linalg.norm(block - mean, axis=1) for block in blocks(points)])


def _view(flat: Float[np.ndarray, "n 2"], height: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """Orthographic view of points above a plane, from the side and a little above."""
    x = np.cos(AZIMUTH) * flat[:, 0] - np.sin(AZIMUTH) * flat[:, 1]
    depth = np.sin(AZIMUTH) * flat[:, 0] + np.cos(AZIMUTH) * flat[:, 1]
    return np.stack([x, np.sin(ELEVATION) * depth + np.cos(ELEVATION) * height], axis=1)


def _widen_first(figure: go.Figure) -> None:
    """Four tenths of the width for the view, the rest for the two others."""
    for axis, domain in zip(("xaxis", "xaxis2", "xaxis3"), ((0, 0.38), (0.46, 0.69), (0.77, 1.0)), strict=True):
        figure.layout[axis].domain = domain
    for note, left in zip(figure.layout.annotations, (0, 0.46, 0.77), strict=True):
        note.x = left
