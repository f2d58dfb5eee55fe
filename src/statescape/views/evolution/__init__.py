"""Pictures and the report of an evolved wiring."""

from statescape.views.evolution.diversity import DiversityPicture
from statescape.views.evolution.front import FrontPicture
from statescape.views.evolution.genealogy import GenealogyPicture
from statescape.views.evolution.operators import OperatorsPicture
from statescape.views.evolution.order import OrderPicture
from statescape.views.evolution.pictures import pictures
from statescape.views.evolution.seals import SealsPicture
from statescape.views.evolution.search import SearchPicture
from statescape.views.evolution.wirings import DiagramsPicture, MatricesPicture, SpectraPicture

__all__ = [
    "DiagramsPicture",
    "DiversityPicture",
    "FrontPicture",
    "GenealogyPicture",
    "MatricesPicture",
    "OperatorsPicture",
    "OrderPicture",
    "SealsPicture",
    "SearchPicture",
    "SpectraPicture",
    "pictures",
]
