"""Choosing the understander, and keeping one that never fails: below every model lies the word list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from flows.model import Place, Problem, Understanding
from nlu.assemble import place_of
from nlu.faq import Faq
from nlu.further import pieces, splitter
from nlu.manners import Manners
from nlu.normaliser import MAX_CHARS
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

    Whoever understood, what a message carries besides is found here: manners, the frequent question it asks, and
    (by asking the model again, piece by piece) a further problem.
    """

    def __init__(
        self, model: Understander | None, word_list: WordList, trouble: str | None = None, faq: Faq | None = None,
        manners: Manners | None = None,
    ) -> None:  # fmt: skip
        self._model = model
        self._word_list = word_list
        self._faq = faq
        self._manners = manners
        self._split = splitter(manners.phrases["further"]) if manners else None
        self.trouble = trouble
        """Why the model is not in use, or None when it is well; /readyz shows it."""

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        understood = await self._asked(texts, now)
        understood = [self._with_manners(text, u) for text, u in zip(texts, understood, strict=True)]
        understood = [self._with_faq(text, u) for text, u in zip(texts, understood, strict=True)]
        return await self._with_further(texts, understood, now)

    async def _asked(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        if self._model is not None:
            try:
                understood = await self._model.understand(texts, now)
            except Exception as error:
                self.trouble = f"the model failed: {type(error).__name__}"
                log.exception("understanding_failed")
            else:
                self.trouble = None
                return understood
        return await self._word_list.understand(texts, now)

    def _with_manners(self, text: str, u: Understanding) -> Understanding:
        if self._manners is None or u.emergency.level != "none":
            return u
        tokens = self._word_list.words.normaliser.tokens(text[:MAX_CHARS])
        act, tone = self._manners.act(tokens, u.intent), self._manners.tone(tokens, text)
        if act != "none" and u.intent != "lapor":
            u = replace(u, intent="privasi", act=act)
        # A report is a report, however it is told.
        return replace(u, tone=tone) if tone != "none" and u.intent not in ("lapor", "aspirasi") else u

    async def _with_further(
        self, texts: Sequence[str], understood: list[Understanding], now: datetime
    ) -> list[Understanding]:
        """A message is two problems when two of its pieces each surely report something of another category."""
        if self._split is None:
            return understood
        split = {
            n: found
            for n, (text, u) in enumerate(zip(texts, understood, strict=True))
            if u.intent == "lapor" and u.emergency.level == "none" and (found := pieces(text[:MAX_CHARS], self._split))
        }
        asked = [piece for found in split.values() for piece in found]
        if not asked:
            return understood
        answers = iter(zip(asked, await self._asked(asked, now), strict=True))
        for n, found in split.items():
            problems: dict[str, Problem] = {}
            for _ in found:
                piece, u = next(answers)
                code = u.category.code
                if u.intent == "lapor" and u.category.certainty == "sure" and code and code not in problems:
                    problems[code] = Problem(piece, code, None if u.place.is_empty else u.place)
            if len(problems) > 1:
                first, *rest = problems.values()
                category = replace(understood[n].category, code=first.category, certainty="sure")
                understood[n] = replace(understood[n], category=category, more=tuple(rest))
        return understood

    def _with_faq(self, text: str, u: Understanding) -> Understanding:
        if self._faq is None or u.intent not in QUESTIONS or u.emergency.level != "none":
            return u
        found = self._faq.find(text, u.language)
        return replace(u, faq=found.id) if found else u


def understander(data: Path, gazetteer: Gazetteer, url: str | None) -> Guarded:
    """The exported model in process, or a Rasa server at `url`; the word list when there is neither."""
    word_list = WordList.load(data, gazetteer)
    faq = Faq.load(data / "faq", word_list.words.normaliser)
    manners = Manners.load(data / "words", word_list.words.normaliser)
    if url:
        return Guarded(RasaServer(url, word_list), word_list, faq=faq, manners=manners)
    try:
        return Guarded(Runtime.load(data / "model", gazetteer), word_list, faq=faq, manners=manners)
    except (OSError, ValueError, KeyError) as error:
        log.exception("model_not_loaded")
        return Guarded(None, word_list, f"the model cannot be loaded: {error}", faq, manners)
