"""Retention: what was kept long enough is removed, kind by kind, in small steps; every run says what it did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot.media import MediaFolder
from bot.periods import Periods
from bot.store.erasure import Erasures
from bot.store.retention import BATCH, Retentions
from bot.store.unit_of_work import Store

BREATH: Final = 0.02
"""Seconds between two steps, in which others may write."""
ON_THE_WAY: Final = timedelta(days=2)
"""A file younger than this may belong to a message that is still being read."""

KINDS: Final = {
    "drafts": "draf laporan yang ditinggalkan", "transcripts": "pesan percakapan yang sudah selesai",
    "inbox": "pesan masuk yang sudah dibaca", "outbox": "kiriman keluar yang sudah selesai",
    "names": "nama dan nomor pada laporan dan kejadian yang sudah selesai",
    "erased": "sisa data warga yang sudah dihapus", "sessions": "sesi masuk yang sudah berakhir",
    "media": "foto dan berkas yang tidak dipakai lagi", "files": "berkas di folder tanpa catatan",
}  # fmt: skip
"""Every kind in the order in which they are gone through, as petugas read it."""


Step = Callable[[Retentions], Awaitable[int]]


class Retention:
    """Runs over everything; may be stopped and begun again at any point."""

    def __init__(self, store: Store, media: MediaFolder, periods: Periods) -> None:
        self._store = store
        self._media = media
        self._periods = periods

    async def work(self, now: datetime) -> str:
        """The nightly duty: a sentence of what was removed."""
        counts = await self.run(now)
        return ", ".join(f"{kind} {count}" for kind, count in counts.items() if count) or "nothing was due"

    async def run(self, now: datetime, *, dry_run: bool = False) -> dict[str, int]:
        """Remove what is due, or with `dry_run` only count it; the counts by kind, also written down as a run."""
        started, keep = time.monotonic(), self._periods
        steps: dict[str, tuple[Step, Step]] = {
            "transcripts": (
                lambda r: r.old_messages(now - keep.transcripts), lambda r: r.forget_messages(now - keep.transcripts),
            ),
            "inbox": (lambda r: r.old_inbox(now - keep.inbox), lambda r: r.drop_inbox(now - keep.inbox)),
            "outbox": (
                lambda r: r.old_outbox(now - keep.outbox, now - keep.transcripts),
                lambda r: r.drop_outbox(now - keep.outbox, now - keep.transcripts),
            ),
            "names": (lambda r: r.old_names(now - keep.names), lambda r: r.drop_names(now - keep.names)),
            "sessions": (lambda r: r.dead_sessions(now), lambda r: r.drop_sessions(now)),
        }  # fmt: skip
        counts = dict.fromkeys(KINDS, 0)
        counts["drafts"] = await self._drafts(now - keep.drafts, dry_run=dry_run)
        for kind, (count, take) in steps.items():
            counts[kind] = await self._read(count) if dry_run else await self._all(take)
        counts["erased"] = await self._erased(now, dry_run=dry_run)
        counts["media"] = await self._unused(now, dry_run=dry_run)
        counts["files"] = await self._strays(now, dry_run=dry_run)
        async with self._store.write() as session:
            took = round((time.monotonic() - started) * 1000)
            Retentions(session, self._store.sealer).record(now, took, counts, dry_run=dry_run)
        if not dry_run:
            await self._store.scrub()
        return counts

    async def _read(self, count: Step) -> int:
        async with self._store.read() as session:
            return await count(Retentions(session, self._store.sealer))

    async def _all(self, take: Step) -> int:
        """Step by step until a step takes nothing."""
        taken = 0
        while True:
            async with self._store.write() as session:
                now_taken = await take(Retentions(session, self._store.sealer))
            taken += now_taken
            if not now_taken:
                return taken
            await asyncio.sleep(BREATH)

    async def _drafts(self, before: datetime, *, dry_run: bool) -> int:
        found, after = 0, 0
        while True:
            async with self._store.read() as session:
                stale, then = await Retentions(session, self._store.sealer).stale_drafts(before, after)
            if stale and not dry_run:
                async with self._store.write() as session:
                    found += await Retentions(session, self._store.sealer).drop_drafts(stale, before)
            else:
                found += len(stale)
            if then is None:
                return found
            after = then
            await asyncio.sleep(BREATH)

    async def _erased(self, now: datetime, *, dry_run: bool) -> int:
        """What an erasure had to leave because it was still needed, and is not any more."""
        if dry_run:
            async with self._store.read() as session:
                return await Erasures(session, self._store.sealer).left_over(now)
        async with self._store.write() as session:
            return await Erasures(session, self._store.sealer).finish(now)

    # --- files ---

    async def _unused(self, now: datetime, *, dry_run: bool) -> int:
        async with self._store.read() as session:
            retentions = Retentions(session, self._store.sealer)
            old = await retentions.media(now - self._periods.media)
            unused = sorted(set(old) - await retentions.mentioned()) if old else []
        young = await asyncio.to_thread(self._young, unused, now)
        unused = [digest for digest in unused if digest not in young]
        if not dry_run:
            for start in range(0, len(unused), BATCH):
                some = unused[start : start + BATCH]
                async with self._store.write() as session:
                    await Retentions(session, self._store.sealer).drop_media(some)
                for digest in some:
                    await asyncio.to_thread(self._media.remove, digest)
                await asyncio.sleep(BREATH)
        return len(unused)

    def _young(self, hashes: list[str], now: datetime) -> set[str]:
        """Those that somebody sent again just now: their message may still be on its way into the database."""
        return {digest for digest in hashes if _age(self._media.path(digest), now) < ON_THE_WAY}

    async def _strays(self, now: datetime, *, dry_run: bool) -> int:
        """Files that no row knows: uploads never read, and what a crash left between writing and noting down."""
        async with self._store.read() as session:
            known = await Retentions(session, self._store.sealer).known_media()

        def sweep() -> int:
            strays = [
                path for path in self._media.folder.rglob("*")
                if _ours(path) and path.name not in known and _age(path, now) > ON_THE_WAY
            ]  # fmt: skip
            if not dry_run:
                for path in strays:
                    path.unlink(missing_ok=True)
            return len(strays)

        return await asyncio.to_thread(sweep) if self._media.folder.exists() else 0


def _ours(path: Path) -> bool:
    """Whether the media pipeline wrote this file: stored by hash, half written, or an upload of the web chat."""
    stored = len(path.name) == 64 and path.parent.parent.name == path.name[:2]
    return path.is_file() and (stored or path.name.startswith(".incoming-") or path.parent.name == "incoming")


def _age(path: Path, now: datetime) -> timedelta:
    """How long ago the file was written; a file that is gone is as old as can be."""
    try:
        return timedelta(seconds=now.timestamp() - path.stat().st_mtime)
    except FileNotFoundError:
        return timedelta.max
