"""What the dialogue decided becomes rows: transcript, report, incident, outbox. No network, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from bot.channels.base import Limits, Outgoing
from bot.incidents import raise_incident, update_incident
from bot.store.ledger import Line
from bot.store.outbox import Lane
from bot.store.tables import Conversation
from bot.store.transaction import Transaction
from bot.store.undelivered import LASTS
from flows.engine import advance
from flows.model import (
    AddToReport,
    Effect,
    EraseCitizen,
    Event,
    FileReport,
    HandBack,
    HandOver,
    Language,
    RaiseIncident,
    Say,
    SayWords,
    SearchDuplicates,
    ShowMyData,
    State,
    SupportReport,
    Tick,
    UpdateIncident,
)  # fmt: skip

REPLY_LEASE = timedelta(seconds=30)
URGENT_LEASE = timedelta(seconds=15)
"""How long a bubble belongs to the process that wrote it before any worker may send it."""

LONG_AFTER = timedelta(minutes=10)
"""After so long the dialogue has asked in vain whether it is happening now, and alerts the desk."""

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
        *,
        unasked: bool = False,
    ) -> None:
        """Write everything down; what is to be said goes into the transaction's ledger.

        `cause` names the inbox row, so that the same step carried out twice enqueues nothing twice. `unasked`: it is
        news and no answer, so it goes behind all answers and is not sent when it has become old.
        """  # fmt: skip
        for n, effect in enumerate(effects):
            key = f"{cause}/{n}"
            match effect:
                case Say():
                    if effect.key == "status_one":
                        effect = await self._with_check(tx, effect)
                    # A channel that is switched off has no limits of its own; its bubbles are parked with a reason.
                    outgoing = self._render(effect, state.language, self._limits.get(channel, Limits()))
                    outgoing = replace(outgoing, subject=str(effect.args.get("ticket") or "") or None)
                    self._say(tx, conversation_id, key, outgoing, effect.key, "out", now, unasked=unasked)
                case SayWords():
                    self._say(tx, conversation_id, key, Outgoing(effect.text), None, "staff", now)
                case FileReport():
                    agency = self._agencies.get(effect.draft.category or "lainnya")
                    await tx.reports.add(effect, conversation_id, channel, state.phone, agency, now)
                    await tx.outbox.add(
                        Lane.FILING, "file", effect.ticket, conversation_id, {"ticket": effect.ticket}, now, now
                    )
                case RaiseIncident():
                    await raise_incident(tx, effect, conversation_id, channel, now)
                case UpdateIncident():
                    await update_incident(tx, effect, now)
                case AddToReport():
                    await self._add_to(tx, conversation_id, key, effect, now)
                case SupportReport():
                    await tx.duplicates.support(effect.ticket, conversation_id, now)
                case EraseCitizen():
                    await tx.erasures.begin(conversation_id, now)
                    await tx.outbox.add(Lane.NOTIFICATION, "erase", key, conversation_id, {}, now, now)
                case SearchDuplicates() | ShowMyData():
                    # Answered where the step is taken, in the same transaction.
                    pass
                case HandOver() | HandBack():
                    # The conversation's row follows the state; there is nothing to send.
                    pass
                case _:
                    assert_never(effect)

    @staticmethod
    async def _add_to(tx: Transaction, conversation_id: int, key: str, effect: AddToReport, now: datetime) -> None:
        """The addition goes along with a report still in the house, and follows one that has left it."""
        left = await tx.reports.add_to(effect.ticket, effect.attachments, effect.words, effect.reopens, now)
        if effect.reopens:
            await tx.at_lapor.reopened(effect.ticket, now)
        if left:
            payload = {
                "ticket": effect.ticket, "words": effect.words, "attachments": [a.hash for a in effect.attachments],
            }  # fmt: skip
            await tx.outbox.add(Lane.FILING, "follow", key, conversation_id, payload, now, now)

    @staticmethod
    async def _with_check(tx: Transaction, say: Say) -> Say:
        """A report's status names when LAPOR! was last looked at."""
        seen = await tx.at_lapor.of(str(say.args["ticket"]))
        return replace(say, args={**say.args, "checked": seen.checked_at}) if seen and seen.checked_at else say

    async def give_up(
        self, tx: Transaction, conversation: Conversation, row: int, from_citizen: bool, now: datetime
    ) -> None:
        """Something could not be read at all: a person is called, and a citizen who wrote it is told, with 112."""
        tx.conversations.call_staff(conversation)
        if from_citizen:
            limits = self._limits.get(conversation.channel, Limits())
            outgoing = self._render(Say("trouble", urgent=True), "id", limits)
            self._say(tx, conversation.id, f"{row}/trouble", outgoing, "trouble", "out", now)
        else:
            # A clock that breaks the dialogue is not wound up again.
            conversation.wake_at = None

    async def rescue(
        self, tx: Transaction, conversation: Conversation, row: int, event: Event, language: Language, now: datetime
    ) -> None:
        """The dialogue fails in this conversation, but someone is in danger: 112 first and the desk all the same.

        Done from an empty state, which is thrown away; whether it is happening now is the called person's to ask.
        """
        tx.conversations.call_staff(conversation)
        step = advance(State(noticed=True, language=language), event)
        effects = step.effects
        if step.state.case and not step.state.case.raised:
            later = Tick(event.id, event.at + LONG_AFTER, event.token)
            effects = (*effects, *advance(step.state, later).effects)
        await self.carry_out(tx, conversation.id, conversation.channel, f"{row}/rescue", step.state, effects, now)

    @staticmethod
    def _say(
        tx: Transaction, conversation_id: int, key: str, outgoing: Outgoing, text_key: str | None, direction: str,
        now: datetime, *, unasked: bool = False,
    ) -> None:  # fmt: skip
        lane, lease = (Lane.EMERGENCY, URGENT_LEASE) if outgoing.urgent else (Lane.REPLY, REPLY_LEASE)
        due_at, attempts = now + lease, 1
        if unasked and lane is Lane.REPLY:
            # Left to the notification workers: a flood of news takes no answer's place.
            lane, due_at, attempts = Lane.NOTIFICATION, now, 0
        # Petugas write when they can, so their words may wait for the citizen as long as news does.
        last = now + LASTS[Lane.NOTIFICATION] if lane is Lane.NOTIFICATION or direction == "staff" else None
        item = tx.outbox.row(lane, "say", key, conversation_id, asdict(outgoing), now, due_at, attempts, last)
        data: dict[str, Any] = {"key": text_key} if text_key else {}
        if outgoing.buttons:
            data["buttons"] = [asdict(b) for b in outgoing.buttons]
        if outgoing.urgent:
            data["urgent"] = True
        if outgoing.request:
            data["request"] = outgoing.request
        tx.ledger.say(Line(conversation_id, direction, "text", outgoing.text, now, data), item)
