"""Live pages in a real browser, asked of the real server as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.serving import ROOT, Served, as_process
from tests.views.contrast import nameless, too_faint

pytestmark = pytest.mark.slow

WIDE = {"viewport": {"width": 1400, "height": 900}, "reduced_motion": "reduce"}


class Opened:
    """A live page and what went wrong in it."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.page = browser.new_page(**{**WIDE, **options})
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def answered(self, text: str) -> None:
        """Until the answer to a text is on the page whole."""
        self.page.wait_for_selector(f"html[data-answered={json.dumps(text, ensure_ascii=False)}]", timeout=60_000)

    def data(self, name: str) -> str:
        return self.page.evaluate("(name) => document.documentElement.dataset[name] ?? ''", name)

    def until(self, expression: str) -> Any:
        """Until an expression holds; the page's policy lets no text be run inside it, so it is asked from here."""
        ends = time.monotonic() + 30
        while not (found := self.page.evaluate(expression)):
            assert time.monotonic() < ends, expression
            self.page.wait_for_timeout(50)
        return found

    def assert_readable(self) -> None:
        """Everything that is seen now has contrast, in light and dark, and a name for those who do not see it."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            for kind in ("text", "marks"):
                assert too_faint(self.page, kind) == [], (scheme, kind)
        assert nameless(self.page) == []

    @property
    def sphere(self) -> dict[str, Any]:
        """What the sphere shows."""
        return self.page.evaluate(
            "(() => { const { data, look } = document.getElementById('sphere').statescape.scene;"
            " return { predicted: data.shown[data.predicted], beside: data.beside.length, layer: look.layer }; })()"
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("live")
    (folder / "runs").mkdir()
    with as_process("--port", "0", "--runs", "runs", folder=folder, cache=folder / "cache") as (_, found):
        found.folder = folder
        yield found


def test_typing_clicking_comparing_and_the_link_that_holds_it(browser, served):
    opened = Opened(browser, served.link)
    page, begun = opened.page, "Once upon a time, there was a little girl"
    opened.answered(begun)
    assert page.input_value("#text") == begun
    page.press("#text", "End")
    page.type("#text", " named")
    opened.answered(f"{begun} named")
    page.wait_for_timeout(300)
    # A frame costs more than all else where no graphics card helps: one for each answer.
    assert page.evaluate("document.getElementById('sphere').statescape.scene.frames") == 1
    first = page.inner_text("#predictions li bdi")
    assert opened.sphere["predicted"] == first
    assert len(page.query_selector_all("#tokens button")) == len(
        page.query_selector_all("#lens thead th:not(:first-child)")
    )
    assert page.inner_text("#sentences").startswith("The last state")
    assert page.query_selector_all("#table tbody tr")

    page.click("#tokens button:nth-child(4)")
    page.wait_for_selector("#tokens button:nth-child(4)[aria-pressed=true]")
    opened.answered(f"{begun} named")
    assert opened.sphere["predicted"] == page.inner_text("#predictions li bdi")

    page.click("#compare")
    page.type("#beside", "The dog was very")
    opened.until("document.getElementById('sphere').statescape.scene.data.beside.length === 1")
    opened.answered(f"{begun} named")
    assert "The dog was very" in page.inner_text("#others")
    assert "part" in page.inner_text("#apart")
    assert page.query_selector("[data-figure=apart] .main-svg")
    opened.assert_readable()

    again = Opened(browser, page.url)
    again.answered(f"{begun} named")
    assert again.sphere["beside"] == 1
    assert again.page.get_attribute("#tokens button:nth-child(4)", "aria-pressed") == "true"
    assert opened.errors == again.errors == []
    own = f"http://127.0.0.1:{served.port}/"
    assert [url for url in opened.requests if not url.startswith((own, "data:", "blob:"))] == []
    again.page.close()
    page.close()


def test_what_is_typed_before_the_models_are_known_is_answered(browser, served):
    opened, held = Opened(browser, "about:blank"), []
    opened.page.route("**/api/models", lambda route: held.append(route))
    opened.page.goto(served.link)
    opened.page.fill("#text", "A dog ran")
    opened.page.wait_for_timeout(300)
    held[0].continue_()
    opened.answered("A dog ran")
    assert opened.page.input_value("#text") == "A dog ran"
    assert opened.errors == []
    opened.page.close()


def test_a_state_is_replaced_by_a_click_and_a_link_holds_that(browser, served):
    opened = Opened(browser, served.link)
    page, begun = opened.page, "Once upon a time, there was a little girl"
    opened.answered(begun)
    untouched = page.inner_text("#predictions li bdi")
    assert page.is_hidden("#editing")
    page.click("#lens tbody tr:first-child td:last-child")  # the last state, at the end of the text
    assert "state 6 at position" in page.inner_text("#chosen")
    page.select_option("#replacement", "zero")
    opened.until("document.getElementById('edited').textContent.startsWith('State 6')")
    opened.answered(begun)
    assert "replaced by zero" in page.inner_text("#edited")
    assert "Without the edit" in page.inner_text("#others")
    assert untouched == page.inner_text("#others li bdi")
    assert opened.sphere["beside"] == 1

    again = Opened(browser, page.url)
    again.answered(begun)
    assert page.inner_text("#edited") == again.page.inner_text("#edited")
    assert again.page.input_value("#replacement") == "zero"
    again.page.click("#undo")
    again.until("document.getElementById('edited').textContent === ''")
    again.answered(begun)
    assert untouched == again.page.inner_text("#predictions li bdi")
    assert again.page.is_hidden("#undo")
    page.type("#text", " who")
    opened.answered(f"{begun} who")
    assert page.inner_text("#edited") == ""
    assert opened.errors == again.errors == []
    again.page.close()
    page.close()


def test_the_next_token_moves_the_path_on_and_the_keyboard_is_enough(browser, served):
    opened = Opened(browser, served.link)
    page, begun = opened.page, "Once upon a time, there was a little girl"
    opened.answered(begun)
    first = page.inner_text("#predictions li bdi")
    page.focus("#text")
    page.keyboard.press("Alt+Enter")
    opened.answered(begun + first.replace("␣", " "))
    page.focus("#likeliest")
    page.keyboard.press("Enter")
    opened.until(f"document.getElementById('text').value.length > {len(begun + first)}")
    page.focus("#tokens button:nth-child(3)")
    page.keyboard.press("Enter")
    page.wait_for_selector("#tokens button:nth-child(3)[aria-pressed=true]")
    opened.answered(page.input_value("#text"))
    assert page.evaluate("document.activeElement.matches('#tokens button:nth-child(3)')")  # and goes on from there
    focusable = page.evaluate("[...document.querySelectorAll('button, select, textarea')].every(e => e.tabIndex === 0)")
    assert focusable
    assert opened.errors == []
    page.close()


def test_an_empty_text_and_one_too_long_say_so_and_go_on(browser, served):
    opened = Opened(browser, served.link)
    page = opened.page
    opened.answered("Once upon a time, there was a little girl")
    page.fill("#text", "")
    opened.until("document.getElementById('status').textContent === 'Type a few words.'")
    assert page.query_selector("html[data-empty]")  # what is left of the last text is pale
    page.fill("#text", "word " * 600)
    opened.until("document.getElementById('status').textContent.includes('tokens')")
    page.fill("#text", "<b onclick=alert(1)>&amp; \u202e</script>")
    opened.answered("<b onclick=alert(1)>&amp; \u202e</script>")
    assert page.query_selector("#tokens b") is None
    assert page.query_selector("html[data-empty]") is None
    assert "dialog" not in opened.errors
    page.close()


def test_on_a_phone_nothing_is_wider_than_the_screen(browser, served):
    for address in (served.link, served.link.replace("/?", "/reservoirs?")):
        opened = Opened(browser, address, viewport={"width": 400, "height": 800})
        if "reservoirs" in address:
            opened.page.wait_for_selector("html[data-connected=true]")
        else:
            opened.answered("Once upon a time, there was a little girl")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 400
        assert opened.errors == []
        opened.page.close()


def test_a_saved_page_is_complete(browser, served, tmp_path):
    opened = Opened(browser, served.link)
    opened.answered("Once upon a time, there was a little girl")
    for kind in ("path", "sphere"):
        with opened.page.expect_download(timeout=120_000) as waiting:
            opened.page.click(f"#save-{kind}")
        waiting.value.save_as(tmp_path / f"{kind}.html")
        assert served.token not in (tmp_path / f"{kind}.html").read_text()
    opened.page.close()


def test_a_search_of_another_process_is_watched_interrupted_and_resumed(browser, served):
    opened = Opened(browser, served.link.replace("/?", "/reservoirs?"))
    page = opened.page
    page.wait_for_selector("html[data-connected=true]")
    name = "<img src=x onerror=alert(1)>.run"
    search = ["evolve", "memory-noisy", "-n", "12", "-g", "4000", "--no-compare", "--no-tune", "-w", "1", "--run", name]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    child = subprocess.Popen(
        [sys.executable, "-m", "statescape", *search], cwd=served.folder / "runs", env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        page.click("#list button:has-text('onerror')", timeout=60_000)
        page.wait_for_selector("html[data-drawn]")
        seen = int(opened.data("generations"))
        opened.until(f"Number(document.documentElement.dataset.generations) > {seen}")
        assert page.query_selector_all("#wiring path")
        opened.assert_readable()
        assert page.inner_text("#state") == "running"
        page.click("#interrupt")
        page.wait_for_selector("#resume:visible", timeout=30_000)
        assert child.wait(30) == 130
        page.click("#resume")
        page.wait_for_selector("#interrupt:visible", timeout=30_000)
        page.click("#interrupt")
        page.wait_for_selector("#resume:visible", timeout=30_000)
        (served.folder / "runs" / name).unlink()
        opened.until("document.getElementById('status').textContent.startsWith('There is no run')")
        assert opened.errors == []
    finally:
        child.kill()
        child.wait()
        page.close()


def test_pages_find_a_server_that_was_killed_and_started_again(browser, tmp_path):
    (tmp_path / "runs").mkdir()
    with as_process("--port", "0", "--runs", "runs", folder=tmp_path, cache=tmp_path / "cache") as (process, served):
        text = Opened(browser, served.link)
        text.answered("Once upon a time, there was a little girl")
        runs = Opened(browser, served.link.replace("/?", "/reservoirs?"))
        runs.page.wait_for_selector("html[data-connected=true]")
        process.kill()
        process.wait()
        text.page.fill("#text", "The dog")
        text.until("document.getElementById('status').textContent.includes('does not answer')")
        runs.page.wait_for_selector("html[data-connected='']")
    again = ("--port", str(served.port), "--runs", "runs")
    with as_process(*again, folder=tmp_path, cache=tmp_path / "cache") as (_, second):
        assert second.link == served.link
        text.answered("The dog")
        runs.page.wait_for_selector("html[data-connected=true]", timeout=30_000)
        text.page.close()
        runs.page.close()


def test_ten_tabs_are_answered_and_a_closed_one_ends_its_work(browser, served):
    opened = [Opened(browser, f"{served.link}#text=Tab+{number}") for number in range(10)]
    opened[0].page.close()
    for number, one in enumerate(opened[1:], 1):
        one.answered(f"Tab {number}")
        assert one.errors == []
        one.page.close()
    assert served.parts(text="Once")[-1]["part"] == "end"
    assert Path(served.folder).exists()
