"""A text read by a model in one call: its trace, or what a lens reads in it."""

from __future__ import annotations

import os
from typing import Any

from statescape.language.lens.lenses import Lens
from statescape.language.lens.readout import LensReadout
from statescape.language.model.loading import load_model
from statescape.language.trace import Trace


def trace(text: str, model: Any = None, **loading: Any) -> Trace:
    """The trace of a text; `load_model` once and ``model.trace(text)`` are faster for several texts.

    Args:
        text: what the model reads.
        model: what `load_model` takes; None for the bundled `conteur`.
        loading: `load_model`'s other arguments.

    Raises:
        StatescapeError: for a model that cannot be read, blank text, or text longer than the model's context.
    """
    return Trace.read(load_model(model, **loading), text)


def lens(
    text: str, model: Any = None, *, top: int = 10, lens: Lens | str | os.PathLike[str] | None = None, **loading: Any
) -> LensReadout:
    """What every state of a text decodes to.

    Args:
        text: what the model reads.
        model: what `load_model` takes; None for the bundled `conteur`.
        top: how many of the likeliest tokens to keep.
        lens: the lens to read with: an object, a name, a folder or a file (`load_lens`); None for the logit lens.
        loading: `load_model`'s other arguments.

    Raises:
        StatescapeError: for a model or text that cannot be read, and for a lens that does not fit the model.
    """
    return trace(text, model, **loading).lens(top=top, lens=lens)
