"""The shape of a channel: what comes in, what goes out, and what it can show.

A channel turns a provider's webhook into `Incoming` and an `Outgoing` into the provider's call. It keeps
no state of a conversation and imports neither gateways, admin nor store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from bot.failures import SiagaError

Kind = Literal["text", "button", "photo", "pin", "voice", "sticker", "video", "document", "contact", "unsupported"]


@dataclass(frozen=True, slots=True)
class Media:
    """A file at the provider: `ref` is what `Channel.fetch` needs (a file id, a URL, a local path)."""

    ref: str
    content_type: str | None = None
    size: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a citizen as the provider told it.

    `message_id` is the channel's inbox key (Telegram update_id, Twilio MessageSid, ...): the pair (channel,
    message_id) is taken in once, however often it is delivered. `address` is where an answer goes.
    """

    channel: str
    message_id: str
    address: str
    at: datetime
    kind: Kind
    text: str | None = None
    button: str | None = None
    media: tuple[Media, ...] = ()
    pin: tuple[float, float] | None = None
    live: bool = False
    album: str | None = None
    own_id: str | None = None
    edit_of: str | None = None
    profile_name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class StaffTap:
    """Someone in the staff group pressed *Terima* on an incident. `by` is their shown name."""

    incident: str
    by: str
    answer_to: str


@dataclass(frozen=True, slots=True)
class Button:
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One bubble, already in words. `request` asks for a location or contact natively where that exists.

    `subject`: the ticket that it is about. `closed`: the citizen wrote longer ago than the channel's window, so free
    text is not allowed.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    request: Literal["location", "contact"] | None = None
    urgent: bool = False
    subject: str | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What fits: characters of a text, of one with buttons, number and title length of buttons and list rows.

    `rows` 0 means there are no lists; more options than fit become numbered text. `window`: free text is only taken
    for so long after the citizen's last message; None is always.
    """

    text: int = 4096
    text_with_buttons: int = 4096
    buttons: int = 100
    button_title: int = 64
    rows: int = 0
    row_title: int = 64
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A provider's HTTP request: `url` is the public one (as signed), header names are lower case."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    form: Mapping[str, str] = field(default_factory=dict)


class Forged(SiagaError):
    """The signature or token is wrong: answer 403, keep nothing."""


class Malformed(SiagaError):
    """The body cannot be read: answer 400, keep nothing."""


class Channel(Protocol):
    """Promise of every channel; `tests/contracts/test_channels.py` runs against all of them."""

    name: str
    limits: Limits

    def receive(self, request: WebhookRequest) -> Sequence[Incoming | StaffTap]:
        """Check the signature, then read the messages. Raises Forged or Malformed; never does I/O."""
        ...

    async def send(self, address: str, message: Outgoing) -> str:
        """Send one bubble and return the provider's id. Raises TemporaryFailure, Rejected or UnknownOutcome.

        AwaitsContact (a Rejected) when it can go out once the citizen writes again.
        """
        ...

    async def fetch(self, media: Media, most_bytes: int) -> bytes:
        """The file's bytes. Raises TemporaryFailure, or Rejected when gone or larger than `most_bytes`."""
        ...

    async def answered(self, incoming: Incoming | StaffTap) -> None:
        """Tell the provider that a tap was received (Telegram's spinner). Best effort, never raises."""
        ...

    async def start(self) -> None:
        """Open connections; begin polling where that is the way."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class KeepsUploads(Protocol):
    """A channel that holds files itself until the house has stored them."""

    async def forget(self, media: Media) -> None:
        """Throw the upload away: it is stored, or was refused for good."""
        ...


def webhook_answer(channel: str) -> tuple[str, str]:
    """Body and content type of a 200 that satisfies the provider."""
    if channel == "whatsapp":
        return "<?xml version='1.0' encoding='UTF-8'?><Response/>", "application/xml"
    return "", "text/plain"


Json = dict[str, Any]
