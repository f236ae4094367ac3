"""The list of sentences at hand: petugas insert them, an admin keeps them."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.pages import Pages, Visit, back
from bot.failures import Rejected
from bot.store.canned import MOST_WORDS, CannedReplies


def add(pages: Pages) -> None:
    """The pages under /admin/balasan."""

    async def show(visit: Visit, status: int = 200, error: str | None = None) -> Response:
        async with pages.store.read() as session:
            rows = await CannedReplies(session).all()
        return pages.show("canned.html", visit, status, rows=rows, error=error, most=MOST_WORDS, typed=dict(visit.form))

    @pages.page("GET", "/admin/balasan", "conversations.hold")
    async def listing(visit: Visit) -> Response:
        return await show(visit)

    @pages.page("POST", "/admin/balasan", "canned.edit")
    async def put(visit: Visit) -> Response:
        given = visit.form.get("id", "")
        present = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None
        await pages.write_down(visit, "canned_saved", f"canned:{present or 'new'}")
        try:
            async with pages.store.write() as session:
                replies = CannedReplies(session)
                await replies.put(present, visit.form.get("singkatan", ""), visit.form.get("isi", ""), pages.now())
        except Rejected as error:
            return await show(visit, 422, str(error))
        return back("/admin/balasan", "balasan-disimpan")

    @pages.page("POST", "/admin/balasan/{reply}/hapus", "canned.edit")
    async def remove(visit: Visit) -> Response:
        number = visit.number("reply")
        await pages.write_down(visit, "canned_removed", f"canned:{number}")
        async with pages.store.write() as session:
            await CannedReplies(session).remove(number)
        return back("/admin/balasan", "balasan-dihapus")
