"""Choosing the understander, and keeping one that never fails: below every model lies the word list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from flows.model import Place, Understanding
from nlu.assemble import place_of
from nlu.faq import Faq
from nlu.pins import Pins
from nlu.places import Gazetteer
from nlu.port import Understander
from nlu.rasa_server import RasaServer
from nlu.runtime import Runtime
from nlu.wordlist import WordList

log = structlog.get_logger(__name__)


class PlacePins:
    """Pins as the dialogue's places (nlu.port.PinResolver)."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins

    def resolve_pin(self, lat: float, lon: float) -> Place:
        return place_of(self._pins.resolve(lat, lon), lat, lon)


QUESTIONS = ("tanya_informasi", "bantuan", "privasi")
"""The intents under which a frequent question is looked for."""


class Guarded:
    """An understander that cannot fail: what the model cannot do, the word list does.

    Whoever understood, the frequent question that a message asks is found here, by `faq`.
    """

    def __init__(
        self, model: Understander | None, word_list: Understander, trouble: str | None = None, faq: Faq | None = None
    ) -> None:
        self._model = model
        self._word_list = word_list
        self._faq = faq
        self.trouble = trouble
        """Why the model is not in use, or None when it is well; /readyz shows it."""

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        if self._model is not None:
            try:
                understood = await self._model.understand(texts, now)
            except Exception as error:
                self.trouble = f"the model failed: {type(error).__name__}"
                log.exception("understanding_failed")
            else:
                self.trouble = None
                return [self._with_faq(text, u) for text, u in zip(texts, understood, strict=True)]
        understood = await self._word_list.understand(texts, now)
        return [self._with_faq(text, u) for text, u in zip(texts, understood, strict=True)]

    def _with_faq(self, text: str, u: Understanding) -> Understanding:
        if self._faq is None or u.intent not in QUESTIONS or u.emergency.level != "none":
            return u
        found = self._faq.find(text, u.language)
        return replace(u, faq=found.id) if found else u


def understander(data: Path, gazetteer: Gazetteer, url: str | None) -> Guarded:
    """The exported model in process, or a Rasa server at `url`; the word list when there is neither."""
    word_list = WordList.load(data, gazetteer)
    faq = Faq.load(data / "faq", word_list.words.normaliser)
    if url:
        return Guarded(RasaServer(url, word_list), word_list, faq=faq)
    try:
        return Guarded(Runtime.load(data / "model", gazetteer), word_list, faq=faq)
    except (OSError, ValueError, KeyError) as error:
        log.exception("model_not_loaded")
        return Guarded(None, word_list, f"the model cannot be loaded: {error}", faq)
