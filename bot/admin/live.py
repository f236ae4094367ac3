"""Pages that stay fresh by server-sent events: they end with the service, and pass proxies that hold answers back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import Response, StreamingResponse

from bot.admin.pages import Pages, Refusal, Visit
from bot.failures import SiagaError

LOOK: Final = 0.5
"""Seconds between two looks at what a stream shows; streams of one thing share the look."""
BREATH: Final = 15.0
"""Seconds between signs of life on a silent stream: proxies and phone networks cut what is silent."""
LASTS: Final = 1800.0
"""Seconds that one stream lives; the browser opens the next by itself."""
MOST_EACH: Final = 8
"""Open streams of one officer."""

Look = Callable[[], Awaitable[str]]
Show = Callable[[], Awaitable[Mapping[str, str]]]
"""The events to send by name, as HTML."""
Touch = Callable[[Visit], Awaitable[None]]


class Live:
    """The open streams of this process."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._closing = asyncio.Event()
        self._open: Counter[int] = Counter()
        self._looks: dict[str, tuple[float, asyncio.Task[str]]] = {}

    def close(self) -> None:
        """End every stream now, and every later one at once: the service stops."""
        self._closing.set()

    def stream(self, visit: Visit, thing: str, look: Look, show: Show, touch: Touch | None = None) -> Response:
        """A stream of `thing`: `show` is sent whenever `look` answers otherwise than before.

        `touch` is called at the beginning and with every breath, while the officer's session lasts. Raises Refusal
        for an officer who has too many streams open.
        """
        if self._open[visit.officer.id] >= MOST_EACH:
            raise Refusal(429, "Terlalu banyak halaman yang terbuka. Tutup beberapa, lalu muat ulang.")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        events = self._events(visit, thing, look, show, touch)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    async def _events(
        self, visit: Visit, thing: str, look: Look, show: Show, touch: Touch | None
    ) -> AsyncIterator[str]:
        self._open[visit.officer.id] += 1
        began = breath = checked = time.monotonic()
        seen: str | None = None
        try:
            yield "retry: 2000\n\n"
            if touch:
                await touch(visit)
            while not self._closing.is_set() and time.monotonic() - began < LASTS:
                # Before anything is sent: a busy stream has no rest in which it could be asked.
                if time.monotonic() - checked >= BREATH:
                    checked = time.monotonic()
                    if not await self._still_in(visit, touch):
                        yield event("keluar", "")
                        return
                with contextlib.suppress(SiagaError):
                    # While the database is away the page keeps what it has; the breath says that we are here.
                    revision = await self._looked(thing, look)
                    if revision != seen:
                        for name, html in (await show()).items():
                            yield event(name, html)
                        seen, breath = revision, time.monotonic()
                if time.monotonic() - breath >= BREATH:
                    breath = time.monotonic()
                    yield ": masih di sini\n\n"
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), LOOK)
        finally:
            self._open[visit.officer.id] -= 1

    async def _still_in(self, visit: Visit, touch: Touch | None) -> bool:
        """Whether the session still lasts with all it might; a database out of reach ends nobody's session."""
        try:
            officer = await self._pages.officer(visit.request)
            if officer is None or not officer.permissions >= visit.officer.permissions:
                return False
            if touch:
                await touch(visit)
        except SiagaError:
            pass
        return True

    async def _looked(self, thing: str, look: Look) -> str:
        """What `look` says, asked once for all streams of the same thing."""
        at, task = self._looks.get(thing, (0.0, None))
        if task is None or (task.done() and time.monotonic() - at >= LOOK * 0.8):
            task = asyncio.ensure_future(look())
            self._looks[thing] = (time.monotonic(), task)
            for other in [key for key, (then, _) in self._looks.items() if time.monotonic() - then > BREATH]:
                del self._looks[other]
        # One stream that is closed must not take the look away from the others.
        return await asyncio.shield(task)


def event(name: str, html: str) -> str:
    """One server-sent event; every line of its data has the field's name before it."""
    data = "\n".join(f"data: {line}" for line in html.splitlines() or [""])
    return f"event: {name}\n{data}\n\n"
