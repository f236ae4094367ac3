"""What the admin pages show: plain values, names and numbers already masked unless someone revealed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of the start page."""

    incidents_open: int
    incidents_unanswered: int
    queue: int
    unknown: int
    failed: int
    waiting: int
    held: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations to list; None means any. `confidence` asks for a message understood below it (0 to 1).

    `emergency`: an incident of it is open; `danger`: a message of it was understood as live, or as to be asked about.
    `failed`: something of it could not be read or delivered.
    """

    channel: str | None = None
    emergency: bool = False
    waiting: bool = False
    held: bool = False
    failed: bool = False
    danger: str | None = None
    words: str | None = None
    intent: str | None = None
    category: str | None = None
    confidence: float | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Which reports to list; None means any, and "" one that has none.

    `complete`: LAPOR! took it at the first submit and never asked for more, or (False) it did not. `ids_alone`: `words`
    are looked for in ticket and tracking ID, not in what the citizen wrote.
    """

    states: tuple[str, ...] = ()
    category: str | None = None
    kecamatan: str | None = None
    agency: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None
    complete: bool | None = None
    tickets: tuple[str, ...] | None = None
    ids_alone: bool = False
    newest: bool = False


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents to list; None means any. `state`: open, unanswered, or a state by its name."""

    type: str | None = None
    kecamatan: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One line of the list of incidents."""

    id: str
    type: str
    level: str
    state: str
    kecamatan: str | None
    desa: str | None
    words: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One line of the list; `emergency` while an incident of it is open."""

    id: int
    channel: str
    name: str
    last_inbound_at: datetime
    waiting: bool
    held_by: str | None
    emergency: bool
    last_words: str
    intent: str | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a line has not arrived: the state of its outbox item, and what is known of the reason."""

    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript. `understanding` is flows.codec's JSON, or None where nothing was to understand.

    `trouble` is None for what arrived or is still on its first way.
    """

    id: int
    direction: str
    kind: str
    text: str
    at: datetime
    data: dict[str, Any]
    understanding: dict[str, Any] | None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation as its page shows it."""

    id: int
    channel: str
    name: str
    phone: str
    revealed: bool
    waiting: bool
    held_by: str | None
    last_inbound_at: datetime
    lines: tuple[Line, ...]
    tickets: tuple[tuple[str, str], ...]
    incidents: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of a history."""

    what: str
    who: str
    note: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PhotoView:
    hash: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of the filing queue."""

    ticket: str
    state: str
    channel: str
    category: str
    classification: str
    kecamatan: str | None
    desa: str | None
    tracking_id: str | None
    anonymity: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as its page shows it."""

    ticket: str
    conversation_id: int
    channel: str
    state: str
    category: str
    classification: str
    kecamatan: str | None
    desa: str | None
    place_detail: str | None
    place_uncertain: bool
    lat: float | None
    lon: float | None
    description: str
    incident_date: str
    anonymity: str
    reporter: str
    phone: str
    revealed: bool
    agency: str | None
    tracking_id: str | None
    note: str | None
    created_at: datetime
    steps: tuple[StepView, ...]
    photos: tuple[PhotoView, ...]


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as the 112 desk shows it. `revision` changes with everything that is shown.

    `rounds`: how often the whole ladder was climbed in vain; `over`: what the citizen said of its end (safe, joke).
    """

    id: str
    conversation_id: int
    channel: str
    type: str
    level: str
    state: str
    words: str
    kecamatan: str | None
    desa: str | None
    place_detail: str | None
    lat: float | None
    lon: float | None
    outside: bool
    victims: str | None
    phone: str
    revealed: bool
    photos: tuple[str, ...]
    duplicate_of: str | None
    acknowledged_by: str | None
    created_at: datetime
    acknowledged_at: datetime | None
    revision: str
    steps: tuple[StepView, ...] = ()
    rounds: int = 0
    over: str | None = None
