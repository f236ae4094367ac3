"""The audit: only ever added to, sealed day by day, and what a tampered row does to the seals."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from bot.__main__ import app
from bot.housekeeping import housekeeping
from bot.media import MediaFolder
from bot.periods import Periods
from bot.store.audit import Audits, Verdict
from bot.store.sealing import Sealer
from bot.store.unit_of_work import Store
from tests.conftest import SECRET

MIDNIGHT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
"""The beginning of 21 November in WITA."""
DROP = {
    "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", "DROP TRIGGER audit_days_no_update",
               "DROP TRIGGER audit_days_no_delete"),
    "postgresql": ("DROP TRIGGER audit_no_change ON audit", "DROP TRIGGER audit_days_no_change ON audit_days",
                   "GRANT UPDATE, DELETE ON audit, audit_days TO CURRENT_USER"),
}  # fmt: skip


@pytest.fixture
async def written(store: Store) -> Store:
    """Three days of rows: two on the 21st, none on the 22nd, one on the 23rd; one on the edge of a day."""
    for at in (timedelta(0), timedelta(hours=23, minutes=59), timedelta(days=2, hours=3)):
        async with store.write() as session:
            Audits(session).write(7, "reveal", "report:KS-261121-AAAA", MIDNIGHT + at, "periksa")
    return store


async def execute(store: Store, statement: str) -> None:
    async with store.write() as session:
        await session.execute(sa.text(statement))


async def seal(store: Store, now: datetime) -> list[str]:
    async with store.write() as session:
        return [day for day, _ in await Audits(session).seal_days(store.sealer, now)]


async def verdict(store: Store, now: datetime, sealer: Sealer | None = None) -> Verdict:
    async with store.read() as session:
        return await Audits(session).verify(sealer or store.sealer, now)


async def refuses(store: Store, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"only ever added to|permission denied"):
        await execute(store, statement)


async def test_the_database_refuses_to_change_what_was_written(written: Store) -> None:
    await seal(written, MIDNIGHT + timedelta(days=3, hours=1))
    for table, column in (("audit", "object"), ("audit_days", "digest")):
        await refuses(written, f"UPDATE {table} SET {column} = 'x'")
        await refuses(written, f"DELETE FROM {table}")
        if written.is_sqlite:
            await refuses(written, f"REPLACE INTO {table} SELECT * FROM {table}")
        else:
            await refuses(written, f"TRUNCATE {table}")
            await execute(written, f"GRANT ALL ON {table} TO CURRENT_USER")
            await refuses(written, f"TRUNCATE {table}")
            await refuses(written, f"DELETE FROM {table}")
            key = "id" if table == "audit" else "day"
            again = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = 'x'"
            await refuses(written, again)
    async with written.read() as session:
        assert await session.scalar(sa.text("SELECT COUNT(*) FROM audit WHERE object <> 'x'")) == 3
        assert await session.scalar(sa.text("SELECT COUNT(*) FROM audit_days WHERE digest <> 'x'")) == 3


async def test_days_are_sealed_once_over_and_in_wita(written: Store) -> None:
    assert await seal(written, MIDNIGHT + timedelta(hours=24, minutes=14)) == []
    assert await seal(written, MIDNIGHT + timedelta(hours=24, minutes=15)) == ["2026-11-21"]
    assert await seal(written, MIDNIGHT + timedelta(days=3, hours=1)) == ["2026-11-22", "2026-11-23"]
    assert await seal(written, MIDNIGHT + timedelta(days=3, hours=2)) == []
    async with written.read() as session:
        rows = await session.execute(sa.text("SELECT rows, previous, digest FROM audit_days ORDER BY day"))
        days = [tuple(row) for row in rows]
    assert [day[0] for day in days] == [2, 0, 1]
    assert [day[1] for day in days[1:]] == [day[2] for day in days[:-1]]
    assert await verdict(written, MIDNIGHT + timedelta(days=3, hours=2)) == Verdict(3)


TAMPERING = [
    ("UPDATE audit SET object = 'report:KS-000000-ZZZZ' WHERE id = 1", "2026-11-21"),
    ("UPDATE audit SET user_id = 8 WHERE id = 3", "2026-11-23"),
    ("DELETE FROM audit WHERE id = 2", "2026-11-21"),
    ("DELETE FROM audit WHERE id < 3", "2026-11-21"),
    ("DELETE FROM audit", "2026-11-21"),
    ("INSERT INTO audit (at, user_id, action, object) VALUES ('2026-11-22 03:00:00.000000', 7, 'x', 'y')",
     "2026-11-22"),
    ("INSERT INTO audit (at, user_id, action, object) VALUES ('2026-11-10 03:00:00.000000', 7, 'x', 'y')",
     "2026-11-10"),
    ("UPDATE audit_days SET digest = previous WHERE day = '2026-11-22'", "2026-11-22"),
    ("DELETE FROM audit_days WHERE day = '2026-11-22'", "2026-11-22"),
    ("DELETE FROM audit_days", "2026-11-21"),
]  # fmt: skip


async def test_whoever_drops_the_triggers_is_still_found_out(written: Store) -> None:
    now = MIDNIGHT + timedelta(days=3, hours=1)
    await seal(written, now)
    for statement in DROP["sqlite" if written.is_sqlite else "postgresql"]:
        await execute(written, statement)
    for tampering, wrong in TAMPERING:
        async with written.read() as session:
            await session.execute(sa.text(tampering))
            found = await Audits(session).verify(written.sealer, now)
            assert (found.wrong, bool(found.why)) == (wrong, True), tampering
            await session.rollback()
    assert await verdict(written, now) == Verdict(3), "and all is well once it is taken back"


async def test_a_seal_cannot_be_made_with_the_database_alone(written: Store) -> None:
    now = MIDNIGHT + timedelta(days=3, hours=1)
    async with written.write() as session:
        await Audits(session).seal_days(Sealer("another-key-of-the-tests-0123456789"), now)
    assert (await verdict(written, now)).wrong == "2026-11-21"


async def test_the_duty_seals_and_the_command_tells(
    written: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    duty = next(d for d in housekeeping(written, MediaFolder(tmp_path), Periods()) if d.name == "audit_seal")
    # The rows are of November 2026 and the command lives by the real clock: seal up to the present day.
    assert "days sealed" in await duty.work(max(datetime.now(UTC), MIDNIGHT + timedelta(days=3, hours=1)))
    monkeypatch.setenv("SIAGA_SECRET_KEY", SECRET)
    monkeypatch.setenv("SIAGA_DATABASE_URL", written.url)
    fine = await asyncio.to_thread(CliRunner().invoke, app, ["audit", "verify"])
    assert (fine.exit_code, "match" in fine.output) == (0, True), fine.output
    for statement in DROP["sqlite" if written.is_sqlite else "postgresql"]:
        await execute(written, statement)
    await execute(written, "UPDATE audit SET action = 'take' WHERE id = 1")
    wrong = await asyncio.to_thread(CliRunner().invoke, app, ["audit", "verify"])
    assert wrong.exit_code == 1
    assert "2026-11-21 does not match" in wrong.output
