"""The same understanding over HTTP: a Rasa server that serves our pipeline, asked by POST /model/parse.

When the server is away, slow or answers nonsense, the word list answers instead: an emergency is never lost to it.
After several failures in a row nobody waits for it any more: the word list answers at once, and one message after
each pause tries the server again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from flows.model import Place, Ranked, Understanding
from nlu.assemble import Answers, certainty_of
from nlu.normaliser import MAX_CHARS, spoken_command
from nlu.runtime import answers_of
from nlu.wordlist import WordList

log = logging.getLogger(__name__)

TIMEOUT_S = 3.0
AT_ONCE = 4
"""Questions open at the server at one time."""

FAILURES = 3
"""Failures in a row after which the server is left alone."""

PAUSE_S = 30.0
"""For how long, in seconds."""


@dataclass
class Breaker:
    """Whether to ask a server that may be broken. `clock` gives seconds that never run back."""

    failures: int = FAILURES
    pause_s: float = PAUSE_S
    clock: Callable[[], float] = time.monotonic
    _in_a_row: int = 0
    _closed_until: float = 0.0

    def allows(self) -> bool:
        """Whether to ask now. After a pause one is let through; the rest wait for its answer, or the next pause."""
        if self._in_a_row < self.failures:
            return True
        if self.clock() < self._closed_until:
            return False
        self._closed_until = self.clock() + self.pause_s
        return True

    def failed(self) -> None:
        self._in_a_row += 1
        if self._in_a_row >= self.failures:
            self._closed_until = self.clock() + self.pause_s

    def answered(self) -> None:
        """All is well again."""
        self._in_a_row = 0


class RasaServer:
    """The port over a Rasa server at `url` (its root, as http://127.0.0.1:5005). Never raises on any text."""

    def __init__(
        self, url: str, word_list: WordList, client: httpx.AsyncClient | None = None,
        timeout_s: float = TIMEOUT_S, breaker: Breaker | None = None,
    ) -> None:  # fmt: skip
        self._url = url.rstrip("/") + "/model/parse"
        self._word_list = word_list
        self._client = client or httpx.AsyncClient(timeout=timeout_s)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._breaker = breaker or Breaker()
        self.trouble: str | None = None
        """Why the last message was understood by word list, or None."""

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        return list(await asyncio.gather(*(self._one(text, now) for text in texts)))

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def _one(self, text: str, now: datetime) -> Understanding:
        try:
            async with self._turn:
                if not self._breaker.allows():
                    return self._word_list.parse(text, now)
                response = await self._client.post(self._url, json={"text": _as_words(text[:MAX_CHARS])})
            response.raise_for_status()
            answers, place = _read(response.json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.trouble = f"the Rasa server at {self._url} did not answer as it should: {type(error).__name__}"
            log.warning(self.trouble)
            self._breaker.failed()
            return self._word_list.parse(text, now)
        self.trouble = None
        self._breaker.answered()
        tokens = self._word_list.words.normaliser.tokens(text)
        assembly = self._word_list.assembly
        return assembly.understanding(text, tokens, answers, self._word_list.alarm(tokens), now, place)


def _read(said: Mapping[str, Any]) -> tuple[Answers, Place]:
    """Typed answers from the server's JSON. Raises KeyError, TypeError or ValueError when it is another pipeline's."""
    ranking = [(entry["name"], float(entry["confidence"])) for entry in said["intent_ranking"]]
    if not ranking:
        raise ValueError("no intent in the answer")
    where = said["place"]
    place = Place(
        kecamatan=where["kecamatan"],
        desa=where["desa"],
        detail=where["detail"],
        outside=where["outside"],
        candidates=tuple(Ranked(entry["code"], entry["score"]) for entry in where["candidates"]),
        certainty=certainty_of(where["certainty"]),
    )
    return answers_of({**said, "intent_ranking": ranking}), place


def _as_words(text: str) -> str:
    """Rasa reads a text that begins with a slash as the name of an intent: let it be words."""
    return spoken_command(text).lstrip("/") if text.startswith("/") else text
