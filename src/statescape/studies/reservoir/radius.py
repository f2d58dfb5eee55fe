"""Topology or spectral radius? A radius that may change is worth something by itself: the two effects told apart."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from statescape.evolution import Limits, Settings
from statescape.evolution.conditions import Conditions
from statescape.evolution.controls import control
from statescape.evolution.run import search_only
from statescape.evolution.scoring import score
from statescape.evolution.source import reopen_task
from statescape.reservoir import Topology, spectral_radius
from statescape.runs import Serial
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import Ratio, compared
from statescape.studies.reservoir.evolved import FINAL, described, log_error
from statescape.studies.reservoir.picture import Dots, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Spec, Table
from statescape.studies.reservoir.words import decided, few_runs, over_runs, percent, percent_between, signed
from statescape.wording import say

POLICIES = ("rescale", "free", "gene")
# Streams of random numbers below (seed,): of the trials and of the random wirings.
_TRIALS, _RANDOM = 41, 42


class Radius:
    """{rescale, free, gene}: what the wiring gains at one radius, and what the radius gains for one wiring."""

    name = "radius"
    quick = Budget("quick", units=20, runs=5, trainings=1_200, tuning=8)
    full = FULL

    def question(self) -> str:
        """The question."""
        return say("Topology or spectral radius?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "NARMA10, {units} units, ternary, searched at wiring: every candidate rescaled to radius 0.9 (rescale), "
            "left as it is (free), or with a radius that evolves (gene); {runs} searches each, {trainings:,} trainings "
            "a search. Each champion, and random wirings with as many edges, run at radius 0.9 and at the champion's "
            "own, on the same {trials} fresh trials. The gain over random wirings at 0.9 is then a sum, in "
            "logarithms: what the wiring gains at 0.9, and what the champion gains by its own radius.",
            **vars(budget),
        )

    def pieces(self, budget: Budget, seed: int) -> Sequence[Piece]:
        """One search for each policy and run."""
        return [
            Piece(
                f"{policy}/{run}",
                search_and_part,
                {
                    "settings": Settings(
                        {"name": "narma10"},
                        budget.units,
                        radius=policy,  # type: ignore[arg-type]
                        seed=seed + run,
                        limits=Limits(trainings=budget.trainings),
                    ).as_json(),
                    "trials": budget.trials,
                    "draws": budget.draws,
                },
                budget.trainings + FINAL + 2 * budget.trials * (1 + budget.draws),
            )
            for run in range(budget.runs)
            for policy in POLICIES
        ]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Both effects for every policy."""
        wiring, radius, random = (
            {
                policy: np.array([effect(results[f"{policy}/{run}"]) for run in range(budget.runs)])
                for policy in POLICIES
            }
            for effect in (_of_wiring, _of_radius, _of_radius_at_random)
        )
        tested = {f"wiring/{policy}": -wiring[policy] for policy in POLICIES}
        tested |= {f"radius/{policy}": -radius[policy] for policy in POLICIES[1:]}
        tested |= {f"random/{policy}": -random[policy] for policy in POLICIES[1:]}
        found = compared(tested)
        own = {policy: [results[f"{policy}/{run}"]["own_radius"] for run in range(budget.runs)] for policy in POLICIES}
        none = say("none by design")
        rows = tuple(
            (
                policy,
                say("{least:.2f} to {most:.2f}", least=min(own[policy]), most=max(own[policy])),
                percent_between(found[f"wiring/{policy}"]),
                percent_between(found[f"radius/{policy}"]) if policy != "rescale" else none,
                decided(found[f"radius/{policy}"]) if policy != "rescale" else "",
                percent_between(found[f"random/{policy}"]) if policy != "rescale" else none,
            )
            for policy in POLICIES
        )
        return Reading(
            (*self._answer(found, wiring, radius), *few_runs(budget)),
            Table(
                (
                    say("policy"),
                    say("radius of champions"),
                    say("wiring, at 0.9 (95%)"),
                    say("own radius instead of 0.9 (95%)"),
                    say("decided"),
                    say("the same radius for random wirings (95%)"),
                ),
                rows,
            ),
            StudyFigure(
                say(
                    "Left, champions against random wirings, all at radius 0.9; right, what the champion's own radius "
                    "changes beside 0.9, for the champion and for random wirings. {over}",
                    over=over_runs(budget, seed),
                ),
                (
                    Dots(
                        say("what the wiring changes"),
                        say("change of the error"),
                        tuple(_mark(policy, found[f"wiring/{policy}"]) for policy in POLICIES),
                        0.0,
                        percent=True,
                    ),
                    Dots(
                        say("what the radius changes"),
                        say("change of the error"),
                        tuple(
                            _mark(label, found[f"{kind}/{policy}"])
                            for policy in POLICIES[1:]
                            for kind, label in (
                                ("radius", say("{policy}, champion", policy=policy)),
                                ("random", say("{policy}, random", policy=policy)),
                            )
                        ),
                        0.0,
                        percent=True,
                    ),
                ),
            ),
            {name: one.as_json() for name, one in found.items()} | {"own_radius": own},
            say(
                "One task, whose usual radius is near 0.9. A champion's wiring was chosen at its own radius, so its "
                "gain at 0.9 may be less than what a search at 0.9 finds: the row of rescale says what that is."
            ),
        )

    def _answer(
        self, found: dict[str, Ratio], wiring: dict[str, np.ndarray], radius: dict[str, np.ndarray]
    ) -> tuple[str, ...]:
        sentences = []
        for policy in POLICIES[1:]:
            whole = float((wiring[policy] + radius[policy]).mean())
            part = float(radius[policy].mean())
            effect = found[f"radius/{policy}"]
            if effect.shown and effect.change < 0 and whole > 0:
                sentences.append(
                    say(
                        "With {policy} radius, {part} of the champions' gain over random wirings (in logarithms) is "
                        "the radius: a better score there partly means a better radius.",
                        policy=policy,
                        part=percent(part / whole),
                    )
                )
            else:
                sentences.append(
                    say(
                        "With {policy} radius the radius by itself changes {change}: no gain of it is shown.",
                        policy=policy,
                        change=percent_between(effect),
                    )
                )
        kept = found["wiring/rescale"]
        sentences.append(
            say("Where all are rescaled to 0.9 the wiring changes {change}.", change=percent_between(kept))
            if kept.shown
            else say(
                "Where all are rescaled to 0.9 no gain of the wiring is shown ({change}).", change=signed(kept.change)
            )
        )
        return tuple(sentences)


def search_and_part(spec: Spec) -> dict[str, Any]:
    """Search; then score champion and random wirings at radius 0.9 and at the champion's own."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    task = reopen_task(settings.task)
    found = search_only(settings, task, Serial())
    hyper, champion = settings.hyper, found.topology
    own = spectral_radius(champion.weights(hyper.sr))
    seeds = [(settings.seed, _TRIALS, trial) for trial in range(spec["trials"])]
    rescaled = Topology(champion.W)
    random = control(
        "erdos-renyi", champion, settings.level, task.n_inputs, (settings.seed, _RANDOM), draws=spec["draws"]
    ).draws
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


def _mark(label: str, ratio: Ratio) -> Mark:
    return Mark(label, ratio.change, *ratio.ends, ratio.as_shares, ratio.shown)
