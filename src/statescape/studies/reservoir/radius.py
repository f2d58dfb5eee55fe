"""Topology or spectral radius? A radius that may change is worth something by itself: the two effects apart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from statescape.evolution import Settings
from statescape.evolution.conditions import Conditions
from statescape.evolution.controls import control
from statescape.evolution.run import search_only
from statescape.evolution.scoring import score
from statescape.evolution.source import reopen_task
from statescape.reservoir import Topology, spectral_radius
from statescape.runs import Serial
from statescape.streams import Stream
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import Ratio, as_json, changes, compared, percent, reading, signed
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Spec, Study
from statescape.studies.reservoir.searching import FINAL, described, log_error, usual
from statescape.wording import Answers

POLICIES = ("rescale", "free", "gene")
# Streams of random numbers below (seed,): of the trials and of the random wirings.

answers = Answers("studies", "radius")


def pieces(budget: Budget, seed: int) -> Sequence[Piece]:
    """One search for each policy and run."""
    return [
        Piece(
            f"{policy}/{run}",
            search_and_part,
            {
                "settings": usual(budget, seed + run, radius=policy).as_json(),
                "trials": budget.trials,
                "draws": budget.draws,
            },
            budget.trainings + FINAL + 2 * budget.trials * (1 + budget.draws),
        )
        for run in range(budget.runs)
        for policy in POLICIES
    ]


def read(results: Results, budget: Budget, seed: int) -> Reading:
    """Both effects for every policy."""
    wiring, radius, random = (
        {policy: np.array([effect(results[f"{policy}/{run}"]) for run in range(budget.runs)]) for policy in POLICIES}
        for effect in (_of_wiring, _of_radius, _of_radius_at_random)
    )
    found = compared(
        {f"wiring/{policy}": -wiring[policy] for policy in POLICIES}
        | {f"radius/{policy}": -radius[policy] for policy in POLICIES[1:]}
        | {f"random/{policy}": -random[policy] for policy in POLICIES[1:]}
    )
    own = {policy: [results[f"{policy}/{run}"]["own_radius"] for run in range(budget.runs)] for policy in POLICIES}
    rows = []
    for policy in POLICIES:
        effect, at_random = found.get(f"radius/{policy}"), found.get(f"random/{policy}")
        rows.append(
            (
                policy,
                answers("range", least=min(own[policy]), most=max(own[policy])),
                found[f"wiring/{policy}"].in_words,
                answers("none") if effect is None else effect.in_words,
                "" if effect is None else effect.decided,
                answers("none") if at_random is None else at_random.in_words,
            )
        )
    of_wiring, of_radius = answers.each("panels")
    return reading(
        answers,
        budget,
        seed,
        _answer(found, wiring, radius),
        rows,
        (
            changes(of_wiring, (found[f"wiring/{policy}"].mark(policy) for policy in POLICIES)),
            changes(
                of_radius,
                (
                    found[f"{kind}/{policy}"].mark(answers(label, policy=policy))
                    for policy in POLICIES[1:]
                    for kind, label in (("radius", "of_champion"), ("random", "of_random"))
                ),
            ),
        ),
        as_json(found) | {"own_radius": own},
    )


def _answer(
    found: Mapping[str, Ratio], wiring: Mapping[str, np.ndarray], radius: Mapping[str, np.ndarray]
) -> Iterator[str]:
    for policy in POLICIES[1:]:
        whole, part = float((wiring[policy] + radius[policy]).mean()), float(radius[policy].mean())
        effect = found[f"radius/{policy}"]
        if effect.lower and whole > 0:
            yield answers("is_radius", policy=policy, part=percent(part / whole))
        else:
            yield answers("no_gain", policy=policy, change=effect.in_words)
    at_usual = found["wiring/rescale"]
    if at_usual.shown:
        yield answers("wiring_gains", change=at_usual.in_words)
    else:
        yield answers("wiring_does_not", change=signed(at_usual.change))


def search_and_part(spec: Spec) -> dict[str, Any]:
    """Search; then score champion and random wirings at radius 0.9 and at the champion's own."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    task = reopen_task(settings.task)
    found = search_only(settings, task, Serial())
    hyper, champion = settings.hyper, found.topology
    own = spectral_radius(champion.weights(hyper.sr))
    seeds = [Stream.RADIUS_TRIALS.below(settings.seed, trial) for trial in range(spec["trials"])]
    rescaled = Topology(champion.W)
    stream = Stream.RADIUS_RANDOM.below(settings.seed)
    random = control("erdos-renyi", champion, settings.level, task.n_inputs, stream, draws=spec["draws"]).draws
    scores = {}
    for name, sr in (("usual", hyper.sr), ("own", own)):
        conditions = Conditions(task, settings.level, "seal", replace(hyper, sr=sr))
        first, *others = score([rescaled, *random], conditions, seeds, Serial())
        scores[name] = {"champion": log_error(first.tolist()), "random": log_error(np.concatenate(others).tolist())}
    return {
        **described(found),
        "own_radius": float(own),
        "scores": scores,
        "seconds": time.perf_counter() - begun,
        "trainings": found.trainings + found.final.trainings + 2 * len(seeds) * (1 + len(random)),
    }


def _of_wiring(result: Results) -> float:
    at_usual = result["scores"]["usual"]
    return float(at_usual["random"] - at_usual["champion"])


def _of_radius(result: Results) -> float:
    return float(result["scores"]["usual"]["champion"] - result["scores"]["own"]["champion"])


def _of_radius_at_random(result: Results) -> float:
    return float(result["scores"]["usual"]["random"] - result["scores"]["own"]["random"])


STUDY = Study("radius", Budget("quick", units=20, runs=5, trainings=1_200, tuning=8), FULL, pieces, read)
