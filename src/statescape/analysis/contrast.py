"""What a contrast says: where two texts part, and how often a paraphrase would do the same by chance."""

from __future__ import annotations

import numpy as np

from statescape import plugins
from statescape.language.contrasting import Contrast
from statescape.wording import Answers

answers = Answers("contrast")


@plugins.conclusion.register
def _(found: Contrast) -> str:
    at, last = found.parts_at, {kind: [pair.kl[-1] for pair in pairs] for kind, pairs in found.null.items()}
    values = {"kl": found.apart.kl[-1], "most": max(last["paraphrased"]), "count": len(last["paraphrased"])}
    if at is None:
        return answers("never", **values)
    # Of count + 1 exchangeable pairs each is as likely as any other to be the one furthest apart.
    return answers(
        "part", **values, state=at, unrelated=float(np.median(last["unrelated"])), chance=values["count"] + 1
    )
