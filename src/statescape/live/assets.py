"""What the pages are made of: the scripts and styles of the saved pages, and what only a live page needs.

Nothing of a model or a user is in them. Their addresses carry the token, as every request does, and a digest, so that a
browser keeps them until they change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from statescape.live.editing import CHOICES
from statescape.views.core.carried import figures_script, plotly, style
from statescape.views.core.templating import filled, said_in_script
from statescape.views.globe.module import module_text
from statescape.views.language.lens_table import lens_script, lens_style
from statescape.wording import say, spoken

SCRIPT, STYLE = "text/javascript", "text/css"


@dataclass(frozen=True, eq=False)
class Assets:
    """Scripts and styles by name, and the page that asks for them, in the language of the server."""

    @cached_property
    def _files(self) -> dict[str, tuple[bytes, str]]:
        found = {
            "plotly.js": (plotly()[0], SCRIPT),
            "figures.js": (figures_script(), SCRIPT),
            "lens.js": (lens_script(), SCRIPT),
            "sphere.js": (module_text(), SCRIPT),
            "asking.js": (said_in_script(_own("js/asking.js")), SCRIPT),
            "live.js": (said_in_script(_own("js/live.js")), SCRIPT),
            "runs.js": (said_in_script(_own("js/runs.js")), SCRIPT),
            "page.css": (style() + lens_style() + _own("live.css"), STYLE),
            # Plotly writes its rules into a style sheet of this address where there is one, and else into the markup.
            "plotly.css": ("", STYLE),
        }
        return {name: (text.encode("utf-8"), kind) for name, (text, kind) in found.items()}

    @cached_property
    def _version(self) -> str:
        found = hashlib.blake2b(digest_size=6)
        for content, _ in self._files.values():
            found.update(content)
        return found.hexdigest()

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Content and kind of a file; None where there is none of that name."""
        return self._files.get(name)

    def page(self, token: str) -> str:
        """The page of the language wing, whose addresses carry the token."""
        offered = [(kind, say(words)) for kind, words in CHOICES]
        return self._filled("live_language.html.j2", token, replacements=offered)

    def reservoirs(self, token: str, **of_folder: Any) -> str:
        """The page of the reservoir wing.

        Args:
            token: that its addresses carry.
            of_folder: name of the folder of the runs, tasks and choices; nothing where none was named.
        """
        return self._filled("live_reservoirs.html.j2", token, **{"folder": "", **of_folder})

    def _filled(self, template: str, token: str, **values: Any) -> str:
        own = f"v={self._version}&token={token}"
        shared = {"language": spoken(), "query": own, "token": token, "style_ids": plotly()[1]}
        return str(filled(template, **shared, **values))


def _own(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")
