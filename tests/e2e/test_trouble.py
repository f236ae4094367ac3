"""Several processes at one outbox, and trouble: database gone, disk full, folder read-only. In real processes.

Told in one sentence, healed without a person, nothing lost.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.channels.base import Outgoing
from bot.store.conversations import Arrival
from bot.store.outbox import Lane
from bot.store.tables import Inbox, Outbox
from bot.store.transaction import writing
from bot.worker import AT_ONCE
from tests.channels.ear import SECRET
from tests.e2e.citizens import TelegramCitizen, WhatsAppCitizen
from tests.e2e.conftest import database, drop
from tests.e2e.disks import fill, mounted
from tests.e2e.line import Line
from tests.e2e.pictures import street
from tests.e2e.processes import House, Process, World, eventually, run, serving, world
from tests.e2e.test_emergency import CALL_112, FIRE

LAMP = "lampu jalan mati dpn masjid di sangata utara"
CHATS = [8_700_000_000 + n for n in range(40)]


@pytest.fixture(scope="module")
def outside_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("trouble_outside")) as everybody:
        yield everybody


@pytest.fixture(scope="module")
def cuttable(outside_alone: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Line]]:
    """A house whose PostgreSQL can be taken away."""
    folder = tmp_path_factory.mktemp("trouble")
    url = database("postgresql", folder)
    line = Line(url)
    with serving(folder, line.url, outside_alone) as house:
        yield house, line
    line.cut()
    drop(url)


@pytest.fixture(scope="module")
def on_small_disks(outside_alone: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house on SQLite, its database and its media each on a disk of its own."""
    folder = tmp_path_factory.mktemp("disks")
    with (
        mounted(folder / "media", "2m"),
        mounted(folder / "disk", "16m") as disk,
        serving(folder, database("sqlite", disk), outside_alone) as house,
    ):
        yield house


def ready(house: House) -> dict[str, Any]:
    """What /readyz says."""
    answer = httpx.get(f"{house.url}/readyz", timeout=40, trust_env=False)
    said: dict[str, Any] = answer.json()
    assert (answer.status_code == 200) == said["ready"]
    return said


def whatsapp(house: House, number: int) -> WhatsAppCitizen:
    return WhatsAppCitizen(house.outside.twilio, f"+62811008{number:04d}", f"Wargina {number}")


def spooled(house: House) -> list[Path]:
    return sorted((house.folder / "var" / "spool").glob("*.sealed"))


def logged(house: House, event: str) -> list[str]:
    return [line for line in house.written().splitlines() if f'"{event}"' in line]


# --- several processes ---


def news(house: House, chats: list[int], each: int, name: str) -> None:
    """Put `each` numbered bubbles for every chat into the notification lane, in one commit."""

    async def do() -> None:
        store, now = house.store(), datetime.now(UTC)
        async with writing(store) as tx:
            arrivals = [Arrival("telegram", f"{name}-{chat}", str(chat), {"kind": "text"}, now) for chat in chats]
            await tx.conversations.take_in(arrivals, now)
            await tx.session.execute(sa.update(Inbox).where(Inbox.processed_at.is_(None)).values(processed_at=now))
            conversations = [await tx.conversations.of_address("telegram", str(chat)) for chat in chats]
            await tx.outbox.add_all([
                tx.outbox.row(
                    Lane.NOTIFICATION, "say", f"{name}/{conversation}/{n}", conversation or 0,
                    asdict(Outgoing(f"{name} {n}")), now, now, 0, now + timedelta(days=1),
                )
                for n in range(each) for conversation in conversations
            ])  # fmt: skip
        await store.close()

    asyncio.run(do())


def said(house: House, name: str) -> list[tuple[int, str, str]]:
    """Chat, words and moment of what arrived of this name."""
    return [
        (m["chat_id"], m["text"], m["at"]) for m in house.outside.telegram.sent()
        if m["method"] == "sendMessage" and m["text"].startswith(name)
    ]  # fmt: skip


def left(house: House) -> int:
    async def count() -> int:
        store = house.store()
        async with store.read() as session:
            found = await session.scalar(
                sa.select(sa.func.count()).select_from(Outbox).where(Outbox.state == "pending", Outbox.kind == "say")
            )
        await store.close()
        return int(found or 0)

    return asyncio.run(count())


@pytest.fixture
def workers(cuttable: tuple[House, Line]) -> Iterator[list[Process]]:
    """Two `siaga worker` beside the house."""
    house, _ = cuttable
    house.open_doors()
    both = [Process(f"worker{n}", ["bot", "worker"], house.folder, house.settings) for n in range(2)]
    for worker in both:
        worker.start()
    for worker in both:
        worker.until(lambda w=worker: "worker_started" in w.written())  # type: ignore[misc]
    yield both
    house.outside.telegram.forget_script()
    for worker in both:
        worker.kill()


