"""One promise, four ways to the people behind 112."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import pytest_asyncio

from bot.failures import TemporaryFailure
from bot.gateways.alert_console import ConsoleAlert
from bot.gateways.base import AlertTransport
from bot.gateways.emergency_desk import EmergencyDesk
from bot.gateways.emergency_webhook import SignedWebhook
from bot.gateways.ladder import Transport
from bot.gateways.telegram_group import TelegramGroup
from bot.simulators.emergency import create_app
from tests.gateways.running import BotApi, alert, free_address, serving

NAMES: tuple[Transport, ...] = ("desk", "telegram_group", "webhook", "console")
SECRET = "rahasia-untuk-uji"
TOKEN = "1:uji"


@pytest.fixture(scope="module")
def bot_api() -> Iterator[tuple[BotApi, str]]:
    api = BotApi()
    with serving(api.app) as address:
        yield api, address


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    with serving(create_app(SECRET)) as address:
        yield address


Twin = tuple[AlertTransport, Callable[[], str]]


@pytest_asyncio.fixture(params=NAMES)
async def twin(request: pytest.FixtureRequest, bot_api: tuple[BotApi, str], receiver: str) -> AsyncIterator[Twin]:
    """The transport, and everything it has delivered as one text (the desk reads the database: nothing)."""
    lines: list[str] = []
    made: Twin
    match request.param:
        case "desk":
            made = EmergencyDesk(), lambda: ""
        case "telegram_group":
            made = TelegramGroup(TOKEN, bot_api[1], -100), lambda: str(bot_api[0].sent)
        case "webhook":
            made = SignedWebhook(f"{receiver}/incidents", SECRET), lambda: httpx.get(f"{receiver}/_received").text
        case _:
            made = ConsoleAlert(lines.append), lambda: "\n".join(lines)
    assert made[0].name == request.param
    yield made
    await made[0].close()


async def test_an_alert_is_delivered_with_a_reference(twin: Twin) -> None:
    transport, delivered = twin
    assert await transport.alert(alert())
    if transport.name != "desk":
        known = ("IN-20251124031500-0a1b2c3d4e5f", "tolong rumah kebakaran", "Yos Sudarso", "0.5379", "811-0000-1234")
        assert [told for told in known if told not in delivered()] == []


async def test_an_alert_may_be_repeated(twin: Twin) -> None:
    assert await twin[0].alert(alert())
    assert await twin[0].alert(alert())


async def test_an_alert_of_which_little_is_known_goes_out_as_well(twin: Twin) -> None:
    little = alert(words="tolong", place_text=None, kecamatan=None, lat=None, lon=None, phone=None, desk_url=None)
    assert await twin[0].alert(little)


async def test_a_very_long_cry_goes_out_as_well(twin: Twin) -> None:
    assert await twin[0].alert(alert(words="tolong kami " * 2000, extra={"Kabar": "api membesar"}))


async def test_closing_twice_is_closing(twin: Twin) -> None:
    await twin[0].close()
    await twin[0].close()


@pytest.mark.parametrize("make", [lambda url: TelegramGroup(TOKEN, url, -100), lambda url: SignedWebhook(url, SECRET)])
async def test_an_address_where_nobody_answers_is_tried_again(make: Callable[[str], AlertTransport]) -> None:
    transport = make(free_address())
    with pytest.raises(TemporaryFailure) as failed:
        await transport.alert(alert())
    await transport.close()
    assert TOKEN not in str(failed.value)
    assert SECRET not in str(failed.value)
