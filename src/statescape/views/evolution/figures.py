"""The figures of evolutions by themselves, as Plotly figures for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from statescape.analysis.evolution import read_evolution
from statescape.analysis.evolution_conclusion import REFERENCE, reference_of
from statescape.errors import StatescapeError
from statescape.evolution import Evolution
from statescape.evolution.conditions import LEVELS, Level
from statescape.studies.reservoir.picture import Dots, Mark, StudyFigure
from statescape.views.evolution.pictures import pictures
from statescape.views.evolution.seals import seals_picture
from statescape.views.studies.figure import study_picture
from statescape.wording import say

if TYPE_CHECKING:
    import plotly.graph_objects as go


def seals(evolution: Evolution) -> go.Figure:
    """What is left of a champion's gain as W_in, its signs and its weights are redrawn, beside all controls."""
    return seals_picture(evolution).interactive()


def wirings(evolution: Evolution) -> go.Figure:
    """The champion's graph beside a cycle, a random wiring of its density and the champion rewired."""
    return pictures(read_evolution(evolution))["wirings"].interactive()


def levels(evolutions: Sequence[Evolution]) -> go.Figure:
    """Gains of several champions over random wirings of their density, seal by seal.

    Args:
        evolutions: results of runs, one row for each.

    Raises:
        StatescapeError: where there is none.
    """
    if not evolutions:
        raise StatescapeError("There is no evolution to draw; give the results of at least one run.")
    shared = [level for level in LEVELS if all(level in one.seals for one in evolutions)]
    trials = ", ".join(sorted({str(one.settings.seal_trials) for one in evolutions}))
    caption = say(
        "How much lower the champion's error is than that of random wirings of its density ({reference}), paired by "
        "trial, with 95% intervals; strong where every control is beaten. {trials} fresh trials a seal.",
        reference=REFERENCE,
        trials=trials,
    )
    lower = say("error lower than random wirings")
    panels = tuple(
        Dots(level, lower, tuple(_mark(one, level) for one in evolutions), 0.0, percent=True) for level in shared
    )
    return study_picture("levels", StudyFigure(caption, panels)).interactive()


def _mark(evolution: Evolution, level: Level) -> Mark:
    """One champion under one seal."""
    seal, settings = evolution.seals[level], evolution.settings
    reference = seal.controls[reference_of(seal)]
    low, high = 1.0 - np.array(reference.ratio_interval)[::-1]
    beaten = all(control.beaten for control in seal.controls.values())
    label = say(
        "{task}, {units} units, searched at {level}",
        task=evolution.task.name,
        units=settings.units,
        level=settings.level,
    )
    return Mark(label, 1.0 - reference.ratio, float(low), float(high), strong=beaten)
