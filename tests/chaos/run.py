"""One run of the chaos: people talk, things break, petugas settle what is left, and the audit tells what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx

from bot.mailroom import Mailroom, NotByHand
from tests.channels.ear import SECRET
from tests.chaos.audit import Verdict, audit
from tests.chaos.databases import Database, database
from tests.chaos.mail import TelegramMail, TwilioMail
from tests.chaos.operators import ACKNOWLEDGERS, Operators
from tests.chaos.people import InBrowser, OnTelegram, OnWhatsApp, Person
from tests.chaos.records import TICKET, Act, Alert, Bubble, Complaint, Records
from tests.chaos.stories import Part, Story, cast
from tests.chaos.weather import Weather, clear, fail
from tests.e2e.citizens import Petugas, sentence
from tests.e2e.pictures import street
from tests.e2e.processes import PASSWORD, STAFF_CHAT, House, Process, World, world
from tests.e2e.test_crash import is_at_rest
from tests.e2e.twin import beginning

LADDER: Final = """
- {transport: desk, name: Meja 112, seconds: 1}
- {transport: telegram_group, name: Grup petugas, seconds: 2}
- {transport: webhook, name: Sistem 112, seconds: 6}
"""
ROUND: Final = 6.0
"""Seconds that the last rung of the ladder waits: an alert that comes later than this is the ladder begun again."""
LAST_RING: Final = 30.0
"""Seconds in which the ladder of an alert that nobody took must have begun again."""
NOT_ARRIVED: Final = {"album": [], "problems": ["unavailable"]}
"""A photo of which the house could not fetch the file."""
INCIDENT: Final = re.compile(r"IN-\d{14}-[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """A run; `pause` and `away` are seconds from and to, `arrive` the span over which people begin, `seconds` the most.

    `workers`: `siaga worker` processes beside `siaga serve`; SQLite has none.
    """

    kind: str
    seed: int
    citizens: int
    kills: int
    outages: int
    pause: tuple[float, float]
    away: tuple[float, float]
    arrive: float
    seconds: float
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`before` the petugas settled what was unknown, and `after`."""

    plan: Plan
    before: Verdict
    after: Verdict
    kills: int
    outages: int
    gave_up: int
    deliveries: int
    repeated: int
    seconds: float
    slowest_alert: float
    trouble: tuple[str, ...]
    """Citizens who did not come to the end of their story, and why."""

    @property
    def findings(self) -> list[str]:
        found = [f"{f.kind}: {f.about}: {f.detail}" for f in (*self.before.findings, *self.after.findings)]
        return list(dict.fromkeys([*found, *self.trouble]))


@dataclass
class Town:
    """Everybody of a run."""

    plan: Plan
    house: House
    outside: World
    weather: Weather
    telegram: TelegramMail
    twilio: TwilioMail
    operators: Operators
    acts: list[Act] = field(default_factory=list)
    browsers: list[InBrowser] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


def run(plan: Plan, folder: Path) -> Outcome:
    """Play the plan in this folder. Whatever was started is ended, whatever happens."""
    started = time.monotonic()
    chance = random.Random(plan.seed)
    stories = cast(plan.citizens, chance)
    with database(plan.kind, folder) as store, world(folder) as outside:
        ladder = folder / "chaos.yml"
        ladder.write_text(LADDER)
        house = House(folder, store.url, outside, SIAGA_EMERGENCY_LADDER=str(ladder), SIAGA_LAPOR_TIMEOUT="5")
        house.prepare()
        helpers = [Process(f"worker{n}", ["bot", "worker"], folder, house.settings) for n in range(plan.workers)]
        try:
            return asyncio.run(_play(plan, house, [house, *helpers], store, stories, chance, started))
        finally:
            for process in (house, *helpers):
                process.leave_nothing()


async def _play(
    plan: Plan, house: House, processes: Sequence[Process], store: Database, stories: Sequence[Story],
    chance: random.Random, started: float,
) -> Outcome:  # fmt: skip
    outside = house.outside
    for process in processes:
        process.start()
    weather = Weather(processes, store, chance)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        town = Town(
            plan, house, outside, weather, TelegramMail(outside.telegram, http), TwilioMail(outside.twilio, http),
            Operators(house, http, random.Random(plan.seed)),
        )  # fmt: skip
        hook = {"url": f"{house.url}/webhooks/telegram", "secret": SECRET, "copies": 3, "seed": plan.seed}
        outside.telegram.post("/_webhook", hook)
        outside.twilio.post("/_webhook", {"url": f"{house.url}/webhooks/twilio"})
        followers = [
            asyncio.create_task(one)
            for one in (weather.watch(), town.telegram.follow(), town.twilio.follow(), town.operators.work())
        ]
        try:
            await _until(lambda: _alive(http, house), 90)
            fail(outside, plan.seed)
            people = [asyncio.create_task(_lives(town, n, story, chance)) for n, story in enumerate(stories)]
            storm = asyncio.create_task(
                weather.storm(plan.kills, plan.outages, plan.pause, plan.away, partial(_alive, http, house))
            )
            left = max(1.0, plan.seconds - (time.monotonic() - started))
            _, late = await asyncio.wait([*people, storm], timeout=left)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            return await _afterwards(town, started)
        finally:
            for task in followers:
                task.cancel()
            await asyncio.gather(*followers, *(b.leaves() for b in town.browsers), return_exceptions=True)


