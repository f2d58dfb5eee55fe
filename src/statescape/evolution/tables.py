"""What a run of the wing holds: every candidate, every score, the state after every generation, what was found.

This is the one place that knows the tables and what their columns and blobs mean. Whatever is read is held against the
run's own settings here, so that the rest of the wing gets what was once written, or one sentence.

One transaction a generation: a run that is killed loses the generation in progress and nothing else. Random numbers
come from seeds and generation numbers alone, so no generator has a state that could be lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from statescape.errors import StatescapeError
from statescape.evolution.conditions import ALL_LEVELS
from statescape.evolution.genome import Genome
from statescape.evolution.parts import encoding_of, require_parts, with_parts
from statescape.evolution.rows import Birth, State, kept_of, mean_of, numbers_of, operators_of, or_infinite, state_of
from statescape.evolution.search.final import Final
from statescape.evolution.search.generation import Generation, GenerationSummary
from statescape.evolution.search.population import Candidate, Population, Record
from statescape.evolution.settings import Settings
from statescape.evolution.source import reopen_task
from statescape.evolution.space import SearchSpace
from statescape.reservoir import Topology
from statescape.reservoir.tasks import Task, TaskLike
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


class Tables:
    """A run of the wing, read and written.

    Attributes:
        journal: its file.
        settings: what was asked for.
    """

    def __init__(self, journal: Journal, parts: Sequence[object] = ()) -> None:
        self.journal = journal
        journal.require_tables(TABLES)
        with journal.understood("settings"):
            settings = Settings.from_json(journal.settings)
            if not settings.parts:
                require_parts(settings)
        self.settings = with_parts(settings, parts)

    @classmethod
    @contextmanager
    def read(cls, run: str | Path, parts: Sequence[object] = ()) -> Iterator[Tables]:
        """A run to look at, also while another process writes it.

        Args:
            run: its file.
            parts: what was given to it as objects; without them, what they alone can read is refused.

        Raises:
            StatescapeError: where it cannot be read.
        """
        with Journal.read(run, kind=KIND) as journal:
            yield cls(journal, parts)

    @classmethod
    @contextmanager
    def opened(cls, run: str | Path, parts: Sequence[object] = ()) -> Iterator[Tables]:
        """A run to go on with.

        Args:
            run: its file.
            parts: what was given to it as objects.

        Raises:
            StatescapeError: where it cannot be, or another process writes it.
        """
        with Journal.open(run, kind=KIND) as journal:
            yield cls(journal, parts)

    @classmethod
    @contextmanager
    def begun(cls, run: str | Path, settings: Settings, start: Sequence[Genome] = ()) -> Iterator[Tables]:
        """A new run.

        Raises:
            StatescapeError: where something is there, or nothing can be written.
        """
        blobs = {f"start/{index:04}": genome.to_bytes() for index, genome in enumerate(start)}
        with Journal.create(run, KIND, settings.as_json(), TABLES, blobs) as journal:
            yield cls(journal, settings.objects)

    def task(self, given: TaskLike = None) -> Task:
        """The run's task, where it is still what it was.

        Args:
            given: the task again, where it was no name and no file.

        Raises:
            StatescapeError: where its file has gone or changed, or it was an object of the caller's.
        """
        with self.journal.understood("task", refusals=False):
            return reopen_task(self.settings.task, given)

    def write(self, strategy: str, generation: Generation, seconds: float) -> None:
        """Keep a generation that is over."""
        line = generation.summary(seconds)
        with self.journal.transaction() as database:
            database.executemany(
                "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (strategy, one.number, one.generation, one.operator, json.dumps(one.parents), one.genome.to_bytes())
                    for one in generation.born
                ],
            )
            database.executemany(
                "INSERT INTO trials VALUES (?, ?, ?, ?)",
                [(strategy, line.number, trial, json.dumps(seed)) for trial, seed in enumerate(generation.seeds)],
            )
            database.executemany(
                "INSERT INTO scores VALUES (?, ?, ?, ?, ?)",
                [(strategy, line.number, trial, candidate, score) for candidate, trial, score in generation.scores],
            )
            database.execute(
                "INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    strategy,
                    line.number,
                    line.best,
                    line.median,
                    line.trainings,
                    seconds,
                    line.diversity,
                    json.dumps(line.operators),
                    json.dumps(kept_of(generation.population)),
                ),
            )

    def history(self, strategy: str) -> list[GenerationSummary]:
        """All generations of a strategy so far."""
        rows = self.journal.rows(
            "generations",
            tuple[int, float | None, float | None, int, float, float, str],
            "SELECT number, best, median, trainings, seconds, diversity, operators FROM generations WHERE arm = ? "
            "ORDER BY number",
            (strategy,),
        )
        with self.journal.understood("generations"):
            return [
                GenerationSummary(
                    n, or_infinite(best), or_infinite(median), trainings, seconds, diversity, operators_of(made)
                )
                for n, best, median, trainings, seconds, diversity, made in rows
            ]

    def generations(self, strategy: str) -> int:
        """How many generations of a strategy are kept."""
        rows = self.journal.rows(
            "generations", tuple[int], "SELECT count(*) FROM generations WHERE arm = ?", (strategy,)
        )
        return int(rows[0][0])

    def states(self, strategy: str, last: bool = False) -> list[tuple[int, float, State]]:
        """Number, seconds so far and state of every generation of a strategy, or of the last alone."""
        rows = self.journal.rows(
            "generations",
            tuple[int, float, str],
            "SELECT number, seconds, state FROM generations WHERE arm = ? ORDER BY number DESC LIMIT ?",
            (strategy, 1 if last else -1),
        )
        with self.journal.understood("states of generations"):
            return [(number, seconds, state_of(state)) for number, seconds, state in reversed(rows)]

    def population(self, strategy: str) -> tuple[Population, float] | None:
        """The state after the last generation that was kept, and the seconds it took to get there."""
        kept = self.states(strategy, last=True)
        if not kept:
            return None
        _, seconds, state = kept[0]
        members = tuple(
            self.candidate(strategy, number).with_record(record) for number, record in state.records.items()
        )
        rest = (state.born, state.trainings, state.noise, state.best_since, state.pool)
        return Population(state.generation, members, state.credit, *rest), seconds

    def births(self, strategy: str) -> dict[int, Birth]:
        """How every candidate of a strategy came to be, by its number."""
        rows = self.journal.rows(
            "candidates",
            tuple[int, int, str, str],
            "SELECT number, generation, operator, parents FROM candidates WHERE arm = ?",
            (strategy,),
        )
        with self.journal.understood("candidates"):
            return {n: Birth(n, generation, operator, numbers_of(parents)) for n, generation, operator, parents in rows}

    def candidate(self, strategy: str, number: int) -> Candidate:
        """One candidate, without its record.

        Raises:
            StatescapeError: where there is none of that number.
        """
        rows = self.journal.rows(
            f"candidate {number}",
            tuple[int, str, str, bytes],
            "SELECT generation, operator, parents, genome FROM candidates WHERE arm = ? AND number = ?",
            (strategy, number),
        )
        if not rows:
            raise StatescapeError(f"The run has no candidate {number} in its search {strategy!r}.")
        generation, operator, parents, genome = rows[0]
        with self.journal.understood(f"candidate {number}"):
            return Candidate(number, generation, numbers_of(parents), operator, self._genome(genome))

    def scores(self, strategy: str, number: int) -> tuple[float, ...]:
        """All scores of one candidate, in the order of its trials; infinite where it diverged."""
        wanted = "SELECT score FROM scores WHERE arm = ? AND candidate = ? ORDER BY generation, trial"
        rows = self.journal.rows("scores", tuple[float | None], wanted, (strategy, number))
        return tuple(or_infinite(score) for (score,) in rows)

    def trainings(self, strategy: str) -> dict[int, tuple[int, int]]:
        """How often every candidate was trained in the generation it was born in, and later, by its number."""
        rows = self.journal.rows(
            "scores",
            tuple[int, int, int],
            "SELECT s.candidate, sum(s.generation = c.generation), sum(s.generation > c.generation) FROM scores s "
            "JOIN candidates c ON c.arm = s.arm AND c.number = s.candidate WHERE s.arm = ? GROUP BY s.candidate",
            (strategy,),
        )
        return {number: (own, later) for number, own, later in rows}

    def ever_survived(self, strategy: str) -> tuple[list[Candidate], float]:
        """All that survived a generation, with their last records there, oldest first, and the noise at the end."""
        records: dict[int, Record] = {}
        states = self.states(strategy)
        for _, _, state in states:
            records.update(state.records)
        found = [self.candidate(strategy, number).with_record(record) for number, record in sorted(records.items())]
        return found, states[-1][2].noise if states else 0.0

    def start(self) -> list[Genome]:
        """The genomes that the search begins with."""
        wanted = "SELECT value FROM blobs WHERE key LIKE 'start/%' ORDER BY key"
        rows = self.journal.rows("start", tuple[bytes], wanted)
        with self.journal.understood("start"):
            return [self._genome(blob) for (blob,) in rows]

    def final(self, strategy: str) -> Final | None:
        """The race of a strategy; None where it is not over."""
        return cast("Final | None", self.journal.known(f"final/{strategy}", Final))

    def lengths(self) -> dict[str, int]:
        """How many generations every strategy has, of those that have begun."""
        query = "SELECT arm, count(*) FROM generations GROUP BY arm"
        return dict(self.journal.rows("generations", tuple[str, int], query))

    def steps(self, *kinds: str) -> list[str]:
        """The keys of the steps that are done, of these kinds: what stands before the first slash."""
        keys = self.journal.rows("steps", tuple[str], "SELECT key FROM blobs ORDER BY key")
        return [key for (key,) in keys if key.split("/")[0] in kinds]

    def sealed(self) -> dict[str, dict[str, float]]:
        """The mean scores that are sealed so far, by level and name; infinite where a trial diverged.

        Raises:
            StatescapeError: for a seal of no level that is known.
        """
        found: dict[str, dict[str, float]] = {level: {} for level in ALL_LEVELS}
        for key in self.steps("seal"):
            _, level, name = key.split("/", 2)
            if level not in found:
                raise StatescapeError(f"{self.journal.path} is sealed at no level that is known.")
            found[level][name] = self.journal.known(key, mean_of)
        return {level: names for level, names in found.items() if names}

    def topology(self, strategy: str, number: int) -> Topology:
        """What one candidate is, as far as it can be told without the task.

        Raises:
            StatescapeError: where there is none of that number.
        """
        genome = self.candidate(strategy, number).genome
        return self._space(genome).topology(genome, f"candidate {number}")

    def _space(self, genome: Genome) -> SearchSpace:
        settings = self.settings
        n_inputs = 1 if genome.W_in is None else genome.W_in.shape[-1]
        return SearchSpace(encoding_of(settings), n_inputs, settings.radius, settings.evolve_inputs)

    def _genome(self, blob: bytes) -> Genome:
        """A genome of the space that the settings name, and of no other size."""
        genome = Genome.from_bytes(blob, (self.settings.units + _MOST_INPUTS) ** 2)
        self._space(genome).check(genome)
        return genome


# Inputs of a task beyond which its evolved W_in would be larger than what is read.
_MOST_INPUTS = 1000
