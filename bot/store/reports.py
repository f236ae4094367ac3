"""Reports and incidents within one transaction: written when the dialogue says so, moved on by gateways and people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import insert_new
from bot.store.sealing import Sealer
from bot.store.tables import Incident, IncidentStep, Media, Outbox, Report, ReportPhoto, ReportStep, table_of
from flows.model import Attachment, Case, FileReport, Place

OPEN_INCIDENT = ("detected", "handed_off", "needs_info", "handoff_failed")
"""States in which no person has acknowledged yet."""
AT_HOME = ("queued", "failed")
"""States of a report that has not left the house: what is added to it goes along."""


class Reports:
    """The reports of the regency's citizens."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    async def add(self, filing: FileReport, conversation_id: int, channel: str, phone: str | None, agency: str | None,
                  now: datetime) -> None:  # fmt: skip
        """Store a report as it was confirmed. Name and phone are sealed, and absent when hidden."""
        draft = filing.draft
        place = draft.place or Place()
        hidden = draft.anonymity != "none"
        row = {
            "ticket": filing.ticket, "conversation_id": conversation_id, "channel": channel, "state": "queued",
            "category": draft.category or "lainnya", "classification": draft.classification,
            "kecamatan": place.kecamatan, "desa": place.desa, "place_detail": _detail(place),
            "place_uncertain": draft.place_uncertain, "lat": place.lat, "lon": place.lon,
            "description": draft.description, "incident_date": str(draft.date or ""), "anonymity": draft.anonymity,
            "reporter_enc": None if hidden else self._sealer.seal_or_none(draft.reporter),
            "phone_enc": None if hidden else self._sealer.seal_or_none(phone), "agency": agency,
            "created_at": now, "changed_at": now,
        }  # fmt: skip
        await self._session.execute(sa.insert(table_of(Report)), row)
        for position, photo in enumerate((*draft.photos, *draft.files)):
            self._session.add(ReportPhoto(ticket=filing.ticket, position=position, hash=photo.hash, upload_id=None))
        self._session.add(ReportStep(ticket=filing.ticket, state="queued", who="warga", note=None, at=now))

    async def add_to(
        self, ticket: str, attachments: Sequence[Attachment], words: str | None, reopens: bool, now: datetime
    ) -> bool:
        """Add to a filed report; True when it has left the house, so that the addition must follow it to LAPOR!."""
        report = await self.locked(ticket)
        if report is None:
            return False
        left = report.state not in AT_HOME
        known = [(photo.hash, photo.position) for photo, _ in await self.photos(ticket)]
        new = [a for a in attachments if a.hash not in [digest for digest, _ in known]]
        first = max((position for _, position in known), default=-1) + 1
        for position, attachment in enumerate(new, start=first):
            self._session.add(ReportPhoto(ticket=ticket, position=position, hash=attachment.hash, upload_id=None))
        if words and not left:
            report.description = f"{report.description}\n{words}"
        if reopens:
            report.state = "in_progress"
        report.changed_at = now
        note = "; ".join(filter(None, (words, f"{len(new)} lampiran menyusul" if new else None)))
        self._session.add(ReportStep(ticket=ticket, state=report.state, who="warga", note=note or None, at=now))
        return left

    async def note(self, ticket: str, who: str, note: str, now: datetime) -> None:
        """Write a line into the history; the state stays."""
        report = await self.locked(ticket)
        if report is not None:
            self._session.add(ReportStep(ticket=ticket, state=report.state, who=who, note=note, at=now))

    async def get(self, ticket: str) -> Report | None:
        return await self._session.get(Report, ticket)

    async def locked(self, ticket: str) -> Report | None:
        """The report, held against other changes until the transaction ends."""
        query = sa.select(Report).where(Report.ticket == ticket).with_for_update()
        return (await self._session.scalars(query)).one_or_none()

    async def photos(self, ticket: str) -> list[tuple[ReportPhoto, Media]]:
        """The photos in order, each with its media row."""
        rows = await self._session.execute(
            sa.select(ReportPhoto, Media)
            .join(Media, Media.hash == ReportPhoto.hash)
            .where(ReportPhoto.ticket == ticket)
            .order_by(ReportPhoto.position)
        )
        return [(row[0], row[1]) for row in rows]

    async def move(self, ticket: str, state: str, who: str, now: datetime, *, note: str | None = None,
                   complaint_id: str | None = None, tracking_id: str | None = None) -> Report:  # fmt: skip
        """Change a report's state and write its history."""
        report = await self.locked(ticket)
        if report is None:
            raise LookupError(f"there is no report {ticket}")
        report.state = state
        report.note = note if note else report.note
        report.complaint_id = complaint_id or report.complaint_id
        report.tracking_id = tracking_id or report.tracking_id
        report.changed_at = now
        self._session.add(ReportStep(ticket=ticket, state=state, who=who, note=note, at=now))
        return report

    async def uploaded(self, ticket: str, position: int, upload_id: str) -> None:
        """Remember LAPOR!'s id of a photo, so that a repeated filing does not upload it again."""
        await self._session.execute(
            sa.update(ReportPhoto)
            .where(ReportPhoto.ticket == ticket, ReportPhoto.position == position)
            .values(upload_id=upload_id)
        )

    async def with_tracking(self, tracking_id: str) -> str | None:
        """The ticket that already has this tracking ID."""
        return await self._session.scalar(sa.select(Report.ticket).where(Report.tracking_id == tracking_id))

    async def listing(self, states: Sequence[str] = (), most: int = 1000) -> list[Report]:
        query = sa.select(Report).order_by(Report.created_at.desc()).limit(most)
        if states:
            query = query.where(Report.state.in_(states))
        return list(await self._session.scalars(query))

    async def keep_media(self, media: Attachment, now: datetime) -> None:
        """Note a stored file, once per content."""
        row = {"hash": media.hash, "content_type": media.content_type, "size": media.size, "created_at": now}
        await insert_new(self._session, Media, ("hash",), row)


