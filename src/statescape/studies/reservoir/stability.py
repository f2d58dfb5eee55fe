"""Why is the score unstable, and how many trials settle it?"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from statescape.evolution import Limits, Settings
from statescape.evolution.conditions import Conditions, draw_input_weights
from statescape.evolution.operators import match
from statescape.evolution.run import search_only
from statescape.evolution.scoring import losses, score
from statescape.evolution.settings import Hyperparameters
from statescape.evolution.source import reopen_task
from statescape.reservoir import Topology, erdos_renyi, evaluate
from statescape.reservoir.tasks import Trial
from statescape.runs import Serial
from statescape.statistics import student_mean
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.components import variance_components
from statescape.studies.reservoir.evolved import FINAL, described, log_error, rewoven
from statescape.studies.reservoir.picture import Dots, Line, Lines, Mark, StudyFigure
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Spec, Table
from statescape.studies.reservoir.words import few_runs, percent, signed
from statescape.wording import phrase, say, say_count

TASK = {"name": "narma10"}
# Trials a generation whose winner's curse is compared, at equal trainings; and those of a usual search.
TRIALS = (1, 2, 4, 8, 16)
USUAL = Settings(TASK).trials
# What is drawn for a random network, so many levels each, all crossed.
FACTORS = ("data", "W_in", "weights")
LEVELS = 5
EDGES_PER_UNIT = 5
GAINS = tuple(np.round(np.geomspace(0.01, 0.3, 16), 4).tolist())
ALPHA, POWER = 0.05, 0.8
# Streams of random numbers: trials that all champions share, levels of the factors.
_COMMON, _LEVELS, _MASK = 51, 52, 53
SOURCES = {
    "data": phrase("the data"),
    "W_in": phrase("the input weights"),
    "weights": phrase("the weights on the edges"),
    "wiring": phrase("which units are connected"),
    "rest": phrase("their interplay"),
}


class Stability:
    """Variance components, the search's own seed, the winner's curse, the power."""

    name = "stability"
    quick = Budget("quick", units=20, runs=5, trainings=1_200, tuning=8)
    full = FULL

    def question(self) -> str:
        """The question."""
        return say("Why is the score unstable, and how many trials settle it?")

    def design(self, budget: Budget) -> str:
        """What is done."""
        return say(
            "NARMA10, {units} units. First, {runs} random wirings on {levels} draws each of data, W_in and weights, "
            "all crossed: variance components of the log error. Then {runs} searches at wiring ({trainings:,} "
            "trainings, {usual} trials a generation) that differ in their seed alone, their champions scored on the "
            "same {trials} fresh trials; and {runs} searches each with {counts} trials a generation, at equal "
            "trainings, for the winner's curse.",
            usual=USUAL,
            levels=LEVELS,
            counts=", ".join(str(count) for count in TRIALS if count != USUAL),
            **vars(budget),
        )

    def pieces(self, budget: Budget, seed: int) -> Sequence[Piece]:
        """Random networks, and searches with few and many trials."""
        networks = [
            Piece(
                f"networks/{run}",
                crossed,
                {"units": budget.units, "seed": seed, "wiring": run},
                LEVELS ** len(FACTORS),
            )
            for run in range(budget.runs)
        ]
        searches = [
            Piece(
                f"trials {count}/{run}",
                search_and_share,
                {
                    "settings": Settings(
                        TASK, budget.units, seed=seed + run, trials=count, limits=Limits(trainings=budget.trainings)
                    ).as_json(),
                    "trials": budget.trials,
                    "common": seed,
                },
                budget.trainings + FINAL + budget.trials,
            )
            for run in range(budget.runs)
            for count in TRIALS
        ]
        return [*networks, *searches]

    def read(self, results: Results, budget: Budget, seed: int) -> Reading:
        """Shares of the variance, the search's part, the curse, the power."""
        networks = np.array([results[f"networks/{run}"]["log_errors"] for run in range(budget.runs)])
        parts = variance_components(networks, ("wiring", *FACTORS))
        order = sorted(SOURCES, key=lambda name: -parts[name])
        whole = sum(parts.values())
        champions = np.array([results[f"trials {USUAL}/{run}"]["common"] for run in range(budget.runs)])
        searched = variance_components(champions, ("search", "trial"))
        alike, chance = _likeness(results, budget, seed)
        curses = {count: _curse(results, budget, count) for count in TRIALS}
        needed = {
            gain: (_needed(gain, 2 * searched["rest"]), _needed(gain, 2 * (searched["rest"] + searched["trial"])))
            for gain in GAINS
        }
        spread = math.sqrt(searched["search"])
        ten = _needed(0.1, 2 * searched["rest"])
        five = _needed(0.05, 2 * searched["rest"])
        answer = (
            say(
                "Mostly because of {source}: {part} of the variance of a random network's log error.",
                source=say(SOURCES[order[0]]),
                part=percent(parts[order[0]] / whole),
            ),
            say(
                "On common trials {ten} of them show a difference of 10% four times in five, and {five} one of 5%.",
                ten=ten,
                five=five,
            ),
            say(
                "Searches that differ in their seed alone end {spread} apart (standard deviation), and their champions "
                "share {alike} of their signed edges once units are matched; random wirings as dense, {chance}.",
                spread=percent(math.expm1(spread)),
                alike=percent(alike),
                chance=percent(chance),
            ),
            _about_curse(curses),
        )
        return Reading(
            (*answer, *few_runs(budget)),
            Table(
                (say("source"), say("standard deviation of the error"), say("share of the variance")),
                (
                    *(
                        (say(SOURCES[name]), percent(math.expm1(math.sqrt(parts[name]))), percent(parts[name] / whole))
                        for name in order
                    ),
                    (say("the search's seed (champions)"), percent(math.expm1(spread)), ""),
                    *(
                        (
                            say_count(
                                "selection minus sealed, {count} trial", "selection minus sealed, {count} trials", count
                            ),
                            say(
                                "{change} ({low} to {high})",
                                change=signed(math.expm1(curse.interval.mean)),
                                low=signed(math.expm1(curse.interval.low)),
                                high=signed(math.expm1(curse.interval.high)),
                            ),
                            "",
                        )
                        for count, curse in curses.items()
                    ),
                ),
            ),
            self._figure(parts, order, curses, needed, budget, seed),
            {
                "components": parts,
                "search": searched,
                "shared_edges": {"champions": alike, "chance": chance},
                "winners_curse": {
                    str(count): {"mean": one.interval.mean, "ci95": [one.interval.low, one.interval.high], "p": one.p}
                    for count, one in curses.items()
                },
                "trials_needed": {str(gain): {"paired": pair[0], "unpaired": pair[1]} for gain, pair in needed.items()},
            },
            say(
                "One task and one size; random wirings have {edges} edges a unit. Interplay is all that is left of "
                "sources taken together. The number of trials holds for pairs of champions, one-sided, by the normal "
                "approximation.",
                edges=EDGES_PER_UNIT,
            ),
        )

    def _figure(
        self,
        parts: dict[str, float],
        order: list[str],
        curses: dict[int, Any],
        needed: dict[float, tuple[int, int]],
        budget: Budget,
        seed: int,
    ) -> StudyFigure:
        whole = sum(parts.values())
        gains = tuple(needed)
        ends = [(curses[count].interval.low, curses[count].interval.high) for count in TRIALS]
        return StudyFigure(
            say(
                "Left, where the variance of the log error of {runs} random wirings comes from. Middle, what the "
                "champion's selection score flatters (bars: 95%, Student's t over {runs} runs). Right, trials needed "
                "to see a gain four times in five. Seeds {first} to {last}.",
                runs=budget.runs,
                first=seed,
                last=seed + budget.runs - 1,
            ),
            (
                Dots(
                    say("why one score is unstable"),
                    say("share of the variance"),
                    tuple(Mark(say(SOURCES[name]), parts[name] / whole, strong=name == order[0]) for name in order),
                    0.0,
                    percent=True,
                ),
                Lines(
                    say("what the choice flatters"),
                    say("trials a generation"),
                    say("selection minus sealed, log error"),
                    (
                        Line(
                            say("champions"),
                            tuple(float(count) for count in TRIALS),
                            tuple(curses[count].interval.mean for count in TRIALS),
                            tuple(low for low, _ in ends),
                            tuple(high for _, high in ends),
                        ),
                    ),
                    log_x=True,
                    reference=0.0,
                ),
                Lines(
                    say("trials that settle it"),
                    say("gain to be seen"),
                    say("trials"),
                    (
                        Line(say("common trials"), gains, tuple(float(needed[gain][0]) for gain in gains)),
                        Line(say("trials of their own"), gains, tuple(float(needed[gain][1]) for gain in gains)),
                    ),
                    log_x=True,
                    log_y=True,
                    percent_x=True,
                ),
            ),
        )


