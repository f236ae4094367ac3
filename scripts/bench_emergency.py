"""How long someone in danger waits while the service is busy and LAPOR! hangs.

Citizens write 50 messages a second, half of them signed Telegram updates, half signed Twilio forms; LAPOR! takes every
complaint and answers after 120 s. In between 100 others cry for help. Measured over real HTTP against `siaga serve`,
from handing the cry to the webhook until
- the page of the 112 desk shows it (the open page, by its stream of events, as a petugas has it), and
- the provider takes *Telepon 112* for that citizen.
On SQLite, and on PostgreSQL where its server programs are installed. `python -m scripts.bench_emergency [--rate N]
[--cries N] [--database sqlite] [--table]`
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped,unused-ignore]

from scripts.soak import NAMES, where, write_between
from tests.channels.ear import ACCOUNT, AUTH_TOKEN, SECRET, SENDER
from tests.chaos.databases import database
from tests.chaos.stories import CRIES, villages
from tests.e2e.citizens import Petugas
from tests.e2e.processes import PASSWORD, House, answers, world

TALK: Final = ("lampu jalan mati di desa {}, sudah dua minggu", "lewati", "kirim", "terima kasih")
HANGS: Final = 120.0
WARM_UP: Final = 5.0
"""Seconds of other traffic before the first cry."""
PATIENCE: Final = 60.0
GOAL: Final = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds; a cry that was not seen within a minute counts as that minute."""

    database: str
    asked: float
    reached: float
    """Other messages a second: wanted, and taken with 200."""
    refused: int
    desk: tuple[float, ...]
    reply: tuple[float, ...]
    load: float


class Door:
    """The providers' side of the webhooks."""

    def __init__(self, house: House, http: httpx.AsyncClient) -> None:
        self._house = house
        self._http = http
        self._updates = itertools.count(900_000_001)
        self._validator = RequestValidator(AUTH_TOKEN)

    async def telegram(self, chat: int, words: str) -> bool:
        number = next(self._updates)
        person = {"id": chat, "is_bot": False, "first_name": "Warga Uji", "language_code": "id"}
        message = {
            "message_id": number, "from": person, "date": int(time.time()), "text": words,
            "chat": {"id": chat, "type": "private", "first_name": "Warga Uji"},
        }  # fmt: skip
        answer = await self._http.post(
            f"{self._house.url}/webhooks/telegram", json={"update_id": number, "message": message},
            headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
        )  # fmt: skip
        return answer.status_code == 200

    async def whatsapp(self, number: str, words: str) -> bool:
        sid = f"SM{next(self._updates):032x}"
        form = {
            "MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": f"whatsapp:{number}", "To": SENDER,
            "WaId": number.lstrip("+"), "ProfileName": "Warga Uji", "Body": words, "NumMedia": "0",
        }  # fmt: skip
        url = f"{self._house.url}/webhooks/twilio"
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, form)}
        return (await self._http.post(url, data=form, headers=headers)).status_code == 200


@dataclass
class Desk:
    """An open page of the 112 desk: when each cry was first seen on it."""

    url: str
    cookies: httpx.Cookies
    waiting: set[str]
    seen: dict[str, float]

    async def watch(self) -> None:
        async with (
            httpx.AsyncClient(base_url=self.url, cookies=self.cookies, timeout=PATIENCE, trust_env=False) as http,
            http.stream("GET", "/admin/112/aliran") as stream,
        ):
            async for line in stream.aiter_lines():
                now = time.time()
                for cry in [cry for cry in self.waiting if cry in line]:
                    self.waiting.discard(cry)
                    self.seen[cry] = now


async def measured(house: House, kind: str, rate: float, cries: int, seed: int) -> Result:
    """Traffic and cries against a running house."""
    chance = random.Random(seed)
    words = [phrase.format(village) for phrase in CRIES for village in villages()]
    chance.shuffle(words)
    words = words[:cries]
    officer = Petugas(house.url, "petugas112", PASSWORD)
    desk = Desk(house.url, officer.cookies, set(), {})
    cried: dict[str, float] = {}
    chats: dict[int, str] = {}
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(timeout=30, trust_env=False, limits=limits) as http:
        door = Door(house, http)
        watching = asyncio.create_task(desk.watch())
        others = Others(door, rate)
        traffic = asyncio.create_task(others.go_on())
        await asyncio.sleep(WARM_UP)
        for n, cry in enumerate(words):
            chat = 8_150_000_000 + n
            chats[chat] = cry
            desk.waiting.add(cry)
            cried[cry] = time.time()
            await _handed_over(door, chat, cry)
            await asyncio.sleep(chance.uniform(0.2, 0.8))
        until = time.monotonic() + PATIENCE
        while desk.waiting and time.monotonic() < until:  # noqa: ASYNC110 - a page is looked at, it tells nobody
            await asyncio.sleep(0.1)
        others.ends = True
        await traffic
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    officer.close()
    first: dict[str, float] = {}
    for row in house.outside.telegram.sent():
        cry_of = chats.get(row["chat_id"])
        if cry_of and (row.get("text") or "").startswith("*Telepon 112"):
            first.setdefault(cry_of, datetime.fromisoformat(row["at"]).timestamp())
    return Result(
        NAMES[kind], rate, others.taken / others.seconds, others.refused,
        tuple(sorted(desk.seen.get(cry, at + PATIENCE) - at for cry, at in cried.items())),
        tuple(sorted(first.get(cry, at + PATIENCE) - at for cry, at in cried.items())), os.getloadavg()[0],
    )  # fmt: skip


