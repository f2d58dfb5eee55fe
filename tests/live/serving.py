"""A live server as tests have it: in a thread of the test's process, or as the process that a user starts."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from statescape.live.app import Live
from statescape.live.assets import Assets
from statescape.live.reservoirs import Folder
from statescape.live.runs import RunPages
from statescape.live.server import LiveServer, listening, serve
from statescape.live.shelf import Shelf
from statescape.wording import speaking

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """A server that answers at `link`."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self.link, self.port = link, int(parts.port or 0)
        self.token = parse_qs(parts.query)["token"][0]

    def ask(self, path: str, body: Any = None, method: str = "", **headers: str) -> tuple[int, bytes]:
        """Status and content of one request; headers by their names with _ for -."""
        status, content, _ = self.answer(path, body, method, **headers)
        return status, content

    def answer(self, path: str, body: Any = None, method: str = "", **headers: str) -> tuple[int, bytes, Any]:
        """The same with the headers that came back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method or ("GET" if body is None else "POST"), path, content, named)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def parts(self, **question: Any) -> list[dict[str, Any]]:
        """The parts of the answer to a question about a text."""
        status, content = self.ask("/api/path", question, x_statescape_token=self.token)
        assert status == 200, content
        return [json.loads(line) for line in content.splitlines()]


@contextmanager
def in_thread(shelf: Shelf, folder: Folder | None = None, language: str = "en") -> Iterator[Served]:
    """A server in this process, which speaks a language."""
    links: list[str] = []
    ready, servers = threading.Event(), []
    started = LiveServer.__init__

    def noted(server: LiveServer, *arguments: Any, **named: Any) -> None:
        servers.append(server)
        started(server, *arguments, **named)

    LiveServer.__init__ = noted
    listener = listening("127.0.0.1", 0)
    assets = Assets()
    application = Live(shelf, assets, [] if folder is None else RunPages(folder, assets).routes()).application()

    def served() -> None:
        with speaking(language):
            serve(application, listener, "127.0.0.1", "a" * 32, lambda link: (links.append(link), ready.set()))

    run = threading.Thread(target=served, daemon=True)
    try:
        run.start()
        assert ready.wait(30)
        yield Served(links[0])
    finally:
        LiveServer.__init__ = started
        for server in servers:
            server.should_exit = server.force_exit = True
        run.join(10)
        listener.close()


@contextmanager
def as_process(*arguments: str, folder: Path, cache: Path) -> Iterator[tuple[subprocess.Popen, Served]]:
    """``statescape live`` as a user starts it, ready."""
    process = started(*arguments, folder=folder, cache=cache)
    try:
        yield process, Served(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def started(*arguments: str, folder: Path, cache: Path) -> subprocess.Popen:
    """The process, which may not be ready yet."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT / "src"), "STATESCAPE_CACHE": str(cache), "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    call: Sequence[str] = [sys.executable, "-m", "statescape", "live", *arguments]
    return subprocess.Popen(
        call, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A test run in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
