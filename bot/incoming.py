"""From a stored message to the event it stands for: files fetched and checked, words understood, pins resolved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import structlog

from bot.channels.base import Channel, Incoming, KeepsUploads, Media
from bot.channels.phone import phone_of_vcard
from bot.failures import Rejected, SiagaError, TemporaryFailure
from bot.media import MOST_BYTES, MOST_FILE_BYTES, MediaFolder, Refused
from bot.store.conversations import Arrival, Waiting
from flows import codec
from flows.model import (
    Attachment,
    Event,
    Other,
    PhotoProblem,
    Photos,
    Pin,
    Place,
    Tap,
    Text,
    Understanding,
)  # fmt: skip
from nlu.port import PinResolver, Understander

log = structlog.get_logger(__name__)

FETCH_SECONDS: Final = 20.0
FETCH_SECONDS_IN_DANGER: Final = 2.0
"""A caption that cries for help does not wait for its photo."""
MOST_CARD_BYTES: Final = 256 * 1024
FETCHES: Final = 8
"""Photos held in memory at the same time, each of up to 20 MB."""
MOST_WORDS: Final = 8000
"""Characters of a message that are kept: twice what Telegram and WhatsApp let through."""
PATIENT_TRIES: Final = 8
"""How often a photo is tried again that our own disk does not take, about a minute, before its citizen hears of it."""
_FILES: Final = ("video", "document")
_OTHERS: Final = ("voice", "sticker", "video", "document", "contact", "unsupported")


def arrival(message: Incoming) -> Arrival:
    """The row of the inbox; who it is goes into sealed columns and out of the payload."""
    payload = {name: _storable(value) for name, value in asdict(message).items()}
    for name in ("address", "profile_name", "channel", "message_id", "album", "at"):
        payload.pop(name)
    if message.kind != "contact":
        payload.pop("phone")
    kept = {name: value for name, value in payload.items() if value not in (None, (), False)}
    phone = None if message.kind == "contact" else message.phone
    return Arrival(
        _storable(message.channel), _storable(message.message_id), _storable(message.address), kept, message.at,
        _storable(message.album), _storable(message.profile_name), _storable(phone),
    )  # fmt: skip


def _storable(value: Any) -> Any:
    """The same without what a database refuses in a text: NUL, half a surrogate pair, words without end."""
    if isinstance(value, str):
        return value[:MOST_WORDS].replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: _storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    return value


def groups(rows: Sequence[Waiting]) -> list[list[Waiting]]:
    """The rows that are one event each; the pieces of an album are one."""
    pieces: list[list[Waiting]] = []
    for row in rows:
        last = pieces[-1][-1] if pieces else None
        if last and row.album and row.album == last.album and row.source == last.source:
            pieces[-1].append(row)
        else:
            pieces.append([row])
    return pieces


class Reader:
    """Turns inbox rows into events. Does all the slow work, with no transaction open."""

    def __init__(
        self, channels: Mapping[str, Channel], understander: Understander, pins: PinResolver, media: MediaFolder,
        back_at: Callable[[datetime], datetime | None] = lambda at: None,
    ) -> None:  # fmt: skip
        self._channels = channels
        self._back_at = back_at
        self._understander = understander
        self._pins = pins
        self._media = media
        self._fetching = asyncio.Semaphore(FETCHES)

    @staticmethod
    def has_files(payload: Mapping[str, Any]) -> bool:
        """Whether reading this message means fetching something."""
        return payload.get("kind") in ("photo", "contact", *_FILES) and bool(payload.get("media"))

    async def events(self, rows: Sequence[Waiting], now: datetime) -> list[tuple[tuple[Waiting, ...], Event]]:
        """Each event with the rows it covers, in order; the pieces of an album are one event."""
        pieces = groups(rows)
        texts = [_words_of(piece) for piece in pieces]
        wanted = [i for i, text in enumerate(texts) if text is not None]
        understood = await self._understander.understand([texts[i] or "" for i in wanted], now) if wanted else []
        meaning = dict(zip(wanted, understood, strict=True))
        danger = any(u.emergency.level != "none" for u in understood)
        await asyncio.sleep(0)
        return [
            (tuple(piece), await self._event(piece, text, meaning.get(i), danger))
            for i, (piece, text) in enumerate(zip(pieces, texts, strict=True))
        ]

    async def _event(self, group: list[Waiting], text: str | None, u: Understanding | None, danger: bool) -> Event:
        row = group[0]
        payload = row.payload
        common: dict[str, Any] = {
            "id": payload.get("own_id") or row.message_id,
            "at": row.received_at,
            "token": row.token,
        }
        if "is" in payload:
            event: Event = codec.decode_tagged({**payload, **common, "at": row.received_at.isoformat()})
            return event
        match payload["kind"]:
            case "button":
                return Tap(**common, option=payload["button"], back_at=self._back_at(row.received_at))
            case "pin":
                lat, lon = payload["pin"]
                return Pin(**common, place=self._place(lat, lon), live=bool(payload.get("live")))
            case "photo":
                return await self._photos(group, common, text, u, danger)
            case kind if kind in _OTHERS:
                phone = payload.get("phone") or await self._phone_in(row)
                file = await self._file_in(row, danger)
                return Other(**common, kind=kind, attachment=file, phone=phone, caption=text, understanding=u)
            case _:
                return Text(
                    **common, text=text or "", understanding=u or Understanding(), edit_of=payload.get("edit_of"),
                    back_at=self._back_at(row.received_at),
                )  # fmt: skip

    def _place(self, lat: float, lon: float) -> Place:
        try:
            return self._pins.resolve_pin(lat, lon)
        except ValueError:
            return Place(detail=f"{lat}, {lon}")

    async def _phone_in(self, row: Waiting) -> str | None:
        """The number of a contact that came as a file (vCard)."""
        if row.payload["kind"] != "contact" or not row.payload.get("media"):
            return None
        try:
            async with asyncio.timeout(FETCH_SECONDS_IN_DANGER):
                card = await self._channels[row.source].fetch(Media(**row.payload["media"][0]), MOST_CARD_BYTES)
        except (SiagaError, TimeoutError) as error:
            log.warning("contact_unavailable", channel=row.source, error=type(error).__name__)
            return None
        return phone_of_vcard(card)

    async def _file_in(self, row: Waiting, danger: bool) -> Attachment | None:
        """A video or PDF, stored as it came; None when it cannot be kept: the citizen hears what to send instead."""
        if row.payload["kind"] not in _FILES or not row.payload.get("media"):
            return None
        media = Media(**row.payload["media"][0])
        if media.size is not None and media.size > MOST_FILE_BYTES:
            return None
        channel = self._channels[row.source]
        try:
            async with self._patience(danger):
                return await self._media.keep(await channel.fetch(media, MOST_FILE_BYTES))
        except (SiagaError, TimeoutError) as error:
            log.info("file_unavailable", channel=row.source, error=type(error).__name__)
        except OSError as error:
            log.error("file_not_stored", reason=error.strerror)
        return None

    async def _photos(
        self, group: list[Waiting], common: dict[str, Any], text: str | None, u: Understanding | None, danger: bool
    ) -> Event:
        channel = self._channels[group[0].source]
        media = [Media(**m) for row in group for m in row.payload.get("media", ())]
        waits = not danger and group[0].attempts < PATIENT_TRIES
        results = await asyncio.gather(*(self._fetched(channel, m, danger, waits=waits) for m in media))
        photos = tuple(r for r in results if isinstance(r, Attachment))
        problems = tuple(r for r in results if not isinstance(r, Attachment))
        gps = next((p.gps for p in photos if p.gps), None)
        return Photos(
            **common, photos=photos, problems=problems, caption=text, understanding=u,
            place=self._place(*gps) if gps else None,
        )  # fmt: skip

    @asynccontextmanager
    async def _patience(self, danger: bool) -> AsyncIterator[None]:
        """For fetching and storing a file: a few at a time, so that they fit into memory, each for its time.

        Where someone is in danger nothing is waited for longer than a moment, least of all others' files.
        """
        if danger:
            async with asyncio.timeout(FETCH_SECONDS_IN_DANGER):
                yield
        else:
            async with self._fetching, asyncio.timeout(FETCH_SECONDS):
                yield

    async def forget(self, rows: Sequence[Waiting]) -> None:
        """These rows are read for good: uploads that a channel held for them can go."""
        for row in rows:
            channel = self._channels.get(row.source)
            if isinstance(channel, KeepsUploads):
                for media in row.payload.get("media", ()):
                    await channel.forget(Media(**media))

    async def _fetched(self, channel: Channel, media: Media, danger: bool, *, waits: bool) -> Attachment | PhotoProblem:
        """One photo, or the reason why not; what is wrong with a photo never stops a conversation.

        Where our own disk is at fault and the citizen `waits`, raises TemporaryFailure: the photo is fetched again.
        """
        if media.size is not None and media.size > MOST_BYTES:
            return "too_big"
        try:
            async with self._patience(danger):
                return await self._media.take(await channel.fetch(media, MOST_BYTES))
        except Refused as refused:
            return refused.problem
        except Rejected as error:
            log.info("photo_rejected", channel=channel.name, reason=str(error))
            return "too_big" if "large" in str(error) else "unavailable"
        except (SiagaError, TimeoutError) as error:
            log.warning("photo_unavailable", channel=channel.name, error=type(error).__name__)
            return "unavailable"
        except OSError as error:
            log.error("photo_not_stored", reason=f"the media folder cannot be written: {error.strerror}")
            if waits:
                raise TemporaryFailure(f"the media folder cannot be written: {error.strerror}") from error
            return "unavailable"

    @staticmethod
    def words(event: Event) -> str:
        """What the transcript shows for an event."""
        match event:
            case Text():
                return event.text
            case Tap():
                return event.option
            case Photos() | Other():
                return event.caption or ""
            case Pin():
                return f"{event.place.lat}, {event.place.lon}" if event.place.has_pin else event.place.detail or ""
            case _:
                return ""

    @staticmethod
    def attachments(event: Event) -> tuple[Attachment, ...]:
        """The stored files that came with an event."""
        match event:
            case Photos():
                return event.photos
            case Other(attachment=Attachment() as attachment):
                return (attachment,)
            case _:
                return ()

    @staticmethod
    def data(event: Event) -> dict[str, Any]:
        """What the transcript keeps beside the words."""
        match event:
            case Photos():
                return {"photos": [p.hash for p in event.photos], "problems": list(event.problems)}
            case Other():
                files = {"files": [event.attachment.hash]} if event.attachment else {}
                return {"kind": event.kind, **files}
            case Pin():
                return {"place": codec.encode(event.place), "live": event.live}
            case Text(edit_of=str()):
                return {"edit_of": event.edit_of}
            case _:
                return {}


def _words_of(group: list[Waiting]) -> str | None:
    """Text or caption of a message or album; None when it has none to understand."""
    if "is" in group[0].payload:
        return None
    words = [row.payload["text"] for row in group if row.payload.get("text")]
    if group[0].payload["kind"] == "text":
        return "\n".join(words)
    return "\n".join(words) or None
