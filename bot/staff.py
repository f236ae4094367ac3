"""What petugas do, as one transaction each: every change is heard by the dialogue, so the citizen hears it too.

`user` is the shown name of the signed-in petugas. Methods return False, or raise `Refused`, when the change
does not fit the present state (someone else was faster).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from bot.failures import SiagaError
from bot.handlers import now_utc, report_moved
from bot.store.outbox import Lane
from bot.store.tables import Incident, Report
from bot.store.transaction import Transaction, writing
from bot.store.unit_of_work import Store
from flows.status import AT_LAPOR

_HEARD: Final = ("acknowledged", "dispatched", "on_scene", "resolved", "not_emergency")
"""Steps the citizen is told; *laporan palsu* is not one of them."""


class Refused(SiagaError):
    """The change does not fit; `str()` is one Indonesian sentence for the petugas."""


class Staff:
    """The actions of petugas; `wake` lets the inbox look at once."""

    def __init__(self, store: Store, wake: Callable[[], None], clock: Callable[[], datetime] = now_utc) -> None:
        self._store = store
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

    async def note_status(self, ticket: str, state: str, note: str | None, user: str) -> None:
        """LAPOR!'s site shows this state now: remember it, and tell the citizen. Raises Refused."""
        async with writing(self._store) as tx:
            report = await self._check(tx, ticket, AT_LAPOR)
            if report.state == state and not note:
                raise Refused(f"Laporan {ticket} memang sudah berstatus itu.")
            await report_moved(tx, ticket, state, user, self._clock(), note=note)
        self._wake()

    async def _tracked(self, ticket: str, tracking_id: str, user: str, fitting: tuple[str, ...]) -> None:
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
        now = self._clock()
        async with writing(self._store) as tx:
            incident = await tx.incidents.move(incident_id, state, user, now)
            if incident is not None and state in _HEARD:
                await self._tell(tx, incident, state, user, now)
        self._wake()
        return incident is not None

    async def _tell(self, tx: Transaction, incident: Incident, state: str, user: str, now: datetime) -> None:
        event = {"is": "IncidentChanged", "incident": incident.id, "state": state, "by": user}
        key = f"{incident.id}/{state}/{now.isoformat()}"
        await tx.conversations.happened(incident.conversation_id, "desk", key, event, now)

    async def reply(self, conversation_id: int, text: str, user: str) -> None:
        """Write to the citizen; by this the petugas holds the conversation."""
        await self._happened(conversation_id, {"is": "StaffSpoke", "text": text, "by": user})

    async def take(self, conversation_id: int, user: str) -> None:
        """Hold the conversation: the bot is silent until handed back or an hour without an answer."""
        await self._happened(conversation_id, {"is": "StaffTook", "by": user})

    async def hand_back(self, conversation_id: int, user: str) -> None:
        """The bot holds the conversation again."""
        await self._happened(conversation_id, {"is": "StaffHandedBack"})

    async def _happened(self, conversation_id: int, event: dict[str, Any]) -> None:
        now = self._clock()
        async with writing(self._store) as tx:
            key = f"{conversation_id}/{event['is']}/{now.isoformat()}/{secrets.token_hex(4)}"
            await tx.conversations.happened(conversation_id, "staff", key, event, now)
        self._wake()
