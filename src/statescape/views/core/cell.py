"""What a notebook's cell shows of a noun: its name in a line, its table, its conclusion, one small figure.

One piece of HTML for all types, made of what their rooms say (`statescape.plugins`); what no room says is left out.
Text takes the notebook's own colours, light or dark; the figure keeps its light ground.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from statescape import plugins
from statescape.views.core.carried import png
from statescape.views.core.templating import filled
from statescape.wording import visible

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 12
_LONGEST_CELL = 40
_TABLE = "text-align:right;vertical-align:bottom;border-spacing:0.9em 0.1em;line-height:1.2"


@plugins.cell.register
def cell(thing: object) -> str:
    """The HTML of a thing: name, sentence, warnings, table, figure."""
    sentence, pictures = _said(plugins.conclusion, thing), _said(plugins.pictures, thing)
    frame = thing.to_dataframe() if hasattr(thing, "to_dataframe") else None
    omitted = 0 if frame is None else max(len(frame) - MOST_ROWS, 0)
    return str(
        filled(
            "cell.html.j2",
            name=visible(repr(thing), 200),
            sentence=visible(str(sentence), 4000) if sentence is not None else "",
            warnings=[visible(one, 600) for one in getattr(thing, "warnings", ())],
            table=None if frame is None else _table(frame, omitted),
            style=_TABLE,
            note=f"{omitted:,} rows between are not shown; to_dataframe() has all." if omitted else "",
            png=png(pictures[0], dpi=80) if pictures else "",
            caption=visible(pictures[0].caption, 600) if pictures else "",
        )
    )


def _said(aspect: plugins.Aspect, thing: object) -> Any:
    """What is said of a thing, or None where no room speaks of it."""
    return aspect(thing) if aspect.speaks_of(thing) else None


def _table(table: pd.DataFrame, omitted: int) -> dict[str, list[Any]]:
    """Header, and the first and last rows; numbers short, text visible."""
    if omitted:
        import pandas as pd

        table = pd.concat([table.head(MOST_ROWS // 2), table.tail(MOST_ROWS - MOST_ROWS // 2)])
    return {
        "header": [_cell(str(name).replace("_", " ")) for name in table],
        "rows": [[_cell(value) for value in row] for row in table.itertuples(index=False)],
    }


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"  # NaN: there is no number
    return visible(str(value), _LONGEST_CELL)
