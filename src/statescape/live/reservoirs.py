"""The runs of one folder, for whoever watches: the list as it changes, what is begun there, and their pages.

Journals are read, never locked, and only where their files have changed. No file outside of the folder is named by a
page: a run is asked for by its name in the list.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from statescape import plugins
from statescape.analysis import read_candidate, read_run
from statescape.errors import StatescapeError
from statescape.evolution import encodings
from statescape.evolution.settings import SearchLevel, Settings
from statescape.live.searches import Searches, lock_holders, writer_of
from statescape.reservoir import tasks
from statescape.runs import kind_of, list_runs
from statescape.studies.reservoir.running import KIND as STUDY
from statescape.studies.reservoir.running import read_study
from statescape.wording import phrase, say, visible

Part = dict[str, Any]
LIMITS = {"units": (2, 2000), "generations": (1, 100_000), "seed": (0, 2**31)}
CHOICES = {"encoding": tuple(encodings.REGISTRY.names()), "level": get_args(SearchLevel)}

_WORDS = {
    "units": phrase("Units"),
    "generations": phrase("Generations"),
    "seed": phrase("Seed"),
    "encoding": phrase("Encoding"),
    "level": phrase("Level"),
}
_STATUS = {"finished": phrase("finished"), "unfinished": phrase("unfinished")}
_UNREADABLE = phrase("unreadable")
_KINDS = {"evolution": phrase("evolution"), "study": phrase("study"), "verdict": phrase("verdict")}


def kind_in_words(kind: str) -> str:
    """What kind of run it is, as a page says it."""
    return say(_KINDS[kind]) if kind in _KINDS else visible(kind, 40)


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
            raise StatescapeError(say("There is no run ‘{run}’ in this folder.", run=visible(name, 60)))
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
                "kind": kind_in_words(one.kind),
                "status": say(_STATUS.get(one.status, _UNREADABLE)),
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
            raise StatescapeError(say("There is no such task; choose one of the list."))
        words = []
        for name, (least, most) in LIMITS.items():
            value = asked.get(name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                bounds = {"setting": say(_WORDS[name]), "least": least, "most": most}
                raise StatescapeError(say("{setting}: a whole number from {least:,} to {most:,}.", **bounds))
            words += [f"--{name}", str(value)]
        for name, known in CHOICES.items():
            if asked.get(name) not in known:
                told = say("{setting}: one of {choices}.", setting=say(_WORDS[name]), choices=", ".join(known))
                raise StatescapeError(told)
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
