"""The questions asked of a model over a corpus, with margins declared before the first run on held-out text.

The claim of the notebook: *the blocks turn the embedding of token t, step by step, into the embedding of token t + 1,
so the last state is the embedding of the predicted token.* Each question takes one part of it and has one headline
statistic, measured at every position but the first and averaged within documents. `margin` parts what would count as
true from what would not, in the statistic's own units; `reason` says why it stands there. None was chosen by looking
at data: each follows from what the statistic is at the two ends it lies between.

What transformers calls the last hidden state is `final_norm(s_L)`, not `s_L`, and the answer may turn on which of the
two is read. So the three questions of the last state are asked of both: H1n, H2n and H6n are H1, H2 and H6 of
`final_norm(s_L)`, claims of their own at the same margins.

H7 and H8 are the causal form of the claim: the embedding is put where the state was, and the model runs on. Their
margins were committed before any text was read with a stand-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from statescape.wording import Noun, phrase

Side = Literal["above", "below"]


@dataclass(frozen=True)
class Question(Noun):
    """One question with its declared margin.

    Attributes:
        name: "H1" to "H8"; "H1n", "H2n" and "H6n" of the last state after the final norm.
        statement: what is claimed.
        statistic: what is measured at every position.
        predicted: on which side of the margin the claim puts the statistic.
        margin: where true and false part, in the statistic's units.
        reason: why the margin stands there.
        nulls: measures of `measures` that show what chance, or construction, gives by itself.
    """

    name: str
    statement: str
    statistic: str
    predicted: Side
    margin: float
    reason: str
    nulls: tuple[str, ...]


QUESTIONS: tuple[Question, ...] = (
    Question(
        name="H1",
        statement=phrase("The last state is the embedding of the predicted token."),
        statistic=phrase("distance |s_L - e| from the predicted token's embedding e, in units of |e|"),
        predicted="below",
        margin=0.5,
        reason=phrase(
            "At 0 the state is the embedding; at 1 it is as far away as a state that knows nothing, the origin. Half "
            "way is generous: whatever lies within it has a cosine of at least 0.87 with the embedding. The same bound "
            "is used for a single path."
        ),
        nulls=("distance.isotropic", "distance.random_token", "distance.same_decile", "distance.current"),
    ),
    Question(
        name="H2",
        statement=phrase(
            "The last state points along the predicted token's embedding, more than choosing a token gives."
        ),
        statistic=phrase(
            "cosine of s_L with that embedding minus the mean cosine of the best token of an isotropic direction; the "
            "smallest of raw, centred and without rogue dimensions"
        ),
        predicted="above",
        margin=0.05,
        reason=phrase(
            "At 0 is what choosing the best of all tokens gives any direction by itself. That chance has a spread of "
            "its own, about 0.05 either way at usual sizes (sqrt(2 ln V / d) with V in the thousands, d in the "
            "hundreds): less than this no path could be told from choice. The smallest of three measures, so that "
            "neither a mean that all embeddings share nor one dominant coordinate can carry the claim alone."
        ),
        nulls=("excess.shuffled", "excess.random_token", "excess.same_decile", "excess.current", "excess.second"),
    ),
    Question(
        name="H3",
        statement=phrase("The path travels, block by block, from the embedding of the token read to that predicted."),
        statistic=phrase(
            "share of pairs of states in which the later has the larger cosine with the predicted and the smaller with "
            "the current embedding (both centred), pairs without any move left out, 0 where s_L is not nearer to the "
            "predicted; where the two differ"
        ),
        predicted="above",
        margin=0.75,
        reason=phrase(
            "A path that goes straight from one to the other has 1. One that only leaves the first, in order, and "
            "wanders about the second has 1/2 (the second cosine then rises in half of the pairs); states in random "
            "order have 1/4 to 1/2. The margin is half way from leaving to travelling."
        ),
        nulls=("travel.shuffled_states", "travel.shuffled_blocks", "travel.same_decile"),
    ),
    Question(
        name="H4",
        statement=phrase("The states leave the subspace in which the embeddings lie."),
        statistic=phrase(
            "energy outside the embedding subspace (90% of the embeddings' variance), mean over s_1 to s_L, minus "
            "that of the current token's embedding"
        ),
        predicted="above",
        margin=0.10,
        reason=phrase(
            "At 0 the states lie where embeddings lie. The subspace leaves out a tenth of the embeddings' variance by "
            "definition, so the margin is as much again: states beyond it have twice what embeddings have outside."
        ),
        nulls=("outside.embeddings", "outside.current", "outside.isotropic", "outside.s_0"),
    ),
    Question(
        name="H5",
        statement=phrase("The states decode: read as if it were the last, an inner state gives the final token."),
        statistic=phrase(
            "share of the inner states s_1 to s_(L-1) from which on the final token is first and stays first; where "
            "s_0 does not give it already"
        ),
        predicted="above",
        margin=0.5,
        reason=phrase(
            "At 0 the last block alone decides, at 1 the first. States that decode are most of them. Positions whose "
            "token s_0 gives already are left out: what repeats the token it reads, as random weights do, was decoded "
            "by no block."
        ),
        nulls=("decodes.shuffled", "decodes.with_s_0"),
    ),
    Question(
        name="H6",
        statement=phrase(
            "The last state singles the predicted token out by its cosine, more than any direction would."
        ),
        statistic=phrase(
            "agreement a of the token of largest cosine with s_L and the predicted token, corrected for that of "
            "isotropic states under the same head, c: (a - c) / (1 - c)"
        ),
        predicted="above",
        margin=0.5,
        reason=phrase(
            "With tied weights a state and its token agree in part by construction, whatever the state: that is c, and "
            "0 is no more than that; 1 is always (Cohen 1960). Half way is the least that could be called singling "
            "out. Where c is above 0.95 construction leaves nothing to find, and the question is not asked."
        ),
        nulls=("agree.isotropic", "agree.product", "agree.plain_norm"),
    ),
    Question(
        name="H1n",
        statement=phrase("After the final norm, the last state is the embedding of the predicted token."),
        statistic=phrase("distance |final_norm(s_L) - e| from the predicted token's embedding e, in units of |e|"),
        predicted="below",
        margin=0.5,
        reason=phrase(
            "The margin of H1, for what transformers calls the last hidden state: it is read after the final norm. Its "
            "null is an isotropic direction of the length that this norm gives."
        ),
        nulls=(
            "distance.normed.isotropic",
            "distance.normed.random_token",
            "distance.normed.same_decile",
            "distance.normed.current",
        ),
    ),
    Question(
        name="H2n",
        statement=phrase(
            "After the final norm, the last state points along the predicted token's embedding, more than choosing a "
            "token gives."
        ),
        statistic=phrase(
            "cosine of final_norm(s_L) with that embedding minus the mean cosine of the best token of an isotropic "
            "direction; the smallest of raw, centred and without rogue dimensions"
        ),
        predicted="above",
        margin=0.05,
        reason=phrase(
            "The margin of H2. With tied weights the logit is the product of final_norm(s_L) with the embedding: the "
            "token was chosen for the very thing that is measured, so that the best token of an isotropic direction is "
            "the null of this reading before all others."
        ),
        nulls=(
            "excess.normed.shuffled",
            "excess.normed.random_token",
            "excess.normed.same_decile",
            "excess.normed.current",
            "excess.normed.second",
        ),
    ),
    Question(
        name="H6n",
        statement=phrase(
            "After the final norm, the last state singles the predicted token out by its cosine, more than any "
            "direction would."
        ),
        statistic=phrase(
            "agreement a of the token of largest cosine with final_norm(s_L) and the predicted token, corrected for "
            "that of isotropic states after the same norm, c: (a - c) / (1 - c)"
        ),
        predicted="above",
        margin=0.5,
        reason=phrase(
            "The margin of H6. With tied weights the predicted token has the largest product with final_norm(s_L), "
            "from which the cosine differs by the lengths of the embeddings alone: more of the agreement is there by "
            "construction than before the norm, and c is measured behind the norm too."
        ),
        nulls=("agree.normed_isotropic", "agree.product", "agree.plain_norm"),
    ),
    Question(
        name="H7",
        statement=phrase("The predicted token's embedding can stand for the last state."),
        statistic=phrase(
            "share of what the model says beyond its average that it still says with the embedding in the place of "
            "s_L, at its norm: 1 - KL(untouched || replaced) / KL(untouched || average), at least 0; at 16 positions "
            "of a passage"
        ),
        predicted="above",
        margin=0.5,
        reason=phrase(
            "At 0 the model says no more than on average, which knows nothing of this position; at 1 it says all that "
            "it said. What stands for a state keeps most of what it says."
        ),
        nulls=("kept.same_decile", "kept.current", "kept.isotropic", "kept.mean"),
    ),
    Question(
        name="H8",
        statement=phrase("From some block on, the predicted token's embedding can stand for inner states."),
        statistic=phrase(
            "share of the inner states s_1 to s_(L-1) from which on, with the embedding in the place of one of them at "
            "its norm, more than half is kept of what the model says beyond its average, and more than with each of "
            "the nulls there; at one position of a document"
        ),
        predicted="above",
        margin=0.25,
        reason=phrase(
            "At 0 it stands for none, at 1 for all from the first block on. Some block is fewer than most, but more "
            "than the last alone, which is a fifth of the inner states of a model of six blocks: a quarter. A state "
            "that something else can stand for as well is one that later blocks do not read."
        ),
        nulls=("stands.same_decile", "stands.current", "stands.isotropic", "stands.mean"),
    ),
)

MOST_AGREEMENT_BY_CONSTRUCTION = 0.95
"""H6 (or H6n) is not asked where isotropic states agree more often than this."""

ALPHA = 0.05
"""Level of the Holm-corrected tests, over headline questions times models."""

LEVEL = 0.95
"""Level of all intervals."""

FEWEST_DOCUMENTS = 20
"""With fewer documents nothing is decided."""
