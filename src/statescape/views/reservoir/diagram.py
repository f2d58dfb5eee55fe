"""One wiring as a diagram: units where its order shows, edges with their direction and sign, drawn into any panel.

Filled units lie on a cycle, so that what they say comes back to them; open ones only feed or only follow. Larger units
have more edges. A ring around a unit is its edge to itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from statescape.reservoir.measures import in_degrees, on_cycles, out_degrees
from statescape.views.core.marks import NOTHING, AnyMark, LineMark, Panel, PointMark, columns
from statescape.views.core.theme import NEGATIVE, POSITIVE
from statescape.views.reservoir.layout import places
from statescape.wording import phrase, say

EDGES_DRAWN = 4000
ARROWS_UP_TO = 500  # edges; on more, arrows only blacken the picture
ARROW_AT = 0.62  # of the way
KEY = phrase(
    "Blue weights are positive, orange ones negative; filled units lie on a cycle, open ones do not; larger "
    "ones have more edges, a ring is an edge to itself."
)
UNIT = "#6b7580"  # a grey that stands on both grounds


@dataclass(frozen=True, eq=False)
class Diagram:
    """What is drawn of one wiring.

    Attributes:
        title: of its panel.
        places: where each unit stands.
        edges: source and target of every edge between two units that is drawn, weakest first.
        weights: their weights.
        loops: weight of every unit's edge to itself.
        degrees: incoming and outgoing edges of each unit.
        cyclic: whether a unit lies on a cycle.
    """

    title: str
    places: Float[np.ndarray, "units 2"]
    edges: Int[np.ndarray, "edges 2"]
    weights: Float[np.ndarray, " edges"]
    loops: Float[np.ndarray, " units"]
    degrees: Int[np.ndarray, " units"]
    cyclic: Bool[np.ndarray, " units"]

    @classmethod
    def of(cls, title: str, W: Float[np.ndarray, "units units"]) -> Diagram:
        """The diagram of a matrix."""
        between = W - np.diag(np.diag(W))
        targets, sources = np.nonzero(between)
        weights = between[targets, sources]
        order = np.argsort(np.abs(weights), kind="stable")[-EDGES_DRAWN:]
        edges = np.column_stack([sources, targets])[order]
        return cls(
            title, places(W), edges, weights[order], np.diag(W).copy(), in_degrees(W) + out_degrees(W), on_cycles(W)
        )

    @property
    def segments(self) -> Float[np.ndarray, "edges 2 2"]:
        """Where each edge begins and ends."""
        return np.stack([self.places[self.edges[:, 0]], self.places[self.edges[:, 1]]], axis=1)

    @property
    def arrows(self) -> tuple[Float[np.ndarray, "edges 2"], Float[np.ndarray, "edges 2"]]:
        """Where each edge's arrow stands, and its direction of length 1."""
        start, end = self.segments[:, 0], self.segments[:, 1]
        along = end - start
        length = np.linalg.norm(along, axis=1, keepdims=True)
        return start + ARROW_AT * along, along / np.maximum(length, 1e-12)

    @property
    def thickness(self) -> float:
        """How thick edges are: many are drawn thinly, none faintly."""
        return 0.3 + 0.7 * min(1.0, 200 / max(len(self.edges), 1))

    def panel(self, scale: float = 1.0) -> Panel:
        """The diagram drawn.

        Args:
            scale: of units and lines; 1 for a panel of about 280 pixels.
        """
        lines = np.concatenate([self.segments, np.full((len(self.edges), 1, 2), np.nan)], axis=1)
        positions, directions = self.arrows
        turned = np.degrees(np.arctan2(directions[:, 0], directions[:, 1]))
        crowd = min(1.0, np.sqrt(60 / len(self.places)))
        sizes = (4.5 + 5.5 * self.degrees / max(int(self.degrees.max()), 1)) * crowd * scale
        marks: list[AnyMark] = []
        for colour, sign in ((POSITIVE, 1), (NEGATIVE, -1)):
            chosen, rings = sign * self.weights > 0, sign * self.loops > 0
            marks.append(LineMark(*columns(lines[chosen].reshape(-1, 2)), colour, width=self.thickness * scale))
            if len(self.edges) <= ARROWS_UP_TO:
                marks.append(
                    PointMark(
                        *columns(positions[chosen]), colour, size=6 * scale, symbol="triangle-up",
                        angles=turned[chosen],
                    )
                )  # fmt: skip
            marks.append(PointMark(*columns(self.places[rings]), colour, size=sizes[rings] + 6, symbol="ring"))
        for symbol, chosen in (("ring", ~self.cyclic), ("circle", self.cyclic)):
            notes = [self._told(unit) for unit in np.flatnonzero(chosen).tolist()]
            marks.append(
                PointMark(
                    *columns(self.places[chosen]), UNIT, size=sizes[chosen], symbol=symbol, hover="{note}", notes=notes
                )
            )
        reach = 1.16 * max(float(np.abs(self.places).max()), 0.5)
        axis = replace(NOTHING, limits=(-reach, reach))
        return Panel(self.title, marks, axis, axis, square=True)

    def _told(self, unit: int) -> str:
        """What the pointer says of a unit."""
        if self.cyclic[unit]:
            return say("unit {unit}, on a cycle: {edges} edges", unit=unit, edges=self.degrees[unit])
        return say("unit {unit}: {edges} edges", unit=unit, edges=self.degrees[unit])