def test_processes_share_the_work_and_a_flood_delays_no_cry_for_help(
    cuttable: tuple[House, Line], workers: list[Process]
) -> None:
    house, _ = cuttable
    house.outside.telegram.next(path="/sendMessage", delay=1.0, times=120)
    news(house, CHATS, 2, "kabar")
    # With every answer a second away, one process alone has so many calls under way and no more.
    alone = AT_ONCE[Lane.NOTIFICATION]
    eventually(lambda: len(said(house, "kabar")) > 2 * alone, "three processes at work", 3)
    # One is killed with calls under way: what it held comes back when its lease has run out.
    workers[0].kill()
    house.outside.telegram.forget_script()

    house.outside.telegram.next(path="/sendMessage", delay=0.3, times=5000)
    news(house, CHATS, 10, "banjir")
    eventually(lambda: len(said(house, "banjir")) > 10, "the flood runs")
    citizen = TelegramCitizen(house.outside.telegram, 8_790_000_001, "Wargina Banjir")
    began = time.monotonic()
    citizen.writes(FIRE)
    citizen.hears(CALL_112, seconds=10)
    took = time.monotonic() - began
    waiting = left(house)
    print(f"112 was said after {took:.2f} s with {waiting} messages waiting")
    assert waiting > 100, "the flood still runs"
    assert took < 5
    house.outside.telegram.forget_script()

    # What it held, and what stands behind that in the same conversations, waits for the lease.
    eventually(lambda: left(house) <= alone * 12, "all else has left the house", 60)


# --- the database is gone ---


@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.soak)])
def test_the_database_goes_away_and_comes_back(cuttable: tuple[House, Line], seconds: int) -> None:
    house, line = cuttable
    house.open_doors()
    citizens = [whatsapp(house, n) for n in range(3)]
    citizens[0].writes(LAMP)
    citizens[0].goes_on_to("Lewati")
    telegram = TelegramCitizen(house.outside.telegram, 8_110_900_001)

    line.cut()
    away_since = time.monotonic()
    for citizen in citizens:
        assert citizen.acts(text=LAMP if citizen is not citizens[0] else "Lewati") == [200], "Twilio is told the truth"
    assert len(spooled(house)) == 3
    update = house.outside.telegram.say(chat=telegram.chat, name=telegram.name, text=LAMP)
    assert update["statuses"] == [503], "Telegram repeats"
    said = ready(house)
    assert not said["ready"]
    assert "database" in said["database"]
    assert said["spooled"] == 3
    time.sleep(max(0.0, seconds - (time.monotonic() - away_since)))
    line.join()

    citizens[0].is_offered("Kirim", seconds=40)
    for citizen in citizens[1:]:
        citizen.goes_on_to("Lewati", seconds=40)
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    again = httpx.post(
        f"{house.url}/webhooks/telegram", json=update["updates"][0], headers=headers, timeout=20, trust_env=False
    )
    assert again.status_code == 200
    telegram.goes_on_to("Lewati")
    eventually(lambda: ready(house)["ready"], "ready by itself", 30)
    assert spooled(house) == []
    assert logged(house, "webhook_spooled")
    assert not [row for row in house.written().splitlines() if "Traceback" in row], "an absence is one sentence"


def test_a_spooled_message_survives_kill_9(cuttable: tuple[House, Line]) -> None:
    house, line = cuttable
    house.open_doors()
    citizen = whatsapp(house, 11)
    line.cut()
    assert citizen.acts(text=LAMP, times=2) == [200, 200]
    house.kill()
    assert len(spooled(house)) == 1
    assert LAMP.encode() not in spooled(house)[0].read_bytes()
    line.join()
    house.begin()
    citizen.goes_on_to("Lewati", seconds=30)
    assert spooled(house) == []
    assert [b.text for b in citizen.bubbles()].count(citizen.last_heard.text) == 1, "read once"


def test_a_full_spool_says_so_and_catch_up_asks_for_the_pin(cuttable: tuple[House, Line]) -> None:
    house, line = cuttable
    house.open_doors()
    citizen = whatsapp(house, 21)
    citizen.writes("lampu jalan mati")
    citizen.hears_that(lambda b: "lokasi" in b.text.lower() or "di mana" in b.text.lower(), "the question of the place")
    folder = house.folder / "var" / "spool"
    folder.parent.mkdir(exist_ok=True)
    if folder.exists():
        folder.rmdir()
    folder.write_text("no folder, so nothing can be kept")
    line.cut()
    assert citizen.acts(pin=[0.5, 117.5]) == [503]
    house.kill()
    folder.unlink()
    line.join()
    house.begin()
    # Twilio gives the pin back without its coordinates: the bot says so and asks again.
    before = citizen.read
    eventually(lambda: len(citizen.bubbles()) > before, "the bot asks again", 30)
    citizen.writes("dpn masjid di sangata utara")
    citizen.goes_on_to("Lewati", seconds=30)


