"""Pressing 1 in a call acknowledges; forged, late and repeated presses change nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped,unused-ignore]

from bot.gateways.call import VoiceCall
from bot.gateways.ladder import Rung
from bot.gateways.rota import Contact
from bot.simulators.twilio import create_app
from bot.store.transaction import reading
from bot.store.unit_of_work import Store
from bot.voice import voice_router
from tests.bot.house import TestHouse, build
from tests.channels.ear import ACCOUNT, AUTH_TOKEN
from tests.doubles import text
from tests.gateways.running import serving

PUBLIC = "https://siaga.example.go.id"
LADDER = (Rung("call", "Telepon piket", 60, (Contact("Kepala jaga", "+6281100000001"),)),)


class Line:
    """A house that calls over the Twilio stand-in, and the telephone of the one who is called."""

    def __init__(self, house: TestHouse, twilio: str, browser: httpx.AsyncClient) -> None:
        self.house = house
        self._twilio = twilio
        self._browser = browser

    async def calls(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient() as client:
            found: list[dict[str, Any]] = (await client.get(f"{self._twilio}/_calls")).json()["calls"]
        return found

    async def press(self, digits: str, *, token: str = AUTH_TOKEN, **changes: str) -> httpx.Response:
        """Press a key in the latest call, told as Twilio tells it."""
        call = (await self.calls())[-1]
        form = {"CallSid": call["sid"], "AccountSid": ACCOUNT, "Digits": digits, **changes}
        url = str(call["action"])
        signature = RequestValidator(token).compute_signature(url, form)
        return await self._browser.post(
            url.removeprefix(PUBLIC), data=form, headers={"X-Twilio-Signature": signature}
        )  # fmt: skip

    async def incident(self) -> tuple[str, str | None]:
        async with reading(self.house.store) as tx:
            incident = (await tx.incidents.listing())[0]
        return incident.state, incident.acknowledged_by


@pytest.fixture(scope="module")
def twilio() -> Iterator[str]:
    with serving(create_app(AUTH_TOKEN, ACCOUNT)) as address:
        yield address


@pytest_asyncio.fixture
async def line(store: Store, tmp_path: Path, twilio: str) -> AsyncIterator[Line]:
    house = build(store, tmp_path, LADDER)
    call = VoiceCall(ACCOUNT, AUTH_TOKEN, "+6281100000100", PUBLIC, twilio, house.clock)
    house.transports["call"] = call  # type: ignore[assignment]
    app = FastAPI()
    app.include_router(voice_router(call, house.staff, store, lambda code: f"<{code}>", PUBLIC))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as browser:
        yield Line(house, twilio, browser)
    await call.close()


async def test_a_call_is_answered_once_and_by_nobody_else(line: Line) -> None:
    await line.house.hears(text("kebakaran dekat masjid, ada 2 korban", "1"))
    call = (await line.calls())[-1]
    assert (call["to"], call["digits"], call["languages"]) == ("+6281100000001", "1", ["id-ID"])
    assert call["said"].count("Darurat: kebakaran.") == 2, "read twice"
    assert call["action"].startswith(f"{PUBLIC}/webhooks/twilio/voice?incident=IN-")

    assert (await line.press("1", token="tebakan")).status_code == 403
    assert (await line.incident())[1] is None
    again = await line.press("7")
    assert again.status_code == 200
    assert again.text.count("Darurat: kebakaran.") == 2, "any other key has it read again"

    accepted = await line.press("1")
    assert "sudah Anda terima" in accepted.text
    assert await line.incident() == ("acknowledged", "Kepala jaga")
    await line.house.settle()
    assert "dibaca oleh Kepala jaga" in line.house.channel.sent[-1][1].text
    assert (await line.press("1")).status_code == 403, "the same press told again is a replay"
    assert "sudah ditangani" in (await line.press("1", CallSid="CA" + "2" * 32)).text, "another call comes too late"
    before = len(await line.calls())
    line.house.clock.ahead += timedelta(hours=1)
    await line.house.settle()
    assert len(await line.calls()) == before, "the ladder has stopped"


async def test_a_press_of_long_ago_changes_nothing(line: Line) -> None:
    await line.house.hears(text("kebakaran", "1"))
    line.house.clock.ahead += timedelta(minutes=11)
    assert (await line.press("1")).status_code == 403
    assert (await line.incident())[1] is None
