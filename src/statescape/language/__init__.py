"""The language wing: models, traces, paths, lenses.

The nouns hold NumPy arrays; only the modules that run a model import torch, and they are imported when first used.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from statescape.arguments import opened
from statescape.errors import StatescapeError
from statescape.language.corpus import Corpus, read_corpus
from statescape.language.edits import Edit
from statescape.language.lens.lenses import JacobianLens, Lens, LogitLens, TunedLens, register_lens
from statescape.language.lens.readout import LensReadout
from statescape.language.means import CorpusMeans, corpus_means
from statescape.language.path import StatePath, Steps
from statescape.language.readable import ModelFacts, ReadableModel
from statescape.language.tokens import Tokens

if TYPE_CHECKING:
    from statescape.language.ablating import Ablation, ablate
    from statescape.language.continuation import Continuation, follow
    from statescape.language.contrasting import Contrast, contrast, pairs_of
    from statescape.language.lens.files import load_lens
    from statescape.language.lens.fit import FitProgress, FitSettings, FittedLens, fit_lens
    from statescape.language.model.language_model import LanguageModel
    from statescape.language.model.loading import load_model
    from statescape.language.pair_patching import PatchedPairs, TextPair, patch_pairs
    from statescape.language.patching import Patching, patch
    from statescape.language.steering import Steering, direction_between, steer
    from statescape.language.trace import Trace

__all__ = [
    "Ablation",
    "Continuation",
    "Contrast",
    "Corpus",
    "CorpusMeans",
    "Edit",
    "FitProgress",
    "FitSettings",
    "FittedLens",
    "JacobianLens",
    "LanguageModel",
    "Lens",
    "LensReadout",
    "LogitLens",
    "ModelFacts",
    "PatchedPairs",
    "Patching",
    "ReadableModel",
    "StatePath",
    "Steering",
    "Steps",
    "TextPair",
    "Tokens",
    "Trace",
    "TunedLens",
    "ablate",
    "contrast",
    "corpus_means",
    "direction_between",
    "fit_lens",
    "follow",
    "load_lens",
    "load_model",
    "pairs_of",
    "patch",
    "patch_pairs",
    "read_corpus",
    "register_lens",
    "steer",
]

opened(globals())

_RUN_A_MODEL = {
    "Ablation": "statescape.language.ablating",
    "Contrast": "statescape.language.contrasting",
    "FitProgress": "statescape.language.lens.fit",
    "FitSettings": "statescape.language.lens.fit",
    "FittedLens": "statescape.language.lens.fit",
    "Continuation": "statescape.language.continuation",
    "LanguageModel": "statescape.language.model.language_model",
    "PatchedPairs": "statescape.language.pair_patching",
    "Patching": "statescape.language.patching",
    "Steering": "statescape.language.steering",
    "TextPair": "statescape.language.pair_patching",
    "Trace": "statescape.language.trace",
    "ablate": "statescape.language.ablating",
    "contrast": "statescape.language.contrasting",
    "direction_between": "statescape.language.steering",
    "fit_lens": "statescape.language.lens.fit",
    "follow": "statescape.language.continuation",
    "load_lens": "statescape.language.lens.files",
    "load_model": "statescape.language.model.loading",
    "pairs_of": "statescape.language.contrasting",
    "patch": "statescape.language.patching",
    "patch_pairs": "statescape.language.pair_patching",
    "steer": "statescape.language.steering",
}


def __getattr__(name: str) -> Any:
    if name in _RUN_A_MODEL:
        try:
            importlib.import_module(_RUN_A_MODEL[name])
        except ModuleNotFoundError as error:
            if error.name not in {"torch", "transformers"}:
                raise
            raise StatescapeError(
                f"Language models need {error.name}; install it with: pip install 'statescape[lm]'"
            ) from error
        for public, home in _RUN_A_MODEL.items():  # what came along is open too
            opened(vars(sys.modules.get(home, object)), [public])
        return getattr(sys.modules[_RUN_A_MODEL[name]], name)
    raise AttributeError(f"module 'statescape.language' has no attribute {name!r}")
