"""The stand-in that brings updates as Telegram does: until they are taken, in order, perhaps several times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from tests.channels.ear import SECRET, TOKEN, StandIn
from tests.e2e.processes import eventually
from tests.gateways.running import process, serving


class Door:
    """A webhook that takes an update only at its third call."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.app = FastAPI()
        self.app.post("/webhook")(self._hear)

    async def _hear(self, request: Request) -> Response:
        assert request.headers["x-telegram-bot-api-secret-token"] == SECRET
        number = (await request.json())["update_id"]
        self.calls.append(number)
        return Response(status_code=200 if self.calls.count(number) >= 3 else 503)


@pytest.fixture
def telegram() -> Iterator[StandIn]:
    with process("bot.simulators.telegram", "--token", TOKEN) as (url, _):
        yield StandIn(url)


def test_an_update_is_brought_until_it_is_taken_and_before_the_next(telegram: StandIn) -> None:
    door = Door()
    with serving(door.app) as url:
        telegram.post("/_webhook", {"url": f"{url}/webhook", "secret": SECRET, "copies": 2, "seed": 3})
        said = [telegram.say(chat=chat, text=words) for chat in (11, 12) for words in ("satu", "dua")]
        numbers = [update["update_id"] for one in said for update in one["updates"]]
        assert all(one["statuses"] == [] for one in said), "the courier is waited for by nobody"

        def taken() -> bool:
            return all(door.calls.count(number) >= 3 for number in numbers)

        eventually(taken, "every update is taken")
        for first, second in (numbers[:2], numbers[2:]):
            last = len(door.calls) - 1 - door.calls[::-1].index(first)
            assert last < door.calls.index(second), "the second came before the first was taken"
        telegram.post("/_webhook", {"url": ""})


def test_what_was_taken_and_how_it_was_answered_is_told(telegram: StandIn) -> None:
    call: dict[str, Any] = {"chat_id": 11, "text": "halo"}
    path = f"/bot{TOKEN}/sendMessage"
    telegram.next(path="/sendMessage", status=500, accept=True)
    with pytest.raises(AssertionError):
        telegram.post(path, call)
    telegram.post(path, call)
    assert [row["answered"] for row in telegram.sent()] == ["500", "200"]
