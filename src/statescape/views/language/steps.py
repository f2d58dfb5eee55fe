"""What attention and MLP of every block each add, towards the predicted token's embedding and to its logit.

The claim concerns attention blocks, so each step is split. A step v goes ``v.w / |w|^2`` of the way ``w = e - s_0``
from the first state to the predicted embedding; its direct effect on the logit passes the final norm at the scale of
s_L.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from statescape.analysis import PathReading
from statescape.errors import StatescapeError
from statescape.language import Steps
from statescape.views.labels import every
from statescape.views.theme import BLUE, ORANGE
from statescape.wording import phrase, say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

NOT_OFFERED = phrase("What attention and MLP added is not known apart here, so steps are not offered.")
TITLES = (phrase("share of the way to the predicted embedding"), phrase("added to the predicted token's logit"))


@dataclass(frozen=True, eq=False)
class StepsPicture:
    """Attention and MLP apart, block by block.

    Attributes:
        reading: the path's numbers.
        shares: share of the way to the predicted embedding, attention and MLP.
        logits: direct effect on the predicted token's logit, attention and MLP.
    """

    reading: PathReading
    shares: tuple[Float[np.ndarray, " blocks"], Float[np.ndarray, " blocks"]]
    logits: tuple[Float[np.ndarray, " blocks"], Float[np.ndarray, " blocks"]]
    name: str = "steps"

    @classmethod
    def of(cls, reading: PathReading) -> StepsPicture:
        """Measure the picture of a path.

        Raises:
            StatescapeError: attention and MLP of this model are not known apart.
        """
        steps: Steps | None = reading.path.steps
        shares = reading.step_shares()
        if steps is None or shares is None:
            raise StatescapeError(say(NOT_OFFERED))
        return cls(reading, shares, (steps.attention_logit, steps.mlp_logit))

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        attention, mlp = (float(part.sum()) for part in self.shares)
        attention_logit, mlp_logit = (float(part.sum()) for part in self.logits)
        return say(
            "Together attention goes {attention:+.2f} and MLP {mlp:+.2f} of the way to the predicted embedding (1 is "
            "all of it, more is past it), and add {attention_logit:+.2f} and {mlp_logit:+.2f} to its logit over the "
            "mean logit of all tokens; {blocks} blocks.",
            attention=attention,
            mlp=mlp,
            attention_logit=attention_logit,
            mlp_logit=mlp_logit,
            blocks=self.reading.path.n_blocks,
        )

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import follow, panels, place

        figure = panels([say(title) for title in TITLES], columns=2, stacked=stacked, height=300)
        blocks = np.arange(1, self.reading.path.n_blocks + 1)
        for index, parts in enumerate((self.shares, self.logits)):
            at = place(index, 2, stacked)
            for name, values, colour in zip(("attention", "MLP"), parts, (BLUE, ORANGE), strict=True):
                figure.add_trace(
                    go.Bar(
                        x=blocks, y=values, name=name, marker={"color": colour, "line": {"width": 0}},
                        legendgroup=name, showlegend=index == 0,
                        hovertemplate=f"{say('block')} %{{x}}, {name}: %{{y:.3g}}<extra></extra>",
                    ),
                    **at,
                )  # fmt: skip
            follow(figure, at, "column")
            figure.update_xaxes(title_text=say("block"), tickvals=[i + 1 for i in every(len(blocks), 13)], **at)
        figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0)
        figure.update_yaxes(zeroline=True, zerolinewidth=1.5)
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 2.8), layout="constrained")
        blocks = np.arange(1, self.reading.path.n_blocks + 1)
        for axes, parts, title in zip(figure.subplots(1, 2), (self.shares, self.logits), TITLES, strict=True):
            for name, values, colour, side in zip(
                ("attention", "MLP"), parts, (BLUE, ORANGE), (-0.19, 0.19), strict=True
            ):
                axes.bar(blocks + side, values, width=0.38, color=colour, label=name)
            axes.axhline(0, color=axes.spines["left"].get_edgecolor(), linewidth=0.8)
            axes.set(title=say(title), xlabel=say("block"))
            axes.set_xticks([i + 1 for i in every(len(blocks), 13)])
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        return figure
