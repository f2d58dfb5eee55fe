"""The champion on one trial of its own seal: the network as it ran there, what it said, and what it should have said.

Same seed, same hyper-parameters, same draws: its score here is the first of those that the seal averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from statescape.evolution import Evolution, Hyperparameters
from statescape.evolution.conditions import Conditions, Level, draw, redraw
from statescape.evolution.reading import inputs_of
from statescape.evolution.seals import trial_seed
from statescape.reservoir import EchoStateNetwork
from statescape.reservoir.tasks import AnyTrial, Attempt, LabelledTrial, attempt


@dataclass(frozen=True, eq=False)
class ChampionAtWork:
    """One trial of a champion.

    Attributes:
        level: what the trial redrew.
        hyper: tuned for the seal.
        network: the trained network.
        trial: its data.
        attempt: what it said and its score.
    """

    level: Level
    hyper: Hyperparameters
    network: EchoStateNetwork
    trial: AnyTrial
    attempt: Attempt


def champion_at_work(evolution: Evolution) -> ChampionAtWork:
    """Train and test the champion on the first trial of the seal at the search's own level."""
    level, settings = evolution.settings.level, evolution.settings
    hyper = evolution.seals[level].champion.hyper
    conditions = Conditions(evolution.task, level, "seal", hyper)
    drawn = draw(conditions, settings.units, trial_seed(settings.seed, level, 0))
    topology = evolution.best.topology
    own = inputs_of(settings, evolution.task) if topology.W_in is None else topology.W_in
    W_in = own if drawn.W_in is None else drawn.W_in
    if drawn.weights is not None:
        topology = redraw(topology, drawn.weights, level)
    network = EchoStateNetwork(
        W=topology.weights(hyper.sr),
        Win=hyper.input_scaling * W_in,
        lr=hyper.lr,
        bias=hyper.bias,
        ridge=hyper.ridge,
        pooling="mean" if isinstance(drawn.data, LabelledTrial) else "none",
    )
    with np.errstate(all="ignore"):
        return ChampionAtWork(level, hyper, network, drawn.data, attempt(network, drawn.data))
