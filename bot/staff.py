"""What petugas do, as one transaction each: every change is heard by the dialogue, so the citizen hears it too.

`user` is the shown name of the signed-in petugas. Methods return False, or raise `Refused`, when the change
does not fit the present state (someone else was faster).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from bot.failures import SiagaError
from bot.gateways.lapor_terms import STATUS_NAMES
from bot.handlers import now_utc, report_moved
from bot.incidents import Answer, answer_call, move_incident, separate
from bot.store.outbox import Lane
from bot.store.tables import Report
from bot.store.transaction import Transaction, writing
from bot.store.unit_of_work import Store
from flows.model import ReportState, State
from flows.status import AT_LAPOR


class Refused(SiagaError):
    """The change does not fit; `str()` is one Indonesian sentence for the petugas."""


class Staff:
    """The actions of petugas; `wake` lets the inbox look at once."""

    def __init__(
        self, store: Store, wake: Callable[[], None], clock: Callable[[], datetime] = now_utc,
        tracking: str = "[A-Z0-9-]{4,32}",
    ) -> None:  # fmt: skip
        self._store = store
        self._tracking = re.compile(tracking)
        self._wake = wake
        self._clock = clock

    async def file_assisted(self, ticket: str, tracking_id: str, user: str) -> None:
        """The petugas filed on the LAPOR! site and types the tracking ID back. Raises Refused."""
        await self._tracked(ticket, tracking_id, user, ("queued", "failed"))

    async def settle_unknown(self, ticket: str, tracking_id: str | None, user: str) -> None:
        """A person looked it up: it is there under this ID, or it is not there and may be filed again."""
        if tracking_id:
            await self._tracked(ticket, tracking_id, user, ("filing_unknown",))
        else:
            await self._file_again(ticket, user, "filing_unknown")

    async def retry_filing(self, ticket: str, user: str) -> None:
        """File a report again that LAPOR! had refused. Raises Refused."""
        await self._file_again(ticket, user, "failed")

    async def note_status(
        self, ticket: str, state: str, note: str | None, user: str, addressee: str | None = None
    ) -> None:
        """LAPOR!'s site shows this state now: remember it, and tell the citizen what is new. Raises Refused."""
        now = self._clock()
        async with writing(self._store) as tx:
            report = await self._check(tx, ticket, AT_LAPOR)
            row = await tx.at_lapor.entry(ticket)
            row.checked_at, row.status = now, STATUS_NAMES.get(cast("ReportState", state), row.status)
            if report.state == state and not note and not addressee:
                await tx.reports.note(ticket, user, "diperiksa di LAPOR!, status masih sama", now)
            else:
                await report_moved(tx, ticket, state, user, now, note=note, addressee=addressee)
        self._wake()

    async def file_without(self, ticket: str, user: str) -> None:
        """File the report without the attachments that LAPOR! does not take. Raises Refused."""
        async with writing(self._store) as tx:
            report = await self._check(tx, ticket, ("queued", "failed"))
            left_out = await tx.at_lapor.leave_out(ticket, user)
            if not left_out:
                raise Refused(f"Laporan {ticket} tidak punya lampiran yang ditolak LAPOR!.")
            note = f"diajukan tanpa {left_out} lampiran yang tidak diterima LAPOR!"
            await tx.reports.note(ticket, user, note, self._clock())
            failed = report.state == "failed"
        if failed:
            await self._file_again(ticket, user, "failed")
        else:
            self._wake()

    async def seen_to(self, ticket: str, user: str) -> None:
        """What a person was asked to do about this report is done. Raises Refused."""
        async with writing(self._store) as tx:
            if await tx.reports.locked(ticket) is None:
                raise Refused(f"Laporan {ticket} tidak ada.")
            row = await tx.at_lapor.of(ticket)
            if row is None or row.attention is None:
                raise Refused(f"Laporan {ticket} tidak sedang menunggu petugas.")
            await tx.reports.note(ticket, user, f"sudah ditangani: {row.attention}"[:500], self._clock())
            row.attention = None

    async def _tracked(self, ticket: str, tracking_id: str, user: str, fitting: tuple[str, ...]) -> None:
        if not self._tracking.fullmatch(tracking_id):
            raise Refused(f"Nomor {tracking_id[:40]} tidak berbentuk nomor LAPOR!. Periksa lagi, lalu ketik ulang.")
        async with writing(self._store) as tx:
            await self._check(tx, ticket, fitting)
            taken = await tx.reports.with_tracking(tracking_id)
            if taken and taken != ticket:
                raise Refused(f"Nomor {tracking_id} sudah dipakai laporan {taken}.")
            await report_moved(
                tx, ticket, "submitted", user, self._clock(), complaint_id=tracking_id, tracking_id=tracking_id
            )
        self._wake()

    async def _file_again(self, ticket: str, user: str, fitting: str) -> None:
        now = self._clock()
        async with writing(self._store) as tx:
            report = await self._check(tx, ticket, (fitting,))
            await tx.reports.move(ticket, "queued", user, now, note="dikirim ulang")
            key = f"{ticket}/{secrets.token_hex(4)}"
            await tx.outbox.add(Lane.FILING, "file", key, report.conversation_id, {"ticket": ticket}, now, now)
        self._wake()

    async def _check(self, tx: Transaction, ticket: str, fitting: tuple[str, ...]) -> Report:
        report = await tx.reports.locked(ticket)
        if report is None:
            raise Refused(f"Laporan {ticket} tidak ada.")
        if report.state not in fitting:
            raise Refused(f"Laporan {ticket} sudah berubah: statusnya sekarang {report.state}.")
        return report

    async def move_incident(self, incident_id: str, state: str, user: str) -> bool:
        """Acknowledge, dispatch, resolve or mark an incident; False when it stood there already."""
        async with writing(self._store) as tx:
            moved = await move_incident(tx, incident_id, state, user, self._clock())
        self._wake()
        return moved

    async def separate_incident(self, incident_id: str, user: str) -> bool:
        """This caller tells of an event of their own; False when it was not linked to another."""
        async with writing(self._store) as tx:
            separated = await separate(tx, incident_id, user, self._clock())
        self._wake()
        return separated

    async def answer_call(self, incident_id: str, who: str, call: str) -> Answer:
        """Somebody pressed 1 in a call of ours: what came of it."""
        async with writing(self._store) as tx:
            answer = await answer_call(tx, incident_id, who, call, self._clock())
        self._wake()
        return answer

    async def reply(self, conversation_id: int, text: str, user: str) -> None:
        """Write to the citizen; by this the petugas holds the conversation."""
        await self._happened(conversation_id, {"is": "StaffSpoke", "text": text, "by": user})

    async def take(self, conversation_id: int, user: str) -> None:
        """Hold the conversation: the bot is silent until handed back or an hour without an answer."""
        await self._happened(conversation_id, {"is": "StaffTook", "by": user})

    async def hand_back(self, conversation_id: int, user: str) -> None:
        """The bot holds the conversation again."""
        await self._happened(conversation_id, {"is": "StaffHandedBack"})

    async def erase(self, conversation_id: int) -> None:
        """Erase this citizen, who asked for it elsewhere than in the conversation. Raises Refused."""
        now = self._clock()
        async with writing(self._store) as tx:
            conversation = (await tx.conversations.lock([conversation_id])).get(conversation_id)
            if conversation is None or not await tx.erasures.is_known(conversation_id):
                raise Refused("Data warga ini sudah dihapus.")
            await tx.erasures.begin(conversation_id, now)
            tx.conversations.save(conversation, State())
            key = f"desk/{conversation_id}/{now.isoformat()}"
            await tx.outbox.add(Lane.NOTIFICATION, "erase", key, conversation_id, {}, now, now)
        self._wake()

    async def _happened(self, conversation_id: int, event: dict[str, Any]) -> None:
        now = self._clock()
        async with writing(self._store) as tx:
            key = f"{conversation_id}/{event['is']}/{now.isoformat()}/{secrets.token_hex(4)}"
            await tx.conversations.happened(conversation_id, "staff", key, event, now)
        self._wake()
