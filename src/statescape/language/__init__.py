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
from statescape.language.lens_readout import LensReadout
from statescape.language.lenses import JacobianLens, Lens, LogitLens, TunedLens, register_lens
from statescape.language.readable import ModelFacts, ReadableModel
from statescape.language.state_path import StatePath, Steps
from statescape.language.tokens import Tokens

if TYPE_CHECKING:
    from statescape.language.lens_files import load_lens
    from statescape.language.lens_fit import FitProgress, FitSettings, FittedLens, fit_lens
    from statescape.language.loading import load_model
    from statescape.language.model import LanguageModel
    from statescape.language.trace import Trace

__all__ = [
    "Corpus",
    "FitProgress",
    "FitSettings",
    "FittedLens",
    "JacobianLens",
    "LanguageModel",
    "Lens",
    "LensReadout",
    "LogitLens",
    "ModelFacts",
    "ReadableModel",
    "StatePath",
    "Steps",
    "Tokens",
    "Trace",
    "TunedLens",
    "fit_lens",
    "load_lens",
    "load_model",
    "read_corpus",
    "register_lens",
]

opened(globals())

_RUN_A_MODEL = {
    "FitProgress": "statescape.language.lens_fit",
    "FitSettings": "statescape.language.lens_fit",
    "FittedLens": "statescape.language.lens_fit",
    "LanguageModel": "statescape.language.model",
    "Trace": "statescape.language.trace",
    "fit_lens": "statescape.language.lens_fit",
    "load_lens": "statescape.language.lens_files",
    "load_model": "statescape.language.loading",
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
