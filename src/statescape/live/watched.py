"""One run as a page follows it: what is new since the last look, and pictures at a pace that a browser can keep."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from statescape.analysis.evolution_races import races
from statescape.analysis.evolution_search import operators
from statescape.errors import StatescapeError
from statescape.evolution.history import read_history
from statescape.evolution.tables import KIND
from statescape.evolution.watching import Look, Watcher
from statescape.files import finite
from statescape.live.reservoirs import Folder, Part, kind_in_words, stamp
from statescape.live.searches import writer_of
from statescape.runs import kind_of
from statescape.views.core.page import Figure, drawings
from statescape.views.core.picture import Picture
from statescape.views.evolution.lineage import operators_picture
from statescape.views.evolution.names import explained
from statescape.views.evolution.progress import progress_picture, sealed_picture, survivors_picture
from statescape.views.evolution.search import races_picture
from statescape.views.reservoir.layout import places
from statescape.wording import number, phrase, say, visible

MOST_EVENTS = 40  # generations that one look tells of
MOST_EDGES = 4000  # of a wiring that is drawn
PACE = {"progress": 0.4, "rest": 3.0}  # seconds between two drawings: they take a browser longer than one would think
_STEPS = {
    "final": phrase("the final race of {name} is over"),
    "over": phrase("the search by {name} is over"),
    "tuned": phrase("the control {name} is ready"),
}
_FRONT = phrase("the front of error and edges is scored")
LEISURE = 50.0  # how much longer than the last look at all of a run took the next one waits


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
            yield {"part": "other", "kind": kind_in_words(kind)}
            return
        self._watcher = self._watcher or Watcher(run)
        self._look = look = self._watcher.look()
        if look.started_again:
            self._lines.clear()
            self._best, self._steps, self._places = -1, None, None
        events = list(self._events(look))
        self._lines += look.lines
        rivals = {explained(name): count for name, count in look.rivals.items()}
        yield {"part": "run", **_asked(look), "generations": len(self._lines), "rivals": rivals,
               "finished": look.finished, **_speed(look)}  # fmt: skip
        self._behind |= set(PACE)
        if look.survivors and look.survivors[0].number != self._best and look.W is not None:
            self._best = look.survivors[0].number
            made_by = explained(look.made_by)
            yield {"part": "wiring", **self._wiring(look.W), "candidate": self._best, "made_by": made_by}
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
            yield say(
                "generation {number}: best {best:.4f}, median {median:.4f}; {kept} of {born} children survived",
                number=line.number,
                best=abs(line.best),
                median=abs(line.median),
                kept=kept,
                born=born,
            )
        before = set(self._steps or ())
        for step in look.steps:
            if step not in before:
                yield _step(step, look)
        if self._steps is not None and look.finished and "finished" not in before:
            yield say("the run is over")
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
            [say("task"), visible(named, 60)],
            [say("units"), number(settings.units, ",")],
            [say("encoding"), visible(explained(settings.encoding), 60)],
            [say("level"), settings.level],
            [say("strategy"), visible(explained(settings.strategy), 60)],
            [say("seed"), str(settings.seed)],
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
        score = look.sealed[level][name]
        return say("seal {level}: {name} {score:.4f}", level=level, name=explained(name), score=score)
    return say(_STEPS.get(kind, _FRONT), name=visible(explained(rest), 60))
