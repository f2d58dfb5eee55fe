"""Wing: genomes, operators, the search for a wiring, and the seals that its champion is held under."""

from statescape.arguments import opened
from statescape.evolution.conditions import LEVELS, Conditions, Hyperparameters
from statescape.evolution.front import FrontPoint
from statescape.evolution.genome import Genome
from statescape.evolution.progress import Progress
from statescape.evolution.result import Champion, Evolution
from statescape.evolution.run import evolve, resume
from statescape.evolution.seals import Seal
from statescape.evolution.search import ARMS, Search
from statescape.evolution.settings import Limits, Settings
from statescape.evolution.space import SearchSpace

__all__ = [
    "ARMS",
    "LEVELS",
    "Champion",
    "Conditions",
    "Evolution",
    "FrontPoint",
    "Genome",
    "Hyperparameters",
    "Limits",
    "Progress",
    "Seal",
    "Search",
    "SearchSpace",
    "Settings",
    "evolve",
    "resume",
]

opened(globals())
