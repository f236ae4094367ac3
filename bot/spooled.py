"""What Twilio brings finds its way in whether or not the database answers: at once, or through the spool."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from bot.channels.base import Incoming, Media
from bot.channels.whatsapp_forms import DeliveryReport
from bot.failures import AwaitsContact, TemporaryFailure
from bot.spool import Spool
from bot.store.reported import DeliveryWord, Verdict
from bot.store.transaction import writing
from bot.store.unit_of_work import Store

log = structlog.get_logger(__name__)

PATIENCE: Final = 8.0
"""Seconds that the database is given: Twilio hangs up after 15, and the spool wants its time as well."""

TakeIn = Callable[[Sequence[Incoming]], Awaitable[None]]


class Spooled:
    """Messages and delivery reports into the database, or behind what waits for it in the spool."""

    def __init__(self, spool: Spool, store: Store, take_in: TakeIn) -> None:
        self.spool = spool
        self._store = store
        self._take_in = take_in

    async def messages(self, messages: Sequence[Incoming]) -> None:
        """When this returns they are safe. Raises SpoolFull, a TemporaryFailure, when they are not."""
        await self._safely({m.message_id: {"is": "message", "message": _plain(m)} for m in messages})

    async def word(self, word: DeliveryWord) -> None:
        """The same for what Twilio says later of a message of ours."""
        entry = {"is": "word", "word": asdict(word), "at": datetime.now(UTC).isoformat()}
        await self._safely({f"{word.reference}-{word.state}": entry})

    async def _safely(self, entries: Mapping[str, Mapping[str, Any]]) -> None:
        if not self.spool.waiting:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await self.take(list(entries.values()))
            except (TemporaryFailure, TimeoutError) as error:
                reason = str(error) or f"the database did not answer within {PATIENCE:.0f} s"
                log.error("webhook_spooled", reason=reason)
        for name, entry in entries.items():
            await self.spool.keep(name, entry)
        return None

    async def take(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Take entries of the spool in. Raises TemporaryFailure; ValueError on one that is not ours."""
        await self._take_in([_incoming(entry["message"]) for entry in entries if entry["is"] == "message"])
        words = [(DeliveryWord(**e["word"]), datetime.fromisoformat(e["at"])) for e in entries if e["is"] == "word"]
        if words:
            async with writing(self._store) as tx:
                for word, at in words:
                    await tx.reported.hear(word, at)


def word_of(report: DeliveryReport) -> DeliveryWord:
    """Twilio's report in the store's terms."""
    verdict: Verdict
    match report.failure:
        case None:
            verdict = "arrives"
        case AwaitsContact():
            verdict = "closed"
        case TemporaryFailure():
            verdict = "again"
        case _:
            verdict = "parked"
    return DeliveryWord(report.reference, report.state, verdict, str(report.failure) if report.failure else None)


def _plain(message: Incoming) -> dict[str, Any]:
    return {**asdict(message), "at": message.at.isoformat()}


def _incoming(values: Mapping[str, Any]) -> Incoming:
    media = tuple(Media(**m) for m in values["media"])
    pin = (float(values["pin"][0]), float(values["pin"][1])) if values["pin"] else None
    return Incoming(**{**values, "at": datetime.fromisoformat(values["at"]), "media": media, "pin": pin})
