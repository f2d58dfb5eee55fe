"""The one console that everything is printed through, and tables that no terminal is too narrow for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from statescape.cli.streams import forget, visible
from statescape.wording import NARROW_SPACE, say

_BOUND = "\ufdd0"  # stands for a narrow space while lines are broken: rich takes any space for a place to break at
NARROWEST = 12
"""Columns that prose keeps in a table before the table is turned into lists."""


class Terminal(Console):
    """A console whose text cannot steer the terminal: control characters of any file are shown as escapes."""

    def render_str(self, text: str, **options: Any) -> Text:
        """A text to print, whose narrow spaces bind: no line begins with a French colon."""
        return super().render_str(text.replace(_BOUND, visible(_BOUND)).replace(NARROW_SPACE, _BOUND), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Segments of what is printed; every text passes here, colours and movements are added later."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text == "\n":
                yield segment
            else:
                shown = "\n".join(map(visible, segment.text.replace(_BOUND, NARROW_SPACE).split("\n")))
                yield Segment(shown, segment.style)

    def on_broken_pipe(self) -> None:
        """Nobody reads on (``| head``): be quiet, and go on with the files that were asked for."""
        forget(self.file)  # type: ignore[arg-type]


class Sheet(Table):
    """A table whose cells are plain text; where it is too wide for the terminal, a list for every row.

    Args:
        headers: of the columns, left-aligned; more are added with `column`.
        gap: spaces between columns.
        options: as `rich.table.Table` takes them.
    """

    def __init__(self, *headers: str, gap: int = 2, **options: Any) -> None:
        super().__init__(box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0), **options)
        self._gap, self._prose = gap, set[int]()
        for header in headers:
            self.column(header)

    def column(
        self, header: str, justify: Any = "left", *, prose: bool = False, footer: str = "", most: int | None = None
    ) -> None:
        """Add a column of at most so many characters; only prose is wrapped or cut where room is short."""
        if prose:
            self._prose.add(len(self.columns))
        self.add_column(Text(visible(header)), justify=justify, no_wrap=not prose, footer=Text(footer), max_width=most)

    def numbers(self, *headers: str) -> None:
        """Add columns of numbers."""
        for header in headers:
            self.column(header, "right")

    def row(self, *cells: str | Text, style: str | None = None) -> None:
        """Add a row."""
        self.add_row(*(Text(visible(cell)) if isinstance(cell, str) else cell for cell in cells), style=style)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, or its lists."""
        if self._least() <= options.max_width:
            yield from super().__rich_console__(console, options)
        else:
            yield from self._lists()

    def _least(self) -> int:
        """Columns of the terminal that the table cannot do without."""
        widths = []
        for place, column in enumerate(self.columns):
            cells = [*column.cells, *([column.header] if self.show_header else [])]
            widest = max((cell_len(str(cell)) for cell in cells), default=0)
            most = NARROWEST if place in self._prose else column.max_width or widest
            widths.append(min(widest, most))
        return sum(widths) + (len(widths) - 1) * self._gap

    def _lists(self) -> Iterable[Text]:
        """A paragraph for every row, a line for every cell that holds something."""
        footers = [column.footer for column in self.columns]
        rows = [*zip(*(column.cells for column in self.columns), strict=True), *([footers] if self.show_footer else [])]
        for row in rows:
            for place, (column, cell) in enumerate(zip(self.columns, row, strict=True)):
                name = str(column.header) if self.show_header else ""
                if not str(cell).strip():
                    continue
                if place == 0:
                    yield Text(f"{name} {cell}".strip(), style="bold")
                else:
                    yield Text(f"  {say('{name}: {what}', name=name, what=cell)}")
            yield Text()
