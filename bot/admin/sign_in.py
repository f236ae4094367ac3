"""In and out: the sign-in page, signing out, and changing one's own password."""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.admin.pages import COOKIE, Pages, Visit, back, inside, read_form
from bot.admin.words import DONE
from bot.failures import Rejected
from bot.store.accounts import DEMO_PASSWORD, Accounts, hashed, password_fits

_DOOR: Final = "siaga_masuk"
_WRONG: Final = (
    "Nama pengguna atau kata sandi tidak cocok. Setelah 5 kali gagal, nama pengguna itu dikunci selama 15 menit."
)


def add(pages: Pages) -> None:
    """The pages /admin/masuk, /admin/keluar and /admin/sandi."""

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
        username, password = given.get("username", "")[:100], given.get("password", "")[:1000]
        async with pages.store.write() as session:
            attempt = await Accounts(session).begin_attempt(username, pages.now())
        fits = attempt is not None and await password_fits(attempt.password_hash, password)
        if attempt is None or attempt.user_id is None or not fits:
            async with pages.store.write() as session:
                user_id, reason = (attempt.user_id, None) if attempt else (None, "locked")
                Accounts(session).audit(user_id, "sign_in_refused", "session", pages.now(), reason)
            return door(request, 401, _WRONG, username)
        async with pages.store.write() as session:
            accounts = Accounts(session)
            cookie = await accounts.open_session(attempt.user_id, pages.now())
            if password == DEMO_PASSWORD and not pages.policy.demo:
                await accounts.demand_change(attempt.user_id)
            accounts.audit(attempt.user_id, "sign_in", "session", pages.now())
        return pages.signed_in(RedirectResponse(inside(given.get("ke", "")), 303), cookie)

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
        old, new = visit.form.get("lama", "")[:1000], visit.form.get("baru", "")[:1000]
        async with pages.store.read() as session:
            present = await Accounts(session).password_hash_of(visit.officer.id)
        if not await password_fits(present, old):
            return pages.show("password.html", visit, 422, error="Kata sandi lama tidak cocok.")
        if new != visit.form.get("ulang", "")[:1000]:
            return pages.show("password.html", visit, 422, error="Kedua isian kata sandi baru tidak sama.")
        if new == old or (new == DEMO_PASSWORD and not pages.policy.demo):
            return pages.show("password.html", visit, 422, error="Kata sandi baru harus lain daripada yang lama.")
        try:
            password_hash = await hashed(new)
        except Rejected as error:
            return pages.show("password.html", visit, 422, error=str(error))
        async with pages.store.write() as session:
            accounts = Accounts(session)
            await accounts.set_password(visit.officer.id, password_hash)
            accounts.audit(visit.officer.id, "password_changed", f"user:{visit.officer.id}", pages.now())
        return back("/admin/masuk", "sandi")
