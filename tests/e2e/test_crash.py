"""kill -9 at any moment: nothing that was accepted is lost, and no report is filed twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bot.cli.data import incident_rows, report_rows
from bot.cli.outbox import outbox_rows
from bot.store.transaction import Transaction
from tests.channels.ear import SECRET
from tests.e2e.citizens import TICKET, TelegramCitizen
from tests.e2e.conftest import database, drop
from tests.e2e.pictures import street
from tests.e2e.processes import STAFF_CHAT, House, World, eventually, serving, world
from tests.e2e.test_emergency import CALL_112, FIRE

LAMP = "lampu jalan mati dpn masjid di sangata utara"
KILLS = {"sqlite": 10, "postgresql": 5}
SETTLED = ("submitted", "filing_unknown")


class Patient(TelegramCitizen):
    """Telegram's side of a webhook: an update is delivered again until it is answered with 200."""

    def __init__(self, house: House, chat: int) -> None:
        super().__init__(house.outside.telegram, chat, f"Wargina {chat}")
        self.house = house
        self.deliveries = 0

    def acts(self, **act: Any) -> list[int | None]:
        said = self.telegram.say(chat=self.chat, name=self.name, **act)
        assert set(said["statuses"]) == {None}, "the stand-in must not deliver by itself here"
        for update in said["updates"]:
            eventually(lambda u=update: self._delivered(u), "the update is accepted", 90)  # type: ignore[misc]
        return [200 for _ in said["updates"]]

    def _delivered(self, update: dict[str, Any]) -> bool:
        self.deliveries += 1
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        url = f"{self.house.url}/webhooks/telegram"
        try:
            return httpx.post(url, json=update, headers=headers, timeout=10, trust_env=False).status_code == 200
        except httpx.HTTPError:
            time.sleep(0.2)
            return False

    def to_the_summary(self, *photos: bytes, seconds: float = 20.0) -> None:
        self.writes(LAMP)
        self.goes_on_to("Lewati", seconds)
        self.sends(*photos) if photos else self.picks("Lewati")
        self.is_offered("Kirim", seconds)


@pytest.fixture(params=["sqlite", "postgresql"])
def fragile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a world of its own, so that everything the world holds came from it."""
    folder = tmp_path_factory.mktemp(f"crash_{request.param}")
    url = database(request.param, folder)
    with world(folder) as outside, serving(folder / "house", url, outside, SIAGA_LAPOR_TIMEOUT="5") as house:
        yield house
    drop(url)


def is_at_rest(house: House) -> bool:
    """Nothing waits: no message unread, nothing to be said or filed. Alerts of a running ladder may wait."""

    async def unread(tx: Transaction) -> bool:
        return await tx.conversations.next_ready() is not None

    waiting = [row for row in house.stored(outbox_rows) if row["state"] in ("pending", "sending")]
    return not house.stored(unread) and all(row["kind"] == "alert" for row in waiting)


def audit(house: House) -> dict[str, dict[str, Any]]:
    """From the other sides' own records: everything said arrived, no ticket is at LAPOR! twice. Reports by ticket."""

    async def written(tx: Transaction) -> list[tuple[str, str]]:
        found = []
        for number in range(1, 100):
            lines = await tx.conversations.transcript(number)
            if lines:
                _, address = await tx.conversations.address(number)
                found += [(address, line.text) for line in lines if line.direction == "out"]
        return found

    sent = {(str(m["chat_id"]), m["text"]) for m in house.outside.telegram.sent() if m["method"] == "sendMessage"}
    lost = [line for line in house.stored(written) if line not in sent]
    assert not lost, "said in the transcript, never sent"

    reports = {row["ticket"]: row for row in house.stored(report_rows)}
    tickets: Counter[str] = Counter()
    for held in house.outside.complaints():
        named = TICKET.search(held["content"])
        assert named, "a complaint without our ticket"
        tickets[named[0]] += 1
    assert set(tickets.values()) <= {1}, f"filed twice: {tickets}"
    assert set(tickets) <= set(reports)
    for ticket, report in reports.items():
        assert report["state"] in SETTLED, report
        assert ticket in tickets or report["state"] == "filing_unknown", f"{ticket} is nowhere"
    return reports


def alerted(world_: World) -> set[str]:
    """The incidents that the staff group was told of."""
    keys = [
        key["callback_data"] for m in world_.telegram.sent() if m.get("chat_id") == STAFF_CHAT and m.get("reply_markup")
        for row in m["reply_markup"]["inline_keyboard"] for key in row
    ]  # fmt: skip
    return {key.removeprefix("ack:") for key in keys}


def taken_by_lapor(house: House, photos: int) -> bool:
    return len(house.outside.lapor.get("/_received")["uploads"]) == photos


