"""What a notebook's cell shows of a noun: its name in a line, its table, its conclusion, one small figure.

One piece of HTML for all types, made of what their rooms say (`statescape.plugins`); what no room says is left out.
Text takes the notebook's own colours, light or dark; the figure keeps its light ground.
"""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING, Any

from statescape import plugins
from statescape.views.picture import laid_out
from statescape.views.text import visible
from statescape.views.theme import matplotlib_theme

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 12
_LONGEST_CELL = 40
_FIGURE_DPI = 80
_TABLE = "text-align:right;vertical-align:bottom;border-spacing:0.9em 0.1em;line-height:1.2"


@plugins.cell.register
def cell(thing: object) -> str:
    """The HTML of a thing: name, sentence, table, figure."""
    pieces = [f"<p><b>{html.escape(visible(repr(thing), 200))}</b></p>"]
    sentence = _said(plugins.conclusion, thing)
    if sentence is not None:
        pieces.append(f'<p style="max-width:60em">{html.escape(visible(str(sentence), 4000))}</p>')
    table = thing.to_dataframe() if hasattr(thing, "to_dataframe") else None
    if table is not None:
        pieces.append(f'<div style="overflow-x:auto">{_table(table)}</div>')
    pictures = _said(plugins.pictures, thing)
    if pictures:
        pieces.append(_figure(pictures[0]))
    return "\n".join(pieces)


def _said(aspect: plugins.Aspect, thing: object) -> Any:
    """What is said of a thing, or None where no room speaks of it."""
    return aspect(thing) if aspect.speaks_of(thing) else None


def _table(table: pd.DataFrame) -> str:
    """First and last rows of a table; numbers short, text visible."""
    shown, omitted = table, len(table) - MOST_ROWS
    if omitted > 0:
        import pandas as pd

        shown = pd.concat([table.head(MOST_ROWS // 2), table.tail(MOST_ROWS - MOST_ROWS // 2)])
    heads = "".join(f"<th>{_cell(str(name).replace('_', ' '))}</th>" for name in shown)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in shown.itertuples(index=False)
    )
    note = f"<p>{omitted:,} rows between are not shown; to_dataframe() has all.</p>" if omitted > 0 else ""
    return f"<table style='{_TABLE}'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"  # NaN: there is no number
    return html.escape(visible(str(value), _LONGEST_CELL))


def _figure(picture: Any) -> str:
    """The picture as an image, with its caption as the text for those who do not see it."""
    with matplotlib_theme():
        figure = laid_out(picture)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=_FIGURE_DPI)
    code = base64.b64encode(file.getvalue()).decode("ascii")
    caption = html.escape(visible(picture.caption, 600), quote=True)
    style = "background:#fff;border-radius:6px;max-width:100%"
    return f'<img src="data:image/png;base64,{code}" alt="{caption}" title="{caption}" style="{style}">'