class Incidents:
    """The emergencies, and every step of their timelines."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    async def raise_(self, case: Case, conversation_id: int, channel: str, photos: Sequence[Attachment],
                     now: datetime) -> bool:  # fmt: skip
        """Store an incident once; False when it is already there."""
        place = case.place or Place()
        row = {
            "id": case.incident, "conversation_id": conversation_id, "channel": channel, "version": 1,
            "type": case.type, "level": case.level, "state": "detected", "words": case.words,
            "kecamatan": place.kecamatan, "desa": place.desa, "place_detail": _detail(place), "lat": place.lat,
            "lon": place.lon, "outside": case.outside, "victims": case.victims,
            "phone_enc": self._sealer.seal_or_none(case.phone), "photos": [p.hash for p in photos],
            "created_at": now, "changed_at": now,
        }  # fmt: skip
        if not await insert_new(self._session, Incident, ("id",), row):
            return False
        self.step(case.incident, "raised", "siaga", case.level, now)
        return True

    async def update(
        self, case: Case, what: str, words: str | None, photos: Sequence[Attachment], now: datetime
    ) -> int:
        """Bring what became known to the desk and return the new version."""
        incident = await self._locked(case.incident)
        if incident is None:
            return 0
        place = case.place or Place()
        incident.type, incident.level, incident.victims = case.type, case.level, case.victims
        incident.kecamatan, incident.desa, incident.place_detail = place.kecamatan, place.desa, _detail(place)
        incident.lat, incident.lon = place.lat, place.lon
        incident.outside = case.outside
        incident.phone_enc = self._sealer.seal_or_none(case.phone)
        if what in ("words", "safe", "joke") and words and words not in incident.words:
            incident.words = f"{incident.words}\n{words}"
        if what == "cancelled" and incident.state in (*OPEN_INCIDENT, "duplicate"):
            incident.state = "not_emergency"
        incident.over = None if case.over == "none" else case.over
        incident.photos = [*incident.photos, *(p.hash for p in photos)]
        incident.version += 1
        incident.changed_at = now
        self.step(case.incident, what, "warga", words if what != "phone" else None, now)
        return incident.version

    async def move(self, incident_id: str, state: str, who: str, now: datetime) -> Incident | None:
        """A person moves the incident on; None when it does not exist or already stands there."""
        incident = await self._locked(incident_id)
        if incident is None or incident.state == state:
            return None
        if state == "acknowledged":
            if incident.state not in OPEN_INCIDENT:
                return None
            incident.acknowledged_by, incident.acknowledged_at = who, now
        incident.state = state
        incident.changed_at = now
        self.step(incident_id, state, who, None, now)
        return incident

    async def handed_off(self, incident_id: str, rung: str, now: datetime, note: str | None = None) -> None:
        """A rung of the ladder took the alert (`note`: who there); nobody has acknowledged it yet."""
        await self._session.execute(
            sa.update(Incident)
            .where(Incident.id == incident_id, Incident.state == "detected")
            .values(state="handed_off", changed_at=now)
        )
        self.step(incident_id, "alerted", rung, note, now)

    async def told(self, incident_id: str) -> set[str]:
        """The rungs that were told of it, by name."""
        query = sa.select(IncidentStep.who).where(
            IncidentStep.incident_id == incident_id, IncidentStep.what == "alerted"
        )  # fmt: skip
        return set(await self._session.scalars(query))

    async def climbed(self, incident_id: str, rounds: int, now: datetime) -> None:
        """The whole ladder was climbed and nobody has answered: it begins again, and the desk turns red."""
        await self._session.execute(
            sa.update(Incident).where(Incident.id == incident_id).values(rounds=rounds, changed_at=now)
        )
        self.step(incident_id, "unanswered", "siaga", f"putaran ke-{rounds}", now)

    def step(self, incident_id: str, what: str, who: str, note: str | None, now: datetime) -> None:
        self._session.add(IncidentStep(incident_id=incident_id, what=what, who=who, note=note, at=now))

    async def get(self, incident_id: str) -> Incident | None:
        return await self._session.get(Incident, incident_id)

    async def _locked(self, incident_id: str) -> Incident | None:
        query = sa.select(Incident).where(Incident.id == incident_id).with_for_update()
        return (await self._session.scalars(query)).one_or_none()

    async def unattended(self, most: int = 50) -> list[Incident]:
        """Incidents that nobody has answered and whose next rung is not in line, oldest first, locked."""
        # A rung's key has two parts behind the incident's id, that of an update one.
        rung = sa.select(Outbox.id).where(
            Outbox.conversation_id == Incident.conversation_id, Outbox.state == sa.literal_column("'pending'"),
            Outbox.kind == "alert", Outbox.key.like(Incident.id + "/%/%"),
        )  # fmt: skip
        query = sa.select(Incident).where(Incident.state.in_(OPEN_INCIDENT), ~rung.exists())
        query = query.order_by(Incident.created_at, Incident.id).limit(most)
        return list(await self._session.scalars(query.with_for_update(skip_locked=True)))

    async def open_of(self, conversation_id: int) -> str | None:
        """The conversation's latest incident that nobody has acknowledged yet."""
        query = (
            sa.select(Incident.id)
            .where(Incident.conversation_id == conversation_id, Incident.state.in_(OPEN_INCIDENT))
            .order_by(Incident.created_at.desc())
        )
        return await self._session.scalar(query.limit(1))

    async def listing(self, most: int = 500) -> list[Incident]:
        return list(await self._session.scalars(sa.select(Incident).order_by(Incident.created_at.desc()).limit(most)))

    async def steps(self, incident_id: str) -> list[IncidentStep]:
        query = sa.select(IncidentStep).where(IncidentStep.incident_id == incident_id).order_by(IncidentStep.id)
        return list(await self._session.scalars(query))


def _detail(place: Place) -> str | None:
    if place.outside:
        return f"{place.detail or ''} ({place.outside})".strip()
    return place.detail
