"""Back-ups: whole or not there, into either kind of database, and no way back for who was erased."""

from __future__ import annotations

import asyncio
import io
import json
import os
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.backup import BadBackup, Summary, back_up, restore
from bot.channels.base import Incoming
from bot.erasure_ledger import BrokenLedger, ErasureLedger, ErasuresOutside
from bot.failures import TemporaryFailure
from bot.store import schema
from bot.store.accounts import Accounts
from bot.store.dump import NotEmpty, snapshot
from bot.store.sealing import Sealer
from bot.store.tables import Base, Outbox, Session
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from tests.bot.emptied import emptied, migrated
from tests.bot.house import TestHouse, build
from tests.bot.test_house import drawn
from tests.conftest import POSTGRES, SECRET, empty_postgres
from tests.doubles import photo, text

SECRET_WORDS = "rahasia warga yang dihapus"


def quiet(words: str) -> None:
    """Nobody looks at the progress."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return migrated(request.param, str(tmp_path_factory.mktemp("backup")))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with emptied(url) as store:
        yield store


async def lived_in(store: Store, folder: Path) -> TestHouse:
    """Two citizens: one with a filed report and a photo, one who talks and is going to be erased."""
    house = build(store, folder)
    house.channel.files["f1"] = drawn("red")
    house.channel.files["f2"] = drawn("blue")
    for n, said in enumerate(("lampu jalan mati depan masjid", None, "kirim")):
        message: Incoming = text(said, f"a{n}", "a") if said else photo("f1", f"a{n}", "a")
        await house.hears(message)
    await house.hears(photo("f2", "b0", "b", caption=SECRET_WORDS), text("petugas", "b1", "b"))
    async with store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
    return house


@asynccontextmanager
async def empty(kind: str, folder: Path) -> AsyncIterator[Store]:
    """A database without any table."""
    url = f"sqlite+aiosqlite:///{folder}/new.db" if kind == "sqlite" else await asyncio.to_thread(empty_postgres)
    store = Store(url, Sealer(SECRET))
    yield store
    await store.close()


async def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    async with snapshot(store) as tables:
        found = {}
        for name in tables.tables:
            found[name] = [row async for row in tables.rows(name)]
        return found


async def kept(store: Store, folder: Path, name: str = "b.siaga") -> tuple[Path, Summary]:
    target = folder / "backups" / name
    return target, await back_up(store, folder / "media", target, quiet)


async def test_everything_comes_back_and_who_was_erased_does_not(store: Store, tmp_path: Path) -> None:
    """Each kind of database into the other, which is more than each into its own."""
    into = "postgresql" if store.is_sqlite else "sqlite"
    if not POSTGRES:
        pytest.skip("no PostgreSQL: `make test` starts one on Debian, SIAGA_TEST_POSTGRES names another")
    house = await lived_in(store, tmp_path)
    before = await contents(store)
    target, done = await kept(store, tmp_path)
    assert done.files == 2
    assert done.rows == sum(map(len, before.values()))
    assert [path.name for path in target.parent.iterdir()] == [target.name], "nothing half is left beside it"
    assert target.stat().st_mode & 0o077 == 0

    # The citizen is erased after the back-up, which the ledger outside remembers.
    async with writing(store) as tx:
        whose = await tx.conversations.of_address("webchat", "b")
        assert whose
        fingerprint = tx.sealer.fingerprint("webchat", "b")
    await house.staff.erase(whose)
    await house.settle()
    ledger = ErasureLedger(tmp_path / "erasures.sealed", store.sealer)
    assert await ErasuresOutside(store, ledger).work(datetime.now(UTC)) == "1 erasures added"
    await store.close()

    new_media = tmp_path / "restored"
    house.media.folder = new_media
    async with empty(into, tmp_path) as new:
        restored = await restore(new, house.media, target, ledger.read(), datetime.now(UTC), quiet)
        assert (restored.erased, restored.rows, restored.files) == (1, done.rows, 2)
        after = await contents(new)
        everything = json.dumps(after)
        assert SECRET_WORDS in json.dumps(before)
        assert fingerprint in json.dumps(before["contacts"])
        assert SECRET_WORDS not in everything
        assert fingerprint not in json.dumps({name: rows for name, rows in after.items() if name != "erasures"})
        # The other citizen is there as before, with photo and report.
        assert after["reports"] == before["reports"]
        assert [m for m in after["messages"] if m["conversation_id"] != whose] == [
            m for m in before["messages"] if m["conversation_id"] != whose
        ]
        assert [path.name for path in new_media.rglob("*") if path.is_file()] == [
            row["hash"] for row in after["report_photos"]
        ]
        again = build(new, tmp_path)
        assert await again.hears(text("data saya", "a9", "a"), text("halo", "b9", "b")), "numbers of new rows are free"
        with pytest.raises(NotEmpty, match="not empty"):
            await restore(new, house.media, target, [], datetime.now(UTC), quiet)


async def test_what_was_on_its_way_to_lapor_is_for_a_person(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path)
    house.lapor.failures = [TemporaryFailure("down")]
    for n, said in enumerate(("lampu jalan mati depan masjid", "lewati", "kirim")):
        await house.hears(text(said, f"a{n}", "a"))
    async with store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
        user = await accounts.add_user("ani", "Ani", "hash", "operator", datetime.now(UTC))
        session.add(Session(id_hash="x", user_id=user, csrf="x", created_at=datetime.now(UTC),
                            expires_at=datetime.now(UTC) + timedelta(hours=1)))  # fmt: skip
    target, _ = await kept(store, tmp_path)
    async with empty("sqlite", tmp_path) as new:
        await restore(new, house.media, target, [], datetime.now(UTC), quiet)
        async with reading(new) as tx:
            [report] = await tx.reports.listing()
            assert report.state == "filing_unknown"
            states = await tx.session.execute(sa.select(Outbox.state).where(Outbox.kind == "file"))
            assert [row[0] for row in states] == ["unknown"]
            assert await tx.session.scalar(sa.select(sa.func.count()).select_from(Session)) == 0
        again = build(new, tmp_path)
        again.clock.ahead = timedelta(hours=3)
        await again.settle()
        assert again.lapor.filed == []


async def test_a_back_up_holds_one_moment(store: Store, tmp_path: Path) -> None:
    house = build(store, tmp_path)
    await house.hears(text("petugas", "a0", "a"))
    async with snapshot(store) as tables:
        before = [row async for row in tables.rows("contacts")]
        await house.hears(text("petugas", "c0", "c"))
        assert [row async for row in tables.rows("contacts")] == before
        messages = [row async for row in tables.rows("messages")]
        assert {row["conversation_id"] for row in messages} == {messages[0]["conversation_id"]}
    assert len((await contents(store))["contacts"]) == 2


async def test_every_table_is_in_it(store: Store, tmp_path: Path) -> None:
    async with snapshot(store) as tables:
        assert set(tables.tables) == set(Base.metadata.tables)


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[tuple[Store, Path]]:
    """A back-up of a small SQLite database."""
    store = Store(f"sqlite+aiosqlite:///{tmp_path}/small.db", Sealer(SECRET))
    await schema.upgrade(store)
    await lived_in(store, tmp_path)
    target, _ = await kept(store, tmp_path)
    yield store, target
    await store.close()


async def test_a_back_up_never_overwrites_and_never_lies_half(small: tuple[Store, Path], tmp_path: Path) -> None:
    store, target = small
    with pytest.raises(BadBackup, match="is there already"):
        await kept(store, tmp_path)
    with pytest.raises(BadBackup, match="cannot be written"):
        await back_up(store, tmp_path / "media", Path("/proc/nowhere/b"), quiet)

    def stops(words: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await back_up(store, tmp_path / "media", tmp_path / "backups" / "other", stops)
    assert [path.name for path in target.parent.iterdir()] == [target.name]


async def test_what_is_damaged_is_not_restored(small: tuple[Store, Path], tmp_path: Path) -> None:
    _, target = small
    whole = target.read_bytes()
    at = whole.index(b"tables/outbox") + 700
    damaged = {
        "short": whole[: len(whole) // 2],
        "changed": whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :],
        "text": b"this is no back-up",
        "empty": b"",
        "later": _with_manifest(target, schema="9999"),
        "elsewhere": _with_manifest(target, media={"../../evil": ""}),
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
        async with empty("sqlite", tmp_path) as new:
            with pytest.raises(BadBackup):
                await restore(new, build(new, tmp_path).media, tmp_path / name, [], datetime.now(UTC), quiet)
            async with new.engine.connect() as connection:
                assert await connection.run_sync(schema.version_of) is None, "the database is as empty as before"


def _with_manifest(source: Path, **changed: Any) -> bytes:
    """The same back-up with another manifest."""
    out = io.BytesIO()
    with tarfile.open(source) as old, tarfile.open(fileobj=out, mode="w") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            assert content
            data = content.read()
            if member.name == "manifest.json":
                data = json.dumps({**json.loads(data), **changed}).encode()
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return out.getvalue()


def test_the_ledger_of_erasures_bears_a_power_cut(tmp_path: Path) -> None:
    ledger = ErasureLedger(tmp_path / "e" / "erasures.sealed", Sealer(SECRET))
    rows = [("webchat", f"f{n}", datetime(2026, 11, 24, n, tzinfo=UTC)) for n in range(3)]
    assert ledger.read() == []
    ledger.add(rows[:2])
    with ledger.path.open("ab") as file:
        file.write(b"gAAAAAhalf a line")
    assert ledger.read() == rows[:2]
    ledger.add(rows[2:])
    assert ledger.read() == rows
    assert b"webchat" not in ledger.path.read_bytes()
    assert os.stat(ledger.path).st_mode & 0o077 == 0
    with pytest.raises(BrokenLedger, match="line 1"):
        ErasureLedger(ledger.path, Sealer("another-secret-key-0123456789-0123456789")).read()


async def test_who_was_erased_twice_is_in_the_ledger_twice(store: Store, tmp_path: Path) -> None:
    rows = [("webchat", "f", datetime(2026, 11, day, tzinfo=UTC)) for day in (1, 20)]
    for _ in range(2):
        async with writing(store) as tx:
            await tx.erasures.remember(rows)
    async with reading(store) as tx:
        assert sorted(await tx.erasures.ledger()) == rows
