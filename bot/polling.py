"""Reading at LAPOR! what became of reports: LAPOR! calls nobody, so it is asked, a few reports at a time.

Each open report has its own moment. A reading that fails is that report's trouble alone; when LAPOR! is away
altogether the rest is left for the next run.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog

from bot.failures import SiagaError, TemporaryFailure, told
from bot.followups import NOT_SURE, recognised
from bot.gateways.lapor_answers import ComplaintStatus, Followup
from bot.handlers import report_moved
from bot.notices import notify_staff
from bot.store.lapor import POLLED, Polled
from bot.store.tables import Report
from bot.store.tables_lapor import ReportAtLapor
from bot.store.transaction import Transaction, reading, writing
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)

MOST: Final = 40
"""Reports read in one run, so that an outage is not followed by a burst."""
AT_ONCE: Final = 3
RUN_SECONDS: Final = 20.0
"""After so long a run begins no further reading: well before it would be cut off."""
READ_SECONDS: Final = 20.0
"""Patience with one report. A reading is repeated, so it need not wait as long as a filing."""
AWAY: Final = 3
"""Failures in a row that mean that LAPOR! is away."""
_OURS: Final = ("pelapor", "masyarakat")
"""Senders that are the citizen, whoever typed it."""
_MOST_WORDS: Final = 1500


class ReadsLapor(Protocol):
    """What polling needs of the gateway."""

    async def status(self, complaint_id: str) -> ComplaintStatus:
        """Where a complaint stands. Raises TemporaryFailure, Rejected."""
        ...

    async def followups(self, complaint_id: str) -> tuple[Followup, ...]:
        """Everything that was written on a complaint, oldest first. Raises TemporaryFailure, Rejected."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of asking about one report; `trouble` is why some or all of it is missing."""

    status: ComplaintStatus | None = None
    followups: tuple[Followup, ...] = ()
    trouble: str | None = None
    away: bool = False


