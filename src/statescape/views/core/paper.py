"""Pictures on paper, by matplotlib: many points as pixels, text as text, one legend below."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from statescape.views.core.drawing import Drawing
from statescape.views.core.marks import (
    AreaMark,
    Axis,
    BarMark,
    CellMark,
    CloudMark,
    LineMark,
    Panel,
    PointMark,
    TextMark,
)
from statescape.views.core.text import printable
from statescape.views.core.theme import FAINT, GREY, matplotlib_scale
from statescape.wording import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STROKE, DIAMETER, LETTER = 0.72, 0.5, 0.58  # points of paper for a pixel of the screen: lines, dots, letters
DASHES = {"solid": "-", "dash": "--", "dot": ":"}
STEPS = {"after": "post", "middle": "mid"}
SYMBOLS = {"circle": "o", "ring": "o", "diamond": "D", "triangle-up": "^", "triangle-down": "v", "tick": "|"}
MOST_VECTORS = 2000  # points and corners of one mark; more are drawn as pixels
MOST_LETTERS = 9  # of a cell
SMALL_FROM = 3  # columns with smaller words


def drawn_on_paper(picture: Drawing) -> Figure:
    """The matplotlib figure of a picture, to be made inside `matplotlib_theme`."""
    figure = Figure(figsize=picture.inches, layout="constrained")
    columns = min(picture.columns, len(picture.panels))
    rows = -(-len(picture.panels) // columns)
    grid = figure.subplots(
        rows, columns, squeeze=False, width_ratios=picture.widths or None, sharex="col" if picture.shared_x else False
    )
    for place, axes in enumerate(grid.ravel()):
        if place >= len(picture.panels):
            axes.set_axis_off()
            continue
        _Pen(figure, axes, picture.legend).draw(picture.panels[place])
        if columns >= SMALL_FROM:
            axes.title.set_fontsize(7.5)
            axes.xaxis.label.set_fontsize(8)
            axes.yaxis.label.set_fontsize(8)
        if picture.shared_x and place + columns < len(picture.panels):
            axes.set_xlabel("")
    named: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(name, handle)
    if named:
        figure.legend(
            list(named.values()), list(named), loc="outside lower center", ncols=min(len(named), 4),
            columnspacing=1.2, handlelength=1.2,
        )  # fmt: skip
    return figure


class _Pen:
    """Draws one panel."""

    def __init__(self, figure: Figure, axes: Axes, legend: bool) -> None:
        self.figure, self.axes, self.legend = figure, axes, legend

    def draw(self, panel: Panel) -> None:
        """Draw the marks and set the axes."""
        axes = self.axes
        for order, mark in enumerate(panel.marks):
            self.add(mark, 2 + 0.01 * order)
        axes.set_title(printable(panel.title))
        self._set(panel.x, axes.xaxis, axes.set_xlim, axes.set_xscale, panel.framed)
        self._set(panel.y, axes.yaxis, axes.set_ylim, axes.set_yscale, panel.framed)
        if panel.square:
            axes.set_aspect("equal", adjustable="box" if panel.x.limits else "datalim")
        for side in ("top", "right"):
            axes.spines[side].set_visible(panel.framed)
        if not panel.framed:
            axes.spines["left"].set_visible(panel.y.visible and panel.y.grid | (panel.y.labels is not None))
            axes.spines["bottom"].set_visible(panel.x.visible)

    def _set(self, axis: Axis, own: Any, set_limits: Any, set_scale: Any, framed: bool) -> None:
        """Set one axis."""
        if axis.log:
            set_scale("log")
            own.set_minor_formatter(NullFormatter())
        if axis.limits is not None:
            set_limits(axis.limits[::-1] if axis.reverse else axis.limits)
        elif axis.reverse:
            own.set_inverted(True)
        if axis.ticks is not None:
            own.set_ticks(list(axis.ticks), None if axis.labels is None else [printable(one) for one in axis.labels])
            own.set_minor_locator(NullLocator())
        if axis.turn:
            for label in own.get_ticklabels():
                label.set(rotation=-axis.turn, ha="right", rotation_mode="anchor")
        if axis.labels is None and (axis.format or axis.log):
            spec = axis.format or "g"
            # Nothing has no sign.
            own.set_major_formatter(FuncFormatter(lambda value, _: number(value, spec if value else spec.lstrip("+"))))
        own.set_label_text(printable(axis.title))
        own.grid(axis.grid)
        if not axis.visible:
            own.set_ticks([])
        own.set_visible(axis.visible or framed)

    def _name(self, mark: Any) -> str | None:
        """A name for the legend."""
        return printable(mark.name) if self.legend and mark.name else None

    @singledispatchmethod
    def add(self, mark: Any, order: float) -> None:
        """Draw one mark, `order` among the others."""
        raise NotImplementedError(type(mark), order)

    @add.register
    def _(self, mark: LineMark, order: float) -> None:
        self.axes.plot(
            mark.x, np.asarray(mark.y, dtype=float), DASHES[mark.dash], color=mark.colour, alpha=mark.opacity,
            linewidth=STROKE * mark.width, marker="o" if mark.dots else None, markersize=DIAMETER * mark.dots,
            drawstyle=f"steps-{STEPS[mark.step]}" if mark.step else None, zorder=order, label=self._name(mark),
            solid_capstyle="butt", rasterized=len(mark.x) > 2 * MOST_VECTORS,
        )  # fmt: skip
        if mark.filled:
            step: Any = STEPS.get(mark.step)
            self.axes.fill_between(
                np.asarray(mark.x), np.nan_to_num(mark.y), step=step, color=mark.colour, linewidth=0, zorder=order
            )

    @add.register
    def _(self, mark: PointMark, order: float) -> None:
        x, y = np.asarray(mark.x, dtype=float), np.asarray(mark.y, dtype=float)
        colours = [mark.colour] if isinstance(mark.colour, str) else list(mark.colour)
        if not len(x):
            return
        if mark.low is not None:
            ends = _ends(mark)
            for place, (own, at, row) in enumerate(zip(x, y, ends, strict=True)):
                if np.isfinite(row).all():
                    line = (row, [at, at]) if mark.along == "x" else ([own, own], row)
                    self.axes.plot(
                        *line, color=colours[place % len(colours)], linewidth=STROKE * mark.stroke, zorder=order,
                        alpha=mark.opacity, solid_capstyle="butt",
                    )  # fmt: skip
        if mark.angles is not None:
            turned = np.radians(np.asarray(mark.angles, dtype=float))
            length = DIAMETER * float(mark.size) / 72  # inches
            self.axes.quiver(
                x, y, np.sin(turned), np.cos(turned), color=colours, angles="xy", pivot="mid", units="inches",
                scale_units="inches", scale=1 / length, width=0.006, headwidth=155 * length,
                headlength=167 * length, headaxislength=167 * length, minlength=0, alpha=mark.opacity, zorder=order,
            )  # fmt: skip
            return
        sizes = DIAMETER * np.broadcast_to(np.asarray(mark.size, dtype=float), x.shape)
        edge: dict[str, Any] = {
            "ring": {"facecolors": "none", "edgecolors": colours, "linewidths": 0.8},
            "diamond": {"c": colours, "edgecolors": "white", "linewidths": 0.6},
            "tick": {"c": colours, "linewidths": 1.0},
        }.get(mark.symbol, {"c": colours, "linewidths": 0})
        self.axes.scatter(
            x, y, s=sizes**2, marker=SYMBOLS[mark.symbol], alpha=mark.opacity, zorder=order, label=self._name(mark),
            rasterized=len(x) > MOST_VECTORS, **edge,
        )  # fmt: skip

    @add.register
    def _(self, mark: AreaMark, order: float) -> None:
        self.axes.fill_between(
            mark.x, mark.low, mark.high, color=mark.colour, alpha=FAINT, linewidth=0, zorder=order,
            label=self._name(mark),
        )  # fmt: skip

    @add.register
    def _(self, mark: BarMark, order: float) -> None:
        x, y = np.asarray(mark.x, dtype=float) + mark.shift, np.asarray(mark.y, dtype=float)
        self.axes.bar(x, y, width=mark.width, color=mark.colour, zorder=order, label=self._name(mark))
        if mark.low is not None:
            ends = _ends(mark)
            for at, row in zip(x, ends, strict=True):
                if np.isfinite(row).all():
                    self.axes.plot([at, at], row, color=GREY, linewidth=1.2, zorder=order)

    @add.register
    def _(self, mark: CellMark, order: float) -> None:
        values = np.asarray(mark.values, dtype=float)
        rows, columns = values.shape
        left, low = mark.origin[0] - 0.5, mark.origin[1] - 0.5
        image = self.axes.imshow(
            values, origin="lower", aspect="auto", cmap=matplotlib_scale(mark.scale), vmin=mark.limits[0],
            vmax=mark.limits[1], extent=(left, left + columns, low, low + rows), interpolation="nearest", zorder=order,
        )  # fmt: skip
        for (row, column), text in np.ndenumerate(np.asarray(mark.texts or np.empty((0, 0)), dtype=object)):
            red, green, blue, _ = image.cmap(image.norm(values[row, column]))
            light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
            self.axes.text(
                left + 0.5 + column, low + 0.5 + row, _cut(printable(text)), ha="center", va="center", clip_on=True,
                fontsize=0.5 * mark.text_size, color="black" if light else "white", zorder=order,
            )  # fmt: skip
        if mark.bar:
            self.figure.colorbar(image, ax=self.axes, label=printable(mark.bar), shrink=0.8, pad=0.01)

    @add.register
    def _(self, mark: TextMark, order: float) -> None:
        away = np.broadcast_to(np.asarray(mark.away, dtype=float), (len(mark.texts), 2))
        places = zip(np.zeros(len(mark.texts)) if mark.x is None else mark.x, mark.y, strict=True)
        for text, place, (right, up) in zip(mark.texts, places, away, strict=True):
            options: dict[str, Any] = {
                "ha": "left" if right > 0.4 else "right" if right < -0.4 else "center",
                "va": "bottom" if up > 0.4 else "top" if up < -0.4 else "center",
            }
            if mark.x is None:
                options |= {"xycoords": ("axes fraction", "data"), "ha": "left", "va": "bottom"}
            self.axes.annotate(
                printable(text), place, (4 * right, 4 * up), textcoords="offset points", zorder=order,
                fontsize=LETTER * mark.size, fontweight="bold" if mark.bold else None, **options,
            )  # fmt: skip

    @add.register
    def _(self, mark: CloudMark, order: float) -> None:
        count = len(mark.points)
        self.axes.scatter(
            mark.points[:, 0], mark.points[:, 1], s=8.0 if count < 5_000 else 3.0 if count < 20_000 else 1.2,
            color=GREY, alpha=0.4,
            linewidths=0, rasterized=True, label=self._name(mark), zorder=order,
        )  # fmt: skip


def _cut(text: str) -> str:
    """A text that a cell has room for."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _ends(mark: PointMark | BarMark) -> np.ndarray:
    """Both ends of every interval."""
    return np.stack([np.asarray(end, dtype=float) for end in (mark.low, mark.high)], axis=1)
