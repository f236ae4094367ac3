"""The way in: inbox row -> understand -> one transaction of advance and everything it decided -> replies out.

Many conversations share one transaction; one conversation is never read twice at the same time, and its
messages keep their order. A conversation with files to fetch goes alone, so a slow provider delays nobody else;
a cry for help goes first, and past whatever takes time before it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from bot.channels.base import Channel, Incoming
from bot.effects import Effects
from bot.failures import TemporaryFailure, told
from bot.group_commit import GroupCommit
from bot.incoming import Reader, arrival, groups
from bot.metrics import INBOX_ERRORS, READ, TAKEN_IN
from bot.store.conversations import Waiting
from bot.store.ledger import Line
from bot.store.tables import Conversation
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store
from flows import codec
from flows.engine import advance
from flows.model import Event, Language, Say, State, Text, Tick, Understanding

log = structlog.get_logger(__name__)

BATCH: Final = 30
"""Conversations read in one transaction."""
ROWS: Final = 60
"""Messages read in one transaction, a few more or less."""
TRIES: Final = 4
TRIES_IN_DANGER: Final = 2
IDLE: Final = 0.5
"""Seconds between looks at the inbox when nothing wakes us: another process may have written."""
GRACE: Final = 5.0
"""Seconds that replies under way are given when the service stops."""

Choice = Callable[[tuple[str, ...], str, Language], str | None]
Deliver = Callable[[list[int]], Awaitable[None]]
Alarm = Callable[[str], bool]
"""Whether words sound like danger: quick, by word list, only to decide who is read first."""


@dataclass(frozen=True, slots=True)
class Read:
    """A conversation's rows, each as the event it stands for."""

    conversation_id: int
    events: tuple[tuple[tuple[Waiting, ...], Event], ...]

    @property
    def rows(self) -> list[Waiting]:
        return [row for rows, _ in self.events for row in rows]

    def one_by_one(self) -> list[Read]:
        return [Read(self.conversation_id, (event,)) for event in self.events]


