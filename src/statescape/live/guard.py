"""Who may ask: the browser of whoever has the link, and no page of anyone else.

A page of another site can send requests to a server on this machine, but it cannot know the token of the link; by DNS
rebinding it could read the answers too, but then the request names its own host. So Host, Origin and token are checked
before anything else happens. What is sent may load and run nothing but what this server itself sends.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from statescape.wording import say

HEADER = "x-statescape-token"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Scripts and style sheets come from this server alone; Plotly sets attributes of style on what it draws."""

HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """The application behind its checks.

    Args:
        app: what answers.
        token: what the link holds.
        host: the address that is listened at.
        port: the port.
    """

    def __init__(self, app: ASGIApp, token: str, host: str, port: int) -> None:
        self.app, self.token, self.host, self.port = app, token, host, port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse in a line."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self.refusal(scope)
        if refusal is None:
            await self.app(scope, receive, sent)
        else:
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, sent)

    def refusal(self, scope: MutableMapping[str, Any]) -> tuple[int, str] | None:
        """Status and reason where a request is refused; None where it is not."""
        headers = Headers(scope=scope)
        if not self._ours(headers.get("host", "")):
            return 403, say("This server answers to its own address only; open the link that it printed.")
        origin = headers.get("origin")
        if origin is not None and not (origin.startswith("http://") and self._ours(urlsplit(origin).netloc)):
            return 403, say("This server answers to its own pages only.")
        queried = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        given = headers.get(HEADER) or queried[0]
        if not given:
            return 401, say("The token is missing; open the whole link that statescape live printed.")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return 403, say("The token is another one; open the link that statescape live printed last.")
        return None

    def _ours(self, given: str) -> bool:
        """Whether a host and port are those of this server."""
        try:
            parts = urlsplit(f"//{given}")
            name, port = (parts.hostname or "").lower(), parts.port or 80
        except ValueError:
            return False
        if port != self.port:
            return False
        # A number cannot have been rebound; a server for others is asked by any of its machine's.
        return name in names_of(self.host) or (not is_loopback(self.host) and _is_address(name))


def names_of(host: str) -> set[str]:
    """Under which names a server that listens at an address is asked."""
    names = {host.lower(), "localhost", "127.0.0.1", "::1"}
    return names if is_loopback(host) else names | {socket.gethostname().lower(), socket.getfqdn().lower()}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    """Whether a name is a number."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
