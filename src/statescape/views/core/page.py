"""A page as one file: sections of blocks, its figures and Plotly compressed into it, a policy that forbids the rest.

Figures travel as one gzip stream in base64: their text cannot end a script, and 50,257 tokens with their names take a
third of the room. The page's content security policy allows no connection at all. Every text given to a block is text;
the templates escape it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from markupsafe import Markup

from statescape import __version__
from statescape.errors import StatescapeError
from statescape.files import written_whole
from statescape.views.core.carried import (
    figures_script,
    page_script,
    plotly,
    png,
    policy,
    squeezed,
    squeezed_once,
    style,
)
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.screen import CONFIG, described, in_json
from statescape.views.core.templating import filled, trusted
from statescape.wording import say, spoken

CLEAR = "rgba(0,0,0,0)"  # the ground of figures: the page's shows through


@dataclass(frozen=True)
class Prose:
    """A paragraph; `strong` for what the reader came for."""

    kind: ClassVar = "prose"
    text: str
    strong: bool = False


@dataclass(frozen=True)
class SourceLine:
    """Where the numbers above come from, in small letters."""

    kind: ClassVar = "source"
    text: str


@dataclass(frozen=True)
class TableBlock:
    """Rows of text under a header; the first column names the row; `wrap` for cells that hold sentences."""

    kind: ClassVar = "table"
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    wrap: bool = False


@dataclass(frozen=True)
class Still:
    """A picture as pixels, once for light and once for dark, with a description for those who do not see it.

    Attributes:
        caption: what is drawn, with its numbers.
        description: what is seen.
        light: a PNG in base64.
        dark: the same for a dark ground.
    """

    kind: ClassVar = "still"
    caption: str
    description: str
    light: str
    dark: str

    @classmethod
    def of(cls, picture: Printable, description: str) -> Still:
        """Draw a picture."""
        light, dark = (png(picture, dpi=170, dark=dark, transparent=True) for dark in (False, True))
        return cls(picture.caption, description, light, dark)


@dataclass(frozen=True)
class Figure:
    """An interactive figure; its numbers travel with the page's others and are drawn by its script.

    Attributes:
        picture: what is drawn.
        place: its name on the page, for pages that have a picture more than once; by default the picture's own.
    """

    kind: ClassVar = "figure"
    picture: Picture
    place: str = ""

    @property
    def name(self) -> str:
        """Name of its place on the page."""
        return self.place or self.picture.name


@dataclass(frozen=True)
class Embed:
    """HTML that this package made itself and has escaped itself (the sphere, the table of a lens).

    Attributes:
        trusted: the markup.
        caption: what stands below it.
        script: what it needs; a page brings it once.
        module: the same as a module of its own, which runs when the page stands.
        style: how it looks; a page brings it once.
        printed: whether it stands on paper too.
    """

    kind: ClassVar = "embed"
    trusted: Markup
    caption: str = ""
    script: str = ""
    module: str = ""
    style: str = ""
    printed: bool = False


@dataclass(frozen=True)
class Choice:
    """The same blocks for several things, one shown at a time; all choices of a page move together.

    Attributes:
        what: what is chosen, for those who do not see the buttons.
        options: name and blocks of each.
        walked: whether the page's slider chooses (`Walk`), and no buttons of its own.
        opens: index of the option that is shown at first.
    """

    kind: ClassVar = "choice"
    what: str
    options: Sequence[tuple[str, Sequence[Any]]]
    walked: bool = False
    opens: int = 0


Block: TypeAlias = Prose | SourceLine | TableBlock | Still | Figure | Embed | Choice


@dataclass(frozen=True)
class Section:
    """One section.

    Attributes:
        name: its anchor.
        title: its heading.
        look: one sentence on what to look at.
        blocks: what it is made of.
        part: title of the part of the page that begins with it; empty where none does.
    """

    name: str
    title: str
    look: str
    blocks: Sequence[Block]
    part: str = ""


@dataclass(frozen=True)
class Walk:
    """A slider that stays in sight and walks the options of every choice of a page, which stand beside it as a text.

    Attributes:
        what: what is walked, for those who do not see it.
        begun: the text that they go on with.
        options: how each reads.
    """

    what: str
    begun: str
    options: Sequence[str]


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        title: of window and page.
        lead: the text under the title.
        facts: names and values that every output states.
        sections: in reading order.
        answer: what the page found, in sentences under its title.
        walk: what chooses among the options of all choices; None where each has buttons.
    """

    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section] = field(default_factory=tuple)
    answer: Sequence[str] = ()
    walk: Walk | None = None


