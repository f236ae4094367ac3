"""The Bot API of the Telegram stand-in: checks each call as Telegram does and answers in its format."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

Json = dict[str, Any]

MOST_FILE_BYTES: Final = 20 * 1024 * 1024
MOST_TEXT: Final = 4096
MOST_CAPTION: Final = 1024
MOST_DATA: Final = 64
MOST_BUTTONS: Final = 100
MOST_POLL_SECONDS: Final = 50
BOT: Final = {"id": 7000000001, "is_bot": True, "first_name": "Kutim Siaga", "username": "KutimSiagaUjiBot"}
_INLINE_ACTIONS: Final = ("callback_data", "url", "login_url", "web_app", "switch_inline_query", "copy_text", "pay")


class RefusedCall(Exception):
    """The call is wrong; `status` and `description` are Telegram's."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


class BotApi:
    """One bot's state at Telegram: its updates, messages, files and webhook."""

    def __init__(self) -> None:
        self.webhook = ""
        self.secret = ""
        self.allowed: list[str] = []
        self.sent: list[Json] = []
        self.messages: dict[int, list[Json]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.open_taps: set[str] = set()
        self.message_ids = itertools.count(1)
        self._file_numbers = itertools.count(1)
        self._updates: list[Json] = []
        self._arrived = asyncio.Event()
        self._polls = 0

    def call(self, method: str, given: Json, uploads: dict[str, bytes]) -> Any:
        """Carry out one method but getUpdates and return its result. Raises RefusedCall."""
        match method:
            case "getme":
                return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False,
                        "supports_inline_queries": False}  # fmt: skip
            case "sendmessage":
                return self._send(given, "sendMessage", text=_text(given))
            case "sendphoto":
                return self._send(given, "sendPhoto", photo=self._photo(given, uploads), caption=_caption(given))
            case "editmessagereplymarkup":
                return self._edit_markup(given)
            case "answercallbackquery":
                return self._answer_tap(given)
            case "getfile":
                return self._file(given)
            case "setwebhook":
                return self._set_webhook(given)
            case "deletewebhook":
                self.webhook = self.secret = ""
                return True
            case "getwebhookinfo":
                return {"url": self.webhook, "has_custom_certificate": False,
                        "pending_update_count": len(self._updates)}  # fmt: skip
            case _:
                raise RefusedCall(404, "Not Found")

    def queue(self, update: Json) -> None:
        """Keep an update for getUpdates, unless the bot did not ask for its kind."""
        if not self.allowed or any(kind in update for kind in self.allowed):
            self._updates.append(update)
            self._arrived.set()

    async def updates(self, given: Json, is_gone: Callable[[], Awaitable[bool]]) -> list[Json]:
        """getUpdates: what is waiting from `offset` on, or what comes within `timeout` seconds."""
        if self.webhook:
            raise RefusedCall(409, "Conflict: can't use getUpdates method while webhook is active; "
                                   "use deleteWebhook to delete the webhook first")  # fmt: skip
        offset, limit = _integer(given, "offset", 0), _integer(given, "limit", 100)
        if given.get("allowed_updates") is not None:
            self.allowed = list(_parsed(given, "allowed_updates"))
        self._updates = [u for u in self._updates if u["update_id"] >= offset]
        until = time.monotonic() + min(_integer(given, "timeout", 0), MOST_POLL_SECONDS)
        self._polls += 1
        mine = self._polls
        while not self._updates and (left := until - time.monotonic()) > 0:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), min(left, 0.5))
            except TimeoutError:
                pass
            if await is_gone():
                break
            if mine != self._polls:
                raise RefusedCall(409, "Conflict: terminated by other getUpdates request; "
                                       "make sure that only one bot instance is running")  # fmt: skip
        return self._updates[: max(1, min(limit, 100))]

    def keep_file(self, content: bytes, folder: str, ending: str) -> str:
        """Store a file as if a citizen had sent it; its file_id."""
        number = next(self._file_numbers)
        file_id = f"AgACAgUAAxk{number:08d}"
        self.files[file_id] = (f"{folder}/file_{number}{ending}", content)
        return file_id

    def file_at(self, path: str) -> bytes | None:
        return next((content for known, content in self.files.values() if known == path), None)

    def _send(self, given: Json, method: str, **content: Any) -> Json:
        chat = _chat(given)
        markup = _markup(given, chat["type"])
        message = {
            "message_id": next(self.message_ids), "from": BOT, "chat": chat, "date": int(time.time()),
            **{name: value for name, value in content.items() if value is not None},
        }  # fmt: skip
        if markup and "inline_keyboard" in markup:
            message["reply_markup"] = markup
        self.messages.setdefault(chat["id"], []).append(message)
        self.sent.append({
            "at": datetime.now(UTC).isoformat(), "method": method, "chat_id": chat["id"],
            "message_id": message["message_id"], "text": content.get("text") or content.get("caption"),
            "reply_markup": markup,
        })  # fmt: skip
        return message

    def _photo(self, given: Json, uploads: dict[str, bytes]) -> list[Json]:
        named = str(given.get("photo", ""))
        content = uploads.get(named.removeprefix("attach://")) or uploads.get("photo")
        if content is not None:
            named = self.keep_file(content, "photos", ".jpg")
        if named not in self.files:
            raise RefusedCall(400, "Bad Request: wrong file identifier/HTTP URL specified")
        size = len(self.files[named][1])
        return [{"file_id": named, "file_unique_id": named[-8:], "width": 1280, "height": 960, "file_size": size}]

    def _edit_markup(self, given: Json) -> Json:
        chat = _chat(given)
        wanted = _integer(given, "message_id", 0)
        message = next((m for m in self.messages.get(chat["id"], []) if m["message_id"] == wanted), None)
        if message is None:
            raise RefusedCall(400, "Bad Request: message to edit not found")
        markup = _markup(given, chat["type"])
        if message.get("reply_markup") == markup:
            raise RefusedCall(400, "Bad Request: message is not modified: specified new message content and reply "
                                   "markup are exactly the same as a current content and reply markup of the "
                                   "message")  # fmt: skip
        message.pop("reply_markup", None)
        if markup:
            message["reply_markup"] = markup
        self.sent.append({
            "at": datetime.now(UTC).isoformat(), "method": "editMessageReplyMarkup", "chat_id": chat["id"],
            "message_id": wanted, "reply_markup": markup,
        })  # fmt: skip
        return message

    def _answer_tap(self, given: Json) -> bool:
        tap = str(given.get("callback_query_id", ""))
        if tap not in self.open_taps:
            raise RefusedCall(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.open_taps.discard(tap)
        self.sent.append({"at": datetime.now(UTC).isoformat(), "method": "answerCallbackQuery",
                          "callback_query_id": tap})  # fmt: skip
        return True

    def _file(self, given: Json) -> Json:
        file_id = str(given.get("file_id", ""))
        if file_id not in self.files:
            raise RefusedCall(400, "Bad Request: invalid file_id")
        path, content = self.files[file_id]
        if len(content) > MOST_FILE_BYTES:
            raise RefusedCall(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(content), "file_path": path}

    def _set_webhook(self, given: Json) -> bool:
        url, secret = str(given.get("url", "")), str(given.get("secret_token", ""))
        address = urlsplit(url)
        # The real one wants https; a service under test listens on the loopback.
        if url and address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost"):
            raise RefusedCall(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise RefusedCall(400, "Bad Request: secret token contains unallowed characters")
        if given.get("allowed_updates") is not None:
            self.allowed = list(_parsed(given, "allowed_updates"))
        self.webhook, self.secret = url, secret
        return True


def chat_of(chat_id: int, name: str = "Warga Uji") -> Json:
    """The chat object of a citizen (positive id) or of a group (negative id)."""
    if chat_id < 0:
        return {"id": chat_id, "type": "supergroup", "title": "Petugas 112"}
    return {"id": chat_id, "type": "private", "first_name": name}


def _chat(given: Json) -> Json:
    if given.get("chat_id") in (None, ""):
        raise RefusedCall(400, "Bad Request: chat_id is empty")
    chat_id = _integer(given, "chat_id", 0)
    if chat_id == 0:
        raise RefusedCall(400, "Bad Request: chat not found")
    return chat_of(chat_id)


def _text(given: Json) -> str:
    text = str(given.get("text", "")).strip()
    if not text:
        raise RefusedCall(400, "Bad Request: message text is empty")
    if _units(text) > MOST_TEXT:
        raise RefusedCall(400, "Bad Request: message is too long")
    if given.get("parse_mode") not in (None, "", "HTML", "Markdown", "MarkdownV2"):
        raise RefusedCall(400, "Bad Request: unsupported parse_mode")
    return text


def _caption(given: Json) -> str | None:
    caption = given.get("caption")
    if caption is not None and _units(str(caption)) > MOST_CAPTION:
        raise RefusedCall(400, "Bad Request: message caption is too long")
    return caption


def _markup(given: Json, chat_type: str) -> Json | None:
    if given.get("reply_markup") in (None, ""):
        return None
    markup = _parsed(given, "reply_markup")
    kinds = [k for k in ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply") if k in markup]
    if len(kinds) != 1:
        raise RefusedCall(400, "Bad Request: object expected as reply markup")
    if kinds[0] in ("remove_keyboard", "force_reply"):
        if markup[kinds[0]] is not True:
            raise RefusedCall(400, f"Bad Request: {kinds[0]} must be true")
        return dict(markup)
    rows = markup[kinds[0]]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise RefusedCall(400, f'Bad Request: field "{kinds[0]}" of the reply markup must be an Array of Arrays')
    keys = [key for row in rows for key in row]
    if len(keys) > MOST_BUTTONS:
        raise RefusedCall(400, "Bad Request: reply markup is too long")
    for key in keys:
        _check_inline(key) if kinds[0] == "inline_keyboard" else _check_key(key, chat_type)
    return dict(markup)


def _check_inline(key: Any) -> None:
    if not isinstance(key, dict) or not isinstance(key.get("text"), str) or not key["text"]:
        raise RefusedCall(400, 'Bad Request: can\'t parse inline keyboard button: field "text" must be non-empty')
    if sum(action in key for action in _INLINE_ACTIONS) != 1:
        raise RefusedCall(400, "Bad Request: can't parse inline keyboard button: "
                               "Text buttons are unallowed in the inline keyboard")  # fmt: skip
    if "callback_data" in key and not 1 <= len(str(key["callback_data"]).encode()) <= MOST_DATA:
        raise RefusedCall(400, "Bad Request: BUTTON_DATA_INVALID")


def _check_key(key: Any, chat_type: str) -> None:
    text = key if isinstance(key, str) else key.get("text") if isinstance(key, dict) else None
    if not isinstance(text, str) or not text:
        raise RefusedCall(400, 'Bad Request: can\'t parse keyboard button: field "text" must be non-empty')
    if isinstance(key, dict) and (key.get("request_location") or key.get("request_contact")):
        if chat_type != "private":
            raise RefusedCall(400, "Bad Request: location and phone can be requested in private chats only")
        if key.get("request_location") and key.get("request_contact"):
            raise RefusedCall(400, "Bad Request: a keyboard button can request only one thing")


def _parsed(given: Json, name: str) -> Any:
    value = given[name]
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict | list):
        raise RefusedCall(400, f"Bad Request: can't parse {name.replace('_', ' ')} JSON object")
    return parsed


def _integer(given: Json, name: str, default: int) -> int:
    try:
        return int(given.get(name, default))
    except (TypeError, ValueError):
        raise RefusedCall(400, f"Bad Request: {name} must be an Integer") from None


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
