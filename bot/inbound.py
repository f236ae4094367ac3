"""The way in: inbox row -> understand -> one transaction of advance and everything it decided -> replies out.

Many conversations share one transaction; one conversation is never read twice at the same time, and its
messages keep their order. A conversation with files to fetch goes alone, so a slow provider delays nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from bot.channels.base import Channel, Incoming
from bot.effects import Effects
from bot.failures import TemporaryFailure
from bot.group_commit import GroupCommit
from bot.incoming import Reader, arrival
from bot.metrics import INBOX_ERRORS, READ, TAKEN_IN
from bot.store.conversations import Waiting
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store
from flows import codec
from flows.engine import advance
from flows.model import Event, Language, Say, State, Text, Tick, Understanding

log = structlog.get_logger(__name__)

BATCH: Final = 50
"""Conversations read in one transaction."""
TRIES: Final = 4
IDLE: Final = 0.5
"""Seconds between looks at the inbox when nothing wakes us: another process may have written."""

Choice = Callable[[tuple[str, ...], str, Language], str | None]
Deliver = Callable[[list[int]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Read:
    """A conversation's rows, each as the event it stands for; `rows` holds the ids that the event covers."""

    conversation_id: int
    events: tuple[tuple[tuple[Waiting, ...], Event], ...]

    @property
    def ids(self) -> list[int]:
        return [row.id for rows, _ in self.events for row in rows]


