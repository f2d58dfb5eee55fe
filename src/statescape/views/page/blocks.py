"""What a section of a page is made of. Every text given to a block is text, and is escaped here."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from statescape.views.picture import Picture, Printable
from statescape.views.theme import matplotlib_theme

if TYPE_CHECKING:
    import plotly.graph_objects as go


@runtime_checkable
class Block(Protocol):
    """A part of a section that knows its own HTML."""

    def markup(self) -> str:
        """HTML of the block, safe whatever text it holds."""


def escaped(text: str) -> str:
    """`text` as HTML; its direction of writing stays its own, and half a surrogate becomes a replacement character."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return html.escape("".join(c if c in "\n\t" or ord(c) >= 32 else "\ufffd" for c in clean))


@dataclass(frozen=True)
class Prose:
    """A paragraph; `strong` for what the reader came for."""

    text: str
    strong: bool = False

    def markup(self) -> str:
        """HTML of the paragraph."""
        return f'<p class="{"strong" if self.strong else "prose"}" dir="auto">{escaped(self.text)}</p>'


@dataclass(frozen=True)
class Table:
    """Rows of text under a header; the first column names the row; `wrap` for cells that hold sentences."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    wrap: bool = False

    def markup(self) -> str:
        """HTML of the table."""
        head = "".join(f'<th scope="col">{escaped(cell)}</th>' for cell in self.header)
        rows = "".join(
            f'<tr><th scope="row"><bdi>{escaped(row[0])}</bdi></th>'
            + "".join(f"<td><bdi>{escaped(cell)}</bdi></td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{escaped(self.caption)}</caption>" if self.caption else ""
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f'<div class="table{" wrap" if self.wrap else ""}">{table}</div>'


@dataclass(frozen=True)
class Still:
    """A picture as pixels, once for light and once for dark."""

    picture: Printable
    description: str

    def markup(self) -> str:
        """HTML of the picture with its caption."""
        images = "".join(
            f'<img class="{mode}" alt="{escaped(self.description)}" src="data:image/png;base64,{self._png(mode)}">'
            for mode in ("light", "dark")
        )
        return f"<figure>{images}<figcaption>{escaped(self.picture.caption)}</figcaption></figure>"

    def _png(self, mode: str) -> str:
        with matplotlib_theme(dark=mode == "dark"):
            drawn = self.picture.printed()
            content = io.BytesIO()
            drawn.savefig(content, format="png", dpi=170, transparent=True)
        return base64.b64encode(content.getvalue()).decode("ascii")


@dataclass(frozen=True)
class Figure:
    """An interactive figure; its numbers travel with the page's others and are drawn by its script.

    Attributes:
        picture: what is drawn.
        place: its name on the page, for pages that have a picture more than once; by default the picture's own.
    """

    picture: Picture
    place: str = ""

    @property
    def name(self) -> str:
        """Name of its place on the page."""
        return self.place or self.picture.name

    def markup(self) -> str:
        """HTML of the place where the figure is drawn, with its caption."""
        name = escaped(self.name)
        return (
            f'<figure><div class="plot" data-figure="{name}" role="img" aria-label="{escaped(self.picture.caption)}">'
            f"</div><figcaption>{escaped(self.picture.caption)}</figcaption></figure>"
        )

    def drawings(self) -> tuple[go.Figure, go.Figure]:
        """The figure for a wide screen and for a narrow one."""
        return self.picture.interactive(), self.picture.interactive(stacked=True)


@dataclass(frozen=True)
class Embed:
    """HTML that this package made itself and has escaped itself (the sphere)."""

    trusted: str
    caption: str = ""

    def markup(self) -> str:
        """The HTML with its caption."""
        caption = f"<figcaption>{escaped(self.caption)}</figcaption>" if self.caption else ""
        return f'<figure class="embed">{self.trusted}{caption}</figure>'


@dataclass(frozen=True)
class Source:
    """Where the numbers above come from, in small letters."""

    text: str

    def markup(self) -> str:
        """HTML of the line."""
        return f'<p class="source">{escaped(self.text)}</p>'


@dataclass(frozen=True)
class Choice:
    """The same blocks for several things, one shown at a time; all choices of a page move together.

    Attributes:
        what: what is chosen, for those who do not see the buttons.
        options: name and blocks of each.
    """

    what: str
    options: Sequence[tuple[str, Sequence[Block]]]

    def markup(self) -> str:
        """HTML of the buttons and of all options, the first shown."""
        buttons = "".join(
            f'<button type="button" role="radio" data-choose="{index}" aria-checked="{str(not index).lower()}">'
            f"<bdi>{escaped(name)}</bdi></button>"
            for index, (name, _) in enumerate(self.options)
        )
        options = "".join(
            f'<div class="option{"" if index else " chosen"}" data-option="{index}">'
            f'<p class="chosen-name"><bdi>{escaped(name)}</bdi></p>{_markup(blocks)}</div>'
            for index, (name, blocks) in enumerate(self.options)
        )
        if len(self.options) < 2:
            return options
        return f'<div class="choose" role="radiogroup" aria-label="{escaped(self.what)}">{buttons}</div>{options}'


def figures_in(blocks: Sequence[Block]) -> list[Figure]:
    """The interactive figures among blocks, those of every option too, in reading order."""
    found: list[Figure] = []
    for block in blocks:
        if isinstance(block, Figure):
            found.append(block)
        elif isinstance(block, Choice):
            found.extend(figure for _, inner in block.options for figure in figures_in(inner))
    return found


def _markup(blocks: Sequence[Block]) -> str:
    return "\n".join(block.markup() for block in blocks)
