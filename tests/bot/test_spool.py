"""The spool: sealed, whole or not there, in order, emptied by itself, and honest when it is full."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import spool as spool_module
from bot import spooled as spooled_module
from bot.channels.base import Incoming, Media
from bot.channels.whatsapp_forms import DeliveryReport
from bot.failures import AwaitsContact, Rejected, TemporaryFailure, TooFast
from bot.spool import Spool, SpoolFull
from bot.spooled import Spooled, word_of
from bot.store.reported import DeliveryWord
from bot.store.sealing import Sealer
from bot.store.unit_of_work import Store
from tests.bot.house import TestHouse, build
from tests.bot.stress import until
from tests.conftest import SECRET
from tests.doubles import text

SID = "SM" + "a1" * 16


def spool_in(folder: Path, secret: str = SECRET) -> Spool:
    return Spool(folder / "spool", Sealer(secret))


class Taker:
    """Takes entries in; is away for so many tries, and refuses entries for good that say so."""

    def __init__(self, away: int = 0) -> None:
        self.away = away
        self.taken: list[Any] = []

    async def __call__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        if self.away:
            self.away -= 1
            raise TemporaryFailure("the database is away")
        if any(entry.get("broken") for entry in entries):
            raise ValueError("not one of ours")
        self.taken += [entry["n"] for entry in entries]


async def test_an_entry_is_one_sealed_file_by_its_id(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    for _ in range(2):
        await spool.keep(SID, {"n": 1, "words": "kebakaran di pasar"})
    await spool.keep("../../etc/passwd", {"n": 2})
    names = sorted(path.name for path in (tmp_path / "spool").iterdir())
    assert f"{SID}.sealed" in names
    assert len(names) == spool.waiting == 2
    assert all(path.parent == tmp_path / "spool" for path in tmp_path.rglob("*.sealed"))
    content = (tmp_path / "spool" / f"{SID}.sealed").read_bytes()
    assert b"kebakaran" not in content


async def test_what_another_process_left_is_read_in_in_order(tmp_path: Path) -> None:
    left = spool_in(tmp_path)
    for n in range(130):
        await left.keep(f"SM{n:03}x{n * 7919 % 1000}", {"n": n})
    spool, taker = spool_in(tmp_path), Taker(away=1)
    assert spool.waiting == 130
    with pytest.raises(TemporaryFailure):
        await spool.drain(taker)
    assert spool.waiting == 130
    assert await spool.drain(taker) == 130
    assert taker.taken == list(range(130))
    assert (spool.waiting, list((tmp_path / "spool").iterdir())) == (0, [])


async def test_one_that_cannot_be_read_keeps_no_other(tmp_path: Path) -> None:
    await spool_in(tmp_path, "another-secret-key-0123456789-0123456789").keep("SMother", {"n": 0})
    (tmp_path / "spool" / "SMhalf.sealed").write_bytes(b"")
    spool = spool_in(tmp_path)
    await spool.keep("SM1", {"n": 1})
    await spool.keep("SM2", {"broken": True})
    await spool.keep("SM3", {"n": 3})
    taker = Taker()
    await spool.drain(taker)
    assert taker.taken == [1, 3]
    assert sorted(p.name for p in (tmp_path / "spool").iterdir()) == [
        "SM2.unreadable", "SMhalf.unreadable", "SMother.unreadable",
    ]  # fmt: skip
    assert spool.waiting == 0


async def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    with pytest.raises(SpoolFull, match="cannot be written"):
        await spool_in(tmp_path).keep(SID, {})
    (tmp_path / "spool").unlink()
    spool = spool_in(tmp_path)
    monkeypatch.setattr(spool_module, "MOST_FILES", 1)
    await spool.keep("SM1", {"n": 1})
    with pytest.raises(SpoolFull, match="holds 1 messages"):
        await spool.keep("SM2", {"n": 2})


async def test_the_spool_empties_itself_when_the_database_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "LOOK", 0.01)
    spool, taker = spool_in(tmp_path), Taker(away=3)
    running = asyncio.create_task(spool.run(taker))
    await asyncio.sleep(0.05)
    await spool.keep("SM1", {"n": 1})
    await until(lambda: taker.taken == [1] and not spool.waiting)
    await spool.keep("SM2", {"n": 2})
    await until(lambda: taker.taken == [1, 2] and not spool.waiting)
    running.cancel()


# --- behind the doors ---


def full() -> Incoming:
    return Incoming(
        "whatsapp", SID, "whatsapp:+628110000001", datetime.now(UTC), "pin", text="Pasar", pin=(0.5, 117.5),
        media=(Media("https://x", "image/jpeg", 5, "a"),), own_id=SID, profile_name="Warga", phone="+628110000001",
    )  # fmt: skip


async def test_a_message_comes_out_of_the_spool_as_it_went_in(store: Store, tmp_path: Path) -> None:
    away, taken = [True], list[Incoming]()

    async def take_in(messages: Sequence[Incoming]) -> None:
        if away[0]:
            raise TemporaryFailure("the database is away")
        taken.extend(messages)

    spool = spool_in(tmp_path)
    spooled = Spooled(spool, store, take_in)
    await spooled.messages([full()])
    away[0] = False
    later = text("menyusul", "SM2", channel="whatsapp")
    await spooled.messages([later])
    assert (spool.waiting, taken) == (2, []), "what comes later stays behind"
    await spooled.word(DeliveryWord("SM9", "delivered", "arrives"))
    await spool.drain(spooled.take)
    assert [m.message_id for m in taken] == [SID, "SM2"]
    assert taken[0].pin == (0.5, 117.5)
    assert taken[0].media == full().media
    assert taken[0].at.tzinfo is not None
    await spooled.messages([later])
    assert taken[-1] == later


async def test_a_database_that_hangs_is_not_waited_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooled_module, "PATIENCE", 0.05)

    async def take_in(messages: Sequence[Incoming]) -> None:
        await asyncio.sleep(30)

    spool = spool_in(tmp_path)
    await Spooled(spool, store, take_in).messages([full()])
    assert spool.waiting == 1


async def test_the_same_message_from_spool_and_catch_up_is_read_once(store: Store, tmp_path: Path) -> None:
    house: TestHouse = build(store, tmp_path)
    spool = spool_in(tmp_path)
    spooled = Spooled(spool, store, house.inbound.take_in)
    message = text("petugas", "SM1")
    await spool.keep("SM1", {"is": "message", "message": spooled_module._plain(message)})
    await house.hears(message)
    sent = len(house.channel.sent)
    await spool.drain(spooled.take)
    await house.settle()
    assert len(house.channel.sent) == sent
    assert spool.waiting == 0


def test_twilio_s_words_are_read() -> None:
    for failure, verdict in (
        (None, "arrives"), (AwaitsContact("x"), "closed"), (TooFast("x"), "again"), (Rejected("x"), "parked"),
    ):  # fmt: skip
        assert word_of(DeliveryReport("SM1", "state", failure)).verdict == verdict
