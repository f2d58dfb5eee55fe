"""The page of a verdict: the words first, then the numbers they come from, then everything that could shake them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from statescape import plugins
from statescape.files import require_writable
from statescape.statistics import MeanInterval
from statescape.studies.verdict import QUESTIONS, ModelVerdict, Verdicts
from statescape.studies.verdict.conclusion import conclude, word_in_words
from statescape.studies.verdict.result import OTHER_BOS, RANDOM_WEIGHTS
from statescape.views.core.page import Block, Figure, Page, Prose, Section, TableBlock, write_page
from statescape.views.core.picture import Printable
from statescape.views.core.text import visible
from statescape.views.language.verdict import NULL_WORDS, SHORT, along_blocks, estimates
from statescape.wording import number, say

NAMES = tuple(question.name for question in QUESTIONS)


@plugins.report.register
def _(found: Verdicts, file: Path) -> Path:
    require_writable(file)
    return write_page(page_of(found), file)


@plugins.pictures.register
def _(found: Verdicts) -> Sequence[Printable]:
    return [estimates(found), *along_blocks(found)]


def page_of(found: Verdicts) -> Page:
    """The page, section by section."""
    return Page(
        title="Is the last state the embedding of the predicted token?",
        lead=(
            "The claim: the blocks turn the embedding of token t, step by step, into the embedding of token t + 1. Six "
            "questions, three of them of the last state before and after the final norm, each with a margin declared "
            "before the text was read."
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
        ("corpus", names or "given in memory"),
        ("documents", f"{found.n_documents:,}" + ("" if found.complete else " (the first)")),
        ("positions", "all but the first" if found.positions is None else f"{found.positions:,} drawn a document"),
        ("seed", str(found.seed)),
    ]
    for count, what in (
        (found.faults, "faulty lines"),
        (found.empty, "empty documents"),
        (found.duplicates, "duplicates"),
    ):
        if count:
            facts.append((f"{what} left out", f"{count:,}"))
    for one in found.models:
        model, summary = one.facts, one.summary
        facts.append(
            (
                model.name,
                f"{model.n_blocks} blocks, width {model.d_model}, {model.vocab_size:,} tokens, BOS: {model.bos}; "
                f"{summary.n_documents:,} documents, {summary.n_positions:,} positions; {one.split:,} split, "
                f"{one.too_short:,} too short",
            )
        )
    return facts


def _verdicts(found: Verdicts) -> Section:
    return Section(
        "verdicts",
        "The verdicts",
        "See which part of the claim holds, and by how far the interval is from its margin.",
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
            rows.append([f"{question.name}, {NULL_WORDS.get(name, name)}", *cells])
    header = [cell for one in found.models for cell in (one.facts.name, "95% interval")]
    return Section(
        "estimates",
        "Against margin and chance",
        "Check whether the blue point lies on the shaded side, and whether a grey one lies there as well.",
        (Figure(estimates(found)), TableBlock(("what chance and construction give", *header), rows)),
    )


def _cells(interval: MeanInterval | None) -> tuple[str, str]:
    return ("–", "–") if interval is None else (_number(interval.mean), _ends(interval))


def _by_state(found: Verdicts) -> Section:
    return Section(
        "states",
        "Along the blocks",
        "See where the two cosines cross, where the energy goes, and from which block on the token is decided.",
        tuple(Figure(picture) for picture in along_blocks(found)),
    )


def _readings(found: Verdicts) -> Section:
    rows = []
    for one in found.models:
        rows.append([one.facts.name, "as it is", str(one.summary.n_documents), *_headlines(one.summary.measures)])
        for reading in (RANDOM_WEIGHTS, OTHER_BOS):
            if reading in one.readings:
                summary = one.readings[reading]
                what = reading if reading == RANDOM_WEIGHTS else _other_bos(one)
                rows.append([one.facts.name, what, str(summary.n_documents), *_headlines(summary.measures)])
    notes = [Prose(note) for one in found.models for note in one.notes]
    return Section(
        "readings",
        "The same model, read otherwise",
        "See what is left with random weights, and whether the policy on the first token matters.",
        (TableBlock(("model", "reading", "documents", *NAMES), rows), *notes),
    )


def _slices(found: Verdicts) -> Section:
    variants = (
        ("distance, plain (H1)", "H1"),
        ("distance, each vector at norm 1", "distance.vector"),
        ("distance, each dimension centred and scaled", "distance.dimension"),
        ("distance of final_norm(s_L) (H1n)", "H1n"),
        ("distance at the best length", "distance.best_length"),
        ("cosine above choice, raw", "excess.raw"),
        ("cosine above choice, centred", "excess.centred"),
        ("cosine above choice, without rogue dimensions", "excess.without_rogue"),
        ("cosine above choice, each dimension centred and scaled", "excess.dimension"),
        ("the same for final_norm(s_L), raw", "excess.normed.raw"),
        ("the same for final_norm(s_L), centred", "excess.normed.centred"),
    )
    blocks: list[Block] = []
    for one in found.models:
        measures = one.summary.measures
        blocks.append(
            TableBlock(
                ("measure", "estimate", "95% interval"),
                [
                    [words, _number(measures[name].mean), _ends(measures[name])]
                    for words, name in variants
                    if name in measures
                ],
                f"{one.facts.name}: normalisation and norm",
            )
        )
        blocks.append(
            TableBlock(
                ("positions", "documents", *NAMES),
                [
                    [slice_, str(max(it.n for it in headlines.values())), *_headlines(headlines)]
                    for slice_, headlines in one.summary.slices.items()
                ],
                f"{one.facts.name}: headlines in slices of the positions (no verdicts)",
            )
        )
    return Section(
        "sensitivity",
        "What the answers depend on",
        "Check whether an answer turns with normalisation, position, frequency, or with right and wrong predictions.",
        tuple(blocks),
    )


def _work(found: Verdicts) -> Section:
    rows = []
    for one in found.models:
        measures = one.summary.measures
        for words, name in (
            ("share of the way from s_0 to e that attention goes", "way.attention"),
            ("share of the way that the MLPs go", "way.mlp"),
            ("direct effect of attention on the predicted logit", "logit.attention"),
            ("direct effect of the MLPs on the predicted logit", "logit.mlp"),
            ("paths that end nearer to the predicted embedding", "travel.arrives"),
            ("where the cosines cross for good, share of the depth", "travel.crossing"),
            ("first principal angle of the path to the embedding subspace, degrees", "angle.first"),
            ("last principal angle, degrees", "angle.last"),
        ):
            if name in measures:
                rows.append([words, one.facts.name, _number(measures[name].mean), _ends(measures[name])])
        first, last = one.constants.random_angles
        rows.append(["the two angles of as many random vectors", one.facts.name, f"{first:.1f} and {last:.1f}", ""])
    return Section(
        "work",
        "Whose work it is",
        "See whether attention or the MLPs go the way; shares far above 1 mean that the state overshoots by its norm.",
        (TableBlock(("what", "model", "estimate", "95% interval"), rows),),
    )


def _documents(found: Verdicts) -> Section:
    rows = [
        [SHORT[name], one.facts.name, end, _own(it.place), f"‘{visible(it.opening, 48)}’", _number(it.value)]
        for one in found.models
        for name, ends in one.extremes.items()
        for end, it in zip(("lowest", "highest"), ends, strict=True)
    ]
    faults: list[Block] = []
    if found.first_faults:
        faults.append(
            TableBlock(
                ("line", "why"),
                [[_own(place), reason] for place, reason in found.first_faults],
                f"{found.faults:,} lines left out",
            )
        )
    return Section(
        "documents",
        "Documents at the ends",
        "See which texts carry an answer furthest: a broken one would show here.",
        (TableBlock(("question", "model", "end", "where", "opening", "value"), rows), *faults),
    )


def _own(place: str) -> str:
    """File and line, without the folders that the file lies in."""
    return Path(place).name


def _method() -> Section:
    blocks: list[Block] = []
    for question in QUESTIONS:
        blocks.append(Prose(f"{question.name}. {question.statement}", strong=True))
        side = "above" if question.predicted == "above" else "below"
        blocks.append(Prose(f"Measured: {question.statistic}. Predicted {side} {question.margin:g}. {question.reason}"))
    blocks.append(
        Prose(
            "The document is the unit: positions are averaged within it; intervals are Student's t under 30 documents "
            "and a bootstrap over documents from there on; p is a sign-flip permutation of document means minus the "
            "margin, in the direction of the estimate, corrected by Holm over questions and models. Supported: the "
            "whole interval on the predicted side and p below 0.05. Refuted: the whole interval on the other and the p "
            "of that direction below 0.05. Under 20 documents nothing is decided."
        )
    )
    return Section("method", "What was asked, and how", "See why each margin stands where it stands.", tuple(blocks))


def _headlines(measures: dict[str, MeanInterval]) -> list[str]:
    return [_number(measures[name].mean) if name in measures else "–" for name in NAMES]


def _other_bos(one: ModelVerdict) -> str:
    return "without BOS" if one.facts.has_bos else "with BOS"


def _number(value: float) -> str:
    return number(value, ".3g") if math.isfinite(value) else "–"


def _ends(interval: MeanInterval) -> str:
    if not math.isfinite(interval.low):
        return "–"
    return say("{low} to {high}", low=_number(interval.low), high=_number(interval.high))
