"""Degrees of a champion, and what of its wiring rewiring would not have given it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis.wiring import WiringOrder
from statescape.views.theme import BLUE, GREY, ORANGE, RED

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class OrderPicture:
    """Degrees and measures.

    Attributes:
        order: the numbers.
        caption: what is drawn.
        name: of the files.
    """

    order: WiringOrder
    caption: str
    name: str = "order"

    @classmethod
    def of(cls, order: WiringOrder) -> OrderPicture:
        """The picture of a wiring's order."""
        edges, units = int(order.incoming.sum()), len(order.incoming)
        told = "; ".join(
            f"{one.name} ({one.meaning}) {one.value:.2f}, rewired {one.low:.2f} to {one.high:.2f}"
            for one in order.measures
        )
        return cls(
            order,
            f"Left: {edges:,} edges of {units} units, {edges / units:.2f} a unit; incoming {order.incoming.min()} to "
            f"{order.incoming.max()}, outgoing {order.outgoing.min()} to {order.outgoing.max()}. Right: the champion "
            f"(red) and the middle 95% of itself rewired {order.draws} times, which keeps every unit's numbers of "
            f"edges (seed {order.seed}): {told}.",
        )

    def _counts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Degrees, and how many units have them as incoming and outgoing."""
        most = int(max(self.order.incoming.max(), self.order.outgoing.max()))
        return (
            np.arange(most + 1),
            np.bincount(self.order.incoming, minlength=most + 1),
            np.bincount(self.order.outgoing, minlength=most + 1),
        )

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 2.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        degrees, incoming, outgoing = self._counts()
        left.bar(degrees - 0.2, incoming, width=0.4, color=BLUE, label="incoming")
        left.bar(degrees + 0.2, outgoing, width=0.4, color=ORANGE, label="outgoing")
        left.set(xlabel="edges of a unit", ylabel="units")
        left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
        rows = np.arange(len(self.order.measures))[::-1]
        for row, one in zip(rows, self.order.measures, strict=True):
            right.plot([one.low, one.high], [row, row], color=GREY, linewidth=5, alpha=0.6, solid_capstyle="butt")
            right.plot([np.median(one.nulls)], [row], "|", color=GREY, markersize=9)
            right.plot([one.value], [row], "o", color=RED, markersize=5)
        right.set_yticks(rows, [one.name for one in self.order.measures])
        right.set(title="champion and itself rewired", xlim=(-0.03, 1.03))
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place

        figure = panels(["units by number of edges", "champion and itself rewired"], columns=2, stacked=stacked,
                        height=280)  # fmt: skip
        at = place(0, 2, stacked)
        degrees, incoming, outgoing = self._counts()
        for name, counts, colour in (("incoming", incoming, BLUE), ("outgoing", outgoing, ORANGE)):
            figure.add_trace(
                go.Bar(
                    x=degrees, y=counts, name=name, marker={"color": colour, "line": {"width": 0}},
                    hovertemplate=f"%{{y}} units with %{{x}} {name}<extra></extra>",
                ),
                **at,
            )  # fmt: skip
        figure.update_xaxes(title_text="edges of a unit", **at)
        at = place(1, 2, stacked)
        names = [one.name for one in self.order.measures]
        lows, highs = (np.array([getattr(one, end) for one in self.order.measures]) for end in ("low", "high"))
        medians = np.array([np.median(one.nulls) for one in self.order.measures])
        figure.add_trace(
            go.Scatter(
                x=medians, y=names, mode="markers", name="rewired, middle 95%",
                marker={"symbol": "line-ns-open", "size": 12, "color": GREY},
                error_x={"symmetric": False, "array": highs - medians, "arrayminus": medians - lows, "color": GREY,
                         "thickness": 6, "width": 0},
                hovertemplate="%{y} of the rewired: median %{x:.3f}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=[one.value for one in self.order.measures], y=names, mode="markers", name="champion",
                marker={"size": 11, "color": RED}, customdata=[one.meaning for one in self.order.measures],
                hovertemplate="%{y} %{x:.3f}<br>%{customdata}<extra></extra>",
            ),
            **at,
        )  # fmt: skip
        figure.update_yaxes(autorange="reversed", **at)
        figure.update_xaxes(range=[-0.03, 1.03], **at)
        figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0)
        return figure
