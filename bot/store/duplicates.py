"""Reports of the same thing, as far as one citizen may know of another's; and the support that they give each other."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.conversations import insert_new
from bot.store.tables import Report, ReportStep, ReportSupport
from bot.streets import street_of, street_words
from flows.model import Draft, Nearby, Place, ReportState
from flows.similar import NEVER_SHOWN

WITHIN_METRES: Final = 250.0
WITHIN: Final = timedelta(days=30)
STILL_OPEN: Final = (
    "queued", "filing", "filing_unknown", "failed", "submitted", "verified", "in_progress", "need_info", "transferred",
)  # fmt: skip
_MOST: Final = 200
"""Reports that are compared, the latest first: more of one category stand in one village only after a disaster."""
_SHOWN: Final = 3
_DEGREE: Final = 111_320.0
"""Metres of a degree of latitude; Kutai Timur lies on the equator, so one of longitude is as long within 0.1 %."""


class Duplicates:
    """Searching for similar reports, and counting support, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, draft: Draft, conversation_id: int, now: datetime) -> tuple[Nearby, ...]:
        """Open reports of the same category and place of the last 30 days: the citizen's own first, then the nearest.

        The same place is a pin within 250 m, or, where one of both has none, the same village and a street word in
        common. Hidden reports and the delicate categories are never found.
        """
        place = draft.place
        if place is None or draft.category is None or draft.category in NEVER_SHOWN or draft.anonymity != "none":
            return ()
        reports = await self._session.scalars(
            sa.select(Report)
            .where(
                Report.category == draft.category, Report.created_at >= now - WITHIN, Report.state.in_(STILL_OPEN),
                Report.anonymity == "none", _around(place),
            )
            .order_by(Report.created_at.desc())
            .limit(_MOST)
        )  # fmt: skip
        found: list[tuple[bool, float, Report]] = []
        for report in reports:
            distance = _distance(place, report)
            if distance is not None:
                found.append((report.conversation_id != conversation_id, distance, report))
        found.sort(key=lambda entry: entry[:2])
        return tuple(_nearby(report, own=not others) for others, _, report in found[:_SHOWN])

    async def support(self, ticket: str, conversation_id: int, now: datetime) -> bool:
        """Count this citizen's support, once; False when it was counted before or there is no such report."""
        report = (
            await self._session.scalars(sa.select(Report).where(Report.ticket == ticket).with_for_update())
        ).one_or_none()
        if report is None:
            return False
        row = {"ticket": ticket, "conversation_id": conversation_id, "at": now}
        if not await insert_new(self._session, ReportSupport, ("ticket", "conversation_id"), row):
            return False
        report.supporters += 1
        note = f"didukung warga lain, dukungan ke-{report.supporters}"
        self._session.add(ReportStep(ticket=ticket, state=report.state, who="warga", note=note, at=now))
        return True


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two WGS 84 points of Kutai Timur, exact to 0.1 %."""
    return math.hypot(one[0] - other[0], one[1] - other[1]) * _DEGREE


def _around(place: Place) -> sa.ColumnElement[bool]:
    """Cheap and generous; the exact comparison follows."""
    near: list[sa.ColumnElement[bool]] = []
    if place.desa:
        near.append(Report.desa == place.desa)
    if place.lat is not None and place.lon is not None:
        reach = WITHIN_METRES / _DEGREE
        near.append(
            sa.and_(
                Report.lat.between(place.lat - reach, place.lat + reach),
                Report.lon.between(place.lon - reach, place.lon + reach),
            )
        )
    return sa.or_(*near) if near else sa.false()


def _distance(place: Place, report: Report) -> float | None:
    """Metres between the pins; WITHIN_METRES where only words say that it is the same place; None when it is not."""
    if place.lat is not None and place.lon is not None and report.lat is not None and report.lon is not None:
        metres = metres_between((place.lat, place.lon), (report.lat, report.lon))
        return metres if metres <= WITHIN_METRES else None
    if place.desa is None or place.desa != report.desa:
        return None
    return WITHIN_METRES if street_words(place.detail) & street_words(report.place_detail) else None


def _nearby(report: Report, *, own: bool) -> Nearby:
    return Nearby(
        report.ticket, report.category, cast(ReportState, report.state), report.created_at,
        report.desa or report.kecamatan, street_of(report.place_detail), own,
    )  # fmt: skip
