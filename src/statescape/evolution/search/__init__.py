"""The search: candidates and their records, strategies, ask and tell, and the race that names a champion."""

from statescape.evolution.search.generation import Batch, Generation, GenerationSummary
from statescape.evolution.search.population import Candidate, Pool, Population, Record
from statescape.evolution.search.search import Search
from statescape.evolution.search.strategies import STRATEGIES, Strategy, strategy_by_name

__all__ = [
    "STRATEGIES",
    "Batch",
    "Candidate",
    "Generation",
    "GenerationSummary",
    "Pool",
    "Population",
    "Record",
    "Search",
    "Strategy",
    "strategy_by_name",
]
