"""The notebook that began this, written again from real runs: what is asked, what was found, what it says."""

from statescape.arguments import opened
from statescape.studies.notebook.asking import Asked
from statescape.studies.notebook.notebook import Entry, Notebook

__all__ = ["Asked", "Entry", "Notebook"]

opened(globals())
