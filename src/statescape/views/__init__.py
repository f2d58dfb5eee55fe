"""Results in, pictures out: one theme, figures for screen and paper, the page.

Names are imported when they are first used: a figure loads Plotly, a page no language model, a search no torch.
"""

from __future__ import annotations

from statescape.arguments import opened_lazily

__getattr__, __dir__, __all__ = opened_lazily(__name__, __file__)
