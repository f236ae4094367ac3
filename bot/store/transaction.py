"""One transaction with all repositories over it: what the rest of the house sees of the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.calls import Calls
from bot.store.conversations import Conversations
from bot.store.duplicates import Duplicates
from bot.store.duties import DutyRows
from bot.store.erasure import Erasures
from bot.store.lapor import AtLapor
from bot.store.ledger import Ledger
from bot.store.linking import Linking
from bot.store.notices import Notices
from bot.store.outbox import OutboxRows
from bot.store.reported import Reported
from bot.store.reports import Incidents, Reports
from bot.store.sealing import Sealer
from bot.store.shifts import Shifts
from bot.store.undelivered import Undelivered
from bot.store.unit_of_work import Store


class Transaction:
    """The repositories of one session."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self.session = session
        self.conversations = Conversations(session, sealer)
        self.outbox = OutboxRows(session, sealer)
        self.undelivered = Undelivered(session)
        self.reported = Reported(session)
        self.ledger = Ledger(session, self.outbox)
        self.reports = Reports(session, sealer)
        self.incidents = Incidents(session, sealer)
        self.at_lapor = AtLapor(session)
        self.duplicates = Duplicates(session)
        self.duties = DutyRows(session)
        self.erasures = Erasures(session, sealer)
        self.notices = Notices(session)
        self.linking = Linking(session)
        self.shifts = Shifts(session)
        self.calls = Calls(session)
        self.sealer = sealer

    def flushing_once(self) -> AbstractContextManager[object]:
        """Within this block changed objects go to the database together, at the commit, not before every question."""
        return cast("AbstractContextManager[object]", self.session.no_autoflush)


@asynccontextmanager
async def writing(store: Store) -> AsyncIterator[Transaction]:
    """A transaction that is committed at the end of the block."""
    async with store.write() as session:
        yield Transaction(session, store.sealer)


@asynccontextmanager
async def reading(store: Store) -> AsyncIterator[Transaction]:
    """The same view without writing."""
    async with store.read() as session:
        yield Transaction(session, store.sealer)


async def answers(store: Store) -> bool:
    """Whether the database answers a trivial question."""
    async with store.read() as session:
        return bool(await session.scalar(text("SELECT 1")) == 1)
