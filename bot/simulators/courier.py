"""Bringing updates as Telegram does: again and again until they are taken, one chat's in order, chats side by side."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import Any, Final

import httpx

Json = dict[str, Any]

LATE: Final = 0.4
"""Seconds that an update may be under way, so that one chat's overtakes another's."""
FIRST_PAUSE: Final = 0.3
LONGEST_PAUSE: Final = 2.0


class Courier:
    """Delivers to one webhook. Each update goes out up to `copies` times at once, as if answers had been lost.

    `deliveries` are all attempts, oldest first: update_id, chat, at, status (None: no answer).
    """

    def __init__(self, url: str, secret: str, copies: int, seed: int) -> None:
        self.deliveries: list[Json] = []
        self._url = url
        self._headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        self._copies = copies
        self._chance = random.Random(seed)
        self._lines: dict[int, asyncio.Queue[Json]] = {}
        self._carrying: set[asyncio.Task[None]] = set()
        self._http = httpx.AsyncClient(timeout=60, trust_env=False)

    def put(self, chat: int, update: Json) -> None:
        """Take an update; it will be delivered after the chat's earlier ones."""
        if chat not in self._lines:
            self._lines[chat] = asyncio.Queue()
            task = asyncio.create_task(self._carry(chat, self._lines[chat]))
            self._carrying.add(task)
            task.add_done_callback(self._carrying.discard)
        self._lines[chat].put_nowait(update)

    async def close(self) -> None:
        """Deliver no more."""
        for task in self._carrying:
            task.cancel()
        await self._http.aclose()

    async def _carry(self, chat: int, line: asyncio.Queue[Json]) -> None:
        while True:
            update = await line.get()
            await asyncio.sleep(self._chance.uniform(0, LATE))
            pause = FIRST_PAUSE
            copies = self._chance.randint(1, self._copies)
            while 200 not in await asyncio.gather(*(self._post(chat, update, n) for n in range(copies))):
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)

    async def _post(self, chat: int, update: Json, nth: int) -> int | None:
        await asyncio.sleep(nth * self._chance.uniform(0, 0.05))
        status: int | None = None
        try:
            status = (await self._http.post(self._url, json=update, headers=self._headers)).status_code
        except httpx.HTTPError:
            # The service is down or went down over it: so is tried again.
            pass
        now = datetime.now(UTC).isoformat()
        self.deliveries.append({"update_id": update["update_id"], "chat": chat, "at": now, "status": status})
        return status
