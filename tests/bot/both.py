"""The house and LAPOR! (the simulator, over HTTP) with the polling between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.gateways.lapor import LaporApi
from bot.gateways.lapor_terms import SIMULATOR_IDS, load_ids
from bot.polling import StatusPolling
from bot.simulators.lapor import create_app
from bot.store.tables import Report, ReportStep
from bot.store.tables_lapor import ReportAtLapor
from bot.store.transaction import reading
from bot.store.unit_of_work import Store
from tests.bot.house import TestHouse, build
from tests.doubles import button, photo, text
from tests.gateways.running import serving

HOURS_3 = timedelta(hours=3)
LARGEST = 20_000
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is not about the database: its kind would change nothing."""


@pytest.fixture(scope="module")
def lapor_address() -> Iterator[str]:
    """One simulator for all tests: complaints are told apart by their ids."""
    with serving(create_app(largest=LARGEST)) as address:
        yield address


@dataclass
class Both:
    """The house, LAPOR!, and the polling between them."""

    house: TestHouse
    lapor: LaporApi
    control: httpx.AsyncClient
    polling: StatusPolling

    async def filed(self, who: str = "c1", files: tuple[str, ...] = ()) -> str:
        """A report of this citizen at LAPOR!; its ticket."""
        await self.house.hears(text("lampu jalan mati depan masjid", f"{who}-1", who))
        for name in files:
            await self.house.hears(photo(name, f"{who}-{name}", who))
        await self.house.hears(text("lewati", f"{who}-2", who))
        # Another citizen's report of the same place is offered for support first.
        await self.house.hears(button("similar:new", f"{who}-3", who))
        await self.house.hears(text("kirim", f"{who}-4", who))
        async with reading(self.house.store) as tx:
            found = [r for r in await tx.reports.listing() if r.channel == "webchat"]
        return found[0].ticket

    async def complaint(self, ticket: str) -> str:
        async with reading(self.house.store) as tx:
            report = await tx.reports.get(ticket)
        assert report
        assert report.complaint_id
        return report.complaint_id

    async def script(self, *rows: dict[str, Any]) -> None:
        (await self.control.post("/_next", json=list(rows))).raise_for_status()

    async def says(self, ticket: str, **how: Any) -> None:
        await self.script({"complaint": await self.complaint(ticket), **how})

    async def polled(self) -> list[str]:
        """Three hours pass, everything due is read; what citizens heard."""
        before = len(self.house.channel.sent)
        # New reports get their moment first.
        await self.polling.work(self.house.clock())
        self.house.clock.ahead += HOURS_3 * 1.2
        await self.polling.work(self.house.clock())
        await self.house.settle()
        return [message.text for _, message in self.house.channel.sent[before:]]

    async def row(self, ticket: str) -> ReportAtLapor:
        async with self.house.store.read() as session:
            return await session.get_one(ReportAtLapor, ticket)

    async def state(self, ticket: str) -> str:
        async with self.house.store.read() as session:
            return (await session.get_one(Report, ticket)).state

    async def notes(self, ticket: str) -> list[str]:
        async with self.house.store.read() as session:
            steps = await session.scalars(sa.select(ReportStep).where(ReportStep.ticket == ticket))
            return [step.note or "" for step in steps]

    async def at_lapor(self, ticket: str) -> list[str]:
        """What the citizen's side added there."""
        complaint = await self.complaint(ticket)
        received = (await self.control.get("/_received")).json()["followups"]
        return [f["content"] for f in received if f["complaint_id"] == complaint and f["sender"] == "Pelapor"]


@pytest_asyncio.fixture
async def both(store: Store, tmp_path: Path, lapor_address: str) -> AsyncIterator[Both]:
    lapor = LaporApi(lapor_address, "auth", "Bearer uji", "uji", load_ids(SIMULATOR_IDS), "900", "regency", timeout=5)
    house = build(store, tmp_path, lapor=lapor)
    async with httpx.AsyncClient(base_url=lapor_address) as control:
        await control.delete("/_next")
        polling = StatusPolling(store, lapor, HOURS_3, lambda: None, house.clock)
        yield Both(house, lapor, control, polling)
    await lapor.close()


async def many(store: Store, house: TestHouse, count: int) -> None:
    """As many reports at LAPOR!."""
    await house.hears(text("lampu jalan mati depan masjid", "m1"))
    await house.hears(text("lewati", "m2"))
    await house.hears(text("kirim", "m3"))
    async with store.write() as session:
        report = (await session.scalars(sa.select(Report))).one()
        values = {c.key: getattr(report, c.key) for c in sa.inspect(Report).columns}
        rows = [{**values, "ticket": f"KS-261124-{n:04d}", "complaint_id": f"n{n}"} for n in range(1, count)]
        session.add_all([Report(**row) for row in rows])
