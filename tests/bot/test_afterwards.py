"""After filing, over a real database: late photos, follow-ups, duplicates and support, files, one's own data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import Incoming, Media
from bot.cli.data import report_rows
from bot.failures import TemporaryFailure, UnknownOutcome
from bot.store.tables import Base, Contact, Inbox, Message, Outbox, Report, ReportStep
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from flows.model import Draft, Place
from tests.bot.house import TestHouse, build
from tests.bot.test_house import drawn
from tests.doubles import button, photo, text

MP4 = b"\x00\x00\x00\x18ftypmp42" + b"0" * 500
PDF = b"%PDF-1.7\n" + b"0" * 300


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    return build(store, tmp_path)


def file(ref: str, message_id: str, kind: Any = "document", size: int | None = None) -> Incoming:
    return Incoming(
        "webchat", message_id, "c1", datetime.now(UTC), kind, media=(Media(ref, size=size),), own_id=message_id
    )


async def filed(house: TestHouse, who: str = "c1", words: str = "lampu jalan mati depan masjid") -> Report:
    for n, said in enumerate((words, "lewati", "kirim")):
        await house.hears(text(said, f"{who}-{words[:9]}-{n}", who))
    async with reading(house.store) as tx:
        return (await tx.reports.listing())[0]


async def reports(house: TestHouse) -> list[Report]:
    async with reading(house.store) as tx:
        return await tx.reports.listing()


async def rows(house: TestHouse, query: Any) -> Sequence[Any]:
    async with house.store.read() as session:
        return (await session.scalars(query)).all()


# --- late photos and follow-ups ---


async def test_a_late_photo_follows_a_report_that_lapor_has(house: TestHouse) -> None:
    await filed(house)
    house.channel.files = {"a": drawn("red"), "b": drawn("blue")}
    said = await house.hears(photo("a", "late"))
    assert len(said) == 1
    assert "ditambahkan" in said[0]
    assert house.lapor.followed == [("1", "Foto tambahan dari pelapor.", ["image/jpeg"], False)]
    await house.hears(photo("a", "late"))
    await house.hears(photo("a", "the same photo again"))
    assert len(house.lapor.followed) == 1, "what was delivered twice, or sent twice, follows once"


async def test_a_late_photo_goes_along_while_the_report_still_waits(house: TestHouse) -> None:
    house.lapor.failures = [TemporaryFailure("down")]
    await filed(house)
    house.channel.files = {"a": drawn("red")}
    await house.hears(photo("a", "late"))
    assert house.lapor.filed == []
    house.clock.ahead += timedelta(minutes=1)
    await house.settle()
    assert house.lapor.filed[0][1] == ["1"], "filed together with the photo"
    assert house.lapor.followed == []


async def test_a_followup_waits_for_a_filing_that_is_unsure_and_is_never_repeated(house: TestHouse) -> None:
    house.lapor.failures = [UnknownOutcome("no answer")]
    report = await filed(house)
    house.channel.files = {"a": drawn("red")}
    await house.hears(photo("a", "late"))
    assert house.lapor.followed == []
    await house.staff.settle_unknown(report.ticket, "LAPOR-77", "Ani")
    house.lapor.failures = [UnknownOutcome("no answer either")]
    house.clock.ahead += timedelta(minutes=5)
    await house.settle()
    house.clock.ahead += timedelta(days=2)
    await house.settle()
    assert house.lapor.followed == []
    notes = [s.note for s in await rows(house, sa.select(ReportStep).where(ReportStep.ticket == report.ticket))]
    assert any("belum pasti masuk LAPOR!" in (note or "") for note in notes)


async def test_not_done_yet_reopens_and_follows(house: TestHouse) -> None:
    report = await filed(house)
    await house.staff.note_status(report.ticket, "done", None, "Ani")
    await house.settle()
    assert "Sudah benar selesai" in house.channel.sent[-1][1].text
    await house.hears(button("done:no", "b1"))
    said = await house.hears(text("masih gelap pak, lampunya belum nyala", "b2"))
    assert "dibuka kembali" in said[0] or "buka kembali" in said[0]
    assert house.lapor.followed[0][:2] == ("1", "masih gelap pak, lampunya belum nyala")
    assert [r.state for r in await reports(house)] == ["in_progress"]


# --- files ---


async def test_a_video_and_a_pdf_are_filed_with_the_report_unchanged(house: TestHouse) -> None:
    house.channel.files = {"v": MP4, "p": PDF}
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    assert "Videonya" in (await house.hears(file("v", "2", "video")))[0]
    assert "Dokumennya" in (await house.hears(file("p", "3")))[0]
    await house.hears(text("lewati", "4"))
    await house.hears(text("kirim", "5"))
    assert [p.content_type for p in house.lapor.uploaded] == ["video/mp4", "application/pdf"]
    assert [p.content for p in house.lapor.uploaded] == [MP4, PDF]
    assert house.lapor.filed[0][1] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "size"), [(b"MZ\x90\x00 a program", None), (b"\x00\x00\x00\x18ftypheic", None), (PDF, 16_000_000)]
)
async def test_what_is_no_video_and_no_pdf_is_not_kept(house: TestHouse, content: bytes, size: int | None) -> None:
    house.channel.files = {"x": content}
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    said = await house.hears(file("x", "2", size=size))
    assert "PDF" in said[0]
    assert not list(house.media.folder.rglob("*")) if house.media.folder.exists() else True


# --- duplicates ---


async def test_another_citizens_report_is_shown_and_supported_once(house: TestHouse) -> None:
    report = await filed(house)
    await house.hears(text("lampu jalan mati depan masjid", "d1", "c2"))
    shown = (await house.hears(text("lewati", "d2", "c2")))[0]
    assert "Sudah ada laporan serupa: Lampu jalan" in shown
    assert report.ticket not in shown
    assert "masjid" not in shown, "never the reporter's words"
    said = await house.hears(text("ikut dukung", "d3", "c2"))
    assert "dukungan" in said[0]
    await house.hears(text("lampu jalan mati depan masjid", "d4", "c2"))
    again = (await house.hears(text("lewati", "d5", "c2")))[0]
    assert "sudah mendukung" in again
    after = (await reports(house))[0]
    assert after.supporters == 1
    steps = await rows(house, sa.select(ReportStep.note).where(ReportStep.ticket == report.ticket))
    assert "didukung warga lain, dukungan ke-1" in steps
    assert len(house.lapor.filed) == 1


async def test_one_citizen_supports_a_report_once_whatever_happens(house: TestHouse) -> None:
    report = await filed(house)
    async with writing(house.store) as tx:
        now = datetime.now(UTC)
        other = await tx.conversations.of_address("webchat", "c1")
        assert other
        assert await tx.duplicates.support(report.ticket, other, now)
        assert not await tx.duplicates.support(report.ticket, other, now)
        assert not await tx.duplicates.support("KS-000000-XXXX", other, now)
    assert (await reports(house))[0].supporters == 1


THERE = Place("64.08.04", "64.08.04.2003", "jl yos sudarso depan masjid", certainty="sure")


@pytest.mark.parametrize(
    ("place", "changes", "found"),
    [
        (THERE, {}, True),
        (replace(THERE, detail="dekat masjid raya"), {}, True),
        (replace(THERE, detail="dekat pasar"), {}, False),
        (replace(THERE, detail="depan"), {}, False),
        (replace(THERE, desa="64.08.04.2011"), {}, False),
        (Place("64.08.04", "64.08.04.2011", lat=0.5, lon=117.5, certainty="sure"), {"lat": 0.5015, "lon": 117.5}, True),
        (replace(THERE, lat=0.5, lon=117.5), {"lat": 0.5030, "lon": 117.5}, False),
        (THERE, {"anonymity": "anonim"}, False),
        (THERE, {"anonymity": "rahasia"}, False),
        (THERE, {"state": "done"}, False),
        (THERE, {"state": "transferred"}, True),
        (THERE, {"category": "pungli"}, False),
        (THERE, {"created_at": datetime.now(UTC) - timedelta(days=31)}, False),
        (THERE, {"created_at": datetime.now(UTC) - timedelta(days=29)}, True),
    ],
)
async def test_what_counts_as_the_same_thing(
    house: TestHouse, place: Place, changes: dict[str, Any], found: bool
) -> None:
    report = await filed(house)
    async with house.store.write() as session:
        values = {"place_detail": "jl yos sudarso depan masjid", **changes}
        await session.execute(sa.update(Report).where(Report.ticket == report.ticket).values(**values))
    draft = Draft(datetime.now(UTC), category=str(changes.get("category", "lampu_jalan")), place=place)
    async with reading(house.store) as tx:
        near = await tx.duplicates.find(draft, 999, datetime.now(UTC))
    assert bool(near) is found
    if near:
        assert (near[0].street, near[0].own) == ("Jl. Yos Sudarso", False)


async def test_ones_own_report_comes_first(house: TestHouse) -> None:
    report = await filed(house)
    draft = Draft(datetime.now(UTC), category="lampu_jalan", place=replace(THERE, detail="masjid"))
    async with reading(house.store) as tx:
        near = await tx.duplicates.find(draft, report.conversation_id, datetime.now(UTC))
    assert [n.own for n in near] == [True]


# --- one's own data ---


async def test_my_data_counts_what_is_stored(house: TestHouse) -> None:
    house.channel.files = {"a": drawn("red")}
    await house.hears(text("lampu jalan mati depan masjid", "1"))
    await house.hears(photo("a", "2"))
    await house.hears(text("kirim", "3"))
    said = (await house.hears(text("data saya", "4")))[0]
    assert "3 pesan, 1 foto" in said
    assert "KS-" in said


async def test_erasing_leaves_nothing_but_what_lapor_holds(house: TestHouse) -> None:
    house.channel.files = {"a": drawn("red"), "b": drawn("blue")}
    first = replace(text("lampu jalan mati depan masjid", "1"), profile_name="Budi Contoh", phone="+6281100000001")
    await house.hears(first)
    await house.hears(photo("a", "2"))
    await house.hears(text("kirim", "3"))
    await house.hears(photo("b", "4", caption="kabel putus depan masjid"))
    await house.hears(text("batal", "4b"))
    assert len([p for p in house.media.folder.rglob("*") if p.is_file()]) == 2
    assert "T1" in (await house.hears(text("hapus data saya", "5")))[0]
    said = await house.hears(text("ya", "6"))
    assert "dihapus" in said[0]
    assert "T1" in said[0]
    house.clock.ahead += timedelta(seconds=10)
    await house.settle()
    assert await rows(house, sa.select(Message.id)) == []
    for table, column in ((Inbox, Inbox.payload_enc), (Outbox, Outbox.payload_enc)):
        for sealed in await rows(house, sa.select(column).where(column.is_not(None))):
            opened = str(house.store.sealer.open_json(sealed))
            assert "masjid" not in opened, table.__tablename__
            assert "Budi" not in opened
    contact = (await rows(house, sa.select(Contact)))[0]
    assert (contact.name_enc, contact.phone_enc, contact.address_enc) == (None, None, b"")
    report = (await reports(house))[0]
    assert (report.tracking_id, report.reporter_enc, report.phone_enc) == ("T1", None, None)
    async with reading(house.store) as tx:
        assert len(await tx.reports.photos(report.ticket)) == 1
        assert len(await tx.erasures.ledger()) == 1
        assert [row["from"] for row in await report_rows(tx)] == [None], "the list can still be shown"
    kept = [p.name for p in house.media.folder.rglob("*") if p.is_file()]
    assert kept == [(await rows(house, sa.text("select hash from media")))[0]], "the photo that was filed, and no other"


async def test_whoever_writes_after_an_erasure_is_a_stranger(house: TestHouse) -> None:
    await filed(house)
    await house.hears(text("hapus data saya", "5"))
    await house.hears(text("ya", "6"))
    said = await house.hears(text("lampu jalan mati depan masjid", "7"))
    assert "layanan otomatis" in said[0], "the notice comes again"
    house.clock.ahead += timedelta(seconds=10)
    await house.settle()
    assert await house.hears(text("lewati", "8")), "the new conversation is untouched by the erasure of the old one"
    async with reading(house.store) as tx:
        assert await tx.conversations.of_address("webchat", "c1") == 2


async def test_a_restored_backup_is_erased_again(house: TestHouse) -> None:
    await filed(house)
    async with writing(house.store) as tx:
        conversation = await tx.conversations.of_address("webchat", "c1")
        assert conversation
        fingerprint = house.store.sealer.fingerprint("webchat", "c1")
        # As after a restore: the citizen's rows are back, and the ledger comes from its own back-up.
        await tx.erasures.remember([("webchat", fingerprint, datetime.now(UTC) + timedelta(hours=1))])
    async with writing(house.store) as tx:
        await tx.erasures.again(datetime.now(UTC))
    async with reading(house.store) as tx:
        assert await tx.conversations.of_address("webchat", "c1") is None
    assert await rows(house, sa.select(Message.id)) == []


async def test_a_no_erases_nothing(house: TestHouse) -> None:
    await filed(house)
    await house.hears(text("hapus data saya", "5"))
    await house.hears(text("jangan hapus", "6"))
    house.clock.ahead += timedelta(hours=1)
    await house.settle()
    assert await rows(house, sa.select(Message.id))
    assert "1 laporan" in (await house.hears(text("data saya", "7")))[0]


# --- the schema ---


async def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    def difference(connection: sa.Connection) -> list[Any]:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return list(compare_metadata(context, Base.metadata))

    async with store.engine.connect() as connection:
        assert await connection.run_sync(difference) == []