class Inbound:
    """Takes messages in and reads them. `take_in` may be called from any task of this process."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], reader: Reader, effects: Effects, choice: Choice,
        deliver: Deliver, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        alarm: Alarm = lambda words: False,
    ) -> None:  # fmt: skip
        self._store = store
        self._channels = channels
        self._reader = reader
        self._effects = effects
        self._choice = choice
        self._deliver = deliver
        self._clock = clock
        self._alarm = alarm
        self._wake = asyncio.Event()
        self._urgent: set[int] = set()
        """Rows that sound like danger and were not yet looked at."""
        self._busy: Counter[int] = Counter()
        self._alone: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[None]] = set()
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
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), IDLE)
        finally:
            for task in self._alone:
                task.cancel()
            if self._sending:
                await asyncio.wait(self._sending, timeout=GRACE)

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
        async with reading(self._store) as tx:
            cries = await tx.conversations.rows(sorted(self._urgent))
            calm = {cry.conversation_id for cry in cries} - set(self._busy)
            waiting = await tx.conversations.waiting(now, BATCH, only=sorted(calm))
        queues = {rows[0].conversation_id: rows for rows in waiting}
        self._urgent.clear()
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
            await self._read_together(quick)

    async def settled(self) -> None:
        """Wait for the conversations that are being read alone, and for the replies under way."""
        while self._alone or self._sending:
            await asyncio.gather(*self._alone, *self._sending, return_exceptions=True)

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
            await self._read_together([rows])
        except TemporaryFailure as error:
            log.warning("conversation_later", conversation=conversation, error=str(error))
        except Exception:
            log.exception("conversation_failed", conversation=conversation)
        finally:
            self._busy[conversation] -= 1
            self._busy += Counter()  # leaves out what stands at zero
            self.wake()

    async def _read_together(self, waiting: Sequence[list[Waiting]]) -> None:
        now = self._clock()
        found = await asyncio.gather(*(self._reader.events(rows, now) for rows in waiting), return_exceptions=True)
        reads: list[Read] = []
        for rows, events in zip(waiting, found, strict=True):
            if not isinstance(events, BaseException):
                reads.append(Read(rows[0].conversation_id, tuple(events)))
                continue
            if not isinstance(events, Exception):
                raise events
            # One message must not take those behind it down with it.
            pieces = groups(rows)
            if len(pieces) > 1:
                for piece in pieces:
                    await self._read_together([piece])
            else:
                log.warning("message_not_read", conversation=rows[0].conversation_id, error=type(events).__name__)
                await self._failed(rows, None, events)
        if reads:
            await self._carry(reads)

    async def _carry(self, reads: Sequence[Read]) -> None:
        """Commit these together; what fails, fails alone: conversation by conversation, then message by message."""
        try:
            at_once = await self._commit(reads)
        except TemporaryFailure:
            raise
        except Exception as error:
            pieces = reads if len(reads) > 1 else reads[0].one_by_one()
            if len(pieces) > 1:
                for piece in pieces:
                    await self._carry([piece])
                return
            rows, event = reads[0].events[0]
            log.exception("conversation_failed", conversation=reads[0].conversation_id)
            await self._failed(rows, event, error)
            return
        if at_once:
            task = asyncio.create_task(self._send(at_once))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        try:
            await self._reader.forget([row for read in reads for row in read.rows])
        except OSError as error:
            log.warning("upload_not_removed", reason=error.strerror)

    async def _send(self, ids: list[int]) -> None:
        """Bring replies out while the next messages are read; what fails here is the outbox workers' to repeat."""
        try:
            await self._deliver(ids)
        except TemporaryFailure as error:
            log.warning("replies_later", error=str(error))
        except Exception:
            log.exception("replies_failed")

    async def _commit(self, reads: Sequence[Read]) -> list[int]:
        now = self._clock()
        read_now: list[int] = []
        async with writing(self._store) as tx:
            with tx.flushing_once():
                conversations = await tx.conversations.lock(sorted({read.conversation_id for read in reads}))
                still_open = await tx.conversations.still_open([row.id for read in reads for row in read.rows])
                for read in reads:
                    conversation = conversations.get(read.conversation_id)
                    if conversation is not None:
                        read_now += await self._advance(tx, conversation, read, still_open, now)
                at_once = await tx.ledger.write()
                await tx.conversations.mark_read(read_now, now)
        return at_once

    async def _advance(
        self, tx: Transaction, conversation: Conversation, read: Read, still_open: Collection[int], now: datetime
    ) -> list[int]:
        """Let the dialogue hear what is still unread; returns those rows."""
        heard: list[int] = []
        state: State | None = None
        for rows, event in read.events:
            if not all(row.id in still_open for row in rows):
                continue
            state = state or tx.conversations.state_of(conversation)
            event = self._with_choice(event, state)
            for stored in self._reader.attachments(event):
                await tx.reports.keep_media(stored, now)
            step = advance(state, event)
            state = step.state
            self._write_down(tx, rows, event, step.effects)
            await self._effects.carry_out(
                tx, read.conversation_id, conversation.channel, str(rows[0].id), state, step.effects, now
            )
            heard += [row.id for row in rows]
            # A long batch must not keep a reply that is due from its next step.
            await asyncio.sleep(0)
            READ.labels(type(event).__name__).inc()
        if state:
            tx.conversations.save(conversation, state)
        return heard

    def _with_choice(self, event: Event, state: State) -> Event:
        if isinstance(event, Text) and state.question and state.question.options:
            picked = self._choice(state.question.options, event.text, state.language)
            return replace(event, choice=picked)
        return event

    def _write_down(self, tx: Transaction, rows: Sequence[Waiting], event: Event, effects: Sequence[Any]) -> None:
        """The citizen's side of the transcript, with what was understood beside it."""
        first = rows[0]
        if first.source not in self._channels or isinstance(event, Tick):
            return
        understanding = _understanding(event)
        did = [e.key if isinstance(e, Say) else type(e).__name__ for e in effects]
        tx.ledger.heard(
            Line(
                first.conversation_id, "in", type(event).__name__.lower(), self._reader.words(event),
                first.received_at, {**self._reader.data(event), "did": did}, first.id,
                codec.encode(understanding) if understanding else None,
            )
        )  # fmt: skip

    # --- when it fails ---

    async def _failed(self, rows: Sequence[Waiting], event: Event | None, error: Exception) -> None:
        """Try again with growing patience; in the end the row is closed, told, and a person is called.

        Danger gets no patience: one more try at once, then 112 and the desk hear of it whatever is broken here.
        """
        INBOX_ERRORS.inc()
        now = self._clock()
        first, ids = rows[0], [row.id for row in rows]
        understanding = _understanding(event)
        danger = understanding is not None and understanding.emergency.level != "none"
        tries = TRIES_IN_DANGER if danger else TRIES
        if first.attempts + 1 < tries or isinstance(error, TemporaryFailure):
            again = now if danger else now + timedelta(seconds=2.0 ** min(first.attempts, 4))
            async with writing(self._store) as tx:
                await tx.conversations.mark_failed(ids, told(error), again, None)
            if danger:
                self._urgent |= set(ids)
            return
        log.error("message_given_up", conversation=first.conversation_id, inbox=first.id, error=type(error).__name__)
        for way in ("rescue", "give_up", "close") if danger else ("give_up", "close"):
            try:
                at_once = await self._close(way, rows, event, error, now)
            except TemporaryFailure:
                raise
            except Exception:
                log.exception("giving_up_failed", way=way, inbox=first.id)
            else:
                if at_once:
                    await self._send(at_once)
                return

    async def _close(
        self, way: str, rows: Sequence[Waiting], event: Event | None, error: Exception, now: datetime
    ) -> list[int]:
        first = rows[0]
        async with writing(self._store) as tx:
            await tx.conversations.mark_failed([row.id for row in rows], told(error), now, now)
            conversation = (await tx.conversations.lock([first.conversation_id])).get(first.conversation_id)
            if conversation is None or way == "close":
                return []
            understanding = _understanding(event)
            if way == "rescue" and event is not None and understanding is not None:
                await self._effects.rescue(tx, conversation, first.id, event, understanding.language, now)
            else:
                await self._effects.give_up(tx, conversation, first.id, first.source in self._channels, now)
            return await tx.ledger.write()


def _understanding(event: Event | None) -> Understanding | None:
    understanding: Understanding | None = getattr(event, "understanding", None)
    return understanding
