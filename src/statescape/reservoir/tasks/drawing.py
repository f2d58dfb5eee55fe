"""The trial of a seed, whatever a task does with it: a search of hours must not die of one draw.

Tasks of this house draw a trial from every seed or refuse at once. One of somebody else's may fail for a seed, or draw
what cannot be scored; then the next seed is taken, the same one wherever and whenever this trial is drawn again.
"""

from __future__ import annotations

import numpy as np

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.task import AnyTrial, LabelledTrial, MemoryTrial, Part, Seed, Task, Trial

DRAWS = 10


def drawn(task: Task, seed: Seed, part: Part) -> AnyTrial:
    """The trial of a seed, or of the next that gives one that can be scored.

    Raises:
        StatescapeError: where ten seeds in a row give none; it says why the last did not.
    """
    for number in range(DRAWS):
        try:
            trial = task.trial(_next(seed, number), part)
            reason = _unusable(trial)
        except StatescapeError as refusal:
            failure = refusal
        except Exception as error:  # a task of somebody else's may raise anything
            failure = StatescapeError(
                f"The task {task.name!r} drew no trial from {DRAWS} seeds in a row ({type(error).__name__}: "
                f"{' '.join(str(error).split())[:200]}); mend its trial(seed, part)."
            )
        else:
            if not reason:
                return trial
            failure = StatescapeError(f"The task {task.name!r} draws trials that {reason}; mend its trial(seed, part).")
    raise failure


def _next(seed: Seed, number: int) -> Seed:
    """The seed itself, and those after it."""
    if not number:
        return seed
    entropy, key = (seed.entropy, seed.spawn_key) if isinstance(seed, np.random.SeedSequence) else (seed, ())
    return np.random.SeedSequence(entropy, spawn_key=(*key, DRAWS, number))


def _unusable(trial: AnyTrial) -> str:
    """Why a trial cannot be scored, in words; empty where it can."""
    if not isinstance(trial, Trial):
        return "" if isinstance(trial, LabelledTrial | MemoryTrial) else "are none of statescape.tasks"
    if not (np.isfinite(trial.inputs).all() and np.isfinite(trial.targets).all()):
        return "hold NaN or infinite values"
    constant = not trial.symbols and not np.ptp(trial.test_targets, axis=0).all()
    return "have a constant target in the test part" if constant else ""
