"""The dashboard: how many, where, how well, how fast; every number leads to the list behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import Response

from bot.admin.charts import Bar, Count, Map, bars, kecamatan_map
from bot.admin.pages import Pages, Visit
from bot.admin.reports import LIGHTS
from bot.admin.words import REPORT_STATES, day_words, number
from bot.deadlines import count_lights
from bot.store.desk import Desk
from bot.store.figures import MOST_BUBBLES, Answer, Figures, percentile
from bot.store.lapor import AtLapor
from bot.store.listing import Lists
from bot.store.review import Reviews
from bot.store.views import Counts, IncidentFilter, ReportFilter
from bot.summary import Watch
from flows.model import WITA

PERIODS: Final = (7, 30, 90)
"""Days that are offered."""
_LONGEST: Final = 800
_FRESH: Final = timedelta(minutes=1)
_DAYS_SHOWN: Final = 62
"""A longer period is drawn in weeks."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in WITA, both counted."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time(), WITA)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), WITA)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def query(self) -> dict[str, str]:
        """The period as every list takes it."""
        return {"dari": self.first.isoformat(), "sampai": self.last.isoformat()}

    @classmethod
    def asked(cls, asked: QueryParams, now: datetime) -> Period:
        """From the address: `hari` days up to today, or `dari` to `sampai`; what cannot be read is 30 days."""
        today = now.astimezone(WITA).date()
        first, last = _date(asked.get("dari")), _date(asked.get("sampai"))
        if first or last:
            last = last or today
            first = max(min(first or last, last), last - timedelta(days=_LONGEST))
            return cls(first, last)
        days = asked.get("hari", "")
        length = int(days) if days.isascii() and days.isdigit() and 0 < int(days) <= _LONGEST else 30
        return cls(today - timedelta(days=length - 1), today)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page shows of a period."""

    reports: Count
    incidents: Count
    reports_drawn: list[Bar]
    incidents_drawn: list[Bar]
    categories: list[Count]
    agencies: list[Count]
    kecamatan: list[Count]
    dangers: list[Count]
    states: list[Count]
    map: Map | None
    complete: Count
    incomplete: Count
    right: Count
    corrected: Count
    answers: Count
    half: float | None
    slow: float | None
    lights: list[Count]
    counts: Counts


def add(pages: Pages, watch: Watch) -> None:
    """The pages under /admin/dasbor."""
    kept: dict[Period, tuple[datetime, Board]] = {}

    @pages.page("GET", "/admin/dasbor", "dashboard.read")
    async def board(visit: Visit) -> Response:
        period = Period.asked(visit.request.query_params, pages.now())
        at, found = kept.get(period, (None, None))
        if found is None or at is None or not timedelta() <= pages.now() - at < _FRESH:
            at, found = pages.now(), await _board(pages, period, watch)
            for old in [p for p, (then, _) in kept.items() if pages.now() - then >= _FRESH]:
                del kept[old]
            kept[period] = at, found
        return pages.show("dashboard.html", visit, b=found, period=period, periods=PERIODS, at=at)

    @pages.page("GET", "/admin/dasbor/jawaban", "dashboard.read")
    async def answers(visit: Visit) -> Response:
        period = Period.asked(visit.request.query_params, pages.now())
        async with pages.store.read() as session:
            found = await Figures(session).answers(period.since, period.until)
        return pages.show("answers.html", visit, found=found[:50], count=len(found), most=MOST_BUBBLES, period=period)


async def _board(pages: Pages, period: Period, watch: Watch) -> Board:
    wanted = ReportFilter(since=period.since, until=period.until)
    danger = IncidentFilter(since=period.since, until=period.until)
    async with pages.store.read() as session:
        figures, lists = Figures(session), Lists(session, pages.store.sealer)
        reviews = Reviews(session, pages.store.sealer)
        daily, alarms = await figures.reports_by_day(wanted), await figures.incidents_by_day(danger)
        by_category = await figures.reports_by("category", wanted)
        by_agency = await figures.reports_by("agency", wanted)
        by_kecamatan = await figures.reports_by("kecamatan", wanted)
        by_state = await figures.reports_by("state", wanted)
        by_danger = await figures.incidents_by("type", danger)
        complete = await lists.count_reports(replace(wanted, complete=True))
        incomplete = await lists.count_reports(replace(wanted, complete=False))
        right = await reviews.count(period.since, period.until, True)
        corrected = await reviews.count(period.since, period.until, False)
        answers = await figures.answers(period.since, period.until)
        due = count_lights((await watch.overview(AtLapor(session), pages.now())).due)
        counts = await Desk(session, pages.store.sealer).counts()
    name, spot = pages.name, pages.catalogue.kecamatan
    places = {code or "-": n for code, n in by_kecamatan}
    drawn = {code: _report(period, spot[code], places.get(code, 0), kecamatan=code) for code in spot}
    return Board(
        reports=_report(period, "laporan", sum(daily.values())),
        incidents=_incident(period, "kejadian 112", sum(alarms.values())),
        reports_drawn=bars(_over_time(period, daily, "laporan", "/admin/laporan", {"status": "semua"})),
        incidents_drawn=bars(_over_time(period, alarms, "kejadian", "/admin/112/semua", {})),
        categories=[_report(period, name("category", c or ""), n, kategori=c or "-") for c, n in by_category],
        agencies=[_report(period, a or "Belum ada instansi", n, instansi=a or "-") for a, n in by_agency],
        kecamatan=[
            _report(period, spot.get(code, "Belum pasti"), n, kecamatan=code)
            for code, n in sorted(places.items(), key=lambda row: -row[1])
        ],
        dangers=[_incident(period, name("emergency", kind or ""), n, jenis=kind or "") for kind, n in by_danger],
        states=[_report(period, REPORT_STATES.get(s or "", s or ""), n, status=s or "") for s, n in by_state],
        map=kecamatan_map(pages.catalogue, drawn),
        complete=_report(period, "lengkap sejak awal", complete, lengkap="ya"),
        incomplete=_report(period, "perlu dilengkapi", incomplete, lengkap="tidak"),
        right=_count("terbaca benar", right, "/admin/tinjauan/hasil", {**period.query, "hasil": "benar"}),
        corrected=_count("dikoreksi", corrected, "/admin/tinjauan/hasil", {**period.query, "hasil": "koreksi"}),
        answers=_count("jawaban", len(answers), "/admin/dasbor/jawaban", period.query),
        half=percentile(_seconds(answers), 0.5),
        slow=percentile(_seconds(answers), 0.95),
        lights=[
            _count(LIGHTS[light].lower(), n, "/admin/laporan", {"status": "semua", "lampu": light})
            for light, n in due.items()
        ],
        counts=counts,
    )  # fmt: skip


def _seconds(answers: Sequence[Answer]) -> list[float]:
    return [answer.seconds for answer in answers]


def _count(label: str, count: int, path: str, query: Mapping[str, str]) -> Count:
    return Count(label, count, f"{path}?{urlencode(query)}", f"{label}: {number(count)}")


def _report(period: Period, label: str, count: int, **query: str) -> Count:
    return _count(label, count, "/admin/laporan", {"status": "semua", **period.query, **query})


def _incident(period: Period, label: str, count: int, **query: str) -> Count:
    return _count(label, count, "/admin/112/semua", {**period.query, **query})


def _over_time(
    period: Period, daily: Mapping[date, int], what: str, path: str, query: Mapping[str, str]
) -> list[Count]:
    """A count a day, or a week where there are many days."""
    step = 1 if period.days <= _DAYS_SHOWN else 7
    rows = []
    for start in range(0, period.days, step):
        first = period.first + timedelta(days=start)
        last = min(first + timedelta(days=step - 1), period.last)
        count = sum(daily.get(first + timedelta(days=n), 0) for n in range((last - first).days + 1))
        span = day_words(first) if first == last else f"{day_words(first)} sampai {day_words(last)}"
        address = f"{path}?{urlencode({**query, **Period(first, last).query})}"
        rows.append(Count(f"{first.day}/{first.month}", count, address, f"{span}: {number(count)} {what}"))
    return rows


def _date(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None
