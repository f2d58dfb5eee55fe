"""The search: candidates and their records, arms, ask and tell, and the race that names a champion."""

from statescape.evolution.search.arms import ARMS, Arm, arm_by_name
from statescape.evolution.search.candidate import Candidate, Record
from statescape.evolution.search.population import Population
from statescape.evolution.search.search import Batch, Generation, Search

__all__ = ["ARMS", "Arm", "Batch", "Candidate", "Generation", "Population", "Record", "Search", "arm_by_name"]
