"""The second factor in the browser: giving a code after the password, and enrolling an authenticator app."""

from __future__ import annotations

from typing import Final

import pyotp
import segno
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from bot.admin.pages import COOKIE, FACTOR_STEP, Pages, Visit, inside
from bot.store.accounts import Accounts
from bot.store.audit import Audits
from bot.store.second_factor import Outcome, SecondFactors

_ISSUER: Final = "Kutim Siaga"
_WRONG: Final[dict[Outcome, str]] = {
    "wrong": "Kode tidak cocok. Tunggu kode berikutnya di aplikasi, lalu coba lagi.",
    "locked": "Terlalu banyak kode yang salah. Coba lagi 15 menit lagi.",
}
_USED: Final[dict[Outcome, str]] = {"app": "factor_used", "recovery": "recovery_code_used"}


def add(pages: Pages) -> None:
    """The pages /admin/kode and /admin/pengaman."""

    @pages.page("GET", FACTOR_STEP, "self")
    async def ask(visit: Visit) -> Response:
        if visit.officer.verified or not visit.officer.factor:
            return RedirectResponse("/admin", 303)
        return pages.show("code.html", visit, error=None, to=visit.request.query_params.get("ke", ""))

    @pages.page("POST", FACTOR_STEP, "self")
    async def give(visit: Visit) -> Response:
        officer, to, cookie = visit.officer, visit.form.get("ke", ""), ""
        async with pages.store.write() as session:
            now = pages.now()
            outcome = await SecondFactors(session, pages.store.sealer).try_code(officer.id, _code(visit), now)
            if outcome in _USED:
                cookie = await Accounts(session).verify_session(visit.request.cookies.get(COOKIE, ""))
                Audits(session).write(officer.id, _USED[outcome], f"user:{officer.id}", now)
            else:
                Audits(session).write(officer.id, "factor_refused", f"user:{officer.id}", now, outcome)
        if outcome not in _USED:
            return pages.show("code.html", visit, 401, error=_WRONG[outcome], to=to)
        if outcome == "recovery":
            return pages.signed_in(RedirectResponse("/admin/pengaman?ok=kode-cadangan", 303), cookie)
        return pages.signed_in(RedirectResponse(inside(to), 303), cookie)

    async def show(visit: Visit, status: int = 200, error: str | None = None) -> Response:
        """Where the own factor stands; a secret being enrolled is shown until it is confirmed."""
        async with pages.store.read() as session:
            factors = SecondFactors(session, pages.store.sealer)
            view, secret = await factors.view(visit.officer.id), await factors.pending(visit.officer.id)
        return pages.show(
            "factor.html", visit, status, view=view, secret=_grouped(secret) if secret else None,
            code=_picture(secret, visit.officer.username) if secret else None, error=error, recovery=(),
            required=visit.officer.role in pages.policy.factor_for,
        )  # fmt: skip

    async def show_codes(visit: Visit, codes: list[str]) -> Response:
        return pages.show("recovery_codes.html", visit, recovery=codes)

    @pages.page("GET", "/admin/pengaman", "self")
    async def own(visit: Visit) -> Response:
        return await show(visit)

    @pages.page("POST", "/admin/pengaman/mulai", "self")
    async def begin(visit: Visit) -> Response:
        async with pages.store.write() as session:
            await SecondFactors(session, pages.store.sealer).begin(visit.officer.id)
            Audits(session).write(visit.officer.id, "factor_begun", f"user:{visit.officer.id}", pages.now())
        return RedirectResponse("/admin/pengaman", 303)

    @pages.page("POST", "/admin/pengaman/pastikan", "self")
    async def confirm(visit: Visit) -> Response:
        officer = visit.officer
        codes: list[str] = []
        cookie = ""
        async with pages.store.write() as session:
            factors, now = SecondFactors(session, pages.store.sealer), pages.now()
            outcome = await factors.confirm(officer.id, _code(visit), now)
            if outcome == "app":
                codes = await factors.new_recovery_codes(officer.id)
                cookie = await Accounts(session).verify_session(visit.request.cookies.get(COOKIE, ""))
                Audits(session).write(officer.id, "factor_enrolled", f"user:{officer.id}", now)
            else:
                Audits(session).write(officer.id, "factor_refused", f"user:{officer.id}", now, outcome)
        if outcome != "app":
            return await show(visit, 422, _WRONG[outcome])
        return pages.signed_in(await show_codes(visit, codes), cookie)

    @pages.page("POST", "/admin/pengaman/cadangan", "self")
    async def renew(visit: Visit) -> Response:
        if not visit.officer.factor:
            return RedirectResponse("/admin/pengaman", 303)
        async with pages.store.write() as session:
            codes = await SecondFactors(session, pages.store.sealer).new_recovery_codes(visit.officer.id)
            Audits(session).write(visit.officer.id, "recovery_codes_made", f"user:{visit.officer.id}", pages.now())
        return await show_codes(visit, codes)


def _code(visit: Visit) -> str:
    return visit.form.get("kode", "").strip()[:40]


def _grouped(secret: str) -> str:
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


def _picture(secret: str, username: str) -> Markup:
    """The QR code that authenticator apps read, as SVG without any style or script."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER)
    # A secret of ours and a username, both escaped inside the address: nothing in it can break out of the drawing.
    return Markup(segno.make(uri, error="m").svg_inline(scale=5, border=4, light="#fff", lineclass=None, svgclass=None))  # noqa: S704
