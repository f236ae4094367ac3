"""Streams over real HTTP: they bring what changed, breathe, end with the session and with the service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from bot.admin import live
from bot.admin.router import admin_pages
from bot.store.accounts import Accounts
from bot.store.tables import Conversation, Incident, Message, User
from bot.store.unit_of_work import Store
from bot.store.users import Users
from tests.admin.world import (
    INCIDENT,
    NAME,
    NOW,
    PASSWORD,
    Clock,
    RecordedActions,
    World,
    fill,
    form,
    name,
    read_photo,
    token_of,
)  # fmt: skip
from tests.gateways.running import serving


@pytest.fixture
async def site(store: Store) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    """The pages on a real port, and a petugas 112 who is signed in."""
    clock, actions = Clock(), RecordedActions()
    # The server's thread has its own loop, so it has its own connections as well.
    own = Store(store.url, store.sealer)
    pages = admin_pages(own, actions, form, read_photo, name, "http://siaga.test", clock)
    app = FastAPI()
    app.include_router(pages.router)
    world = World(store, actions, clock, pages, app, await fill(store))
    with serving(app) as address:
        async with httpx.AsyncClient(base_url=address, timeout=10) as client:
            token = token_of(await client.get("/admin/masuk"))
            given = {"csrf": token, "username": "petugas_112", "password": PASSWORD}
            assert (await client.post("/admin/masuk", data=given)).status_code == 303
            yield world, client
            pages.close()


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str]]:
    """The events of a stream; a breath is ("", "")."""
    kind, data = "", []
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            yield "", ""
        elif line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            data.append(line[6:])
        elif not line and kind:
            yield kind, "\n".join(data)
            kind, data = "", []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK", 0.05)
    monkeypatch.setattr(live, "BREATH", 0.3)


async def test_the_desk_learns_of_a_new_incident_within_a_second(
    site: tuple[World, httpx.AsyncClient],
) -> None:
    world, client = site
    async with client.stream("GET", "/admin/112/aliran") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        stream = events(answer)
        kind, html = await anext(stream)
        assert (kind, INCIDENT in html, "<html" in html) == ("daftar", True, False)
        assert NAME not in html
        began = time.monotonic()
        async with world.store.write() as session:
            row = await session.get_one(Incident, INCIDENT)
            row.rounds, row.changed_at = 2, NOW.replace(minute=9)
        kind, html = await asyncio.wait_for(anext(stream), 3)
        assert time.monotonic() - began < 1.5
        assert "sudah dihubungi 2 kali" in html
        assert "forgotten" in html


async def test_a_conversation_grows_and_says_who_holds_it(site: tuple[World, httpx.AsyncClient], quick: None) -> None:
    world, client = site
    path = f"/admin/percakapan/{world.conversation}/aliran"
    async with client.stream("GET", path) as answer:
        stream = events(answer)
        assert [(await anext(stream))[0] for _ in range(2)] == ["daftar", "keadaan"]
        async with world.store.write() as session:
            conversation = await session.get_one(Conversation, world.conversation)
            conversation.held_by = "Petugas <Ani>"
            session.add(
                Message(
                    conversation_id=conversation.id, direction="in", kind="text", text="masih\ngelap", data={}, at=NOW
                )
            )
        lines, state = [await asyncio.wait_for(_next_news(stream), 3) for _ in range(2)]
        assert "masih\ngelap" in lines
        assert "dipegang Petugas &lt;Ani&gt;" in state
    assert (await client.get("/admin/percakapan/999999/aliran")).status_code == 404


async def _next_news(stream: AsyncIterator[tuple[str, str]]) -> str:
    while True:
        kind, html = await anext(stream)
        if kind:
            return html


async def test_a_silent_stream_breathes_and_ends_with_the_session(
    site: tuple[World, httpx.AsyncClient], quick: None
) -> None:
    world, client = site
    async with client.stream("GET", "/admin/112/aliran") as answer:
        stream = events(answer)
        assert (await anext(stream))[0] == "daftar"
        assert await asyncio.wait_for(anext(stream), 3) == ("", "")
        async with world.store.write() as session:
            await Accounts(session).close_session(client.cookies["siaga_admin"])
        kinds = [kind async for kind, _ in stream]
        assert kinds[-1] == "keluar"


async def test_streams_end_at_once_when_the_service_stops(site: tuple[World, httpx.AsyncClient]) -> None:
    world, client = site
    async with client.stream("GET", "/admin/112/aliran") as answer:
        stream = events(answer)
        await anext(stream)
        began = time.monotonic()
        world.pages.close()
        rest = [kind async for kind, _ in stream]
        assert (rest, time.monotonic() - began < 2) == ([], True)


async def test_one_officer_has_only_so_many_streams(
    site: tuple[World, httpx.AsyncClient], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, client = site
    monkeypatch.setattr(live, "MOST_EACH", 1)
    async with client.stream("GET", "/admin/112/aliran") as answer:
        stream = events(answer)
        await anext(stream)
        assert (await client.get("/admin/112/aliran")).status_code == 429
    for _ in range(100):
        async with client.stream("GET", "/admin/112/aliran") as again:
            if again.status_code == 200:
                break
        await asyncio.sleep(0.05)
    assert again.status_code == 200, "a page that was closed is forgotten"


async def test_talking_from_the_desk_is_written_down(site: tuple[World, httpx.AsyncClient]) -> None:
    world, client = site
    token = token_of(await client.get("/admin"))
    data = {"csrf": token, "teks": " Kami datang. "}
    answer = await client.post(f"/admin/112/{INCIDENT}/bicara", data=data, headers={"X-Siaga-Part": "1"})
    assert answer.status_code == 204
    assert world.actions.calls == [("reply", world.conversation, "Kami datang.", "Petugas petugas_112")]
    assert ("reply", f"conversation:{world.conversation}", None) in await world.audit()
    assert (await client.post(f"/admin/112/{INCIDENT}/bicara", data={**data, "teks": " "})).status_code == 422


async def test_a_busy_stream_ends_with_the_rights_of_its_officer(
    site: tuple[World, httpx.AsyncClient], quick: None
) -> None:
    """What comes faster than the breath must not keep it from being asked whether the officer may still see it."""
    world, client = site
    async with client.stream("GET", "/admin/112/aliran") as answer:
        stream = events(answer)
        assert (await anext(stream))[0] == "daftar"
        async with world.store.write() as session:
            user = (await session.scalars(sa.select(User).where(User.username == "petugas_112"))).one()
            await Users(session).set_role(user.id, "peninjau")
        kinds: list[str] = []
        for minute in range(40):
            async with world.store.write() as session:
                (await session.get_one(Incident, INCIDENT)).changed_at = NOW.replace(minute=minute)
            kinds.append((await asyncio.wait_for(anext(stream), 3))[0])
            if kinds[-1] == "keluar":
                break
        assert kinds[-1] == "keluar"
        assert len(kinds) < 40
