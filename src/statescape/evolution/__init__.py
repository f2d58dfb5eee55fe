"""Wing: genomes, operators, the search for a wiring, and the seals that its champion is held under.

Names are imported when they are first used: a help page that speaks of the settings of a search loads no search.
"""

from __future__ import annotations

from statescape.arguments import opened_lazily

__getattr__, __dir__, __all__ = opened_lazily(__name__, __file__)
