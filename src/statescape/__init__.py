"""statescape: from one command to a picture you can walk around in and an answer you can defend.

Two wings share one hall. The language wing follows the residual stream of a causal language model while it predicts a
token; the reservoir wing runs echo state networks and evolves their wiring. Names are imported when they are first
used, so that ``import statescape`` stays under a tenth of a second and the reservoir wing never meets torch.

Verbs: `load_model`, `trace`, `lens`, `fit_lens`, `load_lens`, `read_corpus`, `verdict`; `esn`, `evolve`, `resume`,
`study`; `notebook`. Nouns: `LanguageModel`, `Trace`, `StatePath`, `LensReadout`, `Verdicts`; `EchoStateNetwork`,
`Topology`, `Settings`, `Evolution`, `StudyResult`; `Path`, `StatescapeError`.

Rooms: `views` (pictures and pages), `tasks`, `studies`, `language`, `evolution`, `reservoir`, `runs`, `geometry`,
`statistics`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from statescape import plugins
from statescape.errors import StatescapeError

if TYPE_CHECKING:
    from statescape import evolution, geometry, language, reservoir, runs, statistics, studies, views
    from statescape.evolution import Evolution, Settings, evolve, resume
    from statescape.geometry import Path
    from statescape.language import (
        LanguageModel,
        LensReadout,
        StatePath,
        Trace,
        fit_lens,
        load_lens,
        load_model,
        read_corpus,
    )
    from statescape.language.asking import lens, trace
    from statescape.reservoir import EchoStateNetwork, Topology, tasks
    from statescape.studies.esn_trials import esn
    from statescape.studies.notebook import keep_notebook as notebook
    from statescape.studies.reservoir import StudyResult
    from statescape.studies.reservoir import run_study as study
    from statescape.studies.verdict import Verdicts
    from statescape.studies.verdict import ask as verdict

__version__ = "0.1.0"

_HOMES = {
    "Evolution": "statescape.evolution",
    "Settings": "statescape.evolution",
    "evolve": "statescape.evolution",
    "resume": "statescape.evolution",
    "Path": "statescape.geometry",
    "LanguageModel": "statescape.language",
    "LensReadout": "statescape.language",
    "StatePath": "statescape.language",
    "Trace": "statescape.language",
    "fit_lens": "statescape.language",
    "lens": "statescape.language.asking",
    "load_lens": "statescape.language",
    "load_model": "statescape.language",
    "read_corpus": "statescape.language",
    "trace": "statescape.language.asking",
    "EchoStateNetwork": "statescape.reservoir",
    "Topology": "statescape.reservoir",
    "esn": "statescape.studies.esn_trials",
    "notebook": "statescape.studies.notebook",
    "StudyResult": "statescape.studies.reservoir",
    "study": "statescape.studies.reservoir",
    "Verdicts": "statescape.studies.verdict",
    "verdict": "statescape.studies.verdict",
}
# Verbs that are called otherwise at home.
_AT_HOME = {"notebook": "keep_notebook", "study": "run_study", "verdict": "ask"}
_ROOMS = {
    "tasks": "statescape.reservoir.tasks",
    **{
        name: f"statescape.{name}"
        for name in (
            "evolution",
            "geometry",
            "language",
            "reservoir",
            "runs",
            "statistics",
            "studies",
            "views",
        )
    },
}

# Which upper rooms speak of the types of which package: what they say, and what they draw.
_SAY = {
    "statescape.language": ("statescape.studies.path_conclusion",),
    "statescape.evolution": ("statescape.studies.evolution_conclusion",),
    "statescape.studies.verdict": ("statescape.studies.verdict.conclusion",),
}
_DRAW = {
    "statescape.language": ("statescape.views.language.report", "statescape.views.language.figures"),
    "statescape.studies.path_reading": ("statescape.views.language.report", "statescape.views.language.figures"),
    "statescape.evolution": ("statescape.views.evolution.report",),
    "statescape.studies.evolution_reading": ("statescape.views.evolution.report",),
    "statescape.reservoir": ("statescape.views.reservoir.pictures",),
    "statescape.studies.esn_trials": ("statescape.views.reservoir.pictures",),
    "statescape.studies.candidate_reading": ("statescape.views.evolution.candidate",),
    "statescape.studies.verdict": ("statescape.views.language.verdict.report",),
    "statescape.studies.reservoir": ("statescape.views.studies.report",),
    "statescape.studies.notebook": ("statescape.views.notebook.page",),
}
for _aspect in (plugins.reading, plugins.conclusion, plugins.table):
    _aspect.introduce(_SAY)
for _aspect in (plugins.report, plugins.pictures):
    _aspect.introduce(_DRAW)
plugins.cell.introduce({"statescape": ("statescape.views.cell",)})

__all__ = [
    "EchoStateNetwork",
    "Evolution",
    "LanguageModel",
    "LensReadout",
    "Path",
    "Settings",
    "StatePath",
    "StatescapeError",
    "StudyResult",
    "Topology",
    "Trace",
    "Verdicts",
    "__version__",
    "esn",
    "evolution",
    "evolve",
    "fit_lens",
    "geometry",
    "language",
    "lens",
    "load_lens",
    "load_model",
    "notebook",
    "read_corpus",
    "reservoir",
    "resume",
    "runs",
    "statistics",
    "studies",
    "study",
    "tasks",
    "trace",
    "verdict",
    "views",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(_ROOMS[name])
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), _AT_HOME.get(name, name))
    raise AttributeError(f"module 'statescape' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
