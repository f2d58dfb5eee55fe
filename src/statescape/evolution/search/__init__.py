"""The search: candidates and their records, strategies, ask and tell, and the race that names a champion."""

from statescape.evolution.search.population import Candidate, Population, Record
from statescape.evolution.search.search import Batch, Generation, GenerationSummary, Search
from statescape.evolution.search.strategies import STRATEGIES, Strategy, strategy_by_name

__all__ = [
    "STRATEGIES",
    "Batch",
    "Candidate",
    "Generation",
    "GenerationSummary",
    "Population",
    "Record",
    "Search",
    "Strategy",
    "strategy_by_name",
]
