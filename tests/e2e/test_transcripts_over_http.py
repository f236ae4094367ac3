"""A third of the transcripts against the running service, over each channel's real HTTP and with the real model.

Chosen are those in which nobody but the citizen acts and whose words the real model understands as the transcript
says. Each is played by somebody new on Telegram, on WhatsApp (with quick replies and lists) and in the web chat;
every bubble must begin as the dialogue alone would begin it, and its keys must be those of the transcript.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import update

from bot.channels.base import Limits
from bot.channels.telegram import TelegramChannel
from bot.channels.webchat import WebChatChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.store.tables import Report
from flows.model import State
from flows.options import option
from tests.e2e.citizens import Citizen, TelegramCitizen, WebCitizen, sentence
from tests.e2e.pictures import street
from tests.e2e.processes import House, serving, world
from tests.e2e.test_buttons import ButtonCitizen
from tests.e2e.twin import Twin, beginning, is_playable, plays_alike, where
from tests.transcripts.runner import transcripts

LIMITS: Final[Mapping[str, Limits]] = {
    "telegram": TelegramChannel.limits, "whatsapp": WhatsAppChannel.limits, "web": WebChatChannel.limits,
}  # fmt: skip
QUIET_SECONDS: Final = 0.4
"""How long nothing may come where nothing more is expected."""
ALL: Final = {transcript.name: transcript for transcript in transcripts()}
CHOSEN: Final = [name for name, transcript in ALL.items() if is_playable(transcript) and plays_alike(transcript)]
OF_ITSELF: Final = beginning(sentence("report_submitted", ticket="KS-000000-AAAA", tracking="1"))
"""How the news from LAPOR! begins, which comes whenever it is there."""
_people = itertools.count(1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with WhatsApp templates in a world of its own, whose 112 desk is given time."""
    folder = tmp_path_factory.mktemp("transcripts")
    ladder = folder / "patient.yml"
    ladder.write_text("- {transport: desk, name: Meja 112, seconds: 600}\n")
    with world(folder) as outside:
        url = f"sqlite:///{folder}/siaga.db"
        made = House(folder, url, outside).siaga("doctor", "--create-templates")
        sids = dict(line.split("=", 1) for line in made.splitlines())
        with serving(folder / "house", url, outside, SIAGA_EMERGENCY_LADDER=str(ladder), **sids) as running:
            running.open_doors()
            yield running


@pytest.fixture
def citizen(house: House, channel: str) -> Iterator[Citizen]:
    number = next(_people)
    somebody: Citizen
    match channel:
        case "telegram":
            somebody = TelegramCitizen(house.outside.telegram, 8_130_000_000 + number)
        case "whatsapp":
            somebody = ButtonCitizen(house.outside.twilio, f"+6281100{number:05d}")
        case _:
            somebody = WebCitizen(house.url)
    yield somebody
    if isinstance(somebody, WebCitizen):
        somebody.leaves()
    asyncio.run(_forget_recent(house))


async def _forget_recent(house: House) -> None:
    """Make what was filed old, so that the next citizen's report is not taken for the same matter."""
    store = house.store()
    async with store.write() as session:
        await session.execute(update(Report).values(created_at=datetime.now(UTC) - timedelta(days=60)))
    await store.close()


def _can_be_played(name: str, channel: str) -> bool:
    """The web chat sends words, photos, pins and buttons only; elsewhere a button must have been shown to be tapped.

    WhatsApp knows the citizen's number and does not ask for it.
    """
    turns = ALL[name].turns
    if channel == "web":
        return not any("sends" in turn for turn in turns)
    asks_number = any("emergency_ask_phone" in turn["bot"] for turn in turns)
    return "tap" not in turns[0] and not (channel == "whatsapp" and asks_number)


PLAYED: Final = [(channel, name) for channel in LIMITS for name in CHOSEN if _can_be_played(name, channel)]


def test_a_third_is_chosen() -> None:
    """Which ones moves a little with every training; that it is a third, and of most rules, does not."""
    playable = [name for name, transcript in ALL.items() if is_playable(transcript)]
    missed = sorted(set(playable) - set(CHOSEN))
    assert len(CHOSEN) * 3 >= len(ALL), f"{len(CHOSEN)} of {len(ALL)}; understood otherwise: {missed}"
    assert len({ALL[name].rule for name in CHOSEN}) >= 12


