"""Corrections of what the bot understood: messages to look at, the verdicts, and how often it was right."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.masking import mask_words
from bot.store.sealing import Sealer
from bot.store.tables import Contact, Conversation, Message
from bot.store.tables_review import Review

Found = Literal["doubtful", "emergency", "random", "transcript"]
Label = Literal["intent", "category", "danger", "place"]

QUEUE: Final = 20
"""Messages of one page of the queue."""
_SAMPLED: Final = 200_000
"""The random sample is drawn from so many of the latest lines."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a message means according to a person. `kecamatan`, `desa`: codes; `danger_type` only with danger."""

    intent: str
    category: str | None = None
    danger: bool = False
    danger_type: str | None = None
    kecamatan: str | None = None
    desa: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """The same of what the bot understood, with confidences (0 to 1). `danger` is the level: ask, live or None."""

    intent: str
    category: str | None
    danger: str | None
    danger_type: str | None
    kecamatan: str | None
    desa: str | None
    confidence: float
    category_confidence: float = 0.0
    danger_score: float = 0.0

    @classmethod
    def of(cls, understanding: dict[str, Any]) -> Understood:
        """From flows.codec's JSON, which leaves defaults out."""
        category, danger, place = (understanding.get(name) or {} for name in ("category", "emergency", "place"))
        level = danger.get("level", "none")
        return cls(
            str(understanding.get("intent", "luar_topik")), category.get("code"), None if level == "none" else level,
            danger.get("type"), place.get("kecamatan"), place.get("desa"), float(understanding.get("confidence", 0.0)),
            float(category.get("confidence", 0.0)), float(danger.get("score", 0.0)),
        )  # fmt: skip

    def as_verdict(self) -> Verdict:
        """What would be right if the bot was."""
        danger = self.intent == "darurat" or self.danger == "live"
        kind = (self.danger_type or "lainnya") if danger else None
        intent = "darurat" if danger else self.intent
        return Verdict(intent, self.category, danger, kind, self.kecamatan, self.desa)

    def fits(self, verdict: Verdict) -> bool:
        """Whether the bot was right in everything. To ask whether it is happening now is wrong for neither answer."""
        if self.danger == "ask":
            expected = replace(self.as_verdict(), danger=verdict.danger, danger_type=verdict.danger_type)
            return verdict == (replace(expected, intent="darurat") if verdict.danger else expected)
        return verdict == self.as_verdict()


@dataclass(frozen=True, slots=True)
class ToReview:
    """A message before a person: its words masked, what the bot understood, and the verdict if there is one."""

    id: int
    conversation_id: int
    channel: str
    text: str
    at: datetime
    understanding: dict[str, Any]
    verdict: Verdict | None
    right: bool | None

    @property
    def understood(self) -> Understood:
        return Understood.of(self.understanding)


@dataclass(frozen=True, slots=True)
class Correction:
    """A reviewed message for training: its own words, and the citizen's name, to be masked by whoever takes it out."""

    text: str
    verdict: Verdict
    name: str | None


