"""The terminal as a channel: the twin of every provider, and the way of `siaga chat`."""

from __future__ import annotations

import asyncio
import itertools
import json
import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.channels.base import Incoming, Kind, Limits, Malformed, Media, Outgoing, StaffTap, WebhookRequest
from bot.channels.download import check_announced
from bot.channels.layout import numbered
from bot.failures import Rejected

_KINDS: Final[dict[str, Kind]] = {
    "voice": "voice", "sticker": "sticker", "video": "video", "document": "document", "contact": "contact",
    "unsupported": "unsupported",
}  # fmt: skip


class ConsoleChannel:
    """Prints what the bot says; reads lines in the format of `siaga chat --json`, or bare words.

    There is nothing to forge and no network: `fetch` reads the local file that the line named. With `as_json`
    each bubble is printed as one JSON line, else as text with numbered options.
    """

    name = "console"
    limits = Limits()

    def __init__(self, print: Callable[[str], None], as_json: bool = False) -> None:
        self._print = print
        self._as_json = as_json
        self._numbers = itertools.count(1)
        self._shown: dict[str, dict[str, str]] = {}
        """By citizen: the ids of the buttons that they were shown, by title."""

    def receive(self, request: WebhookRequest) -> Sequence[Incoming | StaffTap]:
        """One line of the citizen. Ids are made unique per citizen: "<from>:<id>". Raises Malformed."""
        try:
            words = request.body.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise Malformed("the line is not UTF-8") from None
        if not words.startswith("{"):
            return [self._incoming("console", f"n{next(self._numbers)}", text=words)] if words else []
        try:
            line = json.loads(words)
            return [self._line(line)]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Malformed(f"the line cannot be read: {type(error).__name__} {error}") from None

    async def send(self, address: str, message: Outgoing) -> str:
        if not address:
            raise Rejected("there is nobody to send this to: the address is empty")
        self._shown.setdefault(address, {}).update({button.title: button.id for button in message.buttons})
        if self._as_json:
            buttons = [{"id": button.id, "title": button.title} for button in message.buttons]
            bubble = {"to": address, "text": message.text, "buttons": buttons, "image": None}
            self._print(json.dumps(bubble, ensure_ascii=False))
        else:
            self._print(numbered(message.text, message.buttons))
        return f"console-{next(self._numbers)}"

    async def fetch(self, media: Media, most_bytes: int) -> bytes:
        return await asyncio.to_thread(_read, Path(media.ref), most_bytes)

    async def answered(self, incoming: Incoming | StaffTap) -> None:
        """A terminal shows no spinner."""

    async def start(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    @staticmethod
    def _incoming(citizen: str, message: str, text: str | None = None) -> Incoming:
        own_id = f"{citizen}:{message}"
        return Incoming("console", own_id, citizen, datetime.now(UTC), "text", text=text, own_id=own_id)

    def _line(self, line: dict[str, Any]) -> Incoming:
        citizen = str(line["from"])
        incoming = replace(
            self._incoming(citizen, str(line["id"])),
            album=line.get("group"), profile_name=line.get("name"),
            edit_of=f"{citizen}:{line['edit_of']}" if line.get("edit_of") else None,
        )  # fmt: skip
        match line:
            case {"text": str(text)}:
                return replace(incoming, text=text)
            case {"photo": str(path)}:
                return replace(incoming, kind="photo", media=(_local(path),), text=line.get("caption"))
            case {"pin": [lat, lon]}:
                return replace(incoming, kind="pin", pin=(float(lat), float(lon)), live=bool(line.get("live")))
            case {"button": str(button)}:
                return replace(incoming, kind="button", button=self._shown.get(citizen, {}).get(button, button))
            case {"kind": str(kind)}:
                return replace(
                    incoming, kind=_KINDS[kind], media=(_local(line["path"]),) if line.get("path") else (),
                    text=line.get("caption"), phone=line.get("phone"),
                )  # fmt: skip
            case _:
                raise ValueError("neither text, photo, pin, button nor kind is given")


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise Rejected(f"the file {path.name} cannot be read: {error.strerror}") from None
    check_announced(len(content), most_bytes)
    return content


def _local(path: str) -> Media:
    return Media(path, mimetypes.guess_type(path)[0], name=Path(path).name)
