"""Forgetting a citizen: what is kept is counted on request, and erased on request.

Two steps. At once the contact loses its fingerprint, so that whoever writes next from this number is a stranger.
The rest follows when the last bubble is on its way, because that still needs the address. What LAPOR! holds and
what the 112 desk still works on stays, without name and number; audit rows hold ids alone and stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.desk import CLOSED_INCIDENT
from bot.store.masking import unname_words
from bot.store.sealing import Sealer
from bot.store.tables import (
    Contact,
    Conversation,
    Delivery,
    Erasure,
    Inbox,
    Incident,
    IncidentStep,
    Media,
    Message,
    Outbox,
    Report,
    ReportPhoto,
    ReportStep,
    ReportSupport,
)  # fmt: skip
from flows import codec
from flows.model import State

_GONE: Final = "dihapus atas permintaan warga"
_BLANK: Final = b""
_REPEATED: Final = timedelta(days=1)
"""Within this a provider may deliver a message again, and its id must still be known."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of one citizen, in numbers."""

    since: datetime
    messages: int
    photos: int
    name: bool
    phone: bool


class Erasures:
    """Counting and erasing within one transaction."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    async def kept(self, conversation_id: int) -> Kept:
        """What is stored of the citizen of this conversation."""
        contact = await self._contact(conversation_id)
        said = sa.select(sa.func.count()).select_from(Message).where(
            Message.conversation_id == conversation_id, Message.direction == "in"
        )  # fmt: skip
        messages = int(await self._session.scalar(said) or 0)
        photos = len(await self._media_of(conversation_id))
        return Kept(contact.created_at, messages, photos, contact.name_enc is not None, contact.phone_enc is not None)

    async def begin(self, conversation_id: int, now: datetime) -> None:
        """From here on the citizen is a stranger; the row in the ledger lets a restored back-up erase again."""
        contact = await self._contact(conversation_id)
        self._session.add(Erasure(channel=contact.channel, fingerprint=contact.address_hash, at=now))
        await self._unname_reports(conversation_id, self._sealer.open_or_none(contact.name_enc))
        await self._session.execute(
            sa.update(Contact)
            .where(Contact.id == contact.id)
            .values(address_hash=f"erased-{contact.id}", name_enc=None, phone_enc=None)
        )

    async def is_known(self, conversation_id: int) -> bool:
        """Whether there is such a citizen, and they were not erased before."""
        query = (
            sa.select(Contact.address_hash)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == conversation_id)
        )
        found = await self._session.scalar(query)
        return found is not None and not found.startswith("erased-")

    async def erase(self, conversation_id: int, now: datetime) -> list[str]:
        """Erase the rest. Returns the hashes of files that nothing needs any more, for the media folder."""
        contact = await self._contact(conversation_id)
        media = await self._media_of(conversation_id)
        # Before a restored back-up is erased again, nobody has taken the name out of the reports.
        await self._unname_reports(conversation_id, self._sealer.open_or_none(contact.name_enc))
        await self._session.execute(
            sa.update(Contact)
            .where(Contact.id == contact.id)
            .values(address_enc=_BLANK, address_hash=f"erased-{contact.id}", name_enc=None, phone_enc=None)
        )
        await self._session.execute(
            sa.update(Conversation)
            .where(Conversation.id == conversation_id)
            .values(
                state_enc=self._sealer.seal_json(codec.encode_state(State())), wake_at=None, held_by=None,
                waiting_for_staff=False,
            )
        )  # fmt: skip
        await self._erase_mail(conversation_id, now)
        await self._unname(conversation_id)
        return await self._unused(media)

    async def _erase_mail(self, conversation_id: int, now: datetime) -> None:
        """Transcript, inbox and bubbles. Fresh message ids stay a day: a repeated delivery must still be known."""
        nothing = self._sealer.seal_json({})
        await self._session.execute(sa.delete(Message).where(Message.conversation_id == conversation_id))
        await self._session.execute(
            sa.update(Inbox)
            .where(Inbox.conversation_id == conversation_id)
            .values(payload_enc=nothing, error=None, processed_at=sa.func.coalesce(Inbox.processed_at, now))
        )
        await self._session.execute(
            self._without_ids([conversation_id], now), execution_options={"synchronize_session": False}
        )
        bubbles = sa.select(Outbox.id).where(Outbox.conversation_id == conversation_id, Outbox.kind == "say")
        await self._session.execute(
            sa.update(Delivery).where(Delivery.outbox_id.in_(bubbles)).values(reference=None, detail=None)
        )
        await self._session.execute(
            sa.update(Outbox)
            .where(Outbox.conversation_id == conversation_id, Outbox.kind == "say", Outbox.state != "done")
            .values(state="parked", reason=_GONE)
        )
        # Words that are on their way to LAPOR! go with the report that stays; afterwards they are blanked as well.
        settled = sa.and_(Outbox.kind == "follow", Outbox.state.in_(("parked", "unknown")))
        over = sa.or_(Outbox.kind == "say", Outbox.state == "done", settled)
        await self._session.execute(
            sa.update(Outbox).where(Outbox.conversation_id == conversation_id, over).values(payload_enc=nothing)
        )

    async def _unname_reports(self, conversation_id: int, name: str | None) -> None:
        """The words of reports stay with them, without the citizen's name, numbers and addresses."""
        reports = await self._session.scalars(sa.select(Report).where(Report.conversation_id == conversation_id))
        for report in reports.all():
            known = self._sealer.open_or_none(report.reporter_enc) or name
            report.description = unname_words(report.description, known)
            report.place_detail = report.place_detail and unname_words(report.place_detail, known)
            report.note = report.note and unname_words(report.note, known)
            steps = sa.select(ReportStep).where(ReportStep.ticket == report.ticket, ReportStep.note.is_not(None))
            for step in (await self._session.scalars(steps)).all():
                step.note = unname_words(step.note or "", known)
        await self._session.flush()

    async def _unname(self, conversation_id: int) -> None:
        """Reports and incidents lose name and number; incidents that are over lose their words as well."""
        await self._session.execute(
            sa.update(Report).where(Report.conversation_id == conversation_id).values(reporter_enc=None, phone_enc=None)
        )
        # What is still to be filed is filed without a name.
        await self._session.execute(
            sa.update(Report)
            .where(
                Report.conversation_id == conversation_id, Report.anonymity == "none", Report.tracking_id.is_(None)
            )
            .values(anonymity="anonim")
        )  # fmt: skip
        theirs = sa.select(Incident.id).where(Incident.conversation_id == conversation_id)
        await self._session.execute(sa.update(Incident).where(Incident.id.in_(theirs)).values(phone_enc=None))
        await self._forget_incidents(theirs)
        await self._session.execute(sa.delete(ReportSupport).where(ReportSupport.conversation_id == conversation_id))

    async def _forget_incidents(self, theirs: Any) -> int:
        """Of these incidents, those that are over lose what the citizen said and sent; how many there were."""
        over = list(
            await self._session.scalars(
                theirs.where(Incident.state.in_(CLOSED_INCIDENT), Incident.words != _GONE)
            )
        )  # fmt: skip
        await self._session.execute(
            sa.update(IncidentStep)
            .where(IncidentStep.incident_id.in_(over), IncidentStep.who == "warga")
            .values(note=None)
        )
        await self._session.execute(
            sa.update(Incident)
            .where(Incident.id.in_(over))
            .values(words=_GONE, victims=None, photos=[], place_detail=None, lat=None, lon=None)
        )
        return len(over)

    # --- what had to wait ---

    def _erased(self) -> Any:
        """Conversations of erased citizens."""
        return (
            sa.select(Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Contact.address_hash.startswith("erased-"), Contact.address_enc == _BLANK)
        )

    def _settled(self) -> Any:
        """What was on its way to LAPOR! when its citizen was erased, and is not any more."""
        return sa.select(Outbox.id).where(
            Outbox.conversation_id.in_(self._erased()), Outbox.kind == "follow", Outbox.state == "done"
        )

    @staticmethod
    def _identified(conversations: Any, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        """Their messages whose provider's id, which may name the citizen, is not needed any more."""
        return (
            Inbox.conversation_id.in_(conversations), Inbox.received_at < now - _REPEATED,
            ~Inbox.message_id.startswith("erased-"),
        )  # fmt: skip

    def _without_ids(self, conversations: Any, now: datetime) -> Any:
        unnamed = sa.literal("erased-") + sa.cast(Inbox.id, sa.Text)
        return sa.update(Inbox).where(*self._identified(conversations, now)).values(message_id=unnamed)

    async def left_over(self, now: datetime) -> int:
        """How much of erased citizens could go now."""
        incidents = sa.select(Incident.id).where(
            Incident.conversation_id.in_(self._erased()), Incident.state.in_(CLOSED_INCIDENT), Incident.words != _GONE
        )
        messages = sa.select(Inbox.id).where(*self._identified(self._erased(), now))
        found = [await self._session.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
                 for query in (incidents, self._settled(), messages)]  # fmt: skip
        return sum(int(count or 0) for count in found)

    async def finish(self, now: datetime) -> int:
        """Erase what an erasure had to leave at its time: incidents over by now, words that reached LAPOR!, ids."""
        done = await self._forget_incidents(
            sa.select(Incident.id).where(Incident.conversation_id.in_(self._erased()))
        )  # fmt: skip
        ids = list(await self._session.scalars(self._settled()))
        await self._session.execute(sa.delete(Delivery).where(Delivery.outbox_id.in_(ids)))
        newest = await self._session.scalar(sa.select(sa.func.max(Outbox.id)))
        # The newest row stays, blank: SQLite would give its id away again.
        await self._session.execute(
            sa.update(Outbox).where(Outbox.id.in_(ids)).values(payload_enc=self._sealer.seal_json({}))
        )
        gone = await self._session.execute(sa.delete(Outbox).where(Outbox.id.in_(ids), Outbox.id != newest))
        unnamed = await self._session.execute(
            self._without_ids(self._erased(), now), execution_options={"synchronize_session": False}
        )
        return done + sum(cast("sa.CursorResult[Any]", result).rowcount for result in (gone, unnamed))

    async def _media_of(self, conversation_id: int) -> set[str]:
        """Every file that came in this conversation."""
        rows = await self._session.scalars(
            sa.select(Message.data).where(Message.conversation_id == conversation_id, Message.direction == "in")
        )
        named = [(data or {}).get(name) or () for data in rows for name in ("photos", "files")]
        return {str(digest) for hashes in named for digest in hashes}

    async def _unused(self, media: set[str]) -> list[str]:
        """Of these files, those that no report, no incident and nobody else's message needs: their rows are gone."""
        if not media:
            return []
        filed = set(await self._session.scalars(sa.select(ReportPhoto.hash).where(ReportPhoto.hash.in_(media))))
        unused = sorted(media - filed - await self._mentioned(media - filed))
        await self._session.execute(sa.delete(Media).where(Media.hash.in_(unused)))
        return unused

    async def _mentioned(self, media: set[str]) -> set[str]:
        """Which of these files someone else's message or an incident names: each table is gone through once."""
        mentioned: set[str] = set()
        columns: Sequence[Any] = (Message.data, Incident.photos)
        for column in columns:
            text = sa.cast(column, sa.Text)
            named = sa.or_(*(text.contains(digest) for digest in sorted(media)))
            for found in await self._session.scalars(sa.select(text).where(named)) if media else ():
                mentioned |= {digest for digest in media if digest in found}
        return mentioned

    async def again(self, now: datetime) -> list[str]:
        """After a restored back-up: erase once more whoever had been erased. Returns files as `erase` does."""
        files: list[str] = []
        for conversation_id in await self.returned():
            files += await self.erase(conversation_id, now)
        return files

    async def returned(self) -> list[int]:
        """The conversations that a restored back-up brought back although their citizens had been erased."""
        rows = await self._session.execute(
            sa.select(Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .join(
                Erasure, sa.and_(Erasure.channel == Contact.channel, Erasure.fingerprint == Contact.address_hash)
            )
            .where(Contact.created_at <= Erasure.at)
        )  # fmt: skip
        return sorted({row[0] for row in rows})

    async def ledger(self) -> list[tuple[str, str, datetime]]:
        """Channel, fingerprint and moment of every erasure: what a back-up of its own must hold."""
        rows = await self._session.execute(sa.select(Erasure.channel, Erasure.fingerprint, Erasure.at))
        return [(row[0], row[1], row[2]) for row in rows]

    async def remember(self, rows: Sequence[tuple[str, str, datetime]]) -> None:
        """Bring the ledger of before a restore back in; rows that are there already stay once."""
        known = set(await self.ledger())
        for channel, fingerprint, at in rows:
            # Somebody erased twice is in the ledger twice: the later erasure is of what they wrote in between.
            if (channel, fingerprint, at) not in known:
                self._session.add(Erasure(channel=channel, fingerprint=fingerprint, at=at))

    async def _contact(self, conversation_id: int) -> Contact:
        query = sa.select(Contact).join(Conversation, Conversation.contact_id == Contact.id)
        return (await self._session.scalars(query.where(Conversation.id == conversation_id))).one()