# --- citizens ---


async def _lives(town: Town, n: int, story: Story, chance: random.Random) -> None:
    person = _person(town, n, story.channel)
    await asyncio.sleep(chance.uniform(0, town.plan.arrive))
    part = Part.begin(story, person.phone)
    used: set[int] = set()
    doing = "arriving"
    try:
        await person.arrives()
        while turn := part.next():
            doing = str(turn)
            part = await _does(town, person, part, turn, used)
        if story.cry:
            town.operators.release(story.cry)
    except asyncio.CancelledError:
        heard = [seen.bubble.begins for seen in person.heard[-4:]]
        town.trouble.append(f"{person.address} ({story.kind}) was still at {doing}, having heard {heard}")
        raise
    except Exception as error:
        town.trouble.append(f"{person.address} ({story.kind}) could not go on at {doing}: {error!r}")


def _person(town: Town, n: int, channel: str) -> Person:
    match channel:
        case "telegram":
            return OnTelegram(town.telegram, 8_140_000_000 + n)
        case "whatsapp":
            return OnWhatsApp(town.twilio, f"+62811000{n:04d}0")
        case _:
            browser = InBrowser(town.house.url, n)
            town.browsers.append(browser)
            return browser


async def _does(town: Town, person: Person, part: Part, turn: Any, used: set[int]) -> Part:
    """Do one thing and wait for all its answers; a photo that did not arrive is sent again."""
    while True:
        otherwise = part.fork()
        expected = part.hears(turn)
        refused = otherwise.hears(NOT_ARRIVED) if "photo" in turn else []
        words = str(turn.get("citizen") or turn)
        cry = part.story.cry if part.story.cry == turn.get("citizen") else None
        photos = part.photos if part.filed else 0
        act = Act(person.address, time.time(), words, tuple(expected), part.filed, photos, cry)
        # Written down at once: one that is never answered is in the record as well.
        town.acts.append(act)
        place = len(town.acts) - 1
        await _acts(person, turn)
        got = await _answer(person, expected, refused, act.at, used)
        if got == expected:
            return part
        town.acts[place] = replace(act, answers=tuple(got))
        part = otherwise


async def _acts(person: Person, turn: Any) -> None:
    match dict(turn):
        case {"citizen": str(words)}:
            await person.writes(words)
        case {"photo": str(name)}:
            await person.sends(street(sum(name.encode())))
        case {"tap": str(wanted)}:
            await person.taps(wanted)


async def _answer(person: Person, expected: list[str], refused: list[str], at: float, used: set[int]) -> list[str]:
    """Wait until all bubbles of one of the two answers are there; which it was."""
    while True:
        for answer in (expected, refused):
            places = _places(person, answer, at, used)
            if answer and places is not None:
                used.update(places)
                return answer
        await asyncio.sleep(0.1)


def _places(person: Person, answer: list[str], at: float, used: set[int]) -> list[int] | None:
    found: list[int] = []
    for begins in answer:
        place = next(
            (n for n, seen in enumerate(person.heard)
             if n not in used and n not in found and seen.bubble.at >= at and seen.bubble.begins == begins), None,
        )  # fmt: skip
        if place is None:
            return None
        found.append(place)
    return found


# --- afterwards ---


async def _afterwards(town: Town, started: float) -> Outcome:
    """The storm is over: let everything come to rest, look, have the petugas settle what is unknown, look again."""
    plan, house = town.plan, town.house
    clear(town.outside)
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        await _until(lambda: _alive(http, house), 60)
    await _rest(house)
    news = _news()
    until = time.monotonic() + LAST_RING
    while True:
        unknown = await asyncio.to_thread(_unknown, house)
        before = await _records(town, unknown)
        verdict = audit(before, news, ROUND)
        if not verdict.findings or time.monotonic() > until:
            break
        await asyncio.sleep(1)
    await asyncio.to_thread(_settle, house, unknown, {c.ticket: c.id for c in before.complaints if c.ticket})
    await _rest(house)
    after = await _records(town, await asyncio.to_thread(_unknown, house))
    deliveries = town.outside.telegram.get("/_said")["deliveries"]
    return Outcome(
        plan, verdict, audit(after, news, ROUND, settled=True), town.weather.kills, town.weather.outages,
        town.weather.gave_up, len(deliveries), len(deliveries) - len({d["update_id"] for d in deliveries}),
        time.monotonic() - started, _slowest(before), tuple(town.trouble),
    )  # fmt: skip


