"""The staff group, against an HTTP server that speaks sendMessage."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.failures import Rejected, TemporaryFailure
from bot.gateways.telegram_group import TelegramGroup
from tests.gateways.running import BotApi, alert, serving

TOKEN = "1:uji"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[BotApi, str]]:
    made = BotApi()
    with serving(made.app) as address:
        yield made, address


@pytest.fixture
def api(running: tuple[BotApi, str]) -> BotApi:
    running[0].sent.clear()
    running[0].answers.clear()
    return running[0]


@pytest_asyncio.fixture
async def group(running: tuple[BotApi, str]) -> AsyncIterator[TelegramGroup]:
    made = TelegramGroup(TOKEN, running[1] + "/", -100)
    yield made
    await made.close()


async def test_the_message_and_its_button(api: BotApi, group: TelegramGroup) -> None:
    assert await group.alert(alert()) == "1"
    sent = api.sent[0]
    assert (sent["token"], sent["chat_id"]) == (TOKEN, "-100")
    assert "0.537900, 117.555470" in sent["text"]
    assert "parse_mode" not in sent
    button = json.loads(sent["reply_markup"])["inline_keyboard"][0][0]
    assert button == {"text": "Terima", "callback_data": f"ack:{alert().incident}"}
    assert len(button["callback_data"].encode()) <= 64


async def test_an_id_too_long_for_a_button_still_goes_out(api: BotApi, group: TelegramGroup) -> None:
    assert await group.alert(alert(incident="IN-" + "x" * 70))
    assert "reply_markup" not in api.sent[0]


async def test_a_long_cry_fits_one_message_and_keeps_the_facts(api: BotApi, group: TelegramGroup) -> None:
    await group.alert(alert(words="tolong " * 2000))
    assert len(api.sent[0]["text"]) <= 4096
    assert alert().incident in api.sent[0]["text"]


async def test_a_notice_has_no_button(api: BotApi, group: TelegramGroup) -> None:
    assert await group.notice("Ada warga yang menunggu petugas sejak 2 menit")
    assert "reply_markup" not in api.sent[0]


async def test_the_wish_to_wait_is_passed_on(api: BotApi, group: TelegramGroup) -> None:
    api.answers.append((429, {"description": "Too Many Requests", "parameters": {"retry_after": 7}}))
    with pytest.raises(TemporaryFailure) as failed:
        await group.alert(alert())
    assert failed.value.retry_after == 7


@pytest.mark.parametrize(
    ("status", "failure"),
    [(400, Rejected), (401, Rejected), (403, Rejected), (404, Rejected), (409, TemporaryFailure),
     (500, TemporaryFailure), (502, TemporaryFailure)],
)  # fmt: skip
async def test_failures(api: BotApi, group: TelegramGroup, status: int, failure: type[Exception]) -> None:
    api.answers.append((status, {"description": "no"}))
    with pytest.raises(failure) as failed:
        await group.alert(alert())
    assert type(failed.value) is failure
    assert TOKEN not in str(failed.value)
    assert await group.alert(alert())


async def test_a_group_that_moved_is_followed(api: BotApi, group: TelegramGroup) -> None:
    moved = {"description": "group chat was upgraded", "parameters": {"migrate_to_chat_id": -1002}}
    api.answers.append((400, moved))
    assert await group.alert(alert())
    assert await group.alert(alert())
    assert [sent["chat_id"] for sent in api.sent] == ["-100", "-1002", "-1002"]
