"""One candidate of a run, finished or not: how it came to be, how it did, what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from statescape.analysis.wiring import measures_for
from statescape.evolution.history import Ancestor, RunProgress, champion_of, progress_of, read_history, scores
from statescape.evolution.result import Champion
from statescape.evolution.rows import Birth
from statescape.evolution.search.population import Record
from statescape.reservoir import is_acyclic, spectral_radius
from statescape.wording import LANGUAGES, Noun, say, speaking


@dataclass(frozen=True)
class Standing:
    """What a candidate is in its run.

    Attributes:
        won: whether it is the champion.
        place: among the last survivors, from 0; None where it is none of them.
        survivors: how many these are.
        survived: whether it ever was one.
        over: whether the search is over.
    """

    won: bool
    place: int | None
    survivors: int
    survived: bool
    over: bool

    @property
    def words(self) -> str:
        """The same for a reader."""
        if self.won:
            return say("the champion")
        if self.place is None:
            return say("survived for a while") if self.survived else say("did not survive its first generation")
        if self.place == 0 and not self.over:
            return say("the best survivor so far")
        return say("survivor {place} of {survivors}", place=self.place + 1, survivors=self.survivors)


@dataclass(frozen=True, eq=False)
class CandidateReading(Noun):
    """What there is to tell of a candidate.

    Attributes:
        run: the file's name.
        champion: the candidate with its record, its wiring, the hyper-parameters that it was searched under.
        standing: what it is in its run.
        far: how far the run is.
        children: all that were born of it.
        line: from a random start to it.
        scores: all of the search, in order.
        measures: of its wiring, by name.
        radius: spectral radius of the matrix that runs.
        nilpotent: whether its graph has no cycle.
    """

    run: str
    champion: Champion
    standing: Standing
    far: RunProgress
    children: tuple[Birth, ...]
    line: tuple[Ancestor, ...]
    scores: tuple[float, ...]
    measures: dict[str, float]
    radius: float
    nilpotent: bool

    @property
    def role(self) -> str:
        """What it is in its run, in words."""
        return self.standing.words

    @property
    def progress(self) -> str:
        """How far the run is, in words."""
        return self.far.words

    def as_json(self) -> dict[str, Any]:
        """Machine-readable."""
        candidate, topology = self.champion.candidate, self.champion.topology
        with speaking(LANGUAGES[0]):  # a key's value is the same in every language
            role = self.role
        return {
            "run": self.run,
            "candidate": candidate.number,
            "role": role,
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
    survivors = [member for member, _ in written.moments[-1].members]
    return CandidateReading(
        Path(run).name,
        replace(champion, candidate=champion.candidate.with_record(record)),
        Standing(
            number == winner,
            survivors.index(number) if number in survivors else None,
            len(survivors),
            number in written.records,
            winner is not None,
        ),
        progress,
        written.children(number),
        written.line(number),
        own,
        {name: measure(W) for name, _, measure in measures_for(W)},
        spectral_radius(champion.topology.weights(champion.hyper.sr)),
        is_acyclic(champion.topology.W),
    )
