"""statescape: from one command to a picture you can walk around in and an answer you can defend.

Two wings share one hall. The language wing follows the residual stream of a causal language model while it predicts a
token; the reservoir wing runs echo state networks and evolves their wiring. Names are imported when they are first
used, so that ``import statescape`` stays under a tenth of a second and the reservoir wing never meets torch.

Verbs: `load_model`, `trace`, `lens`, `fit_lens`, `load_lens`, `read_corpus`, `verdict`; `esn`, `evolve`, `resume`,
`study`; `notebook`. Nouns: `LanguageModel`, `Trace`, `StatePath`, `LensReadout`, `Verdicts`; `EchoStateNetwork`,
`Topology`, `Settings`, `Evolution`, `StudyResult`; `Path`, `StatescapeError`.

Rooms: `views` (pictures and pages), `tasks`, `studies`, `analysis`, `language`, `evolution`, `reservoir`, `runs`,
`geometry`, `statistics`.
"""

from __future__ import annotations

from statescape import plugins
from statescape.arguments import opened_lazily

__version__ = "0.2.0"

# Which upper rooms speak of the types of which package: what they say, and what they draw.
_SAY = {
    "statescape.language": ("statescape.analysis.path_conclusion",),
    "statescape.language.ablating": ("statescape.analysis.interventions",),
    "statescape.language.contrasting": ("statescape.analysis.interventions",),
    "statescape.language.pair_patching": ("statescape.analysis.interventions",),
    "statescape.language.patching": ("statescape.analysis.interventions",),
    "statescape.language.steering": ("statescape.analysis.interventions",),
    "statescape.evolution": ("statescape.analysis.evolution_conclusion",),
    "statescape.studies.verdict": ("statescape.studies.verdict.conclusion",),
}
_DRAW = {
    "statescape.language": ("statescape.views.language.page", "statescape.views.language.figures"),
    "statescape.language.continuation": ("statescape.views.language.generation",),
    "statescape.language.ablating": ("statescape.views.language.ablation_page",),
    "statescape.language.contrasting": ("statescape.views.language.contrast_page",),
    "statescape.language.patching": ("statescape.views.language.patch_page",),
    "statescape.language.pair_patching": ("statescape.views.language.patch_page",),
    "statescape.language.steering": ("statescape.views.language.steer_page",),
    "statescape.analysis.path": ("statescape.views.language.page", "statescape.views.language.figures"),
    "statescape.evolution": ("statescape.views.evolution.page", "statescape.views.evolution.pictures"),
    "statescape.analysis.evolution": ("statescape.views.evolution.page", "statescape.views.evolution.pictures"),
    "statescape.reservoir": ("statescape.views.reservoir.pictures",),
    "statescape.reservoir.plan": ("statescape.views.evolution.plan",),
    "statescape.studies.esn_trials": ("statescape.views.reservoir.pictures",),
    "statescape.analysis.candidate": ("statescape.views.evolution.candidate",),
    "statescape.studies.verdict": ("statescape.views.language.verdict_page",),
    "statescape.studies.reservoir": ("statescape.views.studies.page",),
    "statescape.studies.notebook": ("statescape.views.studies.notebook",),
}
for _aspect in (plugins.reading, plugins.conclusion, plugins.table):
    _aspect.introduce(_SAY)
for _aspect in (plugins.report, plugins.pictures):
    _aspect.introduce(_DRAW)
plugins.model.introduce({"torch": ("statescape.language.model.loading",)})
plugins.cell.introduce({"statescape": ("statescape.views.core.cell",)})

__getattr__, __dir__, __all__ = opened_lazily(__name__, __file__)
