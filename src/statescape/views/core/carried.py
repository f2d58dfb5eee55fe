"""What a page carries beside what it says: style, scripts, Plotly, pictures, and the policy that lets no others run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from statescape.views.core.picture import Printable
from statescape.views.core.templating import said_in_script
from statescape.views.core.theme import DARK, LIGHT, MONO_FONT, SCREEN_FONT, Ground, matplotlib_theme

POLICY = (
    "default-src 'none'; img-src data: blob:; font-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'"
)
"""What every page may do, beside the scripts and style sheets that it names by their digests."""


def policy(scripts: Iterable[str], styles: Iterable[str], *, attributes: bool = False) -> str:
    """The content security policy of a page whose scripts and style sheets are these and no others.

    Args:
        scripts: the text of each.
        styles: the text of each.
        attributes: whether what is drawn may have styles of its own, as Plotly's figures do.
    """

    def named(texts: Iterable[str]) -> str:
        digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    own = "; style-src-attr 'unsafe-inline'" if attributes else ""
    return f"{POLICY}; script-src {named(scripts)}; style-src {named(styles)}{own}"


def figures_script() -> str:
    """What scripts of a page share and the script that draws figures, in the language that is spoken."""
    return said_in_script(csv_script() + _text("common.js") + _text("figures.js"))


def csv_script() -> str:
    """The function that writes rows as a file for table calculators."""
    return _text("csv.js")


def page_script() -> str:
    """The script of a page that is a file, in the language that is spoken; it comes last."""
    return said_in_script(_text("page.js"))


def style() -> str:
    """The style of all pages, light, dark and on paper."""

    def variables(on: Ground) -> str:
        names = ("paper", "ink", "muted", "grid", "panel", "link", "bad")
        return "".join(f"--{name}:{getattr(on, name)};" for name in names)

    fonts = f"--screen:{SCREEN_FONT};--mono:{MONO_FONT};"
    dark = f"{variables(DARK)}color-scheme:dark;"
    return (
        f":root{{{variables(LIGHT)}{fonts}color-scheme:light;}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}\n{_text('page.css')}"
    )


@cache
def plotly() -> tuple[str, tuple[str, ...]]:
    """Plotly's script, and the elements in which it looks for styles of its maps before it writes them.

    It is Plotly's own bundle of figures with two axes: a third of the whole, which also draws maps and solids.
    """
    code = _text("vendor/plotly-cartesian.min.js")
    return code, tuple(re.findall(r'getElementById\("([0-9a-f]{64})"\)', code))


def squeezed(content: bytes) -> str:
    """Bytes as a page carries them and its scripts unpack them: a gzip stream in base64."""
    # mtime=0: the same numbers give the same page.
    return base64.b64encode(gzip.compress(content, compresslevel=6, mtime=0)).decode("ascii")


@cache
def squeezed_once(code: str) -> str:
    """A code that pages carry alike, squeezed."""
    return squeezed(code.encode("utf-8"))


def png(picture: Printable, *, dpi: int, dark: bool = False, transparent: bool = False) -> str:
    """A picture as pixels, in base64.

    Args:
        picture: what is drawn.
        dpi: pixels an inch of paper.
        dark: whether it stands on a dark ground.
        transparent: whether the ground shows through.
    """
    with matplotlib_theme(dark=dark):
        content = io.BytesIO()
        picture.printed().savefig(content, format="png", dpi=dpi, transparent=transparent)
    return base64.b64encode(content.getvalue()).decode("ascii")


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
