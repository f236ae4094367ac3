"""What a person does with what did not leave the house: try it again, or park it. Each with a row in the audit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from bot.failures import SiagaError
from bot.store.audit import Audits
from bot.store.transaction import Transaction, writing
from bot.store.undelivered import Unsent
from bot.store.unit_of_work import Store

MOST_REASON: Final = 200
_HURRIED: Final = ("say", "file", "follow", "erase")
"""What may be made due at once while it waits for its next try."""
_AGAIN: Final = ("say", "follow")
"""What may be tried again after it was parked. A parked filing is sent again from its report's page, once."""


class NotByHand(SiagaError):
    """This item is settled elsewhere; the sentence says where."""


class Mailroom:
    """`public_url` is where the pages are, `wake` tells the workers of this process."""

    def __init__(
        self, store: Store, public_url: str, wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._store = store
        self._public_url = public_url
        self._wake = wake
        self._clock = clock

    async def retry(self, item_id: int, user_id: int | None) -> None:
        """Make the item due now. Raises NotByHand; a filing of unknown outcome is never made due."""
        async with writing(self._store) as tx:
            item = await self._held(tx, item_id)
            if item.state == "unknown":
                where = await self._where(tx, item)
                raise NotByHand(f"Kiriman {item_id} belum pasti masuk, jadi tidak dikirim ulang begitu saja. {where}")
            if item.kind not in (_HURRIED if item.state == "pending" else _AGAIN):
                raise NotByHand(f"Kiriman {item_id} tidak dikirim ulang dari sini. {await self._where(tx, item)}")
            await tx.undelivered.again(item_id, self._clock())
            Audits(tx.session).write(user_id, "outbox_retry", f"outbox:{item_id}", self._clock())
        self._wake()

    async def park(self, item_id: int, reason: str, user_id: int | None) -> None:
        """Let the item lie, for this reason, until a person wants it tried again. Raises NotByHand."""
        reason = " ".join(reason.split())
        if not reason or len(reason) > MOST_REASON:
            raise NotByHand(f"Alasan harus diisi, paling banyak {MOST_REASON} huruf.")
        async with writing(self._store) as tx:
            item = await self._held(tx, item_id)
            if item.kind not in _AGAIN:
                raise NotByHand(f"Kiriman {item_id} tidak dapat ditahan. {await self._where(tx, item)}")
            if item.state not in ("pending", "waiting"):
                raise NotByHand(f"Kiriman {item_id} tidak sedang menunggu dikirim.")
            await tx.undelivered.park(item_id, reason)
            Audits(tx.session).write(user_id, "outbox_park", f"outbox:{item_id}", self._clock())

    @staticmethod
    async def _held(tx: Transaction, item_id: int) -> Unsent:
        item = await tx.undelivered.held(item_id)
        if item is None:
            raise NotByHand(f"Kiriman {item_id} tidak ada.")
        if item.state == "done":
            raise NotByHand(f"Kiriman {item_id} sudah terkirim.")
        if item.state == "sending":
            raise NotByHand(f"Kiriman {item_id} sedang dikirim.")
        return item

    async def _where(self, tx: Transaction, item: Unsent) -> str:
        """Which page settles it."""
        [sealed] = await tx.outbox.items([item.id])
        about = sealed.payload or {}
        page = f"percakapan/{item.conversation_id}"
        if "ticket" in about:
            page = f"laporan/{about['ticket']}"
        elif "incident" in about:
            page = f"112/{about['incident']}"
        return f"Putuskan di {self._public_url}/admin/{page}."
