"""A plan as a picture: input, modules and readout from left to right, by their steps from the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import networkx as nx
import numpy as np

from statescape import plugins
from statescape.reservoir import Module, Plan
from statescape.reservoir.plan import INPUT, READOUT
from statescape.views.core.marks import NOTHING, AnyMark, LineMark, Panel, PointMark, TextMark
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREY, ORANGE
from statescape.wording import phrase, say, say_count

# Diameters of the smallest and of a module that holds all units.
LEAST, LARGEST = 12.0, 44.0
# Where along an edge its arrow stands.
ARROW = 0.6
ENDS = {INPUT: phrase("input"), READOUT: phrase("readout")}


@plugins.pictures.register
def _(plan: Plan) -> Sequence[Picture]:
    return [plan_picture(plan, say("The plan"))]


def plan_picture(plan: Plan, what: str) -> Picture:
    """The picture of a plan.

    Args:
        plan: what is drawn.
        what: it is, at the beginning of the caption.
    """
    modules = "; ".join(
        say(
            "{number}: {units}, sr {sr:.2f}, lr {lr:.2f}, input scaling {scaling:.2g}, connectivity {connectivity:.2g}",
            **_values(number, one),
        )
        for number, one in enumerate(plan.modules)
    )
    counted = say(
        "{what} {modules}, {units} in all, {edges} among them; discs are sized by units, orange ones have "
        "sr above 1; what a module hears of another is one step old.",
        what=what,
        modules=say_count("{count} module", "{count} modules", len(plan.modules)),
        units=say_count("{count} unit", "{count} units", plan.units),
        edges=say_count("{count} edge", "{count} edges", len(plan.edges)),
    )
    caption = " ".join([counted, f"{modules}.", *plan.flags])
    return Picture("plan", caption, [plan_panel(plan)], legend=False, height=330, paper=(5.2, 2.8))


def plan_panel(plan: Plan) -> Panel:
    """The graph of a plan."""
    graph = plan.to_networkx()
    places = _places(graph)
    spots = np.array([places[number] for number in range(len(plan.modules))])
    ends = np.array([places[INPUT], places[READOUT]])
    lines, arrows, angles = [], [], []
    for source, target in graph.edges:
        way = _way(np.array(places[source]), np.array(places[target]))
        at = int(ARROW * (len(way) - 1))
        lines += [*way, (np.nan, np.nan)]
        along = way[at + 1] - way[at]
        arrows.append(way[at])
        angles.append(float(np.degrees(np.arctan2(along[0], along[1]))))
    shares = np.sqrt([module.units / plan.units for module in plan.modules])
    notes = [
        say(
            "module {number}: {units}\nsr {sr:.3f}, lr {lr:.3f}\ninput scaling {scaling:.3g}\nconnectivity "
            "{connectivity:.3g}",
            **_values(number, one),
        )
        for number, one in enumerate(plan.modules)
    ]
    drawn, heads = np.array(lines), np.array(arrows)
    marks: list[AnyMark] = [
        LineMark(drawn[:, 0], drawn[:, 1], GREY, width=1.4),
        PointMark(heads[:, 0], heads[:, 1], GREY, size=9, symbol="triangle-up", angles=angles),
        PointMark(
            spots[:, 0],
            spots[:, 1],
            [ORANGE if module.sr > 1 else BLUE for module in plan.modules],
            size=LEAST + (LARGEST - LEAST) * shares,
            hover="{note}",
            notes=notes,
        ),
        PointMark(ends[:, 0], ends[:, 1], GREY, size=11, symbol="diamond"),
        TextMark(
            [*spots[:, 0], *ends[:, 0]],
            [*(spots[:, 1] - 0.36), *(ends[:, 1] - 0.3)],
            [
                *(say("{number}: {units}", **_values(number, one)) for number, one in enumerate(plan.modules)),
                *(say(ENDS[end]) for end in (INPUT, READOUT)),
            ],
        ),
    ]
    every = np.array(list(places.values()))
    across, up = (replace(NOTHING, limits=(float(one.min()) - 0.5, float(one.max()) + 0.5)) for one in every.T)
    return Panel("", marks, across, up)


def _values(number: int, module: Module) -> dict[str, float | int | str]:
    """A module's number and what it is, as templates take them."""
    return {
        "number": number,
        "units": say_count("{count} unit", "{count} units", module.units),
        "sr": module.sr,
        "lr": module.lr,
        "scaling": module.input_scaling,
        "connectivity": module.connectivity,
    }


def _places(graph: nx.DiGraph) -> dict[object, tuple[float, float]]:
    """Columns by steps from the input; who is not reached stands in the first; the readout behind all."""
    steps = dict(nx.single_source_shortest_path_length(graph, INPUT))
    columns: dict[int, list[object]] = {}
    for node in graph:
        column = max(steps.values()) if node == READOUT else steps.get(node, 1)
        columns.setdefault(column, []).append(node)
    last = max(columns)
    if columns[last] != [READOUT]:
        columns[last].remove(READOUT)
        columns[last + 1] = [READOUT]
    return {
        node: (float(column), float((len(nodes) - 1) / 2 - row) + (0.18 if column % 2 and len(nodes) > 1 else 0.0))
        for column, nodes in columns.items()
        for row, node in enumerate(nodes)
    }


def _way(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A bowed line from one place to another, so that an edge and its answer lie apart and none runs through a node."""
    share = np.linspace(0.0, 1.0, 21)[:, None]
    along = end - start
    aside = np.array([-along[1], along[0]])
    bow = 0.16 if abs(along[0]) <= 1.0 else 0.24
    return np.asarray(start + share * along + bow * 4.0 * share * (1.0 - share) * aside)
