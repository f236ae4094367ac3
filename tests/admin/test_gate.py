"""Who gets in, who may see what, and which forms are believed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from starlette.routing import Route

from bot.store.accounts import LOCKED_FOR, MOST_FAILURES, ROLES, SESSION_LASTS, Accounts, hashed
from bot.store.unit_of_work import Store
from tests.admin.world import INCIDENT, NOW, PASSWORD, PHOTO, TICKETS, World, post, sign_in, token_of


def _filled(world: World, path: str) -> str:
    """A path with real ids in it."""
    ids = {
        "/admin/percakapan/{id}": f"/admin/percakapan/{world.conversation}",
        "/admin/112/{id}": f"/admin/112/{INCIDENT}",
        "/admin/pengguna/{id}": "/admin/pengguna/1",
        "{ticket}": TICKETS["queued"],
        "{hash}": PHOTO,
        "{message}": "1",
        "{id}": "1",
        "{reply}": "1",
        "{name}": "admin.css",
    }
    for part, value in ids.items():
        path = path.replace(part, value)
    assert "{" not in path
    return path


def test_every_route_says_what_it_needs(world: World) -> None:
    served = {
        (m, r.path)
        for r in world.app.routes
        if isinstance(r, Route) and r.path.startswith("/admin")
        for m in r.methods or ()
    }
    served |= {(m, r.path) for r in world.pages.router.routes if isinstance(r, Route) for m in r.methods or ()}
    assert {s for s in served if s[0] != "HEAD"} == set(world.pages.needs)
    assert len(world.pages.needs) > 20
    without_sign_in = {key for key, needs in world.pages.needs.items() if needs == "nobody"}
    assert without_sign_in == {("GET", "/admin/masuk"), ("POST", "/admin/masuk"), ("GET", "/admin/static/{name}")}
    known = {p for permissions in ROLES.values() for p in permissions} | {"self", "nobody"}
    assert set(world.pages.needs.values()) <= known


async def test_nobody_gets_anywhere(world: World) -> None:
    browser = world.browser()
    for (method, path), needs in world.pages.needs.items():
        if needs == "nobody":
            continue
        answer = await browser.request(method, _filled(world, path), data={"csrf": "x"} if method == "POST" else None)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/admin/masuk"), (method, path)
        assert not world.actions.calls


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_reaches_what_it_may_and_nothing_else(world: World, role: str) -> None:
    browser = await world.sign_in(role)
    token = token_of(await browser.get("/admin"))
    for (method, path), needs in world.pages.needs.items():
        if needs in ("nobody", "self"):
            continue
        form = {"csrf": token, "alasan": "periksa"} if method == "POST" else None
        answer = await browser.request(method, _filled(world, path), data=form)
        if needs in ROLES[role]:
            assert answer.status_code in (200, 303, 409, 422), (method, path, answer.text)
        else:
            assert answer.status_code == 403, (method, path)


async def test_a_peninjau_changes_and_opens_nothing(world: World) -> None:
    browser = await world.sign_in("peninjau")
    reads = ("self", "nobody", "conversations.read")
    changes = [key for key, needs in world.pages.needs.items() if key[0] == "POST" and needs not in reads]
    assert len(changes) >= 10
    for _, path in changes:
        assert (await post(browser, _filled(world, path), alasan="periksa")).status_code == 403
    assert world.actions.calls == []
    assert [row[0] for row in await world.audit()] == ["sign_in"]


async def test_a_form_without_the_sessions_token_does_nothing(world: World) -> None:
    browser = await world.sign_in("admin")
    other = await world.sign_in("operator")
    for token in ("", "x", token_of(await other.get("/admin"))):
        answer = await browser.post(f"/admin/percakapan/{world.conversation}/ambil", data={"csrf": token})
        assert answer.status_code == 403
        assert "kedaluwarsa" in answer.text
    assert world.actions.calls == []


async def test_signing_in_needs_the_pages_own_token(world: World) -> None:
    browser = world.browser()
    given = {"csrf": "made-up", "username": "admin", "password": PASSWORD}
    assert (await browser.post("/admin/masuk", data=given)).status_code == 403
    assert "siaga_admin" not in browser.cookies


async def test_the_cookie_is_kept_from_scripts_and_stored_as_a_hash(world: World, store: Store) -> None:
    browser = world.browser()
    answer = await sign_in(browser, "admin")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("siaga_admin="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    async with store.read() as session:
        stored = await session.scalar(sa.text("SELECT id_hash FROM sessions"))
    assert browser.cookies["siaga_admin"] not in str(stored)


async def test_https_makes_the_cookies_secure(world: World) -> None:
    world.pages.secure = True
    browser = world.browser()
    answer = await browser.get("/admin/masuk")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


async def test_a_wrong_password_and_an_unknown_name_read_the_same(world: World) -> None:
    wrong = await sign_in(world.browser(), "admin", "salah-salah-salah")
    unknown = await sign_in(world.browser(), "siapa", "salah-salah-salah")
    assert wrong.status_code == unknown.status_code == 401
    assert "tidak cocok" in wrong.text
    assert wrong.text.replace("admin", "").count("alert") == unknown.text.count("alert")


async def test_five_failures_lock_for_fifteen_minutes(world: World) -> None:
    for _ in range(MOST_FAILURES):
        assert (await sign_in(world.browser(), "admin", "salah-salah-salah")).status_code == 401
    assert (await sign_in(world.browser(), "admin")).status_code == 401, "locked: the right password is not enough"
    assert (await sign_in(world.browser(), "operator")).status_code == 303, "others are not locked"
    world.clock.now += LOCKED_FOR - timedelta(seconds=1)
    assert (await sign_in(world.browser(), "admin")).status_code == 401
    world.clock.now += timedelta(seconds=2)
    assert (await sign_in(world.browser(), "admin")).status_code == 303
    assert ("sign_in_refused", "session", "locked") in await world.audit()


async def test_four_failures_are_forgotten_by_a_success(world: World) -> None:
    for _ in range(2):
        for _ in range(MOST_FAILURES - 1):
            await sign_in(world.browser(), "admin", "salah-salah-salah")
        assert (await sign_in(world.browser(), "admin")).status_code == 303


async def test_a_session_ends_after_twelve_hours_and_by_signing_out(world: World) -> None:
    browser = await world.sign_in("admin")
    world.clock.now = NOW + SESSION_LASTS - timedelta(seconds=1)
    assert (await browser.get("/admin")).status_code == 200
    world.clock.now = NOW + SESSION_LASTS
    assert (await browser.get("/admin")).status_code == 303
    world.clock.now = NOW
    cookie = browser.cookies["siaga_admin"]
    await post(browser, "/admin/keluar")
    again = world.browser()
    again.cookies.set("siaga_admin", cookie, path="/admin", domain="siaga.test")
    assert (await again.get("/admin")).status_code == 303


async def test_an_officer_who_left_is_out_at_once(world: World, store: Store) -> None:
    browser = await world.sign_in("operator")
    async with store.write() as session:
        await session.execute(sa.text("UPDATE users SET active = FALSE WHERE username = 'operator'"))
    assert (await browser.get("/admin")).status_code == 303
    assert (await sign_in(world.browser(), "operator")).status_code == 401


async def test_roles_are_data(world: World, store: Store) -> None:
    browser = await world.sign_in("operator")
    assert (await browser.get("/admin/112")).status_code == 200
    async with store.write() as session:
        await session.execute(sa.text("UPDATE roles SET permissions = '[\"home\"]' WHERE name = 'operator'"))
    assert (await browser.get("/admin/112")).status_code == 403


async def test_signing_in_leads_only_into_these_pages(world: World) -> None:
    for to, expected in {"/admin/112": "/admin/112", "https://lain.example/": "/admin", "//lain.example": "/admin",
                         "/admin/\\lain": "/admin", "/admin//lain.example": "/admin"}.items():  # fmt: skip
        browser = world.browser()
        token = token_of(await browser.get("/admin/masuk"))
        given = {"csrf": token, "username": "admin", "password": PASSWORD, "ke": to}
        assert (await browser.post("/admin/masuk", data=given)).headers["location"] == expected


async def test_a_first_password_is_changed_before_anything_else(world: World, store: Store) -> None:
    async with store.write() as session:
        await Accounts(session).add_user(
            "baru", "Petugas Baru", await hashed(PASSWORD), "operator", NOW, must_change=True
        )
    browser = await world.sign_in("baru")
    assert (await browser.get("/admin")).headers["location"] == "/admin/sandi"
    token = token_of(await browser.get("/admin/sandi"))
    new = "kata-sandi-lain-lagi"
    for given, why in [
        ({"lama": "bukan", "baru": new, "ulang": new}, "lama tidak cocok"),
        ({"lama": PASSWORD, "baru": new, "ulang": "beda"}, "tidak sama"),
        ({"lama": PASSWORD, "baru": "pendek", "ulang": "pendek"}, "12 huruf"),
    ]:
        answer = await browser.post("/admin/sandi", data={"csrf": token, **given})
        assert answer.status_code == 422
        assert why in answer.text
    answer = await browser.post("/admin/sandi", data={"csrf": token, "lama": PASSWORD, "baru": new, "ulang": new})
    assert answer.status_code == 303
    assert (await browser.get("/admin")).headers["location"].startswith("/admin/masuk"), "every session ended"
    assert (await (await world.sign_in("baru", new)).get("/admin")).status_code == 200


async def test_every_answer_carries_the_strict_headers(world: World) -> None:
    browser = await world.sign_in("admin")
    for path in (
        "/admin",
        "/admin/112",
        "/admin/laporan",
        "/admin/percakapan/999999",
        "/admin/masuk",
        "/admin/static/admin.js",
    ):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    assert (await browser.get("/admin")).headers["cache-control"] == "no-store"


async def test_pages_hold_no_inline_script_style_or_handler(world: World) -> None:
    browser = await world.sign_in("admin")
    for path in (
        "/admin",
        "/admin/112",
        f"/admin/112/{INCIDENT}",
        "/admin/laporan",
        f"/admin/laporan/{TICKETS['queued']}",
        "/admin/percakapan",
        f"/admin/percakapan/{world.conversation}",
        "/admin/sandi",
    ):
        html = (await browser.get(path)).text
        assert "<style" not in html
        assert " style=" not in html
        assert " on" + "click" not in html
        assert html.count("<script") == html.count("<script src=") >= 1


async def test_a_page_that_is_not_there_says_so(world: World) -> None:
    browser = await world.sign_in("admin")
    for path in ("/admin/percakapan/x", "/admin/percakapan/999999", "/admin/laporan/KS-0", "/admin/112/tidak-ada",
                 "/admin/foto/" + "cd" * 32, "/admin/static/pages.py"):  # fmt: skip
        answer = await browser.get(path)
        assert answer.status_code == 404, path
        assert "tidak ada" in answer.text
