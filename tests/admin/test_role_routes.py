"""Every route as every role, and signed out, against the committed table; and what stands before all pages."""

from __future__ import annotations

import httpx
import pytest
from starlette.responses import Response

from bot.admin import pages as gate
from bot.admin.pages import Pages, Policy, Visit
from bot.store.accounts import FACTOR_ROLES, ROLES, Accounts, hashed
from bot.store.second_factor import SecondFactors
from bot.store.unit_of_work import Store
from scripts import role_routes
from tests.admin.world import NOW, PASSWORD, World, build, sign_in

Route = tuple[str, str]
WAY_IN = ("/admin/masuk", "/admin/static/{name}")


@pytest.fixture
async def doors(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    """The real gate before every route; behind it stands nothing, so that the walk changes nothing and never waits."""
    page = Pages.page

    async def inside(visit: Visit) -> Response:
        return Response("in")

    def registered(self: Pages, method: str, path: str, needs: str) -> object:
        return page(self, method, path, needs)(inside) and (lambda handler: handler)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(gate.Pages, "page", registered)
        return await build(store)


def filled(path: str) -> str:
    for name in ("{id}", "{ticket}", "{hash}"):
        path = path.replace(name, "1")
    return path.replace("{name}", "admin.css")


async def asked(browser: httpx.AsyncClient, route: Route) -> str:
    """What the gate says: in, role, token (only the form's token is missing), or where it sends us."""
    method, path = route
    answer = await browser.request(method, filled(path), data={"csrf": "x"} if method == "POST" else None)
    if answer.status_code == 303:
        return answer.headers["location"].partition("?")[0]
    if answer.status_code == 403:
        assert method == "POST" or "tidak mencakup" in answer.text
        return "role" if "tidak mencakup" in answer.text else "token"
    assert answer.status_code == 200, (route, answer.status_code)
    assert method == "GET", f"{route} took a form without the session's token"
    return "in"


def test_the_committed_table_is_what_the_policy_says() -> None:
    assert role_routes.FILE.read_text("utf-8") == role_routes.document(), "run `python -m scripts.role_routes`"


async def test_every_route_as_every_role_answers_as_the_table_says(doors: World) -> None:
    table = role_routes.committed()
    assert set(table) == set(doors.pages.needs)
    for who in role_routes.EVERYBODY:
        browser = doors.browser() if who == role_routes.NOBODY else await doors.sign_in(who)
        for route, allowed in table.items():
            answer = await asked(browser, route)
            if route[1] in WAY_IN:
                # The door is open to all; whoever is in already is sent on.
                assert answer in ("in", "token", "/admin"), (who, route, answer)
            elif who in allowed:
                assert answer == ("in" if route[0] == "GET" else "token"), (who, route, answer)
            else:
                assert answer == ("/admin/masuk" if who == role_routes.NOBODY else "role"), (who, route, answer)
    assert not doors.actions.calls


async def test_no_form_is_taken_without_its_token(doors: World) -> None:
    browser = await doors.sign_in("admin")
    forms = [route for route in doors.pages.needs if route[0] == "POST"]
    assert len(forms) > 20
    for route in forms:
        for token in ({}, {"csrf": ""}, {"csrf": "x" * 32}):
            answer = await browser.post(filled(route[1]), data={"a": "b", **token})
            assert answer.status_code == 403, route
            assert "kedaluwarsa" in answer.text, route


@pytest.mark.parametrize("step", ["/admin/sandi", "/admin/kode", "/admin/pengaman"])
async def test_each_step_of_the_way_in_stands_before_every_page(doors: World, store: Store, step: str) -> None:
    async with store.write() as session:
        user_id = await Accounts(session).add_user(
            "baru", "Baru", await hashed(PASSWORD), "admin", NOW, must_change=step == "/admin/sandi"
        )
        if step == "/admin/kode":
            factors = SecondFactors(session, store.sealer)
            await factors.begin(user_id)
            row = await factors._locked(user_id)
            assert row is not None
            row.secret_enc = row.pending_enc
    doors.pages.policy = Policy(FACTOR_ROLES if step == "/admin/pengaman" else frozenset())
    browser = doors.browser()
    await sign_in(browser, "baru")
    for route, needs in doors.pages.needs.items():
        if needs == "nobody":
            continue
        answer = await asked(browser, route)
        free = route[1] == "/admin/keluar" or route[1] == step or route[1].startswith(f"{step}/")
        assert (answer == step) != free, (route, answer)


async def test_only_some_roles_must_have_a_second_factor(doors: World) -> None:
    doors.pages.policy = Policy(FACTOR_ROLES)
    for role in ROLES:
        browser = await doors.sign_in(role)
        expected = "/admin/pengaman" if role in ("admin", "petugas_112") else "in"
        assert await asked(browser, ("GET", "/admin")) == expected
