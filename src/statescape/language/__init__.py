"""The language wing: models, traces, paths, lenses.

The nouns hold NumPy arrays; only the modules that run a model import torch, and names are imported when first used.
"""

from __future__ import annotations

from typing import Any

from statescape.arguments import opened_lazily
from statescape.errors import StatescapeError

_find, __dir__, __all__ = opened_lazily(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _find(name)
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "transformers"}:
            raise
        raise StatescapeError(
            f"Language models need {error.name}; install it with: pip install 'statescape[lm]'"
        ) from error
