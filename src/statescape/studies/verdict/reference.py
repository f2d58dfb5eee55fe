"""What the positions of a corpus are held against: the embeddings, and constants measured once for each model.

The constants (`ModelConstants`) are plain numbers, so that they travel to workers and into the journal; the arrays
follow from the embeddings and are made where they are needed.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from statescape.analysis.vocabulary import Vocabulary, vocabulary_of
from statescape.geometry import Normalisation, Rows, Subspace, rogue_dimensions, without
from statescape.geometry.moments import BLOCK_ROWS, blocks

Variant = Literal["raw", "centred", "without_rogue", "dimension"]
VARIANTS: tuple[Variant, ...] = ("raw", "centred", "without_rogue", "dimension")
"""How states and embeddings are prepared for a cosine; the first three are those of the headline of H2."""

DRAWS = 1000
"""Isotropic directions behind the mean cosine of the best token: its standard error is about 0.001."""

ANGLE_DRAWS = 100
"""Sets of random vectors behind the null of the principal angles."""

UNSEEN = 0
"""Decile of tokens that the corpus never holds; the others are 1 (rarest) to 10."""


@dataclass(frozen=True)
class ModelConstants:
    """Constants of one model on one corpus.

    Attributes:
        rogue: rogue dimensions, found on a sample of the corpus.
        best_of_isotropic: mean cosine of the best token of an isotropic direction, by variant.
        agreement_of_isotropic: how often the token of largest cosine is the predicted one, for isotropic states under
            the model's own head; NaN where there is no head to ask.
        random_angles: mean first and last principal angle of as many random vectors as a path has states, degrees.
        norm_centres: whether the final norm takes the mean out.
        deciles: decile of every token by its count in the corpus, base64 of one byte a token.
        seed: of the draws.
        normed_agreement_of_isotropic: the agreement of the token of largest cosine with final_norm(s), for the same
            isotropic states; NaN also in runs that were begun before it was asked.
        mean_states: mean of each state over a sample of the corpus, base64 of float32; "" where nothing stands in for
            states: in runs that were begun before that was asked, and under the other policy on BOS.
        average: log-probabilities of what the model says on average over that sample, base64 of float32; "" likewise.
    """

    rogue: tuple[int, ...]
    best_of_isotropic: tuple[float, ...]
    agreement_of_isotropic: float
    random_angles: tuple[float, float]
    norm_centres: bool
    deciles: str
    seed: int
    normed_agreement_of_isotropic: float = float("nan")
    mean_states: str = ""
    average: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @property
    def decile_of(self) -> Int[np.ndarray, " vocabulary"]:
        """Decile of every token."""
        return np.frombuffer(base64.b64decode(self.deciles), dtype=np.int8).astype(np.int64)

    @property
    def average_of(self) -> Float[np.ndarray, " vocabulary"] | None:
        """Log-probability of every token in what the model says on average; None where nothing stands in for states."""
        return _unpacked(self.average).astype(np.float64) if self.average else None

    def mean_states_of(self, width: int) -> Float[np.ndarray, "states d_model"] | None:
        """Mean of each state; None where nothing stands in for states."""
        return _unpacked(self.mean_states).reshape(-1, width).astype(np.float64) if self.mean_states else None


@dataclass(frozen=True, eq=False)
class Reference:
    """The embeddings of a model and its constants.

    Attributes:
        embeddings: the embedding of every token.
        unembedding: rows of W_U for untied models, else None.
        constants: the constants.
    """

    embeddings: Float[Rows, "vocabulary d_model"]
    unembedding: Float[np.ndarray, "vocabulary d_model"] | None
    constants: ModelConstants

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What depends on the embeddings alone."""
        return vocabulary_of(self.embeddings)

    @property
    def mean(self) -> Float[np.ndarray, " d_model"]:
        """The mean embedding."""
        return self.vocabulary.mean

    @property
    def subspace(self) -> Subspace:
        """The embedding subspace."""
        return self.vocabulary.subspace

    @cached_property
    def dimension(self) -> Normalisation:
        """Centring and scaling of every coordinate by the embeddings' own mean and deviation."""
        return Normalisation.from_moments(self.vocabulary.moments)

    @property
    def outside_of_embeddings(self) -> float:
        """Mean share of an embedding's energy outside the subspace."""
        return 1.0 - self.vocabulary.energy_inside.mean

    @cached_property
    def lengths(self) -> dict[str, Float[np.ndarray, " vocabulary"]]:
        """Norm of every embedding as it is, centred, and without the rogue dimensions (float32)."""
        rogue = list(self.constants.rogue)
        found: dict[str, list[np.ndarray]] = {"raw": [], "centred": [], "without_rogue": []}
        for block in blocks(self.embeddings):
            centred, squares = block - self.mean, np.einsum("vd,vd->v", block, block)
            found["raw"].append(squares)
            found["centred"].append(np.einsum("vd,vd->v", centred, centred))
            found["without_rogue"].append(np.maximum(squares - np.square(block[:, rogue]).sum(axis=1), 0.0))
        return {name: np.sqrt(np.concatenate(parts)).astype(np.float32) for name, parts in found.items()}

    @cached_property
    def scales(self) -> dict[str, Float[np.ndarray, " vocabulary"]]:
        """1 over each of these lengths; 0 for a vector of length 0, which no state points along."""
        return {name: inverse(lengths) for name, lengths in self.lengths.items()}

    @cached_property
    def unembedding_scale(self) -> Float[np.ndarray, " vocabulary"]:
        """1 over the length of every row of W_U, of an untied model."""
        assert self.unembedding is not None
        return inverse(np.linalg.norm(self.unembedding, axis=1))

    @cached_property
    def along_mean(self) -> Float[np.ndarray, " vocabulary"]:
        """Product of every embedding with the mean embedding (float32)."""
        mean = self.mean.astype(np.float32)
        starts = range(0, len(self.embeddings), BLOCK_ROWS)
        return np.concatenate([self.embeddings[start : start + BLOCK_ROWS] @ mean for start in starts])

    @cached_property
    def rogue_coordinates(self) -> Float[np.ndarray, "vocabulary rogue"]:
        """The rogue dimensions of every embedding."""
        return np.asarray(self.embeddings[:, list(self.constants.rogue)])

    def prepare(self, points: Float[np.ndarray, "*rows d_model"], variant: Variant) -> Float[np.ndarray, "*rows kept"]:
        """What a variant of the cosine does to vectors before they are compared (float64)."""
        prepared: np.ndarray = np.asarray(points, dtype=np.float64)
        if variant == "centred":
            prepared = prepared - self.mean
        elif variant == "without_rogue" and self.constants.rogue:
            prepared = without(prepared, self.constants.rogue)
        elif variant == "dimension":
            prepared = (prepared - self.dimension.mean) / self.dimension.scale
        return prepared

    def rows(self, ids: Int[np.ndarray, " positions"]) -> Float[np.ndarray, "positions d_model"]:
        """Embeddings of tokens in float64."""
        return np.asarray(self.embeddings[ids], dtype=np.float64)


