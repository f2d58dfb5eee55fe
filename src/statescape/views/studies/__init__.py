"""Studies as pictures and pages: estimates with intervals, curves, one section for each question."""

from statescape.views.studies.figure import StudyPicture, figure

__all__ = ["StudyPicture", "figure"]
