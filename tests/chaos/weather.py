"""What goes wrong: processes killed and started again, the database away, and the other sides failing their calls."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.chaos.databases import Database
from tests.chaos.records import Cut
from tests.e2e.processes import START_SECONDS, OtherSide, Process, World

START_AGAIN: Final = 0.3
"""Seconds after which whoever watches the service starts it again."""
LET_UP: Final = 0.8
_SLOW: Final = 1.5
Alive = Callable[[], Awaitable[bool]]
"""Whether the service answers."""


Kinds = Sequence[tuple[float, dict[str, Any]]]
"""Shares of all calls, each with how such a call is answered."""


def _failing(path: str, kinds: Kinds, seed: int) -> list[dict[str, Any]]:
    """Rows for a stand-in's script. Shares are of all calls; each row gets what those before it leave."""
    rows: list[dict[str, Any]] = []
    left = 1.0
    for n, (share, answer) in enumerate(kinds):
        rows.append({"path": path, "share": round(share / left, 4), "seed": seed + n, **answer})
        left -= share
    return rows


def fail(outside: World, seed: int) -> None:
    """From now on every other side fails 30 % of its calls: 429, 500, dropped after or before taking it, slow."""
    wait = {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1"}
    sends: Kinds = (
        (0.05, {"status": 500}), (0.04, {"status": 500, "accept": True}), (0.06, {"drop": "after"}),
        (0.04, {"drop": "before"}), (0.05, {"delay": _SLOW}),
    )  # fmt: skip
    told_to_wait = {"status": 429, "body": {**wait, "parameters": {"retry_after": 1}}}
    _script(outside.telegram, _failing("/sendMessage", [*sends, (0.06, told_to_wait)], seed))
    _script(outside.telegram, _failing("/getFile", [(0.15, {"status": 500})], seed + 10))
    _script(outside.telegram, _failing("/file", [(0.15, {"status": 500})], seed + 20))
    _script(outside.twilio, _failing("/Messages.json", [*sends, (0.06, {"status": 429})], seed + 30))
    _script(outside.twilio, _failing("/Messages", [(0.3, {"status": 500})], seed + 40))
    _script(outside.twilio, _failing("/Media", [(0.3, {"status": 500})], seed + 50))
    later = {"headers": {"Retry-After": "1"}}
    submits: Kinds = [
        (0.08, {"status": 503, **later}), (0.07, {"status": 429, **later}), (0.03, {"status": 500}),
        (0.03, {"status": 500, "accept": True}), (0.04, {"drop": "after"}), (0.02, {"drop": "before"}),
        (0.03, {"delay": _SLOW}),
    ]  # fmt: skip
    _script(outside.lapor, _failing("/complaints/complaint", submits, seed + 60))
    uploads: Kinds = [
        (0.12, {"status": 500}),
        (0.08, {"drop": "after"}),
        (0.05, {"status": 429, **later}),
        (0.05, {"delay": _SLOW}),
    ]
    _script(outside.lapor, _failing("/complaints/complaint/file", uploads, seed + 70))
    alerts: Kinds = [
        (0.12, {"status": 500}),
        (0.08, {"drop": "after"}),
        (0.05, {"drop": "before"}),
        (0.05, {"delay": _SLOW}),
    ]
    _script(outside.emergency, _failing("/incidents", alerts, seed + 80))


def clear(outside: World) -> None:
    """From now on every other side does its work."""
    for side in (outside.telegram, outside.twilio, outside.lapor, outside.emergency):
        side.forget_script()


def _script(side: OtherSide, rows: list[dict[str, Any]]) -> None:
    side.post("/_next", rows)


@dataclass
class Weather:
    """Kills and outages at random moments, and the one who starts things again. `cuts` is what happened."""

    processes: Sequence[Process]
    database: Database
    chance: random.Random
    cuts: list[Cut] = field(default_factory=list)
    kills: int = 0
    outages: int = 0
    gave_up: int = 0
    """Starts that ended by themselves, because the database was away."""

    async def watch(self) -> None:
        """Start again whatever has ended, for ever."""
        while True:
            for process in self.processes:
                code = process.ended_with()
                if code is not None:
                    self.gave_up += code != -signal.SIGKILL
                    process.start()
            await asyncio.sleep(START_AGAIN)

    async def storm(
        self, kills: int, outages: int, pause: tuple[float, float], away: tuple[float, float], alive: Alive
    ) -> None:
        """So many of each in random order, with pauses between; seconds from and to.

        Mostly the service is let come up first: one that is never up has nothing to lose.
        """
        order = ["kill"] * kills + ["outage"] * outages
        self.chance.shuffle(order)
        for what in order:
            if self.chance.random() < LET_UP:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(START_SECONDS):
                        while not await alive():  # noqa: ASYNC110 - it can only be asked
                            await asyncio.sleep(0.2)
            await asyncio.sleep(self.chance.uniform(*pause))
            if what == "kill":
                await self._kill()
            else:
                await self._outage(self.chance.uniform(*away))

    async def _kill(self) -> None:
        # The first process reads and answers, so it is hit as often as all others together.
        victim = self.processes[0] if self.chance.random() < 0.6 else self.chance.choice(self.processes)
        while victim.ended_with() is not None:  # noqa: ASYNC110 - a process tells nobody that it runs
            await asyncio.sleep(0.1)
        at = time.time()
        await asyncio.to_thread(victim.kill)
        self.kills += 1
        self.cuts.append(Cut("kill", at, time.time()))

    async def _outage(self, seconds: float) -> None:
        at = time.time()
        await asyncio.to_thread(self.database.leave, seconds)
        self.outages += 1
        self.cuts.append(Cut("outage", at, time.time()))
