"""Choosing the understander, and keeping one that never fails: below every model lies the word list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import structlog

from flows.model import Place, Ranked, Understanding
from nlu.pins import Pins
from nlu.places import Found, Gazetteer
from nlu.port import Understander
from nlu.rasa_server import RasaServer
from nlu.runtime import Runtime
from nlu.wordlist import WordList

log = structlog.get_logger(__name__)


def place_of(found: Found, lat: float | None = None, lon: float | None = None) -> Place:
    """The dialogue's place from the gazetteer's finding."""
    return Place(
        kecamatan=found.kecamatan,
        desa=found.desa,
        detail=found.detail,
        outside=found.outside,
        candidates=tuple(Ranked(code, score) for code, score in found.candidates),
        certainty=found.certainty,
        lat=lat,
        lon=lon,
    )


class PlacePins:
    """Pins as the dialogue's places (nlu.port.PinResolver)."""

    def __init__(self, pins: Pins) -> None:
        self._pins = pins

    def resolve_pin(self, lat: float, lon: float) -> Place:
        return place_of(self._pins.resolve(lat, lon), lat, lon)


class Guarded:
    """An understander that cannot fail: what the model cannot do, the word list does."""

    def __init__(self, model: Understander | None, word_list: Understander, trouble: str | None = None) -> None:
        self._model = model
        self._word_list = word_list
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
                return understood
        return await self._word_list.understand(texts, now)


def understander(data: Path, gazetteer: Gazetteer, url: str | None) -> Guarded:
    """The exported model in process, or a Rasa server at `url`; the word list when there is neither."""
    word_list = WordList.load(data, gazetteer)
    if url:
        return Guarded(RasaServer(url, word_list), word_list)
    try:
        return Guarded(Runtime.load(data / "model", gazetteer), word_list)
    except (OSError, ValueError, KeyError) as error:
        log.exception("model_not_loaded")
        return Guarded(None, word_list, f"the model cannot be loaded: {error}")
