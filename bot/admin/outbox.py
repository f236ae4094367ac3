"""What has not left the house, and a person's hand in it."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from bot.admin.mail_words import MAIL_STATES
from bot.admin.pages import Pages, Visit, back
from bot.mailroom import MOST_REASON, Mailroom
from bot.store.undelivered import Undelivered

PAGE: Final = 200


def add(pages: Pages, public_url: str) -> None:
    """The pages under /admin/kiriman."""
    mailroom = Mailroom(pages.store, public_url, clock=pages.now)

    @pages.page("GET", "/admin/kiriman", "outbox.manage")
    async def listing(visit: Visit) -> Response:
        asked = visit.request.query_params.get("keadaan", "")
        states = (asked,) if asked in MAIL_STATES else tuple(MAIL_STATES)
        async with pages.store.read() as session:
            undelivered = Undelivered(session)
            rows, counts = await undelivered.listing(states, PAGE), await undelivered.counts()
        return pages.show(
            "outbox.html", visit, rows=rows, counts=counts, asked=asked, most=PAGE, most_reason=MOST_REASON
        )

    @pages.page("POST", "/admin/kiriman/{id}/kirim", "outbox.manage")
    async def retry(visit: Visit) -> Response:
        await mailroom.retry(visit.number("id"), visit.officer.id)
        return back("/admin/kiriman", "kiriman-lagi")

    @pages.page("POST", "/admin/kiriman/{id}/tahan", "outbox.manage")
    async def park(visit: Visit) -> Response:
        await mailroom.park(visit.number("id"), visit.form.get("alasan", ""), visit.officer.id)
        return back("/admin/kiriman", "kiriman-ditahan")
