"""Telegram: webhook or long polling in, Bot API out. python-telegram-bot is client and parser only."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import Conflict, TelegramError

from bot.channels.base import Button, Forged, Incoming, Limits, Malformed, Media, Outgoing, StaffTap, WebhookRequest
from bot.channels.download import check_announced, too_large
from bot.channels.layout import parts
from bot.channels.telegram_http import READ_SECONDS, ChannelRequest, sending_failure
from bot.channels.telegram_updates import ALLOWED_UPDATES, CHOSEN, TAP, read_update
from bot.failures import Rejected, TemporaryFailure, UnknownOutcome

log = structlog.get_logger(__name__)

HEADER: Final = "x-telegram-bot-api-secret-token"
MOST_DATA: Final = 64
"""Bytes of callback_data."""
POLL_SECONDS: Final = 25
SHORT_TITLE: Final = 18
"""Characters of a title of which two stand side by side on a small phone."""

Arrived = Sequence[Incoming | StaffTap]
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


class TelegramChannel:
    """One bot. With `polling` it asks Telegram for updates and hands them over; without, `receive` is called.

    `staff_chat` is the group whose *Terima* taps are read; every other group is ignored. The two titles are on
    the native buttons that share a location or a phone number. A tap keeps Telegram's callback id, and the
    tapped message's, in its `own_id` ("tap:<id>:<message>"), which is how `answered` knows what to answer.
    """

    name = "telegram"
    limits = Limits(text=4096, text_with_buttons=4096, buttons=100, button_title=64)

    def __init__(
        self,
        token: str,
        secret: str,
        api_url: str = "https://api.telegram.org",
        staff_chat: int | None = None,
        polling: Callable[[Arrived], Awaitable[None]] | None = None,
        location_title: str = "Kirim lokasi saya",
        contact_title: str = "Kirim nomor saya",
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._secret = secret
        self._staff_chat = staff_chat
        self._polling = polling
        self._titles = {"location": location_title, "contact": contact_title}
        self._updates_url = f"{api_url.rstrip('/')}/bot{token}/getUpdates"
        self._request = ChannelRequest(read_timeout=read_seconds)
        self._bot = Bot(
            token, base_url=f"{api_url.rstrip('/')}/bot", base_file_url=f"{api_url.rstrip('/')}/file/bot",
            request=self._request, get_updates_request=self._request,
        )  # fmt: skip
        self._task: asyncio.Task[None] | None = None

    def receive(self, request: WebhookRequest) -> Arrived:
        """The messages of one update: one, or none. Raises Forged or Malformed."""
        given = request.headers.get(HEADER, "")
        if not given or not hmac.compare_digest(given.encode(), self._secret.encode()):
            raise Forged("the secret token of this Telegram update is missing or wrong")
        try:
            raw = json.loads(request.body)
        except (ValueError, RecursionError):
            raise Malformed("the body of this Telegram update is not JSON") from None
        return read_update(raw, self._staff_chat)

    async def send(self, address: str, message: Outgoing) -> str:
        """Send a bubble and return "<chat>:<message_id>" of its last piece, which carries the buttons.

        Longer than 4096 it goes out in pieces; when a later piece fails, a repeat begins with the first.
        """
        pieces = parts(message.text, self.limits.text)
        markups = [*([None] * (len(pieces) - 1)), self._markup(message)]
        sent = ""
        for piece, markup in zip(pieces, markups, strict=True):
            try:
                result = await self._bot.send_message(address, piece, reply_markup=markup)
            except TelegramError as error:
                raise sending_failure(error) from None
            sent = f"{result.chat_id}:{result.message_id}"
        return sent

    async def fetch(self, media: Media, most_bytes: int) -> bytes:
        try:
            file = await self._bot.get_file(media.ref)
        except TelegramError as error:
            failure = sending_failure(error)
            if "too big" in str(failure):
                raise too_large(most_bytes) from None
            raise TemporaryFailure(str(failure)) if isinstance(failure, UnknownOutcome) else failure from None
        check_announced(file.file_size, most_bytes)
        if not file.file_path:
            raise Rejected("Telegram no longer has this file")
        return await self._request.download(file.file_path, most_bytes)

    async def answered(self, incoming: Incoming | StaffTap) -> None:
        """Stop the spinner; of a citizen's tapped message only the chosen option stays, marked."""
        match incoming:
            case StaffTap(answer_to=callback):
                await self._stop_spinner(callback)
            case Incoming(kind="button", own_id=str(own_id)) if own_id.startswith(TAP):
                callback, _, message = own_id.removeprefix(TAP).partition(":")
                await self._stop_spinner(callback)
                if message and incoming.text and incoming.button:
                    await self._show_chosen(incoming.address, int(message), incoming.text, incoming.button)

    async def _stop_spinner(self, callback: str) -> None:
        try:
            await self._bot.answer_callback_query(callback)
        except TelegramError as error:
            log.info("telegram_tap_not_answered", reason=error.message)

    async def _show_chosen(self, chat: str, message: int, title: str, option: str) -> None:
        # The key stays a key: whoever taps it again is answered in context, as with any old button.
        chosen = InlineKeyboardMarkup([[InlineKeyboardButton(CHOSEN + title, callback_data=option)]])
        try:
            await self._bot.edit_message_reply_markup(chat, message, reply_markup=chosen)
        except TelegramError as error:
            log.info("telegram_choice_not_shown", reason=error.message)

    async def start(self) -> None:
        """Open connections. Telegram need not be reachable yet: polling keeps trying."""
        await self._request.initialize()
        if self._polling is not None and self._task is None:
            self._task = asyncio.create_task(self._poll(self._polling), name="telegram-polling")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._request.shutdown()

    async def set_webhook(self, url: str) -> None:
        """Have Telegram call `url` (https) with our secret. Raises TemporaryFailure, Rejected or UnknownOutcome."""
        try:
            await self._bot.set_webhook(url, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES)
        except TelegramError as error:
            raise sending_failure(error) from None

    async def _poll(self, take: Callable[[Arrived], Awaitable[None]]) -> None:
        """Ask for ever. Updates are confirmed (by the next offset) only once `take` has returned."""
        offset: int | None = None
        webhook_gone = False
        pause = 1.0
        while True:
            try:
                if not webhook_gone:
                    await self._bot.delete_webhook()
                    webhook_gone = True
                raws = await self._ask(offset)
                if arrived := self._read_all(raws):
                    await take(arrived)
                if raws:
                    offset = max(raw["update_id"] for raw in raws) + 1
                pause = 1.0
            # Whatever went wrong, in Telegram or in us, the next question is asked.
            except Exception as error:
                webhook_gone = webhook_gone and not isinstance(error, Conflict)
                log.warning("telegram_polling_failed", error=type(error).__name__, reason=str(error), pause=pause)
                await asyncio.sleep(_wish(error) or pause)
                pause = min(pause * 2, 60.0)

    async def _ask(self, offset: int | None) -> list[dict[str, Any]]:
        query = {"timeout": POLL_SECONDS, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
        if offset is not None:
            query["offset"] = offset
        # Not Bot.get_updates: it reads all or nothing, so one strange update would stop everybody's.
        result = await self._request.post(f"{self._updates_url}?{urlencode(query)}", read_timeout=POLL_SECONDS + 10.0)
        return result if isinstance(result, list) else []

    def _read_all(self, raws: list[dict[str, Any]]) -> list[Incoming | StaffTap]:
        arrived: list[Incoming | StaffTap] = []
        for raw in raws:
            try:
                arrived.extend(read_update(raw, self._staff_chat))
            except Malformed as error:
                log.error("telegram_update_unreadable", reason=str(error))
        return arrived

    def _markup(self, message: Outgoing) -> Markup:
        if message.request is not None:
            native = KeyboardButton(
                self._titles[message.request],
                request_location=message.request == "location", request_contact=message.request == "contact",
            )  # fmt: skip
            rows = [[native], *([KeyboardButton(button.title)] for button in message.buttons)]
            return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
        if not message.buttons:
            return ReplyKeyboardRemove()
        return InlineKeyboardMarkup(_rows(message.buttons))


def _rows(buttons: Sequence[Button]) -> list[list[InlineKeyboardButton]]:
    """Two short titles side by side, else one a row. Raises Rejected on an id that Telegram cannot carry."""
    for button in buttons:
        if not 1 <= len(button.id.encode()) <= MOST_DATA:
            raise Rejected(f"the button id {button.id!r} must have 1 to {MOST_DATA} bytes")
    across = 2 if all(len(button.title) <= SHORT_TITLE for button in buttons) else 1
    keys = [InlineKeyboardButton(button.title, callback_data=button.id) for button in buttons]
    return [keys[i : i + across] for i in range(0, len(keys), across)]


def _wish(error: Exception) -> float | None:
    """The seconds that Telegram wants us to wait, when it said so."""
    failure = sending_failure(error) if isinstance(error, TelegramError) else None
    return failure.retry_after if isinstance(failure, TemporaryFailure) else None
