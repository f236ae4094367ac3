"""The promises of every channel, kept by all of them: stand-ins as processes, signatures and files included."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bot.channels.base import Button, Channel, Forged, Incoming, Malformed, Media, Outgoing, StaffTap, WebhookRequest
from bot.channels.console import ConsoleChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.webchat import COOKIE, MARK, WebChatChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.failures import Rejected
from tests.channels.ear import ACCOUNT, AUTH_TOKEN, SECRET, SENDER, TOKEN, Ear, StandIn
from tests.gateways.running import process, serving

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 64


@dataclass(frozen=True)
class House:
    """A channel with the world around it: how a citizen writes, taps and sees, and where a file lies."""

    channel: Channel
    write: Callable[[str], WebhookRequest]
    tap: Callable[[str], WebhookRequest]
    seen: Callable[[], str]
    put: Callable[[bytes], Media]
    forge: Callable[[WebhookRequest], WebhookRequest] | None


@pytest.fixture(scope="module")
def telegram_standin() -> Iterator[StandIn]:
    with process("bot.simulators.telegram", "--token", TOKEN) as (url, _):
        yield StandIn(url)


@pytest.fixture(scope="module")
def twilio_standin() -> Iterator[StandIn]:
    given = ("--auth-token", AUTH_TOKEN, "--account-sid", ACCOUNT, "--sender", SENDER)
    with process("bot.simulators.twilio", *given) as (url, _):
        yield StandIn(url)


@pytest.fixture(params=["telegram", "whatsapp", "webchat", "console"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    listening = Ear()
    with serving(listening.app) as url:
        match request.param:
            case "telegram":
                built = _telegram(request.getfixturevalue("telegram_standin"), listening, f"{url}/webhook")
            case "whatsapp":
                built = _whatsapp(request.getfixturevalue("twilio_standin"), listening, f"{url}/webhook")
            case "webchat":
                built = _webchat(tmp_path)
            case _:
                built = _console(tmp_path)
        await built.channel.start()
        yield built
        await built.channel.close()


def _telegram(standin: StandIn, ear: Ear, url: str) -> House:
    standin.post("/_webhook", {"url": url, "secret": SECRET})

    def act(**what: str) -> WebhookRequest:
        assert standin.say(chat=2001, **what)["statuses"] == [200]
        return ear.heard[-1]

    return House(
        TelegramChannel(TOKEN, SECRET, standin.url), lambda words: act(text=words), lambda title: act(button=title),
        lambda: json.dumps(standin.sent()[-1], ensure_ascii=False), lambda b: Media(standin.put(b)["file_id"]),
        lambda r: replace(r, headers={**r.headers, "x-telegram-bot-api-secret-token": "salah"}),
    )  # fmt: skip


def _whatsapp(standin: StandIn, ear: Ear, url: str) -> House:
    standin.post("/_webhook", {"url": url})
    channel = WhatsAppChannel(ACCOUNT, AUTH_TOKEN, SENDER, standin.url)

    def act(**what: str) -> WebhookRequest:
        assert standin.say(**what)["statuses"] == [200]
        return ear.heard[-1]

    return House(
        channel, lambda words: act(text=words), lambda title: act(button=title),
        lambda: json.dumps(standin.sent()[-1], ensure_ascii=False), lambda b: Media(standin.put(b)["url"]),
        lambda r: replace(r, body=r.body + b"&Body=" + urlencode({"x": "lain"}).encode()),
    )  # fmt: skip


def _webchat(folder: Path) -> House:
    channel = WebChatChannel(lambda words: hashlib.sha256(words.encode()).hexdigest(), folder)
    visitor, cookie = channel.new_cookie()
    headers = {"cookie": f"{COOKIE}={cookie}", MARK: "1"}

    def request(**what: str) -> WebhookRequest:
        return WebhookRequest("http://127.0.0.1:8000/chat", headers, json.dumps({"id": "m1", **what}).encode())

    def put(content: bytes) -> Media:
        (folder / ("0" * 32)).write_bytes(content)
        return Media("0" * 32)

    return House(
        channel, lambda words: request(text=words), lambda title: request(button="yes"),
        lambda: json.dumps(channel.mailbox(visitor).lines[-1], ensure_ascii=False), put,
        lambda r: replace(r, headers={**r.headers, "cookie": f"{COOKIE}={visitor}.palsu"}),
    )  # fmt: skip


def _console(folder: Path) -> House:
    lines: list[str] = []

    def request(**what: str) -> WebhookRequest:
        return WebhookRequest("", {}, json.dumps({"from": "c1", "id": "m1", **what}).encode())

    def put(content: bytes) -> Media:
        (folder / "foto.jpg").write_bytes(content)
        return Media(str(folder / "foto.jpg"))

    return House(
        ConsoleChannel(lines.append), lambda words: request(text=words), lambda title: request(button="yes"),
        lambda: "\n".join(lines), put, None,
    )  # fmt: skip


def only(channel: Channel, request: WebhookRequest) -> Incoming:
    (found,) = channel.receive(request)
    assert isinstance(found, Incoming)
    return found


async def test_words_arrive_whole_and_with_a_way_back(house: House) -> None:
    words = "lampu jalan mati\ndpn masjid & pasar, 100% gelap 😀"
    found = only(house.channel, house.write(words))
    assert (found.channel, found.kind, found.text) == (house.channel.name, "text", words)
    assert found.message_id
    assert found.address
    assert found.at.tzinfo is not None
    reference = await house.channel.send(found.address, Outgoing("Terima kasih, Bapak/Ibu."))
    assert reference
    assert "Terima kasih, Bapak/Ibu." in house.seen()


async def test_the_same_delivery_has_the_same_id(house: House) -> None:
    request = house.write("dua kali")
    first, again = only(house.channel, request), only(house.channel, request)
    assert (first.message_id, first.own_id) == (again.message_id, again.own_id)


async def test_a_forged_request_is_refused(house: House) -> None:
    request = house.write("asli")
    if house.forge is None:
        assert house.channel.name == "console", "only the terminal may be without a signature"
        return
    with pytest.raises(Forged):
        house.channel.receive(house.forge(request))
    with pytest.raises(Forged):
        house.channel.receive(replace(request, headers={}))


async def test_a_broken_body_is_never_a_message(house: House) -> None:
    request = house.write("asli")
    for body in (b"{", b"[1]", b'{"id": 5}', b"\xff\xfe{"):
        with pytest.raises((Malformed, Forged)):
            house.channel.receive(replace(request, body=body if house.channel.name != "console" else b'{"x":' + body))


async def test_buttons_are_shown_and_come_back_by_their_id(house: House) -> None:
    address = only(house.channel, house.write("halo")).address
    if isinstance(house.channel, WhatsAppChannel):
        await house.channel.create_templates()
    await house.channel.send(address, Outgoing("Sudah benar?", (Button("yes", "Ya, benar"), Button("no", "Belum"))))
    assert "Sudah benar?" in house.seen()
    assert "Ya, benar" in house.seen()
    assert "Belum" in house.seen()
    found = only(house.channel, house.tap("Ya, benar"))
    assert (found.kind, found.button, found.address) == ("button", "yes", address)
    await house.channel.answered(found)


async def test_requests_and_urgency_never_stop_a_message(house: House) -> None:
    address = only(house.channel, house.write("halo")).address
    for message in (
        Outgoing("Di mana?", (Button("skip", "Lewati"),), "location"),
        Outgoing("Nomor yang bisa dihubungi?", request="contact"),
        Outgoing("Telepon 112 sekarang (gratis)", urgent=True),
    ):
        assert await house.channel.send(address, message)
        assert message.text in house.seen()


async def test_a_text_at_its_limit_is_sent(house: House) -> None:
    address = only(house.channel, house.write("halo")).address
    assert await house.channel.send(address, Outgoing("x" * house.channel.limits.text))
    assert "x" * house.channel.limits.text in house.seen()


async def test_files_within_the_limit_and_never_above(house: House) -> None:
    media = house.put(PHOTO)
    assert await house.channel.fetch(media, len(PHOTO)) == PHOTO
    with pytest.raises(Rejected, match="larger"):
        await house.channel.fetch(media, len(PHOTO) - 1)


async def test_a_file_that_is_gone_is_rejected(house: House) -> None:
    media = house.put(PHOTO)
    with pytest.raises(Rejected) as caught:
        await house.channel.fetch(replace(media, ref=media.ref[:-1] + "z"), 100)
    # "large" is how the photo pipeline tells the two rejections apart.
    assert "large" not in str(caught.value)


async def test_answering_a_tap_never_raises(house: House) -> None:
    found = only(house.channel, house.write("halo"))
    for tap in (found, replace(found, kind="button", own_id="tap:tidak-ada"), StaffTap("IN-1", "Petugas", "tidak-ada")):
        await house.channel.answered(tap)


async def test_starting_and_closing_twice_is_harmless(house: House) -> None:
    await house.channel.start()
    await house.channel.close()
    await house.channel.close()
