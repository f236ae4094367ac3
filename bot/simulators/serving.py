"""Serving a simulator on this machine only, and scripting how it misbehaves."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Scripted:
    """How one answer is to differ. `path` None fits any call; a path that ends in * fits every path it begins.

    `status` other than 2xx answers without taking the call, unless `accept`. `delay` (seconds) comes after taking
    it. `drop` breaks the connection before or after taking it. `shape` names the shape of an id, `body` replaces
    the answer's body. With a `share` (0 to 1) it is never used up: that share of the calls it fits is answered so,
    chosen at random but the same for the same `seed` and order of calls.
    """

    path: str | None = None
    status: int | None = None
    delay: float = 0.0
    drop: Literal["before", "after"] | None = None
    accept: bool = False
    shape: str | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    share: float | None = None
    seed: int = 0

    @property
    def takes(self) -> bool:
        """Whether the call is taken, whatever is answered."""
        return self.drop != "before" and (self.accept or self.status is None or 200 <= self.status < 300)

    def fits(self, path: str) -> bool:
        if self.path is None:
            return True
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


class Script:
    """The next answers, used up in order; a call that none fits is answered normally."""

    def __init__(self) -> None:
        self._waiting: deque[Scripted] = deque()
        self._standing: list[tuple[Scripted, random.Random]] = []

    def add(self, given: Any) -> int:
        """Take one answer, a list of them, or {"answers": [...]}; the number now waiting. Raises ValueError."""
        rows = given.get("answers", [given]) if isinstance(given, dict) else given
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("one answer, or a list of answers, is an object with path, status, delay, drop, shape")
        made = [_scripted(row) for row in rows]
        self._standing += [(one, random.Random(one.seed)) for one in made if one.share is not None]
        self._waiting.extend([one for one in made if one.share is None])
        return len(self._waiting) + len(self._standing)

    def next(self, path: str) -> Scripted:
        for place, scripted in enumerate(self._waiting):
            if scripted.fits(path):
                if scripted.times > 1:
                    self._waiting[place] = replace(scripted, times=scripted.times - 1)
                else:
                    del self._waiting[place]
                return scripted
        for scripted, chance in self._standing:
            if scripted.fits(path) and chance.random() < (scripted.share or 0):
                return scripted
        return Scripted()

    def clear(self) -> None:
        self._waiting.clear()
        self._standing.clear()


class Dropped(Response):
    """A broken connection: the answer begins and its body never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})


async def answer(scripted: Scripted, status: int, body: Any) -> Response:
    """The normal answer, or what the script makes of it."""
    await asyncio.sleep(scripted.delay)
    if scripted.drop is not None:
        return Dropped()
    if scripted.status is not None and not scripted.takes:
        body = {"status": "error", "message": f"jawaban {scripted.status} menurut skrip"}
    shown = body if scripted.body is None else scripted.body
    status = scripted.status or status
    if isinstance(shown, str):
        return Response(shown, status, dict(scripted.headers), "text/html")
    return JSONResponse(shown, status, dict(scripted.headers))


def told(scripted: Scripted) -> str:
    """How a call that was taken is answered, in words for the record: "200" when the caller can know it."""
    if scripted.drop is not None:
        return "dropped"
    status = f"{scripted.status or 200}"
    return f"{status} after {scripted.delay:g} s" if scripted.delay else status


def add_script_route(app: FastAPI, script: Script, happens: Callable[[Any], Any] = lambda given: given) -> None:
    """POST /_next scripts answers, DELETE /_next forgets those not yet used.

    `happens` takes out of what was posted whatever is to happen at once and returns the rest.
    """

    @app.post("/_next")
    async def add(request: Request) -> dict[str, int]:
        try:
            return {"waiting": script.add(happens(await request.json()))}
        except ValueError as error:
            raise HTTPException(422, str(error)) from None

    @app.delete("/_next")
    async def clear() -> dict[str, int]:
        script.clear()
        return {"waiting": 0}


def serve(app: FastAPI, name: str, host: str, port: int) -> None:
    """Serve until interrupted; port 0 takes a free one. The first line on stdout tells the address."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
        print(f"{name} http://{host}:{listening.getsockname()[1]}", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listening])


def _scripted(row: Mapping[str, Any]) -> Scripted:
    strange = sorted(set(row) - set(Scripted.__dataclass_fields__))
    if strange:
        raise ValueError(f"not known: {', '.join(strange)}")
    drop = row.get("drop")
    if drop not in (None, False, True, "before", "after"):
        raise ValueError("drop is before or after (the call was taken)")
    given = {**row, "drop": "after" if drop is True else (drop or None)}
    limits = (("status", 200, 599), ("delay", 0, 600), ("times", 1, 10_000), ("share", 0, 1), ("seed", 0, 2**31))
    for name, low, high in limits:
        if given.get(name) is not None and not _is_between(given[name], low, high):
            raise ValueError(f"{name} is a number from {low} to {high}")
    given["headers"] = {str(key): str(value) for key, value in _pairs(given.get("headers"))}
    return Scripted(**{name: value for name, value in given.items() if value is not None})


def _pairs(headers: Any) -> Iterable[tuple[Any, Any]]:
    return headers.items() if isinstance(headers, dict) else ()


def _is_between(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
