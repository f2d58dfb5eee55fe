"""The page: one self-contained HTML file of sections, with Plotly inlined once and nothing loaded from outside."""

from statescape.views.page.blocks import Choice, Embed, Figure, Prose, Source, Still, Table
from statescape.views.page.document import Page, Section, render, write_page

__all__ = [
    "Choice",
    "Embed",
    "Figure",
    "Page",
    "Prose",
    "Section",
    "Source",
    "Still",
    "Table",
    "render",
    "write_page",
]