# --- what the killed worker held ---


def test_what_a_killed_worker_held_came_when_its_lease_had_run_out(cuttable: tuple[House, Line]) -> None:
    house, _ = cuttable
    eventually(lambda: left(house) == 0, "everything left the house", 60)
    for name, each in (("kabar", 2), ("banjir", 10)):
        arrived = said(house, name)
        for chat in CHATS:
            words = [text for who, text, _ in arrived if who == chat]
            assert list(dict.fromkeys(words)) == [f"{name} {n}" for n in range(each)], (chat, words)
        twice = len(arrived) - each * len(CHATS)
        most = AT_ONCE[Lane.NOTIFICATION] if name == "kabar" else 0
        assert 0 <= twice <= most, "only what the killed process had under way may come twice"


# --- the disk is full ---


def test_a_media_folder_that_takes_nothing(on_small_disks: House) -> None:
    house, disk = on_small_disks, on_small_disks.folder / "media"
    house.open_doors()
    citizen = whatsapp(house, 31)
    citizen.writes(LAMP)
    citizen.goes_on_to("Lewati")

    filler = fill(disk)
    said = ready(house)
    assert not said["ready"]
    assert "No space left" in said["media"]
    citizen.sends(street(1))
    eventually(lambda: logged(house, "photo_not_stored"), "a line in the log")
    filler.unlink()
    citizen.is_offered("Kirim", seconds=30)
    assert "Foto: 1" in citizen.last_heard.text
    assert ready(house)["ready"]

    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert "Read-only" in ready(house)["media"]
    other = whatsapp(house, 32)
    other.writes(LAMP)
    other.goes_on_to("Lewati")
    other.sends(street(2))
    eventually(lambda: "Read-only" in "".join(logged(house, "photo_not_stored")), "a line in the log")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    other.is_offered("Kirim", seconds=30)
    assert "Foto: 1" in other.last_heard.text
    assert ready(house)["ready"]


def test_the_disk_of_the_database_is_full(on_small_disks: House) -> None:
    house, disk = on_small_disks, on_small_disks.folder / "disk"
    house.open_doors()
    first, second = whatsapp(house, 41), whatsapp(house, 42)
    first.writes(LAMP)
    first.goes_on_to("Lewati")

    filler = fill(disk)
    # What the write-ahead log has room for may still be written.
    eventually(lambda: second.acts(text="halo") == [200] and spooled(house), "a message goes into the spool", 30)
    assert first.acts(text="Lewati") == [200]
    said = ready(house)
    assert not said["ready"]
    assert "full" in said["database"] or "disk" in said["database"], said
    assert logged(house, "webhook_spooled")

    filler.unlink()
    first.is_offered("Kirim", seconds=40)
    eventually(second.bubbles, "the other is answered as well", 40)
    eventually(lambda: ready(house)["ready"], "ready by itself", 40)
    assert spooled(house) == []


# --- by command ---


def test_a_back_up_of_a_running_house_is_restored_elsewhere(on_small_disks: House, tmp_path: Path) -> None:
    house = on_small_disks
    target = tmp_path / "b.siaga"
    assert f"{target}: " in house.siaga("backup", str(target))
    refused = run(house.folder, house.settings, "outbox", "retry", "999999")
    assert (refused.returncode, refused.stderr.strip()) == (1, "Kiriman 999999 tidak ada.")

    elsewhere = {
        **house.settings, "SIAGA_DATABASE_URL": f"sqlite:///{tmp_path}/new.db",
        "SIAGA_MEDIA_DIR": str(tmp_path / "media"), "SIAGA_ERASURES_FILE": str(tmp_path / "none.sealed"),
    }  # fmt: skip
    without = run(tmp_path, elsewhere, "restore", str(target))
    assert without.returncode == 2
    assert "there is no ledger of erasures" in without.stderr
    done = run(tmp_path, elsewhere, "restore", str(target), "--no-erasures")
    assert done.returncode == 0, done.stderr
    assert "erased again: 0 citizens" in done.stdout
    assert "Traceback" not in done.stderr
    assert len(list((tmp_path / "media").rglob("*"))) > 0
