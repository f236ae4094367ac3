"""The nightly work of the house itself: sealing the audit's day, and retention."""

from __future__ import annotations

from datetime import datetime, time

import structlog

from bot.duties import DailyAt, Duty
from bot.media import MediaFolder
from bot.periods import Periods
from bot.retention import Retention
from bot.store.audit import Audits
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)


def housekeeping(store: Store, media: MediaFolder, periods: Periods) -> list[Duty]:
    """Duties at night in WITA: the seal soon after midnight, retention when nobody writes."""

    async def seal(now: datetime) -> str:
        async with store.write() as session:
            days = await Audits(session).seal_days(store.sealer, now)
        for day, digest in days:
            # Kept apart from the database, the log is a second witness of the seal.
            log.info("audit_day_sealed", day=day, digest=digest)
        return f"{len(days)} days sealed"

    return [
        Duty("audit_seal", DailyAt(time(0, 20)), seal),
        Duty("retention", DailyAt(time(2, 30)), Retention(store, media, periods).work),
    ]