def inverse(lengths: np.ndarray) -> np.ndarray:
    """1 / length in float32; 0 for a length of 0."""
    with np.errstate(divide="ignore"):
        return np.where(lengths > 0, 1.0 / lengths, 0.0).astype(np.float32)


def measure_constants(
    embeddings: Float[Rows, "vocabulary d_model"],
    states: Float[np.ndarray, "rows d_model"],
    *,
    counts: Int[np.ndarray, " vocabulary"],
    path_length: int,
    agreement: float,
    normed_agreement: float,
    norm_centres: bool,
    seed: int,
    known: ModelConstants | None = None,
    average: Float[np.ndarray, " vocabulary"] | None = None,
) -> ModelConstants:
    """The constants of a model.

    Args:
        embeddings: of every token.
        states: of a sample of positions, state after state, without position 0.
        counts: how often each token stands in the corpus.
        path_length: states of a path.
        agreement: of isotropic states, see `ModelConstants`.
        normed_agreement: of the same after the final norm.
        norm_centres: whether the final norm takes the mean out.
        seed: of the random directions.
        known: constants of another reading of these embeddings by this seed, of which the nulls are the same.
        average: log-probabilities of what the model says on average; None: nothing is to stand in for its states.
    """
    rogue = rogue_dimensions(states)
    bare = ModelConstants(rogue, (), agreement, (0.0, 0.0), norm_centres, _packed(frequency_deciles(counts)), seed)
    reference = Reference(embeddings, None, bare)
    if known is not None and known.rogue == rogue:
        best, angles = known.best_of_isotropic, known.random_angles
    else:
        nulls = (reference.vocabulary.best_of_isotropic(variant, rogue, seed, DRAWS) for variant in VARIANTS)
        best = tuple(null.mean for null in nulls)
        angles = _random_angles(reference.subspace, path_length, seed)
    return ModelConstants(
        rogue,
        best,
        agreement,
        angles,
        norm_centres,
        bare.deciles,
        seed,
        normed_agreement,
        "" if average is None else _floats(states.reshape(path_length, -1, states.shape[1]).mean(axis=1, dtype=float)),
        "" if average is None else _floats(average),
    )


def frequency_deciles(counts: Int[np.ndarray, " vocabulary"]) -> Int[np.ndarray, " vocabulary"]:
    """Ten groups of equally many of the tokens that occur, by their count (ties by id); `UNSEEN` for all others."""
    seen = np.flatnonzero(counts)
    order = seen[np.argsort(counts[seen], kind="stable")]
    found = np.full(len(counts), UNSEEN, dtype=np.int64)
    found[order] = 1 + (10 * np.arange(len(order))) // max(len(order), 1)
    return found


def _floats(values: np.ndarray) -> str:
    return base64.b64encode(values.astype(np.float32).tobytes()).decode("ascii")


def _unpacked(floats: str) -> Float[np.ndarray, " values"]:
    return np.frombuffer(base64.b64decode(floats), dtype=np.float32)


def _packed(deciles: Int[np.ndarray, " vocabulary"]) -> str:
    return base64.b64encode(deciles.astype(np.int8).tobytes()).decode("ascii")


def _random_angles(subspace: Subspace, count: int, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    width = len(subspace.mean)
    draws = [subspace.principal_angles(rng.standard_normal((min(count, width), width))) for _ in range(ANGLE_DRAWS)]
    ends = np.degrees([(angles[0], angles[-1]) for angles in draws]).mean(axis=0)
    return float(ends[0]), float(ends[1])
