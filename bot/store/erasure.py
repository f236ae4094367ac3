"""Forgetting a citizen: what is kept is counted on request, and erased on request.

Two steps. At once the contact loses its fingerprint, so that whoever writes next from this number is a stranger.
The rest follows when the last bubble is on its way, because that still needs the address. What LAPOR! holds and
what the 112 desk still works on stays, without name and number; audit rows hold ids alone and stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.desk import CLOSED_INCIDENT
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
    ReportSupport,
)  # fmt: skip
from flows import codec
from flows.model import State

_GONE: Final = "dihapus atas permintaan warga"
_BLANK: Final = b""


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
        await self._session.execute(
            sa.update(Contact)
            .where(Contact.id == contact.id)
            .values(address_hash=f"erased-{contact.id}", name_enc=None, phone_enc=None)
        )

    async def erase(self, conversation_id: int, now: datetime) -> list[str]:
        """Erase the rest. Returns the hashes of files that nothing needs any more, for the media folder."""
        contact = await self._contact(conversation_id)
        media = await self._media_of(conversation_id)
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
        """Transcript, inbox and bubbles. Message ids stay, so that a late repeated delivery is still known."""
        nothing = self._sealer.seal_json({})
        await self._session.execute(sa.delete(Message).where(Message.conversation_id == conversation_id))
        await self._session.execute(
            sa.update(Inbox)
            .where(Inbox.conversation_id == conversation_id)
            .values(payload_enc=nothing, error=None, processed_at=sa.func.coalesce(Inbox.processed_at, now))
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
        await self._session.execute(
            sa.update(Outbox)
            .where(Outbox.conversation_id == conversation_id, Outbox.kind == "say")
            .values(payload_enc=nothing)
        )

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
        over = theirs.where(Incident.state.in_(CLOSED_INCIDENT))
        await self._session.execute(
            sa.update(IncidentStep)
            .where(IncidentStep.incident_id.in_(over), IncidentStep.who == "warga")
            .values(note=None)
        )
        await self._session.execute(
            sa.update(Incident).where(Incident.id.in_(over)).values(words=_GONE, victims=None, photos=[])
        )
        await self._session.execute(sa.delete(ReportSupport).where(ReportSupport.conversation_id == conversation_id))

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
        unused = []
        for digest in sorted(media - filed):
            if not await self._is_mentioned(digest):
                await self._session.execute(sa.delete(Media).where(Media.hash == digest))
                unused.append(digest)
        return unused

    async def _is_mentioned(self, digest: str) -> bool:
        columns: Sequence[Any] = (Message.data, Incident.photos)
        for column in columns:
            mentioned = sa.select(sa.literal(1)).where(sa.cast(column, sa.Text).contains(digest)).limit(1)
            if await self._session.scalar(mentioned):
                return True
        return False

    async def again(self, now: datetime) -> list[str]:
        """After a restored back-up: erase once more whoever had been erased. Returns files as `erase` does."""
        rows = await self._session.execute(
            sa.select(Conversation.id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .join(
                Erasure, sa.and_(Erasure.channel == Contact.channel, Erasure.fingerprint == Contact.address_hash)
            )
            .where(Contact.created_at <= Erasure.at)
        )  # fmt: skip
        files: list[str] = []
        for conversation_id in sorted({row[0] for row in rows}):
            files += await self.erase(conversation_id, now)
        return files

    async def ledger(self) -> list[tuple[str, str, datetime]]:
        """Channel, fingerprint and moment of every erasure: what a back-up of its own must hold."""
        rows = await self._session.execute(sa.select(Erasure.channel, Erasure.fingerprint, Erasure.at))
        return [(row[0], row[1], row[2]) for row in rows]

    async def remember(self, rows: Sequence[tuple[str, str, datetime]]) -> None:
        """Bring the ledger of before a restore back in; rows that are there already stay once."""
        known = {row[:2] for row in await self.ledger()}
        for channel, fingerprint, at in rows:
            if (channel, fingerprint) not in known:
                self._session.add(Erasure(channel=channel, fingerprint=fingerprint, at=at))

    async def _contact(self, conversation_id: int) -> Contact:
        query = sa.select(Contact).join(Conversation, Conversation.contact_id == Contact.id)
        return (await self._session.scalars(query.where(Conversation.id == conversation_id))).one()
