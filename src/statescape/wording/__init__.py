"""The words that people read, in the language they chose: English texts in the code, French ones beside it.

The English text is its own key (as in gettext): ``say("{n:,} tokens", n=50257)`` reads "50,257 tokens", and inside
``with speaking("fr")`` what ``fr/*.json`` says in its place, "50 257 tokens". Numbers follow the language wherever
they stand. What is said is said when it is shown: results keep numbers, never sentences.
"""

from statescape.wording.brief import brief
from statescape.wording.language import LANGUAGES, speaking, spoken
from statescape.wording.numbers import NARROW_SPACE, number, ordinal, separators
from statescape.wording.saying import listed, phrase, say, say_count, unfilled

__all__ = [
    "LANGUAGES",
    "NARROW_SPACE",
    "brief",
    "listed",
    "number",
    "ordinal",
    "phrase",
    "say",
    "say_count",
    "separators",
    "speaking",
    "spoken",
    "unfilled",
]
