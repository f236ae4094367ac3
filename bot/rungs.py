"""The ladder and its transports as the settings describe them, and who of it would be told at a given moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.gateways.alert_console import ConsoleAlert
from bot.gateways.base import AlertTransport
from bot.gateways.call import VoiceCall
from bot.gateways.emergency_desk import EmergencyDesk
from bot.gateways.emergency_webhook import SignedWebhook
from bot.gateways.ladder import Rung, load_ladder
from bot.gateways.sms import TextMessage
from bot.gateways.telegram_group import TelegramGroup
from bot.settings import BadSettings, Settings

_WANTED: Final[Mapping[str, str]] = {
    "telegram_group": "SIAGA_TELEGRAM_TOKEN and SIAGA_STAFF_TELEGRAM_CHAT",
    "webhook": "SIAGA_EMERGENCY_WEBHOOK_URL",
    "call": "SIAGA_TWILIO_VOICE_FROM",
    "sms": "SIAGA_TWILIO_SMS_FROM",
}


def transports_of(
    settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> dict[str, AlertTransport]:
    """Every transport whose settings are given, by its name."""
    transports: dict[str, AlertTransport] = {"desk": EmergencyDesk(), "console": ConsoleAlert(print)}
    if settings.telegram_token and settings.staff_telegram_chat is not None:
        transports["telegram_group"] = TelegramGroup(
            settings.telegram_token.get_secret_value(), settings.telegram_api_url, settings.staff_telegram_chat
        )
    if settings.emergency_webhook_url and settings.emergency_webhook_secret:
        transports["webhook"] = SignedWebhook(
            settings.emergency_webhook_url, settings.emergency_webhook_secret.get_secret_value(),
            form=settings.emergency_webhook_format,
        )  # fmt: skip
    if settings.twilio_account_sid and settings.twilio_auth_token:
        account = (settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value())
        api_url = settings.twilio_api_url
        if settings.twilio_voice_from:
            transports["call"] = VoiceCall(*account, settings.twilio_voice_from, settings.public_url, api_url, clock)
        if settings.twilio_sms_from:
            transports["sms"] = TextMessage(*account, settings.twilio_sms_from, api_url)
    return transports


def ladder_of(settings: Settings, transports: Mapping[str, AlertTransport]) -> tuple[Rung, ...]:
    """The ladder of the settings. Raises BadLadder, or BadSettings for an entry whose transport is not set up."""
    ladder = load_ladder(settings.emergency_ladder)
    for rung in ladder:
        if rung.transport not in transports:
            raise BadSettings(
                f"SIAGA_EMERGENCY_LADDER has an entry for {rung.transport}, which needs {_WANTED[rung.transport]}"
            )
    return ladder


def told_now(ladder: Sequence[Rung], now: datetime, at_the_desk: Sequence[str]) -> list[str]:
    """One line for each entry of the ladder: whom it tells at this moment and how long they have.

    `at_the_desk` names who is on shift. Of a number only the last four digits are shown.
    """
    return [f"{n}. {rung.name} ({rung.transport}): {_whom(rung, now, at_the_desk)}" for n, rung in enumerate(ladder, 1)]


def _whom(rung: Rung, now: datetime, at_the_desk: Sequence[str]) -> str:
    if not rung.is_on_duty(now):
        return "off duty now, passed over"
    if rung.transport == "desk" and not at_the_desk:
        return "nobody on shift, the next entry is told at once"
    named = [f"{c.name} (...{c.to[-4:]})" for c in rung.reached(now)]
    who = named or (list(at_the_desk) if rung.transport == "desk" else [])
    return f"{', '.join(who) or 'told'}, {rung.seconds:g} s to answer"
