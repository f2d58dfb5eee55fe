"""The last state against the predicted embedding, coordinate by coordinate: who makes the cosine?

Both vectors at norm 1; below, what each coordinate adds to the cosine, ``a_i b_i / (|a| |b|)``; below that the same
with the marked coordinates left out. Marked are the model's rogue dimensions and the spikes of either vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.geometry import cosine_contributions, spikes
from statescape.views.language.tokens import landmarks
from statescape.views.text import plotly_text, printable
from statescape.views.theme import BLUE, GREY, ORANGE
from statescape.wording import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NAMED = 8  # marked coordinates that carry their number; all carry a mark


@dataclass(frozen=True, eq=False)
class VectorsPicture:
    """Two vectors and the terms of their cosine.

    Attributes:
        reading: the path's numbers.
        state: s_L at norm 1.
        embedding: the predicted token's embedding at norm 1.
        contributions: what each coordinate adds to their cosine.
        marked: rogue dimensions, then spikes of state and embedding, heaviest contribution first.
        without: contributions when the marked coordinates are left out; NaN there.
    """

    reading: PathReading
    state: Float[np.ndarray, " d"]
    embedding: Float[np.ndarray, " d"]
    contributions: Float[np.ndarray, " d"]
    marked: tuple[int, ...]
    without: Float[np.ndarray, " d"]
    name: str = "vectors"

    @classmethod
    def of(cls, reading: PathReading) -> VectorsPicture:
        """Measure the picture of a path."""
        path = reading.path
        state = np.asarray(path.states[-1], dtype=np.float64)
        embedding = np.asarray(path.embeddings[path.predicted_id], dtype=np.float64)
        contributions = cosine_contributions(state, embedding)
        found = {*path.rogue_dimensions, *spikes(state), *spikes(embedding)}
        marked = tuple(sorted(found, key=lambda i: -abs(float(contributions[i]))))
        rest = np.setdiff1d(np.arange(len(state)), marked)
        without = np.full(len(state), np.nan)
        without[rest] = cosine_contributions(state[rest], embedding[rest])
        return cls(
            reading,
            state / np.linalg.norm(state),
            embedding / np.linalg.norm(embedding),
            contributions,
            marked,
            without,
        )

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        path = self.reading.path
        d, last = len(self.state), path.n_blocks
        rogue = ", ".join(map(str, path.rogue_dimensions)) or say("none")
        spiky = ", ".join(str(i) for i in self.marked if i not in path.rogue_dimensions) or say("none")
        heavy = np.sort(np.abs(self.contributions))[::-1]
        half = int(np.searchsorted(heavy.cumsum(), heavy.sum() / 2)) + 1
        return say(
            "State {last} and the embedding of ‘{token}’ in {d} coordinates, both at norm 1. Cosine {cosine:.3f}; "
            "without the {marked} marked coordinates {without:.3f}. Rogue dimensions: {rogue}; further spikes: "
            "{spiky}. {half} of {d} coordinates make half of all that the terms add and take away.",
            last=last,
            token=printable(path.vocabulary[path.predicted_id]),
            d=d,
            cosine=self.contributions.sum(),
            marked=len(self.marked),
            without=np.nansum(self.without),
            rogue=rogue,
            spiky=spiky,
            half=half,
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure; its panels share their coordinates and so are always stacked."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, short

        titles = [title for title, *_ in self._rows()]
        figure = panels(titles, columns=1, stacked=stacked, height=170, shared_x=True)
        index = np.arange(len(self.state))
        for row, (_, series) in enumerate(self._rows(), 1):
            for name, values, colour in series:
                is_term = row > 1
                figure.add_trace(
                    go.Scatter(
                        x=index,
                        y=short(np.nan_to_num(values)),
                        mode="lines",
                        line={"color": colour, "width": 1, "shape": "hvh"},
                        name=plotly_text(name, 60),
                        legendgroup=name,
                        showlegend=row < 3,
                        fill="tozeroy" if is_term else None,
                        hovertemplate=f"{say('coordinate')} %{{x}}: %{{y:.4f}}<extra></extra>",
                    ),
                    row=row,
                    col=1,
                )
        named = self._named()
        for row, values in ((1, self._envelope()), (2, self.contributions)):
            if self.marked:
                figure.add_trace(
                    go.Scatter(
                        x=list(self.marked),
                        y=values[list(self.marked)],
                        mode="markers+text",
                        marker={"symbol": "circle-open", "size": 9, "color": ORANGE, "line": {"width": 1.5}},
                        text=[str(i) if i in named else "" for i in self.marked],
                        textposition="top center",
                        textfont={"size": 11},
                        hovertemplate=f"{say('coordinate')} %{{x}}, {say('marked')}<extra></extra>",
                        name=say("marked: rogue or spike"),
                        legendgroup="marked",
                        showlegend=row == 1,
                        cliponaxis=False,
                    ),
                    row=row,
                    col=1,
                )
        figure.update_xaxes(title_text=say("coordinate"), row=3, col=1)
        figure.update_xaxes(range=[-1, len(index)])
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 5.2), layout="constrained")
        index = np.arange(len(self.state))
        for row, (axes, (title, series)) in enumerate(
            zip(figure.subplots(3, 1, sharex=True), self._rows(), strict=True)
        ):
            for name, values, colour in series:
                if row:
                    axes.bar(index, values, width=1.0, color=colour, linewidth=0)
                else:
                    axes.step(index, values, where="mid", color=colour, linewidth=0.6, label=printable(name, 60))
            axes.set_title(title)
        for axes, values in zip(figure.axes[:2], (self._envelope(), self.contributions), strict=True):
            self._print_marks(axes, values)
        figure.axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3)
        figure.axes[-1].set(xlabel=say("coordinate"), xlim=(-1, len(index)))
        return figure

    def _rows(self) -> list[tuple[str, list[tuple[str, Any, str]]]]:
        path = self.reading.path
        predicted = landmarks(path)[0]
        vectors = [
            (say("state {index}", index=path.n_blocks), self.state, BLUE),
            (predicted.name, self.embedding, predicted.colour),
        ]
        return [
            (say("at norm 1"), vectors),
            (
                say("adds to the cosine of {cosine:.3f}", cosine=self.contributions.sum()),
                [(say("contribution"), self.contributions, GREY)],
            ),
            (
                say("without the marked coordinates: cosine {cosine:.3f}", cosine=np.nansum(self.without)),
                [(say("contribution without"), self.without, GREY)],
            ),
        ]

    def _envelope(self) -> Float[np.ndarray, " d"]:
        """Of the two vectors the one further from zero, where a mark stands."""
        return np.where(np.abs(self.state) > np.abs(self.embedding), self.state, self.embedding)

    def _named(self) -> set[int]:
        """Marked coordinates whose numbers do not touch, heaviest first."""
        from statescape.views.labels import thinned

        points = np.array([[i, 0.0] for i in self.marked[:MOST_NAMED]]).reshape(-1, 2)
        chosen = thinned(points, (0.03 * len(self.state), 1.0), range(len(points)))
        return {self.marked[place] for place in chosen}

    def _print_marks(self, axes: Axes, values: Float[np.ndarray, " d"]) -> None:
        named = self._named()
        for i in self.marked:
            axes.plot(i, values[i], "o", color=ORANGE, markerfacecolor="none", markersize=5)
            if i in named:
                up = 1 if values[i] >= 0 else -1
                axes.annotate(
                    str(i), (i, values[i]), (0, 5 * up), textcoords="offset points", fontsize=7, ha="center",
                    va="bottom" if up > 0 else "top",
                )  # fmt: skip
        axes.margins(y=0.18)
