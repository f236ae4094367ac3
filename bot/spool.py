"""The spool: what a provider that never repeats brought while the database did not answer, kept in sealed files.

One file a message, named by the provider's id, whole or not there at all; the same id twice is one file. While
anything lies here, what comes later is put behind it, so that a citizen's messages keep their order.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog

from bot.failures import TemporaryFailure
from bot.store.sealing import Sealer, WrongKey

log = structlog.get_logger(__name__)

MOST_FILES: Final = 50_000
"""Beyond this the provider is told the truth: not stored."""
AT_A_TIME: Final = 100
LOOK: Final = 1.0
"""Seconds between two tries to read the spool in."""
_ENDING: Final = ".sealed"
_UNREADABLE: Final = ".unreadable"
_PASSING: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR)
"""Troubles of the machine, not of the file."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9-]{1,80}")

Taken = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]
"""Takes entries in for good. Raises TemporaryFailure while the database does not answer."""


class SpoolFull(TemporaryFailure):
    """It could not be kept here either."""


class Spool:
    """A folder of sealed entries. Used by one process at a time."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder
        self._sealer = sealer
        self._waiting = len(self._files())
        self._filled = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many entries lie here."""
        return self._waiting

    async def keep(self, name: str, entry: Mapping[str, Any]) -> None:
        """Keep an entry; when this returns it survives a power cut. Raises SpoolFull."""
        if self._waiting >= MOST_FILES:
            raise SpoolFull(f"the spool {self._folder} holds {MOST_FILES} messages already")
        sealed = self._sealer.seal_json(entry)
        try:
            new = await asyncio.to_thread(self._write, _file_name(name), sealed)
        except OSError as error:
            raise SpoolFull(f"the spool {self._folder} cannot be written: {error.strerror}") from error
        self._waiting += new
        self._filled.set()

    def _write(self, name: str, sealed: bytes) -> bool:
        """Whether it is new. Raises OSError with nothing left behind."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / name
        if path.exists():
            return False
        temporary = self._folder / f".{name}.{os.getpid()}"
        try:
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(self._folder)
        return True

    async def run(self, take: Taken) -> None:
        """Read the spool in as soon as the database answers, for ever."""
        while True:
            self._filled.clear()
            try:
                count = await self.drain(take)
                if count:
                    log.info("spool_read_in", messages=count)
            except TemporaryFailure as error:
                log.warning("spool_waits", messages=self._waiting, reason=str(error))
            except Exception:
                log.exception("spool_failed")
            if self._waiting:
                await asyncio.sleep(LOOK)
            else:
                await self._filled.wait()

    async def drain(self, take: Taken) -> int:
        """Take in what lies here, oldest first; how much that was. Raises TemporaryFailure as `take` does."""
        count = 0
        while files := (await asyncio.to_thread(self._files))[:AT_A_TIME]:
            read = [(path, await asyncio.to_thread(self._read, path)) for path in files]
            entries = [(path, entry) for path, entry in read if entry is not None]
            await self._take_in(entries, take)
            count += len(entries)
        self._waiting = len(await asyncio.to_thread(self._files))
        return count

    async def _take_in(self, entries: Sequence[tuple[Path, Mapping[str, Any]]], take: Taken) -> None:
        if not entries:
            return
        try:
            await take([entry for _, entry in entries])
        except TemporaryFailure:
            raise
        except Exception:
            if len(entries) == 1:
                log.exception("spool_entry_refused", file=entries[0][0].name)
                await asyncio.to_thread(self._set_aside, entries[0][0])
                return
            # One that cannot be taken in must not keep the others here.
            for entry in entries:
                await self._take_in([entry], take)
            return
        await asyncio.to_thread(self._remove, [path for path, _ in entries])

    def _files(self) -> list[Path]:
        """The entries, in the order in which they came."""
        if not self._folder.is_dir():
            return []
        found: list[tuple[int, Path]] = []
        for path in self._folder.glob(f"*{_ENDING}"):
            if path.name.startswith("."):
                continue
            with suppress(FileNotFoundError):
                found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found)]

    def _read(self, path: Path) -> Mapping[str, Any] | None:
        try:
            entry = self._sealer.open_json(path.read_bytes())
        except OSError as error:
            if error.errno in _PASSING:
                raise TemporaryFailure(f"the spool {self._folder} cannot be read: {error.strerror}") from error
            log.error("spool_file_unreadable", file=path.name, error=type(error).__name__)
            self._set_aside(path)
            return None
        except (WrongKey, ValueError) as error:
            log.error("spool_file_unreadable", file=path.name, error=type(error).__name__)
            self._set_aside(path)
            return None
        if isinstance(entry, dict):
            return entry
        log.error("spool_file_unreadable", file=path.name, error="no entry")
        self._set_aside(path)
        return None

    def _set_aside(self, path: Path) -> None:
        """Kept for a person, out of the way of the others."""
        path.replace(path.with_suffix(_UNREADABLE))

    def _remove(self, paths: Sequence[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
        sync_folder(self._folder)


def sync_folder(folder: Path) -> None:
    """Make what was created, renamed or removed in a folder reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _file_name(name: str) -> str:
    """The provider's id itself where it is a plain one."""
    plain = name if _PLAIN.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()
    return plain + _ENDING
