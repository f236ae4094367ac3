"""Work that comes back by itself: polling LAPOR!, summaries, retention. Each run is done by one process only.

A duty that dies with its process is taken up again when its claim runs out, so every duty must bear being
done twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Protocol

import structlog

from bot.failures import SiagaError, told
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from bot.worker import ended
from flows.model import WITA

log = structlog.get_logger(__name__)

CLAIM: Final = timedelta(minutes=10)
"""How long a run may take before it is cut off and another process takes it up."""
OFTEN: Final = timedelta(minutes=1)
"""The same for a duty of every few seconds: what a killed process leaves behind must not rest for long."""
AGAIN: Final = timedelta(minutes=1)
"""After a failed run."""
LOOK: Final = 2.0
"""Seconds between two looks at what is due."""


class Rhythm(Protocol):
    """When a duty is due."""

    def first(self, now: datetime) -> datetime:
        """For a duty that was never done."""
        ...

    def after(self, now: datetime) -> datetime:
        """For a duty that was done at `now`."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Again after `pause`, up to a tenth earlier or later so that many machines do not call in step."""

    pause: timedelta

    def first(self, now: datetime) -> datetime:
        return now

    def after(self, now: datetime) -> datetime:
        return now + self.pause * random.uniform(0.9, 1.1)


@dataclass(frozen=True, slots=True)
class DailyAt:
    """Once a day at this time of day in WITA. A day missed while the service was down is made up once."""

    at: time

    def first(self, now: datetime) -> datetime:
        return self.after(now)

    def after(self, now: datetime) -> datetime:
        local = now.astimezone(WITA)
        today = local.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return (today if today > local else today + timedelta(days=1)).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class Duty:
    """`work` gets the present time (UTC) and returns one sentence of what it did, without personal data.

    `within`: how long one run may take.
    """

    name: str
    rhythm: Rhythm
    work: Callable[[datetime], Awaitable[str]]
    within: timedelta = CLAIM


class Duties:
    """Does what is due, side by side, so that a slow duty holds up no other, for as long as `run` is not cancelled."""

    def __init__(self, store: Store, duties: Sequence[Duty], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._duties = {duty.name: duty for duty in duties}
        self._clock = clock
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        entered = False
        try:
            while True:
                try:
                    if not entered:
                        now = self._clock()
                        async with writing(self._store) as tx:
                            await tx.duties.enter({d.name: d.rhythm.first(now) for d in self._duties.values()})
                        entered = True
                    await self._begin_due()
                except SiagaError as error:
                    log.warning("duties_wait", reason=str(error))
                except Exception:
                    log.exception("duties_failed")
                await asyncio.sleep(LOOK)
        finally:
            # What is cut off here is taken up when its claim runs out.
            await ended(list(self._under_way.values()), 0)

    async def do_due(self) -> list[str]:
        """Do every duty that is due now and was not taken by another process; their names when all are done."""
        begun = await self._begin_due()
        await asyncio.gather(*begun.values())
        return list(begun)

    async def _begin_due(self) -> dict[str, asyncio.Task[None]]:
        """Begin what is due and not under way here, one transaction for each; the runs begun."""
        now = self._clock()
        idle = [name for name in self._duties if name not in self._under_way]
        async with reading(self._store) as tx:
            due = await tx.duties.due(idle, now)
        begun: dict[str, asyncio.Task[None]] = {}
        for name, was_due in due:
            async with writing(self._store) as tx:
                mine = await tx.duties.claim(name, was_due, now + self._duties[name].within)
            if mine:
                task = asyncio.create_task(self._run_one(self._duties[name]), name=f"duty-{name}")
                self._under_way[name] = begun[name] = task
        return begun

    async def _run_one(self, duty: Duty) -> None:
        """A run whose end cannot be written down is taken up when its claim runs out."""
        try:
            await self._do(duty)
        except SiagaError as error:
            log.warning("duty_not_settled", duty=duty.name, reason=str(error))
        except Exception:
            log.exception("duty_not_settled", duty=duty.name)
        finally:
            self._under_way.pop(duty.name, None)

    async def _do(self, duty: Duty) -> None:
        now = self._clock()
        try:
            async with asyncio.timeout(duty.within.total_seconds()):
                said = await duty.work(now)
        except Exception as error:
            outcome, said, due_at = "failed", told(error), self._clock() + AGAIN
            if isinstance(error, SiagaError):
                log.warning("duty_failed", duty=duty.name, reason=said)
            else:
                log.exception("duty_failed", duty=duty.name)
        else:
            outcome, due_at = "done", duty.rhythm.after(self._clock())
            log.debug("duty_done", duty=duty.name, told=said)
        async with writing(self._store) as tx:
            await tx.duties.settle(duty.name, outcome, said, self._clock(), due_at)
