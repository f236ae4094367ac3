"""The same conversation beside the running service: the dialogue alone, fed with what the real model understands."""

from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from bot.channels.base import Limits
from bot.office import Office
from bot.settings import DATA
from bot.texts import Texts
from flows.model import Event, Other, Photos, Pin, Say, State, Tap, Text, Understanding
from nlu.pins import Pins
from nlu.places import Gazetteer
from nlu.understand import Guarded, PlacePins, understander
from tests.transcripts.runner import Conversation, Transcript

TOLD_APART: Final = 40
"""Characters of a bubble's beginning that are compared."""
_ALONE: Final = ("citizen", "tap", "photo", "album", "pin", "sends")
"""Turns in which nobody but the citizen does anything, and which any channel can bring."""
_STAGED: Final = ("edits", "similar", "closed", "live", "at_place", "problems", "phone", "file")
"""What a turn may set up and a channel alone cannot."""


@cache
def gazetteer() -> Gazetteer:
    return Gazetteer.load(DATA / "places")


@cache
def texts() -> Texts:
    return Texts(DATA / "texts", gazetteer().name)


@cache
def _model() -> Guarded:
    return understander(DATA, gazetteer(), None)


@cache
def _office() -> Office:
    return Office.load(DATA / "office_hours.yml")


@cache
def _pins() -> PlacePins:
    return PlacePins(Pins(gazetteer(), None))


@cache
def _points() -> dict[str, tuple[float, float]]:
    with (DATA / "places" / "wilayah.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)}


@cache
def understood(words: str) -> Understanding:
    return asyncio.run(_model().understand([words], datetime.now(UTC)))[0]


def where(turn: Mapping[str, Any]) -> tuple[float, float]:
    """A point in the village, or else the kecamatan, that a pin turn names."""
    named = turn["pin"]
    return _points()[str(named.get("desa") or named["kecamatan"])]


def is_playable(transcript: Transcript) -> bool:
    """Whether every turn is the citizen's own, and the conversation begins as any new one does."""
    whole = all(
        any(kind in turn for kind in _ALONE) and not any(staged in turn for staged in _STAGED)
        and ("pin" not in turn or bool(set(turn["pin"]) & {"desa", "kecamatan"}))
        for turn in transcript.turns
    )  # fmt: skip
    return whole and set(transcript.start) <= {"noticed"}


def beginning(text: str) -> str:
    """What a bubble begins with, whatever its ticket, and whatever the house has stored and since when."""
    text = re.sub(r"KS-\d{6}-[A-Z0-9]{4}", "KS", text)
    return re.sub(r"^(Yang kami simpan sejak) .*", r"\1", text, flags=re.DOTALL)[:TOLD_APART]


class Twin(Conversation):
    """Understands as the service does, at the same time of day."""

    def __init__(self, start: State, limits: Limits) -> None:
        super().__init__(texts(), start)
        self.now = datetime.now(UTC)
        self._limits = limits
        self.keys: list[str] = []

    def turn(self, number: int, turn: Mapping[str, Any]) -> list[str]:
        """Let the turn happen; the beginnings of what the bot says to it. `keys` holds the texts by their keys."""
        says = [effect for effect in self.happens(number, turn) if isinstance(effect, Say)]
        self.keys = [say.key for say in says]
        return [beginning(self.texts.render(say, self.state.language, self._limits).text) for say in says]

    def _event(self, number: int, turn: Mapping[str, Any]) -> Event:
        match super()._event(number, turn):
            case Text() as event:
                back = _office().back_at(datetime.now(UTC))
                return replace(event, understanding=understood(event.text), back_at=back)
            case Tap() as event:
                return replace(event, back_at=_office().back_at(datetime.now(UTC)))
            case (Photos() | Other()) as event if event.caption:
                return replace(event, understanding=understood(event.caption))
            case Pin() as event:
                return replace(event, place=_pins().resolve_pin(*where(turn)))
            case event:
                return event


def plays_alike(transcript: Transcript) -> bool:
    """Whether the real model understands every turn so that the bot says what the transcript expects."""
    twin = Twin(State(**transcript.start), Limits())
    try:
        for number, turn in enumerate(transcript.turns, start=1):
            twin.turn(number, turn)
            if twin.keys != turn["bot"]:
                return False
    except (AssertionError, KeyError):
        return False
    return True
