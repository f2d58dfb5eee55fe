"""Pictures on the screen, by Plotly: panels side by side on a wide one, below each other on a narrow one.

A picture becomes what Plotly's script reads: data and layout as plain dictionaries and arrays. Plotly's own classes
check each of a figure's settings on the way, which takes longer than all else in an answer that is waited for; they are
for those who go on with a figure in Python (`offline`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from functools import singledispatchmethod
from typing import Any

import numpy as np
from jaxtyping import Float

from statescape.views.core.drawing import Drawing
from statescape.views.core.grid import Grid
from statescape.views.core.marks import (
    AreaMark,
    Axis,
    BarMark,
    CellMark,
    CloudMark,
    LineMark,
    Number,
    Panel,
    PointMark,
    TextMark,
    columns,
)
from statescape.views.core.text import plotly_text
from statescape.views.core.theme import GREY, faint, plotly_scale, plotly_template

STEPS = {"": "linear", "after": "hv", "middle": "hvh"}
SYMBOLS = {"ring": "circle-open", "tick": "line-ns-open"}
FIELDS = {"note": "customdata", "name": "fullData.name"}
TYPED = {"float32": "f4", "float64": "f8"}
BOTTOM, TITLES, LEGEND = 54, 44, 32  # pixels below the panels, for their titles, for the legend above
LEFT, RIGHT = 70, 18  # beside them: where numbers have too little room Plotly makes it, and draws all once more

# Plotly puts "Share chart", which opens an upload to its cloud, and a link to its site over every figure.
LAYOUT: dict[str, Any] = {"modebar": {"remove": ["sendChartToCloud"]}}
CONFIG: dict[str, Any] = {"showSendToCloud": False, "plotlyServerURL": "", "displaylogo": False}


def described(picture: Drawing, *, narrow: bool) -> dict[str, Any]:
    """Data and layout of a picture as Plotly reads them, for a wide screen or a narrow one.

    Traces come in the same order and number for both: a page keeps what differs (`page`).
    """
    grid = Grid.of(picture, narrow=narrow)
    brush = _Brush(grid, picture.legend)
    for spot, panel in sorted(zip(grid.places, grid.panels, strict=True), key=lambda placed: placed[0]):
        brush.title(panel.title, spot)
    for spot, panel in zip(grid.places, grid.panels, strict=True):
        brush.draw(panel, spot)
    top = TITLES + (LEGEND if picture.legend else 0)
    layout = {
        "template": plotly_template(),
        **LAYOUT,
        "height": grid.height + top + BOTTOM,
        "margin": {"t": top, "b": BOTTOM, "l": LEFT, "r": RIGHT},
        "legend": {"y": 1 + 34 / grid.height, "yanchor": "bottom"},
        "barmode": "overlay",
        "showlegend": picture.legend,
        **brush.layout,
    }
    return {"data": brush.data, "layout": layout}


def in_json(found: Any) -> Any:
    """A description in JSON types; arrays of real numbers in base64, as Plotly's script reads them."""
    if isinstance(found, dict):
        return {key: in_json(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [in_json(value) for value in found]
    if isinstance(found, np.ndarray) and found.dtype.name in TYPED:
        typed = {"dtype": TYPED[found.dtype.name], "bdata": base64.b64encode(found.tobytes()).decode()}
        return typed if found.ndim == 1 else {**typed, "shape": ", ".join(map(str, found.shape))}
    return found.tolist() if isinstance(found, np.ndarray | np.generic) else found


class _Brush:
    """Draws panels into a description, and knows which names its legend has already."""

    def __init__(self, grid: Grid, legend: bool) -> None:
        self.grid, self.legend = grid, legend
        self.data: list[dict[str, Any]] = []
        self.layout: dict[str, Any] = {"annotations": [], "images": [], "meta": {"states": [], "panels": {}}}
        self.named: set[str] = set()

    def title(self, text: str, spot: int) -> None:
        """What stands over a panel, at its left edge."""
        (left, _), (_, top) = self.grid.domains(spot)
        if text:
            self._annotate(
                text=plotly_text(text), xref="paper", yref="paper", x=left, y=top, xanchor="left", yanchor="bottom",
                yshift=4, font={"size": 14}, showarrow=False,
            )  # fmt: skip

    def draw(self, panel: Panel, spot: int) -> None:
        """Draw one panel at its spot."""
        number = "" if spot == 0 else str(spot + 1)
        self.x, self.y = f"x{number}", f"y{number}"
        for mark in panel.marks:
            self.add(mark)
        across, up = self.grid.domains(spot)
        x = {"anchor": self.y, "domain": across, **_axis(panel.x, panel.framed)}
        y = {"anchor": self.x, "domain": up, **_axis(panel.y, panel.framed)}
        lowest = max(range(spot, len(self.grid.panels), self.grid.columns))
        if self.grid.shared_x and spot != lowest:
            x |= {"matches": f"x{lowest + 1}", "showticklabels": False, "title": None}
        if panel.square:
            x |= {"constrain": "domain"}
            y |= {"constrain": "domain", "scaleanchor": self.x, "scaleratio": 1}
        self.layout |= {f"xaxis{number}": _said(x), f"yaxis{number}": _said(y)}
        if panel.follows:
            points = None if panel.states is None else np.round(panel.states, 5).tolist()
            self.layout["meta"]["states"].append({"x": self.x, "y": self.y, "kind": panel.follows, "points": points})
        self.layout["meta"]["panels"][self.x] = panel.title

    @singledispatchmethod
    def add(self, mark: Any) -> None:
        """Draw one mark into the panel at hand."""
        raise NotImplementedError(type(mark))

    @add.register
    def _(self, mark: LineMark) -> None:
        self._scatter(
            mark, mark.x, mark.y, mode="lines+markers" if mark.dots else "lines", opacity=mark.opacity,
            line={"color": mark.colour, "width": mark.width, "dash": mark.dash, "shape": STEPS[mark.step]},
            marker={"size": mark.dots, "color": mark.colour} if mark.dots else None,
            fill="tozeroy" if mark.filled else None,
        )  # fmt: skip

    @add.register
    def _(self, mark: PointMark) -> None:
        line = {"diamond": {"width": 1, "color": "white"}, "ring": {"width": 1.5}, "tick": {"width": 2}}
        marker = {
            "color": _plain(mark.colour), "size": _plain(mark.size), "symbol": SYMBOLS.get(mark.symbol, mark.symbol),
            "opacity": mark.opacity, "line": line.get(mark.symbol), "angle": _plain(mark.angles),
        }  # fmt: skip
        error = _error(mark.x if mark.along == "x" else mark.y, mark.low, mark.high, _first(mark.colour), mark.stroke)
        self._scatter(mark, mark.x, mark.y, mode="markers", marker=marker, **{f"error_{mark.along}": error})

    @add.register
    def _(self, mark: AreaMark) -> None:
        x = np.asarray(mark.x)
        self._scatter(
            mark, np.concatenate([x, x[::-1]]), np.concatenate([mark.low, np.asarray(mark.high)[::-1]]), mode="lines",
            line={"width": 0, "color": mark.colour}, fill="toself", fillcolor=faint(mark.colour),
        )  # fmt: skip

    @add.register
    def _(self, mark: BarMark) -> None:
        left = mark.shift - mark.width / 2
        self._trace(
            "bar", mark, x=_plain(mark.x), y=_plain(mark.y), width=mark.width, offset=left,
            marker={"color": _plain(mark.colour), "line": {"width": 0}},
            error_y=_error(mark.y, mark.low, mark.high, GREY, 1.6),
        )  # fmt: skip

    @add.register
    def _(self, mark: CellMark) -> None:
        values = np.asarray(mark.values)
        texts = None if mark.texts is None else [[plotly_text(one) for one in row] for row in mark.texts]
        notes = None if mark.notes is None else [[plotly_text(one) for one in row] for row in mark.notes]
        bar = {
            "title": {"text": plotly_text(mark.bar), "side": "right", "font": {"size": 13}},
            "thickness": 12,
            "outlinewidth": 0,
        }
        self._put(
            "heatmap", z=short(values, 3), x0=mark.origin[0], y0=mark.origin[1], dx=1, dy=1, zmin=mark.limits[0],
            zmax=mark.limits[1], colorscale=plotly_scale(mark.scale), xgap=mark.gap[0], ygap=mark.gap[1],
            name=plotly_text(mark.name) or None, text=texts, texttemplate="%{text}" if texts else None,
            textfont={"size": mark.text_size}, customdata=notes, showscale=bool(mark.bar),
            colorbar=bar if mark.bar else None, meta=None if mark.options is None else {"options": mark.options},
            **_hover(mark.hover),
        )  # fmt: skip

    @add.register
    def _(self, mark: TextMark) -> None:
        away = np.broadcast_to(np.asarray(mark.away, dtype=float), (len(mark.texts), 2))
        texts = [f"<b>{plotly_text(one)}</b>" if mark.bold else plotly_text(one) for one in mark.texts]
        if mark.x is None:  # stays at the edge when the panel is zoomed
            for text, y in zip(texts, mark.y, strict=True):
                self._annotate(
                    text=text, xref=f"{self.x} domain", yref=self.y, x=0, y=y, xanchor="left", yanchor="bottom",
                    yshift=4, font={"size": mark.size}, showarrow=False,
                )  # fmt: skip
            return
        self._put(
            "scatter", x=_plain(mark.x), y=_plain(mark.y), mode="markers+text", text=texts,
            # What is not seen keeps the words off what is.
            textfont={"size": mark.size}, marker={"size": 8, "opacity": 0},
            textposition=[_position(*one) for one in away], hoverinfo="skip", showlegend=False, cliponaxis=False,
        )  # fmt: skip

    @add.register
    def _(self, mark: CloudMark) -> None:
        low, high = mark.bounds
        self.layout["images"].append({
            "source": mark.image, "xref": self.x, "yref": self.y, "x": float(low[0]), "y": float(high[1]),
            "sizex": float(high[0] - low[0]), "sizey": float(high[1] - low[1]), "sizing": "stretch", "layer": "below",
        })  # fmt: skip
        shown = mark.points[list(mark.answering)] if len(mark.answering) else np.full((1, 2), np.nan)
        points = PointMark(*columns(shown), GREY, mark.name, 5.0, hover="{note}", notes=mark.notes or [""])
        self.add(points)

    def _scatter(self, mark: LineMark | PointMark | AreaMark, x: Any, y: Any, **options: Any) -> None:
        self._trace("scatter", mark, x=_plain(x), y=_plain(y), **options)

    def _trace(self, kind: str, mark: LineMark | PointMark | AreaMark | BarMark, **options: Any) -> None:
        """Add a trace with its name and what the pointer says."""
        notes = getattr(mark, "notes", None)
        listed = self.legend and bool(mark.name) and mark.name not in self.named
        self.named |= {mark.name}
        self._put(
            kind, name=plotly_text(mark.name) or None, legendgroup=plotly_text(mark.name) or None, showlegend=listed,
            customdata=None if notes is None else [plotly_text(one) for one in notes],
            **_hover(getattr(mark, "hover", "")), **options,
        )  # fmt: skip

    def _put(self, kind: str, **options: Any) -> None:
        self.data.append({"type": kind, **_said(options), "xaxis": self.x, "yaxis": self.y})

    def _annotate(self, **options: Any) -> None:
        self.layout["annotations"].append(options)


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    """What is said among settings: those that are None are left to Plotly."""
    return {
        key: _said(value) if isinstance(value, Mapping) else value
        for key, value in options.items()
        if value is not None
    }


def _axis(axis: Axis, framed: bool) -> dict[str, Any]:
    """An axis as Plotly knows it."""
    found: dict[str, Any] = {"title": {"text": plotly_text(axis.title)} if axis.title else None, "showgrid": axis.grid}
    if not axis.grid:
        found["zeroline"] = False
    if framed:
        found |= {"mirror": True, "showline": True}
    if not axis.visible:
        found |= {"showticklabels": False, "ticks": ""} if framed else {"visible": False}
    if axis.log:
        found["type"] = "log"
    if axis.limits is not None:
        ends = [float(end) for end in (np.log10(axis.limits) if axis.log else axis.limits)]
        found["range"] = ends[::-1] if axis.reverse else ends
    elif axis.reverse:
        found["autorange"] = "reversed"
    if axis.ticks is not None:
        labels = None if axis.labels is None else [plotly_text(one) for one in axis.labels]
        found |= {"tickvals": list(axis.ticks), "ticktext": labels}
    if axis.turn or axis.labels is not None:
        found["tickangle"] = axis.turn
    if axis.format:
        found["tickformat"] = axis.format.replace("g", "~g")
    return found


def _hover(template: str) -> dict[str, Any]:
    """A template as Plotly knows it."""
    if not template:
        return {"hoverinfo": "skip"}
    fields = re.sub(r"\{(\w+)", lambda found: "%{" + FIELDS.get(found[1], found[1]), template)
    return {"hovertemplate": fields.replace("\n", "<br>") + "<extra></extra>"}


def _error(values: Any, low: Any, high: Any, colour: str, width: Number) -> dict[str, Any] | None:
    """Intervals as Plotly knows them; an end that is not finite is where the value is."""
    if low is None or high is None:
        return None
    middle = np.asarray(values, dtype=float)
    up, down = (np.nan_to_num(gap, posinf=0.0, neginf=0.0) for gap in (high - middle, middle - low))
    return {
        "type": "data", "symmetric": False, "array": short(np.maximum(up, 0)), "arrayminus": short(np.maximum(down, 0)),
        "color": colour, "thickness": width, "width": 0,
    }  # fmt: skip


def _position(x: float, y: float) -> str:
    """Where a text stands that lies in a direction from its place."""
    vertical = "top" if y > 0.4 else "bottom" if y < -0.4 else "middle"
    return f"{vertical} {'right' if x > 0.4 else 'left' if x < -0.4 else 'center'}"


def _first(colour: str | Sequence[str]) -> str:
    return colour if isinstance(colour, str) else next(iter(colour), GREY)


def _plain(values: Any) -> Any:
    """Numbers as a page keeps them."""
    if values is None or isinstance(values, str | float | int):
        return values
    array = np.asarray(values)
    return short(array, 5) if array.dtype.kind == "f" else array.tolist()


def short(values: Float[np.ndarray, "*n"], digits: int = 4) -> Float[np.ndarray, "*n"]:
    """`values` in float32 with about `digits` significant digits: pages keep what a screen can show."""
    bits = np.asarray(values, dtype=np.float32).copy().view(np.uint32)
    keep = 23 - min(int(np.ceil(digits * 3.33)), 23)
    # Cutting the lowest bits of the mantissa leaves zeros, which compress to nothing.
    bits &= np.uint32((0xFFFFFFFF >> keep) << keep)
    return bits.view(np.float32)
