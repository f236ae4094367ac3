"""Where reports stand at LAPOR!, what was written on them there, and LAPOR!'s own lists, within one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import insert_new, insert_of
from bot.store.tables import Report, ReportPhoto
from bot.store.tables_lapor import LaporFollowup, LaporMaster, ReportAtLapor

POLLED: Final = ("submitted", "verified", "in_progress", "need_info", "transferred")
"""States of a report at LAPOR! that are not final there."""
FAILING: Final = 2
"""Failed readings in a row from which on the summary counts a report."""


@dataclass(frozen=True, slots=True)
class Polled:
    """A report whose status is to be read."""

    ticket: str
    complaint_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """An open report at LAPOR! with the moments its deadlines count from."""

    ticket: str
    state: str
    category: str
    addressee: str | None
    tracking_id: str | None
    submitted_at: datetime
    forwarded_at: datetime | None
    answered_at: datetime | None
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """How many reports do not get on by themselves."""

    queued: int
    failed: int
    unknown: int
    unanswered: int
    unread: int
    attention: int

    @property
    def total(self) -> int:
        return self.queued + self.failed + self.unknown + self.unanswered + self.unread + self.attention


@dataclass(frozen=True, slots=True)
class ListChange:
    """What a fresh list of LAPOR! changed in the kept one: names by id; `renamed` holds the old name first."""

    kind: str
    rows: int
    new: Mapping[str, str]
    gone: Mapping[str, str]
    renamed: Mapping[str, tuple[str, str]]


class AtLapor:
    """LAPOR!'s side of the reports. Whoever changes a report here holds it locked (`Reports.locked`)."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, ticket: str) -> ReportAtLapor | None:
        """What LAPOR! said of this report; None when nothing was ever heard."""
        return await self._session.get(ReportAtLapor, ticket)

    async def entry(self, ticket: str) -> ReportAtLapor:
        """The same, made when it is not there yet."""
        await insert_new(self._session, ReportAtLapor, ("ticket",), {"ticket": ticket, "failures": 0})
        return await self._session.get_one(ReportAtLapor, ticket)

    async def moved(self, ticket: str, state: str, now: datetime, addressee: str | None = None) -> None:
        """The report came into this state: from here its deadlines count. What is over is not polled any more."""
        row = await self.entry(ticket)
        match state:
            case "submitted":
                row.submitted_at = row.submitted_at or now
            case "verified":
                row.forwarded_at = row.forwarded_at or now
            case "transferred":
                row.forwarded_at, row.answered_at = now, None
            case "in_progress" | "need_info":
                row.forwarded_at = row.forwarded_at or now
                row.answered_at = now
            case _:
                pass
        row.addressee = addressee or row.addressee
        if state not in POLLED:
            row.poll_at = None

    async def reopened(self, ticket: str, now: datetime) -> None:
        """The citizen says that it is not done, or answers what was asked: the agency's turn begins anew."""
        row = await self.entry(ticket)
        row.forwarded_at, row.answered_at = now, None

    async def needs(self, ticket: str, attention: str | None) -> None:
        """What a person must do about this report; None when it is done."""
        row = await self.entry(ticket)
        row.attention = attention

    # --- polling ---

    async def adopt(self, moments: Sequence[datetime]) -> int:
        """Give reports that nobody polls yet one of these moments each; how many there were."""
        query = (
            sa.select(Report.ticket)
            .outerjoin(ReportAtLapor, ReportAtLapor.ticket == Report.ticket)
            .where(Report.state.in_(POLLED), Report.complaint_id.is_not(None), ReportAtLapor.poll_at.is_(None))
            # In the order in which outcomes of filings are settled: the two never wait for each other crosswise.
            .order_by(Report.conversation_id, Report.ticket)
            .limit(len(moments))
        )
        tickets = list(await self._session.scalars(query))
        rows = [{"ticket": t, "failures": 0, "poll_at": m} for t, m in zip(tickets, moments, strict=False)]
        if rows:
            await self._session.execute(insert_of(self._session, ReportAtLapor, ("ticket",)), rows)
        theirs = sa.select(ReportAtLapor).where(ReportAtLapor.ticket.in_(tickets), ReportAtLapor.poll_at.is_(None))
        moment_of = dict(zip(tickets, moments, strict=False))
        for row in await self._session.scalars(theirs):
            row.poll_at = moment_of[row.ticket]
        return len(tickets)

    async def due(self, now: datetime, most: int) -> list[Polled]:
        """Reports whose status is to be read now, the longest due first."""
        rows = await self._session.execute(
            sa.select(Report.ticket, Report.complaint_id)
            .join(ReportAtLapor, ReportAtLapor.ticket == Report.ticket)
            .where(ReportAtLapor.poll_at <= now, Report.state.in_(POLLED), Report.complaint_id.is_not(None))
            .order_by(ReportAtLapor.poll_at, Report.ticket)
            .limit(most)
        )
        return [Polled(row[0], row[1] or "") for row in rows]

    # --- follow-ups ---

    async def followups(self, ticket: str) -> list[LaporFollowup]:
        """Those that are known here, oldest first."""
        query = sa.select(LaporFollowup).where(LaporFollowup.ticket == ticket).order_by(LaporFollowup.id)
        return list(await self._session.scalars(query))

    async def add_followup(self, ticket: str, lapor_id: str, digest: str, now: datetime, *, ours: bool) -> bool:
        """Remember one; False when it is known."""
        row = {"ticket": ticket, "lapor_id": lapor_id, "ours": ours, "digest": digest, "at": now}
        return await insert_new(self._session, LaporFollowup, ("ticket", "lapor_id"), row)

    async def rename_followup(self, ticket: str, was: str, lapor_id: str) -> None:
        """Ours has LAPOR!'s own id now; when that one is here already, the two are the same."""
        known = {row.lapor_id: row for row in await self.followups(ticket)}
        if was not in known:
            return
        if lapor_id in known:
            await self._session.delete(known[was])
        else:
            known[was].lapor_id = lapor_id

    async def forget_followup(self, ticket: str, lapor_id: str) -> None:
        """It was not sent after all."""
        await self._session.execute(
            sa.delete(LaporFollowup).where(LaporFollowup.ticket == ticket, LaporFollowup.lapor_id == lapor_id)
        )

    # --- photos that LAPOR! does not take ---

    async def photo_refused(self, ticket: str, position: int, problem: str | None) -> None:
        """Why LAPOR! did not take this photo."""
        await self._session.execute(_photo(ticket, position).values(problem=problem[:500] if problem else None))

    async def leave_out(self, ticket: str, user: str) -> int:
        """The petugas has the report filed without the photos that LAPOR! does not take; how many these are."""
        query = sa.select(ReportPhoto.position).where(
            ReportPhoto.ticket == ticket, ReportPhoto.upload_id.is_(None), ReportPhoto.problem.is_not(None),
            ReportPhoto.left_out_by.is_(None),
        )  # fmt: skip
        positions = list(await self._session.scalars(query))
        for position in positions:
            await self._session.execute(_photo(ticket, position).values(left_out_by=user))
        return len(positions)

    async def refused_photos(self, ticket: str) -> tuple[tuple[tuple[int, str], ...], int]:
        """Attachments that LAPOR! does not take (counted from 1, with its reason), and how many were left out."""
        rows = list(
            await self._session.scalars(
                sa.select(ReportPhoto).where(ReportPhoto.ticket == ticket).order_by(ReportPhoto.position)
            )
        )
        refused = tuple(
            (number, photo.problem)
            for number, photo in enumerate(rows, start=1)
            if photo.problem and photo.upload_id is None and not photo.left_out_by
        )
        return refused, sum(photo.left_out_by is not None for photo in rows)

    # --- lists ---

    async def names(self, kind: str) -> dict[str, str]:
        """A list of LAPOR! as it was last read, names by id."""
        rows = await self._session.execute(
            sa.select(LaporMaster.lapor_id, LaporMaster.name).where(LaporMaster.kind == kind)
        )
        return {row[0]: row[1] for row in rows}

    async def name(self, kind: str, lapor_id: str | None) -> str | None:
        """The name behind an id; None when the list does not hold it."""
        row = await self._session.get(LaporMaster, (kind, lapor_id)) if lapor_id else None
        return row.name if row else None

    async def read_at(self) -> dict[str, datetime]:
        """When each list was last read."""
        rows = await self._session.execute(
            sa.select(LaporMaster.kind, sa.func.max(LaporMaster.synced_at)).group_by(LaporMaster.kind)
        )
        return {row[0]: row[1] for row in rows}

    async def keep_list(self, kind: str, names: Mapping[str, str], now: datetime) -> ListChange:
        """Replace a kept list by a fresh one and say what changed."""
        was = await self.names(kind)
        await self._session.execute(sa.delete(LaporMaster).where(LaporMaster.kind == kind))
        rows = [{"kind": kind, "lapor_id": i, "name": name, "synced_at": now} for i, name in names.items()]
        if rows:
            await self._session.execute(sa.insert(LaporMaster), rows)
        return ListChange(
            kind, len(names), {i: n for i, n in names.items() if i not in was},
            {i: n for i, n in was.items() if i not in names},
            {i: (was[i], n) for i, n in names.items() if i in was and was[i] != n},
        )  # fmt: skip

    # --- what does not get on ---

    async def standing(self, most: int = 5000) -> list[Standing]:
        """Every report that is open at LAPOR!, the oldest first."""
        a = ReportAtLapor
        rows = await self._session.execute(
            sa.select(
                Report.ticket, Report.state, Report.category, sa.func.coalesce(a.addressee, Report.agency),
                Report.tracking_id, sa.func.coalesce(a.submitted_at, Report.created_at), a.forwarded_at,
                a.answered_at, a.checked_at,
            )
            .outerjoin(a, a.ticket == Report.ticket)
            .where(Report.state.in_(POLLED))
            .order_by(Report.created_at)
            .limit(most)
        )  # fmt: skip
        return [Standing(*row) for row in rows]

    async def attention(self, most: int = 200) -> list[tuple[str, str]]:
        """Tickets that a person must look at, and what is to be done."""
        rows = await self._session.execute(
            sa.select(ReportAtLapor.ticket, ReportAtLapor.attention)
            .where(ReportAtLapor.attention.is_not(None))
            .order_by(ReportAtLapor.ticket)
            .limit(most)
        )
        return [(row[0], row[1] or "") for row in rows]

    async def stuck(self, now: datetime, queued_for: timedelta) -> Stuck:
        """Count what does not get on; `queued_for`: waiting to be filed for longer than this."""
        # `filing` waits as well: LAPOR! turned it away for now.
        old = sa.and_(Report.state.in_(("queued", "filing")), Report.changed_at <= now - queued_for)
        row = (
            await self._session.execute(
                sa.select(
                    _count(old), *(_count(Report.state == s) for s in ("failed", "filing_unknown", "need_info")),
                    _count(sa.and_(ReportAtLapor.failures >= FAILING, Report.state.in_(POLLED))),
                    _count(ReportAtLapor.attention.is_not(None)),
                )
                .select_from(Report)
                .outerjoin(ReportAtLapor, ReportAtLapor.ticket == Report.ticket)
            )
        ).one()  # fmt: skip
        return Stuck(*(int(value or 0) for value in row))


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _photo(ticket: str, position: int) -> sa.Update:
    return sa.update(ReportPhoto).where(ReportPhoto.ticket == ticket, ReportPhoto.position == position)
