"""One promise, six ways to the people behind 112."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import pytest_asyncio

from bot.failures import TemporaryFailure
from bot.gateways.alert_console import ConsoleAlert
from bot.gateways.base import AlertTransport
from bot.gateways.call import VoiceCall
from bot.gateways.emergency_desk import EmergencyDesk
from bot.gateways.emergency_webhook import SignedWebhook
from bot.gateways.ladder import TO_NUMBERS, Transport
from bot.gateways.rota import Contact
from bot.gateways.sms import TextMessage
from bot.gateways.telegram_group import TelegramGroup
from bot.simulators.emergency import create_app
from bot.simulators.twilio import create_app as create_twilio
from tests.channels.ear import ACCOUNT, AUTH_TOKEN
from tests.gateways.running import BotApi, alert, free_address, serving

NAMES: tuple[Transport, ...] = ("desk", "telegram_group", "webhook", "console", "call", "sms")
CHIEF = Contact("Kepala jaga", "+6281100000001")
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


@pytest.fixture(scope="module")
def twilio() -> Iterator[str]:
    with serving(create_twilio(AUTH_TOKEN, ACCOUNT)) as address:
        yield address


Twin = tuple[AlertTransport, Callable[[], str]]
KNOWN: dict[str, tuple[str, ...]] = {
    "desk": (),
    "call": ("Darurat: kebakaran.", "Lokasi: Jalan Yos Sudarso, Sangatta Utara.", "Tekan 1"),
    "sms": ("112: KEBAKARAN", "Yos Sudarso", "0.5379", "/admin/112/IN-20251124031500-0a1b2c3d4e5f"),
}
"""What each has to tell; the desk reads the database, and calls and SMS hold no more than what is needed."""
ALL = ("IN-20251124031500-0a1b2c3d4e5f", "tolong rumah kebakaran", "Yos Sudarso", "0.5379", "811-0000-1234")


@pytest_asyncio.fixture(params=NAMES)
async def twin(
    request: pytest.FixtureRequest, bot_api: tuple[BotApi, str], receiver: str, twilio: str
) -> AsyncIterator[Twin]:
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
        case "call":
            call = VoiceCall(ACCOUNT, AUTH_TOKEN, "+6281100000100", "https://siaga.example.go.id", twilio)
            made = (
                call,
                lambda: "\n".join(said for c in httpx.get(f"{twilio}/_calls").json()["calls"] for said in c["said"]),
            )
        case "sms":
            made = TextMessage(ACCOUNT, AUTH_TOKEN, "KUTIMSIAGA", twilio), lambda: httpx.get(f"{twilio}/_sent").text
        case _:
            made = ConsoleAlert(lines.append), lambda: "\n".join(lines)
    assert made[0].name == request.param
    yield made
    await made[0].close()


def to(transport: AlertTransport) -> Contact | None:
    """Somebody to call or write to, where the transport does."""
    return CHIEF if transport.name in TO_NUMBERS else None


async def test_an_alert_is_delivered_with_a_reference(twin: Twin) -> None:
    transport, delivered = twin
    assert await transport.alert(alert(), to(transport))
    assert [told for told in KNOWN.get(transport.name, ALL) if told not in delivered()] == []


async def test_an_alert_may_be_repeated(twin: Twin) -> None:
    assert await twin[0].alert(alert(), to(twin[0]))
    assert await twin[0].alert(alert(), to(twin[0]))


async def test_an_alert_of_which_little_is_known_goes_out_as_well(twin: Twin) -> None:
    little = alert(words="tolong", place_text=None, kecamatan=None, lat=None, lon=None, phone=None, desk_url=None)
    assert await twin[0].alert(little, to(twin[0]))


async def test_a_very_long_cry_goes_out_as_well(twin: Twin) -> None:
    long = alert(words="tolong kami " * 2000, place_text="jalan " * 300, victims="dua orang " * 300)
    assert await twin[0].alert(long, to(twin[0]))


async def test_closing_twice_is_closing(twin: Twin) -> None:
    await twin[0].close()
    await twin[0].close()


async def test_calls_and_sms_tell_nothing_that_names_a_citizen(twilio: str) -> None:
    for transport in (
        VoiceCall(ACCOUNT, AUTH_TOKEN, "+6281100000100", "https://siaga.example.go.id", twilio),
        TextMessage(ACCOUNT, AUTH_TOKEN, "+6281100000100", twilio),
    ):
        await transport.alert(alert(words="saya Rina, tolong"), CHIEF)
        await transport.close()
    async with httpx.AsyncClient() as client:
        told = (await client.get(f"{twilio}/_calls")).text + (await client.get(f"{twilio}/_sent")).text
    assert "Rina" not in told
    assert "811-0000-1234" not in told


@pytest.mark.parametrize("make", [
    lambda url: TelegramGroup(TOKEN, url, -100), lambda url: SignedWebhook(url, SECRET),
    lambda url: VoiceCall(ACCOUNT, AUTH_TOKEN, "+6281100000100", "https://siaga.example.go.id", url),
    lambda url: TextMessage(ACCOUNT, AUTH_TOKEN, "+6281100000100", url),
])  # fmt: skip
async def test_an_address_where_nobody_answers_is_tried_again(make: Callable[[str], AlertTransport]) -> None:
    transport = make(free_address())
    with pytest.raises(TemporaryFailure) as failed:
        await transport.alert(alert(), to(transport))
    await transport.close()
    assert AUTH_TOKEN not in str(failed.value)
    assert TOKEN not in str(failed.value)
    assert SECRET not in str(failed.value)
