"""Normalise on the vector or on the dimension? Both, side by side, with what changes in numbers.

"vector" puts every point at norm 1 and keeps its direction; "dimension" centres and scales every coordinate by the
embeddings' own mean and deviation, and so changes directions. Each is followed by its own PCA-2D.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from statescape.analysis import PathReading
from statescape.analysis.vocabulary import Vocabulary
from statescape.geometry import PCA, Normalisation, unit
from statescape.geometry.moments import blocks, coordinates
from statescape.views.core.marks import Panel
from statescape.views.core.picture import Picture
from statescape.views.language.clouds import cloud_panel, component_names
from statescape.views.language.tokens import likeliest, token_landmarks
from statescape.wording import ordinal, say

SMALL_TURN = 0.05
"""Cosines that differ by less are not called a turn."""


@dataclass(frozen=True)
class Normalised:
    """What one normalisation makes of the path.

    Attributes:
        kind: "vector" or "dimension".
        explained: share of the variance that two components show.
        cosine: of the last state with the predicted embedding.
        place: 0-based place of the predicted embedding among all, by that cosine.
        heaviest: largest share of one coordinate in the squared norm of the last state.
        norm_ratio: norm of the last state over the median norm of an embedding.
    """

    kind: str
    explained: float
    cosine: float
    place: int
    heaviest: float
    norm_ratio: float


@dataclass(frozen=True, eq=False)
class Normalisations:
    """Path and tokens after each of the two normalisations.

    Attributes:
        picture: both, drawn.
        seen: what each makes of the path, in numbers.
    """

    picture: Picture
    seen: tuple[Normalised, Normalised]

    @classmethod
    def of(cls, reading: PathReading) -> Normalisations:
        """Normalise a path both ways."""
        path = reading.path
        looks = (
            _look(reading, Normalisation.fit(path.states, "vector")),
            _look(reading, Normalisation.from_moments(reading.moments)),
        )
        (on_vector, vector), (on_dimension, dimension) = looks
        caption = say(
            "PCA-2D of {n:,} embeddings after each normalisation; states pass through the embeddings' own mean and "
            "scale. Explained variance: vector {vector:.1%}, dimension {dimension:.1%}.",
            n=len(path.embeddings),
            vector=vector.explained,
            dimension=dimension.explained,
        )
        panels = [on_vector, on_dimension]
        return cls(Picture("normalisation", caption, panels, height=440), (vector, dimension))

    @property
    def words(self) -> str:
        """What changes from one normalisation to the other, in a sentence."""
        vector, dimension = self.seen
        moved = (
            say("hardly turns the last state with respect to")
            if abs(dimension.cosine - vector.cosine) < SMALL_TURN
            else say("turns the last state towards")
            if dimension.cosine > vector.cosine
            else say("turns the last state away from")
        )
        return say(
            "On the vector every state lies on the same sphere as the tokens. On the dimension the last state keeps "
            "its length, {ratio:.3g} times a token's; scaling {moved} the predicted embedding (cosine {on_vector:.2f} "
            "against {on_dimension:.2f}), which is {place_vector} of all tokens by cosine on the vector and "
            "{place_dimension} on the dimension; the heaviest coordinate holds {heavy_vector:.1%} of the squared norm "
            "on the vector and {heavy_dimension:.1%} on the dimension.",
            ratio=dimension.norm_ratio,
            moved=moved,
            on_vector=vector.cosine,
            on_dimension=dimension.cosine,
            place_vector=ordinal(vector.place + 1),
            place_dimension=ordinal(dimension.place + 1),
            heavy_vector=vector.heaviest,
            heavy_dimension=dimension.heaviest,
        )


def _look(reading: PathReading, normalisation: Normalisation) -> tuple[Panel, Normalised]:
    """One panel, in the plane of the PCA of the normalised tokens, and its numbers."""
    path, kind, known = reading.path, normalisation.kind, reading.vocabulary
    tokens = known.kept(lambda: _normalised(known, normalisation), "normalised", kind)
    pca = PCA(tokens["mean"], tokens["components"], tokens["ratios"])
    states = normalisation.apply(path.states)
    panel = cloud_panel(
        say("on the vector") if kind == "vector" else say("on the dimension"),
        component_names(pca),
        tokens["flat"],
        pca.project(states),
        [say("state {index}", index=index) for index in range(len(states))],
        landmarks=token_landmarks(path),
        answering=likeliest(reading),
        vocabulary=path.vocabulary,
    )
    last, lengths = states[-1], tokens["lengths"]
    axis = last / normalisation.scale
    dots = coordinates(path.embeddings, axis[None])[:, 0] - normalisation.mean @ axis
    length = float(np.linalg.norm(last)) or np.nan  # a state that was set to 0 has no direction
    cosines = dots / np.where(lengths > 0, lengths, np.nan) / length
    predicted = float(cosines[path.predicted_id])
    squares = np.square(last)
    return panel, Normalised(
        kind=kind,
        explained=float(pca.explained_variance_ratio.sum()),
        cosine=predicted,
        place=int((cosines > predicted).sum()),
        heaviest=float(squares.max() / (squares.sum() or np.nan)),
        norm_ratio=float(np.sqrt(squares.sum()) / (1.0 if kind == "vector" else np.median(lengths))),
    )


def _normalised(known: Vocabulary, normalisation: Normalisation) -> dict[str, np.ndarray]:
    """What a normalisation makes of the tokens: their PCA-2D, places in it, and lengths before they are put at norm 1.

    "dimension" needs projections only: the normalised vocabulary in float64 would be its largest copy.
    """
    mean, scale = normalisation.mean, normalisation.scale
    lengths = np.concatenate([np.linalg.norm((block - mean) / scale, axis=1) for block in blocks(known.rows)])
    if normalisation.kind == "vector":
        tokens = unit(np.asarray(known.rows))
        pca = PCA.fit(tokens, 2)
        flat = pca.project(tokens)
    else:
        scaled = known.moments.scaled(scale)
        # The normalisation has subtracted the mean of the states already.
        pca = replace(PCA.from_moments(scaled, 2), mean=np.zeros(len(mean)))
        flat = coordinates(known.rows, pca.components / scale) - scaled.mean @ pca.components.T
    return {
        "mean": pca.mean, "components": pca.components, "ratios": pca.explained_variance_ratio, "flat": flat,
        "lengths": lengths,
    }  # fmt: skip
