"""A citizen of the Telegram stand-in: what they do, as the official update that Telegram would send."""

from __future__ import annotations

import base64
import itertools
import time
from typing import Literal

from pydantic import BaseModel, Field

from bot.simulators.telegram_api import BotApi, Json, chat_of

_FOLDERS = {
    "voice": ("voice", ".oga", "audio/ogg"),
    "video": ("videos", ".mp4", "video/mp4"),
    "document": ("documents", ".pdf", "application/pdf"),
    "sticker": ("stickers", ".webp", "image/webp"),
}


class Act(BaseModel):
    """One act of a citizen: exactly one of text, photos, pin, button, contact or kind.

    `photos` are base64; more than one is an album. `button` is the id or title of a button on the chat's latest
    message that has it. `edit_of` is the message_id that an edit replaces. `times` delivers the update again.
    """

    chat: int = 1001
    name: str = "Warga Uji"
    text: str | None = None
    caption: str | None = None
    photos: list[str] = Field(default_factory=list, max_length=10)
    pin: tuple[float, float] | None = None
    live: bool = False
    button: str | None = None
    contact: str | None = None
    kind: Literal["voice", "video", "document", "sticker"] | None = None
    content: str = ""
    content_type: str | None = None
    file_name: str | None = None
    edit_of: int | None = None
    times: int = Field(default=1, ge=1, le=10)


class NoSuchButton(Exception):
    """No message of the bot in this chat carries the button."""


class Citizen:
    """Builds updates with ever-growing ids; knows the bot's messages through the Bot API's state."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._update_ids = itertools.count(500_000_001)
        self._groups = itertools.count(13_000_000_000_000_001)
        self._taps = itertools.count(4_000_000_000_001)

    def updates(self, act: Act) -> list[Json]:
        """The updates of one act, in order. Raises NoSuchButton."""
        if act.button is not None:
            return [self.numbered({"callback_query": self._tap(act, act.button)})]
        if len(act.photos) > 1:
            group = str(next(self._groups))
            return [
                self._message(act, {**self._photo(photo), "media_group_id": group}, act.caption if first else None)
                for first, photo in zip([True] + [False] * len(act.photos), act.photos, strict=False)
            ]
        return [self._message(act, self._content(act), act.caption)]

    def _content(self, act: Act) -> Json:
        if act.photos:
            return self._photo(act.photos[0])
        if act.pin is not None:
            live = {"live_period": 900} if act.live else {}
            return {"location": {"latitude": act.pin[0], "longitude": act.pin[1], **live}}
        if act.contact is not None:
            return {"contact": {"phone_number": act.contact.lstrip("+"), "first_name": act.name, "user_id": act.chat}}
        if act.kind is not None:
            return self._file(act, act.kind)
        return {"text": act.text or ""}

    def _message(self, act: Act, content: Json, caption: str | None) -> Json:
        now = int(time.time())
        message: Json = {
            "message_id": act.edit_of or next(self._api.message_ids), "from": _person(act), "date": now,
            "chat": chat_of(act.chat, act.name), **content, **({"caption": caption} if caption else {}),
        }  # fmt: skip
        if act.edit_of is not None:
            return self.numbered({"edited_message": {**message, "edit_date": now}})
        if content.get("text", "").startswith("/"):
            length = len(content["text"].split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self.numbered({"message": message})

    def _photo(self, content: str) -> Json:
        data = base64.b64decode(content)
        sizes = [(90, 67, data[:1024]), (1280, 960, data)]
        return {"photo": [
            {"file_id": self._api.keep_file(part, "photos", ".jpg"), "file_unique_id": f"u{width}",
             "width": width, "height": height, "file_size": len(part)}
            for width, height, part in sizes
        ]}  # fmt: skip

    def _file(self, act: Act, kind: str) -> Json:
        folder, ending, content_type = _FOLDERS[kind]
        data = base64.b64decode(act.content)
        file: Json = {
            "file_id": self._api.keep_file(data, folder, ending), "file_unique_id": f"u{kind}", "file_size": len(data),
        }  # fmt: skip
        if kind == "sticker":
            return {"sticker": {**file, "type": "regular", "width": 512, "height": 512, "is_animated": False,
                                "is_video": False}}  # fmt: skip
        file["mime_type"] = act.content_type or content_type
        if kind != "document":
            file["duration"] = 3
        if kind == "video":
            file |= {"width": 640, "height": 480}
        if act.file_name:
            file["file_name"] = act.file_name
        return {kind: file}

    def _tap(self, act: Act, wanted: str) -> Json:
        for message in reversed(self._api.messages.get(act.chat, [])):
            for key in _keys(message):
                if wanted in (key.get("callback_data"), key["text"]):
                    tap = str(next(self._taps))
                    self._api.open_taps.add(tap)
                    return {"id": tap, "from": _person(act), "message": message, "chat_instance": str(act.chat),
                            "data": key["callback_data"]}  # fmt: skip
        raise NoSuchButton(f"no message in chat {act.chat} has the button {wanted!r}")

    def numbered(self, content: Json) -> Json:
        """The update with the next id."""
        return {"update_id": next(self._update_ids), **content}


def _person(act: Act) -> Json:
    return {"id": abs(act.chat), "is_bot": False, "first_name": act.name, "language_code": "id"}


def _keys(message: Json) -> list[Json]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [key for row in rows for key in row if "callback_data" in key]
