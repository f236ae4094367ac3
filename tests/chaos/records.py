"""What the other sides wrote down of a run: the only thing that the audit looks at. Times are seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

TICKET: Final = re.compile(r"KS-\d{6}-[A-Z0-9]{4}")
Means = Literal["kill", "outage"]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a citizen did, when it was first handed over, and how the bubbles that answer it begin, in order.

    `confirms`: this sends a report with so many `photos`. `cry`: these words call for help.
    """

    citizen: str
    at: float
    words: str
    answers: tuple[str, ...]
    confirms: bool = False
    photos: int = 0
    cry: str | None = None


@dataclass(frozen=True, slots=True)
class Bubble:
    """What a provider took from the house for a citizen. `begins` is what it is told apart by.

    `trouble`: why the house could not know that it was taken (the line broke, 500, a long silence); None when it was
    told properly.
    """

    citizen: str
    at: float
    text: str
    begins: str
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """What LAPOR! holds; `ticket` is the one found in its words."""

    id: str
    ticket: str | None
    photos: int


@dataclass(frozen=True, slots=True)
class Alert:
    """What the 112 system behind the signed webhook took."""

    incident: str
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Cut:
    """A process was killed, or the database was away, within this span."""

    means: Means
    at: float
    until: float


@dataclass(frozen=True, slots=True)
class Records:
    """One run. Bubbles stand in the order in which they were taken, acts in the order in which they were done.

    `unknown`: tickets that the house told its petugas are to be looked up. `acknowledged`: incidents that a person
    took, by the answers that the house gave to it. `desk`: incidents on the page of the 112 desk.
    """

    acts: Sequence[Act]
    bubbles: Sequence[Bubble]
    complaints: Sequence[Complaint]
    alerts: Sequence[Alert]
    acknowledged: frozenset[str]
    desk: frozenset[str]
    unknown: frozenset[str]
    cuts: Sequence[Cut]
