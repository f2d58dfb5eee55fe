"""What settings and a run's file tell: the space that is searched, its W_in, its champion, its survivors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from statescape.errors import StatescapeError
from statescape.evolution.conditions import draw_input_weights
from statescape.evolution.genome import Genome
from statescape.evolution.ledger import Ledger
from statescape.evolution.parts import encoding_of
from statescape.evolution.result import Champion
from statescape.evolution.settings import Settings
from statescape.evolution.space import SearchSpace
from statescape.reservoir.tasks import Task

# Stream of random numbers below (seed,).
_INPUTS = 21


def space_of(settings: Settings, task: Task) -> SearchSpace:
    """The space that a run searches."""
    own = settings.level == "matrix" and not settings.evolve_inputs
    W_in = inputs_of(settings, task) if own else None
    return SearchSpace(encoding_of(settings), task.n_inputs, settings.radius, settings.evolve_inputs, W_in)


def inputs_of(settings: Settings, task: Task) -> Float[np.ndarray, "units inputs"]:
    """The run's own W_in, [units, inputs]: at *matrix* where it does not evolve, and for the seal at *matrix*."""
    return draw_input_weights(settings.units, task.n_inputs, np.random.SeedSequence((settings.seed, _INPUTS)))


def champion_of(run: str | Path, number: int | None = None) -> Champion:
    """The champion of a run, or one of its candidates by its number.

    Raises:
        StatescapeError: where there is none, or the search has no champion yet.
    """
    with Ledger.read(run) as kept:
        settings = kept.settings
        if number is None:
            final = kept.final(settings.arm)
            if final is None:
                raise StatescapeError(f"{run} has no champion yet; resume it first, or name a candidate.")
            number = final.champion
        found, task = kept.candidate(settings.arm, number), kept.task()
        with kept.journal.understood(f"candidate {number}"):
            space = space_of(settings, task)
            space.check(found.genome)
            return Champion(found, space.topology(found.genome, f"candidate {number}"), settings.hyper)


def survivors_of_run(run: str | Path) -> tuple[Genome, ...]:
    """The genomes of the last survivors of a run, best first.

    Raises:
        StatescapeError: where the run has none.
    """
    with Ledger.read(run) as kept:
        found = kept.population(kept.settings.arm)
    if found is None:
        raise StatescapeError(f"{run} has no survivors yet to begin with.")
    return tuple(member.genome for member in found[0].members)
