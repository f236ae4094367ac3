"""Emergencies by word list, with no model at all: the net below everything else.

Deliberately small and cautious. A danger phrase alone is `ask`; it is `live` when the words also say that it is
now or that someone is in need, and neither past nor habit nor fear nor any other harmless reading stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.model import Category, Emergency, Ranked, Understanding
from nlu.acts import Acts
from nlu.assemble import Alarm, Answers, Assembly
from nlu.emergency_features import CALMING, URGING, phrases_of
from nlu.places import Gazetteer
from nlu.words import Words, read_lists, spelt

SHORT = 14
"""Words. A long story holds danger words by the way; the list trusts itself with short messages only."""


@dataclass(frozen=True)
class WordList:
    """The port of understanding from lists alone: emergency, place, date, acts; any other intent is not guessed."""

    words: Words
    dangers: Mapping[str, str]
    certain: Mapping[str, str]
    assembly: Assembly

    @classmethod
    def load(cls, data: Path, gazetteer: Gazetteer, folder: Path | None = None) -> WordList:
        """Read data/words (or `folder`). Raises OSError or ValueError naming the file."""
        lists = folder or data / "words"
        words = Words.load(lists)
        found = spelt(read_lists(lists / "emergency.yml"), words.normaliser)
        certain = spelt(read_lists(lists / "emergency_certain.yml"), words.normaliser)
        return cls(
            words,
            {phrase: kind for kind, phrases in found.items() for phrase in phrases},
            {phrase: kind for kind, phrases in certain.items() for phrase in phrases},
            Assembly(Acts.load(lists, words.normaliser), words.normaliser, gazetteer),
        )

    def alarm(self, tokens: Sequence[str]) -> Alarm:
        """The level and type that the list's phrases speak for."""
        said = phrases_of(tokens)
        certain = next((self.certain[phrase] for phrase in said if phrase in self.certain), None)
        danger = certain or next((self.dangers[phrase] for phrase in said if phrase in self.dangers), None)
        if danger is None or len(tokens) > 3 * SHORT:
            return Alarm()
        counts = self.words.cues.count(tokens)
        if any(counts.get(group) for group in CALMING) or "?" in tokens:
            return Alarm()
        urgent = certain is not None or any(counts.get(group) for group in URGING if group != "victim")
        if len(tokens) > SHORT:
            return Alarm("ask", danger) if urgent else Alarm()
        return Alarm("live" if urgent else "ask", danger)

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        return [self.parse(text, now) for text in texts]

    def parse(self, text: str, now: datetime) -> Understanding:
        """Understand one message without a model. A message that is no global word is taken for a report."""
        tokens = self.words.normaliser.tokens(text)
        alarm = self.alarm(tokens)
        intents = (Ranked("lapor", 0.0),) if len(tokens) > 2 else (Ranked("luar_topik", 0.0),)
        bare = Answers(intents, Category(), Emergency())
        return self.assembly.understanding(text, tokens, bare, alarm, now)
