"""The report of one run: what the gain is made of first, then how it was found, what was found, and all numbers."""

from __future__ import annotations

from pathlib import Path

from statescape import plugins
from statescape.analysis.evolution import EvolutionReading, read_evolution
from statescape.evolution import Evolution
from statescape.reservoir.tasks import FileTask
from statescape.views.core.page import Block, Figure, Page, Prose, Section, write_page
from statescape.views.core.picture import Picture
from statescape.views.evolution.names import explained
from statescape.views.evolution.pictures import pictures
from statescape.views.evolution.search import searched
from statescape.views.evolution.tables import (
    controls_table,
    earned_table,
    honest_table,
    hyper_table,
    line_table,
    seals_table,
)
from statescape.wording import number, phrase, say, say_count, unfilled, visible

LONGEST_NAME = 60
NO_FILE = phrase("This run was kept in no file, so its generations are gone; name a file for the run to see them.")


@plugins.report.register
def _(evolution: Evolution, file: Path) -> Path:
    return Path(plugins.report(read_evolution(evolution), file))


@plugins.report.register
def _(reading: EvolutionReading, file: Path) -> Path:
    return write_page(page_of(reading), file)


def page_of(reading: EvolutionReading) -> Page:
    """The page of a run, section by section."""
    return Page(
        title=say("An evolved wiring for ‘{task}’", task=_task(reading.evolution)),
        lead=_lead(reading.evolution),
        facts=_facts(reading.evolution),
        sections=_sections(reading, pictures(reading)),
        answer=reading.conclusion[:1],
    )


def _task(evolution: Evolution) -> str:
    return visible(evolution.task.name, LONGEST_NAME)


def _lead(evolution: Evolution) -> str:
    settings = evolution.settings
    redrawn = {
        "matrix": say("the data alone, so that one matrix could grow together with one W_in"),
        "wiring": say("data and W_in"),
        "mask": say("data, W_in and all weights, so that only the places of the edges could evolve"),
        "weights": say("the data and all weights, so that only the plan and its hyper-parameters could evolve"),
    }[settings.level]
    return say(
        "A {search} of {generations:,} generations and {trainings:,} trainings chose how {units} units are {chosen}. "
        "Every trial redrew {redrawn}.",
        search=searched(evolution),
        generations=len(evolution.history),
        trainings=evolution.found.trainings,
        units=settings.units,
        chosen=say("divided into modules") if settings.planned else say("wired"),
        redrawn=redrawn,
    )


def _facts(evolution: Evolution) -> list[tuple[str, str]]:
    settings, best = evolution.settings, evolution.best
    facts = [
        (say("task"), _task(evolution)),
        *_columns(evolution),
        (say("score"), unfilled(evolution.task.score_name)),
        (say("units"), number(settings.units, ",")),
        (say("encoding"), explained(settings.encoding)),
        (say("searched at"), settings.level),
        (say("radius"), explained(settings.radius)),
        (
            say("champion"),
            say("candidate {number:,}, {edges:,} edges", number=best.candidate.number, edges=best.topology.edges),
        ),
        (say("sealed on"), _sealed_on(evolution)),
        (say("the search took"), say("{seconds:,.0f} s", seconds=evolution.found.seconds)),
        (say("seed"), str(settings.seed)),
    ]
    if evolution.run:
        facts.append((say("run"), visible(Path(evolution.run).name, LONGEST_NAME)))
    if evolution.nilpotent:
        facts.append((say("no cycle"), say("radius 0 at any scale: equal radius does not hold for the champion")))
    return facts


def _columns(evolution: Evolution) -> list[tuple[str, str]]:
    """The columns of a file."""
    if not isinstance(evolution.task, FileTask):
        return []
    task = evolution.task
    given, due = (
        ", ".join(visible(name, LONGEST_NAME) for name in names) for names in (task.input_names, task.target_names)
    )
    return [(say("from"), given), (say_count("to, {count} row ahead", "to, {count} rows ahead", task.horizon), due)]


def _sealed_on(evolution: Evolution) -> str:
    counts = {seal.interval.n for seal in evolution.seals.values()}
    return say("{counts} fresh trials a level", counts=say(" or ").join(map(str, sorted(counts))))


