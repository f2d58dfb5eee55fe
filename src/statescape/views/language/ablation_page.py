"""The page of an ablation: how much more a corpus costs without each block, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from statescape import plugins
from statescape.language.ablating import Ablation
from statescape.language.readable import opening_in_words
from statescape.views.core.labels import every
from statescape.views.core.marks import Axis, BarMark, Panel
from statescape.views.core.page import Figure, Page, Section, TableBlock, write_page
from statescape.views.core.picture import Picture, Printable
from statescape.views.core.theme import BLUE
from statescape.wording import number, phrase, say

LEADS = {
    ("block", "zero"): phrase("Every block in turn is skipped: it adds nothing."),
    ("block", "mean"): phrase("Every block in turn adds what it adds on average."),
    ("attention", "zero"): phrase("The attention of every block in turn adds nothing."),
    ("attention", "mean"): phrase("The attention of every block in turn adds what it adds on average."),
    ("mlp", "zero"): phrase("The MLP of every block in turn adds nothing."),
    ("mlp", "mean"): phrase("The MLP of every block in turn adds what it adds on average."),
}


@plugins.report.register
def _(found: Ablation, file: Path) -> Path:
    return write_page(page_of(found), file)


@plugins.pictures.register
def _(found: Ablation) -> Sequence[Printable]:
    return [changes_picture(found)]


def changes_picture(found: Ablation) -> Picture:
    """A bar for each block: the change of the loss without it, and its interval."""
    changes = found.changes
    blocks = np.arange(1, len(changes) + 1)
    bars = BarMark(
        blocks,
        [change.mean for change in changes],
        BLUE,
        low=[change.low for change in changes],
        high=[change.high for change in changes],
        hover="{note}",
        notes=[
            f"{block}: {number(change.mean, '+.3f')} ({number(change.low, '+.3f')} – {number(change.high, '+.3f')})"
            for block, change in zip(blocks, changes, strict=True)
        ],
    )
    caption = say(
        "Loss of the untouched model {loss:.3f} nats a token. Bars: change of the mean over {documents} documents; "
        "lines: 95% intervals (Student's t, paired by document).",
        loss=found.loss,
        documents=len(found.plain),
    )
    below = Axis(say("block"), ticks=[int(blocks[place]) for place in every(len(blocks), 16)], grid=False)
    panel = Panel(say("loss more without the block"), [bars], below, Axis(say("nats a token")))
    return Picture("ablation", caption, [panel], columns=1, height=360, legend=False)


def page_of(found: Ablation) -> Page:
    """The page, section by section."""
    rows = [
        [
            str(row.block),
            number(row.loss, ".3f"),
            number(row.change, "+.3f"),
            f"{number(row.low, '+.3f')} – {number(row.high, '+.3f')}",
        ]
        for row in found.to_dataframe().itertuples()
    ]
    header = (say("block"), say("loss"), say("change"), say("95% interval"))
    return Page(
        title=say("What the model loses without a block"),
        lead=say(LEADS[found.part, found.by]),
        answer=[found.conclusion],
        facts=[
            (say("model"), found.model.name),
            (say("documents"), number(len(found.plain), ",")),
            (say("tokens predicted"), number(found.n_positions, ",")),
            (say("first token"), opening_in_words(found.model.bos)),
        ],
        sections=(
            Section(
                "changes",
                say("Block by block"),
                say("High bars are blocks that the model cannot do without; below zero it would be better without."),
                (Figure(changes_picture(found)),),
            ),
            Section("numbers", say("The numbers by block"), "", (TableBlock(header, rows),)),
        ),
    )
