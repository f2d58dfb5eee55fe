"""The numbers of a notebook as plain data: its paths, its verdicts, its studies and the runs they come from."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from statescape import __version__
from statescape.cli.path_json import as_json as path_as_json

if TYPE_CHECKING:
    from statescape.studies.notebook import Notebook

TOP = 5


def as_json(notebook: Notebook, language: str) -> dict[str, Any]:
    """All numbers of the page."""
    from statescape.analysis import conclude

    return {
        "version": __version__,
        "language": language,
        "seed": notebook.seed,
        "paths": [path_as_json(reading, conclude(reading), TOP) for reading in notebook.readings],
        "verdict": notebook.verdicts.as_json(),
        "studies": {result.name: result.as_json() for result in notebook.studies},
        "runs": [asdict(entry) for entry in notebook.entries],
    }
