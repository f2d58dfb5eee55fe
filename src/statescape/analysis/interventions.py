"""What interventions say: where two texts part, which states carry an answer, what a model loses, where it is steered.

Every sentence is computed from the numbers of its noun, and says how far chance would go or how wide its interval is.
"""

from __future__ import annotations

import numpy as np

from statescape import plugins
from statescape.language.ablating import Ablation
from statescape.language.contrasting import Contrast
from statescape.language.pair_patching import PatchedPairs
from statescape.language.patching import Patching
from statescape.language.steering import Steering
from statescape.wording import Answers, listed, visible

answers = Answers("interventions")


@plugins.conclusion.register
def _(found: Contrast) -> str:
    at, last = found.parts_at, {kind: [pair.kl[-1] for pair in pairs] for kind, pairs in found.null.items()}
    values = {"kl": found.apart.kl[-1], "most": max(last["paraphrased"]), "count": len(last["paraphrased"])}
    if at is None:
        return answers("contrast.never", **values)
    # Of count + 1 exchangeable pairs each is as likely as any other to be the one furthest apart.
    return answers(
        "contrast.part", **values, state=at, unrelated=float(np.median(last["unrelated"])), chance=values["count"] + 1
    )


@plugins.conclusion.register
def _(found: Patching) -> str:
    where, (first, second) = _carriers(found), map(visible, found.answer_tokens)
    return answers("patch.some" if where else "patch.none", first=first, second=second, where=where)


@plugins.conclusion.register
def _(found: PatchedPairs) -> str:
    where = _carriers(found)
    return answers("patch.some_of_pairs" if where else "patch.none_of_pairs", pairs=len(found.pairs), where=where)


def _carriers(found: Patching | PatchedPairs) -> str:
    """At which positions one state restores at least half, and which states do; empty where none does."""
    said = []
    for position, first, last in found.carriers():
        tokens = found.tokens_at(position)
        place = (
            answers("patch.at_token", token=visible(tokens[0]), position=position)
            if tokens
            else answers("patch.at_position", position=position)
        )
        said.append(
            answers("patch.carrier" if first == last else "patch.carriers", place=place, first=first, last=last)
        )
    return answers("and_then").join(said)


@plugins.conclusion.register
def _(found: Ablation) -> str:
    changes = found.changes
    order = np.argsort([-change.mean for change in changes])
    worst = changes[order[0]]
    values = {"loss": found.loss, "more": worst.mean, "low": worst.low, "high": worst.high}
    most = answers(f"ablation.most.{found.part}", block=int(order[0]) + 1, documents=len(found.plain), **values)
    better = [block for block, change in enumerate(found.changes_together, 1) if change.high < 0]
    if not better:
        return f"{most} {answers('ablation.better.none')}"
    named = listed([str(block) for block in better])
    return f"{most} {answers('ablation.better.some', blocks=named)}"


@plugins.conclusion.register
def _(found: Steering) -> str:
    before, after = (path.predicted for path in found.paths)
    untouched, steered = (np.exp(path.log_probabilities[-1].astype(np.float64)) for path in found.paths)
    first, now = (path.predicted_id for path in found.paths)
    return answers(
        "steering.same" if first == now else "steering.changed",
        block=found.block,
        before=visible(before.token),
        after=visible(after.token),
        before_untouched=float(untouched[first]),
        before_steered=float(steered[first]),
        after_untouched=float(untouched[now]),
        after_steered=float(steered[now]),
        kl=float(found.kl[-1]),
    )
