"""A page as one file: its sections in HTML, its figures and Plotly compressed into it, a policy that forbids the rest.

Figures travel as one gzip stream in base64: their text cannot end a script, and 50,257 tokens with their names take a
third of the room. The page's content security policy allows no connection at all.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from statescape import __version__
from statescape.files import written_whole
from statescape.views.marked import said_in_script
from statescape.views.offline import CONFIG
from statescape.views.page.blocks import Block, Figure, escaped, figures_in
from statescape.views.theme import DARK, LIGHT, MONO_FONT, SCREEN_FONT, Ground
from statescape.wording import say, spoken

POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; font-src data:; "
    # Plotly compiles its WebGL drawing; all scripts are the page's own.
    "script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:; connect-src 'none'; base-uri 'none'; "
    "form-action 'none'"
)


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
class Page:
    """A page.

    Attributes:
        title: of window and page.
        lead: the text under the title.
        facts: names and values that every output states.
        sections: in reading order.
    """

    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    sections: Sequence[Section] = field(default_factory=tuple)


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
    figures = [figure for section in page.sections for figure in figures_in(section.blocks)]
    links = "".join(
        f'<a href="#{escaped(section.name)}" title="{escaped(section.title)}">{number}</a>'
        for number, section in enumerate(page.sections, 1)
    )
    made = say(
        "Made by statescape {version}. This file is complete: it loads nothing from anywhere.", version=__version__
    )
    facts = "".join(
        f"<div><dt>{escaped(name)}</dt><dd><bdi>{escaped(value)}</bdi></dd></div>" for name, value in page.facts
    )
    return f"""<!doctype html>
<html lang="{spoken()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="statescape {__version__}">
<link rel="icon" href="data:,">
<title>{escaped(page.title)}</title>
<style>{_style()}</style>
</head>
<body>
<nav aria-label="{say("Sections")}">{links}
<button type="button" id="theme" aria-label="{say("Light or dark")}">◐</button></nav>
<header>
<h1><bdi>{escaped(page.title)}</bdi></h1>
<p class="lead" dir="auto">{escaped(page.lead)}</p>
<dl>{facts}</dl>
</header>
<main>
{"".join(_section(number, section) for number, section in enumerate(page.sections, 1))}
</main>
<footer>{made}</footer>
<noscript><p class="prose">{say("The figures of this page need JavaScript; all of it is in this file.")}</p></noscript>
{_payloads(figures)}
</body>
</html>
"""


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(block.markup() for block in section.blocks)
    part = f'<p class="part" role="heading" aria-level="2">{escaped(section.part)}</p>' if section.part else ""
    return (
        f'{part}<section id="{escaped(section.name)}"><h2><span>{number}</span>{escaped(section.title)}</h2>'
        f'<p class="look">{escaped(section.look)}</p>\n{blocks}</section>\n'
    )


def _payloads(figures: Sequence[Figure]) -> str:
    if not figures:
        return f"<script>{_script()}</script>"
    content = {"figures": [_figure(block) for block in figures], "config": CONFIG}
    packed = _packed(json.dumps(content, separators=(",", ":")).encode("ascii"))
    return (
        f'<script type="text/plain" id="plotly">{_plotly()}</script>\n'
        f'<script type="text/plain" id="figures">{packed}</script>\n'
        f"<script>{_script()}</script>"
    )


def _script() -> str:
    return said_in_script(_text("page.js"))


def _figure(block: Figure) -> dict[str, Any]:
    wide, narrow = block.drawings()
    for drawing in (wide, narrow):
        drawing.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    drawn = json.loads(wide.to_json())
    stacked = json.loads(narrow.to_json())
    # Wide and narrow share their big arrays; what differs is where the panels lie and what small texts say.
    differences = [
        {key: small.get(key) for key in {**big, **small} if big.get(key) != small.get(key)}
        for big, small in zip(drawn["data"], stacked["data"], strict=True)
    ]
    return {
        "name": block.name,
        "data": drawn["data"],
        "wide": drawn["layout"],
        "narrow": stacked["layout"],
        "narrowData": differences,
    }


def _style() -> str:
    def variables(on: Ground) -> str:
        names = ("paper", "ink", "muted", "grid", "panel")
        return "".join(f"--{name}:{getattr(on, name)};" for name in names)

    fonts = f"--screen:{SCREEN_FONT};--mono:{MONO_FONT};"
    dark = f"{variables(DARK)}color-scheme:dark;"
    return (
        f":root{{{variables(LIGHT)}{fonts}color-scheme:light;}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}\n{_text('page.css')}"
    )


def _text(name: str) -> str:
    return files("statescape.views.page").joinpath(name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return _packed(get_plotlyjs().encode("utf-8"))


def _packed(content: bytes) -> str:
    # mtime=0: the same numbers give the same page.
    return base64.b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode("ascii")
