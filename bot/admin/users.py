"""Keeping the sign-ins: adding people, changing roles, one-time passwords, and the roles to read."""

from __future__ import annotations

from starlette.responses import Response

from bot.admin.pages import Pages, Refusal, Visit, back
from bot.failures import Rejected
from bot.store.accounts import Accounts, hashed
from bot.store.audit import Audits
from bot.store.second_factor import SecondFactors
from bot.store.users import Users, UserView, one_time_password

_MOST_NAME = 80


def add(pages: Pages) -> None:
    """The pages under /admin/pengguna, and /admin/peran."""

    async def listing(visit: Visit, status: int = 200, error: str | None = None) -> Response:
        async with pages.store.read() as session:
            users = Users(session)
            rows, roles = await users.listing(pages.now()), await users.roles()
        typed = {name: visit.form.get(name, "") for name in ("username", "nama", "peran")}
        return pages.show("users.html", visit, status, rows=rows, roles=list(roles), error=error, typed=typed)

    @pages.page("GET", "/admin/pengguna", "users.manage")
    async def everybody(visit: Visit) -> Response:
        return await listing(visit)

    @pages.page("POST", "/admin/pengguna", "users.manage")
    async def create(visit: Visit) -> Response:
        username, shown = visit.form.get("username", "").strip(), visit.form.get("nama", "").strip()
        if len(username) > _MOST_NAME or len(shown) > _MOST_NAME or not username.isascii() or " " in username:
            return await listing(visit, 422, f"Nama pengguna tanpa spasi, paling banyak {_MOST_NAME} huruf.")
        password = one_time_password()
        password_hash = await hashed(password)
        try:
            async with pages.store.write() as session:
                role = visit.form.get("peran", "")
                user_id = await Accounts(session).add_user(
                    username, shown, password_hash, role, pages.now(), must_change=True
                )
                Audits(session).write(visit.officer.id, "user_added", f"user:{user_id}", pages.now(), role)
        except Rejected as error:
            return await listing(visit, 422, str(error))
        return pages.show("one_time_password.html", visit, user=await _user(pages, user_id), password=password)

    async def show(visit: Visit, status: int = 200, error: str | None = None) -> Response:
        async with pages.store.read() as session:
            roles = await Users(session).roles()
        user = await _user(pages, visit.number("id"))
        return pages.show("user.html", visit, status, user=user, roles=list(roles), error=error)

    @pages.page("GET", "/admin/pengguna/{id}", "users.manage")
    async def one(visit: Visit) -> Response:
        return await show(visit)

    @pages.page("POST", "/admin/pengguna/{id}/peran", "users.manage")
    async def change_role(visit: Visit) -> Response:
        role = visit.form.get("peran", "")
        user = await _other(pages, visit)
        try:
            async with pages.store.write() as session:
                await Users(session).set_role(user.id, role)
                Audits(session).write(visit.officer.id, "role_changed", f"user:{user.id}", pages.now(), role)
        except Rejected as error:
            return await show(visit, 422, str(error))
        return back(f"/admin/pengguna/{user.id}", "pengguna")

    @pages.page("POST", "/admin/pengguna/{id}/aktif", "users.manage")
    async def change_active(visit: Visit) -> Response:
        active = visit.form.get("aktif") == "1"
        user = await _other(pages, visit)
        action = "user_enabled" if active else "user_disabled"
        try:
            async with pages.store.write() as session:
                await Users(session).set_active(user.id, active=active)
                Audits(session).write(visit.officer.id, action, f"user:{user.id}", pages.now())
        except Rejected as error:
            return await show(visit, 422, str(error))
        return back(f"/admin/pengguna/{user.id}", "pengguna")

    @pages.page("POST", "/admin/pengguna/{id}/sandi", "users.manage")
    async def reset_password(visit: Visit) -> Response:
        user, password = await _other(pages, visit), one_time_password()
        password_hash = await hashed(password)
        async with pages.store.write() as session:
            await Accounts(session).set_password(user.id, password_hash, must_change=True)
            Audits(session).write(visit.officer.id, "password_reset", f"user:{user.id}", pages.now())
        return pages.show("one_time_password.html", visit, user=user, password=password)

    @pages.page("POST", "/admin/pengguna/{id}/sesi", "users.manage")
    async def end_sessions(visit: Visit) -> Response:
        user = await _other(pages, visit)
        async with pages.store.write() as session:
            await Accounts(session).end_sessions(user.id)
            Audits(session).write(visit.officer.id, "sessions_ended", f"user:{user.id}", pages.now())
        return back(f"/admin/pengguna/{user.id}", "sesi")

    @pages.page("POST", "/admin/pengguna/{id}/pengaman", "users.manage")
    async def reset_factor(visit: Visit) -> Response:
        user = await _other(pages, visit)
        async with pages.store.write() as session:
            await SecondFactors(session, pages.store.sealer).remove(user.id)
            await Accounts(session).end_sessions(user.id)
            Audits(session).write(visit.officer.id, "factor_reset", f"user:{user.id}", pages.now())
        return back(f"/admin/pengguna/{user.id}", "pengaman-dihapus")

    @pages.page("GET", "/admin/peran", "users.manage")
    async def roles(visit: Visit) -> Response:
        async with pages.store.read() as session:
            known = await Users(session).roles()
        permissions = list(dict.fromkeys(p for role in known.values() for p in role))
        return pages.show("roles.html", visit, roles=known, permissions=permissions)


async def _user(pages: Pages, user_id: int) -> UserView:
    async with pages.store.read() as session:
        found = await Users(session).view(user_id, pages.now())
    if found is None:
        raise Refusal(404, "Pengguna ini tidak ada.")
    return found


async def _other(pages: Pages, visit: Visit) -> UserView:
    """Whom the change is about. Raises Refusal for oneself: a second person looks at every such change."""
    user = await _user(pages, visit.number("id"))
    if user.id == visit.officer.id:
        raise Refusal(422, "Untuk akun sendiri, minta admin lain melakukannya.")
    return user
