"""``statescape cache``: what is kept between commands, and how to be rid of it."""

from __future__ import annotations

from typing import Annotated

import typer

from statescape.cli import inputs
from statescape.cli.console import output


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove it all.")] = False, json_file: inputs.Json = None
) -> None:
    """What is kept between commands: numbers that depend on a model's files alone."""
    from statescape import cache as kept

    found = kept.clear() if clear else kept.contents()
    if found.folder is None:
        said = "Nothing is kept between commands (STATESCAPE_CACHE is off)."
    else:
        which = f"{found.entries} {'entry' if found.entries == 1 else 'entries'}, {found.size / 1e6:.1f} MB"
        said = f"{which}, removed." if clear else f"{which} in {found.folder}; remove them: statescape cache --clear"
    output().print(said, markup=False, soft_wrap=True)
    if json_file is not None:
        numbers = {"folder": found.folder and str(found.folder), "entries": found.entries, "bytes": found.size}
        inputs.write_json(json_file, {**numbers, "removed": clear})
