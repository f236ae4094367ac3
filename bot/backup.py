"""One file that holds everything: all tables as of one moment, every media file, and a manifest with their hashes.

The file appears whole or not at all. It is as secret as the database: names and numbers in it are sealed, words are
not. Without SIAGA_SECRET_KEY the sealed parts stay closed, so the key belongs into a safe of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from bot.erasure_ledger import Erased
from bot.failures import SiagaError
from bot.media import MediaFolder
from bot.spool import sync_folder
from bot.store import schema
from bot.store.dump import Row, doubtful, forget_sessions, restoring, snapshot
from bot.store.transaction import Transaction
from bot.store.unit_of_work import Store

FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_BLOCK: Final = 1024 * 1024
_NOT_SURE: Final = "dipulihkan dari cadangan: periksa di LAPOR! apakah laporan ini sudah masuk, lalu putuskan"

Tell = Callable[[str], None]
"""Shows how far it is, in one line."""


class BadBackup(SiagaError):
    """This file cannot be restored; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a back-up holds, or what was restored; `erased` citizens were erased once more."""

    tables: int
    rows: int
    files: int
    size: int
    erased: int = 0


async def back_up(store: Store, media: Path, target: Path, tell: Tell) -> Summary:
    """Write the back-up. Raises BadBackup when `target` is there already or cannot be written."""
    _check_free(target)
    with _arising(target) as file, tarfile.open(fileobj=file, mode="w") as archive:
        manifest: dict[str, Any] = {
            "format": FORMAT, "made_at": datetime.now(UTC).isoformat(),
            "database": "sqlite" if store.is_sqlite else "postgresql", "tables": {}, "media": {},
        }  # fmt: skip
        async with snapshot(store) as tables:
            manifest["schema"] = tables.version
            for number, name in enumerate(tables.tables, 1):
                with _TableFile(target.parent) as lines:
                    async for row in tables.rows(name):
                        lines.write(row)
                    digest = _add(archive, f"tables/{name}", lines.end())
                manifest["tables"][name] = {"rows": lines.rows, "sha256": digest}
                tell(f"table {number} of {len(tables.tables)}: {name}")
        # After the tables: what a row of them names was there before, and content never changes under its hash.
        found = sorted(_media_files(media))
        for number, path in enumerate(found, 1):
            relative = path.relative_to(media).as_posix()
            try:
                with path.open("rb") as content:
                    manifest["media"][relative] = _add(archive, f"media/{relative}", content)
            except FileNotFoundError:
                # Removed since it was listed: nobody needs it any more.
                continue
            if number % 100 == 0 or number == len(found):
                tell(f"file {number} of {len(found)}")
        _add(archive, _MANIFEST, io.BytesIO(json.dumps(manifest, indent=1).encode()))
    counted = [table["rows"] for table in manifest["tables"].values()]
    return Summary(len(counted), sum(counted), len(manifest["media"]), _size(target))


async def restore(
    store: Store, media: MediaFolder, source: Path, erasures: Sequence[Erased], now: datetime, tell: Tell
) -> Summary:
    """Bring a back-up into an empty database of either kind, and erase again whoever was erased since.

    What was on its way to LAPOR! when the back-up was made may have arrived since: it becomes filing_unknown, for a
    person to settle. Sign-ins of browsers are ended. Raises BadBackup, NotEmpty, TemporaryFailure.
    """
    with ExitStack() as open_:
        try:
            archive = open_.enter_context(tarfile.open(source, mode="r:"))
            manifest = _checked(archive, tell)
        except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
            raise BadBackup(f"{source} is no whole back-up of Kutim Siaga ({type(error).__name__})") from error
        tables = {name: _rows(archive, name) for name in manifest["tables"]}
        async with restoring(store, manifest["schema"], tables) as tx:
            tell("tables are read in")
            # Before the commit: a database without its photos must not look restored.
            for number, relative in enumerate(manifest["media"], 1):
                _extract(archive, relative, media.folder)
                if number % 100 == 0 or number == len(manifest["media"]):
                    tell(f"file {number} of {len(manifest['media'])}")
            await _distrust(tx, now)
            await tx.erasures.remember(erasures)
            await tx.session.flush()
            count, unused = len(await tx.erasures.returned()), await tx.erasures.again(now)
        for digest in unused:
            media.remove(digest)
        await store.scrub()
    counted = [table["rows"] for table in manifest["tables"].values()]
    return Summary(len(counted), sum(counted), len(manifest["media"]), _size(source), count)


async def _distrust(tx: Transaction, now: datetime) -> None:
    """What the world may have moved on from since: filings under way, and browsers that were signed in."""
    await forget_sessions(tx.session)
    for item in await tx.outbox.items(await doubtful(tx.session, _NOT_SURE)):
        ticket = str((item.payload or {}).get("ticket", ""))
        if item.kind == "file" and ticket:
            await tx.reports.move(ticket, "filing_unknown", "siaga", now, note=_NOT_SURE)
        elif ticket:
            await tx.reports.note(ticket, "siaga", _NOT_SURE, now)


# --- the archive ---


def _check_free(target: Path) -> None:
    if target.exists():
        raise BadBackup(f"{target} is there already: a back-up never overwrites another")


def _size(path: Path) -> int:
    return path.stat().st_size


@contextmanager
def _arising(target: Path) -> Iterator[IO[bytes]]:
    """A file beside `target` that takes its name when all of it has reached the disk."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
            sync_folder(target.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BadBackup(f"{target} cannot be written: {error.strerror or type(error).__name__}") from error


class _TableFile:
    """The rows of a table as compressed JSON lines, outside the memory until the archive takes them."""

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by this object's own end
        self._packed = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=5, mtime=0)

    def __enter__(self) -> _TableFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._packed.close()
        self._file.close()

    def write(self, row: Row) -> None:
        self._packed.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self.rows += 1

    def end(self) -> IO[bytes]:
        self._packed.close()
        self._file.seek(0)
        return self._file


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes]) -> str:
    """Add a member and return the SHA-256 of what was added."""
    member = tarfile.TarInfo(name)
    member.size = content.seek(0, os.SEEK_END)
    member.mode = 0o600
    content.seek(0)
    hashing = _Hashing(content)
    archive.addfile(member, hashing)
    return hashing.digest()


