"""The six estimates with their intervals, the margins they are held to, and what chance gives, in one picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from statescape.statistics import MeanInterval
from statescape.studies.verdict import QUESTIONS, Question, Verdicts
from statescape.studies.verdict.conclusion import methods
from statescape.views.language.verdict.words import AXES, NULL_WORDS, SHORT
from statescape.views.text import plotly_text, printable
from statescape.views.theme import BLUE, GREY, INDIGO
from statescape.wording import say

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.figure import Figure

COLUMNS = 2


@dataclass(frozen=True)
class Row:
    """One estimate: its label, its interval, and whether it is a model's own or a null."""

    label: str
    interval: MeanInterval
    own: bool


@dataclass(frozen=True, eq=False)
class EstimatesPicture:
    """A panel for each question; nulls are those of the first model."""

    found: Verdicts
    name: str = "estimates"

    @property
    def caption(self) -> str:
        """What is drawn, with its numbers."""
        first = self.found.models[0]
        drawn = say(
            "Mean of document means with 95% intervals ({method}) over {documents:,} documents (seed {seed}). The "
            "shaded side of the dashed line, the margin, is the one that the claim predicts.",
            method=methods(self.found),
            documents=first.summary.n_documents,
            seed=self.found.seed,
        )
        if len(self.found.models) == 1:
            return drawn
        return f"{drawn} {say('Nulls (grey) are those of {model}.', model=first.facts.name)}"

    def rows(self, question: Question) -> list[Row]:
        """The rows of a panel, top first."""
        place = QUESTIONS.index(question)
        own = [Row(one.facts.name, one.decisions[place].interval, True) for one in self.found.models]
        nulls = self.found.models[0].nulls(question)
        # Shares and agreements are in other units than the headline: they stand in the table, not here.
        chance = [
            Row(say(NULL_WORDS.get(name, name)), interval, False)
            for name, interval in nulls.items()
            if not name.startswith(("outside.", "agree."))
        ]
        return [row for row in (*own, *chance) if math.isfinite(row.interval.mean)]

    def interactive(self, *, stacked: bool = False) -> go.Figure:
        """The Plotly figure."""
        import plotly.graph_objects as go

        from statescape.views.panels import panels, place

        figure = panels(
            [say(SHORT[question.name]) for question in QUESTIONS],
            columns=COLUMNS,
            stacked=stacked,
            height=210,
            legend=False,
        )
        for index, question in enumerate(QUESTIONS):
            at = place(index, COLUMNS, stacked)
            rows = self.rows(question)
            for own, colour in ((True, BLUE), (False, GREY)):
                kept = [(place_, row) for place_, row in enumerate(rows) if row.own is own]
                if not kept:
                    continue
                figure.add_trace(
                    go.Scatter(
                        x=[row.interval.mean for _, row in kept], y=[-place_ for place_, _ in kept], mode="markers",
                        marker={"color": colour, "size": 9 if own else 7}, showlegend=False,
                        error_x={
                            "type": "data", "symmetric": False, "color": colour, "thickness": 1.6, "width": 4,
                            "array": [_gap(row.interval.high, row.interval.mean) for _, row in kept],
                            "arrayminus": [_gap(row.interval.mean, row.interval.low) for _, row in kept],
                        },
                        hovertext=[plotly_text(row.label, 60) for _, row in kept],
                        hovertemplate="%{hovertext}: %{x:.3g}<extra></extra>",
                    ),
                    **at,
                )  # fmt: skip
            low, high = self.limits(question, rows)
            ends = (question.margin, high) if question.predicted == "above" else (low, question.margin)
            figure.add_trace(
                go.Scatter(
                    x=[ends[0], ends[1], ends[1], ends[0]], y=[0.6, 0.6, 0.4 - len(rows), 0.4 - len(rows)],
                    fill="toself", fillcolor="rgba(90,103,216,0.13)", line={"width": 0}, mode="lines",
                    hoverinfo="skip", showlegend=False,
                ),
                **at,
            )  # fmt: skip
            figure.add_trace(
                go.Scatter(
                    x=[question.margin] * 2, y=[0.6, 0.4 - len(rows)], mode="lines", hoverinfo="skip",
                    line={"color": INDIGO, "width": 1.5, "dash": "dash"}, showlegend=False,
                ),
                **at,
            )  # fmt: skip
            figure.update_yaxes(
                tickvals=[-place_ for place_ in range(len(rows))],
                ticktext=[plotly_text(row.label, 24) for row in rows],
                range=[0.4 - len(rows), 0.6],
                showgrid=False,
                zeroline=False,
                **at,
            )
            figure.update_xaxes(title_text=say(AXES[question.name]), range=[low, high], **at)
        if not stacked:
            _make_room_for_labels(figure)
        return figure

    def printed(self) -> Figure:
        """The matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.4, 7.2), layout="constrained")
        for axes, question in zip(figure.subplots(3, COLUMNS).flat, QUESTIONS, strict=True):
            rows = self.rows(question)
            low, high = self.limits(question, rows)
            ends = (question.margin, high) if question.predicted == "above" else (low, question.margin)
            axes.axvspan(*ends, color=INDIGO, alpha=0.12, linewidth=0)
            axes.axvline(question.margin, color=INDIGO, linestyle="--", linewidth=1)
            for place, row in enumerate(rows):
                mean = row.interval.mean
                axes.errorbar(
                    mean, -place, fmt="o", color=BLUE if row.own else GREY, capsize=2, markersize=5 if row.own else 3.5,
                    xerr=[[_gap(mean, row.interval.low)], [_gap(row.interval.high, mean)]],
                )  # fmt: skip
            axes.set_yticks([-place for place in range(len(rows))], [printable(row.label, 28) for row in rows])
            axes.set(title=say(SHORT[question.name]), xlabel=say(AXES[question.name]))
            axes.set_ylim(0.4 - len(rows), 0.6)
            axes.set_xlim(low, high)
            axes.grid(axis="y", visible=False)
        return figure

    def limits(self, question: Question, rows: list[Row]) -> tuple[float, float]:
        """Ends of the x axis: everything that is drawn, and a little more."""
        ends = [question.margin, 0.0, *_ends(rows)]
        room = 0.06 * (max(ends) - min(ends))
        return min(ends) - room, max(ends) + room


def _make_room_for_labels(figure: go.Figure) -> None:
    """The right column begins further right: its labels would lie on the left column."""
    for index, axis in enumerate(figure.select_xaxes()):
        axis.domain = (0.0, 0.38) if index % COLUMNS == 0 else (0.62, 1.0)
    for index, title in enumerate(figure.layout.annotations):
        title.x = 0.0 if index % COLUMNS == 0 else 0.62


def _ends(rows: list[Row]) -> Iterator[float]:
    for row in rows:
        yield from (end for end in (row.interval.mean, row.interval.low, row.interval.high) if math.isfinite(end))


def _gap(high: float, low: float) -> float:
    """Length of one side of an interval; none where there is no interval."""
    return max(high - low, 0.0) if math.isfinite(high - low) else 0.0


def verdict(found: Verdicts) -> go.Figure:
    """The estimates of all questions with their intervals, margins and nulls, as a Plotly figure for a notebook."""
    return EstimatesPicture(found).interactive()
