"""The course of a path: how it grows, which way its steps go, how they turn, how straight it is.

For states s_0 .. s_L with steps v_l = s_l - s_(l-1):

    growth_l = |s_l| / |s_(l-1)|,   step angle = angle(v_l, s_(l-1)),   turn = angle(v_l, v_(l+1)),
    straightness = |s_L - s_0| / sum |v_l|

Most of such a profile is architecture. The null here is the order: the same steps, one after the other in a random
order, from the same first state to the same last (so that straightness stays as it is).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from statescape.arguments import require_seed
from statescape.geometry.similarity import Null, cosine
from statescape.wording import Noun

DRAWS = 500


@dataclass(frozen=True, eq=False)
class Course(Noun):
    """The geometry of one path; angles in degrees, NaN where a state or a step is zero.

    Attributes:
        growth: of the norm at every step.
        step_angle: of every step with the state that it leaves.
        turn: between every step and the next.
        straightness: the way from first to last state as the crow flies, as a share of the way that was gone; 1 is
            straight, NaN for a path that does not move.
    """

    growth: Float[np.ndarray, " steps"]
    step_angle: Float[np.ndarray, " steps"]
    turn: Float[np.ndarray, " turns"]
    straightness: float

    @classmethod
    def of(cls, states: Float[np.ndarray, "states d"]) -> Course:
        """The course of states in their order."""
        states = np.asarray(states, dtype=np.float64)
        gone = float(np.linalg.norm(np.diff(states, axis=0), axis=1).sum())
        ends = float(np.linalg.norm(states[-1] - states[0]))
        return cls(**profiles(states), straightness=ends / gone if gone else float("nan"))

    @property
    def means(self) -> dict[str, float]:
        """Mean over the steps of growth (geometric), step angle and turn; NaN where there is none."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.growth)
        return {"growth": float(np.exp(_mean(logs))), "step_angle": _mean(self.step_angle), "turn": _mean(self.turn)}


def profiles(states: Float[np.ndarray, "states *positions d"]) -> dict[str, Float[np.ndarray, "*shape"]]:
    """Growth, step angle and turn of many paths at once, by the names that they have in `Course`."""
    states = np.asarray(states, dtype=np.float64)
    steps, norms = np.diff(states, axis=0), np.linalg.norm(states, axis=-1)
    return {
        "growth": norms[1:] / np.where(norms[:-1] > 0, norms[:-1], np.nan),
        "step_angle": _degrees(cosine(steps, states[:-1])),
        "turn": _degrees(cosine(steps[1:], steps[:-1])),
    }


def shuffled_steps(states: Float[np.ndarray, "states d"], draws: int = DRAWS, seed: int = 0) -> dict[str, Null]:
    """What the order of the steps gives by chance: the means of step angle and turn with the steps in random order.

    Args:
        states: the states in their order.
        draws: number of random orders.
        seed: of the orders.

    Raises:
        StatescapeError: for a negative seed.
    """
    require_seed(seed)
    states = np.asarray(states, dtype=np.float64)
    steps, rng = np.diff(states, axis=0), np.random.default_rng(seed)
    found: dict[str, list[float]] = {"step_angle": [], "turn": []}
    for _ in range(draws):
        way = np.concatenate([states[:1], rng.permutation(steps)]).cumsum(axis=0)
        means = Course.of(way).means
        for name, values in found.items():
            values.append(means[name])
    return {name: Null.of(np.array(values), seed) for name, values in found.items()}


def _degrees(cosines: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    return np.asarray(np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0))))


def _mean(values: Float[np.ndarray, " n"]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