class StatusPolling:
    """The duty. `pause` is the time between two readings of a report, a third of it after one that failed."""

    def __init__(
        self, store: Store, lapor: ReadsLapor, pause: timedelta, wake: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._lapor = lapor
        self._pause = pause
        self._wake = wake
        self._clock = clock

    async def work(self, now: datetime) -> str:
        """Read what is due; one sentence of what was done."""
        async with writing(self._store) as tx:
            moments = [now + self._pause * random.random() for _ in range(5 * MOST)]
            await tx.at_lapor.adopt(moments)
        async with reading(self._store) as tx:
            due = await tx.at_lapor.due(now, MOST)
        read = failed = in_a_row = 0
        ends = asyncio.get_running_loop().time() + RUN_SECONDS
        for start in range(0, len(due), AT_ONCE):
            if in_a_row >= AWAY or asyncio.get_running_loop().time() > ends:
                break
            some = due[start : start + AT_ONCE]
            for polled, answer in zip(some, await asyncio.gather(*map(self._ask, some)), strict=True):
                await self._take(polled, answer)
                read, failed = read + 1, failed + bool(answer.trouble)
                in_a_row = in_a_row + 1 if answer.away else 0
        if read:
            self._wake()
        return f"{read} of {len(due)} reports read, {failed} with trouble"

    async def _ask(self, polled: Polled) -> Reading:
        """Ask LAPOR!, outside of any transaction. Never raises."""
        status: ComplaintStatus | None = None
        try:
            async with asyncio.timeout(READ_SECONDS):
                status = await self._lapor.status(polled.complaint_id)
                return Reading(status, await self._lapor.followups(polled.complaint_id))
        except TimeoutError:
            return Reading(status, trouble="LAPOR! did not answer in time", away=True)
        except SiagaError as error:
            return Reading(status, trouble=str(error), away=isinstance(error, TemporaryFailure))
        except Exception as error:
            # An answer that nobody foresaw must not keep the others from being read.
            log.exception("lapor_answer_not_read", ticket=polled.ticket)
            return Reading(status, trouble=f"LAPOR!'s answer could not be read ({told(error)})")

    async def _take(self, polled: Polled, answer: Reading) -> None:
        """Write down what was read; what cannot be written is tried again as a failed reading is."""
        try:
            await self._write(polled, answer)
        except TemporaryFailure:
            raise
        except Exception as error:
            log.exception("lapor_answer_not_taken", ticket=polled.ticket)
            await self._write(polled, Reading(trouble=f"LAPOR!'s answer could not be taken in ({told(error)})"))

    async def _write(self, polled: Polled, answer: Reading) -> None:
        now = self._clock()
        async with writing(self._store) as tx:
            report = await tx.reports.locked(polled.ticket)
            if report is None or report.complaint_id != polled.complaint_id or report.state not in POLLED:
                return
            row = await tx.at_lapor.entry(polled.ticket)
            row.poll_at = now + self._pause * random.uniform(0.9, 1.1) / (3 if answer.trouble else 1)
            row.failures = row.failures + 1 if answer.trouble else 0
            row.error = answer.trouble[:500] if answer.trouble else None
            if answer.trouble:
                log.info("lapor_not_read", ticket=polled.ticket, reason=answer.trouble)
            await self._hear_followups(tx, report, row, answer.followups, now)
            if answer.status is not None:
                row.checked_at = now
                await self._hear_status(tx, report, row, answer.status, now)

    # --- follow-ups ---

    async def _hear_followups(
        self, tx: Transaction, report: Report, row: ReportAtLapor, followups: Sequence[Followup], now: datetime
    ) -> None:
        known = await tx.at_lapor.followups(report.ticket)
        ids = {one.lapor_id for one in known}
        listed = {followup.id for followup in followups}
        # Also one whose id in LAPOR!'s receipt is not the one in its list: it must not come back as an answer.
        waiting = [(one.digest, one.lapor_id) for one in known if one.ours and one.lapor_id not in listed]
        for followup in followups:
            if followup.id in ids:
                continue
            digest = recognised(followup.content)
            mine = next((name for seen, name in waiting if seen == digest), None)
            if mine is not None:
                waiting.remove((digest, mine))
                await tx.at_lapor.rename_followup(report.ticket, mine, followup.id)
                if row.attention == NOT_SURE:
                    row.attention = None
                    await tx.reports.note(report.ticket, "siaga", "tindak lanjut warga terlihat di LAPOR!", now)
                continue
            by_citizen = (followup.sender or "").casefold() in _OURS
            new = await tx.at_lapor.add_followup(report.ticket, followup.id, digest, now, ours=by_citizen)
            if new and not by_citizen and (followup.content or followup.attachments):
                await self._tell(tx, report, followup, now)
                row.answered_at, row.forwarded_at = now, row.forwarded_at or now

    @staticmethod
    async def _tell(tx: Transaction, report: Report, followup: Followup, now: datetime) -> None:
        files = tuple(_name_of(one) for one in followup.attachments)
        words = followup.content[:_MOST_WORDS] or "(lampiran)"
        attached = f" [lampiran: {', '.join(files)}]" if files else ""
        await tx.reports.note(report.ticket, followup.sender or "instansi", words + attached, now)
        event: dict[str, Any] = {"is": "AgencyAnswered", "ticket": report.ticket, "words": words, "files": list(files)}
        if followup.sender:
            event["sender"] = followup.sender
        key = f"{report.ticket}/followup/{followup.id}"
        await tx.conversations.happened(report.conversation_id, "lapor", key, event, now)

    # --- status ---

    async def _hear_status(
        self, tx: Transaction, report: Report, row: ReportAtLapor, status: ComplaintStatus, now: datetime
    ) -> None:
        """Move the report when LAPOR! says something new; the same answer twice changes nothing.

        A report that the citizen reopened stays so until LAPOR! moves: its name for it is compared, not our state.
        """
        log_entry = recognised(status.log) if status.log else None
        renamed = _plain(status.name) != _plain(row.status or "")
        logged = row.log is not None and log_entry is not None and log_entry != row.log
        first = row.status is None
        addressee = status.agency or await tx.at_lapor.name("institutions", status.agency_id)
        elsewhere = status.state == "transferred" and addressee is not None and addressee != row.addressee
        row.status, row.log = status.name, log_entry or row.log
        if status.state is None:
            if renamed:
                await self._unknown_name(tx, report, row, status.name, now)
            return
        note = status.note
        repeated = {one.digest: one.ours for one in await tx.at_lapor.followups(report.ticket)}
        if note and (digest := recognised(note)) in repeated:
            # The log repeats what an agency wrote, which the citizen has read, or the citizen's own words.
            note, logged = None, logged and not repeated[digest]
        public = status.tracking_id if status.tracking_id != report.tracking_id else None
        same = status.state == report.state
        if elsewhere or public or (renamed and not (first and same)) or (logged and (note or not same)):
            await report_moved(
                tx, report.ticket, status.state, "LAPOR!", now, note=note, tracking_id=public, addressee=addressee
            )
        row.addressee = addressee or row.addressee

    @staticmethod
    async def _unknown_name(tx: Transaction, report: Report, row: ReportAtLapor, name: str, now: datetime) -> None:
        """Kept as it is; a person finds out what it means."""
        shown = " ".join(name.split())[:80]
        row.attention = f'LAPOR! memakai status yang belum dikenal, "{shown}": periksa di sana, lalu pilih statusnya'
        await tx.reports.note(report.ticket, "LAPOR!", f'status "{shown}" belum dikenal', now)
        await notify_staff(
            tx, f"lapor_status/{report.ticket}/{recognised(name)[:16]}",
            f'Laporan {report.ticket}: LAPOR! memakai status yang belum dikenal, "{shown}".', now,
        )  # fmt: skip


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _name_of(attachment: str) -> str:
    """An attachment by its file name, without address and query."""
    name = attachment.partition("?")[0].rstrip("/").rpartition("/")[2]
    return (name or "lampiran")[:80]
