"""The champion at work on one sealed trial: what it said against the target, and the path of its states."""

from __future__ import annotations

import numpy as np

from statescape.analysis.evolution import ChampionAtWork
from statescape.evolution import Evolution
from statescape.reservoir.tasks import LabelledTrial, Trial
from statescape.views.picture import Picture
from statescape.views.reservoir import ClassesPicture, OutputsPicture, StatePathPicture, states_along
from statescape.views.text import visible


def outputs_picture(evolution: Evolution, work: ChampionAtWork) -> Picture | None:
    """Prediction against target; None where the task asks for none, or the network diverged."""
    outputs = work.attempt.outputs
    if outputs is None or not np.isfinite(outputs).all():
        return None
    what = f"{visible(evolution.task.name, 60)}, first trial of the seal {work.level} (seed {evolution.settings.seed})"
    if isinstance(work.trial, LabelledTrial):
        return ClassesPicture.drawn(work.network.classes, work.trial, outputs, what)
    if isinstance(work.trial, Trial):
        return OutputsPicture.drawn(
            work.trial, outputs, f"{what}: {evolution.task.score_name} {work.attempt.score:.4g}"
        )
    return None


def path_picture(work: ChampionAtWork) -> Picture | None:
    """The path of the states; None where there are none to draw."""
    path = None if work.attempt.reason else states_along(work.network, work.trial)
    return None if path is None else StatePathPicture.of(path)