async def _handed_over(door: Door, chat: int, cry: str) -> None:
    """Bring it as Telegram does: again and again until it is taken."""
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if await door.telegram(chat, cry):
                return
        await asyncio.sleep(0.3)


class Others:
    """Everybody else: at a steady rate, whether or not the answers come."""

    def __init__(self, door: Door, rate: float) -> None:
        self._door = door
        self._rate = rate
        self.ends = False
        self.taken = 0
        self.refused = 0
        self.seconds = 0.0

    async def go_on(self) -> None:
        started = time.monotonic()
        under_way: set[asyncio.Task[None]] = set()
        for n, (who, words) in enumerate(_talk()):
            if self.ends:
                break
            await asyncio.sleep(max(0.0, started + n / self._rate - time.monotonic()))
            task = asyncio.create_task(self._one(who, words))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
        self.seconds = time.monotonic() - started

    async def _one(self, who: int, words: str) -> None:
        try:
            if who % 2:
                taken = await self._door.telegram(8_160_000_000 + who, words)
            else:
                taken = await self._door.whatsapp(f"+6281{who:08d}", words)
        except httpx.HTTPError:
            taken = False
        self.taken += taken
        self.refused += not taken


def _talk() -> Iterator[tuple[int, str]]:
    """Forty citizens at a time, one message of each in turn, then the next forty."""
    places = itertools.cycle(villages())
    for group in itertools.count():
        people = range(group * 40, group * 40 + 40)
        about = {who: next(places) for who in people}
        for phrase in TALK:
            for who in people:
                yield who, phrase.format(about[who])


def bench(kind: str, rate: float, cries: int, seed: int) -> Result:
    """One database, everything started for it and stopped after it."""
    with (
        tempfile.TemporaryDirectory(prefix="siaga-bench-") as name, database(kind, Path(name)) as store,
        world(Path(name)) as outside,
    ):  # fmt: skip
        ladder = Path(name) / "bench.yml"
        ladder.write_text("- {transport: desk, name: Meja 112, seconds: 600}\n")
        house = House(Path(name), store.url, outside, SIAGA_EMERGENCY_LADDER=str(ladder), SIAGA_LOG_LEVEL="WARNING")
        house.prepare()
        house.start()
        try:
            house.until(lambda: answers(f"{house.url}/readyz"))
            outside.lapor.post("/_next", {"path": "/complaints/complaint", "delay": HANGS, "times": 10_000})
            return asyncio.run(measured(house, kind, rate, cries, seed))
        finally:
            house.kill()


def table(results: list[Result]) -> str:
    rows = [
        "| database | other messages/s | refused | cries | desk p50 | p99 | worst "
        "| *Telepon 112* p50 | p99 | worst | load |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for r in results:
        cells: list[Any] = [r.database, f"{r.reached:.0f}", r.refused, len(r.desk)]
        for waits in (r.desk, r.reply):
            cells += [f"{seconds:.2f} s" for seconds in (statistics.median(waits), p99(waits), waits[-1])]
        rows.append(f"| {' | '.join(map(str, [*cells, f'{r.load:.1f}']))} |")
    return "\n".join(rows)


def p99(waits: tuple[float, ...]) -> float:
    return statistics.quantiles(waits, n=100, method="inclusive")[98] if len(waits) > 1 else waits[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=list(NAMES), action="append", help="default: both, one after the other")
    parser.add_argument("--rate", type=float, default=50.0, help="other messages a second")
    parser.add_argument("--cries", type=int, default=100, help="at most 100: the desk's page shows so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="write the table into docs/reliability.md")
    given = parser.parse_args()
    results = [bench(kind, given.rate, given.cries, given.seed) for kind in given.database or NAMES]
    shown = table(results)
    print(shown)
    if given.table:
        write_between("emergency", f"Measured on {where()}.\n\n{shown}")
    return int(any(p99(r.desk) >= GOAL for r in results))


if __name__ == "__main__":
    raise SystemExit(main())
