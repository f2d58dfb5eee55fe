"""The work of most studies: a search whose champion is sealed, as plain JSON that travels and can be kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from statescape.evolution import LEVELS, Limits, Settings
from statescape.evolution.conditions import Level, draw_input_weights
from statescape.evolution.operators import Operator, for_space
from statescape.evolution.parts import inputs_of, space_of
from statescape.evolution.result import Found
from statescape.evolution.run import search_only
from statescape.evolution.scoring import losses
from statescape.evolution.sealing import Sealing, seal
from statescape.evolution.source import reopen_task
from statescape.evolution.tuning import trainings_of
from statescape.reservoir import Topology, erdos_renyi
from statescape.runs import Serial
from statescape.streams import Stream
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.protocol import Piece, Spec

TASK = {"name": "narma10"}
# Trials of the race that names a champion, and of its two honest scores.
FINAL = 8 * 20 + 60


def usual(budget: Budget, seed: int, encoding: str = "ternary", **other: Any) -> Settings:
    """The settings of a search on the task of most studies.

    Args:
        budget: of the study.
        seed: of the search.
        encoding: of its genomes.
        **other: what differs from a usual search.
    """
    return Settings(TASK, budget.units, encoding, seed=seed, limits=Limits(trainings=budget.trainings), **other)


def operators_for(settings: Settings) -> list[Operator]:
    """All operators of the space that is searched."""
    return list(for_space(space_of(settings, reopen_task(settings.task))))


def searched(
    key: str,
    settings: Settings,
    budget: Budget,
    *,
    levels: Sequence[Level] = (),
    controls: Sequence[str] = (),
    dense: float | None = None,
    tune: bool = False,
) -> Piece:
    """A search, and its champion sealed beside some controls.

    Args:
        key: name of the piece.
        settings: of the search.
        budget: of the study.
        levels: of the seals; none where the champion's honest score at its own level is enough.
        controls: held beside the champion.
        dense: density of one more random wiring beside it, "dense"; its weights are real.
        tune: whether hyper-parameters of all are tuned before a seal.
    """
    spec = {
        "settings": settings.as_json(),
        "levels": list(levels),
        "controls": list(controls),
        "dense": dense,
        "tuning": budget.tuning if tune else 0,
        "trials": budget.trials,
        "draws": budget.draws,
    }
    one = 4 * trainings_of(budget.tuning, 1) if tune else 0
    single = budget.trials + one
    drawn = len(controls) * (budget.draws * budget.trials + one)
    sealing = len(levels) * (single * (1 if dense is None else 2) + drawn)
    return Piece(key, search_and_seal, spec, budget.trainings + FINAL + sealing)


def search_and_seal(spec: Spec) -> dict[str, Any]:
    """Do the work of a piece."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    task = reopen_task(settings.task)
    found = search_only(settings, task, Serial())
    others = {} if spec["dense"] is None else {"dense": _dense(settings, spec["dense"], task.n_inputs)}
    plan = Sealing(
        task,
        found.topology,
        inputs_of(settings, task),
        settings.hyper,
        (*spec["controls"], *others),
        others,
        {},
        settings.seed,
        spec["trials"],
        bool(spec["tuning"]),
        spec["tuning"] or 1,
        spec["draws"],
    )
    seals = seal(plan, Serial(), levels=[level for level in LEVELS if level in spec["levels"]])
    sealed = sum(
        np.size(one.scores) + (trainings_of(spec["tuning"], len(one.scores)) if spec["tuning"] else 0)
        for of in seals.values()
        for one in (of.champion, *(other.control for other in of.controls.values()))
    )
    return {
        **described(found),
        "trainings": found.trainings + found.final.trainings + sealed,
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


def _dense(settings: Settings, density: float, n_inputs: int) -> Topology:
    """A random wiring of the usual density, with W_in of its own where the level keeps one."""
    wiring, inputs = np.random.SeedSequence(Stream.DENSE.below(settings.seed)).spawn(2)
    W_in = draw_input_weights(settings.units, n_inputs, inputs) if settings.level == "matrix" else None
    return Topology(erdos_renyi(settings.units, density, seed=wiring).W, W_in)


def described(found: Found) -> dict[str, Any]:
    """What a search found: its champion's edges and scores, and how it came there."""
    champion, final = found.champion, found.final
    return {
        "trainings": found.trainings + final.trainings,
        "selection": champion.candidate.record.mean,
        "rescored": list(final.rescored),
        "sealed": list(final.sealed),
        "wiring": wiring_as_json(champion.topology),
        "curve": [[line.trainings, line.best] for line in found.history],
    }


def wiring_as_json(topology: Topology) -> dict[str, Any]:
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


def wiring_from_json(wiring: Mapping[str, Any]) -> Topology:
    """What `wiring_as_json` gave."""
    W = np.zeros((wiring["units"], wiring["units"]))
    for i, j, value in wiring["edges"]:
        W[i, j] = value
    W_in = None if wiring["W_in"] is None else np.array(wiring["W_in"])
    return Topology(W, W_in, radius=wiring["radius"], sr=wiring["sr"])


def log_error(scores: Sequence[float]) -> float:
    """Mean logarithm of the scores of one champion: what runs are compared by."""
    return float(np.clip(losses(np.array(scores)), -30.0, 30.0).mean())
