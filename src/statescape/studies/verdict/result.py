"""What was found: for every model its decisions with all that stands beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from statescape import plugins
from statescape.language import ModelFacts
from statescape.statistics import MeanInterval
from statescape.studies.verdict.decision import Decision
from statescape.studies.verdict.questions import Question
from statescape.studies.verdict.reference import VARIANTS, ModelConstants
from statescape.studies.verdict.summary import CorpusSummary
from statescape.wording import Noun, brief

if TYPE_CHECKING:
    import pandas as pd

RANDOM_WEIGHTS, OTHER_BOS = "random weights", "other BOS"


@dataclass(frozen=True)
class Extreme:
    """A document at one end of a headline.

    Attributes:
        place: file and line.
        opening: its first words.
        value: its mean.
    """

    place: str
    opening: str
    value: float


@dataclass(frozen=True, eq=False)
class ModelVerdict(Noun):
    """One model's answers.

    Attributes:
        facts: of the model.
        decisions: of all questions, in their order.
        summary: of all its documents.
        readings: summaries of the same model read otherwise on a part of the documents: with random weights, and with
            the other policy on BOS.
        constants: its constants.
        too_short: documents without a position beyond the first.
        split: documents longer than the context, read in passages.
        extremes: lowest and highest document of every headline.
        notes: what could not be done, in words.
    """

    facts: ModelFacts
    decisions: tuple[Decision, ...]
    summary: CorpusSummary
    readings: dict[str, CorpusSummary]
    constants: ModelConstants
    too_short: int
    split: int
    extremes: dict[str, tuple[Extreme, Extreme]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def decided_by(self) -> dict[str, float]:
        """How often each measure of which H2 takes the smallest was the smallest, the one most often so first."""
        return self.deciding("H2")

    def deciding(self, question: str) -> dict[str, float]:
        """How often each measure of which H2, or H2n, takes the smallest was the smallest."""
        source = "normed." if question == "H2n" else ""
        shares = {name: self.summary.measures.get(f"smallest.{source}{name}") for name in VARIANTS}
        known = {name: share.mean for name, share in shares.items() if share is not None and is_known(share)}
        return dict(sorted(known.items(), key=lambda one: -one[1]))

    def nulls(self, question: Question) -> dict[str, MeanInterval]:
        """What chance and construction give for one question, as far as it was measured."""
        found = {name: self.summary.measures[name] for name in question.nulls if name in self.summary.measures}
        random = self.readings.get(RANDOM_WEIGHTS)
        if random is not None and question.name in random.measures:
            found["random_weights"] = random.measures[question.name]
        return found


@dataclass(frozen=True, eq=False)
class Verdicts(Noun):
    """The answers of one or more models over one corpus.

    Attributes:
        models: one for each.
        files: names of the files, as given.
        n_documents: documents of the corpus.
        faults: lines that could not be read.
        first_faults: place and reason of the first of them.
        empty: documents without text.
        duplicates: documents left out because they had been read already.
        complete: whether the corpus was read to its end.
        positions: most positions read in a document; None for all.
        seed: of everything drawn.
    """

    models: tuple[ModelVerdict, ...]
    files: tuple[str, ...]
    n_documents: int
    faults: int
    first_faults: tuple[tuple[str, str], ...]
    empty: int
    duplicates: int
    complete: bool
    positions: int | None
    seed: int

    @property
    def n_positions(self) -> int:
        """Positions read, of all models together."""
        return sum(model.summary.n_positions for model in self.models)

    @property
    def conclusion(self) -> str:
        """One sentence for each question and model, computed from its numbers."""
        return str(plugins.conclusion(self))

    def to_dataframe(self) -> pd.DataFrame:
        """One row for each model and question, with the keys of the machine-readable output."""
        import pandas as pd

        rows = [_hypothesis(decision, one) for one in self.models for decision in one.decisions]
        for row in rows:
            row["ci_low"], row["ci_high"] = row.pop("ci95")
            del row["nulls"]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        words = "; ".join(
            f"{one.facts.name}: "
            + ", ".join(f"{decision.question.name} {decision.verdict}" for decision in one.decisions)
            for one in self.models
        )
        return brief(f"Verdicts over {self.n_documents:,} documents: {words}")

    def as_json(self) -> dict[str, Any]:
        """All numbers as plain JSON; what is not a number stays NaN."""
        from statescape import __version__

        return {
            "version": __version__,
            "models": [_model(one) for one in self.models],
            "n_documents": self.n_documents,
            "n_positions": self.n_positions,
            "corpus": {
                "files": list(self.files),
                "faulty_lines": self.faults,
                "first_faults": [{"place": place, "reason": reason} for place, reason in self.first_faults],
                "empty": self.empty,
                "duplicates": self.duplicates,
                "read_to_its_end": self.complete,
            },
            "positions_per_document": self.positions,
            "seed": self.seed,
            "hypotheses": [_hypothesis(decision, one) for one in self.models for decision in one.decisions],
        }


def _hypothesis(decision: Decision, model: ModelVerdict) -> dict[str, Any]:
    question = decision.question
    return {
        "name": question.name,
        "statement": question.statement,
        "statistic": question.statistic,
        "model": decision.model,
        "estimate": decision.interval.mean,
        "ci95": [decision.interval.low, decision.interval.high],
        "n_documents": decision.interval.n,
        "margin": question.margin,
        "predicted": question.predicted,
        "nulls": {name: _interval(interval) for name, interval in model.nulls(question).items()},
        "p": decision.p,
        "p_holm": decision.p_holm,
        "p_against": decision.p_against,
        "p_against_holm": decision.p_against_holm,
        "interval": decision.interval.method,
        "verdict": decision.verdict,
        **({"decided_by": model.deciding(question.name)} if question.name in ("H2", "H2n") else {}),
    }


def _model(one: ModelVerdict) -> dict[str, Any]:
    facts, constants = one.facts, one.constants
    return {
        **facts.as_json(),
        "bos": facts.bos,
        "max_logit_error": facts.max_logit_error,
        "n_documents": one.summary.n_documents,
        "n_positions": one.summary.n_positions,
        "too_short": one.too_short,
        "split": one.split,
        "rogue_dimensions": list(constants.rogue),
        "best_token_of_isotropic_direction": dict(zip(VARIANTS, constants.best_of_isotropic, strict=True)),
        "agreement_of_isotropic_states": constants.agreement_of_isotropic,
        "normed_agreement_of_isotropic_states": constants.normed_agreement_of_isotropic,
        "principal_angles_of_random_vectors": list(constants.random_angles),
        **_summary(one.summary),
        "readings": {name: {"n_documents": it.n_documents, **_summary(it)} for name, it in one.readings.items()},
        "extremes": {
            name: [{"place": end.place, "opening": end.opening, "value": end.value} for end in ends]
            for name, ends in one.extremes.items()
        },
        "notes": list(one.notes),
    }


def _summary(summary: CorpusSummary) -> dict[str, Any]:
    return {
        "measures": {name: _interval(interval) for name, interval in summary.measures.items()},
        "by_state": {
            name: {"mean": list(profile.mean), "low": list(profile.low), "high": list(profile.high)}
            for name, profile in summary.profiles.items()
        },
        "slices": {
            slice_: {name: _interval(interval) for name, interval in headlines.items()}
            for slice_, headlines in summary.slices.items()
        },
    }


def _interval(interval: MeanInterval) -> dict[str, Any]:
    return {"estimate": interval.mean, "ci95": [interval.low, interval.high], "n_documents": interval.n}


def is_known(interval: MeanInterval) -> bool:
    """Whether there is a mean at all."""
    return math.isfinite(interval.mean)
