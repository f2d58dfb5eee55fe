"""statescape: from one command to a picture you can walk around in and an answer you can defend.

Two wings share one hall. The language wing follows the residual stream of a causal language model while it predicts a
token; the reservoir wing runs echo state networks and evolves their wiring. Names are imported when they are first
used, so that ``import statescape`` stays under a tenth of a second and the reservoir wing never meets torch.

Rooms: `statescape.views`; `statescape.studies`, `statescape.studies.verdict`, `statescape.studies.reservoir`;
`statescape.language`; `statescape.evolution`, `statescape.reservoir`, `statescape.reservoir.tasks`,
`statescape.reservoir.measures`; `statescape.runs`, `statescape.geometry`, `statescape.statistics`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from statescape import views
    from statescape.evolution import Evolution, evolve, resume
    from statescape.geometry import Path
    from statescape.language import LensReadout, StatePath, Trace, load_lens, load_model
    from statescape.reservoir import EchoStateNetwork, Topology, tasks

__version__ = "0.1.0"

_HOMES = {
    "Evolution": "statescape.evolution",
    "evolve": "statescape.evolution",
    "resume": "statescape.evolution",
    "Path": "statescape.geometry",
    "LensReadout": "statescape.language",
    "StatePath": "statescape.language",
    "Trace": "statescape.language",
    "load_lens": "statescape.language",
    "load_model": "statescape.language",
    "EchoStateNetwork": "statescape.reservoir",
    "Topology": "statescape.reservoir",
}
_ROOMS = {"views": "statescape.views", "tasks": "statescape.reservoir.tasks"}

__all__ = [
    "EchoStateNetwork",
    "Evolution",
    "LensReadout",
    "Path",
    "StatePath",
    "Topology",
    "Trace",
    "__version__",
    "evolve",
    "load_lens",
    "load_model",
    "resume",
    "tasks",
    "views",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(_ROOMS[name])
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'statescape' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
