"""The questions of the reservoir wing, each with its experiment, its statistics and a plain answer."""

from statescape.arguments import opened
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.protocol import Study, StudyResult
from statescape.studies.reservoir.running import STUDIES, resume_study, study

__all__ = ["STUDIES", "Budget", "Study", "StudyResult", "resume_study", "study"]

opened(globals())
