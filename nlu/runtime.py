"""The exported model in process: Rasa's own answers, with numpy alone.

A message costs some hundred look-ups, one sum of weight rows and a small net; nothing is loaded or learnt after the
start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.model import Category, Emergency, Ranked, Understanding
from nlu.acts import Acts
from nlu.assemble import Answers, Assembly, certainty_of
from nlu.model import Model
from nlu.places import Gazetteer
from nlu.wordlist import WordList


class Runtime:
    """The port over the exported model (nlu.port.Understander). Never raises on any text."""

    def __init__(self, model: Model, assembly: Assembly, word_list: WordList) -> None:
        self._model = model
        self._assembly = assembly
        self._word_list = word_list

    @classmethod
    def load(cls, folder: Path, gazetteer: Gazetteer, words: Path | None = None) -> Runtime:
        """Read data/model and, beside it, data/words. Raises OSError, ValueError or KeyError as Model.load does."""
        lists = words or folder.parent / "words"
        return cls.of(Model.load(folder), gazetteer, lists)

    @classmethod
    def of(cls, model: Model, gazetteer: Gazetteer, words: Path) -> Runtime:
        """Over a model that is loaded already; `words` is data/words."""
        assembly = Assembly(Acts.load(words, model.words.normaliser), model.words.normaliser, gazetteer)
        return cls(model, assembly, WordList.load(words.parent, gazetteer, words))

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        return [self.parse(text, now) for text in texts]

    def parse(self, text: str, now: datetime) -> Understanding:
        """Understand one message; reads its first nlu.normaliser.MAX_CHARS characters."""
        tokens = self._model.words.normaliser.tokens(text)
        said = self._model.answers(tokens)
        return self._assembly.understanding(text, tokens, answers_of(said), self._word_list.alarm(tokens), now)

    def answers(self, text: str) -> dict[str, Any]:
        """The model's bare answers, as Rasa would give them; for the parity test and evaluation."""
        return self._model.answers(self._model.words.normaliser.tokens(text))


def answers_of(said: Mapping[str, Any]) -> Answers:
    """Typed answers from plain values; raises KeyError or TypeError when something is missing."""
    category, emergency = said["category"], said["emergency"]
    return Answers(
        intents=tuple(Ranked(code, confidence) for code, confidence in said["intent_ranking"]),
        category=Category(
            code=category["code"],
            confidence=category["confidence"],
            ranking=tuple(Ranked(entry["code"], entry["confidence"]) for entry in category["ranking"]),
            certainty=certainty_of(category["certainty"]),
        ),
        emergency=Emergency(emergency["level"], emergency["type"], emergency["score"]),
        types=tuple(Ranked(entry["code"], entry["confidence"]) for entry in emergency["types"]),
    )
