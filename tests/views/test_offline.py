"""Nothing leaves the machine: the buttons of every kind of page and figure are pressed, and none asks for anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import plotly.io
import plotly.io._base_renderers
import pytest
from plotly.offline import get_plotlyjs

from statescape import load_model, views
from statescape.analysis.candidate import read_candidate
from statescape.analysis.evolution import read_run
from statescape.views.core import carried
from tests.kept import kept
from tests.studies.verdict import scripted
from tests.views.contrast import nameless, too_faint
from tests.views.language.synthetic import path_of
from tests.views.language.test_generation import made_of
from tests.views.language.test_lens_table import LOGIT, TUNED
from tests.views.language.test_lens_table import written as lens_written
from tests.views.visiting import Visit

OURS = {"Download plot as a PNG", "Zoom", "Pan", "Zoom in", "Zoom out", "Reset axes"}


def test_pages_carry_the_plotly_that_figures_in_python_are_made_for() -> None:
    code = carried.plotly()[0]
    assert "plotly.js (cartesian - minified)" in code[:100]
    version = re.compile(r"plotly\.js.* (v[0-9.]+)")
    assert version.search(code)[1] == version.search(get_plotlyjs())[1]  # type: ignore[index]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return kept(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def write(request: pytest.FixtureRequest) -> Callable[[str, Path], object]:
    """Writes a page of a kind."""

    def verdict() -> Any:
        from statescape.studies.verdict import verdict

        return verdict(scripted.corpus(3), [scripted.straight()], files=["a"], null_documents=0, workers=1)

    def intervened(kind: str) -> Any:
        from statescape import language

        model, texts = load_model(), [f"Once upon a time there was a {who} named" for who in ("girl", "boy")]
        if kind == "steering":
            return language.steer(model, texts[0], language.direction_between(model, " girl", " boy"), follow=3)
        if kind == "ablation":
            return language.ablate(model, texts)
        return {"contrast": language.contrast, "patching": language.patch}[kind](model, *texts)

    things: dict[str, Callable[[], Any]] = {
        "path": path_of,
        "continuation": lambda: made_of(("Once", " upon"), ("Once", " upon", " a")),
        "verdict": verdict,
        "evolution": lambda: read_run(request.getfixturevalue("evolved_run")),
        "candidate": lambda: read_candidate(request.getfixturevalue("evolved_run"), 3),
        "notebook": lambda: request.getfixturevalue("notebook"),
        **{kind: partial(intervened, kind) for kind in INTERVENTIONS},
        "study": lambda: request.getfixturevalue("notebook").studies[0],
    }

    def written(kind: str, file: Path) -> object:
        if kind == "sphere":
            return views.sphere_page(path_of(), file)
        if kind == "lens":
            return lens_written(file, [LOGIT, TUNED])
        return views.report(things[kind](), file)

    return written


INTERVENTIONS = ("contrast", "patching", "ablation", "steering")
SLOW = ("study", "notebook")  # their numbers take most of a minute to make


@pytest.mark.parametrize(
    "kind",
    [
        "path",
        "continuation",
        "sphere",
        "lens",
        "verdict",
        "evolution",
        "candidate",
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in (*INTERVENTIONS, *SLOW)),
    ],
)
def test_a_page_can_be_read_and_no_button_of_it_asks_for_anything(
    kind: str, write: Any, browser: Any, tmp_path: Path
) -> None:
    file = tmp_path / f"{kind}.html"
    write(kind, file)
    ready = "document.querySelector('[data-statescape-sphere]')?.statescape?.scene"
    visit = Visit(browser, file, **({"ready": ready} if kind == "sphere" else {}))
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        assert too_faint(visit.page, "text") == []
        assert too_faint(visit.page, "marks") == []
    assert nameless(visit.page) == []
    figures = visit.page.eval_on_selector_all(".modebar-btn", "all => all.map(b => b.dataset.title)")
    assert set(figures) <= OURS
    assert ("Download plot as a PNG" in figures) == (kind not in ("sphere", "lens"))
    assert len(visit.pressed()) >= len(figures) + 1
    assert visit.errors == []
    visit.page.close()


def shown(figure: Any, how: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The HTML that a figure becomes, in a notebook beside the script that its first cell brings."""
    if how == "write_html":
        figure.write_html(folder / "saved.html")
        return (folder / "saved.html").read_text(encoding="utf-8")
    if how == "_repr_html_":
        return f"<meta charset=utf-8>{figure._repr_html_()}"
    monkeypatch.setattr(plotly.io.renderers, "default", "notebook")
    monkeypatch.setattr(plotly.io.renderers, "render_on_display", True)
    displayed = []
    for module in (plotly.io._renderers, plotly.io._base_renderers):
        monkeypatch.setattr(module.ipython_display, "display", lambda bundle, **_: displayed.append(bundle))
    bundle = figure._repr_mimebundle_() if how == "_repr_mimebundle_" else getattr(figure, how)() or displayed[-1]
    return f"<meta charset=utf-8><script>{get_plotlyjs()}</script>{bundle['text/html']}"


@pytest.mark.parametrize("how", ["write_html", "_repr_html_", "_repr_mimebundle_", "show", "_ipython_display_"])
def test_no_button_of_a_figure_asks_for_anything(
    how: str, browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shown(views.plane(path_of()), how, tmp_path, monkeypatch)
    file = tmp_path / "figure.html"
    file.write_text(text, encoding="utf-8")
    visit = Visit(browser, file, ready="document.querySelector('.modebar-btn')")
    assert set(visit.pressed()) == OURS | {"Box Select", "Lasso Select", "Autoscale"}
    assert visit.outside == []
    visit.page.close()


def test_what_a_figure_carries_by_itself_holds_without_us() -> None:
    """Given to Plotly or a notebook's front end as it is, it still has no upload; configured by the user, too."""
    figure = views.plane(path_of())
    assert figure.to_dict()["layout"]["modebar"]["remove"] == ["sendChartToCloud"]
    html = figure.to_html({"scrollZoom": True, "showSendToCloud": True}, include_plotlyjs=False)
    assert '"scrollZoom": true, "showSendToCloud": false' in html
    assert "plotly.com" not in html
