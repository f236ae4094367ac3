"""Doubles of the ports for tests of the house's inside; the real ones are tested over HTTP in contracts and e2e."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.channels.base import Incoming, Limits, Media, Outgoing, StaffTap, WebhookRequest
from bot.failures import Rejected
from flows.model import Category, Emergency, Place, Ranked, Understanding


@dataclass
class ListChannel:
    """Keeps what was sent; raises what it is told to, once each."""

    name: str = "webchat"
    limits: Limits = field(default_factory=Limits)
    sent: list[tuple[str, Outgoing]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def receive(self, request: WebhookRequest) -> Sequence[Incoming | StaffTap]:
        return []

    async def send(self, address: str, message: Outgoing) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((address, message))
        return f"sent-{len(self.sent)}"

    async def fetch(self, media: Media, most_bytes: int) -> bytes:
        if media.ref not in self.files:
            raise Rejected("the file is gone")
        return self.files[media.ref]

    async def answered(self, incoming: Incoming | StaffTap) -> None: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...


class Keywords:
    """Understands a handful of words, so that tests of the house do not depend on the model."""

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        return [self._one(text.lower()) for text in texts]

    def _one(self, text: str) -> Understanding:
        if "meledak" in text:
            raise RuntimeError("this text cannot be understood")
        place = Place("64.08.04", "64.08.04.2003", "depan masjid", certainty="sure") if "masjid" in text else Place()
        if "kebakaran" in text:
            return Understanding("darurat", 1.0, Emergency("live", "kebakaran", 0.99), place=place)
        if text == "petugas":
            return Understanding("petugas", 1.0)
        if text in ("data saya", "hapus data saya"):
            return Understanding("privasi", 1.0, act="show_data" if text == "data saya" else "erase_data")
        if text in ("kirim", "ya"):
            return Understanding("setuju", 1.0)
        if text == "batal":
            return Understanding("batal", 1.0)
        if text in ("lewati", "tidak ada"):
            return Understanding("lewati", 1.0)
        category = Category("lampu_jalan", 0.9, (Ranked("lampu_jalan", 0.9),), "sure")
        return Understanding("lapor", 0.9, category=category, place=place)


class Nowhere:
    """A gazetteer for pins that knows one village."""

    def resolve_pin(self, lat: float, lon: float) -> Place:
        return Place("64.08.04", "64.08.04.2003", certainty="sure", lat=lat, lon=lon)


def text(words: str, message_id: str, who: str = "c1", channel: str = "webchat") -> Incoming:
    return Incoming(channel, message_id, who, datetime.now(UTC), "text", text=words, own_id=message_id)


def button(option: str, message_id: str, who: str = "c1") -> Incoming:
    return Incoming("webchat", message_id, who, datetime.now(UTC), "button", button=option, own_id=message_id)


def photo(ref: str, message_id: str, who: str = "c1", album: str | None = None, caption: str | None = None) -> Incoming:
    return Incoming(
        "webchat", message_id, who, datetime.now(UTC), "photo", text=caption, media=(Media(ref),), album=album,
        own_id=message_id,
    )  # fmt: skip
