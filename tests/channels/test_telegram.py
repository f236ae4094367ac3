"""The Telegram channel against the stand-in over real HTTP: keyboards, errors, files, polling."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from bot.channels.base import Button, Incoming, Media, Outgoing, StaffTap
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_updates import read_update
from bot.failures import AwaitsContact, Rejected, TemporaryFailure, TooFast, UnknownOutcome
from tests.channels.ear import SECRET, TOKEN, Ear, StandIn, encoded
from tests.gateways.running import free_address

YES_NO = (Button("yes", "Ya"), Button("no", "Tidak"))
STAFF = -1001112223334


def last(standin: StandIn) -> dict[str, Any]:
    return standin.sent()[-1]


async def test_buttons_are_an_inline_keyboard(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    reference = await telegram.send("1001", Outgoing("Sudah benar?", YES_NO))
    sent = last(telegram_standin)
    assert reference == f"1001:{sent['message_id']}"
    assert sent["reply_markup"] == {
        "inline_keyboard": [[{"text": "Ya", "callback_data": "yes"}, {"text": "Tidak", "callback_data": "no"}]]
    }


async def test_long_titles_stand_alone_in_their_row(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    await telegram.send("1001", Outgoing("Yang mana?", (Button("a", "Jalan dan jembatan rusak"), Button("b", "Lain"))))
    assert [len(row) for row in last(telegram_standin)["reply_markup"]["inline_keyboard"]] == [1, 1]


@pytest.mark.parametrize(("request_", "native"), [("location", "request_location"), ("contact", "request_contact")])
async def test_a_native_request_uses_the_reply_keyboard(
    telegram: TelegramChannel, telegram_standin: StandIn, request_: Any, native: str
) -> None:
    await telegram.send("1001", Outgoing("Di mana?", (Button("skip", "Lewati"),), request_))
    markup = last(telegram_standin)["reply_markup"]
    assert markup["one_time_keyboard"] is True
    assert markup["keyboard"][0][0][native] is True
    assert markup["keyboard"][1] == [{"text": "Lewati"}]


async def test_plain_text_takes_the_keyboard_away(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    await telegram.send("1001", Outgoing("Terima kasih"))
    assert last(telegram_standin)["reply_markup"] == {"remove_keyboard": True}


async def test_long_text_goes_in_pieces_with_the_buttons_on_the_last(
    telegram: TelegramChannel, telegram_standin: StandIn
) -> None:
    before = len(telegram_standin.sent())
    text = "\n\n".join(["kata " * 300] * 4)
    await telegram.send("1001", Outgoing(text, YES_NO))
    sent = telegram_standin.sent()[before:]
    assert len(sent) == 2
    assert [bool(s["reply_markup"]) for s in sent] == [False, True]
    assert " ".join(s["text"] for s in sent).split() == text.split()


@pytest.mark.parametrize("button", ["x" * 65, "é" * 33, ""])
async def test_a_button_that_telegram_cannot_carry_is_rejected(
    telegram: TelegramChannel, telegram_standin: StandIn, button: str
) -> None:
    before = len(telegram_standin.sent())
    with pytest.raises(Rejected, match="64 bytes"):
        await telegram.send("1001", Outgoing("Ya?", (Button(button, "Ya"),)))
    assert len(telegram_standin.sent()) == before


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        ({"status": 403}, AwaitsContact, "blocked by the user"),
        (
            {"status": 400, "body": {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}},
            AwaitsContact,
            "Chat not found",
        ),
        ({"status": 400}, Rejected, "refused the call"),
        ({"status": 401}, Rejected, "SIAGA_TELEGRAM_TOKEN"),
        ({"status": 500}, TemporaryFailure, "Internal Server Error"),
        ({"status": 502, "body": "<html>bad gateway</html>"}, TemporaryFailure, "Bad Gateway"),
        ({"status": 429}, TooFast, "wait"),
        ({"status": 429, "body": "slow down"}, TemporaryFailure, "Too Many Requests"),
        ({"drop": True}, UnknownOutcome, "broke"),
        ({"delay": 2}, UnknownOutcome, "did not answer"),
        ({"status": 200, "body": "not json"}, UnknownOutcome, "cannot be read"),
    ],
)
async def test_errors_say_what_to_do_next(
    telegram: TelegramChannel, telegram_standin: StandIn, answer: dict[str, Any], failure: type[Exception], words: str
) -> None:
    telegram_standin.next(path="/sendMessage", **answer)
    with pytest.raises(failure, match=words) as caught:
        await telegram.send("1001", Outgoing("halo"))
    assert type(caught.value) is failure
    assert TOKEN not in str(caught.value)


async def test_the_wish_to_wait_is_passed_on(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    telegram_standin.next(path="/sendMessage", status=429)
    with pytest.raises(TemporaryFailure) as caught:
        await telegram.send("1001", Outgoing("halo"))
    assert caught.value.retry_after == 7.0


async def test_a_dropped_answer_was_sent_all_the_same(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    telegram_standin.next(path="/sendMessage", drop=True)
    with pytest.raises(UnknownOutcome):
        await telegram.send("1001", Outgoing("sudah terkirim"))
    assert last(telegram_standin)["text"] == "sudah terkirim"


async def test_no_connection_is_temporary() -> None:
    channel = TelegramChannel(TOKEN, SECRET, free_address())
    await channel.start()
    with pytest.raises(TemporaryFailure, match="no connection"):
        await channel.send("1001", Outgoing("halo"))
    with pytest.raises(TemporaryFailure):
        await channel.fetch(Media("F"), 10)
    await channel.answered(StaffTap("IN-1", "Petugas", "1"))
    await channel.close()


async def test_a_wrong_token_is_named(telegram_standin: StandIn) -> None:
    channel = TelegramChannel("1:salah", SECRET, telegram_standin.url)
    await channel.start()
    with pytest.raises(Rejected, match="SIAGA_TELEGRAM_TOKEN"):
        await channel.send("1001", Outgoing("halo"))
    await channel.close()


async def test_files(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    content = b"\xff\xd8" + b"x" * 5000
    media = Media(telegram_standin.put(content)["file_id"])
    assert await telegram.fetch(media, 5002) == content
    with pytest.raises(Rejected, match="larger than 5001 bytes"):
        await telegram.fetch(media, 5001)
    with pytest.raises(Rejected, match="Invalid file_id"):
        await telegram.fetch(Media("tidak-ada"), 10)
    telegram_standin.next(path="/file", status=404)
    with pytest.raises(Rejected, match="gone"):
        await telegram.fetch(media, 10_000)
    for broken in ({"status": 502}, {"drop": True}, {"delay": 2}):
        telegram_standin.next(path="/file", **broken)
        with pytest.raises(TemporaryFailure):
            await telegram.fetch(media, 10_000)
    telegram_standin.next(path="/getFile", delay=2)
    with pytest.raises(TemporaryFailure):
        await telegram.fetch(media, 10_000)


async def test_25_megabytes_are_refused(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    media = Media(telegram_standin.put(b"x" * 25 * 1024 * 1024)["file_id"])
    with pytest.raises(Rejected, match="larger than"):
        await telegram.fetch(media, 20 * 1024 * 1024)


async def test_a_tap_is_answered_once(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    await telegram.send("1002", Outgoing("Ya?", YES_NO))
    update = telegram_standin.say(chat=1002, button="Ya")["updates"][0]
    (tap,) = read_update(update, None)
    before = len(telegram_standin.sent())
    await telegram.answered(tap)
    spinner, keyboard = telegram_standin.sent()[before:]
    assert spinner["callback_query_id"] == update["callback_query"]["id"]
    assert keyboard["method"] == "editMessageReplyMarkup"
    count = len(telegram_standin.sent())
    await telegram.answered(tap)
    assert len(telegram_standin.sent()) == count, "the spinner is stopped once, and an unchanged keyboard refused"


async def test_a_tapped_keyboard_shows_the_choice_alone(telegram: TelegramChannel, telegram_standin: StandIn) -> None:
    first = await telegram.send("1012", Outgoing("Sudah benar?", YES_NO))
    await telegram.send("1012", Outgoing("Ada fotonya?", (Button("photo:skip", "Lewati"),)))
    update = telegram_standin.say(chat=1012, button="Ya")["updates"][0]
    await telegram.answered(read_update(update, None)[0])
    edited = last(telegram_standin)
    assert f"{edited['chat_id']}:{edited['message_id']}" == first, "the tapped message, not the latest"
    assert edited["reply_markup"] == {"inline_keyboard": [[{"text": "✓ Ya", "callback_data": "yes"}]]}
    again = telegram_standin.say(chat=1012, button="yes")["updates"][0]
    (tapped,) = read_update(again, None)
    assert isinstance(tapped, Incoming)
    assert (tapped.button, tapped.text) == ("yes", "Ya"), "the key that is left can still be tapped"
    assert telegram_standin.say(chat=1012, button="Lewati")["statuses"] == [None]


@pytest.mark.parametrize("answer", [{"status": 400}, {"status": 500}, {"drop": True}, {"delay": 2}])
async def test_a_keyboard_that_cannot_be_changed_stops_nothing(
    telegram: TelegramChannel, telegram_standin: StandIn, answer: dict[str, Any]
) -> None:
    await telegram.send("1013", Outgoing("Ya?", YES_NO))
    update = telegram_standin.say(chat=1013, button="Ya")["updates"][0]
    telegram_standin.next(path="/editMessageReplyMarkup", **answer)
    await telegram.answered(read_update(update, None)[0])
    await telegram.send("1013", Outgoing("Terima kasih"))
    assert last(telegram_standin)["text"] == "Terima kasih"


class Taken:
    """What polling handed over; fails as often as told."""

    def __init__(self, chat: int, failures: int = 0) -> None:
        self.chat = str(chat)
        self.failures = failures
        self.messages: list[Incoming] = []

    @property
    def texts(self) -> list[str | None]:
        return [message.text for message in self.messages]

    async def __call__(self, items: Sequence[Incoming | StaffTap]) -> None:
        mine = [item for item in items if isinstance(item, Incoming) and item.address == self.chat]
        self.messages += mine
        if mine and self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")


async def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    give_up = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < give_up, f"not within {seconds} s"
        await asyncio.sleep(0.05)


async def test_polling_loses_nothing_and_reads_on_after_strange_updates(telegram_standin: StandIn) -> None:
    telegram_standin.post("/_webhook", {"url": "http://127.0.0.1:9/lama"})
    taken = Taken(1003, failures=1)
    channel = TelegramChannel(TOKEN, SECRET, telegram_standin.url, STAFF, polling=taken)
    await channel.start()
    try:
        # The old webhook is taken away first, else getUpdates would be refused.
        await until(lambda: telegram_standin.webhook() == "")
        telegram_standin.say(chat=1003, text="satu")
        await until(lambda: taken.texts == ["satu", "satu"])
        telegram_standin.post("/_raw", {"message": {"date": "bukan waktu"}})
        telegram_standin.say(chat=1003, text="dua", times=2)
        await until(lambda: taken.texts == ["satu", "satu", "dua", "dua"])
        first, again, second, repeated = (message.message_id for message in taken.messages)
        assert first == again
        assert second == repeated != first
    finally:
        await channel.close()


async def test_what_was_not_confirmed_comes_to_the_next_process(telegram_standin: StandIn) -> None:
    telegram_standin.post("/_webhook", {"url": ""})
    dying = Taken(1004, failures=100)
    first = TelegramChannel(TOKEN, SECRET, telegram_standin.url, polling=dying)
    await first.start()
    telegram_standin.say(chat=1004, text="jangan hilang")
    await until(lambda: "jangan hilang" in dying.texts)
    await first.close()
    living = Taken(1004)
    second = TelegramChannel(TOKEN, SECRET, telegram_standin.url, polling=living)
    await second.start()
    try:
        await until(lambda: "jangan hilang" in living.texts)
    finally:
        await second.close()


async def test_the_webhook_gets_what_the_stand_in_signs(
    telegram: TelegramChannel, telegram_standin: StandIn, ear: tuple[Ear, str]
) -> None:
    listening, url = ear
    await telegram.set_webhook(url)
    try:
        said = telegram_standin.say(chat=1005, photos=[encoded(b"a" * 2000), encoded(b"b" * 2000)], caption="dua foto")
        assert said["statuses"] == [200, 200]
        found = [telegram.receive(heard)[0] for heard in listening.heard]
        assert [f.kind for f in found if isinstance(f, Incoming)] == ["photo", "photo"]
        assert len({f.album for f in found if isinstance(f, Incoming)}) == 1
        photos = [f for f in found if isinstance(f, Incoming)]
        assert [p.text for p in photos] == ["dua foto", None]
        assert [await telegram.fetch(p.media[0], 5000) for p in photos] == [b"a" * 2000, b"b" * 2000]
    finally:
        telegram_standin.post("/_webhook", {"url": ""})
