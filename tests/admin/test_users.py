"""Keeping sign-ins from the pages and from the command: added, changed, let go; every change written down."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.__main__ import app
from bot.store.accounts import ROLES
from bot.store.unit_of_work import Store
from bot.store.users import one_time_password
from tests.admin.world import World, post, sign_in, token_of
from tests.conftest import SECRET


async def id_of(store: Store, username: str) -> int:
    async with store.read() as session:
        return int(await session.scalar(sa.text(f"SELECT id FROM users WHERE username = '{username}'")) or 0)


def password_on(page: httpx.Response) -> str:
    shown = re.search(r'id="sandi">([a-z2-9-]{19})<', page.text)
    assert shown, page.text
    return shown[1]


async def test_a_person_is_added_signs_in_once_and_chooses_a_password(world: World, store: Store) -> None:
    admin = await world.sign_in("admin")
    page = await post(admin, "/admin/pengguna", username="Budi", nama="Budi Contoh", peran="operator")
    password = password_on(page)
    assert password not in (await admin.get("/admin/pengguna")).text, "shown once"
    budi = await world.sign_in("budi", password)
    assert (await budi.get("/admin")).headers["location"] == "/admin/sandi"
    given = {"csrf": token_of(await budi.get("/admin/sandi")), "lama": password}
    new = "kata-sandi-budi-sendiri"
    assert (await budi.post("/admin/sandi", data={**given, "baru": new, "ulang": new})).status_code == 303
    assert (await sign_in(world.browser(), "budi", password)).status_code == 401
    assert (await (await world.sign_in("budi", new)).get("/admin")).status_code == 200
    budi_id = await id_of(store, "budi")
    assert ("user_added", f"user:{budi_id}", "operator") in await world.audit()
    listed = (await admin.get("/admin/pengguna")).text
    assert "Budi Contoh" in listed
    assert f"/admin/pengguna/{budi_id}" in listed


async def test_who_cannot_be_added(world: World) -> None:
    admin = await world.sign_in("admin")
    for username, shown, role, why in (
        ("admin", "Ani", "admin", "sudah dipakai"),
        ("ani", " ", "admin", "harus diisi"),
        ("ani", "Ani", "raja", "Tidak ada peran"),
        ("ani baru", "Ani", "admin", "tanpa spasi"),
    ):
        answer = await post(admin, "/admin/pengguna", username=username, nama=shown, peran=role)
        assert (answer.status_code, why in answer.text) == (422, True), why


async def test_role_sessions_password_and_leaving(world: World, store: Store) -> None:
    admin, operator = await world.sign_in("admin"), await world.sign_in("operator")
    path = f"/admin/pengguna/{await id_of(store, 'operator')}"
    assert (await post(admin, f"{path}/peran", peran="peninjau")).status_code == 303
    assert (await post(operator, "/admin/percakapan/1/ambil")).status_code == 403, "the new role counts at once"
    assert (await post(admin, f"{path}/sesi")).status_code == 303
    assert (await operator.get("/admin")).headers["location"].startswith("/admin/masuk")
    operator = await world.sign_in("operator")
    password = password_on(await post(admin, f"{path}/sandi"))
    assert (await operator.get("/admin")).status_code == 303
    assert (await sign_in(world.browser(), "operator")).status_code == 401
    again = await world.sign_in("operator", password)
    assert (await again.get("/admin")).headers["location"] == "/admin/sandi"
    assert (await post(admin, f"{path}/aktif", aktif="0")).status_code == 303
    assert (await sign_in(world.browser(), "operator", password)).status_code == 401
    assert (await post(admin, f"{path}/aktif", aktif="1")).status_code == 303
    assert (await sign_in(world.browser(), "operator", password)).status_code == 303
    written = [row[0] for row in await world.audit()]
    for action in ("role_changed", "sessions_ended", "password_reset", "user_disabled", "user_enabled"):
        assert written.count(action) == 1, action


async def test_somebody_can_always_manage_users(world: World, store: Store) -> None:
    admin = await world.sign_in("admin")
    own = f"/admin/pengguna/{await id_of(store, 'admin')}"
    for change in ({"peran": "operator"}, {"aktif": "0"}):
        path = f"{own}/{'peran' if 'peran' in change else 'aktif'}"
        assert (await post(admin, path, **change)).status_code == 422, "not to oneself"
    page = await post(admin, "/admin/pengguna", username="kedua", nama="Admin Kedua", peran="admin")
    password_on(page)
    second = f"/admin/pengguna/{await id_of(store, 'kedua')}"
    assert (await post(admin, f"{second}/peran", peran="operator")).status_code == 303


async def test_roles_are_shown_and_nothing_there_can_be_changed(world: World) -> None:
    page = (await (await world.sign_in("admin")).get("/admin/peran")).text
    assert "Petugas 112" in page
    assert "Menghapus data warga" in page
    main = page.partition("<main")[2]
    assert "<form" not in main
    assert "<input" not in main


def test_one_time_passwords_differ_and_are_long() -> None:
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", password) for password in made)


# --- the command ---


@pytest.fixture
def command(store: Store, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("SIAGA_SECRET_KEY", SECRET)
    monkeypatch.setenv("SIAGA_DATABASE_URL", store.url)
    return CliRunner()


async def ran(command: CliRunner, *arguments: str) -> str:
    """The command in a thread of its own: it brings its own event loop."""
    done = await asyncio.to_thread(command.invoke, app, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


async def test_the_command_adds_lists_resets_and_disables(command: CliRunner, store: Store) -> None:
    out = await ran(command, "user", "add", "kepala", "--role", "admin", "--name", "Kepala Bidang")
    assert "one-time password: " in out
    await ran(command, "user", "add", "wakil", "--role", "admin", "--name", "Wakil", "--password", "kata-sandi-wakil")
    out = await ran(command, "user", "reset", "kepala", "--second-factor")
    assert re.search(r"one-time password: [a-z2-9-]{19}", out)
    await ran(command, "user", "disable", "wakil")
    listed = await ran(command, "user", "list", "--json")
    assert '"username": "wakil"' in listed
    assert '"active": false' in listed
    assert '"must_change": true' in listed
    refused = command.invoke(app, ["user", "add", "x", "--role", "raja", "--name", "X"])
    assert refused.exit_code != 0
    last = await _fails(command, "user", "disable", "kepala")
    assert "satu-satunya admin" in last
    async with store.read() as session:
        rows = (await session.execute(sa.text("SELECT action, user_id FROM audit ORDER BY id"))).all()
    assert [tuple(r) for r in rows] == [
        ("user_added", None), ("user_added", None), ("password_reset", None), ("factor_reset", None),
        ("user_disabled", None),
    ]  # fmt: skip


async def _fails(command: CliRunner, *arguments: str) -> str:
    done = await asyncio.to_thread(command.invoke, app, arguments)
    assert done.exit_code != 0
    return str(done.exception)


def test_every_role_of_the_command_is_known() -> None:
    assert set(ROLES) == {"peninjau", "operator", "petugas_112", "admin"}
