"""A verdict on the hypothesis over a corpus: eight questions, three of them asked twice, each with a margin."""

from statescape.arguments import opened
from statescape.studies.verdict.decision import Decision, decide
from statescape.studies.verdict.questions import QUESTIONS, Question
from statescape.studies.verdict.result import ModelVerdict, Verdicts
from statescape.studies.verdict.running import verdict

__all__ = ["QUESTIONS", "Decision", "ModelVerdict", "Question", "Verdicts", "decide", "verdict"]

opened(globals())
