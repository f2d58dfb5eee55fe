"""The picture of a plan: every module and way is drawn, what is wild is said."""

import numpy as np

from statescape.reservoir import Module, Plan
from statescape.views.core.marks import LineMark, PointMark
from statescape.views.core.theme import BLUE, ORANGE
from statescape.views.evolution.plan import plan_picture
from statescape.wording import speaking

PLAN = Plan((Module(30, 1.2), Module(10, 1.1), Module(5)), ((0, 1), (1, 0), (1, 2)), (0,), (1, 2))


def test_every_module_and_every_way_is_drawn() -> None:
    (panel,) = plan_picture(PLAN, "A plan:").panels
    modules, lines = (
        next(one for one in panel.marks if isinstance(one, kind) and (kind is LineMark or len(one.x) == 3))
        for kind in (PointMark, LineMark)
    )
    assert list(modules.colour) == [ORANGE, ORANGE, BLUE]
    assert np.all(np.diff(modules.size) < 0)
    assert int(np.isnan(lines.x).sum()) == 3 + 1 + 2
    assert modules.notes[2].startswith("module 2: 5 units")


def test_no_two_places_coincide() -> None:
    for plan in (PLAN, Plan.single(4), Plan(tuple(Module(2) for _ in range(8)), ((0, 1),), (0, 2, 3), (7, 0))):
        (panel,) = plan_picture(plan, "").panels
        spots = [
            point
            for one in panel.marks
            if isinstance(one, PointMark) and one.symbol in ("circle", "diamond")
            for point in zip(one.x, one.y, strict=True)
        ]
        assert len(set(spots)) == len(plan.modules) + 2


def test_the_caption_tells_the_modules_and_what_may_run_away() -> None:
    caption = plan_picture(PLAN, "A plan:").caption
    assert caption.startswith("A plan: 3 modules, 45 units in all, 3 edges among them")
    assert "2: 5 units, sr 0.90, lr 1.00" in caption
    assert "Modules 0, 1 feed each other in a cycle" in caption


def test_one_unit_is_a_unit() -> None:
    plan = Plan((Module(1), Module(1)), ((0, 1),), (0,), (1,))
    assert plan_picture(plan, "A plan:").caption.startswith("A plan: 2 modules, 2 units in all, 1 edge among them")
    assert "0: 1 unit, sr" in plan_picture(plan, "").caption
    assert repr(plan) == "Plan of 2 modules of 1, 1 units; 1 edge among them"
    with speaking("fr"):
        assert "0\u202f: 1 unité, sr" in plan_picture(plan, "").caption
