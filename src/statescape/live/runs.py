"""Pages of the runs of a folder: which there are, one as it goes on, and what begins, resumes or interrupts it.

Imported where a folder is named: the language page starts without the reservoir wing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from statescape.errors import StatescapeError
from statescape.live.app import Part, asked_in, line_of
from statescape.live.assets import Assets
from statescape.live.reservoirs import CHOICES, Folder
from statescape.live.watched import Watched
from statescape.reservoir import tasks
from statescape.views.evolution.names import explained
from statescape.wording import say, visible

BREATH = 0.25  # seconds between two looks at a folder


@dataclass(frozen=True, eq=False)
class RunPages:
    """What the pages of a folder are answered from.

    Attributes:
        folder: of the runs.
        assets: scripts and styles.
    """

    folder: Folder
    assets: Assets

    def routes(self) -> list[Route]:
        """Of the pages, and of what they ask for."""
        return [
            Route("/reservoirs", self.page),
            Route("/api/watch", self.watch),
            Route("/api/runs/{act}", self.act, methods=["POST"]),
            Route("/report", self.report),
        ]

    async def page(self, request: Request) -> Response:
        """The page of the reservoir wing."""
        token = request.query_params.get("token", "")
        name = visible(self.folder.path.resolve().name, 80)
        choices = {of: [(one, explained(one)) for one in known] for of, known in CHOICES.items()}
        page = self.assets.reservoirs(token, folder=name, tasks=tasks.names(), choices=choices)
        return Response(page, media_type="text/html")

    async def watch(self, request: Request) -> Response:
        """Events for as long as the page is open: the list of the folder, and one run of it as it goes on."""
        folder, name = self.folder, request.query_params.get("run", "")
        watched = Watched(folder, name) if name else None
        before: list[object] = [None]

        def news() -> list[Part]:
            found = []
            if (now := folder.signature()) != before[0]:
                before[0] = now
                found.append({"part": "runs", "runs": folder.listing()})
            return [*found, *(watched.changes() if watched is not None else ())]

        async def events() -> AsyncIterator[bytes]:
            yield b"retry: 500\n\n"
            quiet = 0.0
            while True:
                parts = await to_thread.run_sync(news)
                for part in parts:
                    yield b"data: " + line_of(part) + b"\n"
                quiet = 0.0 if parts else quiet + BREATH
                if quiet > 10:
                    quiet = 0.0
                    yield b": still here\n\n"
                await asyncio.sleep(BREATH)

        return StreamingResponse(events(), media_type="text/event-stream")

    async def act(self, request: Request) -> Response:
        """Begin, resume or interrupt a search."""
        folder, asked, act = self.folder, await asked_in(request), request.path_params["act"]
        name = str(asked.get("run", ""))
        if act == "begin":
            name = await to_thread.run_sync(folder.begin, asked)
        elif act == "resume":
            await to_thread.run_sync(folder.resume, name)
        elif act == "interrupt":
            await to_thread.run_sync(folder.interrupt, name)
        else:
            raise StatescapeError(say("A search is begun, resumed or interrupted."))
        return JSONResponse({"run": name})

    async def report(self, request: Request) -> Response:
        """The page of a run or of a candidate, in a frame of its own that reaches nothing of this server."""
        folder, name = self.folder, request.query_params.get("run", "")
        number = request.query_params.get("candidate", "")
        if not (number == "" or (number.isdecimal() and len(number) < 10)):
            raise StatescapeError(say("A candidate is named by its number."))
        page = await to_thread.run_sync(folder.page, name, int(number) if number else None)
        policy = "sandbox allow-scripts allow-downloads; frame-ancestors 'none'"  # the page brings the rest of its own
        return Response(page, media_type="text/html", headers={"content-security-policy": policy})
