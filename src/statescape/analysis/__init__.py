"""One result in, numbers and words out: readings of a path, an evolution or a network, and what they say.

Names are imported when they are first used: a path needs no reservoir, an evolution no language model.
"""

from __future__ import annotations

from statescape.arguments import opened_lazily

__getattr__, __dir__, __all__ = opened_lazily(__name__, __file__)
