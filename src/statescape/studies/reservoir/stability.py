"""Why is the score unstable, and how many trials settle it?"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from statescape.evolution import Settings
from statescape.evolution.conditions import Conditions, draw_input_weights
from statescape.evolution.crossovers import match_units
from statescape.evolution.parts import REDRAWN_TRIALS
from statescape.evolution.run import search_only
from statescape.evolution.scoring import losses, score
from statescape.evolution.settings import Hyperparameters
from statescape.evolution.source import reopen_task
from statescape.reservoir import Topology, erdos_renyi, evaluate
from statescape.reservoir.tasks import Trial
from statescape.runs import Serial
from statescape.statistics import StudentMean, student_mean, variance_components
from statescape.streams import Stream
from statescape.studies.reservoir.budget import FULL, Budget
from statescape.studies.reservoir.comparison import between, percent, reading
from statescape.studies.reservoir.picture import Dots, Lines, Mark, StudyCurve
from statescape.studies.reservoir.protocol import Piece, Reading, Results, Spec, Study
from statescape.studies.reservoir.searching import FINAL, TASK, described, log_error, usual, wiring_from_json
from statescape.wording import Answers

# Trials a generation whose winner's curse is compared, at equal trainings, and the usual number: of searches that
# redraw all of them, where the curse is one of their number and nothing else.
TRIALS = (1, 2, 4, 8, 16)
USUAL = REDRAWN_TRIALS
# What is drawn for a random network, so many levels each, all crossed.
FACTORS = ("data", "W_in", "weights")
SOURCES = (*FACTORS, "wiring", "rest")
LEVELS = 5
EDGES_PER_UNIT = 5
GAINS = tuple(np.round(np.geomspace(0.01, 0.3, 16), 4).tolist())
ALPHA, POWER = 0.05, 0.8

answers = Answers("studies", "stability")


def pieces(budget: Budget, seed: int) -> Sequence[Piece]:
    """Random networks, and searches with few and many trials."""
    networks = [
        Piece(f"networks/{run}", crossed, {"units": budget.units, "seed": seed, "wiring": run}, LEVELS ** len(FACTORS))
        for run in range(budget.runs)
    ]
    searches = [
        Piece(
            f"trials {count}/{run}",
            search_and_share,
            {
                "settings": usual(budget, seed + run, trials=count, racing=False).as_json(),
                "trials": budget.trials,
                "common": seed,
            },
            budget.trainings + FINAL + budget.trials,
        )
        for run in range(budget.runs)
        for count in TRIALS
    ]
    return [*networks, *searches]


def read(results: Results, budget: Budget, seed: int) -> Reading:
    """Shares of the variance, the search's part, the curse, the power."""
    networks = np.array([results[f"networks/{run}"]["log_errors"] for run in range(budget.runs)])
    parts = variance_components(networks, ("wiring", *FACTORS))
    champions = np.array([results[f"trials {USUAL}/{run}"]["common"] for run in range(budget.runs)])
    searched = variance_components(champions, ("search", "trial"))
    alike, chance = _likeness(results, budget, seed)
    curses = {count: _curse(results, budget, count) for count in TRIALS}
    paired, unpaired = 2 * searched["rest"], 2 * (searched["rest"] + searched["trial"])
    needed = {gain: (_needed(gain, paired), _needed(gain, unpaired)) for gain in GAINS}
    spread = percent(math.expm1(math.sqrt(searched["search"])))
    sources, whole = _sources(parts), sum(parts.values())
    first = next(iter(sources))
    return reading(
        answers,
        budget,
        seed,
        (
            answers("mostly", source=sources[first], part=percent(parts[first] / whole)),
            answers("common_trials", ten=_needed(0.1, paired), five=_needed(0.05, paired)),
            answers("searches", spread=spread, alike=percent(alike), chance=percent(chance)),
            answers("curse", few=_below(curses[TRIALS[0]]), many=_below(curses[TRIALS[-1]]), count=TRIALS[-1]),
        ),
        (
            *(
                (label, percent(math.expm1(math.sqrt(parts[name]))), percent(parts[name] / whole))
                for name, label in sources.items()
            ),
            (answers("seed_of_search"), spread, ""),
            *(
                (answers("curse_row", count=count), between(*map(math.expm1, _ends(curse))), "")
                for count, curse in curses.items()
            ),
        ),
        _panels(parts, curses, needed),
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
        runs=budget.runs,
        edges=EDGES_PER_UNIT,
    )


def _sources(parts: Mapping[str, float]) -> dict[str, str]:
    """What the sources of variance are called, the largest first."""
    return {name: answers(f"sources.{name}") for name in sorted(SOURCES, key=lambda name: -parts[name])}


