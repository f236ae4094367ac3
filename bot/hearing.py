"""A conversation's rows become events, and events one transaction: state, transcript, and all that was decided.

What fails, fails alone: conversation by conversation, then message by message, and is tried again or given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.channels.base import Channel
from bot.effects import Effects
from bot.failures import TemporaryFailure, told
from bot.incoming import Reader, groups
from bot.metrics import INBOX_ERRORS, READ
from bot.store.conversations import Waiting
from bot.store.ledger import Line
from bot.store.tables import Conversation
from bot.store.transaction import Transaction, writing
from bot.store.unit_of_work import Store
from flows import codec
from flows.engine import advance
from flows.model import (
    AgencyAnswered,
    DataFound,
    DuplicatesFound,
    Event,
    Language,
    ReportChanged,
    Say,
    SearchDuplicates,
    ShowMyData,
    State,
    Step,
    Text,
    Tick,
    Understanding,
)  # fmt: skip

log = structlog.get_logger(__name__)

TRIES: Final = 4
TRIES_IN_DANGER: Final = 2

Choice = Callable[[tuple[str, ...], str, Language], str | None]
Deliver = Callable[[list[int]], Awaitable[None]]


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


class Hearing:
    """Lets the dialogue hear rows. `hurry` is told of rows in danger that have to be tried again at once."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], reader: Reader, effects: Effects, choice: Choice,
        deliver: Deliver, clock: Callable[[], datetime], hurry: Callable[[Sequence[int]], None],
    ) -> None:  # fmt: skip
        self._store = store
        self._channels = channels
        self._reader = reader
        self._effects = effects
        self._choice = choice
        self._deliver = deliver
        self._clock = clock
        self._hurry = hurry
        self.sending: set[asyncio.Task[None]] = set()
        """Replies under way."""

    async def read(self, waiting: Sequence[list[Waiting]]) -> None:
        """Read these rows, each list one conversation's in order. Raises TemporaryFailure when nothing was kept."""
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
                    await self.read([piece])
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
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)
        try:
            await self._reader.forget([row for read in reads for row in read.rows])
        except OSError as error:
            log.warning("upload_not_removed", reason=error.strerror)

    async def _send(self, ids: list[int]) -> None:
        """Bring replies out while the next messages are read; what fails here for long is the outbox workers'."""
        for pause in (0.2, 0.5, 1.0, 2.0, None):
            try:
                return await self._deliver(ids)
            except TemporaryFailure as error:
                log.warning("replies_later", error=str(error))
                if pause is None:
                    return None
                await asyncio.sleep(pause)
            except Exception:
                log.exception("replies_failed")
                return None
        return None

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
                await tx.undelivered.free(self._wrote(reads), now)
                at_once = await tx.ledger.write()
                await tx.conversations.mark_read(read_now, now)
        return at_once

    def _wrote(self, reads: Sequence[Read]) -> list[int]:
        """The conversations in which the citizen wrote, in order; the house's own events are no contact."""
        return sorted({r.conversation_id for r in reads if any(row.source in self._channels for row in r.rows)})

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
            step = await self._answered(tx, conversation, event, advance(state, event), now)
            state = step.state
            self._write_down(tx, rows, event, step.effects)
            await self._effects.carry_out(
                tx, read.conversation_id, conversation.channel, str(rows[0].id), state, step.effects, now,
                unasked=isinstance(event, ReportChanged | AgencyAnswered),
            )  # fmt: skip
            heard += [row.id for row in rows]
            # A long batch must not keep a reply that is due from its next step.
            await asyncio.sleep(0)
            READ.labels(type(event).__name__).inc()
        if state:
            tx.conversations.save(conversation, state)
        return heard

    @staticmethod
    async def _answered(tx: Transaction, conversation: Conversation, event: Event, step: Step, now: datetime) -> Step:
        """Where the dialogue asks the house something, it hears the answer before anybody else can speak."""
        for asked in step.effects:
            answer: Event
            match asked:
                case SearchDuplicates(draft=draft):
                    found = await tx.duplicates.find(draft, conversation.id, now)
                    answer = DuplicatesFound(event.id, event.at, event.token, found)
                case ShowMyData():
                    kept = await tx.erasures.kept(conversation.id)
                    answer = DataFound(
                        event.id, event.at, event.token, kept.since, kept.messages, kept.photos, kept.name, kept.phone
                    )
                case _:
                    continue
            then = advance(step.state, answer)
            return Step(then.state, (*step.effects, *then.effects))
        return step

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
                self._hurry(ids)
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
            if conversation is None:
                return []
            if first.source in self._channels:
                await tx.undelivered.free([conversation.id], now)
            if way == "close":
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
