"""The path in the two widest directions of the embeddings, as they are and with every point at norm 1.

PCA-2D of the plain embeddings ("none"), as in the notebook that began this: the path leaves the cloud. Divided by its
norm, on the same two axes, it comes back: the norm is why it lay outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.geometry import PCA
from statescape.geometry.moments import coordinates
from statescape.views.language.clouds import Cloud, add_cloud, component_names, print_pair
from statescape.views.language.tokens import likeliest, token_landmarks
from statescape.wording import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class PlanePicture:
    """Path and tokens in PCA-2D, plain and at norm 1."""

    reading: PathReading
    clouds: tuple[Cloud, Cloud]
    caption: str
    name: str = "plane"

    @classmethod
    def of(cls, reading: PathReading) -> PlanePicture:
        """Measure the picture of a path."""
        path = reading.path
        pca = PCA.from_moments(reading.moments, 2)
        norms = np.linalg.norm(path.embeddings, axis=1).astype(np.float64)
        marks, answering = token_landmarks(path), likeliest(reading)
        first, second = component_names(pca)
        plain = Cloud(
            say("as they are"),
            (first, second),
            pca.project(path.embeddings),
            pca.project(np.asarray(path.states, dtype=np.float64)),
            marks,
            answering,
        )
        at_one = Cloud(
            say("every point at norm 1, same axes"),
            (say("along PC1"), say("along PC2")),
            coordinates(path.embeddings, pca.components) / np.where(norms > 0, norms, 1.0)[:, None],
            coordinates(path.states, pca.components) / reading.norms[:, None],
            marks,
            answering,
        )
        return cls(reading, (plain, at_one), _caption(reading, pca, norms))

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        figure = panels([cloud.title for cloud in self.clouds], columns=2, stacked=stacked, height=440)
        numbers = [
            say("state {index}<br>norm {norm:.4g}", index=index, norm=norm)
            for index, norm in enumerate(self.reading.norms)
        ]
        for index, cloud in enumerate(self.clouds):
            add_cloud(figure, cloud, self.reading.path.vocabulary, numbers, place(index, 2, stacked))
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        return print_pair(self.clouds)


def _caption(reading: PathReading, pca: PCA, norms: Float[np.ndarray, " vocabulary"]) -> str:
    path = reading.path
    low, middle, high = np.quantile(norms, [0.05, 0.5, 0.95])
    shown = float(pca.explained_variance_ratio.sum())
    return say(
        "PCA (none) of all {n:,} embeddings of width {width}: the plane shows {shown:.1%} of their variance and hides "
        "{hidden:.1%}. Norm of an embedding: median {middle:.3g} (90% between {low:.3g} and {high:.3g}); of the "
        "states: {first:.3g} at 0, {last:.3g} at {blocks}, {ratio:.3g} times an embedding's.",
        n=len(path.embeddings),
        width=path.model.d_model,
        shown=shown,
        hidden=1 - shown,
        middle=middle,
        low=low,
        high=high,
        first=reading.norms[0],
        last=reading.norms[-1],
        blocks=path.n_blocks,
        ratio=reading.norms[-1] / middle,
    )