def _panels(
    parts: Mapping[str, float], curses: Mapping[int, StudentMean], needed: Mapping[float, tuple[int, int]]
) -> tuple[Dots, Lines, Lines]:
    unstable, flattery, settle = answers.each("panels")
    whole, gains, sources = sum(parts.values()), tuple(needed), _sources(parts)
    means, lows, highs = zip(*map(_ends, curses.values()), strict=True)
    return (
        Dots(
            unstable,
            answers("share"),
            tuple(
                Mark(label, parts[name] / whole, strong=place == 0)
                for place, (name, label) in enumerate(sources.items())
            ),
            0.0,
            percent=True,
        ),
        Lines(
            flattery,
            answers("trials_a_generation"),
            answers("flattery"),
            (StudyCurve(answers("champions"), tuple(map(float, curses)), means, lows, highs),),
            log_x=True,
            reference=0.0,
        ),
        Lines(
            settle,
            answers("gain"),
            answers("trials"),
            tuple(
                StudyCurve(answers(label), gains, tuple(float(pair[place]) for pair in needed.values()))
                for place, label in enumerate(("together", "apart"))
            ),
            log_x=True,
            log_y=True,
            percent_x=True,
        ),
    )


def crossed(spec: Spec) -> dict[str, Any]:
    """The log errors of one random wiring on all combinations of data, W_in and weights."""
    begun = time.perf_counter()
    units, seed = spec["units"], spec["seed"]
    hyper, task = Hyperparameters(), reopen_task(TASK)
    wiring = np.random.SeedSequence(Stream.MASKS.below(seed, spec["wiring"]))
    mask = erdos_renyi(units, min(EDGES_PER_UNIT / units, 1.0), seed=wiring).to_dense() != 0
    streams = [np.random.SeedSequence(Stream.FACTORS.below(seed, level)).spawn(3) for level in range(LEVELS)]
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
    seeds = [Stream.SHARED_TRIALS.below(spec["common"], trial) for trial in range(spec["trials"])]
    conditions = Conditions(task, settings.level, "seal", settings.hyper)
    common = losses(score([found.topology], conditions, seeds, Serial())[0])
    return {
        **described(found),
        "common": common.tolist(),
        "trainings": found.trainings + found.final.trainings + len(seeds),
        "seconds": time.perf_counter() - begun,
    }


def _curse(results: Results, budget: Budget, count: int) -> StudentMean:
    """Log of the selection score over the sealed one, run by run: below 0 the choice flattered."""
    runs = [results[f"trials {count}/{run}"] for run in range(budget.runs)]
    return student_mean(np.array([math.log(max(one["selection"], 1e-12)) - log_error(one["sealed"]) for one in runs]))


def _ends(curse: StudentMean) -> tuple[float, float, float]:
    """Mean and interval."""
    return curse.interval.mean, curse.interval.low, curse.interval.high


def _below(curse: StudentMean) -> str:
    """How far the selection score lies below the sealed one; with a minus where it lies above."""
    return ("−" if curse.interval.mean > 0 else "") + percent(math.expm1(curse.interval.mean))


def _needed(gain: float, variance: float) -> int:
    """Trials to see a gain, by paired differences of so much variance (normal approximation)."""
    quantiles = stats.norm.isf(ALPHA) + stats.norm.isf(1.0 - POWER)
    return max(math.ceil(float(quantiles) ** 2 * variance / math.log1p(-gain) ** 2), 2)


def _likeness(results: Results, budget: Budget, seed: int) -> tuple[float, float]:
    """Signed edges that champions of different seeds share, units matched; and random wirings as dense."""
    champions = [wiring_from_json(results[f"trials {USUAL}/{run}"]["wiring"]).to_dense() for run in range(budget.runs)]
    rng = np.random.default_rng(Stream.SHUFFLED.below(seed))
    random = []
    for W in champions:
        shuffled = rng.permutation(W.ravel()).reshape(W.shape)
        random.append(shuffled)
    return _shared(champions), _shared(random)


def _shared(matrices: Sequence[Float[np.ndarray, "units units"]]) -> float:
    """Mean over pairs of the signed edges that both have, of those that either has."""
    found = []
    for first, second in combinations(matrices, 2):
        order = match_units(first, second, None, fixed=False)
        matched = second[np.ix_(order, order)]
        both = ((first != 0) & (np.sign(first) == np.sign(matched))).sum()
        either = ((first != 0).sum() + (matched != 0).sum()) - both
        found.append(both / max(either, 1))
    return float(np.mean(found)) if found else float("nan")


STUDY = Study(
    "stability",
    Budget("quick", units=20, runs=5, trainings=1_200, tuning=8),
    FULL,
    pieces,
    read,
    lambda _: {"usual": USUAL, "levels": LEVELS, "counts": ", ".join(str(one) for one in TRIALS if one != USUAL)},
)
