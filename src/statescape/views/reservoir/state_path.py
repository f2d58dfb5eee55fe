"""The path of a reservoir's states in PCA, drawn by the code that draws the path of a language model's states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from statescape.geometry import PCA, Path
from statescape.views.language.clouds import Cloud, add_cloud, print_cloud

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

PATH_STEPS = 25


@dataclass(frozen=True, eq=False)
class StatePathPicture:
    """Consecutive states among all states of a run.

    Attributes:
        path: the states that are joined, and the run as the cloud.
        clouds: what is drawn: the first two components, and the second against the third where there is one.
        caption: what is drawn.
        name: of the files.
    """

    path: Path
    clouds: tuple[Cloud, ...]
    caption: str
    name: str = "state-path"

    @classmethod
    def of(cls, path: Path) -> StatePathPicture:
        """Measure the picture of a path."""
        components = min(3, path.states.shape[1])
        pca = PCA.fit(path.reference, components)
        cloud, states = pca.project(path.reference, components), pca.project(path.states, components)
        names = [f"PC{n} ({share:.1%})" for n, share in enumerate(pca.explained_variance_ratio, 1)]
        pairs = [(0, 1), (1, 2)][: max(components - 1, 1)] if components > 1 else []
        clouds = tuple(
            Cloud(
                title=f"PC{a + 1} and PC{b + 1}",
                axes=(names[a], names[b]),
                tokens=cloud[:, [a, b]],
                states=states[:, [a, b]],
                landmarks=(),
                points="states of the run",
            )
            for a, b in pairs
        )
        caption = (
            f"{len(path.states)} consecutive states, numbered from 0 (steps {path.labels[0]} to {path.labels[-1]} of "
            f"the test), among all {len(path.reference):,} of it, in PCA of these: {components} components show "
            f"{pca.explained_variance_ratio.sum():.1%} of the variance of {path.states.shape[1]} units."
        )
        return cls(path, clouds, caption)

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(3.6 * len(self.clouds), 3.9), layout="constrained")
        for axes, cloud in zip(figure.subplots(1, len(self.clouds), squeeze=False)[0], self.clouds, strict=True):
            print_cloud(axes, cloud)
        handles, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2)
        return figure

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        from statescape.views.panels import panels, place

        figure = panels([cloud.title for cloud in self.clouds], columns=2, stacked=stacked, height=440)
        every = [f"step {step}" for step in range(len(self.path.reference))]
        for index, cloud in enumerate(self.clouds):
            add_cloud(figure, cloud, every, [f"step {label}" for label in self.path.labels], place(index, 2, stacked))
        return figure