async def _until(probe: Any, seconds: float) -> bool:
    """Whether it became true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if await probe():
            return True
        await asyncio.sleep(0.2)
    return False


async def _alive(http: httpx.AsyncClient, house: House) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return (await http.get(f"{house.url}/healthz")).status_code == 200
    return False


async def _rest(house: House) -> None:
    """Wait until nothing waits; what waits for its next try at LAPOR! is hurried, as a petugas may."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        await _hurry(house)
        if await asyncio.to_thread(is_at_rest, house):
            return
        await asyncio.sleep(0.5)


async def _hurry(house: House) -> None:
    store = house.store()
    try:
        async with store.read() as session:
            rows = await session.connection()
            found = await rows.exec_driver_sql("SELECT id FROM outbox WHERE state = 'pending' AND kind = 'file'")
            waiting = [int(row[0]) for row in found]
        for item in waiting:
            with contextlib.suppress(NotByHand):
                await Mailroom(store, house.url).retry(item, None)
    finally:
        await store.close()


def _unknown(house: House) -> frozenset[str]:
    """The tickets that petugas see as not settled."""
    officer = Petugas(house.url, "operator", PASSWORD)
    try:
        page = officer.reads("/admin/laporan?status=filing_unknown")
    finally:
        officer.close()
    return frozenset(TICKET.findall(page))


def _settle(house: House, unknown: frozenset[str], held: dict[str, str]) -> None:
    """A petugas looks each up at LAPOR!: it is there under this number, or it is not and is filed again."""
    officer = Petugas(house.url, "operator", PASSWORD)
    try:
        for ticket in sorted(unknown):
            page = f"/admin/laporan/{ticket}"
            fields = {"hasil": "sudah", "nomor": held[ticket]} if ticket in held else {"hasil": "belum"}
            answer = officer.posts(f"{page}/pastikan", page, **fields)
            assert answer.status_code == 200, f"{ticket} could not be settled: {answer.status_code}"
    finally:
        officer.close()


async def _records(town: Town, unknown: frozenset[str]) -> Records:
    outside = town.outside
    bubbles: list[Bubble] = []
    for mail in (town.telegram, town.twilio):
        await mail.look()
        bubbles += [seen.bubble for address, seen_ in mail.by.items() if address != str(STAFF_CHAT) for seen in seen_]
    for browser in town.browsers:
        bubbles += [seen.bubble for seen in browser.heard]
    received = outside.emergency.get("/_received")
    alerts = [Alert(i["incident"], i["words"], at) for i, at in zip(received["incidents"], received["at"], strict=True)]
    desk = await asyncio.to_thread(_desk, town.house)
    complaints = [
        Complaint(c["id"], (found[0] if (found := TICKET.search(c["content"])) else None), _photos(c["attachments"]))
        for c in outside.complaints()
    ]
    taken = await asyncio.to_thread(town.operators.taken, received)
    return Records(
        tuple(town.acts), tuple(bubbles), tuple(complaints), tuple(alerts), taken, desk, unknown,
        tuple(town.weather.cuts),
    )  # fmt: skip


def _photos(attachments: Any) -> int:
    return len(json.loads(attachments)) if isinstance(attachments, str) else 0


def _desk(house: House) -> frozenset[str]:
    officer = Petugas(house.url, "petugas112", PASSWORD)
    try:
        return frozenset(INCIDENT.findall(officer.reads("/admin/112")))
    finally:
        officer.close()


def _slowest(records: Records) -> float:
    """Seconds from a cry to its first alert at the 112 system, the longest of all."""
    waits = [
        min((a.at for a in records.alerts if act.cry in a.words), default=act.at) - act.at
        for act in records.acts if act.cry
    ]  # fmt: skip
    return max(waits, default=0.0)


def _news() -> dict[str, int | None]:
    """How bubbles begin that answer nothing, and how often the same words may come."""
    ticket, at = "KS-000000-AAAA", "10.00"
    once = [
        sentence("report_submitted", ticket=ticket, tracking="1"), sentence("report_filing_unknown", ticket=ticket),
        sentence("report_failed", ticket=ticket),
        *(sentence("emergency_acknowledged", by=by, at=at) for by in ACKNOWLEDGERS),
    ]  # fmt: skip
    return {**dict.fromkeys(map(beginning, once), 1), beginning(sentence("emergency_unanswered")): None}
