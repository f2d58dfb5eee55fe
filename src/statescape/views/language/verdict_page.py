"""The page of a verdict: the words first, then the numbers they come from, then everything that could shake them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from statescape import plugins
from statescape.language.readable import opening_in_words
from statescape.statistics import MeanInterval
from statescape.studies.verdict import QUESTIONS, ModelVerdict, Verdicts
from statescape.studies.verdict.conclusion import conclude, word_in_words
from statescape.studies.verdict.result import OTHER_BOS, RANDOM_WEIGHTS
from statescape.views.core.page import Block, Figure, Page, Prose, Section, TableBlock, write_page
from statescape.views.core.picture import Printable
from statescape.views.language.verdict import NULL_WORDS, SHORT, along_blocks, estimates
from statescape.wording import number, say, say_count, visible

NAMES = tuple(question.name for question in QUESTIONS)


@plugins.report.register
def _(found: Verdicts, file: Path) -> Path:
    return write_page(page_of(found), file)


@plugins.pictures.register
def _(found: Verdicts) -> Sequence[Printable]:
    return [estimates(found), *along_blocks(found)]


def page_of(found: Verdicts) -> Page:
    """The page, section by section."""
    return Page(
        title=say("Is the last state the embedding of the predicted token?"),
        lead=(
            say(
                "The claim: the blocks turn the embedding of token t, step by step, into the embedding of token t + 1."
                " Eight questions, three of them of the last state before and after the final norm, each with a margin"
                " declared before the text was read."
            )
        ),
        facts=_facts(found),
        sections=(
            _verdicts(found),
            _estimates(found),
            _by_state(found),
            _readings(found),
            _slices(found),
            _work(found),
            _documents(found),
            _method(),
        ),
        answer=list(conclude(found))[:1],
    )


def _facts(found: Verdicts) -> list[tuple[str, str]]:
    names = ", ".join("stdin" if name == "-" else Path(name).name for name in found.files)
    facts = [
        (say("corpus"), names or say("given in memory")),
        (say("documents"), number(found.n_documents, ",") + ("" if found.complete else say(" (the first)"))),
        (
            say("positions"),
            say("all but the first")
            if found.positions is None
            else say("{count:,} drawn a document", count=found.positions),
        ),
        (say("seed"), str(found.seed)),
    ]
    for count, what in (
        (found.faults, say("faulty lines left out")),
        (found.empty, say("empty documents left out")),
        (found.duplicates, say("duplicates left out")),
    ):
        if count:
            facts.append((what, number(count, ",")))
    for one in found.models:
        model, summary = one.facts, one.summary
        read = say(
            "{blocks} blocks, width {width}, {vocabulary:,} tokens, BOS: {bos}; {documents:,} documents, "
            "{positions:,} positions; {split:,} split, {short:,} too short",
            blocks=model.n_blocks,
            width=model.d_model,
            vocabulary=model.vocab_size,
            bos=opening_in_words(model.bos),
            documents=summary.n_documents,
            positions=summary.n_positions,
            split=one.split,
            short=one.too_short,
        )
        facts.append((model.name, read))
    return facts


def _verdicts(found: Verdicts) -> Section:
    return Section(
        "verdicts",
        say("The verdicts"),
        say("See which part of the claim holds, and by how far the interval is from its margin."),
        (verdicts_table(found), *(Prose(sentence, strong=False) for sentence in conclude(found))),
    )


def verdicts_table(found: Verdicts) -> TableBlock:
    """A row for each question and model: its word, its estimate, what it is held to."""
    rows = []
    for place, question in enumerate(QUESTIONS):
        for one in found.models:
            decision = one.decisions[place]
            sign = ">" if question.predicted == "above" else "<"
            rows.append(
                [
                    say(SHORT[question.name]),
                    one.facts.name,
                    word_in_words(decision.verdict),
                    _number(decision.interval.mean),
                    _ends(decision.interval),
                    f"{sign} {number(question.margin, 'g')}",
                    number(decision.p_shown, ".4f"),
                ]
            )
    header = (
        say("claim"),
        say("model"),
        say("verdict"),
        say("estimate"),
        say("95% interval"),
        say("margin"),
        say("p (Holm)"),
    )
    return TableBlock(header, rows)


def _estimates(found: Verdicts) -> Section:
    rows = []
    for question in QUESTIONS:
        nulls = [one.nulls(question) for one in found.models]
        for name in dict.fromkeys(name for each in nulls for name in each):
            cells = [cell for each in nulls for cell in _cells(each.get(name))]
            rows.append([f"{question.name}, {say(NULL_WORDS.get(name, name))}", *cells])
    header = [cell for one in found.models for cell in (one.facts.name, "95% interval")]
    return Section(
        "estimates",
        say("Against margin and chance"),
        say("Check whether the blue point lies on the shaded side, and whether a grey one lies there as well."),
        (Figure(estimates(found)), TableBlock((say("what chance and construction give"), *header), rows)),
    )


def _cells(interval: MeanInterval | None) -> tuple[str, str]:
    return ("–", "–") if interval is None else (_number(interval.mean), _ends(interval))


def _by_state(found: Verdicts) -> Section:
    return Section(
        "states",
        say("Along the blocks"),
        say("See where the two cosines cross, where the energy goes, and from which block on the token is decided."),
        tuple(Figure(picture) for picture in along_blocks(found)),
    )


def _readings(found: Verdicts) -> Section:
    rows = []
    for one in found.models:
        rows.append([one.facts.name, say("as it is"), str(one.summary.n_documents), *_headlines(one.summary.measures)])
        for reading in (RANDOM_WEIGHTS, OTHER_BOS):
            if reading in one.readings:
                summary = one.readings[reading]
                what = say(reading) if reading == RANDOM_WEIGHTS else _other_bos(one)
                rows.append([one.facts.name, what, str(summary.n_documents), *_headlines(summary.measures)])
    notes = [Prose(note) for one in found.models for note in one.notes]
    return Section(
        "readings",
        say("The same model, read otherwise"),
        say("See what is left with random weights, and whether the policy on the first token matters."),
        (TableBlock((say("model"), say("reading"), say("documents"), *NAMES), rows), *notes),
    )


def _slices(found: Verdicts) -> Section:
    variants = (
        (say("distance, plain (H1)"), "H1"),
        (say("distance, each vector at norm 1"), "distance.vector"),
        (say("distance, each dimension centred and scaled"), "distance.dimension"),
        (say("distance of final_norm(s_L) (H1n)"), "H1n"),
        (say("distance at the best length"), "distance.best_length"),
        (say("cosine above choice, raw"), "excess.raw"),
        (say("cosine above choice, centred"), "excess.centred"),
        (say("cosine above choice, without rogue dimensions"), "excess.without_rogue"),
        (say("cosine above choice, each dimension centred and scaled"), "excess.dimension"),
        (say("the same for final_norm(s_L), raw"), "excess.normed.raw"),
        (say("the same for final_norm(s_L), centred"), "excess.normed.centred"),
    )
    blocks: list[Block] = []
    for one in found.models:
        measures = one.summary.measures
        blocks.append(
            TableBlock(
                (say("measure"), say("estimate"), "95% interval"),
                [
                    [words, _number(measures[name].mean), _ends(measures[name])]
                    for words, name in variants
                    if name in measures
                ],
                say("{model}: normalisation and norm", model=one.facts.name),
            )
        )
        blocks.append(
            TableBlock(
                (say("positions"), say("documents"), *NAMES),
                [
                    [slice_, str(max(it.n for it in headlines.values())), *_headlines(headlines)]
                    for slice_, headlines in one.summary.slices.items()
                ],
                say("{model}: headlines in slices of the positions (no verdicts)", model=one.facts.name),
            )
        )
    return Section(
        "sensitivity",
        say("What the answers depend on"),
        say(
            "Check whether an answer changes with normalisation, position, frequency, or with right and "
            "wrong predictions."
        ),
        tuple(blocks),
    )


def _work(found: Verdicts) -> Section:
    rows = []
    for one in found.models:
        measures = one.summary.measures
        for words, name in (
            (say("share of the way from s_0 to e that attention goes"), "way.attention"),
            (say("share of the way that the MLPs go"), "way.mlp"),
            (say("direct effect of attention on the predicted logit"), "logit.attention"),
            (say("direct effect of the MLPs on the predicted logit"), "logit.mlp"),
            (say("paths that end nearer to the predicted embedding"), "travel.arrives"),
            (say("where the cosines cross for good, share of the depth"), "travel.crossing"),
            (say("first principal angle of the path to the embedding subspace, degrees"), "angle.first"),
            (say("last principal angle, degrees"), "angle.last"),
        ):
            if name in measures:
                rows.append([words, one.facts.name, _number(measures[name].mean), _ends(measures[name])])
        first, last = one.constants.random_angles
        rows.append(
            [
                say("the two angles of as many random vectors"),
                one.facts.name,
                say("{first:.1f} and {last:.1f}", first=first, last=last),
                "",
            ]
        )
    return Section(
        "work",
        say("Whose work it is"),
        say(
            "See whether attention or the MLPs go the way; shares far above 1 mean that the state overshoots by its "
            "norm."
        ),
        (TableBlock((say("what"), say("model"), say("estimate"), "95% interval"), rows),),
    )


def _documents(found: Verdicts) -> Section:
    rows = [
        [
            say(SHORT[name]),
            one.facts.name,
            end,
            _own(it.place),
            say("‘{token}’", token=visible(it.opening, 48)),
            _number(it.value),
        ]
        for one in found.models
        for name, ends in one.extremes.items()
        for end, it in zip((say("lowest"), say("highest")), ends, strict=True)
    ]
    faults: list[Block] = []
    if found.first_faults:
        faults.append(
            TableBlock(
                (say("line"), say("why")),
                [[_own(place), reason] for place, reason in found.first_faults],
                say_count("{count} line left out", "{count:,} lines left out", found.faults),
            )
        )
    return Section(
        "documents",
        say("Documents at the ends"),
        say("See which texts carry an answer furthest: a broken one would show here."),
        (
            TableBlock((say("question"), say("model"), say("end"), say("where"), say("opening"), say("value")), rows),
            *faults,
        ),
    )


def _own(place: str) -> str:
    """File and line, without the folders that the file lies in."""
    return Path(place).name


def _method() -> Section:
    blocks: list[Block] = []
    for question in QUESTIONS:
        blocks.append(Prose(f"{question.name}. {say(question.statement)}", strong=True))
        side = say("above") if question.predicted == "above" else say("below")
        measured = say(
            "Measured: {statistic}. Predicted {side} {margin:g}.",
            statistic=say(question.statistic),
            side=side,
            margin=question.margin,
        )
        blocks.append(Prose(f"{measured} {say(question.reason)}"))
    blocks.append(
        Prose(
            say(
                "The document is the unit: positions are averaged within it; intervals are Student's t under 30 "
                "documents and a bootstrap over documents from there on; p is a sign-flip permutation of document "
                "means minus the margin, in the direction of the estimate, corrected by Holm over questions and "
                "models. Supported: the whole interval on the predicted side and p below 0.05. Refuted: the whole "
                "interval on the other and the p of that direction below 0.05. Under 20 documents nothing is decided."
            )
        )
    )
    return Section(
        "method", say("What was asked, and how"), say("See why each margin stands where it stands."), tuple(blocks)
    )


def _headlines(measures: dict[str, MeanInterval]) -> list[str]:
    return [_number(measures[name].mean) if name in measures else "–" for name in NAMES]


def _other_bos(one: ModelVerdict) -> str:
    return say("without BOS") if one.facts.has_bos else say("with BOS")


def _number(value: float) -> str:
    return number(value, ".3g") if math.isfinite(value) else "–"


def _ends(interval: MeanInterval) -> str:
    if not math.isfinite(interval.low):
        return "–"
    return say("{low} to {high}", low=_number(interval.low), high=_number(interval.high))