class Inbound:
    """Takes messages in and reads them. `take_in` may be called from any task of this process."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], reader: Reader, effects: Effects, choice: Choice,
        deliver: Deliver, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._store = store
        self._channels = channels
        self._reader = reader
        self._effects = effects
        self._choice = choice
        self._deliver = deliver
        self._clock = clock
        self._wake = asyncio.Event()
        self._busy: set[int] = set()
        self._alone: set[asyncio.Task[None]] = set()
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
        now = self._clock()
        async with writing(self._store) as tx:
            for message in (m for messages in together for m in messages):
                fresh = await tx.conversations.take_in(arrival(message), now)
                TAKEN_IN.labels(message.channel, "new" if fresh else "repeated").inc()

    def wake(self) -> None:
        """Look at the inbox now."""
        self._wake.set()

    # --- reading ---

    async def run(self) -> None:
        """Read the inbox until cancelled. Never ends by an error: what fails is told and tried again."""
        while True:
            self._wake.clear()
            try:
                worked = await self.drain()
            except TemporaryFailure as error:
                log.warning("inbox_unreachable", error=str(error))
                await asyncio.sleep(2)
                continue
            except Exception:
                log.exception("inbox_failed")
                await asyncio.sleep(2)
                continue
            if not worked:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), IDLE)

    async def drain(self) -> int:
        """Read one batch and return how many conversations it held."""
        now = self._clock()
        await self._tick(now)
        async with reading(self._store) as tx:
            waiting = await tx.conversations.waiting(now, BATCH, tuple(self._busy))
        if not waiting:
            return 0
        slow = [rows for rows in waiting if any(self._reader.has_files(row.payload) for row in rows)]
        quick = [rows for rows in waiting if rows not in slow]
        for rows in slow:
            self._busy.add(rows[0].conversation_id)
            task = asyncio.create_task(self._read_alone(rows))
            self._alone.add(task)
            task.add_done_callback(self._alone.discard)
        if quick:
            await self._read_together(quick)
        return len(waiting)

    async def settled(self) -> None:
        """Wait for the conversations that are being read alone."""
        while self._alone:
            await asyncio.gather(*self._alone, return_exceptions=True)

    async def _tick(self, now: datetime) -> None:
        async with reading(self._store) as tx:
            due = await tx.conversations.due_wakes(now)
        if not due:
            return
        async with writing(self._store) as tx:
            for conversation_id, wake_at in due:
                # The clock is set aside until the dialogue has heard the tick and sets it anew.
                await tx.conversations.push_wake(conversation_id, now + timedelta(minutes=5))
                key = f"{conversation_id}/{wake_at.isoformat()}"
                await tx.conversations.happened(conversation_id, "clock", key, {"is": "Tick"}, now)

    async def _read_alone(self, rows: list[Waiting]) -> None:
        try:
            await self._read_together([rows])
        except Exception:
            log.exception("conversation_failed", conversation=rows[0].conversation_id)
        finally:
            self._busy.discard(rows[0].conversation_id)
            self.wake()

    async def _read_together(self, waiting: list[list[Waiting]]) -> None:
        now = self._clock()
        reads: list[Read] = []
        for rows in waiting:
            try:
                reads.append(Read(rows[0].conversation_id, tuple(await self._reader.events(rows, now))))
            except Exception as error:
                log.warning("message_not_read", conversation=rows[0].conversation_id, error=type(error).__name__)
                await self._failed([row.id for row in rows], rows[0], error)
        if not reads:
            return
        try:
            at_once = await self._commit(reads)
        except TemporaryFailure:
            raise
        except Exception as error:
            if len(reads) == 1:
                first = reads[0].events[0][0][0]
                log.exception("conversation_failed", conversation=first.conversation_id)
                await self._failed(reads[0].ids, first, error)
                return
            # One conversation must not take the others down with it: each goes alone now.
            readable = {read.conversation_id for read in reads}
            for rows in waiting:
                if rows[0].conversation_id in readable:
                    await self._read_together([rows])
            return
        if at_once:
            await self._deliver(at_once)

    async def _commit(self, reads: Sequence[Read]) -> list[int]:
        at_once: list[int] = []
        now = self._clock()
        async with writing(self._store) as tx:
            # Locks are taken in one order everywhere, so two processes never wait for each other.
            for read in sorted(reads, key=lambda r: r.conversation_id):
                at_once += await self._advance(tx, read, now)
        return at_once

    async def _advance(self, tx: Transaction, read: Read, now: datetime) -> list[int]:
        at_once: list[int] = []
        conversation = await tx.conversations.lock(read.conversation_id)
        still_open = await tx.conversations.still_open(read.ids)
        state = tx.conversations.state_of(conversation)
        for rows, event in read.events:
            if not all(row.id in still_open for row in rows):
                continue
            event = self._with_choice(event, state)
            for stored in self._reader.attachments(event):
                await tx.reports.keep_media(stored, now)
            step = advance(state, event)
            state = step.state
            self._write_down(tx, rows, event, step.effects, now)
            at_once += await self._effects.carry_out(
                tx, read.conversation_id, conversation.channel, str(rows[0].id), state, step.effects, now
            )
            await tx.conversations.mark_read([row.id for row in rows], now)
            READ.labels(type(event).__name__).inc()
        tx.conversations.save(conversation, state)
        return at_once

    def _with_choice(self, event: Event, state: State) -> Event:
        if isinstance(event, Text) and state.question and state.question.options:
            picked = self._choice(state.question.options, event.text, state.language)
            return replace(event, choice=picked)
        return event

    def _write_down(
        self, tx: Transaction, rows: Sequence[Waiting], event: Event, effects: Sequence[Any], now: datetime
    ) -> None:
        """The citizen's side of the transcript, with what was understood beside it."""
        if rows[0].source not in self._channels or isinstance(event, Tick):
            return
        understanding: Understanding | None = getattr(event, "understanding", None)
        did = [e.key if isinstance(e, Say) else type(e).__name__ for e in effects]
        tx.conversations.write_down(
            rows[0].conversation_id, "in", type(event).__name__.lower(), self._reader.words(event), rows[0].received_at,
            data={**self._reader.data(event), "did": did}, inbox_id=rows[0].id,
            understanding=codec.encode(understanding) if understanding else None,
        )  # fmt: skip

    async def _failed(self, ids: list[int], first: Waiting, error: Exception) -> None:
        """Try again with growing patience; in the end the row is closed, told, and a person is called."""
        INBOX_ERRORS.inc()
        now = self._clock()
        over = first.attempts + 1 >= TRIES and not isinstance(error, TemporaryFailure)
        async with writing(self._store) as tx:
            again = now + timedelta(seconds=2.0**first.attempts)
            await tx.conversations.mark_failed(ids, f"{type(error).__name__}: {error}", again, now if over else None)
            if over:
                log.error(
                    "message_given_up", conversation=first.conversation_id, inbox=first.id, error=type(error).__name__
                )
                await self._effects.apologise(tx, first.conversation_id, first.id, now)
