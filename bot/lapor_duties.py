"""The recurring work about LAPOR!: reading statuses, syncing its lists, the morning summary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from bot.deadlines import Deadlines, Limits, WorkingDays
from bot.duties import DailyAt, Duty, Every
from bot.gateways.base import Lapor
from bot.gateways.lapor import LaporApi
from bot.masters import MastersSync
from bot.polling import StatusPolling
from bot.settings import Settings
from bot.store.unit_of_work import Store
from bot.summary import MorningSummary, Watch

_LOOK: float = 60.0
"""Seconds between two looks at which reports are due to be read."""
_LISTS_AT = time(3, 10)


def watch_of(settings: Settings) -> Watch:
    """What counts as late. Raises HolidaysBroken."""
    limits = Limits(settings.deadline_forward_days, settings.deadline_followup_days, settings.deadline_close_days)
    return Watch(
        Deadlines(WorkingDays.load(settings.holidays), limits), timedelta(hours=settings.lapor_queue_hours)
    )  # fmt: skip


def lapor_duties(
    settings: Settings, store: Store, lapor: Lapor, watch: Watch, wake: Callable[[], None],
    clock: Callable[[], datetime],
) -> list[Duty]:  # fmt: skip
    """The summary in every mode; polling and lists only where the service itself talks to LAPOR!."""
    duties = [Duty("morning_summary", DailyAt(settings.summary_at), MorningSummary(store, watch).work)]
    if isinstance(lapor, LaporApi):
        pause = timedelta(seconds=settings.lapor_poll_seconds)
        polling = StatusPolling(store, lapor, pause, wake, clock)
        look = Every(min(timedelta(seconds=_LOOK), pause / 4))
        duties += [
            Duty("lapor_statuses", look, polling.work, timedelta(minutes=2)),
            Duty("lapor_lists", DailyAt(_LISTS_AT), MastersSync(store, lapor).work),
        ]
    return duties
