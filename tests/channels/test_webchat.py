"""The web chat over real HTTP: who speaks, what is taken, what is heard again after the line was cut."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot.channels.base import Button, Media, Outgoing
from bot.channels.webchat import MESSAGES_A_MINUTE, WebChatChannel
from bot.channels.webchat_pages import MOST_BYTES
from bot.failures import Rejected
from tests.channels.webchat_house import CHAT, ChatHouse, Clock, Heard, chat_house, listening, served, sign

STATIC = Path(__file__).resolve().parents[2] / "bot" / "channels" / "webchat_static"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> ChatHouse:
    return chat_house(tmp_path / "spool", clock)


@pytest.fixture
async def client(house: ChatHouse) -> AsyncIterator[httpx.AsyncClient]:
    async with served(house) as url, httpx.AsyncClient(base_url=url, headers=CHAT, timeout=10) as client:
        await client.get("/chat")
        yield client


async def write(client: httpx.AsyncClient, own: str, **what: object) -> httpx.Response:
    return await client.post("/chat/messages", json={"id": own, **what})


async def hear(stream: AsyncIterator[Heard]) -> Heard:
    async with asyncio.timeout(5):
        return await anext(stream)


# --- the visitor ---


async def test_a_browser_gets_a_signed_cookie_that_scripts_and_other_sites_do_not_see(house: ChatHouse) -> None:
    async with served(house) as url, httpx.AsyncClient(base_url=url) as browser:
        cookie = (await browser.get("/chat")).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/chat" in cookie
        assert "set-cookie" not in (await browser.get("/chat")).headers, "it keeps its id"
    visitor, _, signature = re.findall(r"siaga_tamu=([^;]+)", cookie)[0].partition(".")
    assert signature == sign(f"webchat:{visitor}")


def test_the_cookie_is_secure_where_the_address_is(tmp_path: Path) -> None:
    assert chat_house(tmp_path, public_url="https://siaga.example.go.id").channel.secure
    assert not chat_house(tmp_path).channel.secure


async def test_a_link_from_another_site_does_not_change_who_one_is(house: ChatHouse) -> None:
    async with served(house) as url, httpx.AsyncClient(base_url=url) as browser:
        foreign = await browser.get("/chat", headers={"Sec-Fetch-Site": "cross-site"})
        assert "set-cookie" not in foreign.headers
        async with browser.stream("GET", "/chat/events", timeout=5) as answer:
            assert "siaga_tamu=" in answer.headers["set-cookie"], "the page's own first request brings one"


@pytest.mark.parametrize(
    "cookie", ["", "siaga_tamu=x", "siaga_tamu=AAAAAAAAAAAAAAAAAAAAAA.00", "siaga_tamu=../../etc.00"]
)
async def test_a_forged_or_missing_cookie_speaks_for_nobody(house: ChatHouse, cookie: str) -> None:
    async with served(house) as url, httpx.AsyncClient(base_url=url) as browser:
        headers = {**CHAT, "Cookie": cookie}
        answer = await browser.post("/chat/messages", json={"id": "m1", "text": "hai"}, headers=headers)
    assert answer.status_code == 401
    assert house.taken == []


async def test_only_our_own_page_may_post(client: httpx.AsyncClient, house: ChatHouse) -> None:
    own = f"http://{client.base_url.host}:{client.base_url.port}"
    assert (
        await client.post("/chat/messages", json={"id": "a", "text": "x"}, headers={"Origin": own})
    ).status_code == 200
    for headers in ({"Origin": "https://lain.example"}, {"Origin": "null"}, {"X-Siaga-Chat": "0"}):
        for path in ("/chat/messages", "/chat/photos"):
            answer = await client.post(path, json={"id": "b", "text": "x"}, headers=headers)
            assert answer.status_code == 403, (path, headers)
    assert len(house.taken) == 1


# --- what is taken ---


async def test_words_buttons_and_pins_become_messages(client: httpx.AsyncClient, house: ChatHouse) -> None:
    for own, what in {
        "m1": {"text": " lampu mati "},
        "m2": {"button": "photo:skip"},
        "m3": {"pin": [0.5, 117.5]},
    }.items():
        answer = await write(client, own, **what)
        assert (answer.status_code, answer.json()) == (200, {"id": own})
    words, tap, pin = house.taken
    visitor = words.address
    assert (words.channel, words.kind, words.text, words.message_id) == (
        "webchat",
        "text",
        "lampu mati",
        f"{visitor}:m1",
    )
    assert (tap.kind, tap.button, tap.text) == ("button", "photo:skip", "Lewati"), "the title as the bot had put it"
    assert (pin.kind, pin.pin) == ("pin", (0.5, 117.5))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"id":"m1"}',
        b'{"id":"m1","text":""}',
        b'{"id":"m1","text":"  "}',
        b'{"id":"","text":"x"}',
        b'{"id":"a b","text":"x"}',
        b'{"text":"x"}',
        b'{"id":1,"text":"x"}',
        b'{"id":"m1","pin":[91,0]}',
        b'{"id":"m1","pin":[0]}',
        b'{"id":"m1","pin":["a","b"]}',
        b'{"id":"m1","pin":[NaN,0]}',
        b'{"id":"m1","button":""}',
        b'{"id":"m1","text":"' + b"x" * 4001 + b'"}',
    ],
)
async def test_what_cannot_be_read_is_refused_in_a_sentence(
    client: httpx.AsyncClient, house: ChatHouse, body: bytes
) -> None:
    answer = await client.post("/chat/messages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(".")
    assert house.taken == []


async def test_a_huge_body_is_not_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/chat/messages", content=b"x" * 70_000)).status_code == 413

    async def unmeasured() -> AsyncIterator[bytes]:
        yield b"{}"

    assert (await client.post("/chat/photos", content=unmeasured())).status_code == 411


async def test_an_album_is_one_message_whose_files_can_be_fetched(client: httpx.AsyncClient, house: ChatHouse) -> None:
    files = [("photos", (f"foto {n}.jpg", bytes([n]) * 100, "image/jpeg")) for n in range(5)]
    answer = await client.post("/chat/photos", data={"id": "p1", "caption": " rusak "}, files=files)
    assert answer.status_code == 200
    (message,) = house.taken
    assert (message.kind, message.text, len(message.media)) == ("photo", "rusak", 5)
    for n, media in enumerate(message.media):
        assert await house.channel.fetch(media, 100) == bytes([n]) * 100
        assert (media.size, media.content_type) == (100, "image/jpeg")
    with pytest.raises(Rejected, match="larger"):
        await house.channel.fetch(message.media[0], 99)
    await client.post("/chat/photos", data={"id": "p1"}, files=files)
    assert len(list((house.channel._spool).iterdir())) == 5, "sent again, they take the same places"
    await house.channel.forget(message.media[0])
    with pytest.raises(Rejected, match="gone"):
        await house.channel.fetch(message.media[0], 100)


@pytest.mark.parametrize("ref", ["../secret", "/etc/passwd", "", "a" * 31, "A" * 32])
async def test_nothing_but_uploads_is_fetched(house: ChatHouse, ref: str) -> None:
    with pytest.raises(Rejected):
        await house.channel.fetch(Media(ref), 100)


async def test_too_many_or_too_big_photos_are_refused_in_a_sentence(
    client: httpx.AsyncClient, house: ChatHouse
) -> None:
    one = ("photos", ("a.jpg", b"x", "image/jpeg"))
    big = ("photos", ("a.jpg", b"x" * (MOST_BYTES + 1), "image/jpeg"))
    for files, status, words in (([one] * 6, 413, "5 foto"), ([big], 413, "10 MB"), ([], 400, "foto")):
        answer = await client.post("/chat/photos", data={"id": "p1", "x": "y"}, files=files or {"x": b""})
        assert answer.status_code == status
        assert words in answer.json()["message"]
    assert house.taken == []
    assert not house.channel._spool.exists()


async def test_an_upload_that_says_it_is_huge_is_refused_before_it_is_sent(client: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    cookie = client.cookies["siaga_tamu"]
    writer.write(
        f"POST /chat/photos HTTP/1.1\r\nHost: {client.base_url.host}\r\nCookie: siaga_tamu={cookie}\r\n"
        "X-Siaga-Chat: 1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 62914560\r\n\r\n".encode()
    )
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
    writer.close()


async def test_thirty_messages_a_minute_and_then_a_word_about_112(
    client: httpx.AsyncClient, house: ChatHouse, clock: Clock
) -> None:
    house.answers = False
    for n in range(MESSAGES_A_MINUTE):
        assert (await write(client, f"m{n}", text="x")).status_code == 200
    refused = await write(client, "m-more", text="x")
    assert refused.status_code == 429
    assert "112" in refused.json()["message"]
    assert 0 < int(refused.headers["retry-after"]) <= 60
    clock.now += timedelta(seconds=61)
    assert (await write(client, "m-more", text="x")).status_code == 200


async def test_what_could_not_be_stored_is_not_called_sent(client: httpx.AsyncClient, house: ChatHouse) -> None:
    house.broken = True
    answer = await write(client, "m1", text="kebakaran")
    assert answer.status_code == 503
    assert "112" in answer.json()["message"]
    house.broken = False
    assert (await write(client, "m1", text="kebakaran")).status_code == 200
    assert len(house.taken) == 1


# --- what is heard ---


async def test_the_stream_begins_with_the_transcript_and_goes_on(client: httpx.AsyncClient, house: ChatHouse) -> None:
    await write(client, "m1", text="lampu mati")
    async with listening(client) as stream:
        first = await hear(stream)
        assert first.kind == "history"
        lines = json.loads(first.data)
        assert [(line["id"], line["direction"]) for line in lines] == [("m1", "in"), ("line-1", "out")]
        await write(client, "m2", button="photo:skip")
        heard = [json.loads((await hear(stream)).data) for _ in range(2)]
        assert {line["text"] for line in heard} == {"Lewati", "Dipilih: photo:skip."}


async def test_nothing_is_lost_or_doubled_when_the_network_blinks(client: httpx.AsyncClient, house: ChatHouse) -> None:
    async with listening(client) as stream:
        last = (await hear(stream)).id
        await write(client, "m1", text="satu")
        for _ in range(2):
            last = (await hear(stream)).id
    visitor = house.taken[0].address
    for text in ("dua", "tiga"):
        await house.say(visitor, text)
    async with listening(client, last) as stream:
        assert [json.loads((await hear(stream)).data)["text"] for _ in range(2)] == ["dua", "tiga"]
        await house.say(visitor, "empat")
        assert json.loads((await hear(stream)).data)["text"] == "empat"


async def test_after_a_restart_the_transcript_comes_again(client: httpx.AsyncClient, house: ChatHouse) -> None:
    await write(client, "m1", text="satu")
    for last in ("0badc0de-7", "nonsense", f"{house.channel.epoch}-999"):
        async with listening(client, last) as stream:
            first = await hear(stream)
            assert first.kind == "history"
            assert len(json.loads(first.data)) == 2


async def test_more_than_the_buffer_holds_comes_from_the_transcript(
    client: httpx.AsyncClient, house: ChatHouse
) -> None:
    async with listening(client) as stream:
        last = (await hear(stream)).id
    await write(client, "m1", text="satu")
    for n in range(60):
        await house.say(house.taken[0].address, f"baris {n}")
    async with listening(client, last) as stream:
        first = await hear(stream)
        assert first.kind == "history"
        assert len(json.loads(first.data)) == 62


async def test_a_line_saved_before_and_sent_after_the_transcript_is_shown_once(
    client: httpx.AsyncClient, house: ChatHouse
) -> None:
    house.answers = False
    await write(client, "m1", text="satu")
    visitor = house.taken[0].address
    house.write_down(visitor, "out", "jawaban")
    async with listening(client) as stream:
        assert [line["text"] for line in json.loads((await hear(stream)).data)] == ["satu", "jawaban"]
        await house.channel.send(visitor, Outgoing("jawaban"))
        await house.channel.send(visitor, Outgoing("jawaban"))
        await house.channel.send(visitor, Outgoing("lagi"))
        assert [json.loads((await hear(stream)).data)["text"] for _ in range(2)] == ["jawaban", "lagi"]


async def test_visitors_do_not_hear_one_another(client: httpx.AsyncClient, house: ChatHouse) -> None:
    await write(client, "m1", text="rahasia saya")
    async with httpx.AsyncClient(base_url=client.base_url, headers=CHAT) as other:
        await other.get("/chat")
        async with listening(other) as stream:
            assert json.loads((await hear(stream)).data) == []
            await write(client, "m2", text="rahasia lagi")
            await write(other, "m1", text="halo")
            heard = [(await hear(stream)).data for _ in range(2)]
            assert any("halo" in data for data in heard)
            assert not any("rahasia" in data for data in heard)
    assert len({m.address for m in house.taken}) == 2


async def test_a_bubble_carries_buttons_request_and_urgency(client: httpx.AsyncClient, house: ChatHouse) -> None:
    async with listening(client) as stream:
        await hear(stream)
        await write(client, "m1", text="x")
        await hear(stream)
        await hear(stream)
        visitor = house.taken[0].address
        reference = await house.channel.send(
            visitor, Outgoing("Di mana?", (Button("a", "A"),), "location", urgent=True)
        )
        line = json.loads((await hear(stream)).data)
    assert line["id"] == reference
    assert (line["buttons"], line["request"], line["urgent"]) == ([{"id": "a", "title": "A"}], "location", True)


async def test_closing_ends_the_streams(client: httpx.AsyncClient, house: ChatHouse) -> None:
    async with listening(client) as stream:
        await hear(stream)
        await house.channel.close()
        with pytest.raises(StopAsyncIteration):
            await hear(stream)


async def test_visitors_who_left_are_forgotten_when_there_are_too_many(tmp_path: Path) -> None:
    channel = WebChatChannel(sign, tmp_path)
    listens = channel.mailbox("listens")
    listens.listeners = 1
    for n in range(2100):
        await channel.send(f"v{n}", Outgoing("x"))
    assert channel.mailbox("listens") is listens
    assert len(channel._boxes) <= 2001


# --- the page ---


async def test_the_page_is_strict_and_whole(client: httpx.AsyncClient) -> None:
    answer = await client.get("/chat")
    policy = answer.headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert 'href="tel:112"' in answer.text
    assert "<style" not in answer.text
    assert not re.search(r"\s(style|on[a-z]+)=", answer.text)
    for path in re.findall(r'(?:src|href)="(/chat/static/[^"]+)"', answer.text):
        file = await client.get(path)
        assert file.status_code == 200
        assert file.headers["x-content-type-options"] == "nosniff"
    assert (await client.get("/chat/static/chat.html")).status_code == 404
    assert (await client.get("/chat/static/..%2fwebchat.py")).status_code == 404


def test_the_script_makes_no_markup_of_words() -> None:
    script = (STATIC / "chat.js").read_text("utf-8")
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"):
        assert dangerous not in script
