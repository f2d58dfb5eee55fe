"""The questions of the reservoir wing, each with its experiment, its statistics and a plain answer."""

from statescape.arguments import opened
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.registry import STUDIES
from statescape.studies.reservoir.running import resume_study, run_study
from statescape.studies.reservoir.study import Study, StudyResult

__all__ = ["STUDIES", "Budget", "Study", "StudyResult", "resume_study", "run_study"]

opened(globals())
