"""Results in, pictures out: one theme, figures for screen and paper, the page.

Names are imported when they are first used: a figure loads Plotly, a page no language model, a search no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from statescape.arguments import opened

if TYPE_CHECKING:
    from statescape.views.evolution.figures import levels, seals, wirings
    from statescape.views.globe import sphere, sphere_page
    from statescape.views.language.figures import (
        cosines,
        energy,
        lens,
        lens_map,
        lenses,
        normalisation,
        plane,
        steps,
        vectors,
    )
    from statescape.views.language.verdict.estimates import verdict
    from statescape.views.reporting import report, save_figures
    from statescape.views.studies.figure import study

__all__ = [
    "cosines",
    "energy",
    "lens",
    "lens_map",
    "lenses",
    "levels",
    "normalisation",
    "plane",
    "report",
    "save_figures",
    "seals",
    "sphere",
    "sphere_page",
    "steps",
    "study",
    "vectors",
    "verdict",
    "wirings",
]

_GLOBE = "statescape.views.globe"
_FIGURES = "statescape.views.language.figures"
_EVOLUTION = "statescape.views.evolution.figures"
_HOMES = {
    "cosines": _FIGURES,
    "energy": _FIGURES,
    "lens": _FIGURES,
    "lens_map": _FIGURES,
    "lenses": _FIGURES,
    "levels": _EVOLUTION,
    "normalisation": _FIGURES,
    "plane": _FIGURES,
    "report": "statescape.views.reporting",
    "save_figures": "statescape.views.reporting",
    "seals": _EVOLUTION,
    "sphere": _GLOBE,
    "sphere_page": _GLOBE,
    "steps": _FIGURES,
    "study": "statescape.views.studies.figure",
    "vectors": _FIGURES,
    "verdict": "statescape.views.language.verdict.estimates",
    "wirings": _EVOLUTION,
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        home = importlib.import_module(_HOMES[name])
        opened(vars(home), [name])
        return getattr(home, name)
    raise AttributeError(f"module 'statescape.views' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
