"""The admin web: sign-in, the start page, and everything behind it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.admin import conversations, incidents, reports
from bot.admin.actions import Actions, AssistedForm, Name, ReadPhoto
from bot.admin.pages import COOKIE, Pages, Refusal, Visit, back, read_form, static
from bot.admin.words import DONE
from bot.failures import Rejected
from bot.store.accounts import SESSION_LASTS, Accounts, hashed, password_fits
from bot.store.desk import Desk
from bot.store.unit_of_work import Store

_DOOR: Final = "siaga_masuk"
_PICTURES: Final = ("image/jpeg", "image/png", "image/webp")
_FILES: Final = {"application/pdf": "pdf", "video/mp4": "mp4", "video/3gpp": "3gp"}
"""What is never shown, only downloaded, by the ending of its name."""
_WRONG: Final = (
    "Nama pengguna atau kata sandi tidak cocok. Setelah 5 kali gagal, nama pengguna itu dikunci selama 15 menit."
)


def admin_router(
    store: Store, actions: Actions, form: AssistedForm, read_photo: ReadPhoto, name: Name, public_url: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> APIRouter:  # fmt: skip
    """Everything under /admin. The roles must be in the database (`Accounts.seed_roles`)."""
    return admin_pages(store, actions, form, read_photo, name, public_url, clock).router


def admin_pages(
    store: Store, actions: Actions, form: AssistedForm, read_photo: ReadPhoto, name: Name, public_url: str,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Pages:  # fmt: skip
    """The same with what each page needs, for tests and for whoever lists them."""
    pages = Pages(store, public_url, name, clock)
    pages.open_page("GET", "/admin/static/{name}")(static)
    _add_sign_in(pages)
    _add_start(pages)
    conversations.add(pages, actions)
    reports.add(pages, actions, form)
    incidents.add(pages, actions)
    _add_photos(pages, read_photo)
    return pages


def _add_sign_in(pages: Pages) -> None:
    def door(request: Request, status: int = 200, error: str | None = None, username: str = "") -> Response:
        """The sign-in page; its token is in a cookie too, so no other site can sign anybody in."""
        token = request.cookies.get(_DOOR) or secrets.token_urlsafe(24)
        done = DONE.get(request.query_params.get("ok", ""))
        to = request.query_params.get("ke", "")
        answer = pages.render(
            "sign_in.html", None, status, token=token, error=error, done=done, to=to, username=username
        )
        answer.set_cookie(
            _DOOR, token, path="/admin/masuk", httponly=True, samesite="strict", secure=pages.secure, max_age=3600
        )
        return answer

    @pages.open_page("GET", "/admin/masuk")
    async def show_door(request: Request) -> Response:
        if await pages.officer(request):
            return RedirectResponse("/admin", 303)
        return door(request)

    @pages.open_page("POST", "/admin/masuk")
    async def sign_in(request: Request) -> Response:
        given = await read_form(request)
        token = request.cookies.get(_DOOR, "")
        if not token or not hmac.compare_digest(given.get("csrf", "").encode(), token.encode()):
            return door(request, 403, "Halaman masuk ini kedaluwarsa. Silakan coba sekali lagi.")
        username = given.get("username", "")[:100]
        async with pages.store.write() as session:
            attempt = await Accounts(session).begin_attempt(username, pages.now())
        fits = attempt is not None and await password_fits(attempt.password_hash, given.get("password", "")[:1000])
        if attempt is None or attempt.user_id is None or not fits:
            async with pages.store.write() as session:
                user_id, reason = (attempt.user_id, None) if attempt else (None, "locked")
                Accounts(session).audit(user_id, "sign_in_refused", "session", pages.now(), reason)
            return door(request, 401, _WRONG, username)
        async with pages.store.write() as session:
            accounts = Accounts(session)
            cookie = await accounts.open_session(attempt.user_id, pages.now())
            accounts.audit(attempt.user_id, "sign_in", "session", pages.now())
        answer = RedirectResponse(_inside(given.get("ke", "")), 303)
        answer.set_cookie(
            COOKIE, cookie, max_age=int(SESSION_LASTS.total_seconds()), path="/admin", httponly=True, samesite="lax",
            secure=pages.secure,
        )  # fmt: skip
        return answer

    @pages.page("POST", "/admin/keluar", "self")
    async def sign_out(visit: Visit) -> Response:
        async with pages.store.write() as session:
            accounts = Accounts(session)
            await accounts.close_session(visit.request.cookies.get(COOKIE, ""))
            accounts.audit(visit.officer.id, "sign_out", "session", pages.now())
        answer = back("/admin/masuk", "keluar")
        answer.delete_cookie(COOKIE, path="/admin")
        return answer

    @pages.page("GET", "/admin/sandi", "self")
    async def show_password(visit: Visit) -> Response:
        return pages.show("password.html", visit, error=None)

    @pages.page("POST", "/admin/sandi", "self")
    async def change_password(visit: Visit) -> Response:
        async with pages.store.read() as session:
            present = await Accounts(session).password_hash_of(visit.officer.id)
        if not await password_fits(present, visit.form.get("lama", "")[:1000]):
            return pages.show("password.html", visit, 422, error="Kata sandi lama tidak cocok.")
        new = visit.form.get("baru", "")[:1000]
        if new != visit.form.get("ulang", "")[:1000]:
            return pages.show("password.html", visit, 422, error="Kedua isian kata sandi baru tidak sama.")
        try:
            password_hash = await hashed(new)
        except Rejected as error:
            return pages.show("password.html", visit, 422, error=str(error))
        async with pages.store.write() as session:
            accounts = Accounts(session)
            await accounts.set_password(visit.officer.id, password_hash)
            accounts.audit(visit.officer.id, "password_changed", f"user:{visit.officer.id}", pages.now())
        return back("/admin/masuk", "sandi")


def _inside(to: str) -> str:
    """Where to go after signing in: only ever into these pages."""
    return to if to.startswith("/admin/") and "\\" not in to and "//" not in to and to.isprintable() else "/admin"


def _add_start(pages: Pages) -> None:
    @pages.page("GET", "/admin", "home")
    async def start(visit: Visit) -> Response:
        async with pages.store.read() as session:
            counts = await Desk(session, pages.store.sealer).counts()
        return pages.show("start.html", visit, counts=counts)


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
