"""What the dialogue decided becomes rows: transcript, report, incident, outbox. No network, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, assert_never

from bot.channels.base import Limits, Outgoing
from bot.gateways.ladder import Rung
from bot.store.outbox import Lane
from bot.store.transaction import Transaction
from flows.model import (
    Effect,
    FileReport,
    HandBack,
    HandOver,
    Language,
    RaiseIncident,
    Say,
    SayWords,
    State,
    UpdateIncident,
)  # fmt: skip

REPLY_LEASE = timedelta(seconds=20)
"""How long a reply belongs to the process that wrote it before any worker may send it."""

Render = Callable[[Say, Language, Limits], Outgoing]


class Effects:
    """Carries out a step's effects for one conversation."""

    def __init__(self, render: Render, limits: Mapping[str, Limits], agencies: Mapping[str, str]) -> None:
        self._render = render
        self._limits = limits
        self._agencies = agencies

    async def carry_out(
        self,
        tx: Transaction,
        conversation_id: int,
        channel: str,
        cause: str,
        state: State,
        effects: tuple[Effect, ...],
        now: datetime,
    ) -> list[int]:
        """Write everything down; returns the outbox ids to be tried at once, in their order.

        `cause` names the inbox row, so that the same step carried out twice enqueues nothing twice.
        """  # fmt: skip
        at_once: list[int] = []
        for n, effect in enumerate(effects):
            key = f"{cause}/{n}"
            match effect:
                case Say():
                    outgoing = self._render(effect, state.language, self._limits[channel])
                    at_once += await self._say(tx, conversation_id, key, outgoing, effect.key, "out", now)
                case SayWords():
                    outgoing = Outgoing(effect.text)
                    at_once += await self._say(tx, conversation_id, key, outgoing, None, "staff", now)
                case FileReport():
                    agency = self._agencies.get(effect.draft.category or "lainnya")
                    await tx.reports.add(effect, conversation_id, channel, state.phone, agency, now)
                    await tx.outbox.add(
                        Lane.FILING, "file", effect.ticket, conversation_id, {"ticket": effect.ticket}, now, now
                    )
                case RaiseIncident():
                    if await tx.incidents.raise_(effect.case, conversation_id, channel, effect.photos, now):
                        payload = {"incident": effect.case.incident, "round": 0, "rung": 0}
                        key = f"{effect.case.incident}/0/0"
                        await tx.outbox.add(Lane.EMERGENCY, "alert", key, conversation_id, payload, now, now)
                case UpdateIncident():
                    version = await tx.incidents.update(effect.case, effect.what, effect.words, effect.photos, now)
                    if version:
                        payload = {"incident": effect.case.incident, "update": True}
                        key = f"{effect.case.incident}/v{version}"
                        await tx.outbox.add(Lane.EMERGENCY, "alert", key, conversation_id, payload, now, now)
                case HandOver() | HandBack():
                    # The conversation's row follows the state; there is nothing to send.
                    pass
                case _:
                    assert_never(effect)
        return at_once

    async def apologise(self, tx: Transaction, conversation_id: int, inbox_id: int, now: datetime) -> None:
        """A message could not be read at all: the citizen is told, with 112, and the conversation goes to a person."""
        conversation = await tx.conversations.lock(conversation_id)
        outgoing = self._render(Say("trouble", urgent=True), "id", self._limits[conversation.channel])
        await self._say(tx, conversation_id, f"{inbox_id}/trouble", outgoing, "trouble", "out", now)
        conversation.waiting_for_staff = True

    async def _say(
        self, tx: Transaction, conversation_id: int, key: str, outgoing: Outgoing, text_key: str | None,
        direction: str, now: datetime,
    ) -> list[int]:  # fmt: skip
        lane = Lane.EMERGENCY if outgoing.urgent else Lane.REPLY
        item = await tx.outbox.add(lane, "say", key, conversation_id, asdict(outgoing), now, now + REPLY_LEASE)
        if item is None:
            return []
        data: dict[str, Any] = {"key": text_key} if text_key else {}
        if outgoing.buttons:
            data["buttons"] = [asdict(b) for b in outgoing.buttons]
        tx.conversations.write_down(conversation_id, direction, "text", outgoing.text, now, data=data, outbox_id=item)
        return [item]


def next_rung(ladder: tuple[Rung, ...], round_: int, rung: int) -> tuple[int, int, timedelta]:
    """Round, rung and wait after this one; from the end the ladder begins again, each round waiting twice as long.

    The wait is capped at 15 minutes: a forgotten incident stays loud, but does not fill the database.
    """
    seconds = min(ladder[rung].seconds * 2**round_, 900)
    following = (round_, rung + 1) if rung + 1 < len(ladder) else (round_ + 1, 0)
    return *following, timedelta(seconds=seconds)
