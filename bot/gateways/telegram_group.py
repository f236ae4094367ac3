"""The staff group on Telegram: each alert as a message with a button *Terima*."""

from __future__ import annotations

import logging
from typing import Final

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import InlineKeyboardButtonLimit, MessageLimit
from telegram.error import ChatMigrated, TelegramError
from telegram.request import BaseRequest

from bot.gateways.alert_text import alert_text
from bot.gateways.base import Alert
from bot.gateways.rota import Contact
from bot.telegram_http import AiohttpRequest, failure_of

_log: Final = logging.getLogger(__name__)
ACK_PREFIX: Final = "ack:"
"""What the button sends back, followed by the incident's id."""


class TelegramGroup:
    """Writes to the group `chat_id`. `api_url` is the root above /bot<token>/<method>."""

    name = "telegram_group"

    def __init__(self, token: str, api_url: str, chat_id: int, request: BaseRequest | None = None) -> None:
        self._request = request or AiohttpRequest(read_timeout=10.0)
        self._owns_request = request is None
        root = api_url.rstrip("/")
        self._bot = Bot(
            token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot", request=self._request,
            get_updates_request=self._request,
        )  # fmt: skip
        self._chat_id = chat_id

    async def alert(self, alert: Alert, to: Contact | None = None) -> str:
        """Post the alert and return the message's id. May be repeated. Raises TemporaryFailure, Rejected."""
        data = ACK_PREFIX + alert.incident
        keyboard: InlineKeyboardMarkup | None = None
        if len(data.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA:
            keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Terima", callback_data=data)]])
        else:
            _log.warning("incident id %s is too long for a button: the alert goes out without one", alert.incident)
        return await self._send(alert_text(alert, MessageLimit.MAX_TEXT_LENGTH), keyboard)

    async def notice(self, text: str) -> str:
        """Tell the petugas something that is no incident (a handover waiting, a filing to settle). Errors as above."""
        return await self._send(text[: MessageLimit.MAX_TEXT_LENGTH], None)

    async def close(self) -> None:
        if self._owns_request:
            await self._request.shutdown()

    async def _send(self, text: str, keyboard: InlineKeyboardMarkup | None) -> str:
        try:
            return await self._post(text, keyboard)
        except ChatMigrated as moved:
            # The group became a supergroup: people must be reached now, the setting can wait.
            _log.warning("the staff group has a new id: set SIAGA_STAFF_TELEGRAM_CHAT to %d", moved.new_chat_id)
            self._chat_id = moved.new_chat_id
        except TelegramError as error:
            raise failure_of(error) from None
        try:
            return await self._post(text, keyboard)
        except TelegramError as error:
            raise failure_of(error) from None

    async def _post(self, text: str, keyboard: InlineKeyboardMarkup | None) -> str:
        message = await self._bot.send_message(
            self._chat_id, text, reply_markup=keyboard, link_preview_options=LinkPreviewOptions(is_disabled=True)
        )
        return str(message.message_id)
