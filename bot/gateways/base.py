"""The shape of a gateway: LAPOR! takes reports, an alert transport takes incidents.

Gateways know neither store, channels nor admin. Every port has a null or console twin and one contract test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from bot.gateways.rota import Contact


@dataclass(frozen=True, slots=True)
class Photo:
    """A cleaned photo: `hash` is the SHA-256 of `content`."""

    hash: str
    content_type: str
    content: bytes = field(repr=False)

    @property
    def file_name(self) -> str:
        return f"{self.hash[:16]}.{self.content_type.rpartition('/')[2].replace('jpeg', 'jpg')}"


@dataclass(frozen=True, slots=True)
class ReportToFile:
    """A complete report in the terms of our own labels; the gateway knows LAPOR!'s ids and names.

    `reporter` and `phone` are None when the report is anonim or rahasia. `place_text` is the place in words.
    """

    ticket: str
    category: str
    classification: str
    place_text: str
    kecamatan: str | None
    desa: str | None
    lat: float | None
    lon: float | None
    description: str
    incident_date: date
    is_anonymous: bool
    is_secret: bool
    reporter: str | None
    phone: str | None
    channel: str
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """LAPOR!'s answer: `complaint_id` is its own id; `tracking_id` the public one where the answer has it."""

    complaint_id: str
    tracking_id: str


@dataclass(frozen=True, slots=True)
class FollowupReceipt:
    """LAPOR! took a follow-up; `id` is its own id of it where the answer has one."""

    id: str | None = None


class Lapor(Protocol):
    """Files reports. Twins: LaporApi, LaporAssisted (a person files), LaporConsole."""

    async def upload(self, photo: Photo) -> str:
        """Upload one photo and return its id at LAPOR!. May be repeated.

        Raises TemporaryFailure, Rejected, and Unfit when LAPOR! does not take this very photo.
        """
        ...

    async def file(self, report: ReportToFile, attachments: list[str]) -> Receipt | None:
        """Submit one complaint. None means a person files it (assisted mode).

        Raises TemporaryFailure only when nothing was sent, Rejected with LAPOR!'s words, UnknownOutcome when
        the request left and no answer came back: the caller must then never repeat it.
        """
        ...

    async def add_followup(
        self, complaint_id: str, words: str, photos: Sequence[Photo] = (), *, is_secret: bool = False
    ) -> FollowupReceipt | None:
        """Add the citizen's words and photos to a complaint. Same errors as `file`.

        None means that a person adds them (assisted mode): they stand in the report's history.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Alert:
    """An incident as an alert transport shows it. Times are UTC; `words` are the citizen's own.

    `news`: told for the first time, told before, or no danger after all. `changed_at`: since when it stands as
    `version` says. `over`: the citizen has since called it `safe` or a `joke`. `extra`: further lines by their name.
    """

    incident: str
    version: int
    type: str
    level: str
    words: str
    at: datetime
    channel: str
    place_text: str | None
    kecamatan: str | None
    desa: str | None
    lat: float | None
    lon: float | None
    victims: str | None
    phone: str | None
    outside: bool
    desk_url: str | None
    news: Literal["alert", "update", "cancel"] = "alert"
    changed_at: datetime | None = None
    over: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


class AlertTransport(Protocol):
    """One way to reach the people behind 112.

    Twins: EmergencyDesk, TelegramGroup, SignedWebhook, VoiceCall, TextMessage, ConsoleAlert.
    """

    name: str

    async def alert(self, alert: Alert, to: Contact | None = None) -> str:
        """Deliver and return the other side's reference. May be repeated (at least once). Same errors as above.

        `to`: the contact, where the transport reaches one telephone at a time. Delivered is not acknowledged: only a
        person acknowledges.
        """
        ...

    async def close(self) -> None: ...
