"""What is forged, too large or broken is refused and leaves nothing; what a citizen cannot help is answered."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping

import httpx
import pytest
import sqlalchemy as sa

from bot.store.transaction import Transaction
from tests.channels.ear import SECRET
from tests.e2e.citizens import Citizen, TelegramCitizen, WhatsAppCitizen, sentence
from tests.e2e.pictures import NOT_A_PICTURE, huge, street
from tests.e2e.processes import EMERGENCY_SECRET, House
from tests.e2e.test_emergency import FIRE, cries_for_help, incident_of
from tests.e2e.test_report import LAMP, complaint

pytestmark = pytest.mark.parametrize("house", ["sqlite"], indirect=True)
TEN_MEGABYTES = 10 * 1024 * 1024
BAD_PICTURES = [(huge(), "photo_too_many_pixels"), (NOT_A_PICTURE, "photo_not_a_picture")]
DOORS = ("/webhooks/telegram", "/webhooks/twilio", "/webhooks/emergency")


def posts(house: House, path: str, content: bytes, headers: Mapping[str, str] | None = None) -> int:
    answer = httpx.post(f"{house.url}{path}", content=content, headers=headers, timeout=30, trust_env=False)
    return answer.status_code


def left_behind(house: House, channel: str, address: str, message_id: str) -> list[str]:
    """What the database knows of this sender or this message; personal columns are sealed, so by fingerprint."""

    async def ask(tx: Transaction) -> list[str]:
        found = []
        if await tx.conversations.of_address(channel, address) is not None:
            found.append("conversation")
        queries = {
            "contact": ("SELECT count(*) FROM contacts WHERE channel = :a AND address_hash = :b",
                        {"a": channel, "b": tx.sealer.fingerprint(channel, address)}),
            "inbox": ("SELECT count(*) FROM inbox WHERE source = :a AND message_id = :b",
                      {"a": channel, "b": message_id}),
        }  # fmt: skip
        for name, (query, values) in queries.items():
            if await tx.session.scalar(sa.text(query), values):
                found.append(name)
        return found

    return house.stored(ask)


@pytest.mark.parametrize("token", [None, "rahasia-yang-salah", SECRET[:-1], "é"])
def test_a_forged_telegram_update(house: House, token: str | None) -> None:
    chat, update = secrets.randbelow(10**9) + 10**9, secrets.randbelow(10**9) + 10**9
    message = {"message_id": 1, "date": int(time.time()), "chat": {"id": chat, "type": "private"}, "text": FIRE}
    body = json.dumps({"update_id": update, "message": message}).encode()
    headers = {} if token is None else {"X-Telegram-Bot-Api-Secret-Token": token.encode()}
    answer = httpx.post(f"{house.url}/webhooks/telegram", content=body, headers=headers, trust_env=False)  # type: ignore[arg-type]
    assert answer.status_code in (401, 403)
    assert left_behind(house, "telegram", str(chat), str(update)) == []
    given = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    assert posts(house, "/webhooks/telegram", body, given) == 200, "the same update, rightly signed, is taken"
    assert left_behind(house, "telegram", str(chat), str(update)) == ["conversation", "contact", "inbox"]


def test_a_forged_twilio_form(house: House, whatsapp: WhatsAppCitizen) -> None:
    act = {"sender": whatsapp.sender, "text": FIRE, "forged": True}
    said = house.outside.twilio.post("/_say", act)
    assert said["statuses"] == [403]
    assert left_behind(house, "whatsapp", f"whatsapp:{whatsapp.sender}", said["form"]["MessageSid"]) == []


@pytest.mark.parametrize("forgery", ["unsigned", "wrong", "old"])
def test_a_forged_acknowledgement(house: House, whatsapp: WhatsAppCitizen, forgery: str) -> None:
    cries_for_help(whatsapp)
    incident = incident_of(house, whatsapp)
    body = json.dumps({"incident": incident["id"], "state": "acknowledged", "by": "Penyusup"}).encode()
    stamp = str(int(time.time()) - (3600 if forgery == "old" else 0))
    signature = f"v1={secrets.token_hex(32)}"
    if forgery == "old":
        # Rightly signed, an hour ago: what somebody recorded and plays again.
        signature = signed(stamp, body)
    headers = {} if forgery == "unsigned" else {"X-Siaga-Timestamp": stamp, "X-Siaga-Signature": signature}
    assert posts(house, "/webhooks/emergency", body, headers) == 403
    after = incident_of(house, whatsapp)
    assert after["state"] != "acknowledged"
    assert "Penyusup" not in json.dumps(after["steps"])
    house.outside.emergency.post("/_acknowledge", {"incident": incident["id"], "to": f"{house.url}/webhooks/emergency"})
    assert incident_of(house, whatsapp)["state"] == "acknowledged"


def signed(stamp: str, body: bytes) -> str:
    return "v1=" + hmac.digest(EMERGENCY_SECRET.encode(), f"{stamp}.".encode() + body, "sha256").hex()


@pytest.mark.parametrize("path", [*DOORS, "/chat/messages", "/admin/masuk"])
def test_ten_megabytes_are_too_much(house: House, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"} if path == "/admin/masuk" else {}
    given = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "x-siaga-chat": "1", **form}
    assert posts(house, path, b"a" * TEN_MEGABYTES, given) == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"update_id": "x"}', b"[" * 20_000, b"\xff\xfe{}"])
def test_what_is_no_update_is_400(house: House, body: bytes) -> None:
    assert posts(house, "/webhooks/telegram", body, {"X-Telegram-Bot-Api-Secret-Token": SECRET}) == 400


def test_broken_json_with_a_right_signature_is_400(house: House) -> None:
    for body in (b"{", b"[]", b"{}", b'{"incident": "x", "state": "terbang"}'):
        stamp = str(int(time.time()))
        headers = {"X-Siaga-Timestamp": stamp, "X-Siaga-Signature": signed(stamp, body)}
        assert posts(house, "/webhooks/emergency", body, headers) == 400


def at_the_photo(citizen: Citizen) -> None:
    citizen.writes(LAMP)
    citizen.goes_on_to("Lewati")


def still_files(house: House, citizen: Citizen) -> None:
    """The conversation goes on: a good photo, the summary, and the report with that one photo."""
    citizen.goes_on_to("Lewati")
    citizen.sends(street(7))
    assert "Foto: 1" in citizen.is_offered("Kirim").text
    citizen.picks("Kirim")
    filed = complaint(house, citizen.ticket())
    assert len(json.loads(filed["attachments"])) == 1


@pytest.mark.parametrize(("content", "answer"), BAD_PICTURES)
def test_a_bad_picture_on_telegram(house: House, telegram: TelegramCitizen, content: bytes, answer: str) -> None:
    at_the_photo(telegram)
    telegram.sends(content)
    telegram.hears(sentence(answer))
    still_files(house, telegram)


@pytest.mark.parametrize(("content", "answer"), BAD_PICTURES)
def test_a_bad_picture_on_whatsapp(house: House, whatsapp: WhatsAppCitizen, content: bytes, answer: str) -> None:
    at_the_photo(whatsapp)
    whatsapp.sends(content)
    whatsapp.hears(sentence(answer))
    still_files(house, whatsapp)


def test_a_picture_that_cannot_be_fetched(house: House, whatsapp: WhatsAppCitizen) -> None:
    at_the_photo(whatsapp)
    house.outside.twilio.next(path="/Media", status=404)
    whatsapp.sends(street(8))
    whatsapp.hears(sentence("photo_unavailable"))
    still_files(house, whatsapp)


def test_a_good_and_a_bad_picture_in_one_album(house: House, telegram: TelegramCitizen) -> None:
    at_the_photo(telegram)
    telegram.sends(street(9), NOT_A_PICTURE)
    telegram.hears(sentence("photo_not_a_picture"))
    assert "Foto: 1" in telegram.is_offered("Kirim").text
