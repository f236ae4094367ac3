"""The admin's lists with 20,000 conversations: the right answers, and no long table read from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from bot.store.sealing import Sealer
from bot.store.unit_of_work import Store
from scripts import bench_pages
from tests.conftest import SECRET

CONVERSATIONS: Final = 20_000
LONG: Final = (
    "contacts",
    "conversations",
    "messages",
    "inbox",
    "outbox",
    "deliveries",
    "incident_steps",
    "report_steps",
)
"""Tables that grow with every message: no page may read one of them from end to end, but for the addresses below.

Reports and incidents are a hundredth of the messages, and the dashboard counts them.
"""
WHOLE: Final = {
    "/admin/percakapan?kata=gang+77": {"messages"},
    "/admin/percakapan?kanal=telegram": {"conversations"},
    "/admin/percakapan?kanal=whatsapp&kategori=sampah&yakin=50": {"conversations"},
}
"""Words are looked for in the newest lines, which no index of words speeds up on both databases; every third
conversation is of the same channel, and counting them ends at ten thousand."""


@contextmanager
def asked(engine: sa.Engine) -> Iterator[list[tuple[str, Any]]]:
    """The questions that reach the database meanwhile."""
    heard: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and not many:
            heard.append((statement, given))

    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)


def read_whole(engine: sa.Engine, questions: list[tuple[str, Any]]) -> set[str]:
    """The long tables that these questions read from end to end, by SQLite's own plan."""
    found: set[str] = set()
    with engine.connect() as connection:
        for statement, given in questions:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
            for row in plan:
                scan = re.match(r"SCAN (\w+)$", str(row[3]))
                if scan and scan[1] in LONG:
                    found.add(scan[1])
    return found


async def test_lists_of_many_conversations_are_right_and_read_by_index(tmp_path: Path, migrated: Path) -> None:
    path = tmp_path / "siaga.db"
    path.write_bytes(migrated.read_bytes())
    store, now = Store(f"sqlite+aiosqlite:///{path}", Sealer(bench_pages.SECRET)), datetime.now(UTC)
    filled = await bench_pages.seed(store, CONVERSATIONS, now)
    await store.close()
    assert bench_pages.SECRET != SECRET
    app = bench_pages.application(f"sqlite:///{path}", tmp_path)
    house, plain = app.state.house, sa.create_engine(f"sqlite:///{path}")
    browser = await bench_pages.signed_in(app)
    counts, whole = {}, {}
    for address in bench_pages.addresses(filled, now):
        with asked(house.store.engine.sync_engine) as questions:
            answer = await browser.get(address)
        assert answer.status_code == 200, address
        assert questions, address
        if found := re.search(r'id="jumlah" data-count="(\d+)"', answer.text):
            counts[address] = int(found[1])
        if scanned := read_whole(plain, questions) - WHOLE.get(address, set()):
            whole[address] = scanned
    plain.dispose()
    await browser.aclose()
    await house.store.close()
    assert whole == {}
    assert counts["/admin/laporan?status=semua"] == filled.reports == CONVERSATIONS // 3
    assert counts["/admin/laporan?"] == filled.queue
    assert counts["/admin/112/semua"] == filled.incidents == CONVERSATIONS // 100
    assert counts["/admin/112/semua?keadaan=open"] == filled.open_incidents
    assert counts["/admin/percakapan?menunggu=1"] == filled.waiting
    assert counts["/admin/percakapan?kanal=telegram"] == sum(1 for n in range(1, CONVERSATIONS + 1) if n % 3 == 1)
    assert counts["/admin/percakapan?kategori=jalan"] == CONVERSATIONS // 5
    assert counts["/admin/percakapan?darurat=live"] == CONVERSATIONS // 100
    assert counts["/admin/percakapan?kata=gang+77"] == sum(str(n)[:2] == "77" for n in range(1, CONVERSATIONS + 1))
    assert counts["/admin/percakapan?"] == 10_001, "counted up to ten thousand, and one more says that there are more"