def figure_or_reason(make: Callable[[], Picture], place: str = "") -> Figure | Prose:
    """The figure that is made, or why there is none."""
    try:
        return Figure(make(), place)
    except StatescapeError as missing:
        return Prose(str(missing))


def write_page(page: Page, file: str | Path) -> Path:
    """Write `page` whole or not at all, and return where it lies.

    Raises:
        StatescapeError: the file cannot be written.
    """
    file = Path(file)
    text = render(page)
    with written_whole(file) as partial:
        partial.write_text(text, encoding="utf-8")
    return file


def render(page: Page) -> str:
    """The page as one HTML text."""
    parts = [part for section in page.sections for part in _parts_in(section.blocks)]
    figures = [part for part in parts if isinstance(part, Figure)]
    embeds = [part for part in parts if isinstance(part, Embed)]
    words = {
        "sections": say("Sections"),
        "theme": say("Light or dark"),
        "made": say(
            "Made by statescape {version}. This file is complete: it loads nothing from anywhere.", version=__version__
        ),
        "noscript": say("The figures of this page need JavaScript; all of it is in this file."),
    }
    own = "\n".join([style(), *dict.fromkeys(one.style for one in embeds)])
    script = "\n".join([figures_script(), *dict.fromkeys(one.script for one in embeds), page_script()])
    modules = [module for module in dict.fromkeys(one.module for one in embeds) if module]
    code, style_ids = plotly() if figures else ("", ())
    text = filled(
        "page.html.j2",
        page=page,
        language=spoken(),
        version=__version__,
        # Plotly makes empty style sheets and fills them by script.
        policy=trusted(policy([script, *modules, code], [own, ""], attributes=bool(figures))),
        words=words,
        style=trusted(own),
        style_ids=style_ids,
        script=trusted(script),
        modules=[trusted(module) for module in modules],
        plotly=trusted(squeezed_once(code)) if figures else "",
        figures=trusted(squeezed(json.dumps(drawings(figures), separators=(",", ":")).encode("ascii")))
        if figures
        else "",
    )
    return str(text)  # markup would escape what is joined to it


def _parts_in(blocks: Sequence[Block]) -> list[Block]:
    """Blocks and those of every option, in reading order."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Choice):
            found.extend(part for _, inner in block.options for part in _parts_in(inner))
        else:
            found.append(block)
    return found


def drawings(figures: Sequence[Figure], narrow: bool | None = None) -> dict[str, Any]:
    """Figures as `figures.js` shows them: JSON types only.

    Args:
        figures: each with a place of its name on the page.
        narrow: for a narrow screen or a wide one alone; None for both.
    """
    images: dict[str, int] = {}
    drawn = [_drawn(figure, images, (False, True) if narrow is None else (narrow,)) for figure in figures]
    return {"figures": drawn, "images": list(images), "config": CONFIG}


def _drawn(figure: Figure, images: dict[str, int], screens: tuple[bool, ...] = (False, True)) -> dict[str, Any]:
    """A figure for a wide screen and what differs on a narrow one; its pixels by their number among all `images`.

    Args:
        figure: what is drawn.
        images: pixels that are known, with their numbers.
        screens: for which it is drawn, each narrow or not; one that is alone stands for both.
    """
    found = [in_json(described(figure.picture, narrow=narrow)) for narrow in screens]
    wide, narrow = found[0], found[-1]
    for layout in (one["layout"] for one in found):
        layout |= {"paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR}
        for image in layout["images"]:
            image["source"] = images.setdefault(image["source"], len(images))
    # Both share their big arrays; what differs is where the panels lie and what small texts say.
    differences = [
        {key: small.get(key) for key in {**big, **small} if big.get(key) != small.get(key)}
        for big, small in zip(wide["data"], narrow["data"], strict=True)
    ]
    return {
        "name": figure.name,
        "data": wide["data"],
        "wide": wide["layout"],
        "narrow": narrow["layout"],
        "narrowData": differences,
    }
