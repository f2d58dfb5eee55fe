"""Runs the notebooks from a clean kernel and stores what they show: ``python docs/execute.py``."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent / "notebooks"


def executed(file: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs, run in `folder`; an error in a cell is raised."""
    notebook = nbformat.read(file, as_version=4)
    os.environ["PLOTLY_RENDERER"] = "plotly_mimetype"  # figures as their numbers: Plotly itself would be 5 MB more
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


if __name__ == "__main__":
    for file in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = executed(file, NOTEBOOKS)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # when a cell ran is no result
        nbformat.write(notebook, file)