def crossed(spec: Spec) -> dict[str, Any]:
    """The log errors of one random wiring on all combinations of data, W_in and weights."""
    begun = time.perf_counter()
    units, seed = spec["units"], spec["seed"]
    hyper, task = Hyperparameters(), reopen_task(TASK)
    wiring = np.random.SeedSequence((seed, _MASK, spec["wiring"]))
    mask = erdos_renyi(units, min(EDGES_PER_UNIT / units, 1.0), seed=wiring).to_dense() != 0
    streams = [np.random.SeedSequence((seed, _LEVELS, level)).spawn(3) for level in range(LEVELS)]
    trials = [task.trial(data) for data, _, _ in streams]
    inputs = [hyper.input_scaling * draw_input_weights(units, task.n_inputs, one) for _, one, _ in streams]
    values = np.empty((LEVELS, LEVELS, LEVELS))
    for place, (_, _, weights) in enumerate(streams):
        drawn = np.random.default_rng(weights).uniform(-1.0, 1.0, (units, units))
        W = Topology(np.where(mask, drawn, 0.0)).weights(hyper.sr)
        pairs = [(trial, W_in) for trial in trials for W_in in inputs]
        driven = [trial for trial, _ in pairs if isinstance(trial, Trial)]
        found = evaluate(W, driven, [one for _, one in pairs], ridge=hyper.ridge, lr=hyper.lr, bias=hyper.bias)
        values[:, :, place] = losses(found.scores).reshape(LEVELS, LEVELS)
    return {"log_errors": values.tolist(), "trainings": values.size, "seconds": time.perf_counter() - begun}