class _Hashing:
    """Reads on, and knows the hash of what was read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._hash = hashlib.sha256()

    def read(self, most: int = -1) -> bytes:
        some = self._content.read(most)
        self._hash.update(some)
        return some

    def digest(self) -> str:
        return self._hash.hexdigest()


def _checked(archive: tarfile.TarFile, tell: Tell) -> Mapping[str, Any]:
    """The manifest of a back-up of which every byte is as it was written. Raises BadBackup."""
    manifest: dict[str, Any] = json.load(_member(archive, _MANIFEST))
    if manifest["format"] != FORMAT or not schema.known(manifest["schema"]):
        raise BadBackup(f"the back-up is of a later version (migration {manifest['schema']}): restore it with that one")
    wanted = {f"tables/{name}": table["sha256"] for name, table in manifest["tables"].items()}
    wanted |= {f"media/{relative}": digest for relative, digest in manifest["media"].items()}
    for number, (name, digest) in enumerate(wanted.items(), 1):
        content = _Hashing(_member(archive, name))
        while content.read(_BLOCK):
            pass
        if content.digest() != digest:
            raise BadBackup(f"{name} in the back-up is damaged: its hash is not the manifest's")
        if number % 100 == 0 or number == len(wanted):
            tell(f"checked {number} of {len(wanted)}")
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(name)
    if content is None:
        raise BadBackup(f"{name} in the back-up is no file")
    return content


def _rows(archive: tarfile.TarFile, table: str) -> Iterator[Row]:
    with gzip.open(_member(archive, f"tables/{table}"), "rb") as lines:
        for line in lines:
            yield json.loads(line)


def _media_files(folder: Path) -> list[Path]:
    """Every whole file; what is just being written belongs to no row yet."""
    if not folder.is_dir():
        return []
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def _extract(archive: tarfile.TarFile, relative: str, folder: Path) -> None:
    """Put a file in its place. Raises BadBackup on a name that leads elsewhere, or when it cannot be written."""
    place = PurePosixPath(relative)
    if place.is_absolute() or ".." in place.parts:
        raise BadBackup(f"the back-up names the file {relative}, which lies outside the media folder")
    path = folder / place
    if path.exists():
        return
    with _arising(path) as file:
        content = _member(archive, f"media/{relative}")
        while some := content.read(_BLOCK):
            file.write(some)
