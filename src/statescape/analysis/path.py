"""The numbers of one path: how its states lie to the embeddings, and what they decode to.

Answers, state by state, the notebook's questions: how far is it from the embedding of the predicted token, does it
point along it, does it lie where embeddings live, does it decode to the prediction, and which part of each block moved
it there. Every number is computed once, here; the table, the report and the conclusion only show it. Sources: Timkey &
van Schijndel 2021 (cosines without dominant dimensions), nostalgebraist 2020 (logit lens), Elhage et al. 2021 (direct
attribution).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from jaxtyping import Float, Int

from statescape import plugins
from statescape.analysis.other_texts import OtherTexts, telling
from statescape.analysis.vocabulary import Vocabulary, vocabulary_of
from statescape.errors import StatescapeError, nearest
from statescape.geometry import Course, Null, Subspace, cosine, cosine_to, random_row_null, shuffled_steps, without
from statescape.geometry.moments import BLOCK_ROWS, Moments
from statescape.language import StatePath
from statescape.language.corpus import sample
from statescape.language.path import HasOtherTexts
from statescape.wording import Noun

if TYPE_CHECKING:
    import pandas as pd

Variant = Literal["raw", "centred", "without_rogue"]
Target = Literal["predicted", "current", "second", "mean"]
VARIANTS: tuple[Variant, ...] = ("raw", "centred", "without_rogue")
RANDOM_WEIGHTS_SEED = 1
TARGETS: tuple[Target, ...] = ("predicted", "current", "second", "mean")


@dataclass(frozen=True, eq=False)
class PathReading(Noun):
    """Numbers of a path, each computed when it is first asked for.

    Attributes:
        path: what is read.
        seed: of the random directions behind the nulls.
        others: texts that the geometry of the path is held against; None for the packaged sample.
    """

    path: StatePath
    seed: int = 0
    others: tuple[str, ...] | None = None

    @cached_property
    def norms(self) -> Float[np.ndarray, " states"]:
        """Euclidean norm of every state."""
        return np.asarray(np.linalg.norm(self._states, axis=1))

    @cached_property
    def target_ids(self) -> dict[str, int | None]:
        """Id of each token that states are compared with; the mean embedding has none."""
        path = self.path
        return {"predicted": path.predicted_id, "current": path.current_id, "second": path.second_id, "mean": None}

    def cosine(
        self, to: str = "predicted", variant: str = "raw", *, normed: bool = False
    ) -> Float[np.ndarray, " states"]:
        """Cosine of every state with one embedding.

        Args:
            to: the predicted, current or second-best token's embedding, or the mean of all embeddings.
            variant: as they are; both minus the mean embedding; or without the rogue dimensions. The mean embedding
                minus itself has no direction: NaN.
            normed: final_norm(s_l) instead of s_l.

        Raises:
            StatescapeError: for another token or variant.
        """
        for given, known in ((to, TARGETS), (variant, VARIANTS)):
            if given not in known:
                near = nearest(given, known)
                raise StatescapeError(f"A cosine is asked for by {', '.join(map(repr, known))}; got {given!r}{near}.")
        states = np.asarray(self.path.normed_states, dtype=np.float64) if normed else self._states
        token = self.target_ids[to]
        target = self.mean_embedding if token is None else self._row(token)
        if variant == "centred" and token is None:
            return np.full(len(states), np.nan)
        prepare = self._prepare(variant)
        return cosine(prepare(states), prepare(target[None]))

    @cached_property
    def best_of_isotropic(self) -> dict[Variant, Null]:
        """Cosine of the best token with an isotropic random direction: what choosing gives by itself."""
        left_out = tuple(self.path.rogue_dimensions)
        return {variant: self.vocabulary.best_of_isotropic(variant, left_out, self.seed) for variant in VARIANTS}

    @cached_property
    def random_token(self) -> dict[Variant, Null]:
        """Cosine of the last state with a token chosen at random, over the whole vocabulary."""
        rows, last = np.asarray(self.path.embeddings), self._states[-1]
        return {
            variant: random_row_null(self._prepare(variant)(rows), self._prepare(variant)(last[None])[0])
            for variant in VARIANTS
        }

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What depends on the embeddings alone, shared by all paths of a model."""
        return vocabulary_of(self.path.embeddings)

    @property
    def mean_embedding(self) -> Float[np.ndarray, " d_model"]:
        """Mean over the rows of the embedding matrix (without their covariance, which is dearer)."""
        return self.vocabulary.mean

    @property
    def moments(self) -> Moments:
        """Mean and covariance of the embeddings, from which every PCA of them follows."""
        return self.vocabulary.moments

    @cached_property
    def distance(self) -> Float[np.ndarray, " states"]:
        """Distance of every state from the predicted token's embedding, in units of that embedding's norm."""
        target = self._row(self.path.predicted_id)
        return np.asarray(np.linalg.norm(self._states - target, axis=1) / np.linalg.norm(target))

    @cached_property
    def nearest_id(self) -> int:
        """Token whose embedding is nearest (Euclidean) to the last state."""
        rows = self.path.embeddings
        last = self._states[-1].astype(rows.dtype)
        starts = range(0, len(rows), BLOCK_ROWS)
        parts = (rows[start : start + BLOCK_ROWS] for start in starts)
        squared = [np.square(part, dtype=np.float64).sum(axis=1) - 2 * (part @ last) for part in parts]
        return int(np.concatenate(squared).argmin())

    @cached_property
    def most_aligned_id(self) -> int:
        """Token whose embedding has the largest cosine with the last state."""
        return int(np.nanargmax(cosine_to(self.path.embeddings, self._states[-1])))

    @property
    def subspace(self) -> Subspace:
        """The embedding subspace: principal components that hold 90% of the embeddings' variance."""
        return self.vocabulary.subspace

    @cached_property
    def energy_inside(self) -> Float[np.ndarray, " states"]:
        """Share of each state's squared distance from the mean embedding that lies in the embedding subspace."""
        return self.subspace.energy_inside(self._states)

    @property
    def energy_of_embeddings(self) -> Null:
        """The same share for the embeddings themselves."""
        return self.vocabulary.energy_inside

    @cached_property
    def ranks(self) -> Int[np.ndarray, " states"]:
        """0-based rank of the prediction at every state: tokens decoded as strictly likelier."""
        log_probabilities = self.path.log_probabilities
        return np.asarray((log_probabilities > log_probabilities[:, [self.path.predicted_id]]).sum(axis=1))

    @cached_property
    def log_probability(self) -> Float[np.ndarray, " states"]:
        """Natural log-probability of the prediction, decoded from every state."""
        return np.asarray(self.path.log_probabilities[:, self.path.predicted_id], dtype=np.float64)

    @cached_property
    def entropy(self) -> Float[np.ndarray, " states"]:
        """Entropy of the decoded distribution, in nats."""
        log_probabilities = self.path.log_probabilities.astype(np.float64)
        return np.asarray(-_expectation(log_probabilities, log_probabilities))

    @cached_property
    def kl_to_final(self) -> Float[np.ndarray, " states"]:
        """KL(final || lens) of every state, in nats."""
        log_probabilities = self.path.log_probabilities.astype(np.float64)
        final = log_probabilities[-1:]
        divergence = _expectation(final, final) - _expectation(final, log_probabilities)
        return np.asarray(np.maximum(divergence, 0.0))

    @cached_property
    def decodes_from(self) -> int:
        """The first state from which the prediction stays first to the end."""
        not_first = np.flatnonzero(self.ranks > 0)
        return int(not_first[-1]) + 1 if len(not_first) else 0

    @cached_property
    def geometry(self) -> Course:
        """Growth of the norm, angles of the steps with the states and with each other, straightness."""
        return Course.of(self._states)

    @cached_property
    def shuffled_steps(self) -> dict[str, Null]:
        """Mean step angle and turn of the same steps in random order: what their order gives by chance."""
        return shuffled_steps(self._states, seed=self.seed)

    @cached_property
    def other_texts(self) -> OtherTexts | None:
        """The geometry of other texts through the same model; None where there is none that reads the packaged sample.

        Raises:
            StatescapeError: for too few texts.
        """
        origin: object = self.path.origin
        if not isinstance(origin, HasOtherTexts):
            return None
        own, given = self.path.text.strip(), self.others
        texts = [one.text for one in sample().documents] if given is None else given
        texts = [one for one in texts if one.strip() != own]
        try:
            found = OtherTexts(partial(origin.states_of, texts), len(texts), self.path.position, origin.key_of(texts))
            _ = found.profiles  # reads the texts, where that was never done
        except Exception:  # a model of others, whose tokenizer does not read English
            if given is not None:
                raise
            return None
        return found

    @cached_property
    def linear(self) -> Float[np.ndarray, " blocks"] | None:
        """Share of what every block adds in this text that one linear map, fitted to other texts, predicts.

        None where the path has no model to ask, or the text no position but the first.

        Raises:
            StatescapeError: for other texts with too few positions to fit a map to.
        """
        if self.other_texts is None or self.counting is None or not self.counting.shape[1]:
            return None
        return self.other_texts.explained(self.counting)

    @cached_property
    def counting(self) -> Float[np.ndarray, "states _ d_model"] | None:
        """The states of the text at the positions that count for a map; None where the path has no model to ask."""
        origin: object = self.path.origin
        return telling(origin.states) if isinstance(origin, HasOtherTexts) else None

    @cached_property
    def random_weights(self) -> PathReading | None:
        """The same position of the same text with freshly drawn weights; None where the model cannot be drawn."""
        origin = self.path.origin
        anew = None if origin is None else origin.with_random_weights(RANDOM_WEIGHTS_SEED)
        return None if anew is None else read_path(anew.path(self.path.position), seed=self.seed, others=self.others)

    def step_shares(self) -> tuple[Float[np.ndarray, " blocks"], Float[np.ndarray, " blocks"]] | None:
        """Share of the way from s_0 to the predicted embedding e that attention and MLP of each block go.

        With ``w = e - s_0``, a step v goes ``v.w / |w|^2`` of it; all steps together reach 1 when s_L projects onto e.
        None where the parts are not known, NaN where there is no way: the predicted token is the one that is read.
        """
        steps = self.path.steps
        if steps is None:
            return None
        way = self._row(self.path.predicted_id) - self._states[0]
        length = float(way @ way) or float("nan")
        return steps.attention.astype(np.float64) @ way / length, steps.mlp.astype(np.float64) @ way / length

    def step_turns(self) -> tuple[Float[np.ndarray, " blocks"], Float[np.ndarray, " blocks"]] | None:
        """By how many degrees attention and MLP of each block turn the state away from the predicted embedding.

        Negative turns are towards it. Attention comes first, as in a block, so that all of them add up to the change of
        the angle from the first state to the last. None where the parts are not known.
        """
        steps = self.path.steps
        if steps is None:
            return None
        half = self._states[:-1] + steps.attention.astype(np.float64)
        row = self._row(self.path.predicted_id)[None]
        angles, between = (
            np.degrees(np.arccos(np.clip(np.nan_to_num(cosine(each, row)), -1.0, 1.0))) for each in (self._states, half)
        )
        return between - angles[:-1], angles[1:] - between

    def top(self, state: int, count: int) -> list[tuple[int, float]]:
        """Ids and log-probabilities of the likeliest tokens decoded from one state, best first, ties by id."""
        row = self.path.log_probabilities[state]
        among = np.flatnonzero(row >= np.partition(row, -count)[-count]) if count < len(row) else np.arange(len(row))
        best = among[np.argsort(-row[among], kind="stable")[:count]]
        return [(int(token), float(row[token])) for token in best]

    def to_dataframe(self, top: int = 3) -> pd.DataFrame:
        """One row for each state: where it lies to the embeddings and what it decodes to.

        Columns: ``state``, ``norm``, ``cosine_to_predicted`` (also ``_centred``, ``_without_rogue``),
        ``cosine_to_current``, ``distance_to_predicted`` (in norms of that embedding), ``subspace_energy`` (share
        inside), ``attention_logit`` and ``mlp_logit`` (what the block added to the predicted token's logit; NaN for
        state 0, left out where the parts are not known), ``growth`` (of the norm), ``step_angle`` (of the step that
        leads to the state with the one it leaves) and ``turn`` (with the next step), in degrees, ``rank_of_predicted``,
        ``log_probability_of_predicted``, ``entropy``, ``kl_to_final`` (nats), ``top_1`` to ``top_k``.

        Args:
            top: how many of the likeliest tokens to show.
        """
        import pandas as pd

        steps = self.path.steps
        added = {} if steps is None else {"attention_logit": steps.attention_logit, "mlp_logit": steps.mlp_logit}
        likeliest = [
            [self.path.vocabulary[token] for token, _ in self.top(state, top)] for state in range(len(self.norms))
        ]
        return pd.DataFrame(
            {
                "state": np.arange(len(self.norms)),
                "norm": self.norms,
                "cosine_to_predicted": self.cosine("predicted"),
                "cosine_to_predicted_centred": self.cosine("predicted", "centred"),
                "cosine_to_predicted_without_rogue": self.cosine("predicted", "without_rogue"),
                "cosine_to_current": self.cosine("current"),
                "distance_to_predicted": self.distance,
                "subspace_energy": self.energy_inside,
                **{name: np.concatenate([[np.nan], logits]) for name, logits in added.items()},
                "growth": np.concatenate([[np.nan], self.geometry.growth]),
                "step_angle": np.concatenate([[np.nan], self.geometry.step_angle]),
                "turn": np.concatenate([[np.nan], self.geometry.turn, [np.nan]])[: len(self.norms)],
                "rank_of_predicted": self.ranks,
                "log_probability_of_predicted": self.log_probability,
                "entropy": self.entropy,
                "kl_to_final": self.kl_to_final,
                **{f"top_{place + 1}": [row[place] for row in likeliest] for place in range(len(likeliest[0]))},
            }
        )

    @cached_property
    def _states(self) -> Float[np.ndarray, "states d_model"]:
        return np.asarray(self.path.states, dtype=np.float64)

    def _row(self, token: int) -> Float[np.ndarray, " d_model"]:
        return np.asarray(self.path.embeddings[token], dtype=np.float64)

    def _prepare(self, variant: str) -> Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, "n kept"]]:
        """What a variant of the cosine does to vectors before they are compared."""
        if variant == "centred":
            return lambda rows: rows - self.mean_embedding.astype(rows.dtype)
        if variant == "without_rogue":
            return lambda rows: without(rows, self.path.rogue_dimensions)
        return lambda rows: rows


def read_path(path: StatePath, *, seed: int = 0, others: Iterable[str] | None = None) -> PathReading:
    """The numbers of ``path``; nothing is computed before it is asked for.

    Args:
        path: the path.
        seed: of the random directions and orders behind the nulls.
        others: texts that its geometry is held against; None for the packaged sample.
    """
    return PathReading(path, seed, None if others is None else tuple(others))


@plugins.reading.register
def _(path: StatePath) -> PathReading:
    return read_path(path)


@plugins.table.register
def _(path: StatePath) -> object:
    return path.reading.to_dataframe()


def _expectation(
    log_weights: Float[np.ndarray, "#states vocabulary"], values: Float[np.ndarray, "#states vocabulary"]
) -> Float[np.ndarray, " states"]:
    """Sum of p times value over the vocabulary, where p = 0 adds nothing even if the value is infinite."""
    weights = np.exp(log_weights)
    return np.asarray((weights * np.where(weights > 0, values, 0.0)).sum(axis=1))
