"""When a report at LAPOR! is due, in working days, and the traffic light that says how near that is.

A report is to be forwarded in 3 working days, to get its first follow-up in 5, and is closed 10 working days after
a follow-up without reply (PermenPANRB 5/2025); the numbers are settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import holidays
import yaml

from bot.failures import SiagaError
from bot.store.lapor import Standing
from flows.model import WITA

Step = Literal["diteruskan", "ditindaklanjuti", "ditutup"]
Light = Literal["hijau", "kuning", "merah"]
_SATURDAY: Final = 5
_ORDER: Final[Sequence[Light]] = ("merah", "kuning", "hijau")


class HolidaysBroken(SiagaError):
    """The file of corrections cannot be used; `str()` names what is wrong."""


@dataclass(frozen=True)
class WorkingDays:
    """Monday to Friday without Indonesian holidays; `closed` and `opened` are the file's corrections."""

    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    _national: Any = field(default_factory=lambda: holidays.country_holidays("ID"), compare=False, repr=False)

    @classmethod
    def load(cls, file: Path) -> WorkingDays:
        """Read the corrections. Raises HolidaysBroken."""
        try:
            data = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
            return cls(_days(data, "closed"), _days(data, "open"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, AttributeError, ValueError) as error:
            raise HolidaysBroken(f"the file of holidays {file} cannot be used: {error}") from error

    def works(self, day: date) -> bool:
        """Whether this is a working day."""
        if day in self.opened:
            return True
        return day.weekday() < _SATURDAY and day not in self.closed and day not in self._national

    def after(self, day: date, count: int) -> date:
        """The working day that is `count` working days after this day, which itself does not count."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.works(day)
        return day

    def until(self, today: date, day: date) -> int:
        """Working days from today to that day: 0 today (and on free days before), negative when it has passed."""
        first, last, sign = (today, day, 1) if day >= today else (day, today, -1)
        return sign * sum(self.works(first + timedelta(days=n + 1)) for n in range((last - first).days))


@dataclass(frozen=True, slots=True)
class Limits:
    """Working days until a report is forwarded, first followed up, and closed after a follow-up without reply."""

    forward: int = 3
    followup: int = 5
    close: int = 10


@dataclass(frozen=True, slots=True)
class Due:
    """What is to happen to a report next, by which day (WITA), and in how many working days."""

    step: Step
    on: date
    left: int
    light: Light


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report with its deadline."""

    report: Standing
    due: Due


def light(left: int) -> Light:
    """Red when the day has passed, yellow today and on the last working day before, else green."""
    if left < 0:
        return "merah"
    return "kuning" if left <= 1 else "hijau"


def due(report: Standing, today: date, days: WorkingDays, limits: Limits = Limits()) -> Due:
    """The next deadline of an open report. `today` is the day in WITA.

    Counted from the day after: submission for forwarding, forwarding for the first follow-up, the agency's last
    word for closing.
    """
    step: Step
    if report.answered_at is not None:
        step, since, count = "ditutup", report.answered_at, limits.close
    elif report.state == "submitted" and report.forwarded_at is None:
        step, since, count = "diteruskan", report.submitted_at, limits.forward
    else:
        step, since, count = "ditindaklanjuti", report.forwarded_at or report.submitted_at, limits.followup
    on = days.after(since.astimezone(WITA).date(), count)
    left = days.until(today, on)
    if on < today and left == 0:
        # The last day has passed and only free days lie between: late all the same.
        left = -1
    return Due(step, on, left, light(left))


@dataclass(frozen=True)
class Deadlines:
    """Working days and limits together."""

    days: WorkingDays = field(default_factory=WorkingDays)
    limits: Limits = Limits()

    def list(self, reports: Sequence[Standing], now: datetime) -> list[DueReport]:
        """Reports with their deadlines, the most pressing first."""
        today = now.astimezone(WITA).date()
        found = [DueReport(report, due(report, today, self.days, self.limits)) for report in reports]
        return sorted(found, key=lambda one: (_ORDER.index(one.due.light), one.due.on, one.report.ticket))


def count_lights(reports: Sequence[DueReport]) -> dict[Light, int]:
    """How many there are of each light."""
    return {shown: sum(one.due.light == shown for one in reports) for shown in _ORDER}


def _days(data: Any, name: str) -> frozenset[date]:
    given = data.get(name) or ()
    for day in given:
        if not isinstance(day, date):
            raise ValueError(f"{name} holds {day!r}, which is no date like 2026-12-24")
    return frozenset(given)
