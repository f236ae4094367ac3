"""Several cries for help about one event: the first incident stands for it, every other caller is kept beside it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.duplicates import metres_between
from bot.store.reports import OPEN_INCIDENT
from bot.store.tables import Incident, IncidentStep

WITHIN: Final = timedelta(minutes=60)
WITHIN_METRES: Final = 500.0
NEVER_ONE_EVENT: Final = ("krisis_jiwa", "lainnya")
"""A crisis of one's own is nobody else's, and "other" names no event."""
ONE_PERSON: Final = ("medis",)
"""Two people may fall ill in one village within the hour: only pins close together make it one event."""
STILL_ON: Final = (*OPEN_INCIDENT, "acknowledged", "dispatched", "on_scene")
LINKED: Final = "duplicate"
UNLINKED: Final = "unlinked"


class Linking:
    """Linking and unlinking within one transaction. Everything is flushed at once: the next question must see it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def link(self, incident_id: str, now: datetime) -> Incident | None:
        """Put an incident that nobody has answered under the first open one about the same event; that one, or None.

        The same event is the same type within 500 m or in the same village, begun at most 60 minutes before. What a
        person has separated is not linked again.
        """
        await self._session.flush()
        incident = await self._locked(incident_id)
        if incident is None or incident.duplicate_of or incident.state not in OPEN_INCIDENT:
            return None
        if incident.type in NEVER_ONE_EVENT or await self._was_separated(incident_id):
            return None
        first = await self._first_like(incident)
        if first is None:
            return None
        incident.duplicate_of, incident.state, incident.changed_at = first.id, LINKED, now
        self._step(incident.id, LINKED, first.id, now)
        self._step(first.id, "caller", incident.id, now)
        for other in await self.duplicates(incident.id):
            other.duplicate_of = first.id
        if incident.level == "live" and first.level != "live":
            first.level = "live"
            self._step(first.id, "confirmed", incident.id, now)
        self.grow(first, now)
        await self._session.flush()
        return first

    def grow(self, first: Incident, now: datetime) -> None:
        """The first incident has news from another caller: whoever was told of it is told again."""
        first.version += 1
        first.changed_at = now

    async def first_of(self, incident_id: str) -> Incident | None:
        """The incident that this one is linked to, locked; None when it stands for itself."""
        first = sa.select(Incident.duplicate_of).where(Incident.id == incident_id).scalar_subquery()
        query = sa.select(Incident).where(Incident.id == first).with_for_update()
        return (await self._session.scalars(query)).one_or_none()

    async def duplicates(self, first_id: str) -> list[Incident]:
        """The incidents of the other callers, oldest first; those that were taken back or called false are none."""
        query = sa.select(Incident).where(Incident.duplicate_of == first_id, Incident.state == LINKED)
        return list(await self._session.scalars(query.order_by(Incident.created_at, Incident.id)))

    async def unlink(self, incident_id: str, who: str, now: datetime) -> Incident | None:
        """A person says that it is an event of its own: it stands alone again, as if just told. None: it was alone."""
        incident = await self._locked(incident_id)
        if incident is None or incident.duplicate_of is None:
            return None
        first, incident.duplicate_of = incident.duplicate_of, None
        incident.state, incident.changed_at = "detected", now
        incident.version += 1
        self._step(incident.id, UNLINKED, None, now, who)
        self._step(first, UNLINKED, incident.id, now, who)
        await self._session.flush()
        return incident

    async def stand_anew(self, incident: Incident, now: datetime) -> Incident:
        """Told of again although a person had closed it: it stands alone, as if just told."""
        incident.duplicate_of, incident.state, incident.changed_at = None, "detected", now
        incident.version += 1
        self._step(incident.id, "raised", "sesudah ditutup", now)
        await self._session.flush()
        return incident

    async def promote(self, first_id: str, now: datetime) -> Incident | None:
        """The first caller takes it back, which says nothing of the others: the next one stands for them now."""
        others = await self.duplicates(first_id)
        if not others:
            return None
        heir = others[0]
        heir.duplicate_of, heir.state, heir.changed_at = None, "detected", now
        heir.version += 1
        self._step(heir.id, UNLINKED, first_id, now)
        for other in others[1:]:
            other.duplicate_of = heir.id
        await self._session.flush()
        return heir

    # --- which is the first ---

    async def _first_like(self, incident: Incident) -> Incident | None:
        earlier = sa.or_(
            Incident.created_at < incident.created_at,
            sa.and_(Incident.created_at == incident.created_at, Incident.id < incident.id),
        )
        query = sa.select(Incident).where(
            Incident.type == incident.type, Incident.created_at >= incident.created_at - WITHIN, earlier,
            Incident.id != incident.id, Incident.duplicate_of.is_(None), Incident.state.in_(STILL_ON),
        )  # fmt: skip
        candidates = await self._session.scalars(query.order_by(Incident.created_at, Incident.id).with_for_update())
        return next((first for first in candidates if _is_same_place(first, incident)), None)

    async def _was_separated(self, incident_id: str) -> bool:
        query = sa.select(IncidentStep.id).where(
            IncidentStep.incident_id == incident_id, IncidentStep.what == UNLINKED
        )  # fmt: skip
        return await self._session.scalar(query.limit(1)) is not None

    async def _locked(self, incident_id: str) -> Incident | None:
        query = sa.select(Incident).where(Incident.id == incident_id).with_for_update()
        return (await self._session.scalars(query)).one_or_none()

    def _step(self, incident_id: str, what: str, note: str | None, now: datetime, who: str = "siaga") -> None:
        self._session.add(IncidentStep(incident_id=incident_id, what=what, who=who, note=note, at=now))


def _is_same_place(one: Incident, other: Incident) -> bool:
    pins = [(i.lat, i.lon) for i in (one, other) if i.lat is not None and i.lon is not None]
    if len(pins) == 2 and metres_between(*pins) <= WITHIN_METRES:
        return True
    return one.type not in ONE_PERSON and one.desa is not None and one.desa == other.desa
