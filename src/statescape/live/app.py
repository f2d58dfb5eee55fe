"""The application: pages, what they are made of, and the answers they ask for.

An answer about a text is a stream of JSON lines, one for each part that is ready. One question is worked on at a time,
since a model uses all cores; a newer question of the same tab ends the older one between two parts, and so does a tab
that is closed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from statescape.errors import StatescapeError
from statescape.live import language
from statescape.live.assets import Assets
from statescape.live.shelf import Shelf, memory
from statescape.wording import say

MOST_BYTES = 200_000  # of a request
_OF_RUNS = ("/reservoirs", "/api/watch", "/api/runs/{act}", "/report")
Answer = TypeVar("Answer")
Part = dict[str, Any]


@dataclass(eq=False)
class Live:
    """What the pages are answered from.

    Attributes:
        shelf: the models.
        assets: scripts and styles.
        pages: of the runs of a folder (`RunPages.routes`); none where no folder was named.
    """

    shelf: Shelf
    assets: Assets
    pages: Sequence[Route] = ()
    _working: asyncio.Lock = field(default_factory=asyncio.Lock)
    _newest: dict[str, object] = field(default_factory=dict)

    def application(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/", self.page),
                Route("/assets/{name}", self.asset),
                Route("/api/models", self.models),
                Route("/api/path", self.path, methods=["POST"]),
                Route("/api/next", self.next, methods=["POST"]),
                Route("/api/save", self.save, methods=["POST"]),
                *(self.pages or [Route(path, self.no_runs, methods=["GET", "POST"]) for path in _OF_RUNS]),
            ],
            exception_handlers={StatescapeError: _refused},
        )

    async def page(self, request: Request) -> Response:
        """The page of the language wing."""
        return Response(self.assets.page(request.query_params.get("token", "")), media_type="text/html")

    async def no_runs(self, request: Request) -> Response:
        """The page of the reservoir wing where no folder was named; what else asks for runs is refused."""
        if request.url.path != "/reservoirs":
            raise StatescapeError(say("No folder of runs was named; start with --runs FOLDER."))
        return Response(self.assets.reservoirs(request.query_params.get("token", "")), media_type="text/html")

    async def asset(self, request: Request) -> Response:
        """A script or a style."""
        found = self.assets.get(request.path_params["name"])
        if found is None:
            return JSONResponse({"error": say("There is no such file.")}, 404)
        content, kind = found
        return Response(content, media_type=kind, headers={"cache-control": "private, max-age=86400"})

    async def models(self, _: Request) -> Response:
        """Which models there are, which are loaded, and what memory is used."""
        return JSONResponse(self._models())

    def _models(self) -> dict[str, Any]:
        loaded = self.shelf.loaded
        return {"models": [{"name": name, "loaded": name in loaded} for name in self.shelf.names], "memory": memory()}

    async def path(self, request: Request) -> Response:
        """The parts of an answer, one line each."""
        asked = await asked_in(request)
        question, name = language.TextQuestion.of(asked), self._model(asked)
        tab, ticket = str(asked.get("tab", ""))[:64], object()
        self._newest[tab] = ticket

        def answer() -> Iterator[Part]:
            reader = self.shelf[name]
            path, others = language.read(reader, question)
            yield from language.parts(reader, path, others, question, lambda: self.shelf.null(name))

        async def lines() -> AsyncIterator[bytes]:
            try:
                found = answer()
                while self._newest.get(tab) is ticket:
                    # Others wait for a part, never for a tab that reads none: it may stop reading, or be gone.
                    part = await self._alone(lambda: _next(found))
                    if part is None:
                        break
                    yield line_of(part)
                else:
                    yield line_of({"part": "superseded"})
                yield line_of({"part": "end", **self._models()})
            finally:
                if self._newest.get(tab) is ticket:
                    del self._newest[tab]

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def next(self, request: Request) -> Response:
        """The text with the token that follows, the likeliest or a drawn one."""
        asked = await asked_in(request)
        question, name = language.TextQuestion.of(asked), self._model(asked)
        temperature, seed = asked.get("temperature", 0), asked.get("seed", 0)
        if not isinstance(temperature, int | float) or not isinstance(seed, int):
            raise StatescapeError(say("A temperature and a seed are numbers."))
        text = await self._alone(lambda: language.continued(self.shelf[name], question.text, float(temperature), seed))
        return JSONResponse({"text": text})

    async def save(self, request: Request) -> Response:
        """The self-contained page of what is seen."""
        asked = await asked_in(request)
        question, name, kind = language.TextQuestion.of(asked), self._model(asked), str(asked.get("kind"))

        def made() -> str:
            return language.saved(*language.read(self.shelf[name], question), question, kind)

        headers = {"content-disposition": f'attachment; filename="{"sphere" if kind == "sphere" else "path"}.html"'}
        return Response(await self._alone(made), media_type="text/html", headers=headers)

    async def _alone(self, work: Callable[[], Answer]) -> Answer:
        async with self._working:
            return await to_thread.run_sync(work)

    def _model(self, asked: dict[str, Any]) -> str:
        name = asked.get("model", self.shelf.names[0])
        if name not in self.shelf.names:
            raise StatescapeError(say("This server holds no such model; choose one of its menu."))
        return str(name)


def _next(found: Iterator[Part]) -> Part | None:
    """The next part; what was refused is a part, too, and the last."""
    try:
        return next(found, None)
    except StatescapeError as refusal:
        return {"part": "error", "error": str(refusal)}
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "memory" not in str(error):  # torch says it this way
            raise
        return {"part": "error", "error": say("There is not enough memory for this text; take a shorter one.")}


def line_of(part: Part) -> bytes:
    """A part as a line of JSON."""
    return json.dumps(part, separators=(",", ":")).encode("ascii") + b"\n"


async def asked_in(request: Request) -> dict[str, Any]:
    """What a request asks, in JSON.

    Raises:
        StatescapeError: it is none, or too long.
    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise StatescapeError(say("The request is too long."))
    try:
        found = json.loads(bytes(content))
    except (ValueError, RecursionError) as error:
        raise StatescapeError(say("The request is not JSON.")) from error
    if not isinstance(found, dict):
        raise StatescapeError(say("The request is not a JSON object."))
    return found


async def _refused(_: Request, refusal: Exception) -> Response:
    return JSONResponse({"error": str(refusal)}, 400)
