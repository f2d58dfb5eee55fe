"""A Plotly figure without a way out of the machine.

Plotly puts "Share chart", which opens an upload to its cloud, and a link to its site over every figure, and what shows
figures in a notebook or a browser fetches MathJax from a server. What a layout can forbid stands in the figure's own,
so that it holds whoever draws it; the rest is asked for at every door by which Plotly shows or saves a figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from statescape.views.core.drawing import Drawing
from statescape.views.core.grid import Grid
from statescape.views.core.screen import CONFIG, described


def interactive(picture: Drawing, *, narrow: bool) -> go.Figure:
    """The Plotly figure of a picture, whose panels answer to `row` and `col` as those of `make_subplots` do."""
    grid, found = Grid.of(picture, narrow=narrow), described(picture, narrow=narrow)
    cells: list[dict[str, Any] | None] = [{}] * len(grid.panels) + [None] * (
        grid.rows * grid.columns - len(grid.panels)
    )
    specs = [cells[row * grid.columns : (row + 1) * grid.columns] for row in range(grid.rows)]
    figure = make_subplots(figure=OfflineFigure(), rows=grid.rows, cols=grid.columns, specs=specs)
    return figure.add_traces(found["data"]).update_layout(found["layout"], overwrite=True)


class OfflineFigure(go.Figure):  # type: ignore[misc] # Plotly has no types
    """A figure that is shown and saved without buttons, links and scripts that lead elsewhere."""

    def show(self, *args: Any, config: dict[str, Any] | None = None, **options: Any) -> None:
        """As Plotly's, by the default renderer or the one named."""
        with _without_mathjax():
            super().show(*args, config=_with(config), **options)

    def to_html(self, config: dict[str, Any] | None = None, *args: Any, **options: Any) -> str:
        """As Plotly's; the script travels with the figure unless something else is asked for."""
        return str(super().to_html(_with(config), *args, **options))

    def write_html(self, file: Any, config: dict[str, Any] | None = None, *args: Any, **options: Any) -> None:
        """As Plotly's; the script travels with the figure unless something else is asked for."""
        super().write_html(file, _with(config), *args, **options)

    def _repr_html_(self) -> str:
        return self.to_html(full_html=False)

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> Any:
        with _without_mathjax():
            return super()._repr_mimebundle_(*args, **{**options, "config": _with(options.get("config"))})

    def _ipython_display_(self) -> None:
        import plotly.io

        if plotly.io.renderers.render_on_display and plotly.io.renderers.default:
            self.show()
        else:
            print(repr(self))  # noqa: T201 (as Plotly does where nothing shows figures)


def _with(config: dict[str, Any] | None) -> dict[str, Any]:
    return {**(config or {}), **CONFIG}


@contextmanager
def _without_mathjax() -> Iterator[None]:
    """Plotly's renderers ask for MathJax in words of their own, which no option reaches; our labels need none."""
    import plotly.io
    import plotly.io._html

    theirs = plotly.io._html.to_html

    def ours(*args: Any, **options: Any) -> str:
        return str(theirs(*args, **{**options, "include_mathjax": False}))

    plotly.io.to_html = plotly.io._html.to_html = ours
    try:
        yield
    finally:
        plotly.io.to_html = plotly.io._html.to_html = theirs
