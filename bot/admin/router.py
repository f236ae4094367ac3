"""The admin web: sign-in, the start page, and everything behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from bot.admin import (
    audit,
    canned,
    conversations,
    dashboard,
    erasure,
    exports,
    filing,
    incidents,
    outbox,
    reports,
    review,
    second_factor,
    shifts,
    sign_in,
    users,
)  # fmt: skip
from bot.admin.actions import Actions, AssistedForm, Name, ReadPhoto
from bot.admin.live import Live
from bot.admin.pages import Pages, Policy, Refusal, Visit, static
from bot.catalogue import Catalogue
from bot.store.desk import Desk
from bot.store.notices import Notices
from bot.store.unit_of_work import Store
from bot.summary import Watch

_PICTURES: Final = ("image/jpeg", "image/png", "image/webp")
_FILES: Final = {"application/pdf": "pdf", "video/mp4": "mp4", "video/3gpp": "3gp"}
"""What is never shown, only downloaded, by the ending of its name."""


def admin_router(
    store: Store, actions: Actions, form: AssistedForm, read_photo: ReadPhoto, name: Name, public_url: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC), policy: Policy = Policy(),
    catalogue: Catalogue | None = None, watch: Watch = Watch(),
) -> APIRouter:  # fmt: skip
    """Everything under /admin. The roles must be in the database (`Accounts.seed_roles`)."""
    return admin_pages(store, actions, form, read_photo, name, public_url, clock, policy, catalogue, watch).router


def admin_pages(
    store: Store, actions: Actions, form: AssistedForm, read_photo: ReadPhoto, name: Name, public_url: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC), policy: Policy = Policy(),
    catalogue: Catalogue | None = None, watch: Watch = Watch(),
) -> Pages:  # fmt: skip
    """The same with what each page needs, for tests and for whoever lists them."""
    pages = Pages(store, public_url, name, clock, catalogue)
    pages.policy = policy
    pages.open_page("GET", "/admin/static/{name}")(static)
    sign_in.add(pages)
    second_factor.add(pages)
    _add_start(pages)
    live = Live(pages)
    pages.endings.append(live.close)
    conversations.add(pages, actions, live)
    reports.add(pages, actions, form, watch)
    filing.add(pages, actions, watch)
    shifts.add(pages)
    incidents.add(pages, actions, live)
    # Before the review, whose pages take any word in the place of theirs.
    exports.add(pages, watch)
    review.add(pages)
    dashboard.add(pages, watch)
    canned.add(pages)
    users.add(pages)
    audit.add(pages)
    outbox.add(pages, public_url)
    erasure.add(pages, actions)
    _add_photos(pages, read_photo)
    return pages


def _add_start(pages: Pages) -> None:
    @pages.page("GET", "/admin", "home")
    async def start(visit: Visit) -> Response:
        async with pages.store.read() as session:
            counts = await Desk(session, pages.store.sealer).counts()
            notices = await Notices(session).latest(pages.now())
        return pages.show("start.html", visit, counts=counts, notices=notices)


def _add_photos(pages: Pages, read_photo: ReadPhoto) -> None:
    @pages.page("GET", "/admin/foto/{hash}", "conversations.read")
    async def photo(visit: Visit) -> Response:
        digest = visit.param("hash")
        async with pages.store.read() as session:
            content_type = await Desk(session, pages.store.sealer).photo_type(digest)
        if content_type is None:
            raise Refusal(404, "Foto ini tidak ada.")
        try:
            content = await read_photo(digest)
        except (FileNotFoundError, ValueError):
            raise Refusal(404, "Berkas foto ini tidak ada lagi.") from None
        shown = content_type if content_type in _PICTURES else "application/octet-stream"
        kind = "attachment" if "unduh" in visit.request.query_params or shown != content_type else "inline"
        ending = _FILES.get(content_type) or shown.rpartition("/")[2]
        ending = ending.replace("jpeg", "jpg").replace("octet-stream", "bin")
        headers = {
            "Content-Disposition": f'{kind}; filename="{digest[:16]}.{ending}"',
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "Cache-Control": "private, max-age=3600",
        }
        return Response(content, media_type=shown, headers=headers)
