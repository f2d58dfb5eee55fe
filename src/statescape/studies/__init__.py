"""Questions asked of the wings: an experiment each, its statistics, and its answer.

Names are imported when they are first used: a verdict needs no reservoir, a study of reservoirs no language model.
"""

from __future__ import annotations

from statescape.arguments import opened_lazily

__getattr__, __dir__, __all__ = opened_lazily(__name__, __file__)
