"""Several wirings drawn alike, as diagrams, as matrices and by eigenvalues: small multiples to compare.

The order that brings connected units together is the spectral one (Atkins, Boman and Hendrickson, SIAM J. Comput. 28,
1998): units sorted by the Fiedler vector of the graph without directions and weights. A line comes out in its order, a
cycle as two thin bands along the diagonal, modules gather along it, and what is random stays random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse
from jaxtyping import Complex, Float, Int
from scipy.sparse.csgraph import connected_components

from statescape.reservoir.measures import spectrum
from statescape.reservoir.radius import is_acyclic
from statescape.views.core.marks import Axis, CellMark, Number, Panel, PointMark, circle
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, RED
from statescape.views.reservoir.diagram import Diagram
from statescape.views.reservoir.layout import along
from statescape.wording import number, phrase, say, unfilled

COLUMNS = 4
Named = Sequence[tuple[str, Float[np.ndarray, "units units"]]]


def diagrams(wirings: Named, caption: str, name: str) -> Picture:
    """Wirings as graphs, each with its title."""
    drawn = [Diagram.of(title, W) for title, W in wirings]
    alone = len(drawn) == 1
    return Picture(
        name,
        caption,
        [one.panel(1.3 if alone else 1.0) for one in drawn],
        height=500 if alone else 270,
        narrow=[one.panel(0.8) for one in drawn],
        narrow_height=340 if alone else 190,
        **{**_multiples(len(drawn)), **({"paper": (4.6, 4.6)} if alone else {})},
    )


def matrices(wirings: Named, caption: str, name: str, *, both: bool = True) -> Picture:
    """Wirings as matrices, largest magnitude 1, as numbered and with neighbours brought together.

    Args:
        wirings: with their titles.
        caption: of the picture; with both orders it goes on with how near the second brings neighbours.
        name: of the picture.
        both: whether the numbered matrices are drawn above.
    """
    scaled = [(title, W / (np.abs(W).max() or 1.0), bringing_together(W)) for title, W in wirings]
    ordered = [matrix_panel(say("ordered") if both else title, W, order) for title, W, order in scaled]
    if not both:
        return Picture(name, caption, ordered, height=270, narrow_height=180, **_multiples(len(ordered)))
    bands = ", ".join(
        say(
            "{title} {first} and {second}",
            title=title,
            first=bandwidth(W),
            second=bandwidth(W[np.ix_(order, order)]),
        )
        for title, W, order in scaled
    )
    distances = say("Largest distance of a weight from the diagonal, as numbered and ordered: {bands}.", bands=bands)
    numbered = [matrix_panel(title, W, np.arange(len(W))) for title, W, _ in scaled]
    count = len(scaled)
    layout = {**_multiples(max(count, 2)), "narrow_columns": 2}  # one wiring stands beside itself
    layout["paper"] = (layout["paper"][0], 2.0 * -(-2 * count // layout["columns"]))
    return Picture(
        name,
        f"{caption} {distances}",
        [*numbered, *ordered],
        height=420 if count == 1 else 270,
        narrow_height=180,
        # On a narrow screen the two orders of one wiring stand side by side.
        narrow_places=(*range(0, 2 * count, 2), *range(1, 2 * count, 2)),
        **layout,
    )


def spectra(wirings: Named, sr: float, seed: int, own: float | None = None) -> Picture:
    """Eigenvalues of matrices as they run, in the unit circle; the first is the champion's.

    Args:
        wirings: names and matrices.
        sr: spectral radius that they are scaled to.
        seed: of what was drawn.
        own: spectral radius of the first, where it has one of its own; None: it is scaled as the others are.
    """
    values, living = [], []
    for title, W in wirings:
        found = eigenvalues(W)
        values.append(found)
        sizes = np.abs(found)
        alive = int((sizes > 1e-3 * max(sizes[0], 1e-12)).sum())
        living.append(f"{title} {alive} ({number(np.median(sizes), '.2f')})")
    radii = []
    if own is not None:
        radii.append(say("{name} has a radius of its own, {radius:.3g}", name=wirings[0][0], radius=own))
    if own is None or len(wirings) > 1:
        radii.append(say("scaled to sr {sr:g}, wirings without a cycle by their largest singular value", sr=sr))
    caption = say(
        "Eigenvalues of W in the unit circle, {units} units, as they run ({radii}). Eigenvalues above a thousandth of "
        "the largest, and median magnitude: {living}. Seed {seed}.",
        units=len(wirings[0][1]),
        radii="; ".join(radii),
        living=", ".join(living),
        seed=seed,
    )
    reach = 1.08 * max(1.0, *(float(np.abs(found).max()) for found in values))
    panels = [
        spectrum_panel(title, found, RED if not index else BLUE, reach)
        for index, ((title, _), found) in enumerate(zip(wirings, values, strict=True))
    ]
    return Picture("spectra", caption, panels, height=280, narrow_height=180, **_multiples(len(panels)))


def matrix_panel(
    title: str,
    W: Float[np.ndarray, "units units"],
    order: Int[np.ndarray, " units"],
    *,
    bar: str = "",
    x: str = "",
    y: str = "",
) -> Panel:
    """A matrix in an order of its units, from column to row.

    Args:
        title: over it.
        W: the matrix.
        order: of its units.
        bar: title of the colour bar; empty for none.
        x: title of the columns.
        y: title of the rows.
    """
    limit = float(np.abs(W).max()) or 1.0
    ordered = W[np.ix_(order, order)]
    between = unfilled("unit {source} to {target}")
    between = unfilled(phrase("unit {source} to {target}"))
    notes = [[between.format(source=source, target=target) for source in order] for target in order]
    cells = CellMark(ordered, "signed", (-limit, limit), name=title, bar=bar, hover="{note}: {z:.3g}", notes=notes)
    ends = (-0.5, len(W) - 0.5)
    return Panel(
        title,
        [cells],
        Axis(x, ends, grid=False, visible=False),
        Axis(y, ends, grid=False, visible=False, reverse=True),
        square=True,
        framed=True,
    )


def spectrum_panel(
    title: str, values: Complex[np.ndarray, " units"], colour: str, reach: float | None = None, size: Number = 5.0
) -> Panel:
    """Eigenvalues in the unit circle.

    Args:
        title: over it.
        values: the eigenvalues.
        colour: of the dots.
        reach: half the width of the panel; None for what holds circle and dots.
        size: of the dots.
    """
    half = reach or 1.08 * max(1.0, float(np.abs(values).max()))
    hover = say("{{x:.4g}} + {{y:.4g}} i\nmagnitude {{note}}")
    dots = PointMark(
        values.real, values.imag, colour, size=size, hover=hover,
        notes=[number(abs(value), ".4g") for value in values],
    )  # fmt: skip
    axis = Axis(limits=(-half, half), ticks=(-1, 0, 1))
    return Panel(title, [circle(), dots], axis, axis, square=True)


def eigenvalues(W: Float[np.ndarray, "units units"]) -> Complex[np.ndarray, " units"]:
    """Of a matrix, largest first; LAPACK's eigenvalues of nilpotent matrices scatter far around 0."""
    return np.zeros(len(W), dtype=complex) if is_acyclic(W) else spectrum(W)


def bringing_together(W: Float[np.ndarray, "units units"]) -> Int[np.ndarray, " units"]:
    """The units in spectral order; connected components one after the other, the largest first."""
    connected = (W != 0) | (W != 0).T
    _, component = connected_components(scipy.sparse.csr_array(connected), directed=False)
    order: list[Int[np.ndarray, " members"]] = []
    for label in np.argsort(-np.bincount(component), kind="stable"):
        members = np.flatnonzero(component == label)
        if len(members) > 2:
            members = members[along(connected[np.ix_(members, members)])]
        order.append(members)
    return np.concatenate(order)


def bandwidth(W: Float[np.ndarray, "units units"]) -> int:
    """Largest distance of a weight from the diagonal."""
    rows, columns = np.nonzero(W)
    return int(np.abs(rows - columns).max(initial=0))


def _multiples(count: int) -> dict[str, Any]:
    """How small multiples stand: four beside each other, on a narrow screen two."""
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    paper = (1.85 * columns, 2.0 * rows)
    return {"legend": False, "columns": columns, "narrow_columns": min(2, count), "gap": 0.06, "paper": paper}
