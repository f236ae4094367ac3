"""The way out: every outbox item is tried, recorded, and settled as done, later, parked or unknown.

Each lane has a worker of its own, so a LAPOR! that hangs never delays 112. Replies go out right after the
commit that wrote them (`deliver`); the workers are for what that attempt could not do.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog

from bot.failures import AwaitsContact, Rejected, TemporaryFailure, UnknownOutcome, told
from bot.group_commit import GroupCommit
from bot.metrics import DELIVERED
from bot.retry import EMERGENCY, FILING, NEWS, REPLY, Retry
from bot.store.outbox import Item, Lane
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)

POLICY: Final[Mapping[Lane, Retry]] = {
    Lane.EMERGENCY: EMERGENCY, Lane.REPLY: REPLY, Lane.NOTIFICATION: NEWS, Lane.FILING: FILING,
}  # fmt: skip
LEASE: Final[Mapping[Lane, timedelta]] = {
    Lane.EMERGENCY: timedelta(seconds=15), Lane.REPLY: timedelta(seconds=30),
    Lane.NOTIFICATION: timedelta(seconds=30), Lane.FILING: timedelta(minutes=5),
}  # fmt: skip
AT_ONCE: Final[Mapping[Lane, int]] = {Lane.EMERGENCY: 64, Lane.REPLY: 32, Lane.NOTIFICATION: 8, Lane.FILING: 4}
"""How many items of a lane are under way at the same time in one process."""
ROOM: Final = 128
"""Conversations answered at the same time right after their commit; what is urgent needs no room."""
OWN_TRIES: Final = 5
"""How often an item is tried that fails by an error of our own making."""
IDLE: Final = 0.5
GRACE: Final = 5.0
"""Seconds that attempts under way are given when the service stops."""


class TakenOver(Exception):
    """Another process has this item now: it is theirs to settle, and is left alone here."""


class Handler(Protocol):
    """Does one kind of outbox work."""

    async def do(self, item: Item) -> str | None:
        """Do it and return the other side's reference.

        Raises TemporaryFailure, Rejected or UnknownOutcome; TakenOver when it turns out to be no longer ours.
        """
        ...

    async def done(self, tx: Transaction, item: Item, reference: str | None, now: datetime) -> None:
        """What else changes when it is done, in the transaction that marks it so."""
        ...

    async def parked(self, tx: Transaction, item: Item, state: str, reason: str, now: datetime) -> None:
        """It will not be tried again by itself (`state` parked or unknown): tell who has to know."""
        ...

    def repeats_unknown(self) -> bool:
        """Whether an unknown outcome may be tried again (at least once) or is for a person."""
        ...


@dataclass(slots=True)
class Attempt:
    """One try at an item; `over` says afterwards that it needs no other."""

    item: Item
    started: datetime
    reference: str | None
    failure: Exception | None
    over: bool = False
    bare: bool = False
    """Only the outcome is to be written, without what should follow from it: that has failed."""

    @property
    def outcome(self) -> str:
        return next((name for kind, name in _OUTCOMES.items() if isinstance(self.failure, kind)), "done")


class Worker:
    """Works the outbox with the handlers given by kind.

    `leases` say how long a claimed item of a lane is hidden from others: longer than one attempt may take.
    """

    def __init__(
        self, store: Store, handlers: Mapping[str, Handler], clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        leases: Mapping[Lane, timedelta] = LEASE,
    ) -> None:  # fmt: skip
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._leases = leases
        self._settling = GroupCommit(self._settle_all)
        self._room = asyncio.Semaphore(ROOM)
        self._wakes = {lane: asyncio.Event() for lane in Lane}
        self.not_for: tuple[str, ...] = ()
        """Channels whose replies only another process can bring."""
        self.on_change: Callable[[], None] = lambda: None
        """Called after an item changed what the dialogue must hear."""

    def wake(self) -> None:
        for event in self._wakes.values():
            event.set()

    async def run(self, lane: Lane) -> None:
        """Work one lane until cancelled; trouble is told and tried again. One slow attempt holds up no other."""
        wake = self._wakes[lane]
        under_way: set[asyncio.Task[None]] = set()
        rest = 0.1
        try:
            while True:
                wake.clear()
                try:
                    if lane is Lane.FILING:
                        await self._settle_cut_off()
                    items = await self._claim(lane, AT_ONCE[lane] - len(under_way))
                except Exception as error:
                    _tell("outbox_unreachable", error, lane=lane.name)
                    await asyncio.sleep(rest)
                    rest = min(2 * rest, 2.0)
                    continue
                rest = 0.1
                for some in _apart(items):
                    task = asyncio.create_task(self._try_in_order(some))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                    task.add_done_callback(_tell_task)
                    task.add_done_callback(lambda _: wake.set())
                if not items:
                    await woken(wake)
        finally:
            await ended(under_way, GRACE)

    async def work(self, lane: Lane) -> int:
        """Claim what is due in this lane, try each once, and return how many there were."""
        items = await self._claim(lane, AT_ONCE[lane])
        await self._try_all(items)
        return len(items)

    async def _claim(self, lane: Lane, most: int) -> list[Item]:
        now = self._clock()
        if most <= 0:
            return []
        async with reading(self._store) as tx:
            if not await tx.outbox.is_due(lane, now):
                return []
        async with writing(self._store) as tx:
            return await tx.outbox.claim(lane, now, self._leases[lane], most, self.not_for)

    async def deliver(self, ids: list[int]) -> None:
        """Try replies right after their commit, in order; one with an older one of its kind pending waits its turn.

        The rest wakes the workers: alerts and filings written by the same commit are due already.
        """
        self.wake()
        async with reading(self._store) as tx:
            ready, held = await tx.outbox.mine(ids, self._clock())
        if held:
            async with writing(self._store) as tx:
                await tx.outbox.release(held, self._clock())
        await self._try_all(ready, self._room)
        self._wakes[Lane.REPLY].set()

    async def _try_all(self, items: Sequence[Item], room: asyncio.Semaphore | None = None) -> None:
        """Different conversations side by side, one conversation in its order."""
        results = await asyncio.gather(
            *(self._try_in_order(some, room) for some in _apart(items)), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _try_in_order(self, items: Sequence[Item], room: asyncio.Semaphore | None = None) -> None:
        if room and all(item.lane is not Lane.EMERGENCY for item in items):
            async with room:
                # What had to wait for room until its lease ran out is the workers' by now.
                await self._try_in_order([item for item in items if item.until > self._clock()])
            return
        left = list(items)
        while left:
            attempts: list[Attempt] = []
            # What was sent is marked together: the second bubble does not wait until the first one's mark is written.
            while left and (not attempts or attempts[-1].failure is None):
                attempt = await self._try(left.pop(0))
                if attempt is None:
                    break
                attempts.append(attempt)
            await asyncio.gather(*(self._write_outcome(attempt) for attempt in attempts))
            if left and not all(attempt.over for attempt in attempts):
                async with writing(self._store) as tx:
                    await tx.outbox.release([item.id for item in left], self._clock())
                return

    async def _try(self, item: Item) -> Attempt | None:
        """One attempt; None when it turned out to be another's."""
        started = self._clock()
        reference: str | None = None
        failure: Exception | None = None
        try:
            reference = await self._handlers[item.kind].do(item)
        except (TemporaryFailure, Rejected, UnknownOutcome) as error:
            failure = error
        except TakenOver:
            log.warning("delivery_taken_over", kind=item.kind, item=item.id)
            return None
        except Exception as error:
            # An error of our own making: told in full, and tried a few times so that nothing is lost.
            log.exception("delivery_failed", kind=item.kind, item=item.id)
            failure = (TemporaryFailure if item.attempts + 1 < OWN_TRIES else Rejected)(told(error))
        return Attempt(item, started, reference, failure)

    async def _write_outcome(self, attempt: Attempt) -> None:
        """Settle an attempt; while the database is away, try for as long as the item is ours.

        What was sent must not be sent again only because the database stood still for a moment, nor because what
        should follow from it fails.
        """
        while True:
            try:
                return await self._settling.add(attempt)
            except TemporaryFailure:
                if self._clock() >= attempt.item.until:
                    raise
                await asyncio.sleep(IDLE)
            except Exception:
                log.exception("outcome_failed", kind=attempt.item.kind, item=attempt.item.id)
                if attempt.bare:
                    raise
                attempt.bare = True

    async def _settle_all(self, attempts: Sequence[Attempt]) -> None:
        now = self._clock()
        async with writing(self._store) as tx:
            new = await tx.outbox.done([a.item.id for a in attempts if a.failure is None])
            # In the order in which the inbox locks: two transactions never wait for each other crosswise.
            for attempt in sorted(attempts, key=lambda a: a.item.conversation_id):
                await self._settle(tx, attempt, attempt.item.id in new, now)
            await tx.outbox.record([_delivery(a, now) for a in attempts])
        for attempt in attempts:
            DELIVERED.labels(attempt.item.lane.name.lower(), attempt.item.kind, attempt.outcome).inc()
        self.on_change()

    async def _settle(self, tx: Transaction, attempt: Attempt, new: bool, now: datetime) -> None:
        item, failure = attempt.item, attempt.failure
        handler = self._handlers[item.kind]
        attempt.over = True
        if failure is None:
            if new and not attempt.bare:
                await handler.done(tx, item, attempt.reference, now)
            return
        again = None
        unknown = isinstance(failure, UnknownOutcome)
        if isinstance(failure, TemporaryFailure) or (unknown and handler.repeats_unknown()):
            # What may wait for days keeps trying for days, in whatever lane it goes out by now.
            policy = NEWS if item.expires_at else POLICY[item.lane]
            again = policy.when(item.attempts, item.created_at, now, failure)
        if isinstance(failure, AwaitsContact) and item.kind == "say":
            if await tx.undelivered.wait(item, str(failure), now):
                log.info("delivery_waits", kind=item.kind, item=item.id, channel=item.channel)
            return
        state = "pending" if again else "unknown" if unknown and not handler.repeats_unknown() else "parked"
        ours = await tx.outbox.settle(item, state, str(failure), again)
        if again is not None:
            attempt.over = False
            log.info("delivery_later", kind=item.kind, item=item.id, attempts=item.attempts + 1)
        elif ours:
            log.warning("delivery_parked", kind=item.kind, item=item.id, state=state, outcome=attempt.outcome)
            if not attempt.bare and item.payload is not None:
                await handler.parked(tx, item, state, str(failure), now)

    async def _settle_cut_off(self) -> None:
        """Filings whose process died between request and mark."""
        now = self._clock()
        reason = "the service stopped between sending and hearing the answer"
        async with reading(self._store) as tx:
            if not await tx.outbox.is_cut_off(now):
                return
            items = await tx.outbox.cut_off(now)
        for item in items:
            # Settled as any other attempt: one that cannot be told of keeps no other filing here.
            await self._write_outcome(Attempt(item, now, None, UnknownOutcome(reason)))
            log.warning("filing_unknown", item=item.id)


