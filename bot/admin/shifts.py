"""*Mulai jaga* and *Selesai jaga*: who sits at the 112 desk, which is who the ladder waits for."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.pages import Pages, Visit, back
from bot.store.shifts import Shifts, at_the_desk


def add(pages: Pages) -> None:
    """The two buttons of the desk."""

    @pages.page("POST", "/admin/112/jaga", "incidents.move")
    async def begin(visit: Visit) -> Response:
        await pages.write_down(visit, "shift_begun", f"user:{visit.officer.id}")
        async with pages.store.write() as session:
            await Shifts(session).start(visit.officer.id, pages.now())
        return Response(status_code=204) if visit.wants_part else back("/admin/112", "jaga")

    @pages.page("POST", "/admin/112/selesai-jaga", "incidents.move")
    async def end(visit: Visit) -> Response:
        await pages.write_down(visit, "shift_ended", f"user:{visit.officer.id}")
        async with pages.store.write() as session:
            await Shifts(session).end(visit.officer.id, pages.now())
        return back("/admin/112", "selesai-jaga")


async def present(pages: Pages, visit: Visit) -> None:
    """The desk's page is open before this officer: their shift, if one is on, goes on."""
    if visit.officer.may("incidents.move"):
        await at_the_desk(pages.store, visit.officer.id, pages.now())
