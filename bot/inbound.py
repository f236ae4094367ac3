"""The way in: messages are taken into the inbox, and it is chosen who is read next.

Many conversations share one transaction; one conversation is never read twice at the same time, and its
messages keep their order. A conversation with files to fetch goes alone, so a slow provider delays nobody else;
a cry for help goes first, and past whatever takes time before it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from bot.channels.base import Channel, Incoming
from bot.effects import Effects
from bot.failures import TemporaryFailure
from bot.group_commit import GroupCommit
from bot.hearing import Choice, Deliver, Hearing
from bot.incoming import Reader, arrival
from bot.metrics import TAKEN_IN
from bot.store.conversations import Waiting
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from bot.worker import ended, woken

log = structlog.get_logger(__name__)

BATCH: Final = 30
"""Conversations read in one transaction."""
ROWS: Final = 60
"""Messages read in one transaction, a few more or less."""
GRACE: Final = 5.0
"""Seconds that replies under way are given when the service stops."""

Alarm = Callable[[str], bool]
"""Whether words sound like danger: quick, by word list, only to decide who is read first."""


class Inbound:
    """Takes messages in and reads them. `take_in` may be called from any task of this process."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], reader: Reader, effects: Effects, choice: Choice,
        deliver: Deliver, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        alarm: Alarm = lambda words: False,
    ) -> None:  # fmt: skip
        self._store = store
        self._reader = reader
        self._clock = clock
        self._alarm = alarm
        self._wake = asyncio.Event()
        self._urgent: set[int] = set()
        """Rows that sound like danger and were not yet looked at."""
        self._busy: Counter[int] = Counter()
        self._alone: set[asyncio.Task[None]] = set()
        self._hearing = Hearing(
            store, channels, reader, effects, choice, deliver, clock, lambda rows: self._urgent.update(rows)
        )
        self._taking_in = GroupCommit(self._store_arrivals)

    # --- taking in ---

    async def take_in(self, messages: Sequence[Incoming]) -> None:
        """Store messages; when this returns they are safe. Raises TemporaryFailure when they are not.

        Calls that come while another writes share the next transaction.
        """
        if messages:
            await self._taking_in.add(messages)
            self.wake()

    async def _store_arrivals(self, together: Sequence[Sequence[Incoming]]) -> None:
        messages = [message for some in together for message in some]
        async with writing(self._store) as tx:
            rows = await tx.conversations.take_in([arrival(message) for message in messages], self._clock())
        for message, row in zip(messages, rows, strict=True):
            TAKEN_IN.labels(message.channel, "repeated" if row is None else "new").inc()
            if row is not None and self._alarms(message.text):
                self._urgent.add(row)

    def _alarms(self, words: str | None) -> bool:
        try:
            return bool(words) and self._alarm(words or "")
        except Exception:
            log.exception("alarm_failed")
            return False

    def wake(self) -> None:
        """Look at the inbox now."""
        self._wake.set()

    # --- choosing what to read ---

    async def run(self) -> None:
        """Read the inbox until cancelled. Never ends by an error: what fails is told and tried again."""
        rest = 0.1
        try:
            while True:
                self._wake.clear()
                try:
                    worked = await self.drain()
                except Exception as error:
                    if isinstance(error, TemporaryFailure):
                        log.warning("inbox_unreachable", error=str(error))
                    else:
                        log.exception("inbox_failed")
                    await asyncio.sleep(rest)
                    rest = min(2 * rest, 2.0)
                    continue
                rest = 0.1
                if not worked:
                    await woken(self._wake)
        finally:
            # A photo that is being fetched is fetched again after the next start.
            await ended(self._alone, 0)
            await ended(self._hearing.sending, GRACE)

    async def drain(self) -> int:
        """Read what cries for help and one batch of the rest; returns how many conversations that were."""
        now = self._clock()
        hurried = await self._hurried(now)
        await self._ring(now)
        async with reading(self._store) as tx:
            waiting = await tx.conversations.waiting(now, BATCH, tuple(self._busy))
        batch: list[list[Waiting]] = []
        for rows in waiting:
            if sum(map(len, batch)) < ROWS:
                batch.append(self._until_files(rows))
        await self._read(batch)
        return hurried + len(batch)

    def _until_files(self, rows: list[Waiting]) -> list[Waiting]:
        """The rows up to the first that has files to fetch; from such a one on, up to the next."""
        for n, row in enumerate(rows):
            if n and self._reader.has_files(row.payload) and (row.album is None or row.album != rows[n - 1].album):
                return rows[:n]
        return rows

    async def _hurried(self, now: datetime) -> int:
        """Read the conversations in which someone cries for help before all others.

        In order, as far as nothing stands before the cry that takes time: a photo, a message that failed, a long
        queue. Else the cry is read without them.
        """
        if not self._urgent:
            return 0
        looked_at = set(self._urgent)
        async with reading(self._store) as tx:
            cries = await tx.conversations.rows(sorted(looked_at))
            calm = {cry.conversation_id for cry in cries} - set(self._busy)
            waiting = await tx.conversations.waiting(now, BATCH, only=sorted(calm))
        queues = {rows[0].conversation_id: rows for rows in waiting}
        self._urgent -= looked_at
        batch: list[list[Waiting]] = []
        for conversation in dict.fromkeys(cry.conversation_id for cry in cries):
            theirs = [cry for cry in cries if cry.conversation_id == conversation]
            queue = self._until_files(queues.get(conversation, []))
            if {cry.id for cry in theirs} <= {row.id for row in queue}:
                batch.append(queue)
                continue
            # A piece of an album is read with the others, as soon as the album is whole.
            self._urgent |= {cry.id for cry in theirs if cry.album}
            batch += [[cry] for cry in theirs if not cry.album]
        await self._read(batch)
        return len(batch)

    async def _read(self, batch: Sequence[list[Waiting]]) -> None:
        quick: list[list[Waiting]] = []
        for rows in batch:
            if any(self._reader.has_files(row.payload) for row in rows):
                self._busy[rows[0].conversation_id] += 1
                task = asyncio.create_task(self._read_alone(rows))
                self._alone.add(task)
                task.add_done_callback(self._alone.discard)
            else:
                quick.append(rows)
        if quick:
            await self._hearing.read(quick)

    async def settled(self) -> None:
        """Wait for the conversations that are being read alone, and for the replies under way."""
        while self._alone or self._hearing.sending:
            await asyncio.gather(*self._alone, *self._hearing.sending, return_exceptions=True)

    async def _ring(self, now: datetime) -> None:
        """Put a Tick in line where the dialogue wants one."""
        try:
            async with reading(self._store) as tx:
                due = await tx.conversations.due_wakes(now)
            if due:
                async with writing(self._store) as tx:
                    await tx.conversations.ring(due, now)
        except TemporaryFailure:
            raise
        except Exception:
            # Broken clocks must not keep messages from being read.
            log.exception("clocks_failed")

    # --- reading ---

    async def _read_alone(self, rows: list[Waiting]) -> None:
        conversation = rows[0].conversation_id
        try:
            await self._hearing.read([rows])
        except TemporaryFailure as error:
            log.warning("conversation_later", conversation=conversation, error=str(error))
        except Exception:
            log.exception("conversation_failed", conversation=conversation)
        finally:
            self._busy[conversation] -= 1
            self._busy += Counter()  # leaves out what stands at zero
            self.wake()
