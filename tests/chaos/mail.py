"""What arrives at citizens, read from the stand-ins' records as they grow: one reader a provider, not one a citizen."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from tests.chaos.records import Bubble
from tests.e2e.processes import OtherSide
from tests.e2e.twin import beginning

LOOK: Final = 0.15
"""Seconds between two looks at a record."""
_SLOW: Final = re.compile(r"200 after (\d+(?:\.\d+)?) s")
SHORT_SILENCE: Final = 5.0
"""A taking that is told this late is told all the same: the house waits longer than that."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A bubble with the ids and titles of what can be pressed under it."""

    bubble: Bubble
    ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()


class Mail:
    """The bubbles of one provider by address, in the order in which it took them."""

    def __init__(self, side: OtherSide, http: httpx.AsyncClient) -> None:
        self.by: dict[str, list[Seen]] = defaultdict(list)
        self.http = http
        self.url = side.url
        self._read = 0

    def of(self, row: dict[str, Any]) -> tuple[str, Seen] | None:
        """The address and bubble of a row; None when it is no bubble."""
        raise NotImplementedError

    async def follow(self) -> None:
        """Read on for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        with contextlib.suppress(httpx.HTTPError):
            rows = (await self.http.get(f"{self.url}/_sent", params={"after": self._read})).json()["sent"]
            self._read += len(rows)
            for row in rows:
                if found := self.of(row):
                    self.by[found[0]].append(found[1])

    async def say(self, act: dict[str, Any]) -> dict[str, Any]:
        """Let a citizen act at the stand-in. Raises LookupError when what is pressed is not there."""
        answer = await self.http.post(f"{self.url}/_say", json=act)
        if answer.status_code == 409:
            raise LookupError(answer.json()["error"])
        given: dict[str, Any] = answer.raise_for_status().json()
        return given


class TelegramMail(Mail):
    def of(self, row: dict[str, Any]) -> tuple[str, Seen] | None:
        if row["method"] != "sendMessage":
            return None
        markup = row["reply_markup"] or {}
        inline = [key for line in markup.get("inline_keyboard", []) for key in line]
        ids = tuple(key.get("callback_data", "") for key in inline)
        bubble = bubble_of(str(row["chat_id"]), row["at"], row["text"], row["answered"])
        return str(row["chat_id"]), Seen(bubble, ids, tuple(key["text"] for key in inline))


class TwilioMail(Mail):
    def of(self, row: dict[str, Any]) -> tuple[str, Seen] | None:
        return row["to"], Seen(bubble_of(row["to"], row["at"], row["body"], row["answered"]))


def bubble_of(citizen: str, at: str, text: str, answered: str) -> Bubble:
    return Bubble(citizen, datetime.fromisoformat(at).timestamp(), text, beginning(text), trouble_of(answered))


def trouble_of(answered: str) -> str | None:
    """Why the house could not know that it was taken, from how the stand-in answered."""
    slow = _SLOW.fullmatch(answered)
    if answered.startswith("dropped"):
        return "the line was dropped after accepting"
    if slow:
        return "no answer in time" if float(slow[1]) > SHORT_SILENCE else None
    return None if answered in ("200", "201") else f"accepted, then answered {answered[:3]}"