@pytest.mark.parametrize(("channel", "name"), PLAYED)
def test_over_http(citizen: Citizen, channel: str, name: str) -> None:
    transcript = ALL[name]
    number = citizen.sender if isinstance(citizen, ButtonCitizen) else None
    first = Twin(State(phone=number), LIMITS[channel])
    if transcript.start.get("noticed"):
        _plays(citizen, first, 0, {"citizen": "terima kasih", "as": {"intent": "terima_kasih"}})
    for count, turn in enumerate(transcript.turns, start=1):
        _plays(citizen, first, count, turn)
        assert first.keys == turn["bot"], f"turn {count}"
    time.sleep(QUIET_SECONDS)
    assert not [b for b in citizen.next() if beginning(b.text) != OF_ITSELF], "nothing comes beside what was expected"


def _plays(citizen: Citizen, twin: Twin, number: int, turn: Mapping[str, Any]) -> None:
    expected = twin.turn(number, turn)
    _acts(citizen, turn)
    for said in expected:
        citizen.hears_that(lambda b: beginning(b.text) != OF_ITSELF, f"a bubble that begins with {said!r}")
        assert beginning(citizen.last_heard.text) == said, f"turn {number} {dict(list(turn.items())[:1])}"


def _acts(citizen: Citizen, turn: Mapping[str, Any]) -> None:
    caption = turn.get("caption")
    match dict(turn):
        case {"citizen": str(words)}:
            citizen.writes(words)
        case {"tap": str(wanted)}:
            _taps(citizen, wanted)
        case {"photo": str(name)}:
            citizen.sends(_picture(name), caption=caption)
        case {"album": list(names)}:
            citizen.sends(*(_picture(name) for name in names), caption=caption)
        case {"pin": _}:
            _pins(citizen, *where(turn))
        case {"sends": str(kind)}:
            _sends(citizen, kind, caption)
        case _:
            raise ValueError(f"no citizen does that: {turn}")


def _picture(name: str) -> bytes:
    return street(sum(name.encode()))


def _taps(citizen: Citizen, wanted: str) -> None:
    """Press the button; below a native request Telegram shows keys that write their title instead."""
    match citizen:
        case WebCitizen():
            assert citizen.posts(button=wanted).status_code == 200
        case TelegramCitizen() | ButtonCitizen() if any(wanted in b.ids for b in citizen.bubbles()):
            assert set(citizen.acts(button=wanted)) == {200}
        case _:
            citizen.writes(sentence(option(wanted).key))


def _pins(citizen: Citizen, lat: float, lon: float) -> None:
    match citizen:
        case WebCitizen() | TelegramCitizen() | ButtonCitizen():
            citizen.pins(lat, lon)
        case _:
            raise ValueError("this channel has no pins")


def _sends(citizen: Citizen, kind: str, caption: str | None) -> None:
    types = {"video": "video/mp4", "voice": "audio/ogg", "document": "application/pdf", "sticker": "image/webp"}
    match citizen:
        case TelegramCitizen():
            assert set(citizen.acts(kind=kind, caption=caption, content="AAAA")) == {200}
        case ButtonCitizen():
            media = [{"content": "AAAA", "content_type": types[kind]}]
            assert set(citizen.acts(media=media, text=caption or "")) == {200}
        case _:
            raise ValueError("this channel sends nothing of that kind")


@pytest.mark.parametrize("channel", LIMITS)
def test_another_answer_is_noticed(citizen: Citizen, channel: str) -> None:
    """The comparison can fail: who asks something else than the twin hears another beginning."""
    twin = Twin(State(), LIMITS[channel])
    _plays(citizen, twin, 1, {"citizen": "terima kasih"})
    citizen.writes("lampu jalan mati di sangkima dekat pasar")
    with pytest.raises(AssertionError, match="turn 2"):
        _plays(citizen, twin, 2, {"citizen": "menu"})
