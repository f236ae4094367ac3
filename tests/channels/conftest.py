"""The stand-ins as processes and channels that talk to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.channels.telegram import TelegramChannel
from bot.channels.whatsapp import WhatsAppChannel
from tests.channels.ear import ACCOUNT, AUTH_TOKEN, SECRET, SENDER, TOKEN, Ear, StandIn
from tests.gateways.running import process, serving


@pytest.fixture(scope="module")
def telegram_standin() -> Iterator[StandIn]:
    with process("bot.simulators.telegram", "--token", TOKEN) as (url, _):
        yield StandIn(url)


@pytest.fixture(scope="module")
def twilio_standin() -> Iterator[StandIn]:
    given = ("--auth-token", AUTH_TOKEN, "--account-sid", ACCOUNT, "--sender", SENDER)
    with process("bot.simulators.twilio", *given) as (url, _):
        yield StandIn(url)


@pytest.fixture
async def telegram(telegram_standin: StandIn) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(TOKEN, SECRET, telegram_standin.url, read_seconds=0.6)
    await channel.start()
    yield channel
    await channel.close()


@pytest.fixture
async def whatsapp(twilio_standin: StandIn) -> AsyncIterator[WhatsAppChannel]:
    channel = WhatsAppChannel(
        ACCOUNT, AUTH_TOKEN, SENDER, twilio_standin.url,
        status_callback="https://siaga.example.go.id/webhooks/twilio/status", read_seconds=0.6,
    )  # fmt: skip
    await channel.start()
    yield channel
    await channel.close()


@pytest.fixture
def ear() -> Iterator[tuple[Ear, str]]:
    """A webhook and its address."""
    listening = Ear()
    with serving(listening.app) as url:
        yield listening, f"{url}/webhook"
