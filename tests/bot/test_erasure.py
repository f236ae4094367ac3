"""An erased citizen is found nowhere: not in a row, not in a sealed column, not in the bytes of any file."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.periods import Periods
from bot.retention import Retention
from bot.staff import Refused
from bot.store.masking import unname_words
from bot.store.tables import Incident, Message, Report
from bot.store.tables_review import Review
from bot.store.transaction import reading, writing
from bot.store.unit_of_work import Store
from tests.bot import traces
from tests.bot.house import TestHouse, build
from tests.bot.test_house import drawn
from tests.doubles import photo, text

NAME, NUMBER, WHO = "Wulandari Contoh", "+6281100004711", "alamat-warga-4711"
WORDS = {
    "draft": "sampah busuk di sebelah rumah panggung biru", "staff": "ibu saya sakit keras dan sendirian",
    "late": "katanya besok mau dibersihkan tetangga", "reply": "Baik Bu Wulandari, kami catat",
}  # fmt: skip


@pytest.fixture
def house(store: Store, tmp_path: Path) -> TestHouse:
    return build(store, tmp_path)


async def lives(house: TestHouse) -> tuple[int, str]:
    """A citizen with name, number, photos: a filed report, a draft, a talk with a petugas, a review.

    Returns the conversation and the hash of the photo that was never filed. Others write in between.
    """
    house.channel.files = {"filed": drawn("red"), "kept": drawn("blue")}
    tell = f"lampu jalan mati depan masjid, saya {NAME}, hubungi 0811-0000-4711"
    said: list[tuple[str, str | None]] = [
        (tell, None), ("", "filed"), ("kirim", None), (WORDS["draft"], None), ("", "kept"), ("batal", None),
        ("petugas", None), (WORDS["staff"], None),
    ]  # fmt: skip
    for n, (words, picture) in enumerate(said):
        message = photo(picture, f"w{n}", who=WHO) if picture else text(words, f"w{n}", WHO)
        await house.hears(replace(message, profile_name=NAME, phone=NUMBER))
        others = [text(f"lampu mati di jalan nomor {n} gang {m}", f"o{n}-{m}", f"tetangga-{m}") for m in range(6)]
        await house.hears(*others)
    async with reading(house.store) as tx:
        conversation = await tx.conversations.of_address("webchat", WHO)
    assert conversation
    await house.staff.reply(conversation, WORDS["reply"], "Petugas Satu")
    await house.settle()
    await house.hears(text(WORDS["late"], "w99", WHO))
    async with house.store.write() as session:
        message_id = await session.scalar(sa.select(sa.func.max(Message.id)).where(Message.text == WORDS["late"]))
        session.add(
            Review(
                message_id=message_id, conversation_id=conversation, said_intent="lapor", intent="lapor", danger=False,
                right=True, found="random", at=datetime.now(UTC),
            )
        )  # fmt: skip
        kept = await session.scalar(
            sa.select(Message.data).where(Message.conversation_id == conversation, Message.kind == "photos")
            .order_by(Message.id.desc()).limit(1)
        )  # fmt: skip
    return conversation, str((kept or {})["photos"][0])


@pytest.mark.parametrize("way", ["own words", "desk"])
async def test_an_erased_citizen_is_found_nowhere(house: TestHouse, tmp_path: Path, way: str) -> None:
    conversation, unfiled = await lives(house)
    personal = [NAME, "Wulandari", NUMBER, "0811-0000-4711", "81100004711", WHO]
    everything = [*personal, *WORDS.values(), unfiled]
    before = await traces.dump(house.store)
    assert [needle for needle in everything if not any(needle in words for words in before.values())] == []
    blobs = {hashlib.sha256(blob).digest(): blob for blob in await traces.sealed(house.store)}
    picture = house.media.path(unfiled).read_bytes()
    assert traces.in_files(tmp_path, [picture])

    if way == "desk":
        await house.staff.erase(conversation)
        with pytest.raises(Refused, match="sudah dihapus"):
            await house.staff.erase(conversation)
    else:
        await house.staff.hand_back(conversation, "Petugas Satu")
        await house.settle()
        await house.hears(text("hapus data saya", "w100", WHO))
        await house.hears(text("ya", "w101", WHO))
    house.clock.ahead += timedelta(minutes=11)
    await house.settle()
    # The provider's own message ids may name a citizen; they go when no repeated delivery can come any more.
    await Retention(house.store, house.media, Periods()).run(datetime.now(UTC) + timedelta(days=2))

    held = await traces.dump(house.store)
    assert traces.in_rows(held, everything) == []
    async with reading(house.store) as tx:
        (report,) = [r for r in await tx.reports.listing() if r.conversation_id == conversation]
        assert "lampu jalan mati depan masjid" in report.description, "what LAPOR! has stays, without the name"
        assert len(await tx.reports.photos(report.ticket)) == 1
    assert not house.media.path(unfiled).exists()
    if house.store.is_sqlite:
        assert await house.store.scrub()
    left = {hashlib.sha256(blob).digest() for blob in await traces.sealed(house.store)}
    gone = [blob for digest, blob in blobs.items() if digest not in left]
    assert len(gone) > 10
    needles = [needle.encode() for needle in everything] + gone + [picture]
    # The name of the photo's folder begins with its hash, so the hash itself is looked for in contents alone.
    assert traces.in_files(tmp_path, needles) == []
    others = [words for table, words in held.items() if table == "messages"]
    assert "gang 5" in others[0], "everybody else is still there"


async def test_an_open_incident_stays_until_it_is_over(house: TestHouse) -> None:
    await house.hears(replace(text("kebakaran di rumah panggung biru", "1"), profile_name=NAME, phone=NUMBER))
    async with reading(house.store) as tx:
        conversation = await tx.conversations.of_address("webchat", "c1")
    assert conversation
    await house.staff.erase(conversation)
    house.clock.ahead += timedelta(minutes=11)
    await house.settle()

    async def incident() -> Incident:
        async with house.store.read() as session:
            return (await session.scalars(sa.select(Incident))).one()

    assert "rumah panggung biru" in (await incident()).words, "the desk still works on it"
    retention = Retention(house.store, house.media, Periods())
    assert (await retention.run(datetime.now(UTC)))["erased"] == 0
    for state in ("acknowledged", "resolved"):
        await house.staff.move_incident((await incident()).id, state, "Petugas Satu")
    await house.settle()
    assert (await retention.run(datetime.now(UTC), dry_run=True))["erased"] >= 1
    assert (await retention.run(datetime.now(UTC)))["erased"] >= 1
    assert traces.in_rows(await traces.dump(house.store), ["rumah panggung biru", NAME, NUMBER]) == []


async def test_words_on_their_way_to_lapor_arrive_without_the_name(house: TestHouse) -> None:
    first = replace(text(f"lampu jalan mati depan masjid, saya {NAME}", "1"), profile_name=NAME, phone=NUMBER)
    await house.inbound.take_in([first])
    for n, words in enumerate(("lewati", "kirim")):
        await house.inbound.take_in([text(words, f"k{n}")])
    for _ in range(6):
        await house.inbound.drain()
        await house.inbound.settled()
    assert house.lapor.filed == []
    async with writing(house.store) as tx:
        conversation = await tx.conversations.of_address("webchat", "c1")
    assert conversation
    await house.staff.erase(conversation)
    house.clock.ahead += timedelta(minutes=11)
    await house.settle()
    ((filed, _),) = house.lapor.filed
    assert filed.is_anonymous
    assert NAME not in str(filed)
    assert "lampu jalan mati depan masjid" in filed.description


async def test_the_scrub_reaches_the_disk_by_itself(house: TestHouse, tmp_path: Path) -> None:
    if not house.store.is_sqlite:
        assert await house.store.scrub(), "nothing to do: autovacuum does it"
        return
    await house.hears(text("rumah panggung biru", "1"))
    async with reading(house.store) as tx:
        conversation = await tx.conversations.of_address("webchat", "c1")
    assert conversation
    assert traces.in_files(tmp_path, [b"rumah panggung biru"])
    await house.staff.erase(conversation)
    house.clock.ahead += timedelta(minutes=11)
    await house.settle()
    for _ in range(40):
        await asyncio.sleep(0.25)
        if not traces.in_files(tmp_path, [b"rumah panggung biru"]):
            return
    raise AssertionError(traces.in_files(tmp_path, [b"rumah panggung biru"]))


@pytest.mark.parametrize(
    ("words", "name", "left"),
    [
        ("saya Siti Rahma, 081100000011", "Siti Rahma", "saya S*** R***, ****11"),
        ("kata siti besok", "Siti Rahma", "kata S*** besok"),
        ("di pasar lama", "Pasar Lama Jaya", "di pasar lama"),
        ("Ani titip", "Ani", "A*** titip"),
        ("ibu di sana", "Ibu Wati", "ibu di sana"),
        ("lampu mati", None, "lampu mati"),
    ],
)
def test_words_without_the_person(words: str, name: str | None, left: str) -> None:
    assert unname_words(words, name) == left


async def test_reports_of_others_are_untouched(house: TestHouse) -> None:
    for who in ("c1", "c2"):
        for n, said in enumerate(("lampu jalan mati depan masjid", "lewati", "laporan baru", "kirim")):
            await house.hears(replace(text(said, f"{who}-{n}", who), profile_name=NAME))
    async with reading(house.store) as tx:
        conversation = await tx.conversations.of_address("webchat", "c1")
    assert conversation
    await house.staff.erase(conversation)
    house.clock.ahead += timedelta(minutes=11)
    await house.settle()
    async with house.store.read() as session:
        named = list(await session.scalars(sa.select(Report).where(Report.reporter_enc.is_not(None))))
    assert [r.conversation_id for r in named] == [conversation + 1]
