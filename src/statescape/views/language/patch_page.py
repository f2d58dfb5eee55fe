"""The page of a patching: the map, and for each of its cells the path that the patched run takes to its answer.

A click on a cell of the states' map shows what becomes of the corrupt run with that one state of the clean run in it:
the last position's path beside the clean and the corrupt one, and the logit difference that each of its states decodes
to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from statescape import plugins
from statescape.geometry import PCA
from statescape.language.edits import Edit
from statescape.language.pair_patching import PatchedPairs
from statescape.language.patching import Patching, differences
from statescape.language.readable import opening_in_words
from statescape.views.core.labels import every
from statescape.views.core.marks import Axis, CellMark, Panel
from statescape.views.core.page import Block, Choice, Figure, Page, Section, TableBlock, write_page
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.text import word
from statescape.views.core.theme import BLUE, ORANGE, RED
from statescape.views.language.by_state import Row, by_state_panel
from statescape.views.language.clouds import path_line
from statescape.wording import number, phrase, say, visible

MOST_CLICKED = 240
"""Cells of a page that show their path; of longer texts the last positions."""

TITLES = {
    "state": phrase("Every state put into the corrupt run"),
    "attention": phrase("What attention added"),
    "mlp": phrase("What the MLP added"),
}
CAPTIONS = {
    "state": phrase(
        "Share of the logit difference that comes back when one state of the clean run is put in the place of the "
        "corrupt run's."
    ),
    "attention": phrase(
        "Share of the logit difference that comes back when what attention of one block added at one position of the "
        "clean run is put in the place of the corrupt run's."
    ),
    "mlp": phrase(
        "Share of the logit difference that comes back when what the MLP of one block added at one position of the "
        "clean run is put in the place of the corrupt run's."
    ),
}


@plugins.report.register
def _(found: Patching, file: Path) -> Path:
    return write_page(page_of(found), file)


@plugins.report.register
def _(found: PatchedPairs, file: Path) -> Path:
    return write_page(page_of_pairs(found), file)


@plugins.pictures.register
def _(found: Patching) -> Sequence[Printable]:
    return _pictures(found)


@plugins.pictures.register
def _(found: PatchedPairs) -> Sequence[Printable]:
    return _pictures(found)


def _pictures(found: Patching | PatchedPairs) -> list[Picture]:
    """Every map, and what approximates each."""
    approximations = [map_picture(found, name, approximate=True) for name in found.attribution or ()]
    return [*(map_picture(found, name) for name in found.maps), *approximations]


def map_picture(
    found: Patching | PatchedPairs, name: str, shown: Sequence[int] = (), *, approximate: bool = False
) -> Picture:
    """One map: blocks upwards, positions to the right, the restored share as colour.

    Args:
        found: what was patched.
        name: state, attention or mlp.
        shown: positions whose cells show a path when they are clicked.
        approximate: the map that one gradient gives, where it was asked for, in place of the exact one.
    """
    start, maps = found.first_difference, (found.attribution or {}) if approximate else found.maps
    values = maps[name][:, start:]
    blocks, positions = values.shape
    first = int(name != "state")
    labels = [_token(found, start + place) for place in range(positions)]
    notes = [
        [
            f"{label} (position {start + place}), {first + row}: {values[row, place]:.0%}"
            for place, label in enumerate(labels)
        ]
        for row in range(blocks)
    ]
    options = None
    if shown:
        # Positions in front of those shown have no path of their own: the nearest that has one is shown.
        options = [
            [row * len(shown) + max(start + place - shown[0], 0) for place in range(positions)] for row in range(blocks)
        ]
    cells = CellMark(
        values, "signed", (-1.0, 1.0), origin=(float(start), float(first)), bar=say("restored"), hover="{note}",
        notes=notes, gap=(1 if positions < 80 else 0, 1), options=options,
    )  # fmt: skip
    ticks = every(positions, 24)
    x = Axis(
        say("token at the position"), ticks=[start + i for i in ticks], labels=[labels[i] for i in ticks], turn=-50,
        grid=False,
    )  # fmt: skip
    y = Axis(
        say("state") if name == "state" else say("block"), ticks=[first + i for i in every(blocks, 13)], grid=False
    )
    left_out = say("Positions before {start} are left out: there the texts are the same.", start=start) if start else ""
    caption = f"{_approximated(found, name) if approximate else say(CAPTIONS[name])} {left_out}".rstrip()
    panel = Panel(say(TITLES[name]) if approximate else "", [cells], x, y)
    return Picture(
        f"{'attribution' if approximate else 'map'}_{name}",
        caption,
        [panel],
        columns=1,
        height=max(260, min(24 * blocks, 640)),
        legend=False,
        paper=(7.2, min(1.2 + 0.24 * blocks, 6.5)),
    )


def _approximated(found: Patching | PatchedPairs, name: str) -> str:
    """What the map of an approximation is, and how well it agrees with the exact one."""
    correlation = found.correlations[name]
    if isinstance(found, Patching):
        return say(
            "Attribution by gradients: its correlation with the map is {correlation:.3f}.", correlation=correlation
        )
    return say(
        "Attribution by gradients, mean over {count} pairs: its correlation with the map is {correlation:.3f} (mean).",
        count=len(found.pairs),
        correlation=correlation,
    )


def _token(found: Patching | PatchedPairs, position: int) -> str:
    return "/".join(word(one, 12) for one in found.tokens_at(position)) or f"({position})"


def page_of(found: Patching) -> Page:
    """The page of one pair."""
    shown = _shown(found)
    ends = (found.difference_clean, found.difference_corrupt)
    return Page(
        title=say("Which state carries the answer"),
        lead=f"{say('clean')}: {found.clean.text}\n{say('corrupt')}: {found.corrupt.text}",
        answer=[found.conclusion],
        facts=[
            (say("model"), found.model.name),
            (say("answers"), " / ".join(say("‘{token}’", token=visible(one)) for one in found.answer_tokens)),
            (say("logit difference"), " / ".join(number(one, ".2f") for one in ends)),
            (say("first token"), opening_in_words(found.model.bos)),
        ],
        sections=(
            Section(
                "state",
                say(TITLES["state"]),
                say("Click a cell: the section below shows the path that results."),
                (Figure(map_picture(found, "state", shown)),),
            ),
            Section(
                "path",
                say("The path that results"),
                say("See from which state on the patched path goes where the clean one goes."),
                (Choice("cell", _options(found, shown), walked=True, opens=_opens(found, shown)),),
            ),
            *_parts(found),
        ),
    )


def page_of_pairs(found: PatchedPairs) -> Page:
    """The page of several pairs: mean maps and their intervals."""
    rows = []
    low, high = found.intervals("state")
    for (state, position), mean in np.ndenumerate(found.maps["state"]):
        if position >= found.first_difference:
            # Rounded first, so that no share reads as -0%.
            own, *ends = (
                number(round(float(share), 2) + 0.0, ".0%")
                for share in (mean, low[state, position], high[state, position])
            )
            rows.append([f"{state}", _token(found, position), own, " – ".join(ends)])
    header = (say("state"), say("token at the position"), say("restored"), say("95% interval"))
    return Page(
        title=say("Which state carries the answer"),
        lead=say("The mean over {count} pairs.", count=len(found.pairs)),
        answer=[found.conclusion],
        facts=[(say("model"), found.model.name), (say("pairs"), str(len(found.pairs)))],
        sections=(
            Section("state", say(TITLES["state"]), "", (Figure(map_picture(found, "state")),)),
            *_parts(found),
            Section("numbers", say("The numbers by state"), "", (TableBlock(header, rows),)),
        ),
    )


def _parts(found: Patching | PatchedPairs) -> tuple[Section, ...]:
    """The maps of attention and MLP, and what one gradient says of every map where that was asked for."""
    parts = [
        Section(name, say(TITLES[name]), "", (Figure(map_picture(found, name)),))
        for name in found.maps
        if name != "state"
    ]
    if found.attribution is not None:
        figures = [Figure(map_picture(found, name, approximate=True)) for name in found.attribution]
        look = say("One pass backwards gives all cells; see where it leads away from the maps above.")
        parts.append(Section("attribution", say("Approximated by gradients"), look, figures))
    return tuple(parts)


def _shown(found: Patching) -> list[int]:
    """Positions whose cells show a path: the last ones, as many as a page bears."""
    states, positions = found.state.shape
    first = max(found.first_difference, positions - max(1, MOST_CLICKED // states))
    return list(range(first, positions))


def _opens(found: Patching, shown: Sequence[int]) -> int:
    """The cell to begin with: the first state at the end of the text that carries the answer, or else the strongest."""
    arrived = [state for position, state, _ in found.carriers() if position == shown[-1]]
    return arrived[0] * len(shown) + len(shown) - 1 if arrived else int(found.state[:, shown].argmax())


def _options(found: Patching, shown: Sequence[int]) -> list[tuple[str, Sequence[Block]]]:
    """For every cell, state after state, its name and its figure."""
    model = found.clean.model
    runs = [np.asarray(trace.states[:, -1], dtype=np.float64) for trace in (found.clean, found.corrupt)]
    pca = PCA.fit(np.concatenate(runs), 2)
    fixed = [(pca.project(run), differences(model, run.astype(np.float32), found.answers)) for run in runs]
    options: list[tuple[str, Sequence[Block]]] = []
    for state in range(len(found.state)):
        for position in shown:
            edit = Edit.replace(state, found.clean.states[state, position], position)
            run = np.asarray(model.edited_states(found.corrupt.token_ids, [edit])[:, -1])  # type: ignore[attr-defined]
            patched = pca.project(run.astype(np.float64)), differences(model, run.astype(np.float32), found.answers)
            name = say(
                "state {state} at {token}: {share:.0%} restored", state=state, token=_token(found, position),
                share=float(found.state[state, position]),
            )  # fmt: skip
            options.append((name, (Figure(_cell_picture(pca, [*fixed, patched], f"cell-{state}-{position}")),)))
    return options


def _cell_picture(
    pca: PCA, runs: Sequence[tuple[Float[np.ndarray, "states 2"], Float[np.ndarray, " states"]]], name: str
) -> Picture:
    # What is patched lies on one of the others at first or at last, which shows through.
    styles = [(say("clean"), BLUE, "solid"), (say("corrupt"), ORANGE, "solid"), (say("patched"), RED, "dash")]
    plane = [
        path_line(place, colour, label, dash) for (label, colour, dash), (place, _) in zip(styles, runs, strict=True)
    ]
    names = [f"PC{axis + 1} ({number(share, '.0%')})" for axis, share in enumerate(pca.explained_variance_ratio)]
    decoded = by_state_panel(
        say("the logit difference in each state"),
        [Row(label, values, colour, dash) for (label, colour, dash), (_, values) in zip(styles, runs, strict=True)],
        follows="",
    )
    caption = say("At the last position; the plane is that of the clean and the corrupt path.")
    panels = [Panel(say("the three paths"), plane, Axis(names[0]), Axis(names[1])), decoded]
    return Picture(name, caption, panels, columns=2, height=360)
