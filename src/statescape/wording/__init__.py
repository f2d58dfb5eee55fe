"""The words that people read, in the language they chose, with numbers as that language writes them.

Answers are templates in files, one for each noun and language: ``Answers("path")("end.same", token="cat")`` fills in
``answers/en/path.toml``. Labels of figures and pages stand where they are drawn, and the English text is its own key
(as in gettext): ``say("{n:,} tokens", n=50257)`` reads "50,257 tokens", and inside ``with speaking("fr")`` what
``fr/*.json`` says in its place, "50 257 tokens". What is said is said when it is shown: results keep numbers, never
sentences.
"""

from statescape.wording.answers import Answers
from statescape.wording.brief import Noun, brief
from statescape.wording.language import LANGUAGES, speaking, spoken
from statescape.wording.numbers import NARROW_SPACE, number, ordinal, percent, probability, separators
from statescape.wording.saying import listed, phrase, say, say_count, unfilled
from statescape.wording.spelling import visible

__all__ = [
    "LANGUAGES",
    "NARROW_SPACE",
    "Answers",
    "Noun",
    "brief",
    "listed",
    "number",
    "ordinal",
    "percent",
    "phrase",
    "probability",
    "say",
    "say_count",
    "separators",
    "speaking",
    "spoken",
    "unfilled",
    "visible",
]
