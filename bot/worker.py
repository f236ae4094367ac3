"""The way out: every outbox item is tried, recorded, and settled as done, later, parked or unknown.

Each lane has a worker of its own, so a LAPOR! that hangs never delays 112. Replies go out right after the
commit that wrote them (`deliver`); the workers are for what that attempt could not do.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.failures import Rejected, TemporaryFailure, UnknownOutcome
from bot.group_commit import GroupCommit
from bot.metrics import DELIVERED
from bot.retry import EMERGENCY, FILING, REPLY, Retry
from bot.store.outbox import Item, Lane
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)

POLICY: Final[Mapping[Lane, Retry]] = {
    Lane.EMERGENCY: EMERGENCY, Lane.REPLY: REPLY, Lane.NOTIFICATION: REPLY, Lane.FILING: FILING,
}  # fmt: skip
LEASE: Final[Mapping[Lane, timedelta]] = {
    Lane.EMERGENCY: timedelta(seconds=10), Lane.REPLY: timedelta(seconds=20),
    Lane.NOTIFICATION: timedelta(seconds=30), Lane.FILING: timedelta(minutes=5),
}  # fmt: skip
AT_ONCE: Final[Mapping[Lane, int]] = {Lane.EMERGENCY: 16, Lane.REPLY: 32, Lane.NOTIFICATION: 8, Lane.FILING: 4}
"""How many items of a lane are under way at the same time in one process."""
IDLE: Final = 0.5


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
        self._wakes = {lane: asyncio.Event() for lane in Lane}
        self.on_change: Callable[[], None] = lambda: None
        """Called after an item changed what the dialogue must hear."""

    def wake(self) -> None:
        for event in self._wakes.values():
            event.set()

    async def run(self, lane: Lane) -> None:
        """Work one lane until cancelled; trouble is told and tried again."""
        wake = self._wakes[lane]
        while True:
            wake.clear()
            try:
                if lane is Lane.FILING:
                    await self._settle_cut_off()
                worked = await self.work(lane)
            except TemporaryFailure as error:
                log.warning("outbox_unreachable", lane=lane.name, error=str(error))
                await asyncio.sleep(2)
                continue
            except Exception:
                log.exception("outbox_failed", lane=lane.name)
                await asyncio.sleep(2)
                continue
            if not worked:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), IDLE)

    async def work(self, lane: Lane) -> int:
        """Claim what is due in this lane, try each once, and return how many there were."""
        now = self._clock()
        async with reading(self._store) as tx:
            due = await tx.outbox.next_due(lane)
        if due is None or due > now:
            return 0
        async with writing(self._store) as tx:
            items = await tx.outbox.claim(lane, now, self._leases[lane], AT_ONCE[lane])
        await self._try_all(items)
        return len(items)

    async def deliver(self, ids: list[int]) -> None:
        """Try replies right after their commit, in order; a conversation with an older reply pending waits its turn.

        The rest wakes the workers: alerts and filings written by the same commit are due already.
        """
        self.wake()
        async with reading(self._store) as tx:
            items = await tx.outbox.items(ids)
            behind = await tx.outbox.waits_behind(ids)
        held = [i for i in items if i.conversation_id in behind and i.lane is not Lane.EMERGENCY]
        if held:
            async with writing(self._store) as tx:
                await tx.outbox.release([i.id for i in held], self._clock())
        await self._try_all([i for i in items if i not in held])

    async def _try_all(self, items: Sequence[Item]) -> None:
        """Different conversations side by side, one conversation in its order."""
        by_conversation: dict[int, list[Item]] = {}
        for item in items:
            by_conversation.setdefault(item.conversation_id, []).append(item)
        results = await asyncio.gather(
            *(self._try_in_order(i) for i in by_conversation.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _try_in_order(self, items: Sequence[Item]) -> None:
        for n, item in enumerate(items):
            if not await self._try(item) and item.kind == "say":
                left = [i.id for i in items[n + 1 :] if i.kind == "say"]
                if left:
                    async with writing(self._store) as tx:
                        await tx.outbox.release(left, self._clock())
                return

    async def _try(self, item: Item) -> bool:
        """One attempt; True when the item needs no other."""
        handler = self._handlers[item.kind]
        started = self._clock()
        reference: str | None = None
        failure: Exception | None = None
        try:
            reference = await handler.do(item)
        except (TemporaryFailure, Rejected, UnknownOutcome) as error:
            failure = error
        except TakenOver:
            log.warning("delivery_taken_over", kind=item.kind, item=item.id)
            return True
        except Exception as error:
            # An error of our own making: told in full, and treated as temporary so that nothing is lost.
            log.exception("delivery_failed", kind=item.kind, item=item.id)
            failure = TemporaryFailure(f"{type(error).__name__}: {error}")
        attempt = Attempt(item, started, reference, failure)
        await self._settling.add(attempt)
        return attempt.over

    async def _settle_all(self, attempts: Sequence[Attempt]) -> None:
        now = self._clock()
        async with writing(self._store) as tx:
            for attempt in attempts:
                await self._settle(tx, attempt, now)
        self.on_change()

    async def _settle(self, tx: Transaction, attempt: Attempt, now: datetime) -> None:
        item, failure = attempt.item, attempt.failure
        handler = self._handlers[item.kind]
        outcome = _OUTCOMES.get(type(failure), "done")
        reason = str(failure) if failure else None
        await tx.outbox.record(item, attempt.started, now, outcome, attempt.reference, reason)
        DELIVERED.labels(item.lane.name.lower(), item.kind, outcome).inc()
        attempt.over = True
        if failure is None:
            await tx.outbox.settle(item.id, "done", None)
            await handler.done(tx, item, attempt.reference, now)
            return
        again = None
        unknown = isinstance(failure, UnknownOutcome)
        if isinstance(failure, TemporaryFailure) or (unknown and handler.repeats_unknown()):
            again = POLICY[item.lane].when(item.attempts, item.created_at, now, failure)
        if again is not None:
            attempt.over = False
            await tx.outbox.settle(item.id, "pending", reason, again)
            log.info("delivery_later", kind=item.kind, item=item.id, outcome=outcome, attempts=item.attempts + 1)
            return
        state = "unknown" if unknown and not handler.repeats_unknown() else "parked"
        await tx.outbox.settle(item.id, state, reason)
        await handler.parked(tx, item, state, reason or "", now)
        log.warning("delivery_parked", kind=item.kind, item=item.id, state=state, outcome=outcome)

    async def _settle_cut_off(self) -> None:
        """Filings whose process died between request and mark."""
        now = self._clock()
        reason = "the service stopped between sending and hearing the answer"
        async with writing(self._store) as tx:
            items = await tx.outbox.cut_off(now)
            for item in items:
                await tx.outbox.settle(item.id, "unknown", reason)
                await tx.outbox.record(item, now, now, "unknown", None, reason)
                await self._handlers[item.kind].parked(tx, item, "unknown", reason, now)
                log.warning("filing_unknown", item=item.id)
        if items:
            self.on_change()


_OUTCOMES: Final[Mapping[type, str]] = {
    TemporaryFailure: "temporary", Rejected: "rejected", UnknownOutcome: "unknown",
}  # fmt: skip