def _sections(reading: EvolutionReading, drawn: dict[str, Picture]) -> tuple[Section, ...]:
    """All sections; of the pictures those that there are."""
    evolution = reading.evolution

    def figures(*names: str, or_else: str = NO_FILE) -> list[Block]:
        """The figures of some names, or a sentence where there are none."""
        found: list[Block] = [Figure(drawn[name]) for name in names if name in drawn]
        return found or [Prose(say(or_else))]

    line = [line_table(reading.line), earned_table(reading.line)] if reading.line else []
    plan = Section(
        "plan",
        say("The champion's plan"),
        say("See which modules the input enters, which feed each other, and which the readout sees."),
        figures("plan"),
    )
    front = Section(
        "front",
        say("Error against edges"),
        say("See how many edges can be left out before the error rises."),
        figures("front"),
    )
    return (
        Section(
            "seals",
            say("What the gain is made of"),
            _look_at_seals(evolution),
            (
                *(Prose(sentence, strong=True) for sentence in reading.conclusion),
                *figures("seals"),
                seals_table(evolution),
            ),
        ),
        *([plan] if "plan" in drawn else []),
        Section(
            "search",
            say("How the search went"),
            say(
                "Check whether the best still fell at the end, how far the honest scores lie from those that the "
                "search chose by, and how few trials most children needed."
            ),
            figures("search", "races", "diversity"),
        ),
        Section(
            "operators",
            say("What the operators were worth"),
            say(
                "See whose children survived, and whether changes of edges, changes of units or crossover carried the "
                "search."
            ),
            figures("operators", or_else=phrase("This search drew every wiring at random: no operator was used.")),
        ),
        Section(
            "genealogy",
            say("Where the champion comes from"),
            say("See which few steps made most of the gain, and what made them."),
            (*figures("genealogy"), *line),
        ),
        Section(
            "stages",
            say("From chance to the best survivor"),
            say("Check whether cycles close, chains line up or hubs arise from the first random wiring to the last."),
            figures("stages", "stages-matrices"),
        ),
        Section(
            "wiring",
            say("The champion's wiring"),
            say(
                "See what the champion shares with the cycle and not with chance, and what is lost when it is rewired."
            ),
            figures("wirings", "matrices", "spectra"),
        ),
        Section(
            "order",
            say("Order beyond chance"),
            say(
                "See which red points lie outside the grey bars: that order is more than the numbers of "
                "edges give by themselves."
            ),
            figures("order"),
        ),
        Section(
            "work",
            say("The champion at work"),
            say("See how near its output keeps to the target, and where its states go meanwhile."),
            _work(reading, drawn),
        ),
        *([front] if "front" in drawn else []),
        Section(
            "numbers",
            say("The numbers"),
            say("What stands behind the pictures; the numbers as JSON hold all of it."),
            (honest_table(evolution), controls_table(evolution), hyper_table(evolution)),
        ),
    )


def _look_at_seals(evolution: Evolution) -> str:
    """What to see in the seals: what is drawn anew down the ladder."""
    if evolution.settings.planned:
        return say(
            "See how much of the gain is left from bar to bar, as all weights, then which module feeds which, and at "
            "last the plan itself are drawn anew."
        )
    return say(
        "See how much of the gain is left from bar to bar, as W_in, the signs and at last all weights are drawn anew."
    )


def _work(reading: EvolutionReading, drawn: dict[str, Picture]) -> list[Block]:
    """The champion at work on one sealed trial, and what there is not to be seen of it."""
    blocks: list[Block] = [Figure(drawn[name]) for name in ("outputs", "state-path") if name in drawn]
    reason, score = reading.work.attempt.reason, reading.work.attempt.score
    if reason:
        blocks.insert(0, Prose(say("On this trial the network diverged: {reason}", reason=unfilled(reason))))
    elif not blocks:
        blocks.append(
            Prose(
                say(
                    "This task reads the network's weights: there is no input, no prediction and no path. On the first "
                    "trial of the seal {level} it scores {score:.4f}.",
                    level=reading.work.level,
                    score=score,
                )
            )
        )
    elif "outputs" not in drawn:
        blocks.insert(0, Prose(say("This task asks for no prediction; the trial scores {score:.4f}.", score=score)))
    return blocks
