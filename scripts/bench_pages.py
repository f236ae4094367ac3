"""How long the admin pages take with many conversations, measured page by page.

`python -m scripts.bench_pages` fills an empty SQLite file with 100,000 conversations; `--conversations N` takes
another number, `--database URL` an empty database of either kind, `--write` puts the table into docs/pages.md. Each
list, filter and single page is asked for several times in this process, through the whole gate, as an admin; what is
measured is the service's own time, without a network.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from bot.settings import load
from bot.store import schema
from bot.store.accounts import Accounts, hashed
from bot.store.figures import percentile
from bot.store.sealing import Sealer
from bot.store.tables import (
    Base,
    Contact,
    Conversation,
    Delivery,
    Inbox,
    Incident,
    IncidentStep,
    Message,
    Outbox,
    Report,
    ReportStep,
    table_of,
)  # fmt: skip
from bot.store.unit_of_work import Store
from bot.web import create_app

SECRET: Final = "kunci-untuk-mengukur-saja-0123456789abcdef"  # noqa: S105 - of a database that is thrown away
PASSWORD: Final = "kata-sandi-untuk-mengukur"  # noqa: S105 - as above
DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "pages.md"
TIMES: Final = 10
_BATCH: Final = 5_000
_CHANNELS: Final = ("whatsapp", "telegram", "webchat")
_CATEGORIES: Final = ("lampu_jalan", "jalan", "sampah", "air_bersih", "drainase")
_STATES: Final = ("done", "done", "in_progress", "submitted", "closed", "verified", "queued", "failed")
_TABLES: Final[tuple[type[Base], ...]] = (
    Contact, Conversation, Inbox, Message, Outbox, Delivery, Report, ReportStep, Incident, IncidentStep,
)  # fmt: skip
_KECAMATAN: Final = tuple(f"64.08.{n:02d}" for n in range(1, 19))


@dataclass(frozen=True, slots=True)
class Filled:
    """What was put in: the counts that the lists must show, and one of each to open."""

    conversations: int
    reports: int
    queue: int
    incidents: int
    open_incidents: int
    waiting: int
    ticket: str
    incident: str


async def seed(store: Store, conversations: int, now: datetime) -> Filled:
    """A year of conversations: four messages each, a report in three, an incident in a hundred."""
    draw = random.Random(1)
    sealed = store.sealer.seal("+6281100000001"), store.sealer.seal("Siti Rahma"), store.sealer.seal_json({"v": 1})
    async with store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
        await accounts.add_user("admin", "Admin", await hashed(PASSWORD), "admin", now)
    queue = opened = reports = incidents = waiting = 0
    for first in range(1, conversations + 1, _BATCH):
        rows: dict[type[Base], list[dict[str, Any]]] = {kind: [] for kind in _TABLES}
        for n in range(first, min(first + _BATCH, conversations + 1)):
            at = now - timedelta(days=365) * ((conversations - n) / conversations) - timedelta(minutes=5)
            channel, waits = _CHANNELS[n % 3], n % 500 == 0
            waiting += waits
            rows[Contact].append({
                "id": n, "channel": channel, "address_hash": f"{n:064x}", "address_enc": sealed[0],
                "name_enc": sealed[1], "phone_enc": sealed[0], "created_at": at,
            })  # fmt: skip
            rows[Conversation].append({
                "id": n, "contact_id": n, "channel": channel, "state_enc": sealed[2], "wake_at": None,
                "waiting_for_staff": waits, "waiting_since": at if waits else None, "held_by": None, "created_at": at,
                "last_inbound_at": at,
            })  # fmt: skip
            rows[Message].extend(_messages(n, at, draw))
            for kind, row in _heard_and_said(n, channel, at, sealed[2]):
                rows[kind].append(row)
            if n % 3 == 0:
                state = _STATES[draw.randrange(len(_STATES))]
                reports += 1
                queue += state in ("queued", "failed")
                rows[Report].append(_report(n, channel, state, at, draw, sealed[0]))
                rows[ReportStep].append({"ticket": _ticket(n), "state": state, "who": "siaga", "note": None, "at": at})
            if n % 100 == 0:
                incidents += 1
                opened += n > conversations - 1_000
                rows[Incident].append(_incident(n, channel, at, n > conversations - 1_000, sealed[0]))
                rows[IncidentStep].append(
                    {"incident_id": f"kejadian-{n}", "what": "raised", "who": "siaga", "note": None, "at": at}
                )
        async with store.write() as session:
            for kind, values in rows.items():
                if values:
                    await session.execute(sa.insert(table_of(kind)), values)
    if not store.is_sqlite:
        async with store.write() as session:
            # The ids were given by hand: the sequences behind them have to follow.
            for table in ("contacts", "conversations", "inbox", "outbox", "deliveries"):
                await session.execute(sa.text(f"SELECT setval('{table}_id_seq', {conversations})"))
    async with store.write() as session:
        await session.execute(sa.text("ANALYZE"))
    ticket, incident = _ticket(conversations - conversations % 3), f"kejadian-{conversations - conversations % 100}"
    return Filled(conversations, reports, queue, incidents, opened, waiting, ticket, incident)


def _messages(n: int, at: datetime, draw: random.Random) -> Iterator[dict[str, Any]]:
    category, sure = _CATEGORIES[n % 5], round(0.3 + 0.7 * draw.random(), 3)
    danger = "live" if n % 100 == 0 else None
    seen = {"intent": "lapor", "confidence": sure, "category": {"code": category, "confidence": sure}}
    for step, (direction, words) in enumerate(
        (
            ("in", f"lampu jalan mati di gang {n}"),
            ("out", "Ada fotonya?"),
            ("in", "tidak ada"),
            ("out", "Terima kasih."),
        )
    ):
        first = step == 0
        yield {
            "conversation_id": n, "inbox_id": None, "outbox_id": None, "direction": direction, "kind": "text",
            "text": words, "data": {}, "understanding": seen if first else None, "intent": "lapor" if first else None,
            "category": category if first else None, "confidence": sure if first else None,
            "danger": danger if first else None, "forgotten": False, "at": at + timedelta(seconds=step),
        }  # fmt: skip


def _heard_and_said(n: int, channel: str, at: datetime, sealed: bytes) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    """The first message as it came in, the answer as it went out, and the attempt that delivered it."""
    later = at + timedelta(milliseconds=300 + n % 900)
    yield Inbox, {
        "id": n, "source": channel, "message_id": f"m{n}", "conversation_id": n, "payload_enc": sealed, "token": "t",
        "album": None, "received_at": at, "ready_at": at, "processed_at": at, "attempts": 1, "error": None,
    }  # fmt: skip
    yield Outbox, {
        "id": n, "lane": 2, "kind": "say", "key": f"{n}/0", "conversation_id": n, "payload_enc": sealed,
        "state": "parked" if n % 1_000 == 0 else "done", "attempts": 1, "due_at": at, "created_at": at,
        "reason": None, "by_template": False, "expires_at": None,
    }  # fmt: skip
    yield Delivery, {
        "id": n, "outbox_id": n, "attempt": 1, "started_at": at, "finished_at": later, "outcome": "done",
        "reference": None, "detail": None,
    }  # fmt: skip


def _ticket(n: int) -> str:
    return f"KS-{n:08d}"


def _report(n: int, channel: str, state: str, at: datetime, draw: random.Random, sealed: bytes) -> dict[str, Any]:
    filed = state not in ("queued", "failed")
    return {
        "ticket": _ticket(n), "conversation_id": n, "channel": channel, "state": state,
        "category": _CATEGORIES[n % 5], "classification": "pengaduan", "kecamatan": _KECAMATAN[n % 18], "desa": None,
        "place_detail": f"gang {n}", "place_uncertain": False, "lat": 0.4 + draw.random(), "lon": 117 + draw.random(),
        "description": f"Lampu jalan di gang {n} mati.", "incident_date": at.date().isoformat(), "anonymity": "none",
        "reporter_enc": sealed, "phone_enc": sealed, "agency": f"Dinas {n % 7}", "complaint_id": None,
        "tracking_id": f"LP-{n}" if filed else None, "note": None, "created_at": at, "changed_at": at, "supporters": 0,
    }  # fmt: skip


def _incident(n: int, channel: str, at: datetime, fresh: bool, sealed: bytes) -> dict[str, Any]:
    return {
        "id": f"kejadian-{n}", "conversation_id": n, "channel": channel, "version": 1, "type": "kebakaran",
        "level": "live", "state": "acknowledged" if fresh else "resolved", "words": "ada kebakaran",
        "kecamatan": _KECAMATAN[n % 18], "desa": None, "place_detail": None, "lat": None, "lon": None,
        "outside": False, "victims": None, "phone_enc": sealed, "photos": [], "duplicate_of": None, "over": None,
        "rounds": 0, "acknowledged_by": "Admin", "created_at": at, "acknowledged_at": at, "changed_at": at,
    }  # fmt: skip


def addresses(filled: Filled, now: datetime) -> list[str]:
    """Every list with its filters, and one page of each kind."""
    week = (now - timedelta(days=7)).date().isoformat()
    talks = ["", "kanal=telegram", "maksud=lapor", "maksud=salam", "kategori=jalan", "darurat=1", "darurat=live",
             f"dari={week}", "yakin=40", "menunggu=1", "dipegang=1", "gagal=1", "kata=gang+77",
             "kanal=whatsapp&kategori=sampah&yakin=50"]  # fmt: skip
    reports = ["", "status=semua", "status=terbuka", "status=submitted", "status=semua&kategori=jalan",
               "status=semua&instansi=Dinas+3", "status=semua&kecamatan=64.08.04", f"status=semua&dari={week}",
               "status=semua&umur=30", "status=semua&lampu=merah", "status=semua&lengkap=tidak",
               "status=semua&urut=baru", "status=semua&kata=gang+77"]  # fmt: skip
    lists = [f"/admin/percakapan?{query}" for query in talks] + [f"/admin/laporan?{query}" for query in reports]
    return [
        "/admin", *lists, "/admin/112", "/admin/112/semua", "/admin/112/semua?keadaan=open",
        "/admin/112/semua?jenis=medis", f"/admin/112/{filled.incident}", f"/admin/percakapan/{filled.conversations}",
        f"/admin/laporan/{filled.ticket}", "/admin/tinjauan", "/admin/tinjauan?cara=darurat",
        "/admin/tinjauan?cara=acak", "/admin/tinjauan/hasil", "/admin/tinjauan/ketepatan", "/admin/dasbor?hari=7",
        "/admin/dasbor?hari=30", "/admin/dasbor?hari=90", "/admin/dasbor/jawaban", "/admin/tenggat", "/admin/audit",
        "/admin/kiriman", "/admin/pengguna",
    ]  # fmt: skip


async def signed_in(app: FastAPI) -> httpx.AsyncClient:
    """A browser of the admin, in this process."""
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://siaga.test")
    found = re.search(r'name="csrf" value="([^"]+)"', (await browser.get("/admin/masuk")).text)
    if found is None:
        raise SystemExit("the sign-in shows no form")
    given = {"csrf": found[1], "username": "admin", "password": PASSWORD}
    answer = await browser.post("/admin/masuk", data=given)
    if answer.status_code != 303:
        raise SystemExit(f"the sign-in answers {answer.status_code}")
    return browser


def application(database: str, folder: Path) -> FastAPI:
    """The whole service on this database, with nothing running in the background."""
    return create_app(
        load(
            _env_file=None,
            database_url=database,
            media_dir=folder,
            secret_key=SECRET,
            public_url="http://siaga.test",
            second_factor="optional",
        )
    )


async def measure(database: str, conversations: int, folder: Path) -> str:
    """Fill, walk, and give the table."""
    now = datetime.now(UTC)
    store = Store(load(database_url=database, secret_key=SECRET, _env_file=None).database_url, Sealer(SECRET))
    await schema.upgrade(store)
    began = time.monotonic()
    filled = await seed(store, conversations, now)
    seeding = time.monotonic() - began
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    await store.close()
    app = application(database, folder)
    browser = await signed_in(app)
    rows, every = [], list[float]()
    for address in addresses(filled, now):
        took = [await _seconds(browser, address) for _ in range(TIMES)]
        every += took
        rows.append((percentile(took, 0.95) or 0, percentile(took, 0.5) or 0, address))
    await browser.aclose()
    await app.state.house.store.close()
    slow = 1000 * (percentile(every, 0.95) or 0)
    head = (
        f"{kind}, {conversations:,} conversations (filled in {seeding:.0f} s), {TIMES} visits of each of {len(rows)} "
        f"addresses, {platform.machine()}, {now:%Y-%m-%d}: p95 of all visits {slow:.0f} "
        "ms. Slowest first:\n\n| address | p50, ms | p95, ms |\n|---|---|---|\n"
    )
    ranked = sorted(rows, reverse=True)
    return head + "".join(f"| `{a}` | {1000 * half:.0f} | {1000 * late:.0f} |\n" for late, half, a in ranked)


async def _seconds(browser: httpx.AsyncClient, address: str) -> float:
    began = time.perf_counter()
    answer = await browser.get(address)
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise SystemExit(f"{address} answers {answer.status_code}")
    return took


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--database", help="an empty database; without it, a SQLite file that is thrown away")
    parser.add_argument("--write", action="store_true", help="put the table into docs/pages.md")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        database = asked.database or f"sqlite:///{folder}/siaga.db"
        table = asyncio.run(measure(database, asked.conversations, Path(folder)))
    sys.stdout.write(table)
    if asked.write:
        before, mark, rest = DOCUMENT.read_text("utf-8").partition("<!-- begin speed -->\n")
        _, end, after = rest.partition("<!-- end speed -->")
        DOCUMENT.write_text(f"{before}{mark}{table}{end}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
