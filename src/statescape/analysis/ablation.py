"""What an ablation says: which blocks a model cannot do without, and which it is better without."""

from __future__ import annotations

import numpy as np

from statescape import plugins
from statescape.language.ablating import Ablation
from statescape.wording import Answers, listed

answers = Answers("ablation")


@plugins.conclusion.register
def _(found: Ablation) -> str:
    changes = found.changes
    order = np.argsort([-change.mean for change in changes])
    worst = changes[order[0]]
    values = {"loss": found.loss, "more": worst.mean, "low": worst.low, "high": worst.high}
    most = answers(f"most.{found.part}", block=int(order[0]) + 1, documents=len(found.plain), **values)
    better = [block for block, change in enumerate(found.changes_together, 1) if change.high < 0]
    if not better:
        return f"{most} {answers('better.none')}"
    named = listed([str(block) for block in better])
    return f"{most} {answers('better.some', blocks=named)}"
