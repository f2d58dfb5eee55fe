"""What the names in a run say to a reader of another language: the name itself, with what it means in brackets.

Strategies, encodings, operators and controls go by the names that one types; in English these speak for themselves.
"""

from __future__ import annotations

from statescape.wording import phrase, say

STRATEGIES = (phrase("genetic"), phrase("random-search"), phrase("hill-climber"), phrase("mutation-only"))
ENCODINGS = (
    phrase("circulant"),
    phrase("blocks"),
    phrase("binary"),
    phrase("ternary"),
    phrase("real"),
    phrase("modules"),
)
RADII = (phrase("rescale"), phrase("free"), phrase("gene"))
OPERATORS = (
    phrase("random"),
    phrase("given"),
    phrase("add"),
    phrase("delete"),
    phrase("move"),
    phrase("rewire"),
    phrase("swap"),
    phrase("flip"),
    phrase("perturb"),
    phrase("duplicate-unit"),
    phrase("remove-unit"),
    phrase("change-inputs"),
    phrase("change-radius"),
    phrase("uniform-crossover"),
    phrase("row-crossover"),
    phrase("block-crossover"),
    phrase("aligned-crossover"),
    phrase("add-module"),
    phrase("remove-module"),
    phrase("split-module"),
    phrase("rewire-modules"),
    phrase("retune-module"),
    phrase("redraw-weights"),
    phrase("module-crossover"),
)
CONTROLS = (
    phrase("SCR"),
    phrase("DLR"),
    phrase("DLRB"),
    phrase("CRJ"),
    phrase("small-world"),
    phrase("scale-free"),
    phrase("erdos-renyi"),
    phrase("rewired"),
    phrase("hyper-parameters"),
    phrase("redrawn-weights"),
    phrase("redrawn-plan"),
    phrase("single"),
    phrase("untuned"),
)
CHAMPION = (phrase("champion"),)
_KNOWN = frozenset((*CHAMPION, *STRATEGIES, *ENCODINGS, *RADII, *OPERATORS, *CONTROLS))


def explained(name: str) -> str:
    """A name with what it means; one that another package brought as it is."""
    return say(name) if name in _KNOWN else name
