"""The runs of one folder, for whoever watches: the list as it changes, and one search as it goes on.

Journals are read, never locked, and only where their files have changed. No file outside of the folder is named by a
page: a run is asked for by its name in the list.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np

from statescape import plugins
from statescape.analysis import read_candidate, read_run
from statescape.analysis.evolution_races import races
from statescape.analysis.evolution_search import operators
from statescape.errors import StatescapeError
from statescape.evolution import encodings
from statescape.evolution.history import read_history
from statescape.evolution.settings import SearchLevel, Settings
from statescape.evolution.tables import KIND
from statescape.evolution.watching import Look, Watcher
from statescape.files import finite
from statescape.live.searches import Searches, lock_holders, writer_of
from statescape.reservoir import tasks
from statescape.runs import kind_of, list_runs
from statescape.studies.reservoir.running import KIND as STUDY
from statescape.studies.reservoir.running import read_study
from statescape.views.core.page import Figure, drawings
from statescape.views.core.picture import Picture
from statescape.views.core.text import visible
from statescape.views.evolution.lineage import operators_picture
from statescape.views.evolution.progress import progress_picture, sealed_picture, survivors_picture
from statescape.views.evolution.search import races_picture
from statescape.views.reservoir.layout import places

Part = dict[str, Any]
MOST_EVENTS = 40  # generations that one look tells of
MOST_EDGES = 4000  # of a wiring that is drawn
PACE = {"progress": 0.4, "rest": 3.0}  # seconds between two drawings: they take a browser longer than one would think
LEISURE = 50.0  # how much longer than the last look at all of a run took the next one waits
LIMITS = {"units": (2, 2000), "generations": (1, 100_000), "seed": (0, 2**31)}
CHOICES = {"encoding": tuple(encodings.REGISTRY.names()), "level": get_args(SearchLevel)}


@dataclass(eq=False)
class Folder:
    """A folder of runs.

    Attributes:
        path: where it lies.
        searches: those that the pages began.
    """

    path: Path
    searches: Searches = field(default_factory=Searches)

    def run(self, name: str) -> Path:
        """The file of a run.

        Raises:
            StatescapeError: there is none of that name in this folder.
        """
        found = next((file for file in self.path.glob("*.run") if file.name == name), None)
        if found is None:
            raise StatescapeError(f"There is no run ‘{visible(name, 60)}’ in this folder.")
        return found

    def signature(self) -> tuple[object, ...]:
        """What changes when the list does: its names, who is written, and when the others were."""
        holders = lock_holders()
        found = []
        for file in sorted(self.path.glob("*.run")):
            running = writer_of(file, holders) is not None
            found.append((file.name, running, () if running else stamp(file)))
        return tuple(found)

    def listing(self) -> list[Part]:
        """All runs, newest first."""
        holders = lock_holders()
        return [
            {
                "name": one.path.name,
                "shown": visible(one.path.name, 60),
                "kind": one.kind,
                "status": one.status if one.kind else "unreadable",
                "reason": "" if one.kind else visible(one.status, 300),
                "created": one.created.replace("T", " ").replace("+00:00", ""),
                "running": writer_of(one.path, holders) is not None,
            }
            for one in reversed(list_runs(self.path))
        ]

    def begin(self, asked: dict[str, Any]) -> str:
        """Begin a search; its name in the folder.

        Raises:
            StatescapeError: what is asked is none.
        """
        task = asked.get("task")
        if task not in tasks.names():
            raise StatescapeError("There is no such task; choose one of the list.")
        words = []
        for name, (least, most) in LIMITS.items():
            value = asked.get(name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise StatescapeError(f"{name.capitalize()} is a whole number from {least:,} to {most:,}.")
            words += [f"--{name}", str(value)]
        for name, known in CHOICES.items():
            if asked.get(name) not in known:
                raise StatescapeError(f"{name.capitalize()} is one of {', '.join(known)}.")
            words += [f"--{name}", str(asked[name])]
        own = {name: asked[name] for name in ("units", "seed", *CHOICES)}
        Settings({"name": task}, **own)  # refused now rather than by the search
        if not asked.get("seals"):
            words += ["--no-compare", "--no-tune"]
        run = self._free(str(task))
        self.searches.start(run, ["evolve", str(task), *words, "--run", run.name])
        return run.name

    def _free(self, stem: str) -> Path:
        number = 1
        while (file := self.path.resolve() / f"{stem}-{number}.run").exists():
            number += 1
        return file

    def resume(self, name: str) -> None:
        """Go on with a run.

        Raises:
            StatescapeError: there is none, or it is being written.
        """
        run = self.run(name).resolve()
        self.searches.start(run, ["resume", f"./{run.name}"])

    def interrupt(self, name: str) -> None:
        """End who writes a run, as Ctrl-C would.

        Raises:
            StatescapeError: there is none, or nobody writes it.
        """
        self.searches.interrupt(self.run(name).resolve())

    def page(self, name: str, candidate: int | None) -> str:
        """The self-contained page of a run that is over, or of one of its candidates.

        Raises:
            StatescapeError: there is none.
        """
        run = self.run(name)
        reading: object
        if candidate is not None:
            reading = read_candidate(run, candidate)
        elif kind_of(run) == STUDY:
            reading = read_study(run)
        else:
            reading = read_run(run)
        with tempfile.TemporaryDirectory() as folder:
            return Path(plugins.report(reading, Path(folder) / "page.html")).read_text("utf-8")


def stamp(run: Path) -> tuple[int, ...]:
    """What changes when a run is written."""
    found: list[int] = []
    for file in (run, run.with_name(run.name + "-wal")):
        try:
            state = file.stat()
            found += [state.st_mtime_ns, state.st_size, state.st_ino]
        except OSError:
            found += [0, 0, 0]
    return tuple(found)


class Watched:
    """One run as a page follows it.

    Args:
        folder: where it lies.
        name: its name there.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder, self._name = folder, name
        self._stamp: tuple[int, ...] = ()
        self._watcher: Watcher | None = None
        self._lines: list[Any] = []
        self._steps: tuple[str, ...] | None = None
        self._best = -1
        self._places: Any = None
        self._status: tuple[object, ...] = ()
        self._look: Look | None = None
        self._behind: set[str] = set()  # pictures that show an earlier look
        self._next = dict.fromkeys(PACE, 0.0)  # from when on they may be drawn again
        self._rested = 0.0  # from when on all of the run may be looked at again

    def changes(self) -> Iterator[Part]:
        """What is new since the last call."""
        try:
            run = self._folder.run(self._name)
            now = stamp(run)
            if now != self._stamp:
                self._stamp = now
                yield from self._looked(run)
            if self._look is not None:
                yield from self._figures(run, self._look)
            yield from self._state(run)
        except StatescapeError as refusal:
            gone = (str(refusal),)
            self._stamp = ()
            if gone != self._status:
                self._status = gone
                yield {"part": "gone", "reason": visible(str(refusal), 300)}

    def _state(self, run: Path) -> Iterator[Part]:
        own = run.resolve()
        running, complaint = writer_of(own) is not None, self._folder.searches.complaint(own)
        status = (running, complaint)
        if status != self._status:
            self._status = status
            yield {"part": "state", "running": running, "complaint": complaint and visible(complaint, 300)}

    def _looked(self, run: Path) -> Iterator[Part]:
        kind = kind_of(run)
        if kind != KIND:
            self._look = None
            yield {"part": "other", "kind": kind}
            return
        self._watcher = self._watcher or Watcher(run)
        self._look = look = self._watcher.look()
        if look.started_again:
            self._lines.clear()
            self._best, self._steps, self._places = -1, None, None
        events = list(self._events(look))
        self._lines += look.lines
        yield {"part": "run", **_asked(look), "generations": len(self._lines), "rivals": look.rivals,
               "finished": look.finished, **_speed(look)}  # fmt: skip
        self._behind |= set(PACE)
        if look.survivors and look.survivors[0].number != self._best and look.W is not None:
            self._best = look.survivors[0].number
            yield {"part": "wiring", **self._wiring(look.W), "candidate": self._best, "made_by": look.made_by}
        if events:
            yield {"part": "events", "events": events}
        if look.survivors:
            yield {
                "part": "survivors",
                "survivors": [
                    {
                        "number": one.number,
                        "mean": finite(one.record.mean),
                        "n": one.record.n,
                        "edges": one.edges,
                    }
                    for one in look.survivors
                ],
            }

    def _figures(self, run: Path, look: Look) -> Iterator[Part]:
        """Pictures that are behind, where they may be drawn again; at the end all."""
        now = time.monotonic()
        due = {name for name in self._behind if look.finished or now >= self._next[name]}
        self._behind -= due
        self._next |= {name: now + PACE[name] for name in due}
        pictures: list[Picture] = []
        if "progress" in due and self._lines:
            pictures.append(progress_picture(self._lines))
        if "rest" in due and self._lines:
            pictures.append(survivors_picture(look.survivors))
            if worth := operators(self._lines):
                pictures.append(operators_picture(worth, len(self._lines), look.settings))
            pictures += self._raced(run, look)
        if "rest" in due and look.sealed:
            pictures.append(sealed_picture(look.sealed))
        if pictures:
            yield {
                "part": "figures",
                "drawings": drawings([Figure(one) for one in pictures]),
                "captions": {one.name: one.caption for one in pictures},
            }

    def _raced(self, run: Path, look: Look) -> Iterator[Picture]:
        """Races and lineages, now and then: all of the run is read for them."""
        begun = time.monotonic()
        if begun < self._rested and not look.finished:
            return
        found = races(read_history(run))
        if found is not None:
            yield races_picture(found, look.settings.seed)
        now = time.monotonic()
        self._rested = now + LEISURE * (now - begun)

    def _events(self, look: Look) -> Iterator[str]:
        """What happened, oldest first: new bests, steps that are done."""
        for line in look.lines[-MOST_EVENTS:]:
            born, kept = (sum(pair[place] for pair in line.operators.values()) for place in (0, 1))
            errors = f"best {abs(line.best):.4f}, median {abs(line.median):.4f}"
            yield f"generation {line.number}: {errors}; {kept} of {born} children survived"
        before = set(self._steps or ())
        for step in look.steps:
            if step not in before:
                yield _step(step, look)
        if self._steps is not None and look.finished and "finished" not in before:
            yield "the run is over"
        self._steps = (*look.steps, "finished") if look.finished else look.steps

    def _wiring(self, W: np.ndarray) -> Part:
        """Edges with their weights; where the units stand is settled once and kept, so that what changes is seen."""
        if self._places is None or len(self._places) != len(W):
            found = places(W)
            self._places = (found / max(float(np.abs(found).max()), 1e-9)).round(4).tolist()
        targets, sources = np.nonzero(W)
        weights = W[targets, sources]
        order = np.argsort(-np.abs(weights), kind="stable")[:MOST_EDGES]
        scale = float(np.abs(weights).max()) if len(weights) else 1.0
        edges = np.column_stack([sources, targets])[order].tolist()
        return {"places": self._places, "edges": edges, "weights": (weights[order] / scale).round(3).tolist(),
                "all": len(weights)}  # fmt: skip


