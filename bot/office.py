"""When petugas answer in person: office hours in WITA, without Indonesian holidays, corrected by a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import holidays
import yaml

from bot.failures import SiagaError
from flows.model import WITA

_DAYS: Final = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
_LONGEST: Final = 31
"""Days looked ahead; an office that does not open within a month has no next opening to tell."""


class OfficeHoursBroken(SiagaError):
    """data/office_hours.yml cannot be used; the sentence names what is wrong."""


@dataclass(frozen=True)
class Office:
    """Opening and closing time by weekday (Monday is 0), and days that are corrected."""

    hours: Mapping[int, tuple[time, time]]
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    _national: Any = field(default_factory=lambda: holidays.country_holidays("ID"), compare=False, repr=False)

    @classmethod
    def load(cls, file: Path) -> Office:
        """Read the file. Raises OfficeHoursBroken."""
        try:
            data = yaml.safe_load(file.read_text(encoding="utf-8"))
            hours = {_DAYS.index(day): _span(span) for day, span in data["hours"].items()}
            return cls(hours, frozenset(data.get("closed") or ()), frozenset(data.get("open") or ()))
        except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise OfficeHoursBroken(f"{file.name} cannot be read: {error}") from error

    def back_at(self, at: datetime) -> datetime | None:
        """When the office opens next (UTC), if it is closed at this moment; None while it is open."""
        local = at.astimezone(WITA)
        for ahead in range(_LONGEST):
            day = local.date() + timedelta(days=ahead)
            if not self._works(day):
                continue
            opens, closes = (datetime.combine(day, moment, WITA) for moment in self.hours[day.weekday()])
            if local < opens:
                return opens.astimezone(UTC)
            if local < closes:
                return None
        return None

    def open_for(self, since: datetime, until: datetime) -> timedelta:
        """How long the office was open between these two moments; a month is counted at most."""
        first, last = since.astimezone(WITA), until.astimezone(WITA)
        total = timedelta(0)
        for ahead in range(min((last.date() - first.date()).days, _LONGEST) + 1):
            day = first.date() + timedelta(days=ahead)
            if self._works(day):
                opens, closes = (datetime.combine(day, moment, WITA) for moment in self.hours[day.weekday()])
                total += max(timedelta(0), min(closes, last) - max(opens, first))
        return total

    def _works(self, day: date) -> bool:
        if day.weekday() not in self.hours or day in self.closed:
            return False
        return day in self.opened or day not in self._national


def _span(span: list[str]) -> tuple[time, time]:
    opens, closes = (time.fromisoformat(moment) for moment in span)
    if opens >= closes:
        raise ValueError(f"{span[0]} is not before {span[1]}")
    return opens, closes
