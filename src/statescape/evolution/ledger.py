"""The wing's own tables in a run's journal: every candidate, every score, the state after every generation.

One transaction a generation: a run that is killed loses the generation in progress and nothing else. Random numbers
come from seeds and generation numbers alone, so no generator has a state that could be lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from statescape.errors import StatescapeError
from statescape.evolution.credit import Credit
from statescape.evolution.genome import Genome
from statescape.evolution.search.candidate import Candidate, Record
from statescape.evolution.search.population import Population
from statescape.evolution.search.search import Generation
from statescape.runs import Journal

KIND = "evolution"
TABLES = """
CREATE TABLE candidates (
    arm TEXT NOT NULL, number INTEGER NOT NULL, generation INTEGER NOT NULL, operator TEXT NOT NULL,
    parents TEXT NOT NULL, genome BLOB NOT NULL, PRIMARY KEY (arm, number)
) WITHOUT ROWID;
CREATE TABLE scores (
    arm TEXT NOT NULL, generation INTEGER NOT NULL, trial INTEGER NOT NULL, candidate INTEGER NOT NULL, score REAL,
    PRIMARY KEY (arm, generation, trial, candidate)
) WITHOUT ROWID;
CREATE TABLE trials (
    arm TEXT NOT NULL, generation INTEGER NOT NULL, trial INTEGER NOT NULL, seed TEXT NOT NULL,
    PRIMARY KEY (arm, generation, trial)
) WITHOUT ROWID;
CREATE TABLE generations (
    arm TEXT NOT NULL, number INTEGER NOT NULL, best REAL, median REAL, trainings INTEGER NOT NULL,
    seconds REAL NOT NULL, diversity REAL NOT NULL, operators TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (arm, number)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Summary:
    """One generation in a line.

    Attributes:
        number: 0 for the random start.
        best: mean score of the best survivor on the generation's trials.
        median: median over the survivors.
        trainings: networks trained so far.
        seconds: so far.
        diversity: share of different genomes among the survivors.
        operators: children made and survived, by operator.
    """

    number: int
    best: float
    median: float
    trainings: int
    seconds: float
    diversity: float
    operators: dict[str, tuple[int, int]]


def summarise(generation: Generation, seconds: float) -> Summary:
    """The line of a generation."""
    population = generation.population
    return Summary(
        generation.number,
        generation.best,
        generation.median,
        population.trainings,
        seconds,
        population.diversity,
        generation.operators,
    )


def write(journal: Journal, arm: str, generation: Generation, seconds: float) -> None:
    """Keep a generation that is over."""
    line = summarise(generation, seconds)
    with journal.transaction() as database:
        database.executemany(
            "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?)",
            [
                (arm, one.number, one.generation, one.operator, json.dumps(one.parents), one.genome.to_bytes())
                for one in generation.born
            ],
        )
        database.executemany(
            "INSERT INTO trials VALUES (?, ?, ?, ?)",
            [(arm, line.number, trial, json.dumps(seed)) for trial, seed in enumerate(generation.seeds)],
        )
        database.executemany(
            "INSERT INTO scores VALUES (?, ?, ?, ?, ?)",
            [(arm, line.number, trial, candidate, score) for candidate, trial, score in generation.scores],
        )
        database.execute(
            "INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                arm,
                line.number,
                line.best,
                line.median,
                line.trainings,
                seconds,
                line.diversity,
                json.dumps(line.operators),
                json.dumps(_state(generation.population)),
            ),
        )


def history(journal: Journal, arm: str) -> list[Summary]:
    """All generations of an arm so far."""
    rows = journal.rows(
        "SELECT number, best, median, trainings, seconds, diversity, operators FROM generations WHERE arm = ? "
        "ORDER BY number",
        (arm,),
    )
    return [
        Summary(
            number,
            best,
            median,
            trainings,
            seconds,
            diversity,
            {name: (made, kept) for name, (made, kept) in json.loads(operators).items()},
        )
        for number, best, median, trainings, seconds, diversity, operators in rows
    ]


def population(journal: Journal, arm: str) -> tuple[Population, float] | None:
    """The state after the last generation that was kept, and the seconds it took to get there."""
    rows = journal.rows("SELECT state, seconds FROM generations WHERE arm = ? ORDER BY number DESC LIMIT 1", (arm,))
    if not rows:
        return None
    state = json.loads(rows[0][0])
    members = tuple(
        candidate(journal, arm, number).with_record(Record(n, total, raw)) for number, n, total, raw in state["members"]
    )
    return (
        Population(
            state["generation"],
            members,
            Credit.from_json(state["credit"]),
            state["born"],
            state["trainings"],
            state["noise"],
            state["best_since"],
        ),
        float(rows[0][1]),
    )


def candidate(journal: Journal, arm: str, number: int) -> Candidate:
    """One candidate, without its record.

    Raises:
        StatescapeError: where there is none of that number.
    """
    rows = journal.rows(
        "SELECT generation, operator, parents, genome FROM candidates WHERE arm = ? AND number = ?", (arm, number)
    )
    if not rows:
        raise StatescapeError(f"The run has no candidate {number} in its arm {arm!r}.")
    generation, operator, parents, genome = rows[0]
    return Candidate(number, generation, tuple(json.loads(parents)), operator, Genome.from_bytes(genome))


def _state(population: Population) -> dict[str, Any]:
    return {
        "generation": population.generation,
        "members": [
            (member.number, member.record.n, member.record.total, member.record.raw) for member in population.members
        ],
        "credit": population.credit.as_json(),
        "born": population.born,
        "trainings": population.trainings,
        "noise": population.noise,
        "best_since": population.best_since,
    }
