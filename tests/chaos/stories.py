"""What citizens do: each story goes on by what the dialogue asks, and the dialogue alone says what they must hear.

A twin (tests.e2e.twin) walks along with each citizen: it understands with the real model and answers as the dialogue
does, so that every answer that has to come is known to the word it begins with.
"""

from __future__ import annotations

import copy
import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from bot.channels.telegram import TelegramChannel
from bot.channels.webchat import WebChatChannel
from bot.channels.whatsapp import WhatsAppChannel
from bot.settings import DATA
from flows.model import State
from tests.e2e.twin import Twin

Turn = Mapping[str, Any]
Kind = Literal["report", "photo", "digression", "interrupted", "cry"]

KINDS: Final[Sequence[Kind]] = ("report", "photo", "photo", "digression", "interrupted", "cry")
LIMITS: Final = {"telegram": TelegramChannel.limits, "whatsapp": WhatsAppChannel.limits, "web": WebChatChannel.limits}
PROBLEMS: Final = (
    "lampu jalan mati di desa {}, sudah seminggu",
    "jalan berlubang di desa {}, motor sering jatuh",
    "sampah menumpuk di desa {}, baunya menyengat",
    "selokan mampet di desa {}, air meluap ke jalan",
)
CRIES: Final = (
    "tolong kebakaran di desa {}",
    "tolong ada kecelakaan di desa {}, korban pingsan",
    "tolong banjir besar di desa {}, orang terjebak di atap",
)
DIGRESSIONS: Final = ("ini bot?", "terima kasih")
MOST_TURNS: Final = 14
_ANSWERS: Final[Mapping[str, Turn]] = {
    "summary": {"tap": "send"},
    "emergency_phone": {"tap": "emergency:skip"},
    "emergency_victims": {"citizen": "dua orang terluka"},
    "shelf": {"tap": "shelf:take"},
}
"""What is answered to a question of this name; a question that is not here ends the story before it began."""


@dataclass(frozen=True, slots=True)
class Story:
    """One citizen's part: the words it begins with, what comes in between, and how many photos go along."""

    kind: Kind
    channel: str
    first: str
    between: tuple[str, ...] = ()
    photos: int = 0
    cry: str | None = None


class NoStory(Exception):
    """The dialogue asks something that this story has no answer to."""


@dataclass(slots=True)
class Part:
    """A story under way. `twin` says what has to be heard; `turns` so far."""

    story: Story
    twin: Twin
    turns: int = 0
    left: list[str] = field(default_factory=list)
    photos: int = 0
    filed: bool = False

    @classmethod
    def begin(cls, story: Story, phone: str | None) -> Part:
        return cls(story, Twin(State(phone=phone), LIMITS[story.channel]), left=list(story.between))

    def next(self) -> Turn | None:
        """What the citizen does now; None at the end. Raises NoStory."""
        if self.turns >= MOST_TURNS:
            raise NoStory(f"no end in sight of {self.story}")
        if not self.turns:
            return {"citizen": self.story.first}
        asked = self.twin.state.question
        if asked and asked.name in ("photo", "summary") and self.left:
            return {"citizen": self.left.pop(0)}
        if asked is None:
            return None
        if asked.name == "photo":
            return (
                {"photo": f"foto{self.story.first}.jpg"} if self.photos < self.story.photos else {"tap": "photo:skip"}
            )
        if asked.name not in _ANSWERS:
            raise NoStory(asked.name)
        return _ANSWERS[asked.name]

    def hears(self, turn: Turn) -> list[str]:
        """How the answers begin; the part moves on."""
        self.turns += 1
        self.filed = turn == {"tap": "send"}
        self.photos += "photo" in turn
        return self.twin.turn(self.turns, turn)

    def fork(self) -> Part:
        """The same part, to go on another way."""
        other = copy.copy(self)
        other.twin, other.left = copy.copy(self.twin), list(self.left)
        return other


def cast(count: int, chance: random.Random) -> list[Story]:
    """So many stories, of all kinds and channels, each about a place and matter of its own."""
    matters = _shuffled(PROBLEMS, chance)
    cries = _shuffled(CRIES, chance)
    channels = ["telegram", "whatsapp", "web"]
    made: list[Story] = []
    for n in range(count):
        kind, channel = KINDS[n % len(KINDS)], channels[n // len(KINDS) % len(channels)]
        made.append(next(_playable(kind, channel, matters, cries, chance)))
    chance.shuffle(made)
    return made


def _playable(
    kind: Kind, channel: str, matters: Iterator[str], cries: Iterator[str], chance: random.Random
) -> Iterator[Story]:
    """Stories of this kind that come to their end, by what the real model understands."""
    while True:
        match kind:
            case "report":
                story = Story(kind, channel, next(matters))
            case "photo":
                story = Story(kind, channel, next(matters), photos=1)
            case "digression":
                story = Story(kind, channel, next(matters), (chance.choice(DIGRESSIONS),))
            case "interrupted":
                cry = next(cries)
                story = Story(kind, channel, next(matters), (cry,), cry=cry)
            case "cry":
                cry = next(cries)
                story = Story(kind, channel, cry, cry=cry)
        if comes_to_its_end(story):
            yield story


def comes_to_its_end(story: Story) -> bool:
    """Whether it can be played: understood as meant, and filed exactly where something is reported."""
    part = Part.begin(story, "+628110000001" if story.channel == "whatsapp" else None)
    filed = cried = False
    try:
        while turn := part.next():
            if not part.hears(turn):
                return False
            filed = filed or part.filed
            cried = cried or "emergency_live" in part.twin.keys
    except NoStory:
        return False
    return filed is (story.kind != "cry") and cried is (story.cry is not None) and part.photos == story.photos


def _shuffled(phrases: Sequence[str], chance: random.Random) -> Iterator[str]:
    every = [phrase.format(place) for phrase in phrases for place in villages()]
    chance.shuffle(every)
    yield from every
    raise RuntimeError("there are not enough villages for so many citizens")


@cache
def villages() -> tuple[str, ...]:
    """Names of desa that are no kecamatan's and that only one place has."""
    with (DATA / "places" / "wilayah.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row["name"] for row in rows]
    return tuple(
        name for row, name in zip(rows, names, strict=True) if names.count(name) == 1 and row["code"].count(".") == 3
    )
