"""Who can be reached and when they are on duty: days of the week and hours of the day, in WITA."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final

from flows.model import WITA

DAYS: Final = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
"""Monday is 0."""
_HOURS: Final = re.compile(r"(\d{1,2})[:.](\d{2})\s*-\s*(\d{1,2})[:.](\d{2})")


class NotReadable(ValueError):
    """`str()` says what was given and what is wanted."""


@dataclass(frozen=True, slots=True)
class Rota:
    """The days a duty begins on and its hours; `hours` None is the whole day. Hours past midnight end the next day."""

    days: frozenset[int] = frozenset(range(7))
    hours: tuple[time, time] | None = None

    def covers(self, at: datetime) -> bool:
        """Whether it is on duty at this moment; the closing minute no longer counts."""
        local = at.astimezone(WITA)
        today, clock = local.weekday(), local.time()
        if self.hours is None:
            return today in self.days
        opens, closes = self.hours
        if opens < closes:
            return today in self.days and opens <= clock < closes
        yesterday = (local - timedelta(days=1)).weekday()
        return (today in self.days and clock >= opens) or (yesterday in self.days and clock < closes)


ALWAYS: Final = Rota()


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody with a telephone (E.164), reached only in their own hours."""

    name: str
    to: str = field(repr=False)
    rota: Rota = ALWAYS


def read_rota(given: Mapping[str, Any]) -> Rota:
    """The rota of an entry's `days` ([senin-jumat, minggu]) and `hours` (07:30-16:00). Raises NotReadable."""
    return Rota(_days(given.get("days")), _hours(given.get("hours")))


def gap(rotas: Sequence[Sequence[Rota]]) -> tuple[int, time] | None:
    """A moment of the week (day, time) at which no entry is on duty; an entry needs all of its rotas to cover it."""
    clocks = {time(0)}
    for rota in (rota for entry in rotas for rota in entry):
        clocks.update(rota.hours or ())
    # Any week will do: who is on duty only changes where hours begin or end.
    monday = datetime(2024, 1, 1, tzinfo=WITA)
    for day in range(7):
        for clock in sorted(clocks):
            at = datetime.combine((monday + timedelta(days=day)).date(), clock, WITA)
            if not any(all(rota.covers(at) for rota in entry) for entry in rotas):
                return day, clock
    return None


def _days(given: Any) -> frozenset[int]:
    if given is None:
        return ALWAYS.days
    spans = given if isinstance(given, list) else str(given).split(",")
    days: set[int] = set()
    for span in spans:
        first, _, last = (part.strip().lower() for part in str(span).partition("-"))
        if first not in DAYS or (last or first) not in DAYS:
            raise NotReadable(f"needs days such as [senin-jumat] out of {', '.join(DAYS)}, not {span}")
        start, end = DAYS.index(first), DAYS.index(last or first)
        days.update(day % 7 for day in range(start, end + 1 if end >= start else end + 8))
    if not days:
        raise NotReadable("needs at least one day, or no days at all for every day")
    return frozenset(days)


def _hours(given: Any) -> tuple[time, time] | None:
    if given is None:
        return None
    found = _HOURS.fullmatch(str(given).strip())
    try:
        if found is None:
            raise ValueError
        opens = time(int(found[1]), int(found[2]))
        # 24:00 is midnight, when the next day begins.
        closes = time(0) if (found[3], found[4]) == ("24", "00") else time(int(found[3]), int(found[4]))
    except ValueError:
        raise NotReadable(f"needs hours such as 07:30-16:00, not {given}") from None
    if opens == closes:
        raise NotReadable(f"needs hours that begin and end at different times, not {given}")
    return opens, closes
