"""The studies, in the order of the page."""

from __future__ import annotations

from statescape.errors import unknown_name
from statescape.studies.reservoir.input_weights import InputWeights
from statescape.studies.reservoir.operators import Operators
from statescape.studies.reservoir.protocol import Study
from statescape.studies.reservoir.radius import Radius
from statescape.studies.reservoir.search_space import SearchSpace
from statescape.studies.reservoir.stability import Stability
from statescape.studies.reservoir.topology_matters import TopologyMatters
from statescape.studies.reservoir.values import EdgeValues

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (SearchSpace(), Operators(), Stability(), InputWeights(), EdgeValues(), Radius(), TopologyMatters())
}


def by_name(name: str) -> Study:
    """A study.

    Raises:
        StatescapeError: for an unknown name.
    """
    if name not in STUDIES:
        raise unknown_name("study", name, STUDIES)
    return STUDIES[name]
