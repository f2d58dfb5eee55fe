"""Keep a notebook: follow the texts, ask the corpus, do the studies. Runs that are there already are read, or go on.

Every run lies in one folder under a name that tells what it was asked, so that a notebook that was interrupted goes on
where it was, and one that is written again in another language computes nothing twice.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statescape import language
from statescape.analysis.path import PathReading, read_path
from statescape.errors import StatescapeError, unknown_name
from statescape.runs import AnyExecutor, Executor, working
from statescape.studies.notebook.notebook import Entry, Interventions, Notebook, digest_of
from statescape.studies.reservoir import STUDIES, StudyResult, resume_study, study
from statescape.studies.verdict import Verdicts, verdict
from statescape.studies.verdict.sources import ModelSource, loaded
from statescape.wording import Noun

if TYPE_CHECKING:
    from statescape.language import Patching
    from statescape.language.corpus import Corpus

TEXTS = (
    "Once upon a time, there was a little",
    "Lily was sad because she lost her favorite toy. Her mom gave her a big",
    "The dog ran to the park. He saw a cat in a tree. The cat was",
)
"""Three beginnings of stories, in the language that the bundled model reads."""

PAIR = ("Once upon a time there was a girl named", "Once upon a time there was a boy named")
"""Two beginnings of which the states of one are put into the run of the other."""

MOST_PATHS = 8
"""Texts times models that a page shows: each has a sphere with a graphics context of its own, and browsers allow 16."""

SAMPLE = "sample.jsonl"
QUICK = "quick"
NULL_DOCUMENTS = {True: 12, False: 50}
"""Documents that are read again with random weights and with the other policy on BOS, in a quick notebook or not."""

Progress = Callable[[str, int, int], None]
"""Called with what is done, pieces done and pieces in all."""
# The notebook's own questions are about wirings; those about plans take long, and one of them needs cogscale.
USUAL_STUDIES = tuple(name for name in STUDIES if name not in ("do-modules-matter", "transfer"))


@dataclass(frozen=True)
class Asked(Noun):
    """What a notebook is about.

    Attributes:
        corpus: documents of the verdicts.
        files: names of the corpus's files.
        models: folders, hub names, or None for the bundled one; the first leads.
        texts: beginnings whose paths are drawn.
        budget: of every study: "quick", "full" or a number of minutes.
        studies: their names, in the order of the page.
        seed: of everything drawn.
        folder: of the runs.

    Raises:
        StatescapeError: for no path or more than a page shows, or an unknown study.
    """

    corpus: Corpus
    files: tuple[str, ...]
    models: tuple[Any, ...] = (None,)
    texts: tuple[str, ...] = TEXTS
    budget: str = QUICK
    studies: tuple[str, ...] = USUAL_STUDIES
    seed: int = 0
    folder: Path = Path("notebook-runs")

    def __post_init__(self) -> None:
        paths = len(self.models) * len(self.texts)
        if not 0 < paths <= MOST_PATHS:
            raise StatescapeError(
                f"{len(self.texts)} texts for {len(self.models)} models are {paths} paths; a page shows 1 to "
                f"{MOST_PATHS}."
            )
        unknown = [name for name in self.studies if name not in STUDIES]
        if unknown:
            raise unknown_name("study", unknown[0], STUDIES)

    @property
    def quick(self) -> bool:
        """Whether the smallest budgets are asked for."""
        return self.budget == QUICK


def about(
    *,
    corpus: Corpus | str | Path | Sequence[str] | None = None,
    files: Sequence[str] = (),
    models: Sequence[Any] = (),
    texts: Sequence[str] = (),
    **rest: Any,
) -> Asked:
    """What a notebook is about, where only some of it is said.

    Args:
        corpus: documents of the verdicts: texts, a file, or what `read_corpus` gives; None for the packaged sample.
        files: names of the corpus's files.
        models: folders, hub names, or "conteur"; none for the bundled one.
        texts: beginnings whose paths are drawn; none for `TEXTS`.
        **rest: the other attributes of `Asked`.

    Raises:
        StatescapeError: for a corpus that cannot be read, or what `Asked` refuses.
    """
    from statescape.language.corpus import corpus_of, sample

    documents = sample() if corpus is None else corpus_of(corpus)
    named = tuple(files) or ((SAMPLE,) if corpus is None else ())
    return Asked(documents, named, known_models(models), tuple(texts) or TEXTS, **rest)


def notebook(
    asked: Asked | None = None,
    *,
    executor: AnyExecutor = None,
    workers: int | None = None,
    progress: Progress | None = None,
    **what: Any,
) -> Notebook:
    """Keep a notebook, or go on with it: paths, verdicts and studies, to be written by `views.report`.

    Args:
        asked: what the notebook is about; None to say it by the arguments of `about` (texts=, models=, corpus=,
            budget="quick", ...).
        executor: who reads the corpus and does the pieces of the studies: any executor of Python
            (`concurrent.futures`), which stays open, or "serial", "processes" or "dask"; processes on all cores where
            None.
        workers: how many processes, where the executor is not given.
        progress: told what is going on.
        **what: arguments of `about`, where `asked` is None.

    Raises:
        StatescapeError: a model or a run that cannot be read, a folder that takes no files.
    """
    asked = about(**what) if asked is None else asked
    report = progress if progress is not None else (lambda _what, _done, _all: None)
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StatescapeError(f"{asked.folder} cannot hold runs: {error.strerror}.") from error
    readings, paths = _paths(asked, report)
    interventions, edited = _interventions(asked, report)
    with working(executor, workers) as workforce:  # one for all studies: what a worker has loaded it keeps
        verdicts, corpus = _verdicts(asked, None if executor is None else workforce, workers, report)
        studies = [_study(asked, name, workforce, report) for name in asked.studies]
    return Notebook(
        readings=readings,
        interventions=interventions,
        verdicts=verdicts,
        studies=tuple(studies),
        entries=(paths, edited, corpus, *map(_entry, studies)),
        seed=asked.seed,
        budget=asked.budget,
    )


def _paths(asked: Asked, report: Progress) -> tuple[tuple[PathReading, ...], Entry]:
    begun = time.perf_counter()
    readings: list[PathReading] = []
    whole = len(asked.models) * len(asked.texts)
    for name in asked.models:
        model = loaded(ModelSource(name))
        for text in asked.texts:
            report("paths", len(readings), whole)
            readings.append(read_path(language.Trace.read(model, text).path(-1), seed=asked.seed))
    report("paths", whole, whole)
    numbers = [[reading.path.states.tolist(), reading.path.predicted_id] for reading in readings]
    settings: dict[str, str | int] = {"position": -1, "seed": asked.seed}
    return tuple(readings), Entry("paths", "", settings, time.perf_counter() - begun, digest_of(numbers))


def _interventions(asked: Asked, report: Progress) -> tuple[Interventions, Entry]:
    begun = time.perf_counter()
    model = loaded(ModelSource(asked.models[0]))
    report("interventions", 0, 2)
    contrasted = language.contrast(model, *PAIR, align="end")
    report("interventions", 1, 2)
    patched: Patching | str
    try:
        patched = language.patch(model, *PAIR)
    except StatescapeError as refusal:  # tokens of other numbers, one prediction for both, a model without edits
        patched = str(refusal)
    report("interventions", 2, 2)
    maps = {} if isinstance(patched, str) else {name: values.tolist() for name, values in patched.maps.items()}
    digest = digest_of([contrasted.apart.kl.tolist(), maps])
    entry = Entry("interventions", "", {"position": -1}, time.perf_counter() - begun, digest)
    return Interventions(contrasted, patched), entry


def _verdicts(
    asked: Asked, workforce: Executor | None, workers: int | None, report: Progress
) -> tuple[Verdicts, Entry]:
    settings: dict[str, str | int] = {"null_documents": NULL_DOCUMENTS[asked.quick], "seed": asked.seed}
    name = digest_of([asked.corpus.digest, list(map(str, asked.models)), list(asked.files), settings])
    file = asked.folder / f"verdict-{name[:8]}.run"
    begun = math.nan if file.exists() else time.perf_counter()
    verdicts = verdict(
        asked.corpus,
        asked.models,
        files=asked.files,
        seed=asked.seed,
        null_documents=NULL_DOCUMENTS[asked.quick],
        executor=workforce,
        workers=workers,
        run=file,
        progress=report,
    )
    entry = Entry("corpus", str(file), settings, time.perf_counter() - begun, digest_of(verdicts.as_json()))
    return verdicts, entry


def _study(asked: Asked, name: str, workforce: Executor, report: Progress) -> StudyResult:
    file = asked.folder / f"{name}-{asked.budget}-{asked.seed}.run"

    def told(done: int, whole: int) -> None:
        report(name, done, whole)

    if file.exists():
        return resume_study(file, executor=workforce, progress=told)
    return study(name, asked.budget, seed=asked.seed, run=file, executor=workforce, progress=told)


def _entry(result: StudyResult) -> Entry:
    size = {name: value for name, value in vars(result.budget).items() if name != "name"}
    settings: dict[str, str | int] = {"budget": result.budget.name, **size, "seed": result.seed}
    return Entry(result.name, result.run, settings, result.seconds, digest_of(_without_time(result.results)))


def _without_time(results: Any) -> Any:
    """Results without the seconds they took, which differ from run to run."""
    return {key: {name: value for name, value in one.items() if name != "seconds"} for key, one in results.items()}


def known_models(names: Sequence[Any]) -> tuple[Any, ...]:
    """Names as `load_model` takes them: the bundled model by its own name, unless a folder is called so."""
    return tuple(None if name == "conteur" and not Path("conteur").exists() else name for name in names) or (None,)
