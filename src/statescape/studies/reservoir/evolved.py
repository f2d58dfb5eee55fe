"""The work of most studies: a search whose champion is sealed, as plain JSON that travels and can be kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float

from statescape.evolution import LEVELS, Limits, Settings
from statescape.evolution.conditions import Hyperparameters, Level
from statescape.evolution.reading import inputs_of
from statescape.evolution.result import Found
from statescape.evolution.run import search_only
from statescape.evolution.seals import Sealing, log_ratios, seal
from statescape.evolution.source import reopen_task
from statescape.evolution.tuning import trainings_of
from statescape.reservoir import Topology
from statescape.runs import Serial
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.study import Piece, Spec

# Draws of a control, as the seals take them, about; what costs are counted with.
DRAWS = 12
# Trials of the race that names a champion, and of its two honest scores.
FINAL = 8 * 20 + 60
# Trainings of the search that tells how fast a worker is.
PROBE = 1_000


def searched(
    key: str,
    settings: Settings,
    budget: Budget,
    *,
    levels: Sequence[Level] = (),
    controls: Sequence[str] = (),
    tune: bool = False,
) -> Piece:
    """A search, and its champion sealed beside some controls.

    Args:
        key: name of the piece.
        settings: of the search.
        budget: of the study.
        levels: of the seals; none where the champion's honest score at its own level is enough.
        controls: held beside the champion.
        tune: whether hyper-parameters of all are tuned before a seal.
    """
    spec = {
        "settings": settings.as_json(),
        "levels": list(levels),
        "controls": list(controls),
        "tuning": budget.tuning if tune else 0,
        "trials": budget.trials,
    }
    one = 4 * trainings_of(budget.tuning, 1) if tune else 0
    sealing = len(levels) * (budget.trials + one + len(controls) * (DRAWS * budget.trials + one))
    return Piece(key, search_and_seal, spec, budget.trainings + FINAL + sealing)


def search_and_seal(spec: Spec) -> dict[str, Any]:
    """Do the work of a piece."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    task = reopen_task(settings.task)
    found = search_only(settings, task, Serial())
    plan = Sealing(
        task,
        found.topology,
        inputs_of(settings, task),
        settings.hyper,
        tuple(spec["controls"]),
        {},
        {},
        settings.seed,
        spec["trials"],
        bool(spec["tuning"]),
        spec["tuning"] or 1,
    )
    seals = seal(plan, Serial(), levels=[level for level in LEVELS if level in spec["levels"]])
    return {
        **described(found),
        "seals": {
            level: {
                name: {"scores": one.scores.tolist(), "hyper": asdict(one.hyper)}
                for name, one in {
                    "champion": of.champion,
                    **{name: other.control for name, other in of.controls.items()},
                }.items()
            }
            for level, of in seals.items()
        },
        "seconds": time.perf_counter() - begun,
    }


def described(found: Found) -> dict[str, Any]:
    """What a search found: its champion's edges and scores, and how it came there."""
    champion, final = found.champion, found.final
    return {
        "trainings": found.trainings + final.trainings,
        "selection": champion.candidate.record.mean,
        "rescored": list(final.rescored),
        "sealed": list(final.sealed),
        "wiring": kept(champion.topology),
        "curve": [[line.trainings, line.best] for line in found.history],
    }


def kept(topology: Topology) -> dict[str, Any]:
    """A wiring as plain JSON: its edges, W_in where it has one, its radius policy."""
    W = topology.to_dense()
    targets, sources = np.nonzero(W)
    return {
        "units": topology.units,
        "edges": [[int(i), int(j), float(W[i, j])] for i, j in zip(targets, sources, strict=True)],
        "W_in": None if topology.W_in is None else topology.W_in.tolist(),
        "radius": topology.radius,
        "sr": topology.sr,
    }


def rewoven(wiring: Mapping[str, Any]) -> Topology:
    """What `kept` gave."""
    W = np.zeros((wiring["units"], wiring["units"]))
    for i, j, value in wiring["edges"]:
        W[i, j] = value
    W_in = None if wiring["W_in"] is None else np.array(wiring["W_in"])
    return Topology(W, W_in, radius=wiring["radius"], sr=wiring["sr"])


def log_error(scores: Sequence[float]) -> float:
    """Mean logarithm of the scores of one champion: what runs are compared by."""
    from statescape.evolution.scoring import losses

    return float(np.clip(losses(np.array(scores)), -30.0, 30.0).mean())


def gain_over(seals: Mapping[str, Any], control: str) -> float:
    """Mean log ratio of a control's scores over the champion's, paired by trial: above 0 the champion is better."""
    return -float(log_ratios(_sealed(seals, "champion"), _sealed(seals, control)).mean())


def _sealed(seals: Mapping[str, Any], name: str) -> Any:
    from statescape.evolution.seals import Sealed

    scores: Float[np.ndarray, "draws trials"] = np.array(seals[name]["scores"], dtype=np.float64)
    return Sealed(name, Hyperparameters(**seals[name]["hyper"]), scores)


def timed(units: int) -> float:
    """Trainings a second of this worker, on networks of so many units."""
    settings = Settings({"name": "narma10"}, units, limits=Limits(trainings=PROBE))
    begun = time.perf_counter()
    found = search_only(settings, reopen_task(settings.task), Serial())
    return (found.trainings + found.final.trainings) / (time.perf_counter() - begun)
