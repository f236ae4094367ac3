"""The stand-ins refuse what the real services refuse, in their words and formats."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.channels.ear import ACCOUNT, AUTH_TOKEN, SENDER, TOKEN, Ear, StandIn


def telegram(standin: StandIn, method: str, token: str = TOKEN, **given: Any) -> httpx.Response:
    return httpx.post(f"{standin.url}/bot{token}/{method}", json=given, timeout=30, trust_env=False)


def inline(**key: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[key]]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": "abc", "text": "x"}, "Integer"),
        ({"chat_id": 0, "text": "x"}, "chat not found"),
        ({"chat_id": 1}, "message text is empty"),
        ({"chat_id": 1, "text": "   "}, "message text is empty"),
        ({"chat_id": 1, "text": "x" * 4097}, "message is too long"),
        ({"chat_id": 1, "text": "😀" * 2049}, "message is too long"),
        ({"chat_id": 1, "text": "x", "parse_mode": "BBCode"}, "parse_mode"),
        ({"chat_id": 1, "text": "x", "reply_markup": "{"}, "can't parse reply markup"),
        ({"chat_id": 1, "text": "x", "reply_markup": {}}, "object expected as reply markup"),
        ({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [], "keyboard": []}}, "object expected"),
        ({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [{"text": "a"}]}}, "Array of Arrays"),
        ({"chat_id": 1, "text": "x", "reply_markup": inline(text="a", callback_data="x" * 65)}, "BUTTON_DATA_INVALID"),
        ({"chat_id": 1, "text": "x", "reply_markup": inline(text="a", callback_data="")}, "BUTTON_DATA_INVALID"),
        ({"chat_id": 1, "text": "x", "reply_markup": inline(text="a")}, "Text buttons are unallowed"),
        ({"chat_id": 1, "text": "x", "reply_markup": inline(callback_data="a")}, "must be non-empty"),
        ({"chat_id": 1, "text": "x", "reply_markup": {"keyboard": [[{}]]}}, "must be non-empty"),
        ({"chat_id": -5, "text": "x", "reply_markup": {"keyboard": [[{"text": "a", "request_contact": True}]]}},
         "private chats only"),
    ],
)  # fmt: skip
def test_telegram_refuses_wrong_messages(telegram_standin: StandIn, given: dict[str, Any], words: str) -> None:
    answer = telegram(telegram_standin, "sendMessage", **given)
    assert answer.status_code == answer.json()["error_code"] == 400
    assert answer.json()["ok"] is False
    assert answer.json()["description"].startswith("Bad Request: ")
    assert words in answer.json()["description"]


def test_telegram_tokens(telegram_standin: StandIn) -> None:
    assert telegram(telegram_standin, "getMe").json()["result"]["is_bot"] is True
    assert telegram(telegram_standin, "getMe", "1:salah").json()["error_code"] == 401
    assert telegram(telegram_standin, "getMe", "tanpa-titik-dua").json()["error_code"] == 404
    assert telegram(telegram_standin, "tariSalsa").json()["error_code"] == 404


def test_telegram_photo_and_markup_edit(telegram_standin: StandIn) -> None:
    url = f"{telegram_standin.url}/bot{TOKEN}/sendPhoto"
    files = {"photo": ("a.jpg", b"foto", "image/jpeg")}
    markup = json.dumps(inline(text="Terima", callback_data="ack:1"))
    sent = httpx.post(url, data={"chat_id": "5", "reply_markup": markup}, files=files, trust_env=False).json()["result"]
    file = telegram(telegram_standin, "getFile", file_id=sent["photo"][-1]["file_id"]).json()["result"]
    got = httpx.get(f"{telegram_standin.url}/file/bot{TOKEN}/{file['file_path']}", trust_env=False)
    assert got.content == b"foto"
    edit = {"chat_id": 5, "message_id": sent["message_id"]}
    assert "reply_markup" not in telegram(telegram_standin, "editMessageReplyMarkup", **edit).json()["result"]
    assert "not modified" in telegram(telegram_standin, "editMessageReplyMarkup", **edit).json()["description"]
    missing = telegram(telegram_standin, "editMessageReplyMarkup", chat_id=5, message_id=99_999)
    assert "not found" in missing.json()["description"]


def test_telegram_webhook_and_polling_exclude_each_other(telegram_standin: StandIn) -> None:
    assert "HTTPS" in telegram(telegram_standin, "setWebhook", url="http://siaga.example.go.id/x").json()["description"]
    spaced = telegram(telegram_standin, "setWebhook", url="https://siaga.example.go.id/x", secret_token="a b")
    assert "unallowed" in spaced.json()["description"]
    wanted = {"url": "https://siaga.example.go.id/x", "secret_token": "a-b"}
    assert telegram(telegram_standin, "setWebhook", **wanted).json()["ok"]
    assert telegram(telegram_standin, "getWebhookInfo").json()["result"]["url"] == "https://siaga.example.go.id/x"
    assert telegram(telegram_standin, "getUpdates").json()["error_code"] == 409
    assert telegram(telegram_standin, "deleteWebhook").json()["ok"]
    assert telegram(telegram_standin, "getUpdates").json()["ok"]


def test_telegram_updates_stay_until_confirmed(telegram_standin: StandIn) -> None:
    (update,) = telegram_standin.say(chat=7, text="halo")["updates"]
    assert update in telegram(telegram_standin, "getUpdates").json()["result"]
    assert update in telegram(telegram_standin, "getUpdates", timeout=20).json()["result"]
    assert telegram(telegram_standin, "getUpdates", offset=update["update_id"] + 1).json()["result"] == []


def test_telegram_acts_have_the_official_shape(telegram_standin: StandIn, ear: tuple[Ear, str]) -> None:
    listening, url = ear
    telegram_standin.post("/_webhook", {"url": url, "secret": "s"})
    try:
        ids = telegram_standin.say(chat=8, text="/menu sekarang")["message_ids"]
        telegram_standin.say(chat=8, text="bukan", edit_of=ids[0])
        telegram_standin.say(chat=8, pin=[0.5, 117.5], live=True)
        telegram_standin.say(chat=8, contact="+6281100001234")
        for kind in ("voice", "video", "document", "sticker"):
            telegram_standin.say(chat=8, kind=kind)
        heard = [json.loads(request.body) for request in listening.heard]
        assert all(r.headers["x-telegram-bot-api-secret-token"] == "s" for r in listening.heard)
        assert heard[0]["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 5}]
        assert heard[1]["edited_message"]["message_id"] == ids[0]
        assert heard[2]["message"]["location"]["live_period"] == 900
        assert heard[3]["message"]["contact"]["phone_number"] == "6281100001234"
        assert [k for h in heard[4:] for k in ("voice", "video", "document", "sticker") if k in h["message"]] == [
            "voice", "video", "document", "sticker",
        ]  # fmt: skip
        assert [h["update_id"] for h in heard] == sorted({h["update_id"] for h in heard})
    finally:
        telegram_standin.post("/_webhook", {"url": ""})
    absent = httpx.post(f"{telegram_standin.url}/_say", json={"chat": 8, "button": "tak ada"}, trust_env=False)
    assert absent.status_code == 409


def twilio(standin: StandIn, form: dict[str, str], auth: tuple[str, str] = (ACCOUNT, AUTH_TOKEN)) -> httpx.Response:
    url = f"{standin.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    return httpx.post(url, data=form, auth=auth, timeout=30, trust_env=False)


GOOD = {"From": SENDER, "To": "whatsapp:+628110000001", "Body": "halo"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"To": "whatsapp:0811"}, 21211),
        ({"From": "+628110000100"}, 21910),
        ({"From": "whatsapp:+628110000999"}, 63007),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ContentSid": "HX" + "9" * 32}, 21655),
    ],
)
def test_twilio_refuses_wrong_messages(twilio_standin: StandIn, changes: dict[str, str], code: int) -> None:
    answer = twilio(twilio_standin, {**GOOD, **changes})
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["status"]) == (code, 400)
    assert answer.json()["more_info"].endswith(str(code))
    assert answer.json()["message"]


@pytest.mark.parametrize("variables", ["{", "[]", '{"body": ""}', '{"body": 5}', json.dumps({"1": "x" * 21})])
def test_twilio_refuses_wrong_variables(twilio_standin: StandIn, variables: str) -> None:
    types = {"twilio/quick-reply": {"body": "Halo {{body}}", "actions": [{"title": "{{1}}", "id": "a"}]}}
    made = httpx.post(
        f"{twilio_standin.url}/v1/Content", auth=(ACCOUNT, AUTH_TOKEN), trust_env=False,
        json={"friendly_name": "uji", "language": "id", "variables": {"1": "Ya", "body": "Bu"}, "types": types},
    )  # fmt: skip
    assert made.status_code == 201
    refused = twilio(twilio_standin, {**GOOD, "ContentSid": made.json()["sid"], "ContentVariables": variables})
    assert refused.json()["code"] == 21656
    taken = twilio(twilio_standin, {**GOOD, "ContentSid": made.json()["sid"], "ContentVariables": '{"1": "Tidak"}'})
    assert taken.json()["body"] == "Halo Bu"


def test_twilio_checks_the_password(twilio_standin: StandIn) -> None:
    answer = twilio(twilio_standin, GOOD, (ACCOUNT, "salah"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    url = f"{twilio_standin.url}/2010-04-01/Accounts/AC{'2' * 32}/Messages.json"
    assert httpx.post(url, data=GOOD, auth=(ACCOUNT, AUTH_TOKEN), trust_env=False).status_code == 401
    assert httpx.get(twilio_standin.put(b"x")["url"], trust_env=False).status_code == 401


def test_twilio_message_resource(twilio_standin: StandIn) -> None:
    answer = twilio(twilio_standin, GOOD)
    assert answer.status_code == 201
    message = answer.json()
    assert message["sid"].startswith("SM")
    assert len(message["sid"]) == 34
    assert (message["status"], message["direction"], message["num_media"]) == ("queued", "outbound-api", "0")
    listed = httpx.get(
        f"{twilio_standin.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", auth=(ACCOUNT, AUTH_TOKEN), trust_env=False
    ).json()
    assert message in listed["messages"]


def test_twilio_can_forge_and_repeat(twilio_standin: StandIn, ear: tuple[Ear, str]) -> None:
    listening, url = ear
    twilio_standin.post("/_webhook", {"url": url})
    try:
        assert twilio_standin.say(text="halo", times=2)["statuses"] == [200, 200]
        assert listening.heard[0].body == listening.heard[1].body
        twilio_standin.say(text="halo", forged=True)
        assert len(listening.heard) == 3
    finally:
        twilio_standin.post("/_webhook", {"url": ""})
