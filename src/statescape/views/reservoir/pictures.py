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
from statescape.wording import listed, phrase, say, unfilled

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
        what = say("{task}, first trial of seed {seed}", task=result.task.name, seed=result.seed)
        score = unfilled(result.task.score_name)
        scored = say("{what}: {name} {score:.4g}", what=what, name=score, score=result.scores[0])
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
    free = trial.free_run and not trial.whole_run
    caption = say(
        "{scored} over {count:,} {what}; the first {steps} on the left{part}.",
        scored=scored,
        count=len(targets),
        what=say("values after free runs") if free else say("scored steps"),
        steps=steps,
        part=say(", {lines} of {outputs} outputs", lines=lines, outputs=targets.shape[1])
        if lines < targets.shape[1]
        else "",
    )
    every = slice(None, None, max(1, len(targets) // SHOWN_POINTS))
    panels = []
    for line in range(lines):
        due, given = targets[:, line], outputs[:, line]
        ends = np.array([due.min(), due.max()])
        in_time = [
            LineMark(
                np.arange(steps), values[:steps], colour, name, width, hover=say("{{name}}, step {{x}}: {{y:.4g}}")
            )
            for name, values, colour, width in ((say("target"), due, GREY, 3.0), (say("output"), given, BLUE, 1.5))
        ]
        both = say("target {{x:.4g}}, output {{y:.4g}}")
        against: list[AnyMark] = [
            PointMark(due[every], given[every], BLUE, size=3, hover=both),
            LineMark(ends, ends, ORANGE, width=1.6),
        ]
        step = Axis(say("step of the test"), (0, steps - 1))
        value = Axis(say("value") if lines == 1 else say("output {number}", number=line + 1))
        titles = ("", "") if line else (say("in time"), say("output against target"))
        panels += [
            Panel(titles[0], in_time, step, value),
            Panel(titles[1], against, Axis(say("target")), Axis(say("output"))),
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
        [
            say("class {due} called {called}: {count}", due=due, called=called, count=count)
            for called, count in enumerate(row)
        ]
        for due, row in enumerate(counts.tolist())
    ]
    roots = np.sqrt(counts)  # so that single errors show
    cells = CellMark(roots, "counts", (0.0, float(roots.max()) or 1.0), texts=texts, hover="{note}", notes=notes)
    ends, ticks = (-0.5, len(counts) - 0.5), range(len(counts))
    panel = Panel(
        say("class (rows) and what the network says"),
        [cells],
        Axis(say("class the network says"), ends, ticks=ticks, grid=False),
        Axis(say("class"), ends, ticks=ticks, grid=False, reverse=True),
    )
    caption = say("{what}: {wrong} of {count} test series wrong.", what=what, wrong=wrong, count=counts.sum())
    return Picture("outputs", caption, [panel], 1, 420, legend=False, paper=(4.2, 3.9))


def spectrum_picture(topology: Topology) -> Picture:
    """The eigenvalues of the matrix that runs: how fast what went in fades, and in what rhythm."""
    W = topology.to_dense()
    values, largest = eigenvalues(W), np.linalg.norm(W, 2)
    if is_acyclic(W):
        caption = say(
            "All {units} eigenvalues of W are 0: its graph has no cycle, so W is nilpotent and was scaled by its "
            "largest singular value, {largest:.4g}.",
            units=len(W),
            largest=largest,
        )
    else:
        caption = say(
            "{units} eigenvalues of W in the unit circle; spectral radius {radius:.4g}, median magnitude {median:.3g}, "
            "largest singular value {largest:.4g}.",
            units=len(W),
            radius=abs(values[0]),
            median=np.median(np.abs(values)),
            largest=largest,
        )
    panel = spectrum_panel(say("eigenvalues of W"), values, BLUE, size=6)
    panel = replace(panel, x=replace(panel.x, title=say("real part")), y=replace(panel.y, title=say("imaginary part")))
    return Picture("spectrum", caption, [panel], 1, 440, legend=False, paper=(3.9, 3.9))


def graph_picture(topology: Topology) -> Picture:
    """The matrix that runs as a graph, with what can be counted in its caption."""
    W = topology.to_dense()
    edges = int(np.count_nonzero(W))
    ins, outs = in_degrees(W), out_degrees(W)
    left_out = edges - int(np.count_nonzero(np.diag(W))) - EDGES_DRAWN
    # Finding communities takes time that grows with the cube of the units.
    communities = say(", modularity {value:.2f}", value=modularity(W)) if len(W) <= UNFOLDED_UP_TO else ""
    counted = say(
        "{units} units, {edges:,} edges{left_out}; incoming {in_low} to {in_high}, outgoing {out_low} to {out_high}; "
        "reciprocity {reciprocity:.2f}{communities}.",
        units=len(W),
        edges=edges,
        left_out=say(" (the weakest {count:,} not drawn)", count=left_out) if left_out > 0 else "",
        in_low=ins.min(),
        in_high=ins.max(),
        out_low=outs.min(),
        out_high=outs.max(),
        reciprocity=reciprocity(W),
        communities=communities,
    )
    caption = f"{counted} {say(KEY)}"
    panel = Diagram.of(say("units and their edges"), W).panel(1.3)
    return Picture("wiring-graph", caption, [panel], 1, 520, legend=False, paper=(4.6, 4.6))


def matrix_picture(topology: Topology) -> Picture:
    """The matrix that runs, as numbered and with neighbours brought together."""
    W = topology.to_dense()
    order = bringing_together(W)
    edges = int(np.count_nonzero(W))
    caption = say(
        "{edges:,} weights between {units} units ({share:.1%}), from column to row; largest magnitude {largest:.3g}. "
        "Bandwidth {numbered} as numbered, {ordered} ordered.",
        edges=edges,
        units=len(W),
        share=edges / W.size,
        largest=np.abs(W).max(),
        numbered=bandwidth(W),
        ordered=bandwidth(W[np.ix_(order, order)]),
    )
    ends = {"x": say("from"), "y": say("to")}
    panels = [
        matrix_panel(say("as numbered"), W, np.arange(len(W)), **ends),
        matrix_panel(say("neighbours together (spectral order)"), W, order, bar=say("weight"), **ends),
    ]
    return Picture("wiring-matrix", caption, panels, height=420, legend=False, paper=(7.2, 3.6))


def state_path_picture(path: Path) -> Picture:
    """Consecutive states among all states of a run, in PCA of these."""
    components = min(3, path.states.shape[1])
    pca = PCA.fit(path.reference, components)
    cloud, states = pca.project(path.reference, components), pca.project(path.states, components)
    names = component_names(pca)
    notes = [say("step {label}", label=label) for label in path.labels]
    panels = [
        cloud_panel(
            listed([f"PC{a + 1}", f"PC{b + 1}"]),
            (names[a], names[b]),
            cloud[:, [a, b]],
            states[:, [a, b]],
            notes,
            kind=phrase("states of the run"),
        )
        for a, b in [(0, 1), (1, 2)][: components - 1]
    ]
    caption = say(
        "{states} consecutive states, numbered from 0 (steps {first} to {last} of the test), among all {all:,} of it, "
        "in PCA of these: {components} components show {share:.1%} of the variance of {units} units.",
        states=len(path.states),
        first=path.labels[0],
        last=path.labels[-1],
        all=len(path.reference),
        components=components,
        share=pca.explained_variance_ratio.sum(),
        units=path.states.shape[1],
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
