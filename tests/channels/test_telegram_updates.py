"""Every kind of Telegram update, as the Bot API describes it, and what it becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Forged, Incoming, Malformed, Media, StaffTap, WebhookRequest
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_updates import plain_words, read_update

SECRET = "rahasia-uji-0123456789"
STAFF = -1001112223334
WARGA = {"id": 1001, "is_bot": False, "first_name": "Siti", "last_name": "Contoh"}
PRIVATE = {"id": 1001, "type": "private", "first_name": "Siti"}
GROUP = {"id": STAFF, "type": "supergroup", "title": "Petugas 112"}


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 55, "from": WARGA, "chat": PRIVATE, "date": 1_764_000_000, **content}


def read(**update: Any) -> list[Incoming | StaffTap]:
    return read_update({"update_id": 900_001, **update}, STAFF)


def one(**update: Any) -> Incoming:
    (found,) = read(**update)
    assert isinstance(found, Incoming)
    return found


FILE = {"file_id": "F1", "file_unique_id": "u", "file_size": 10}
SIZES = [
    {**FILE, "file_id": "kecil", "width": 90, "height": 60},
    {**FILE, "file_id": "besar", "width": 1280, "height": 960, "file_size": 90_000},
    {**FILE, "file_id": "sedang", "width": 320, "height": 240},
]
HERE = {"latitude": 0.5379, "longitude": 117.55547}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "lampu jalan mati"}, {"kind": "text", "text": "lampu jalan mati"}),
        ({"text": "/start"}, {"kind": "text", "text": "mulai"}),
        ({"text": "/start promosi"}, {"kind": "text", "text": "mulai"}),
        ({"text": "/menu@KutimSiagaBot"}, {"kind": "text", "text": "menu"}),
        ({"text": "/status KS-251124-A1B2"}, {"kind": "text", "text": "status KS-251124-A1B2"}),
        ({"photo": SIZES, "caption": "ini fotonya"},
         {"kind": "photo", "text": "ini fotonya", "media": (Media("besar", "image/jpeg", 90_000),)}),
        ({"photo": SIZES, "media_group_id": "g7"}, {"kind": "photo", "album": "g7"}),
        ({"document": {**FILE, "mime_type": "image/png", "file_name": "a.png"}},
         {"kind": "photo", "media": (Media("F1", "image/png", 10, "a.png"),)}),
        ({"document": {**FILE, "mime_type": "application/pdf", "file_name": "surat.pdf"}},
         {"kind": "document", "media": (Media("F1", "application/pdf", 10, "surat.pdf"),)}),
        ({"document": FILE}, {"kind": "document"}),
        ({"animation": {**FILE, "width": 1, "height": 1, "duration": 2, "mime_type": "video/mp4"},
          "document": {**FILE, "mime_type": "video/mp4"}}, {"kind": "video"}),
        ({"video": {**FILE, "width": 1, "height": 1, "duration": 2, "mime_type": "video/mp4"}},
         {"kind": "video", "media": (Media("F1", "video/mp4", 10),)}),
        ({"video_note": {**FILE, "length": 240, "duration": 2}}, {"kind": "video", "media": (Media("F1", None, 10),)}),
        ({"voice": {**FILE, "duration": 2, "mime_type": "audio/ogg"}},
         {"kind": "voice", "media": (Media("F1", "audio/ogg", 10),)}),
        ({"audio": {**FILE, "duration": 2, "mime_type": "audio/mpeg"}}, {"kind": "voice"}),
        ({"sticker": {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}},
         {"kind": "sticker"}),
        ({"location": HERE}, {"kind": "pin", "pin": (0.5379, 117.55547), "live": False}),
        ({"location": {**HERE, "live_period": 900}}, {"kind": "pin", "live": True}),
        ({"location": HERE, "venue": {"location": HERE, "title": "Pasar Induk", "address": "Sangatta Utara"}},
         {"kind": "pin", "pin": (0.5379, 117.55547), "text": "Pasar Induk, Sangatta Utara"}),
        ({"contact": {"phone_number": "6281100001234", "first_name": "Siti"}},
         {"kind": "contact", "phone": "+6281100001234", "text": "Siti"}),
        ({"dice": {"emoji": "🎲", "value": 3}}, {"kind": "unsupported"}),
        ({"benda_baru": {"dari": "masa depan"}}, {"kind": "unsupported"}),
    ],
)  # fmt: skip
def test_messages(content: dict[str, Any], expected: dict[str, Any]) -> None:
    found = one(message=message(**content))
    assert {name: getattr(found, name) for name in expected} == expected
    assert (found.channel, found.message_id, found.address, found.own_id) == ("telegram", "900001", "1001", "1001:55")
    assert found.profile_name == "Siti Contoh"
    assert found.at.timestamp() == 1_764_000_000


def test_an_edit_names_the_message_that_it_corrects() -> None:
    edit = one(edited_message=message(text="bukan, di Bengalon", edit_date=1_764_000_060))
    assert (edit.kind, edit.edit_of, edit.own_id, edit.at.timestamp()) == ("text", "1001:55", "1001:55", 1_764_000_060)


def test_an_edited_caption_is_a_correction_and_not_a_second_photo() -> None:
    edit = one(edited_message=message(photo=SIZES, caption="di Bengalon", edit_date=1, media_group_id="g"))
    assert (edit.kind, edit.text, edit.media, edit.album) == ("text", "di Bengalon", (), None)


def test_a_moving_live_location_is_no_news() -> None:
    assert read(edited_message=message(location={**HERE, "live_period": 900}, edit_date=1)) == []


def tap(chat: dict[str, Any], data: str) -> dict[str, Any]:
    keys = {"inline_keyboard": [[{"text": "Kirim", "callback_data": "send"}]]}
    below = {"message_id": 7, "chat": chat, "date": 1, "text": "Sudah benar?", "reply_markup": keys}
    return {"id": "444", "from": WARGA, "chat_instance": "1", "message": below, "data": data}


def test_a_tap_is_a_button_with_its_title() -> None:
    found = one(callback_query=tap(PRIVATE, "send"))
    assert (found.kind, found.button, found.text, found.own_id) == ("button", "send", "Kirim", "tap:444:7")


def test_a_tap_on_a_message_too_old_to_be_shown() -> None:
    old = {**tap(PRIVATE, "send"), "message": {"message_id": 7, "chat": PRIVATE, "date": 0}}
    assert (one(callback_query=old).button, one(callback_query=old).own_id) == ("send", "tap:444")


def test_the_one_key_left_after_a_tap_still_has_its_title() -> None:
    again = tap(PRIVATE, "send")
    again["message"]["reply_markup"] = {"inline_keyboard": [[{"text": "✓ Kirim", "callback_data": "send"}]]}
    assert (one(callback_query=again).text, one(callback_query=again).own_id) == ("Kirim", "tap:444:7")


def test_only_the_staff_group_acknowledges() -> None:
    assert read(callback_query=tap(GROUP, "ack:IN-1")) == [StaffTap("IN-1", "Siti Contoh", "444")]
    assert read(callback_query=tap(GROUP, "send")) == []
    assert read(callback_query=tap(GROUP, "ack:")) == []
    assert read(callback_query=tap({**GROUP, "id": -5}, "ack:IN-1")) == []
    # A citizen can send any data: in a private chat it is only a button.
    assert one(callback_query=tap(PRIVATE, "ack:IN-1")).button == "ack:IN-1"


@pytest.mark.parametrize(
    "update",
    [
        {"message": {**message(text="halo"), "chat": GROUP}},
        {"message": {**message(text="halo"), "from": {**WARGA, "is_bot": True}}},
        {"message": message(message_auto_delete_timer_changed={"message_auto_delete_time": 86400})},
        {"channel_post": {**message(text="halo"), "chat": {"id": -9, "type": "channel", "title": "x"}}},
        {},
    ],
)
def test_what_is_no_citizens_message_is_passed_over(update: dict[str, Any]) -> None:
    assert read(**update) == []


@pytest.mark.parametrize("raw", [[], None, 5, "x", {}, {"update_id": "1"}, {"update_id": True},
                                 {"update_id": 1, "message": {}}, {"update_id": 1, "message": 5},
                                 {"update_id": 1, "message": message(photo="x")}])  # fmt: skip
def test_what_is_no_update_is_malformed(raw: object) -> None:
    with pytest.raises(Malformed):
        read_update(raw, STAFF)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["photo", "location", "contact", "document", "from", "chat", "text", "date"]), json_values)
def test_no_content_breaks_the_reader(name: str, value: Any) -> None:
    try:
        read(message={**message(text="halo"), name: value})
    except Malformed:
        pass


def test_commands_are_words() -> None:
    assert [plain_words(w) for w in ("/batal", "/petugas", "/ulang", "/bantuan", "/help", "/lapor jalan rusak")] == [
        "batal", "petugas", "ulang", "bantuan", "bantuan", "lapor jalan rusak",
    ]  # fmt: skip
    assert plain_words("jalan km 3/4 rusak") == "jalan km 3/4 rusak"
    assert plain_words("/ dan lain-lain") == "/ dan lain-lain"


# --- the door ---


def request(headers: dict[str, str], body: bytes | None = None) -> WebhookRequest:
    update = json.dumps({"update_id": 1, "message": message(text="halo")}).encode()
    return WebhookRequest("https://siaga.example.go.id/webhooks/telegram", headers, update if body is None else body)


@pytest.mark.parametrize("given", [None, "", "salah", SECRET[:-1], SECRET + "x", "rahasia-é"])
def test_a_wrong_or_missing_secret_is_forged(given: str | None) -> None:
    channel = TelegramChannel("1:A", SECRET)
    with pytest.raises(Forged):
        channel.receive(request({} if given is None else {"x-telegram-bot-api-secret-token": given}))


def test_an_empty_secret_opens_nothing() -> None:
    with pytest.raises(Forged):
        TelegramChannel("1:A", "").receive(request({"x-telegram-bot-api-secret-token": ""}))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_a_broken_body_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        TelegramChannel("1:A", SECRET).receive(request({"x-telegram-bot-api-secret-token": SECRET}, body))


def test_the_right_secret_opens() -> None:
    (found,) = TelegramChannel("1:A", SECRET).receive(request({"x-telegram-bot-api-secret-token": SECRET}))
    assert isinstance(found, Incoming)
    assert found.text == "halo"
