"""The ledger of erased citizens outside the database: a back-up older than an erasure does not know of it.

One sealed line an erasure: channel, keyed fingerprint and moment, never a name or an address. Lines are only added.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.failures import SiagaError, TemporaryFailure
from bot.spool import sync_folder
from bot.store.sealing import Sealer, WrongKey
from bot.store.transaction import reading
from bot.store.unit_of_work import Store

Erased = tuple[str, str, datetime]
"""Channel, fingerprint, moment."""
_END: Final = b"\n"


class BrokenLedger(SiagaError):
    """A line in the middle of the ledger cannot be opened."""


class ErasureLedger:
    """A file of erasures. One process adds to it at a time."""

    def __init__(self, path: Path, sealer: Sealer) -> None:
        self.path = path
        self._sealer = sealer

    def read(self) -> list[Erased]:
        """Everything it holds. Half a line at its end, of a power cut, counts as not written. Raises BrokenLedger."""
        content = self.path.read_bytes() if self.path.exists() else b""
        lines = content.split(_END)
        # What ends without an end of line was never said to be safe.
        return [self._opened(number, line) for number, line in enumerate(lines[:-1], 1) if line]

    def _opened(self, number: int, line: bytes) -> Erased:
        try:
            channel, fingerprint, at = json.loads(self._sealer.open(line))
        except (WrongKey, ValueError):
            raise BrokenLedger(
                f"line {number} of {self.path} cannot be opened: it is damaged, or of another SIAGA_SECRET_KEY"
            ) from None
        return str(channel), str(fingerprint), datetime.fromisoformat(at)

    def add(self, rows: Sequence[Erased]) -> None:
        """Add these; when this returns they survive a power cut. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [self._sealer.seal(json.dumps([channel, name, at.isoformat()])) for channel, name, at in rows]
        with open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            whole = file.read().rfind(_END) + 1
            file.seek(whole)
            file.truncate()
            file.write(b"".join(line + _END for line in lines))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path.parent)


class ErasuresOutside:
    """The duty that brings every erasure of the database into the file."""

    def __init__(self, store: Store, ledger: ErasureLedger) -> None:
        self._store = store
        self._ledger = ledger

    async def work(self, now: datetime) -> str:
        """Add what is missing; one sentence. Raises TemporaryFailure when the file cannot be written."""
        async with reading(self._store) as tx:
            rows = await tx.erasures.ledger()
        if not rows:
            return "nobody was erased"
        try:
            known = set(await asyncio.to_thread(self._ledger.read))
            new = [row for row in rows if row not in known]
            if new:
                await asyncio.to_thread(self._ledger.add, new)
        except OSError as error:
            raise TemporaryFailure(
                f"the ledger of erasures {self._ledger.path} cannot be written: {error.strerror}"
            ) from error
        return f"{len(new)} erasures added"
