"""Pictures of an echo state network: what it said, its eigenvalues, its wiring, and the path of its states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from statescape import plugins
from statescape.geometry import PCA, Path
from statescape.reservoir import EchoStateNetwork, Topology
from statescape.reservoir.measures import in_degrees, modularity, out_degrees, reciprocity
from statescape.reservoir.radius import is_acyclic
from statescape.reservoir.tasks import AnyTrial, LabelledTrial, Trial
from statescape.studies.esn_trials import EsnTrials, example_inputs
from statescape.views.core.marks import AnyMark, Axis, CellMark, LineMark, Panel, PointMark
from statescape.views.core.picture import Picture
from statescape.views.core.theme import BLUE, GREY, ORANGE
from statescape.views.language.clouds import cloud_panel, component_names
from statescape.views.reservoir.diagram import EDGES_DRAWN, KEY, Diagram
from statescape.views.reservoir.layout import UNFOLDED_UP_TO
from statescape.views.reservoir.wirings import bandwidth, bringing_together, eigenvalues, matrix_panel, spectrum_panel

SHOWN_STEPS = 200
SHOWN_OUTPUTS = 3
SHOWN_POINTS = 3000  # of the scatter; more lie on top of each other
PATH_STEPS = 25


@plugins.pictures.register
def pictures(result: EsnTrials) -> list[Picture]:
    """Outputs, spectrum, wiring and state path of the first trial; what a task has not or what diverged is left out."""
    network, outputs = result.network, result.attempt.outputs
    wiring = network.topology
    drawn = [spectrum_picture(wiring), graph_picture(wiring), matrix_picture(wiring)]
    if outputs is not None and np.isfinite(outputs).all():
        what = f"{result.task.name}, first trial of seed {result.seed}"
        scored = f"{what}: {result.task.score_name} {result.scores[0]:.4g}"
        if isinstance(result.trial, Trial):
            drawn.insert(0, outputs_picture(result.trial, outputs, scored))
        elif isinstance(result.trial, LabelledTrial):
            drawn.insert(0, classes_picture(network.classes, result.trial, outputs, what))
    path = state_path(result)
    if path is not None:
        drawn.append(state_path_picture(path))
    return drawn


@plugins.pictures.register
def _(topology: Topology) -> Sequence[Picture]:
    return [graph_picture(topology), matrix_picture(topology), spectrum_picture(topology)]


@plugins.pictures.register
def _(network: EchoStateNetwork) -> Sequence[Picture]:
    return [graph_picture(network.topology), matrix_picture(network.topology), spectrum_picture(network.topology)]


def outputs_picture(trial: Trial, outputs: Float[np.ndarray, "steps outputs"], scored: str) -> Picture:
    """What a network said against what it should have said: in time, and one against the other.

    Args:
        trial: whose test part it is.
        outputs: what the network said.
        scored: what that scored, in words.
    """
    targets = trial.test_targets
    steps, lines = min(SHOWN_STEPS, len(targets)), min(SHOWN_OUTPUTS, targets.shape[1])
    what = "values after free runs" if trial.free_run and not trial.whole_run else "scored steps"
    caption = f"{scored} over {len(targets):,} {what}; the first {steps} on the left" + (
        f", {lines} of {targets.shape[1]} outputs." if lines < targets.shape[1] else "."
    )
    every = slice(None, None, max(1, len(targets) // SHOWN_POINTS))
    panels = []
    for line in range(lines):
        due, given = targets[:, line], outputs[:, line]
        ends = np.array([due.min(), due.max()])
        in_time = [
            LineMark(np.arange(steps), values[:steps], colour, name, width, hover="{name}, step {x}: {y:.4g}")
            for name, values, colour, width in (("target", due, GREY, 3.0), ("output", given, BLUE, 1.5))
        ]
        against: list[AnyMark] = [
            PointMark(due[every], given[every], BLUE, size=4, opacity=0.4, hover="target {x:.4g}, output {y:.4g}"),
            LineMark(ends, ends, ORANGE, width=1.1),
        ]
        step = Axis("step of the test", (0, steps - 1))
        panels += [
            Panel("in time" if not line else "", in_time, step, Axis("value" if lines == 1 else f"output {line + 1}")),
            Panel("output against target" if not line else "", against, Axis("target"), Axis("output")),
        ]
    return Picture("outputs", caption, panels, widths=(2.2, 1.0), paper=(7.2, 1.4 + 1.5 * lines))


def classes_picture(
    classes: Sequence[int], trial: LabelledTrial, outputs: Float[np.ndarray, "series classes"], what: str
) -> Picture:
    """Which class was taken for which.

    Args:
        classes: that the network knows, in the order of its outputs.
        trial: whose test series they are.
        outputs: what the network said.
        what: was classified, in words.
    """
    said = np.asarray(classes)[outputs.argmax(axis=1)]
    counts = np.zeros((trial.n_classes, trial.n_classes), dtype=np.int64)
    np.add.at(counts, (trial.test_labels, said), 1)
    wrong = int(counts.sum() - np.trace(counts))
    texts = [[str(count) if count else "" for count in row] for row in counts.tolist()]
    notes = [
        [f"class {due} called {called}: {count}" for called, count in enumerate(row)]
        for due, row in enumerate(counts.tolist())
    ]
    roots = np.sqrt(counts)  # so that single errors show
    cells = CellMark(roots, "counts", (0.0, float(roots.max()) or 1.0), texts=texts, hover="{note}", notes=notes)
    ends, ticks = (-0.5, len(counts) - 0.5), range(len(counts))
    panel = Panel(
        "class (rows) and what the network says",
        [cells],
        Axis("class the network says", ends, ticks=ticks, grid=False),
        Axis("class", ends, ticks=ticks, grid=False, reverse=True),
    )
    caption = f"{what}: {wrong} of {counts.sum()} test series wrong."
    return Picture("outputs", caption, [panel], 1, 420, legend=False, paper=(4.2, 3.9))


def spectrum_picture(topology: Topology) -> Picture:
    """The eigenvalues of the matrix that runs: how fast what went in fades, and in what rhythm."""
    W = topology.to_dense()
    values, largest = eigenvalues(W), np.linalg.norm(W, 2)
    if is_acyclic(W):
        caption = (
            f"All {len(W)} eigenvalues of W are 0: its graph has no cycle, so W is nilpotent and was scaled by its "
            f"largest singular value, {largest:.4g}."
        )
    else:
        caption = (
            f"{len(W)} eigenvalues of W in the unit circle; spectral radius {abs(values[0]):.4g}, median magnitude "
            f"{np.median(np.abs(values)):.3g}, largest singular value {largest:.4g}."
        )
    panel = spectrum_panel("eigenvalues of W", values, BLUE, size=6)
    panel = replace(panel, x=replace(panel.x, title="real part"), y=replace(panel.y, title="imaginary part"))
    return Picture("spectrum", caption, [panel], 1, 440, legend=False, paper=(3.9, 3.9))


def graph_picture(topology: Topology) -> Picture:
    """The matrix that runs as a graph, with what can be counted in its caption."""
    W = topology.to_dense()
    edges = int(np.count_nonzero(W))
    ins, outs = in_degrees(W), out_degrees(W)
    left_out = edges - int(np.count_nonzero(np.diag(W))) - EDGES_DRAWN
    # Finding communities takes time that grows with the cube of the units.
    communities = f", modularity {modularity(W):.2f}" if len(W) <= UNFOLDED_UP_TO else ""
    caption = (
        f"{len(W)} units, {edges:,} edges"
        + (f" (the weakest {left_out:,} not drawn)" if left_out > 0 else "")
        + f"; incoming {ins.min()} to {ins.max()}, outgoing {outs.min()} to {outs.max()}; reciprocity "
        f"{reciprocity(W):.2f}{communities}. {KEY}"
    )
    panel = Diagram.of("units and their edges", W).panel(1.3)
    return Picture("wiring-graph", caption, [panel], 1, 520, legend=False, paper=(4.6, 4.6))


def matrix_picture(topology: Topology) -> Picture:
    """The matrix that runs, as numbered and with neighbours brought together."""
    W = topology.to_dense()
    order = bringing_together(W)
    edges = int(np.count_nonzero(W))
    caption = (
        f"{edges:,} weights between {len(W)} units ({edges / W.size:.1%}), from column to row; largest magnitude "
        f"{np.abs(W).max():.3g}. Bandwidth {bandwidth(W)} as numbered, {bandwidth(W[np.ix_(order, order)])} ordered."
    )
    panels = [
        matrix_panel("as numbered", W, np.arange(len(W)), x="from", y="to"),
        matrix_panel("neighbours together (spectral order)", W, order, bar="weight", x="from", y="to"),
    ]
    return Picture("wiring-matrix", caption, panels, height=420, legend=False, paper=(7.2, 3.6))


def state_path_picture(path: Path) -> Picture:
    """Consecutive states among all states of a run, in PCA of these."""
    components = min(3, path.states.shape[1])
    pca = PCA.fit(path.reference, components)
    cloud, states = pca.project(path.reference, components), pca.project(path.states, components)
    names = component_names(pca)
    notes = [f"step {label}" for label in path.labels]
    panels = [
        cloud_panel(
            f"PC{a + 1} and PC{b + 1}",
            (names[a], names[b]),
            cloud[:, [a, b]],
            states[:, [a, b]],
            notes,
            kind="states of the run",
        )
        for a, b in [(0, 1), (1, 2)][: components - 1]
    ]
    caption = (
        f"{len(path.states)} consecutive states, numbered from 0 (steps {path.labels[0]} to {path.labels[-1]} of "
        f"the test), among all {len(path.reference):,} of it, in PCA of these: {components} components show "
        f"{pca.explained_variance_ratio.sum():.1%} of the variance of {path.states.shape[1]} units."
    )
    return Picture("state-path", caption, panels, height=440, paper=(3.6 * len(panels), 3.9))


def state_path(result: EsnTrials) -> Path | None:
    """The states along the first trial's test part, the last of them as the path; None where there are none."""
    return None if result.attempt.reason else states_along(result.network, result.trial)


def states_along(network: EchoStateNetwork, trial: AnyTrial) -> Path | None:
    """The states of a trained network along the test part of its trial; None where there are none to draw."""
    inputs = example_inputs(trial)
    if inputs is None or network.units < 2:
        return None
    states = network.states(inputs)
    if len(states) < 3 or not np.ptp(states, axis=0).any():
        return None
    first = max(0, len(states) - PATH_STEPS)
    return Path(states[first:], states, tuple(str(step) for step in range(first, len(states))))