def _asked(look: Look) -> Part:
    settings = look.settings
    task = settings.task
    named = str(task.get("name") or Path(str(task.get("file") or task.get("folder") or task.get("object") or "")).name)
    return {
        "facts": [
            ["task", visible(named, 60)],
            ["units", f"{settings.units:,}"],
            ["encoding", visible(settings.encoding, 40)],
            ["level", settings.level],
            ["strategy", visible(settings.strategy, 40)],
            ["seed", str(settings.seed)],
        ]
    }


def _speed(look: Look) -> Part:
    progress = look.progress
    if progress is None:
        return {}
    left = progress.seconds_left
    return {
        "trainings": progress.summary.trainings,
        "per_second": progress.trainings_per_second,
        "seconds_left": None if look.finished else finite(float(left)),
        "best": finite(float(abs(progress.summary.best))),
    }


def _step(step: str, look: Look) -> str:
    """A step that is done, in words."""
    kind, _, rest = step.partition("/")
    if kind == "seal":
        level, _, name = rest.partition("/")
        return f"seal {level}: {name} {look.sealed[level][name]:.4f}"
    words = {"final": "the final race of {} is over", "over": "the search by {} is over", "tuned": "{} are tuned"}
    return words.get(kind, "the front of error and edges is scored").format(visible(rest, 40))
