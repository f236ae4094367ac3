"""Each morning: what does not get on by itself, and what is due, told to the staff group and shown on a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.deadlines import Deadlines, DueReport, count_lights
from bot.notices import notify_staff
from bot.store.lapor import AtLapor, Stuck
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from flows.model import WITA


@dataclass(frozen=True, slots=True)
class Overview:
    """What is stuck, what is due (the most pressing first), and what a person was asked to look at."""

    stuck: Stuck
    due: tuple[DueReport, ...]
    attention: tuple[tuple[str, str], ...]

    def sentence(self, queued_hours: float) -> str | None:
        """The summary in Indonesian; None when nothing is stuck and nothing presses."""
        counts = [
            (self.stuck.queued, f"menunggu diajukan lebih dari {queued_hours:g} jam"),
            (self.stuck.failed, "ditolak LAPOR!"),
            (self.stuck.unknown, "perlu dipastikan sudah masuk atau belum"),
            (self.stuck.unanswered, "menunggu jawaban warga (Tunda)"),
            (self.stuck.unread, "statusnya gagal dibaca"),
            (self.stuck.attention, "perlu dilihat petugas"),
            (count_lights(self.due)["merah"], "lewat tenggat"),
            (count_lights(self.due)["kuning"], "jatuh tempo hari ini atau hari kerja berikutnya"),
        ]
        told = [f"{count} {words}" for count, words in counts if count]
        return f"Ringkasan laporan pagi ini: {'; '.join(told)}. Rincian: /admin/tenggat." if told else None


@dataclass(frozen=True)
class Watch:
    """What counts as late: the deadlines at LAPOR!, and how long a report may wait to be filed."""

    deadlines: Deadlines = field(default_factory=Deadlines)
    queued_for: timedelta = timedelta(hours=24)

    async def overview(self, reports: AtLapor, now: datetime) -> Overview:
        """What stands now."""
        due = self.deadlines.list(await reports.standing(), now)
        return Overview(await reports.stuck(now, self.queued_for), tuple(due), tuple(await reports.attention()))


class MorningSummary:
    """The duty."""

    def __init__(self, store: Store, watch: Watch) -> None:
        self._store = store
        self._watch = watch

    async def work(self, now: datetime) -> str:
        """Tell the petugas, once a day (WITA); nothing to tell is not told."""
        async with reading(self._store) as tx:
            found = await self._watch.overview(tx.at_lapor, now)
        words = found.sentence(self._watch.queued_for.total_seconds() / 3600)
        if words is None:
            return "nothing is stuck"
        async with writing(self._store) as tx:
            await notify_staff(tx, f"summary/{now.astimezone(WITA):%Y-%m-%d}", words, now)
        return f"{found.stuck.total} stuck, {len(found.due)} open at LAPOR!"
