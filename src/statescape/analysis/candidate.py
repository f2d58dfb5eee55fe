"""One candidate of a run, finished or not: how it came to be, how it did, what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from statescape.analysis.wiring import measures_for
from statescape.evolution.history import Ancestor, champion_of, progress_of, read_history, scores
from statescape.evolution.result import Champion
from statescape.evolution.rows import Birth
from statescape.evolution.search.population import Record
from statescape.reservoir import is_acyclic, spectral_radius
from statescape.wording import Noun


@dataclass(frozen=True, eq=False)
class CandidateReading(Noun):
    """What there is to tell of a candidate.

    Attributes:
        run: the file's name.
        champion: the candidate with its record, its wiring, the hyper-parameters that it was searched under.
        role: what it is in its run, in words.
        progress: how far the run is, in words.
        children: all that were born of it.
        line: from a random start to it.
        scores: all of the search, in order.
        measures: of its wiring, by name.
        radius: spectral radius of the matrix that runs.
        nilpotent: whether its graph has no cycle.
    """

    run: str
    champion: Champion
    role: str
    progress: str
    children: tuple[Birth, ...]
    line: tuple[Ancestor, ...]
    scores: tuple[float, ...]
    measures: dict[str, float]
    radius: float
    nilpotent: bool

    def as_json(self) -> dict[str, Any]:
        """Machine-readable."""
        candidate, topology = self.champion.candidate, self.champion.topology
        return {
            "run": self.run,
            "candidate": candidate.number,
            "role": self.role,
            "generation": candidate.generation,
            "operator": candidate.operator,
            "parents": list(candidate.parents),
            "children": [child.number for child in self.children],
            "line": [one.birth.number for one in self.line],
            "record": {"n": candidate.record.n, "mean": candidate.record.mean},
            "scores": list(self.scores),
            "units": topology.units,
            "edges": topology.edges,
            "spectral_radius": self.radius,
            "nilpotent": self.nilpotent,
            "measures": self.measures,
            "genome": {name: array.tolist() for name, array in candidate.genome.genes.items()},
            "W_in": None if candidate.genome.W_in is None else candidate.genome.W_in.tolist(),
            "sr": candidate.genome.sr,
        }


def read_candidate(run: str | Path, number: int | None = None) -> CandidateReading:
    """Read one candidate of a run's search.

    Args:
        run: its file; it may still be written.
        number: of the candidate; None for the champion, or the best so far where there is none yet.

    Raises:
        StatescapeError: where the run cannot be read, or has no such candidate.
    """
    written, progress = read_history(run), progress_of(run)
    winner = progress.champion
    if number is None:
        number = written.best if winner is None else winner
    champion = champion_of(run, number)
    own = scores(run, number)
    # A candidate that never survived has no record in the journal, only scores.
    record = written.records.get(number, Record(len(own), float("nan"), float(np.sum(own))))
    W = champion.topology.to_dense()
    return CandidateReading(
        Path(run).name,
        replace(champion, candidate=champion.candidate.with_record(record)),
        _role(number, winner, [member for member, _ in written.moments[-1].members], number in written.records),
        progress.words,
        written.children(number),
        written.line(number),
        own,
        {name: measure(W) for name, _, measure in measures_for(W)},
        spectral_radius(champion.topology.weights(champion.hyper.sr)),
        is_acyclic(champion.topology.W),
    )


def _role(number: int, winner: int | None, survivors: list[int], survived: bool) -> str:
    """What a candidate is in its run."""
    if number == winner:
        return "the champion"
    if number in survivors:
        place = survivors.index(number)
        return (
            "the best survivor so far" if place == 0 and winner is None else f"survivor {place + 1} of {len(survivors)}"
        )
    return "survived for a while" if survived else "did not survive its first generation"