def search_and_share(spec: Spec) -> dict[str, Any]:
    """Search, then score the champion on trials that all searches of the study share."""
    begun = time.perf_counter()
    settings = Settings.from_json(spec["settings"])
    task = reopen_task(settings.task)
    found = search_only(settings, task, Serial())
    seeds = [(spec["common"], _COMMON, trial) for trial in range(spec["trials"])]
    conditions = Conditions(task, settings.level, "seal", settings.hyper)
    common = losses(score([found.topology], conditions, seeds, Serial())[0])
    return {
        **described(found),
        "common": common.tolist(),
        "trainings": found.trainings + found.final.trainings + len(seeds),
        "seconds": time.perf_counter() - begun,
    }


def _curse(results: Results, budget: Budget, count: int) -> Any:
    """Log of the selection score over the sealed one, run by run: below 0 the choice flattered."""
    runs = [results[f"trials {count}/{run}"] for run in range(budget.runs)]
    return student_mean(np.array([math.log(max(one["selection"], 1e-12)) - log_error(one["sealed"]) for one in runs]))


def _about_curse(curses: dict[int, Any]) -> str:
    few, many = curses[TRIALS[0]], curses[TRIALS[-1]]
    return say(
        "With 1 trial a generation the champion's selection score lies {few} below its sealed one, with {count} trials "
        "{many}.",
        few=_below(few.interval.mean),
        many=_below(many.interval.mean),
        count=TRIALS[-1],
    )


def _below(log_ratio: float) -> str:
    return _minus(log_ratio) if log_ratio > 0 else percent(math.expm1(log_ratio))


def _minus(log_ratio: float) -> str:
    return "−" + percent(math.expm1(log_ratio))


def _needed(gain: float, variance: float) -> int:
    """Trials to see a gain, by paired differences of so much variance (normal approximation)."""
    quantiles = stats.norm.isf(ALPHA) + stats.norm.isf(1.0 - POWER)
    return max(math.ceil(float(quantiles) ** 2 * variance / math.log1p(-gain) ** 2), 2)


def _likeness(results: Results, budget: Budget, seed: int) -> tuple[float, float]:
    """Signed edges that champions of different seeds share, units matched; and random wirings as dense."""
    champions = [rewoven(results[f"trials {USUAL}/{run}"]["wiring"]).to_dense() for run in range(budget.runs)]
    rng = np.random.default_rng((seed, _MASK))
    random = []
    for W in champions:
        shuffled = rng.permutation(W.ravel()).reshape(W.shape)
        random.append(shuffled)
    return _shared(champions), _shared(random)


def _shared(matrices: Sequence[Float[np.ndarray, "units units"]]) -> float:
    """Mean over pairs of the signed edges that both have, of those that either has."""
    found = []
    for first, second in combinations(matrices, 2):
        order = match(first, second, None, fixed=False)
        matched = second[np.ix_(order, order)]
        both = ((first != 0) & (np.sign(first) == np.sign(matched))).sum()
        either = ((first != 0).sum() + (matched != 0).sum()) - both
        found.append(both / max(either, 1))
    return float(np.mean(found)) if found else float("nan")
