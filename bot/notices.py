"""What petugas are told in their Telegram group without having asked, once each.

Anything may write a notice into its own transaction; one duty looks for what waits too long and brings everything
that is not told yet to the group. Without a group nothing is sent: the start page of the admin web shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from bot.failures import TemporaryFailure, told
from bot.office import Office
from bot.store.tables_desk import Notice
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store

HANDOVER_WAITS: Final = timedelta(minutes=2)
FILING_WAITS: Final = timedelta(minutes=60)
"""Counted in office hours: a report of Friday evening is not late on Saturday."""
TOO_OLD: Final = timedelta(hours=12)
"""A group that could not be reached for so long is not flooded with what the start page has shown since."""
MOST_LETTERS: Final = 3500
"""Of one message: what does not fit goes with the next run, and is not cut off unread."""


class StaffGroup(Protocol):
    """Where petugas read notices."""

    async def notice(self, text: str) -> str:
        """Post the words and return the message's id. Raises TemporaryFailure, Rejected."""
        ...


async def notify_staff(tx: Transaction, key: str, words: str, now: datetime) -> bool:
    """Tell the petugas `words`, once per `key`: the commit of `tx` makes it certain, the duty brings it out.

    `words` are Indonesian and hold no name, number or words of a citizen; `key` begins with what it is about
    ("filing_unknown/KS-..."). False when this key was told before.
    """
    return await tx.notices.add(key, words, now)


class StaffNotices:
    """The duty: finds what waits, and tells the group. `group` None leaves it to the start page."""

    def __init__(self, store: Store, group: StaffGroup | None, office: Office) -> None:
        self._store = store
        self._group = group
        self._office = office

    async def work(self, now: datetime) -> str:
        """Look, then tell; one sentence of what was done. Raises when the group could not be told."""
        new = await self._look(now)
        sent = await self._tell(now) if self._group else 0
        return f"{new} new notices, {sent} told"

    async def _look(self, now: datetime) -> int:
        """Write a notice for whatever waits too long; nothing is written when nothing is new."""
        async with reading(self._store) as tx:
            found = await self._waiting(tx, now)
        if not found:
            return 0
        async with writing(self._store) as tx:
            await tx.notices.forget(now)
            return sum([await notify_staff(tx, key, words, now) for key, words in found])

    async def _waiting(self, tx: Transaction, now: datetime) -> list[tuple[str, str]]:
        found = [
            (f"handover/{conversation}/{since.isoformat()}",
             f"Percakapan {conversation} menunggu petugas lebih dari {_minutes(HANDOVER_WAITS)} menit.")
            for conversation, since in await tx.notices.handovers(now - HANDOVER_WAITS)
        ]  # fmt: skip
        if self._office.back_at(now) is None:
            found += [
                (f"filing_waits/{ticket}/{since.isoformat()}",
                 f"Laporan {ticket} menunggu diajukan lebih dari {_minutes(FILING_WAITS)} menit jam kerja.")
                for ticket, since in await tx.notices.filings("queued", now - FILING_WAITS)
                if self._office.open_for(since, now) >= FILING_WAITS
            ]  # fmt: skip
        found += [
            (f"filing_unknown/{ticket}/{since.isoformat()}",
             f"Laporan {ticket} perlu dipastikan: belum jelas apakah sudah masuk LAPOR!.")
            for ticket, since in await tx.notices.filings("filing_unknown")
        ]  # fmt: skip
        known = await tx.notices.known([key for key, _ in found])
        return [(key, words) for key, words in found if key not in known]

    async def _tell(self, now: datetime) -> int:
        """What is not told yet as one message, as far as it fits. A group that is away is told by the next run."""
        assert self._group is not None
        async with reading(self._store) as tx:
            waiting = _that_fit(await tx.notices.untold(now - TOO_OLD))
        if not waiting:
            return 0
        ids = [notice.id for notice in waiting]
        try:
            await self._group.notice(_message(waiting))
        except Exception as error:
            async with writing(self._store) as tx:
                await tx.notices.failed(ids, told(error))
            raise TemporaryFailure(f"the staff group was not told: {told(error)}") from error
        async with writing(self._store) as tx:
            await tx.notices.told(ids, now)
        return len(ids)


def _that_fit(notices: Sequence[Notice]) -> list[Notice]:
    fitting, letters = list(notices[:1]), len(notices[0].words) if notices else 0
    for notice in notices[1:]:
        letters += len(notice.words) + 3
        if letters > MOST_LETTERS:
            break
        fitting.append(notice)
    return fitting


def _message(notices: Sequence[Notice]) -> str:
    return "\n".join(["Kabar untuk petugas:", *(f"- {notice.words}" for notice in notices)])


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
