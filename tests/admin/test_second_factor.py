"""The second factor: RFC 6238's own vectors, a code counts once, the throttle, recovery, and the pages of it."""

from __future__ import annotations

import asyncio
import base64
import re
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
import sqlalchemy as sa

from bot.admin.pages import Policy
from bot.store.accounts import DEMO_PASSWORD, FACTOR_ROLES, Accounts, hashed
from bot.store.second_factor import LOCKED_FOR, MOST_FAILURES, RECOVERY_CODES, STEP, SecondFactors, fitting_step
from bot.store.unit_of_work import Store
from tests.admin.world import NOW, World, sign_in, token_of

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
        (2000000000, "279037"), (20000000000, "353130"),
    ],
)  # fmt: skip
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert fitting_step(RFC_SECRET, code, at, 0) == seconds // STEP
    assert fitting_step(RFC_SECRET, code, at, seconds // STEP) is None, "a step that was used counts no more"
    assert fitting_step(RFC_SECRET, code, at + timedelta(seconds=STEP), 0) == seconds // STEP, "a slow clock"
    assert fitting_step(RFC_SECRET, code, at + timedelta(seconds=3 * STEP), 0) is None


async def enrolled(store: Store, username: str = "admin") -> tuple[int, str]:
    """The user's id and the secret of an app that was enrolled an hour ago."""
    async with store.write() as session:
        user_id = int(await session.scalar(sa.text(f"SELECT id FROM users WHERE username = '{username}'")) or 0)
        factors, at = SecondFactors(session, store.sealer), NOW - timedelta(hours=1)
        secret = await factors.begin(user_id)
        assert await factors.confirm(user_id, pyotp.TOTP(secret).at(at), at) == "app"
    return user_id, secret


async def give(
    browser: httpx.AsyncClient, code: str, path: str = "/admin/kode", page: str | None = None
) -> httpx.Response:
    token = token_of(await browser.get(page or path))
    return await browser.post(path, data={"csrf": token, "kode": code})


async def test_a_first_sign_in_enrols_and_shows_the_codes_once(world: World, store: Store) -> None:
    world.pages.policy = Policy(FACTOR_ROLES)
    browser = await world.sign_in("petugas_112")
    assert (await browser.get("/admin/112")).headers["location"] == "/admin/pengaman"
    page = await browser.get("/admin/pengaman")
    assert "<svg" not in page.text
    await browser.post("/admin/pengaman/mulai", data={"csrf": token_of(page)})
    page = await browser.get("/admin/pengaman")
    svg = re.search(r"<svg.*?</svg>", page.text, re.DOTALL)
    assert svg
    assert "style" not in svg[0]
    assert "<script" not in svg[0]
    shown = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)
    assert shown
    secret = shown[1].replace(" ", "")
    app = pyotp.TOTP(secret)
    wrong = await give(browser, "000000", "/admin/pengaman/pastikan", "/admin/pengaman")
    assert wrong.status_code == 422
    done = await give(browser, app.at(NOW), "/admin/pengaman/pastikan", "/admin/pengaman")
    codes = re.findall(r"<code>([A-Z2-9-]{14})</code>", done.text)
    assert len(set(codes)) == RECOVERY_CODES
    assert (await browser.get("/admin/112")).status_code == 200, "this session is verified"
    after = (await browser.get("/admin/pengaman")).text
    assert not any(code in after for code in codes)
    assert "<svg" not in after
    async with store.read() as session:
        kept = str((await session.execute(sa.text("SELECT * FROM second_factors"))).all())
        kept += str((await session.execute(sa.text("SELECT * FROM recovery_codes"))).all())
    assert secret not in kept, "the secret is sealed"
    assert not any(code in kept or code.replace("-", "") in kept for code in codes), "the codes are hashed"
    again = await world.sign_in("petugas_112")
    assert (await again.get("/admin/112")).headers["location"] == "/admin/kode?ke=/admin/112"


