"""What the sphere shows of a path: directions of all tokens, and for every state one level of rank and of cosine.

A direction is ``u = z P / |z P|`` with z the embedding scaled on the dimension and P the first three principal
components (`geometry.Sphere`). Three dimensions of d cannot show an angle, so the angle in all of them goes with it.
Levels of rank are logarithmic, each a fifth (of 50,000 tokens) beyond the one before; a probability is read from them
by the curve of its state, log10 p against rank. They are few, since they weigh most of a page; a token that is among
the likeliest of any state has its numbers in full. Neighbours are by cosine in the model's own space, for the
tokens that are ever among the likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Int, UInt8

from statescape.analysis.vocabulary import vocabulary_of
from statescape.errors import StatescapeError
from statescape.geometry import Moments, unit
from statescape.language import StatePath
from statescape.views.globe.axes import Axes, axes_of
from statescape.wording import Noun

LOWEST_LOG = -9  # log10 p at the end of the colours
RANKS = 55  # levels of rank beyond the last token's
COSINES = 30  # levels of cosine beyond the lowest; the middle one is 0
NEVER = -999.0  # log10 p of what cannot follow at all
N_TOP = 50
N_NEIGHBOURS = 8
Near: TypeAlias = tuple[Int[np.ndarray, " neighbours"], Float[np.ndarray, " neighbours"]]


@dataclass(frozen=True, eq=False)
class Beside:
    """Another path on the same sphere.

    Attributes:
        path: the path.
        states: unit vector of every state.
        parts_at: from which state on it leads elsewhere than the first path; None if that is not known.
    """

    path: StatePath
    states: Float[np.ndarray, "states 3"]
    parts_at: int | None = None


@dataclass(frozen=True, eq=False)
class SphereData(Noun):
    """The numbers behind one sphere.

    Attributes:
        path: the path that is shown.
        origin: from where directions are measured, "mean" or "zero".
        axes: the three directions that are shown.
        directions: unit vector of every token.
        states: unit vector of every state.
        true_angles: degrees between each state and the predicted token's embedding, in all scaled dimensions.
        seen_angles: the same as drawn.
        ranks: ``RANKS (1 - log(1 + r) / log n)`` of rank r among n tokens; equals share the rank of the first.
        curves: log10 p at every level of `ranks`, the mean of the state's tokens there.
        cosines: cosine of state and embedding, from 0 at minus `cosine_reach` to `COSINES` at plus it.
        cosine_reach: largest cosine of every state in magnitude.
        top: ids of the likeliest tokens of every state, best first.
        top_log: their log10 p.
        kept: ids that are ever among the likeliest, ascending.
        kept_log: log10 p of each of them at every state.
        kept_ranks: its rank.
        kept_cosines: its cosine with the state.
        neighbours: for each of them the nearest tokens by cosine of the raw embeddings, nearest first.
        neighbour_cosines: their cosines.
        beside: other paths.
    """

    path: StatePath
    origin: str
    axes: Axes
    directions: Float[np.ndarray, "vocabulary 3"]
    states: Float[np.ndarray, "states 3"]
    true_angles: Float[np.ndarray, " states"]
    seen_angles: Float[np.ndarray, " states"]
    ranks: UInt8[np.ndarray, "states vocabulary"]
    curves: Float[np.ndarray, "states levels"]
    cosines: UInt8[np.ndarray, "states vocabulary"]
    cosine_reach: Float[np.ndarray, " states"]
    top: Int[np.ndarray, "states top"]
    top_log: Float[np.ndarray, "states top"]
    kept: Int[np.ndarray, " kept"]
    kept_log: Float[np.ndarray, "kept states"]
    kept_ranks: Int[np.ndarray, "kept states"]
    kept_cosines: Float[np.ndarray, "kept states"]
    neighbours: Int[np.ndarray, "kept neighbours"]
    neighbour_cosines: Float[np.ndarray, "kept neighbours"]
    beside: tuple[Beside, ...] = ()

    @classmethod
    def of(
        cls,
        path: StatePath,
        origin: str = "mean",
        moments: Moments | None = None,
        axes: str = "1,2,3",
        others: Sequence[StatePath] = (),
        parts_at: int | None = None,
    ) -> SphereData:
        """The sphere of `path`, directions measured from the embeddings' mean or from zero.

        Args:
            path: the path to show.
            origin: from where directions are measured, "mean" or "zero".
            moments: those of the embeddings where they are known already.
            axes: three principal components by number, "path", "answers" or "unembedding".
            others: paths of other texts by the same model, drawn beside it.
            parts_at: from which state on they lead elsewhere; None if that is not known.

        Raises:
            StatescapeError: another model's path beside it, no log-probabilities for a token, names that do not fit the
                embeddings, or fewer than three dimensions.
        """
        if len(path.vocabulary) != len(path.embeddings):
            raise StatescapeError(
                f"{len(path.vocabulary)} token names for {len(path.embeddings)} embeddings; give one name for each."
            )
        if np.isnan(path.log_probabilities).any():
            raise StatescapeError("The sphere needs a log-probability for every token and state; some are NaN.")
        known = vocabulary_of(path.embeddings)
        shown = axes_of(path, axes, moments or known.moments, origin)
        sphere = shown.sphere
        states = np.asarray(path.states, dtype=np.float64)
        target = np.broadcast_to(np.asarray(path.embeddings[path.predicted_id], dtype=np.float64), states.shape)
        log10 = path.log_probabilities / np.float32(np.log(10))
        top = _likeliest(path.log_probabilities, min(N_TOP, len(path.embeddings)))
        kept = np.unique(top)
        embeddings = known.remember("unit", lambda: unit(np.asarray(path.embeddings)))
        cosines = unit(path.states.astype(np.float32)) @ embeddings.T
        reach = np.maximum(np.abs(cosines).max(axis=1), 1e-6)
        ranks = np.stack([_ranks(row) for row in log10])
        levels = np.rint(RANKS * (1 - np.log1p(ranks) / np.log(max(2, len(embeddings))))).astype(np.uint8)
        near: dict[int, Near] = known.remember("neighbours", dict)
        near |= _neighbours(embeddings, np.array([token for token in kept.tolist() if token not in near], np.int64))
        return cls(
            path=path,
            origin=origin,
            axes=shown,
            directions=known.remember(
                ("directions", origin, sphere.components.tobytes()),
                lambda: sphere.project(np.asarray(path.embeddings, dtype=np.float64)),
            ),
            states=sphere.project(states),
            true_angles=np.degrees(sphere.true_angle(states, target)),
            seen_angles=np.degrees(sphere.seen_angle(states, target)),
            ranks=levels,
            curves=np.stack([_curve(*each) for each in zip(log10, levels, strict=True)]),
            cosines=np.rint(COSINES / 2 * (1 + cosines / reach[:, None])).astype(np.uint8),
            cosine_reach=reach,
            top=top,
            top_log=np.take_along_axis(log10, top, axis=1),
            kept=kept,
            kept_log=log10[:, kept].T,
            kept_ranks=ranks[:, kept].T,
            kept_cosines=cosines[:, kept].T,
            neighbours=np.stack([near[token][0] for token in kept.tolist()]),
            neighbour_cosines=np.stack([near[token][1] for token in kept.tolist()]),
            beside=tuple(
                Beside(other, sphere.project(other.geometry.states), parts_at) for other in _of_one_model(path, others)
            ),
        )


def _of_one_model(path: StatePath, others: Sequence[StatePath]) -> Sequence[StatePath]:
    for other in others:
        if other.states.shape != path.states.shape or not np.array_equal(other.embeddings, path.embeddings):
            raise StatescapeError(
                f"Paths on one sphere are of one model; these are of {path.model.name} and {other.model.name}."
            )
    return others


def _likeliest(log_probabilities: Float[np.ndarray, "n v"], count: int) -> Int[np.ndarray, "n top"]:
    """Ids of the `count` likeliest tokens of each row, best first, equals by their id."""
    found = np.argpartition(log_probabilities, -count, axis=1)[:, -count:]
    found.sort(axis=1)
    order = np.argsort(-np.take_along_axis(log_probabilities, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def _ranks(log10: Float[np.ndarray, " v"]) -> Int[np.ndarray, " v"]:
    """How many tokens are likelier than each; equals share the rank of the first."""
    order = np.argsort(-log10)
    ordered = log10[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.repeat(first, np.diff(np.r_[first, len(order)]))
    return ranks


def _curve(log10: Float[np.ndarray, " v"], ranks: UInt8[np.ndarray, " v"]) -> Float[np.ndarray, " levels"]:
    """Mean log10 p of the tokens at every level, between its neighbours where a level has none."""
    counts = np.bincount(ranks)
    sums = np.bincount(ranks, np.maximum(log10, NEVER))
    taken = np.flatnonzero(counts)
    return np.interp(np.arange(RANKS + 1), taken, sums[taken] / counts[taken])


def _neighbours(embeddings: Float[np.ndarray, "v d"], kept: Int[np.ndarray, " kept"]) -> dict[int, Near]:
    """Nearest other tokens of each kept one, with their cosines; `embeddings` at norm 1."""
    count = min(N_NEIGHBOURS, len(embeddings) - 1)
    found: dict[int, Near] = {}
    for start in range(0, len(kept), 256):  # 256 rows of a 50,257-token vocabulary are 51 MB
        rows = kept[start : start + 256]
        products = embeddings[rows] @ embeddings.T
        products[np.arange(len(rows)), rows] = -np.inf
        nearest = _likeliest(products, count)
        cosines = np.take_along_axis(products, nearest, axis=1).astype(np.float32)
        found |= dict(zip(rows.tolist(), zip(nearest, cosines, strict=True), strict=True))
    return found