class Reviews:
    """Corrections within one transaction."""

    def __init__(self, session: AsyncSession, sealer: Sealer) -> None:
        self._session = session
        self._sealer = sealer

    # --- what to look at ---

    async def queue(self, found: Found, seed: str = "") -> list[ToReview]:
        """Messages that nobody has reviewed: the least sure first, the dangerous first, or a sample drawn by `seed`."""
        query = self._unreviewed()
        if found == "emergency":
            query = query.where(Message.danger.is_not(None)).order_by(Message.id.desc())
        elif found == "random":
            query = query.where(Message.id.in_(await self._sample(seed))).order_by(Message.id)
        else:
            query = query.order_by(Message.confidence, Message.id)
        return await self._shown(query.limit(QUEUE))

    async def waiting(self) -> int:
        """How many messages read as an emergency nobody has reviewed."""
        query = self._unreviewed().where(Message.danger.is_not(None)).with_only_columns(sa.func.count(Message.id))
        return int(await self._session.scalar(query) or 0)

    def _unreviewed(self) -> Any:
        return self._messages().where(
            Message.intent.is_not(None), Message.text != "", ~Message.forgotten, Review.message_id.is_(None)
        )  # fmt: skip

    @staticmethod
    def _messages() -> Any:
        return (
            sa.select(Message, Conversation.channel, Contact.name_enc, Review)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .outerjoin(Review, Review.message_id == Message.id)
        )

    async def _sample(self, seed: str) -> list[int]:
        newest = int(await self._session.scalar(sa.select(sa.func.max(Message.id))) or 0)
        oldest = max(1, newest - _SAMPLED + 1)
        drawn = random.Random(seed)
        return sorted({drawn.randint(oldest, newest) for _ in range(QUEUE * 12)}) if newest else []

    async def reviewed(
        self, since: datetime, until: datetime, right: bool | None, before: int | None = None, most: int = 50
    ) -> list[ToReview]:
        """Reviewed messages of a period, the newest message first; `before` is the last id of the page before."""
        query = self._messages().where(*self._period(since, until, right)).order_by(Message.id.desc()).limit(most)
        return await self._shown(query.where(Message.id < before) if before else query)

    async def count(self, since: datetime, until: datetime, right: bool | None = None) -> int:
        """How many messages were reviewed in a period, all of them or the right or corrected ones."""
        query = sa.select(sa.func.count()).select_from(Review).where(*self._period(since, until, right))
        return int(await self._session.scalar(query) or 0)

    @staticmethod
    def _period(since: datetime, until: datetime, right: bool | None) -> list[sa.ColumnElement[bool]]:
        found = [Review.at >= since, Review.at < until]
        return found if right is None else [*found, Review.right.is_(right)]

    async def message(self, message_id: int) -> ToReview | None:
        """One message that the bot understood; None when there is none of that id."""
        query = self._messages().where(Message.id == message_id, Message.intent.is_not(None))
        return next(iter(await self._shown(query)), None)

    async def verdicts(self, conversation_id: int) -> dict[int, tuple[Verdict, bool]]:
        """Message -> verdict and whether the bot was right, for a transcript."""
        rows = await self._session.scalars(sa.select(Review).where(Review.conversation_id == conversation_id))
        return {row.message_id: (_verdict(row), row.right) for row in rows}

    async def _shown(self, query: Any) -> list[ToReview]:
        return [
            ToReview(
                message.id, message.conversation_id, channel,
                mask_words(message.text, self._sealer.open_or_none(name)), message.at, message.understanding or {},
                _verdict(review) if review else None, review.right if review else None,
            )
            for message, channel, name, review in (await self._session.execute(query)).all()
        ]  # fmt: skip

    # --- the verdict ---

    async def judge(self, message: ToReview, verdict: Verdict, found: Found, user_id: int, now: datetime) -> bool:
        """Store a person's verdict, in place of an earlier one; whether the bot was right."""
        said = message.understood
        right = said.fits(verdict)
        row = await self._session.get(Review, message.id)
        if row is None:
            row = Review(message_id=message.id, conversation_id=message.conversation_id, found=found)
            self._session.add(row)
        row.said_intent, row.said_category, row.said_danger = said.intent, said.category, said.danger
        row.said_kecamatan, row.said_desa = said.kecamatan, said.desa
        row.intent, row.category, row.kecamatan, row.desa = (
            verdict.intent, verdict.category, verdict.kecamatan, verdict.desa,
        )  # fmt: skip
        row.danger, row.danger_type, row.right = verdict.danger, verdict.danger_type, right
        row.user_id, row.at = user_id, now
        await self._session.flush()
        return right

    async def withdraw(self, message_id: int) -> None:
        """The message is as if nobody had reviewed it."""
        await self._session.execute(sa.delete(Review).where(Review.message_id == message_id))

    # --- how often the bot was right ---

    async def outcomes(
        self, label: Label, since: datetime, until: datetime, found: Found | None = None
    ) -> list[tuple[str, bool, datetime]]:
        """Every reviewed message of a period: what the bot said, whether that label was right, and when reviewed."""
        columns = _OUTCOME[label]
        query = sa.select(*columns, Review.at).where(Review.at >= since, Review.at < until)
        if found:
            query = query.where(Review.found == found)
        rows = (await self._session.execute(query)).all()
        return list(_outcomes(label, rows))

    # --- out of the house ---

    async def corrections(self, after: int = 0, most: int = 500) -> tuple[list[Correction], int | None]:
        """A batch of reviewed messages with their own words, in order of their ids, and where the next begins."""
        told = (Review.message_id > after, Message.text != "", ~Message.forgotten)
        query = self._messages().where(*told).order_by(Message.id).limit(most)
        rows = (await self._session.execute(query)).all()
        batch = [
            Correction(message.text, _verdict(review), self._sealer.open_or_none(name))
            for message, _, name, review in rows
        ]
        return batch, rows[-1][0].id if len(rows) == most else None


_OUTCOME: Final[dict[Label, tuple[Any, ...]]] = {
    "intent": (Review.said_intent, Review.intent),
    "category": (Review.said_category, Review.category),
    "danger": (Review.said_danger, Review.danger),
    "place": (Review.said_kecamatan, Review.said_desa, Review.kecamatan, Review.desa),
}


def _outcomes(label: Label, rows: Sequence[Any]) -> Iterator[tuple[str, bool, datetime]]:
    for row in rows:
        match label:
            case "danger":
                # A question whether it is happening now is right for danger and wrong only without any.
                yield row[0] or "none", bool(row[1]) == (row[0] is not None), row[2]
            case "place":
                yield ("desa" if row[1] else "kecamatan" if row[0] else "none"), row[0:2] == row[2:4], row[4]
            case _:
                yield row[0] or "none", row[0] == row[1], row[2]


def _verdict(row: Review) -> Verdict:
    return Verdict(row.intent, row.category, row.danger, row.danger_type, row.kecamatan, row.desa)