async def test_a_code_lets_in_once_and_leads_where_one_wanted_to_go(world: World, store: Store) -> None:
    _, secret = await enrolled(store)
    browser, other = await world.sign_in("admin"), await world.sign_in("admin")
    code = pyotp.TOTP(secret).at(NOW)
    page = await browser.get("/admin/kode?ke=/admin/laporan")
    answer = await browser.post("/admin/kode", data={"csrf": token_of(page), "kode": code, "ke": "/admin/laporan"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/laporan")
    assert (await browser.get("/admin/laporan")).status_code == 200
    assert (await give(other, code)).status_code == 401, "the same code a second time"
    assert (await other.get("/admin")).headers["location"].startswith("/admin/kode")
    world.clock.now += timedelta(seconds=STEP)
    assert (await give(other, pyotp.TOTP(secret).at(world.clock.now))).status_code == 303
    actions = [row[0] for row in await world.audit()]
    assert (actions.count("factor_used"), actions.count("factor_refused")) == (2, 1)


async def test_guessing_is_throttled_and_side_by_side_gains_nothing(world: World, store: Store) -> None:
    user_id, secret = await enrolled(store)
    right = pyotp.TOTP(secret).at(NOW)

    async def guess(code: str) -> str:
        async with store.write() as session:
            return await SecondFactors(session, store.sealer).try_code(user_id, code, NOW)

    outcomes = await asyncio.gather(*(guess(f"{n:06d}") for n in range(20)))
    assert outcomes.count("wrong") == MOST_FAILURES
    assert await guess(right) == "locked"
    browser = await world.sign_in("admin")
    assert (await give(browser, right)).status_code == 401
    world.clock.now += LOCKED_FOR + timedelta(seconds=1)
    assert (await give(browser, pyotp.TOTP(secret).at(world.clock.now))).status_code == 303


async def test_a_recovery_code_counts_once(world: World, store: Store) -> None:
    user_id, _ = await enrolled(store)
    async with store.write() as session:
        codes = await SecondFactors(session, store.sealer).new_recovery_codes(user_id)
    browser, other = await world.sign_in("admin"), await world.sign_in("admin")
    given = await give(browser, codes[0].lower().replace("-", " "))
    assert given.headers["location"].startswith("/admin/pengaman")
    assert (await browser.get("/admin")).status_code == 200
    assert (await give(other, codes[0])).status_code == 401
    assert (await give(other, codes[1])).status_code == 303
    async with store.read() as session:
        assert (await SecondFactors(session, store.sealer).view(user_id)).recovery_left == RECOVERY_CODES - 2
    page = await browser.get("/admin/pengaman")
    renewed = await browser.post("/admin/pengaman/cadangan", data={"csrf": token_of(page)})
    assert renewed.text.count("<code>") == RECOVERY_CODES
    assert codes[2] not in renewed.text
    third = await world.sign_in("admin")
    assert (await give(third, codes[2])).status_code == 401, "the earlier codes are void"


async def test_another_admin_takes_a_lost_factor_away(world: World, store: Store) -> None:
    user_id, _ = await enrolled(store, "operator")
    admin, theirs = await world.sign_in("admin"), await world.sign_in("operator")
    page = await admin.get(f"/admin/pengguna/{user_id}")
    assert "Hapus pengaman kedua" in page.text
    await admin.post(f"/admin/pengguna/{user_id}/pengaman", data={"csrf": token_of(page)})
    assert (await theirs.get("/admin")).headers["location"].startswith("/admin/masuk"), "every session ended"
    browser = await world.sign_in("operator")
    assert (await browser.get("/admin")).status_code == 200
    assert ("factor_reset", f"user:{user_id}", None) in await world.audit()


async def test_the_demo_password_is_changed_at_once_outside_the_demo(world: World, store: Store) -> None:
    async with store.write() as session:
        await Accounts(session).add_user("demo", "Demo", await hashed(DEMO_PASSWORD), "operator", NOW)
    world.pages.policy = Policy(demo=True)
    assert (await (await world.sign_in("demo", DEMO_PASSWORD)).get("/admin")).status_code == 200
    world.pages.policy = Policy()
    browser = world.browser()
    await sign_in(browser, "demo", DEMO_PASSWORD)
    assert (await browser.get("/admin")).headers["location"] == "/admin/sandi"
    given = {"csrf": token_of(await browser.get("/admin/sandi")), "lama": DEMO_PASSWORD}
    same = await browser.post("/admin/sandi", data={**given, "baru": DEMO_PASSWORD, "ulang": DEMO_PASSWORD})
    assert same.status_code == 422
