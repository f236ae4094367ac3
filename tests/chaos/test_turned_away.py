"""A WhatsApp message that came while the door was not open yet: Twilio does not repeat it, so it is looked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot import app
from bot.app import build, running
from bot.settings import load
from bot.store.transaction import reading
from bot.store.unit_of_work import Store
from tests.channels.ear import ACCOUNT, AUTH_TOKEN, SENDER, StandIn
from tests.conftest import SECRET
from tests.gateways.running import process


async def test_what_came_between_the_first_look_and_the_open_door_is_taken_in(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "SOON", 0.5)
    given = ("--auth-token", AUTH_TOKEN, "--account-sid", ACCOUNT, "--sender", SENDER)
    with process("bot.simulators.twilio", *given) as (url, _):
        twilio = StandIn(url)
        house = build(
            load(
                database_url=store.url, secret_key=SECRET, media_dir=tmp_path / "media", spool_dir=tmp_path / "spool",
                twilio_account_sid=ACCOUNT, twilio_auth_token=AUTH_TOKEN, twilio_from=SENDER, twilio_api_url=url,
                _env_file=None,
            )
        )  # fmt: skip
        async with running(house):
            # Long enough for the first look, and shorter than the second one's pause.
            await asyncio.sleep(0.25)
            said = await asyncio.to_thread(twilio.say, text="lampu jalan mati")
            assert said["statuses"] == [None], "nobody was called"
            sid = said["form"]["MessageSid"]
            async with asyncio.timeout(15):
                while True:
                    async with reading(store) as tx:
                        if await tx.conversations.known_ids("whatsapp", [sid]):
                            break
                    await asyncio.sleep(0.1)
