"""Retention over a real database: what is past its period goes, what is open stays, and every run says so."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.__main__ import app
from bot.periods import Periods
from bot.retention import KINDS, Retention
from bot.settings import BadSettings, load
from bot.store.accounts import Accounts
from bot.store.retention import FORGOTTEN_WORDS, Retentions, labels_alone
from bot.store.tables import Conversation, Delivery, Inbox, Incident, Message, Outbox, Report, Session
from bot.store.unit_of_work import Store
from flows import codec
from tests.bot.house import TestHouse, build
from tests.bot.test_house import drawn
from tests.conftest import SECRET
from tests.doubles import photo, text

DAYS = {
    "drafts": 30, "transcripts": 180, "inbox": 30, "outbox": 90, "media": 7, "names": 365,
}  # fmt: skip


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    return build(store, tmp_path)


def retention(house: TestHouse) -> Retention:
    return Retention(house.store, house.media, Periods())


async def later(house: TestHouse, days: int, *, dry_run: bool = False) -> dict[str, int]:
    """A run so many days from now; only the kinds of which there was something."""
    counts = await retention(house).run(datetime.now(UTC) + timedelta(days=days), dry_run=dry_run)
    assert list(counts) == list(KINDS)
    return {kind: count for kind, count in counts.items() if count}


async def count(house: TestHouse, column: Any, *where: Any) -> int:
    async with house.store.read() as session:
        return int(await session.scalar(sa.select(sa.func.count(column)).where(*where)) or 0)


async def report(house: TestHouse, who: str = "c1") -> None:
    for n, said in enumerate(("lampu jalan mati depan masjid", "lewati", "kirim")):
        await house.hears(replace(text(said, f"{who}-{n}", who), profile_name="Budi Contoh"))


async def close_all(house: TestHouse, state: str = "closed") -> None:
    async with house.store.write() as session:
        await session.execute(sa.update(Report).values(state=state))


async def test_an_abandoned_draft_goes_and_the_conversation_stays(house: TestHouse) -> None:
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    assert await later(house, DAYS["drafts"] - 1) == {}
    assert await later(house, DAYS["drafts"] + 1, dry_run=True) == {"drafts": 1}
    assert (await later(house, DAYS["drafts"] + 1))["drafts"] == 1
    async with house.store.read() as session:
        sealed = await session.scalar(sa.select(Conversation.state_enc))
    assert sealed
    state = codec.decode_state(house.store.sealer.open_json(sealed))
    assert (state.draft, state.shelf, state.question, state.wake_at) == (None, None, None, None)
    assert state.noticed
    assert "drafts" not in await later(house, DAYS["drafts"] + 1)


async def test_words_go_and_labels_stay_once_nothing_is_open(house: TestHouse) -> None:
    await report(house)
    assert "transcripts" not in await later(house, DAYS["transcripts"] + 1), "its report is still open at LAPOR!"
    await close_all(house)
    messages = await count(house, Message.id)
    assert (await later(house, DAYS["transcripts"] + 1, dry_run=True))["transcripts"] == messages
    assert await count(house, Message.id, Message.text == FORGOTTEN_WORDS) == 0, "a dry run changes nothing"
    assert (await later(house, DAYS["transcripts"] + 1))["transcripts"] == messages
    async with house.store.read() as session:
        rows = list(await session.scalars(sa.select(Message).order_by(Message.id)))
    assert {m.text for m in rows} == {FORGOTTEN_WORDS}
    assert "masjid" not in str([(m.data, m.understanding) for m in rows])
    first = next(m for m in rows if m.direction == "in")
    assert first.understanding is not None
    assert first.understanding["category"]["code"] == "lampu_jalan"
    assert first.data["did"]
    assert "transcripts" not in await later(house, DAYS["transcripts"] + 1)


async def test_what_was_read_and_what_has_left_goes(house: TestHouse) -> None:
    await report(house)
    inbox, outbox, tries = await count(house, Inbox.id), await count(house, Outbox.id), await count(house, Delivery.id)
    assert min(inbox, outbox, tries) > 2
    assert "inbox" not in await later(house, DAYS["inbox"] - 1)
    assert (await later(house, DAYS["inbox"] + 1))["inbox"] == inbox - 1, "the newest stays: its id is not given away"
    assert (await later(house, DAYS["outbox"] + 1))["outbox"] == outbox - 1
    assert await count(house, Outbox.id) == 1
    left = Delivery.outbox_id.in_(sa.select(Outbox.id))
    assert await count(house, Delivery.id) == await count(house, Delivery.id, left) < tries
    assert await house.hears(text("status", "after")), "and the house goes on speaking"


async def test_what_is_still_to_be_done_stays_for_ever(house: TestHouse) -> None:
    await house.hears(text("kebakaran di pasar bengalon", "1"))
    await house.hears(text("petugas", "2", "c2"))
    await report(house, "c3")
    async with house.store.write() as session:
        await session.execute(sa.update(Outbox).where(Outbox.kind == "file").values(state="unknown"))
        await session.execute(sa.update(Report).values(state="filing_unknown"))
    before = await count(house, Message.id)
    gone = await later(house, 4000)
    assert set(gone) <= {"inbox", "outbox"}
    assert await count(house, Message.id, Message.text != FORGOTTEN_WORDS) == before
    async with house.store.read() as session:
        kept = (await session.scalars(sa.select(Report))).one()
        incident = (await session.scalars(sa.select(Incident))).one()
    assert kept.reporter_enc is not None
    assert "kebakaran" in incident.words
    assert await count(house, Outbox.id, Outbox.state == "unknown") == 1


async def test_names_leave_what_is_long_over(house: TestHouse) -> None:
    await report(house)
    await close_all(house, "done")
    assert "names" not in await later(house, DAYS["names"] - 1)
    assert (await later(house, DAYS["names"] + 1))["names"] == 1
    async with house.store.read() as session:
        kept = (await session.scalars(sa.select(Report))).one()
    assert (kept.reporter_enc, kept.phone_enc) == (None, None)
    assert kept.description


async def test_files_that_nothing_names_go_and_others_stay(house: TestHouse) -> None:
    house.channel.files = {"a": drawn("red"), "b": drawn("blue")}
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    await house.hears(photo("a", "2"))
    await house.hears(text("kirim", "3"))
    await house.hears(photo("b", "4", who="c2"))
    folder = house.media.folder
    stray = folder / "incoming" / "0123456789abcdef0123456789abcdef"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"never read")
    spool = folder / "spool-of-another" / "keep.json"
    spool.parent.mkdir()
    spool.write_text("{}")
    files = {p for p in folder.rglob("*") if p.is_file()}
    assert len(files) == 4
    assert not {"media", "files"} & set(await later(house, 1)), "what is on its way is left alone"
    gone = await later(house, DAYS["media"] + 1)
    assert (gone.get("media", 0), gone["files"]) == (0, 1), "both photos are named by a report or a message"
    assert not stray.exists()
    await close_all(house)
    gone = await later(house, DAYS["transcripts"] + 1)
    assert gone["media"] == 1, "the photo that was never filed goes with the words it came with"
    left = {p for p in folder.rglob("*") if p.is_file()}
    assert len(left) == 2
    assert spool in left


async def test_a_photo_sent_again_is_young_again(house: TestHouse) -> None:
    kept = await house.media.take(drawn("red"))
    path = house.media.path(kept.hash)
    os.utime(path, (0, 0))
    await house.media.take(drawn("red"))
    assert path.stat().st_mtime > 1e9


async def test_sessions_that_ended_go(house: TestHouse) -> None:
    async with house.store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
        user = await accounts.add_user("budi", "Budi", "x", "operator", datetime.now(UTC))
        await accounts.open_session(user, datetime.now(UTC))
    assert await later(house, 0) == {}
    assert await later(house, 1) == {"sessions": 1}
    assert await count(house, Session.id_hash) == 0


async def test_each_run_is_written_down_and_a_long_one_takes_many_steps(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.retention.BATCH", 2)
    for n in range(9):
        await house.hears(text(f"halo {n}", f"m{n}"))
    gone = await later(house, DAYS["transcripts"] + 1)
    assert gone["transcripts"] >= 18
    assert gone["inbox"] >= 8
    async with house.store.read() as session:
        run = (await Retentions(session, house.store.sealer).runs())[0]
    assert (run.dry_run, run.counts["transcripts"]) == (False, gone["transcripts"])
    assert await retention(house).work(datetime.now(UTC)) == "nothing was due"


def test_labels_are_codes_alone() -> None:
    understanding = {
        "intent": "lapor", "confidence": 0.9, "category": {"code": "jalan"}, "date": "2026-11-20",
        "place": {"kecamatan": "64.08.04", "desa": None, "detail": "depan rumah Budi"}, "more": [{"text": "rahasia"}],
        "something_new": "kata warga",
    }  # fmt: skip
    assert labels_alone(understanding) == {
        "intent": "lapor", "confidence": 0.9, "category": {"code": "jalan"},
        "place": {"kecamatan": "64.08.04", "desa": None},
    }  # fmt: skip
    assert labels_alone(None) is None


def test_a_draft_is_never_kept_longer_than_the_words_it_came_in() -> None:
    with pytest.raises(BadSettings, match="SIAGA_RETENTION_DRAFTS_DAYS"):
        load(_env_file=None, secret_key=SECRET, retention_drafts_days=200)
    periods = load(_env_file=None, secret_key=SECRET, retention_outbox_days=10).periods
    assert (periods.outbox, periods.drafts) == (timedelta(days=10), timedelta(days=30))


async def test_the_command_counts_first_and_then_removes(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.hears(text("halo", "1"))
    async with house.store.write() as session:
        old = datetime.now(UTC) - timedelta(days=400)
        await session.execute(sa.update(Message).values(at=old))
    for name, value in (("SECRET_KEY", SECRET), ("DATABASE_URL", house.store.url),
                        ("MEDIA_DIR", str(house.media.folder))):  # fmt: skip
        monkeypatch.setenv(f"SIAGA_{name}", value)
    invoke = CliRunner().invoke
    dry = await asyncio.to_thread(invoke, app, ["retention", "run", "--dry-run", "--json"])
    counted = json.loads(dry.output)
    assert counted["dry_run"] is True
    assert counted["transcripts"] >= 2
    real = await asyncio.to_thread(invoke, app, ["retention", "run", "--json"])
    assert json.loads(real.output) == {**counted, "dry_run": False}
    assert await count(house, Message.id, Message.text != FORGOTTEN_WORDS) == 0
