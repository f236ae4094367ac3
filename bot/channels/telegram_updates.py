"""A Telegram update as a message of a citizen, or as a tap in the staff group. Pure: no I/O."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update, User

from bot.channels.base import Incoming, Kind, Malformed, Media, StaffTap
from bot.channels.phone import e164

ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query")
ACKNOWLEDGE: Final = "ack:"
"""What the *Terima* button in the staff group carries, before the incident's id."""
TAP: Final = "tap:"
"""A tap's own_id is this and Telegram's callback id, so that `answered` can stop the spinner; where the tapped
message is still shown, its id follows after a colon."""
CHOSEN: Final = "✓ "
"""Stands before the title of the one option that a tapped message still shows."""

_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
_WORDS: Final = {"start": "mulai", "bantuan": "bantuan", "help": "bantuan"}
_SERVICE: Final = (
    "pinned_message", "message_auto_delete_timer_changed", "write_access_allowed", "users_shared", "chat_shared",
    "connected_website", "chat_background_set", "proximity_alert_triggered", "successful_payment", "refunded_payment",
)  # fmt: skip
"""Notices that Telegram writes by itself; nobody waits for an answer to them."""


def read_update(raw: object, staff_chat: int | None) -> list[Incoming | StaffTap]:
    """What an update says; empty for what is not a citizen's (groups, service notices). Raises Malformed."""
    if not isinstance(raw, dict) or type(raw.get("update_id")) is not int:
        raise Malformed("the body is not a Telegram update")
    try:
        update = Update.de_json(raw, None)
        if update.callback_query:
            return _tap(update, update.callback_query, staff_chat)
        if update.message:
            return _message(update, update.message, edited=False)
        if update.edited_message:
            return _message(update, update.edited_message, edited=True)
    except (TypeError, KeyError, AttributeError, ValueError, OverflowError, OSError) as error:
        raise Malformed(f"Telegram update {raw['update_id']} cannot be read ({type(error).__name__})") from None
    return []


def plain_words(text: str) -> str:
    """A command as the words it stands for: "/menu" is "menu", "/start" is "mulai"; other text is unchanged."""
    command = _COMMAND.fullmatch(text.strip())
    if command is None:
        return text
    name, rest = command.group(1).lower(), command.group(2)
    if name == "start":
        return _WORDS[name]
    return " ".join(filter(None, (_WORDS.get(name, name), rest)))


def _tap(update: Update, tap: CallbackQuery, staff_chat: int | None) -> list[Incoming | StaffTap]:
    if tap.message is None or not tap.data:
        return []
    chat = tap.message.chat
    if staff_chat is not None and chat.id == staff_chat:
        incident = tap.data.removeprefix(ACKNOWLEDGE)
        if incident == tap.data or not incident:
            return []
        return [StaffTap(incident, tap.from_user.full_name, tap.id)]
    if chat.type != "private":
        return []
    title = _title(tap)
    own_id = TAP + tap.id if title is None else f"{TAP}{tap.id}:{tap.message.message_id}"
    return [
        Incoming(
            "telegram", str(update.update_id), str(chat.id), datetime.now(UTC), "button", text=title,
            button=tap.data, own_id=own_id, profile_name=_name(tap.from_user),
        )
    ]  # fmt: skip


def _title(tap: CallbackQuery) -> str | None:
    """The words on the button, for the transcript; None when the message is too old to be shown."""
    markup = getattr(tap.message, "reply_markup", None)
    if not isinstance(markup, InlineKeyboardMarkup):
        return None
    keys = (key for row in markup.inline_keyboard for key in row)
    return next((key.text.removeprefix(CHOSEN) for key in keys if key.callback_data == tap.data), None)


def _message(update: Update, message: Message, edited: bool) -> list[Incoming | StaffTap]:
    chat = message.chat
    if chat.type != "private" or (message.from_user and message.from_user.is_bot):
        return []
    # A live location is "edited" every few seconds while it moves; the first pin is the answer.
    if edited and message.location:
        return []
    if any(getattr(message, name) for name in _SERVICE):
        return []
    own_id = f"{chat.id}:{message.message_id}"
    incoming = Incoming(
        "telegram", str(update.update_id), str(chat.id), (message.edit_date if edited else None) or message.date,
        "unsupported", text=message.caption, album=message.media_group_id, own_id=own_id,
        edit_of=own_id if edited else None, profile_name=_name(message.from_user),
    )  # fmt: skip
    if message.text is not None:
        return [replace(incoming, kind="text", text=plain_words(message.text))]
    # An edited caption corrects words; its photo was already taken.
    if edited and message.caption:
        return [replace(incoming, kind="text", album=None)]
    return [_with_content(incoming, message)]


def _with_content(incoming: Incoming, message: Message) -> Incoming:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return replace(incoming, kind="photo", media=(Media(largest.file_id, "image/jpeg", largest.file_size),))
    # Telegram describes an animation a second time as a document, and a venue as a location.
    if video := message.animation or message.video or message.video_note:
        return replace(incoming, kind="video", media=(_media(video),))
    if document := message.document:
        kind: Kind = "photo" if (document.mime_type or "").startswith("image/") else "document"
        return replace(incoming, kind=kind, media=(_media(document),))
    if sound := message.voice or message.audio:
        return replace(incoming, kind="voice", media=(_media(sound),))
    if message.sticker:
        return replace(incoming, kind="sticker")
    if contact := message.contact:
        name = " ".join(filter(None, (contact.first_name, contact.last_name)))
        return replace(incoming, kind="contact", text=name or None, phone=e164(contact.phone_number))
    if venue := message.venue:
        words = ", ".join(filter(None, (venue.title, venue.address)))
        return replace(incoming, kind="pin", pin=_point(venue.location), text=words or None)
    if location := message.location:
        return replace(incoming, kind="pin", pin=_point(location), live="live_period" in location.to_dict())
    return incoming


def _media(file: Any) -> Media:
    """Telegram's file objects share these names; a round video has no type, a voice note no name."""
    return Media(file.file_id, getattr(file, "mime_type", None), file.file_size, getattr(file, "file_name", None))


def _point(location: Any) -> tuple[float, float]:
    return float(location.latitude), float(location.longitude)


def _name(user: User | None) -> str | None:
    return user.full_name if user else None
