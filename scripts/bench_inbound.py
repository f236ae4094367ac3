"""A burst at the door: how fast messages are answered, and how long a cry for help in the crowd waits.

2,000 messages of 500 citizens, one in a hundred an emergency, through the whole house (inbox, understanding,
dialogue, outbox, lanes) into a channel that answers at once; on SQLite, and on PostgreSQL where
SIAGA_TEST_POSTGRES names a server whose role may create databases.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

from bot import logs
from bot.app import House, build, running
from bot.channels.base import Incoming, Limits, Media, Outgoing, StaffTap, WebhookRequest
from bot.failures import Rejected
from bot.settings import load
from bot.store import schema

TALK: Final = ("lampu jalan mati di depan masjid, sangatta utara, sudah dua minggu", "lewati", "kirim", "terima kasih")
CRY: Final = "tolong kebakaran di pasar bengalon"
EVERY: Final = 100
"""One message in so many is a cry for help."""


class InstantChannel:
    """Takes every bubble at once and remembers when the first urgent one of each citizen came."""

    name = "bench"
    limits = Limits()

    def __init__(self) -> None:
        self.first_urgent: dict[str, float] = {}
        self.sent = 0

    def receive(self, request: WebhookRequest) -> Sequence[Incoming | StaffTap]:
        return []

    async def send(self, address: str, message: Outgoing) -> str:
        self.sent += 1
        if message.urgent:
            self.first_urgent.setdefault(address, time.perf_counter())
        return str(self.sent)

    async def fetch(self, media: Media, most_bytes: int) -> bytes:
        raise Rejected("there are no files here")

    async def answered(self, incoming: Incoming | StaffTap) -> None: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """What one burst came to; times in seconds."""

    database: str
    messages: int
    taken_in: float
    answered: float
    emergencies: tuple[float, ...]
    bubbles: int


async def burst(database: str, url: str, messages: int, citizens: int) -> Result:
    """One burst into an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        channel = InstantChannel()
        settings = load(database_url=url, secret_key=secrets.token_hex(32), media_dir=Path(folder), _env_file=None)
        house = build(settings, {"bench": channel})
        await schema.upgrade(house.store)
        async with running(house):
            return await _measured(house, channel, database, messages, citizens)


async def _measured(house: House, channel: InstantChannel, database: str, messages: int, citizens: int) -> Result:
    cried: dict[str, float] = {}
    each = messages // citizens

    async def citizen(who: int) -> None:
        address = f"c{who}"
        for n in range(each):
            cries = (who * each + n) % EVERY == EVERY // 2
            if cries:
                cried.setdefault(address, time.perf_counter())
            words = CRY if cries else TALK[n % len(TALK)]
            arrived = Incoming("bench", f"{address}/{n}", address, datetime.now(UTC), "text", text=words)
            await house.inbound.take_in([arrived])

    start = time.perf_counter()
    await asyncio.gather(*(citizen(who) for who in range(citizens)))
    taken_in = time.perf_counter() - start
    while await _unfinished(house) or cried.keys() - channel.first_urgent.keys():
        if time.perf_counter() - start > 600:
            raise SystemExit("the burst is not answered after 10 minutes")
        await asyncio.sleep(0.05)
    answered = time.perf_counter() - start
    waits = tuple(channel.first_urgent[who] - at for who, at in cried.items())
    return Result(database, each * citizens, taken_in, answered, waits, channel.sent)


async def _unfinished(house: House) -> bool:
    async with house.store.read() as session:
        connection = await session.connection()
        for left in (
            "SELECT 1 FROM inbox WHERE processed_at IS NULL LIMIT 1",
            "SELECT 1 FROM outbox WHERE state = 'pending' AND kind = 'say' LIMIT 1",
        ):
            if (await connection.exec_driver_sql(left)).first() is not None:
                return True
        return False


@asynccontextmanager
async def scratch_database(server: str) -> AsyncIterator[str]:
    """A new PostgreSQL database beside the one named, dropped afterwards."""
    name = f"siaga_bench_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


async def main(messages: int, citizens: int) -> None:
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        results.append(await burst("SQLite", f"sqlite:///{folder}/bench.db", messages, citizens))
    server = os.environ.get("SIAGA_TEST_POSTGRES")
    if server:
        async with scratch_database(server) as url:
            results.append(await burst("PostgreSQL", url, messages, citizens))
    table = Table(title=f"{messages:,} messages of {citizens:,} citizens at once")
    for title in ("database", "taken in /s", "answered /s", "bubbles", "emergency median ms", "p99 ms", "worst ms"):
        table.add_column(title, justify="left" if title == "database" else "right")
    for r in results:
        waits = sorted(r.emergencies)
        p99 = statistics.quantiles(waits, n=100, method="inclusive")[98] if len(waits) > 1 else waits[0]
        table.add_row(
            r.database, f"{r.messages / r.taken_in:,.0f}", f"{r.messages / r.answered:,.0f}", f"{r.bubbles:,}",
            f"{statistics.median(waits) * 1000:,.0f}", f"{p99 * 1000:,.0f}", f"{waits[-1] * 1000:,.0f}",
        )  # fmt: skip
    Console().print(table)
    if not server:
        print("PostgreSQL was not measured: SIAGA_TEST_POSTGRES names no server.")


if __name__ == "__main__":
    logs.configure("ERROR", "console")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--citizens", type=int, default=500)
    given = parser.parse_args()
    asyncio.run(main(given.messages, given.citizens))
