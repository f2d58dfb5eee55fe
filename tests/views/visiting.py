"""A page opened in Chromium, and what it did there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any


def until(page: Any, expression: str, argument: Any = None, seconds: float = 60.0) -> None:
    """Wait until an expression holds; a page's policy lets no text be run inside it, so it is asked from here.

    Args:
        page: an opened page.
        expression: JavaScript, or a function of `argument`.
        argument: what the function is given.
        seconds: how long to wait.

    Raises:
        AssertionError: where it does not hold by then.
    """
    ends = time.monotonic() + seconds
    asked = expression if "=>" in expression else f"Boolean({expression})"
    while not page.evaluate(asked, argument):
        assert time.monotonic() < ends, expression
        page.wait_for_timeout(20)


class Visit:
    """One page opened: what it said, asked for and tried."""

    def __init__(
        self, browser: Any, file: Path, ready: str = "document.documentElement.dataset.ready", **options: Any
    ) -> None:
        self.page = browser.new_page(**{"viewport": {"width": 1200, "height": 900}, **options})
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri(), wait_until="commit")
        until(self.page, ready)

    def pressed(self, where: str = "") -> list[str]:
        """Press every button of the page, or of a part of it; returns what they are called.

        Raises:
            AssertionError: where one is a link, asks for anything, opens a window or leads away.
        """
        there, asked = self.page.url.split("#")[0], len(self.requests)
        windows: list[str] = []
        self.page.context.on("page", lambda window: windows.append(window.url))
        assert self.page.eval_on_selector_all(
            f"{where} a[href], {where} area[href], {where} form", "all => all.map(a => a.getAttribute('href'))"
        ) == self.page.eval_on_selector_all(f"{where} a[href^='#']", "all => all.map(a => a.getAttribute('href'))")
        buttons = f"{where} button, {where} .modebar-btn, {where} [role=button], {where} [role=radio]"
        names = []
        for button in self.page.query_selector_all(buttons):
            names.append(button.get_attribute("aria-label") or button.inner_text())
            # As a script, since what floats over another or lies in a closed part can be pressed by a keyboard, too.
            button.evaluate("b => b.click()")
        self.page.wait_for_timeout(300)
        assert windows == []
        assert [url for url in self.requests[asked:] if not url.startswith(("data:", "blob:"))] == []
        assert self.page.url.split("#")[0] == there
        return names

    @property
    def outside(self) -> list[str]:
        return [url for url in self.requests[1:] if not url.startswith(("data:", "blob:"))]
