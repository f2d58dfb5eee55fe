"""The server as a process: its address, its link, and its end within a second.

The token of the link is kept in the user's cache folder, readable by the user alone, so that pages which are open find
a server that was ended and started again.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from statescape import cache
from statescape.errors import StatescapeError
from statescape.live.guard import Guard, is_loopback

PATIENCE = 0.3  # seconds that work in progress is given at the end
_MOST_TOKEN = 200


class LiveServer(uvicorn.Server):
    """A server that says when it is ready, and ends at the first Ctrl-C, whoever is still connected."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object], ending: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready, self._ending = ready, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then the link is printed."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End now: streams that stay open have no end of their own, and a model cannot be interrupted."""
        self.should_exit = self.force_exit = True
        self._ending()
        last = threading.Timer(PATIENCE, os._exit, (0,))
        last.daemon = True
        last.start()


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; taken before anything is loaded, so that a port in use is known at once.

    Args:
        host: the address.
        port: the port; 0 for one that is free.

    Raises:
        StatescapeError: it cannot be had.
    """
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found = socket.socket(kind, socket.SOCK_STREAM)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(128)
        except BaseException:
            found.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StatescapeError(f"Nothing can listen at {host}, port {port}: {reason}; choose another port.") from error
    return found


def link_of(host: str, port: int, token: str) -> str:
    """Where a browser finds the server."""
    name = socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104 (a comparison)
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/?token={token}"


def own_token() -> str:
    """The token of this user: the one that is kept, or a new one, which is kept where anything is."""
    folder = cache.folder()
    if folder is None:
        return secrets.token_urlsafe(24)
    file = folder / "live-token"
    with suppress(OSError, UnicodeError):
        if file.stat().st_mode & 0o077 == 0:
            kept = file.read_text("ascii").strip()
            if 24 <= len(kept) <= _MOST_TOKEN and kept.replace("-", "").replace("_", "").isalnum():
                return kept
    token = secrets.token_urlsafe(24)
    with suppress(OSError):
        _kept_by_user(file, token)
    return token


def _kept_by_user(file: Path, token: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="ascii") as opened:
        opened.write(token)


def serve(
    app: ASGIApp, listener: socket.socket, host: str, token: str, ready: Callable[[str], object],
    ending: Callable[[], object] = lambda: None,
) -> None:  # fmt: skip
    """Answer until Ctrl-C.

    Args:
        app: what answers.
        listener: where it listens.
        host: the address that was asked for.
        token: of the link.
        ready: called with the link as soon as it answers.
        ending: called when the end begins.
    """
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        Guard(app, token, host, port), log_level="critical", access_log=False, lifespan="off", server_header=False,
        timeout_graceful_shutdown=0,
    )  # fmt: skip
    LiveServer(config, lambda: ready(link_of(host, port, token)), ending).run(sockets=[listener])


__all__ = ["is_loopback", "link_of", "listening", "own_token", "serve"]