async def woken(wake: asyncio.Event) -> None:
    """Wait to be woken, but not for long: another process may have written."""
    # Not asyncio.wait_for: on Python 3.11 it swallows a cancellation that comes together with the waking.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(IDLE):
            await wake.wait()


async def ended(tasks: Collection[asyncio.Task[None]], grace: float) -> None:
    """Let these come to their end within `grace` seconds and stop what does not: nothing runs on after this."""
    under_way = list(tasks)
    if under_way:
        _, late = await asyncio.wait(under_way, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _apart(items: Sequence[Item]) -> list[list[Item]]:
    """What may be tried side by side: the bubbles of one conversation in their order, anything else by itself.

    What is urgent goes before what is not.
    """
    bubbles: dict[int, list[Item]] = {}
    apart: list[list[Item]] = []
    for item in sorted(items, key=lambda item: item.lane):
        if item.kind != "say":
            apart.append([item])
        elif item.conversation_id in bubbles:
            bubbles[item.conversation_id].append(item)
        else:
            bubbles[item.conversation_id] = [item]
            apart.append(bubbles[item.conversation_id])
    return apart


def _delivery(attempt: Attempt, now: datetime) -> dict[str, Any]:
    detail = str(attempt.failure)[:500] if attempt.failure and not attempt.bare else None
    return {
        "outbox_id": attempt.item.id, "attempt": attempt.item.attempts + 1, "started_at": attempt.started,
        "finished_at": now, "outcome": attempt.outcome, "reference": None if attempt.bare else attempt.reference,
        "detail": detail,
    }  # fmt: skip


def _tell_task(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _tell("delivery_not_settled", error)


def _tell(what: str, error: BaseException, **more: str) -> None:
    if isinstance(error, TemporaryFailure):
        log.warning(what, error=str(error), **more)
    else:
        log.error(what, exc_info=error, **more)


_OUTCOMES: Final[Mapping[type, str]] = {
    TemporaryFailure: "temporary", Rejected: "rejected", UnknownOutcome: "unknown",
}  # fmt: skip