def test_killed_between_accept_delivery_and_mark(fragile: House) -> None:
    """One kill -9 with everything under way at once; each citizen is cut off at another point."""
    outside = fragile.outside
    unfiled, cut_off, unanswered, half_answered, in_danger = (Patient(fragile, 8_110_000 + n) for n in range(5))
    unfiled.to_the_summary(street(1), street(2))
    cut_off.to_the_summary()

    # Taken by LAPOR!, the answer held: the request left, its mark cannot be written.
    outside.lapor.next(path="/complaints/complaint", delay=60)
    cut_off.picks("Kirim")
    cut_off_ticket = cut_off.ticket()
    eventually(lambda: len(outside.complaints()) == 1, "LAPOR! has the complaint")
    # The photos are held, so the complaint itself was not begun.
    outside.lapor.next(path="/complaints/complaint/file", delay=60)
    unfiled.picks("Kirim")
    unfiled_ticket = unfiled.ticket()
    # Accepted, then refused after a long wait: the reply was never delivered.
    outside.telegram.next(path="/sendMessage", status=503, delay=60)
    unanswered.writes(LAMP)
    eventually(lambda: fragile.stored(lambda tx: tx.conversations.transcript(3)), "the reply is written down")
    # Delivered, the answer held: the reply reached the citizen, its mark cannot be written.
    outside.telegram.next(path="/sendMessage", delay=60)
    half_answered.writes(LAMP)
    eventually(half_answered.bubbles, "the first bubble arrives")
    # Accepted, and its first words refused after a long wait.
    outside.telegram.next(path="/sendMessage", status=503, delay=60)
    in_danger.writes(FIRE)
    incident = eventually(lambda: fragile.stored(incident_rows), "the incident is written down")[0]

    fragile.kill()
    outside.telegram.forget_script()
    outside.lapor.forget_script()
    fragile.begin()

    in_danger.hears(CALL_112, seconds=40)
    unanswered.goes_on_to("Lewati", seconds=40)
    half_answered.goes_on_to("Lewati", seconds=40)
    unfiled.hears(unfiled_ticket, "nomor pelacakan", seconds=60)
    cut_off.hears(cut_off_ticket, seconds=60)
    eventually(lambda: is_at_rest(fragile), "everything is settled", 60)
    reports = audit(fragile)
    assert reports[unfiled_ticket]["state"] == "submitted"
    assert reports[cut_off_ticket]["state"] == "filing_unknown", "only a person may say whether it is there"
    filed = next(c for c in outside.complaints() if unfiled_ticket in c["content"])
    assert filed["attachments"].count(",") == 1, "both photos"
    assert alerted(outside) == {incident["id"]}


def test_killed_at_random_moments(fragile: House) -> None:
    """Kill after kill while six citizens report, two of them in danger; the other sides' records tell the rest."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    outside = fragile.outside
    # LAPOR! and Telegram take a moment, so that a kill finds something under way.
    outside.lapor.next(path="/complaints/complaint", delay=0.3, times=100)
    outside.telegram.next(path="/sendMessage", delay=0.1, times=1000)
    citizens = [Patient(fragile, 8_120_000 + n) for n in range(6)]

    def reports(n: int, citizen: Patient) -> str:
        time.sleep(draw_pause[n])
        citizen.to_the_summary(*([street(n)] if n % 2 else []), seconds=150)
        citizen.picks("Kirim")
        ticket = citizen.ticket(seconds=150)
        if n < 2:
            citizen.writes(FIRE)
            citizen.hears(CALL_112, seconds=150)
        return ticket

    draw_pause = [draw.uniform(0, 6) for _ in citizens]
    kills, most = 0, KILLS["sqlite" if fragile.database_url.startswith("sqlite") else "postgresql"]
    with ThreadPoolExecutor(len(citizens)) as people:
        told = [people.submit(reports, n, citizen) for n, citizen in enumerate(citizens)]
        while kills < most:
            time.sleep(draw.uniform(0.05, 1.5))
            fragile.kill()
            kills += 1
            fragile.begin()
        tickets = [future.result(timeout=200) for future in told]
    eventually(lambda: is_at_rest(fragile), "everything is settled", 90)

    stored = audit(fragile)
    assert set(stored) == set(tickets), "one report each, and each citizen has its number"
    incidents = fragile.stored(incident_rows)
    assert len(incidents) == 2
    eventually(lambda: alerted(outside) == {i["id"] for i in incidents}, "the group was told of both")
    again = sum(c.deliveries for c in citizens)
    print(f"{kills} kills, {again} deliveries of updates, states {Counter(r['state'] for r in stored.values())}")
