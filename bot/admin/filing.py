"""What is due at LAPOR!, what a person was asked to look at, and filing without what LAPOR! does not take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.responses import Response

from bot.admin.actions import Actions
from bot.admin.pages import Pages, Refusal, Visit, back
from bot.deadlines import count_lights
from bot.store.desk import Desk
from bot.store.lapor import AtLapor
from bot.summary import Watch

SHOWN: Final = 200
"""Rows of the list of deadlines: the most pressing."""


@dataclass(frozen=True, slots=True)
class LaporSide:
    """What a report's page shows of LAPOR!; `refused` are attachments (counted from 1) with LAPOR!'s reason."""

    status: str | None
    addressee: str | None
    checked_at: datetime | None
    failures: int
    error: str | None
    attention: str | None
    refused: tuple[tuple[int, str], ...]
    left_out: int


def add(pages: Pages, actions: Actions, watch: Watch) -> None:
    """The page /admin/tenggat and two actions on a report."""

    @pages.page("GET", "/admin/tenggat", "reports.read")
    async def deadlines(visit: Visit) -> Response:
        async with pages.store.read() as session:
            found = await watch.overview(AtLapor(session), pages.now())
        return pages.show(
            "deadlines.html", visit, found=found, due=found.due[:SHOWN], lights=count_lights(found.due),
            limits=watch.deadlines.limits, hours=f"{watch.queued_for.total_seconds() / 3600:g}",
        )  # fmt: skip

    async def do(visit: Visit, action: str, done: str, change: Callable[[str, str], Awaitable[None]]) -> Response:
        ticket = visit.param("ticket")
        async with pages.store.read() as session:
            if await Desk(session, pages.store.sealer).report(ticket) is None:
                # The audit holds ids alone, never what somebody typed into the address.
                raise Refusal(404, "Laporan ini tidak ada.")
        await pages.write_down(visit, action, f"report:{ticket}")
        await change(ticket, visit.officer.shown_name)
        return back(f"/admin/laporan/{ticket}", done)

    @pages.page("POST", "/admin/laporan/{ticket}/tanpa-lampiran", "reports.file")
    async def file_without(visit: Visit) -> Response:
        return await do(visit, "file_without", "dikirim-lagi", actions.file_without)

    @pages.page("POST", "/admin/laporan/{ticket}/ditangani", "reports.file")
    async def seen_to(visit: Visit) -> Response:
        return await do(visit, "seen_to", "ditangani", actions.seen_to)


async def lapor_side(pages: Pages, ticket: str) -> LaporSide:
    """What is known of this report at LAPOR!."""
    async with pages.store.read() as session:
        at_lapor = AtLapor(session)
        row = await at_lapor.of(ticket)
        refused, left_out = await at_lapor.refused_photos(ticket)
    if row is None:
        return LaporSide(None, None, None, 0, None, None, refused, left_out)
    return LaporSide(
        row.status, row.addressee, row.checked_at, row.failures, row.error, row.attention, refused, left_out
    )
