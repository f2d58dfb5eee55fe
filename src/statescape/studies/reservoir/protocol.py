"""What a study is: pieces of work that can be done anywhere, and a reading of their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from statescape.errors import StatescapeError
from statescape.reservoir.tasks.opening import is_path
from statescape.reservoir.tasks.opening import open as open_task
from statescape.studies.reservoir.budget import Budget
from statescape.studies.reservoir.picture import StudyFigure
from statescape.wording import Answers, Noun, brief

if TYPE_CHECKING:
    import pandas as pd

LEAST_TASKS = 2  # of a study whose tasks are chosen

Spec: TypeAlias = Mapping[str, Any]
Results: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """One piece of a study's work, done in one process and kept when it is done.

    Attributes:
        key: its name within the study.
        work: a function of a module, which travels to the worker by name.
        spec: what it is given, plain JSON.
        trainings: networks it trains, about; what budgets in minutes are made of.
    """

    key: str
    work: Callable[[Spec], dict[str, Any]]
    spec: Spec
    trainings: int


@dataclass(frozen=True)
class StudyTable:
    """A table of a study.

    Attributes:
        columns: heads.
        rows: cells, words ready to be shown.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Reading:
    """What the results of a study say, in the language that is spoken.

    Attributes:
        answer: sentences; the first is the plain answer.
        table: the numbers behind it.
        figure: to be read in five seconds.
        numbers: the same numbers for machines.
        reach: how far the answer reaches.
    """

    answer: tuple[str, ...]
    table: StudyTable
    figure: StudyFigure
    numbers: dict[str, Any]
    reach: str


@dataclass(frozen=True)
class Study(Noun):
    """One question, with its experiment, statistics and answer. What it says stands in the templates, by its name.

    Attributes:
        name: as the command line calls it, and its section of the templates.
        quick: the least that shows anything.
        full: what the question deserves.
        pieces: the work under a budget, from the first of its seeds on.
        read: what came of it: results by the keys of the pieces, the budget, the first seed.
        design_values: what the template of the design takes beside the numbers of the budget; None for nothing.
        tasks: names of the tasks that it asks about.
        of_tasks: the same study of other tasks; None where its tasks are fixed.
    """

    name: str
    quick: Budget
    full: Budget
    pieces: Callable[[Budget, int], Sequence[Piece]]
    read: Callable[[Results, Budget, int], Reading]
    design_values: Callable[[Budget], Mapping[str, Any]] | None = None
    tasks: tuple[str, ...] = ()
    of_tasks: Callable[[tuple[str, ...]], Study] | None = None

    def over(self, tasks: Sequence[str] | None) -> Study:
        """The study of these tasks, in small letters; itself where there are none.

        Raises:
            StatescapeError: where its tasks are fixed, or these are fewer than two, named twice, or no tasks.
        """
        if tasks is None:
            return self
        if self.of_tasks is None:
            raise StatescapeError(f"The study {self.name} has a task of its own; leave the tasks out.")
        chosen = tuple(name.strip().lower() for name in tasks)
        if len(chosen) < LEAST_TASKS or len(set(chosen)) < len(chosen):
            raise StatescapeError(
                f"A study takes {LEAST_TASKS} tasks or more, each once, so that any one can be left out; got "
                f"{', '.join(chosen) or 'none'}."
            )
        for name in chosen:
            if is_path(name):
                raise StatescapeError(f"A study takes tasks by their names, such as narma10; got {name!r}.")
            open_task(name)
        return self.of_tasks(chosen)

    def question(self) -> str:
        """The question, in the language that is spoken."""
        return Answers("studies", self.name)("question")

    def design(self, budget: Budget) -> str:
        """What is done, in the language that is spoken."""
        more = {} if self.design_values is None else self.design_values(budget)
        return Answers("studies", self.name)("design", **vars(budget), **more)


@dataclass(frozen=True)
class StudyResult(Noun):
    """A study that was done.

    Attributes:
        study: whose it is.
        budget: what it cost.
        seed: the first of its seeds.
        results: of its pieces, by key.
        run: file of the journal; empty for a temporary one.
        created: when it began, ISO 8601 in UTC.
        version: of statescape that did it.
        seconds: of work, all workers together.
        reading: what the results say, in the language that was spoken when they were read.
    """

    study: Study
    budget: Budget
    seed: int
    results: Results = field(repr=False)
    run: str
    created: str
    version: str
    seconds: float
    reading: Reading = field(repr=False)

    @property
    def name(self) -> str:
        """Of the study."""
        return self.study.name

    @property
    def trainings(self) -> int:
        """Networks trained."""
        return sum(int(one["trainings"]) for one in self.results.values())

    @property
    def conclusion(self) -> str:
        """The answer, in sentences computed from its numbers."""
        return " ".join(self.read().answer)

    def to_dataframe(self) -> pd.DataFrame:
        """The table behind the answer, cells as they are printed; numbers are in ``reading.numbers``."""
        import pandas as pd

        table = self.read().table
        return pd.DataFrame(list(table.rows), columns=list(table.columns))

    def __repr__(self) -> str:
        done = f"{self.name}, budget {self.budget.name}, {self.trainings:,} trainings"
        return brief(f"StudyResult of {done}: {self.read().answer[0]}")

    def read(self) -> Reading:
        """What the results say, in the language that is spoken now."""
        return self.study.read(self.results, self.budget, self.seed)

    def as_json(self) -> dict[str, Any]:
        """Machine-readable."""
        reading = self.reading
        return {
            "version": self.version,
            "study": self.name,
            "question": self.study.question(),
            "design": self.study.design(self.budget),
            "answer": list(reading.answer),
            "reach": reading.reach,
            "numbers": reading.numbers,
            "table": {"columns": list(reading.table.columns), "rows": [list(row) for row in reading.table.rows]},
            "figure": reading.figure.as_json(),
            "tasks": list(self.study.tasks),
            "budget": vars(self.budget),
            "seeds": [self.seed + index for index in range(self.budget.runs)],
            "trainings": self.trainings,
            "seconds": self.seconds,
            "created": self.created,
            "run": self.run,
        }
