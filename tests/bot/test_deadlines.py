"""Working days, deadlines and their lights, and the morning summary."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.deadlines import Deadlines, HolidaysBroken, Limits, WorkingDays, count_lights, due, light
from bot.settings import DATA
from bot.store.lapor import Standing
from bot.store.tables import Report
from bot.store.tables_desk import Notice
from bot.store.tables_lapor import ReportAtLapor
from bot.store.unit_of_work import Store
from bot.summary import MorningSummary, Watch
from tests.bot.house import build
from tests.doubles import text

DAYS = WorkingDays(closed=frozenset({date(2026, 11, 30)}), opened=frozenset({date(2026, 12, 5)}))


def at(day: int, hour: int = 2, month: int = 11) -> datetime:
    """A moment of November 2026; two o'clock UTC is ten in WITA. The 24th is a Tuesday."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def standing(**given: Any) -> Standing:
    known: dict[str, Any] = {
        "ticket": "KS-261124-AAAA", "state": "submitted", "category": "jalan", "addressee": None, "tracking_id": "1",
        "submitted_at": at(24), "forwarded_at": None, "answered_at": None, "checked_at": None,
    }  # fmt: skip
    return Standing(**{**known, **given})


def test_weekends_holidays_and_corrections() -> None:
    assert [DAYS.works(date(2026, 11, d)) for d in (27, 28, 29, 30)] == [True, False, False, False]
    assert DAYS.works(date(2026, 12, 5)), "a Saturday that the file calls a working day"
    assert not DAYS.works(date(2026, 12, 25)), "Christmas comes from the library"
    assert DAYS.after(date(2026, 11, 27), 1) == date(2026, 12, 1)
    assert DAYS.after(date(2026, 11, 24), 0) == date(2026, 11, 24)
    assert DAYS.after(date(2026, 12, 4), 1) == date(2026, 12, 5)
    assert DAYS.until(date(2026, 11, 27), date(2026, 12, 1)) == 1
    assert DAYS.until(date(2026, 12, 1), date(2026, 11, 27)) == -1


def test_days_are_those_of_wita() -> None:
    late = standing(submitted_at=at(24, 17))
    assert due(late, date(2026, 11, 25), DAYS).on == date(2026, 12, 1), (
        "one in the morning of the 25th, and the 30th is free"
    )
    assert due(standing(), date(2026, 11, 25), DAYS).on == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("given", "step", "on"),
    [
        ({}, "diteruskan", date(2026, 11, 27)),
        ({"state": "verified", "forwarded_at": at(25)}, "ditindaklanjuti", date(2026, 12, 3)),
        ({"state": "transferred", "forwarded_at": at(25)}, "ditindaklanjuti", date(2026, 12, 3)),
        ({"state": "verified"}, "ditindaklanjuti", date(2026, 12, 2)),
        ({"state": "in_progress", "forwarded_at": at(25), "answered_at": at(25)}, "ditutup", date(2026, 12, 9)),
        ({"state": "need_info", "answered_at": at(25)}, "ditutup", date(2026, 12, 9)),
        ({"state": "in_progress", "forwarded_at": at(25), "answered_at": None}, "ditindaklanjuti", date(2026, 12, 3)),
    ],
)  # fmt: skip
def test_what_is_due_next(given: dict[str, Any], step: str, on: date) -> None:
    found = due(standing(**given), date(2026, 11, 25), DAYS)
    assert (found.step, found.on) == (step, on)


@pytest.mark.parametrize(("left", "shown"), [(5, "hijau"), (2, "hijau"), (1, "kuning"), (0, "kuning"), (-1, "merah")])
def test_the_light(left: int, shown: str) -> None:
    assert light(left) == shown


@pytest.mark.parametrize(
    ("today", "left", "shown"),
    [
        (date(2026, 11, 24), 3, "hijau"), (date(2026, 11, 26), 1, "kuning"), (date(2026, 11, 27), 0, "kuning"),
        (date(2026, 11, 28), -1, "merah"), (date(2026, 11, 30), -1, "merah"), (date(2026, 12, 1), -1, "merah"),
        (date(2026, 12, 3), -3, "merah"),
    ],
)  # fmt: skip
def test_the_light_turns_as_days_pass(today: date, left: int, shown: str) -> None:
    found = due(standing(), today, DAYS)
    assert (found.left, found.light) == (left, shown)


def test_the_most_pressing_comes_first() -> None:
    late, soon = standing(ticket="late", submitted_at=at(2)), standing(ticket="soon", submitted_at=at(23))
    fine = standing(ticket="fine")
    found = Deadlines(DAYS, Limits(forward=3)).list([fine, soon, late], at(25))
    assert [one.report.ticket for one in found] == ["late", "soon", "fine"]
    assert count_lights(found) == {"merah": 1, "kuning": 1, "hijau": 1}


def test_the_file_of_corrections(tmp_path: Path) -> None:
    assert WorkingDays.load(DATA / "holidays.yml").works(date(2026, 11, 24))
    file = tmp_path / "libur.yml"
    file.write_text("closed: [2026-11-24]\nopen:\n", "utf-8")
    assert not WorkingDays.load(file).works(date(2026, 11, 24))
    for wrong in ("closed: [besok]", "closed: 3", "- a", "{"):
        file.write_text(wrong, "utf-8")
        with pytest.raises(HolidaysBroken, match=r"libur\.yml"):
            WorkingDays.load(file)


async def test_the_morning_summary_counts_what_does_not_get_on_and_is_told_once(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path)
    summary = MorningSummary(store, Watch(Deadlines(DAYS), timedelta(hours=24)))
    assert await summary.work(at(25)) == "nothing is stuck"
    for n, words in enumerate(("lampu jalan mati depan masjid", "lewati", "kirim")):
        await house.hears(text(words, f"m{n}"))
    async with store.write() as session:
        report = (await session.scalars(sa.select(Report))).one()
        row = await session.get_one(ReportAtLapor, report.ticket)
        row.submitted_at, row.failures, row.attention = at(2), 3, "periksa di LAPOR!"
        values = {c.key: getattr(report, c.key) for c in sa.inspect(Report).columns}
        states = ["queued", "queued", "filing", "failed", "filing_unknown", "need_info", "done"]
        for n, state in enumerate(states):
            changed = at(25, 1) if n == 0 else at(23)
            session.add(Report(**{**values, "ticket": f"KS-{n}", "state": state, "changed_at": changed}))
    assert await summary.work(at(25)) == "7 stuck, 2 open at LAPOR!"
    await summary.work(at(25, 5))
    async with store.read() as session:
        told = list(await session.scalars(sa.select(Notice.words).where(Notice.key.like("summary/%"))))
    assert len(told) == 1
    for words in (
        "2 menunggu diajukan lebih dari 24 jam", "1 ditolak LAPOR!", "1 perlu dipastikan", "1 menunggu jawaban warga",
        "1 statusnya gagal dibaca", "1 perlu dilihat petugas", "1 lewat tenggat", "/admin/tenggat",
    ):  # fmt: skip
        assert words in told[0], told[0]
