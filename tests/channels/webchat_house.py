"""A web chat with a bot of three sentences behind it, served over real HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from bot.channels.base import Button, Incoming, Outgoing
from bot.channels.webchat import WebChatChannel
from bot.channels.webchat_pages import webchat_router
from bot.failures import TemporaryFailure

CHAT = {"X-Siaga-Chat": "1"}


def sign(text: str) -> str:
    return hmac.new(b"a secret of the tests", text.encode(), hashlib.sha256).hexdigest()


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class ChatHouse:
    """Keeps what came in and writes a transcript as the house would; `bot` answers every message at once."""

    channel: WebChatChannel
    answers: bool = True
    broken: bool = False
    taken: list[Incoming] = field(default_factory=list)
    transcript: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    async def take_in(self, messages: Sequence[Incoming]) -> None:
        if self.broken:
            raise TemporaryFailure("the database does not answer")
        for message in messages:
            if any(m.message_id == message.message_id for m in self.taken):
                continue
            self.taken.append(message)
            self.write_down(message.address, "in", message.text or "", id=message.message_id, kind=message.kind,
                            photos=len(message.media))  # fmt: skip
            if self.answers:
                await self.say(message.address, *self.bot(message))

    def bot(self, message: Incoming) -> tuple[str, tuple[Button, ...], bool]:
        match message.kind:
            case "text" if "kebakaran" in (message.text or ""):
                return "*Telepon 112 sekarang (gratis).* Laporan sudah diteruskan ke petugas. Di mana?", (), True
            case "text":
                return (
                    "Terima kasih. Ada *fotonya*?",
                    (Button("photo:skip", "Lewati"), Button("staff", "Petugas")),
                    False,
                )
            case "photo":
                return f"Foto diterima: {len(message.media)}.", (), False
            case "pin":
                return "Lokasi diterima.", (), False
            case _:
                return f"Dipilih: {message.button}.", (), False

    async def say(self, visitor: str, text: str, buttons: tuple[Button, ...] = (), urgent: bool = False) -> None:
        self.write_down(visitor, "out", text, buttons=[{"id": b.id, "title": b.title} for b in buttons], urgent=urgent)
        await self.channel.send(visitor, Outgoing(text, buttons, urgent=urgent))

    def write_down(self, visitor: str, direction: str, text: str, **more: Any) -> None:
        lines = self.transcript.setdefault(visitor, [])
        line = {"id": f"line-{len(lines)}", "direction": direction, "kind": "text", "text": text,
                "at": self.channel.now().isoformat(), "buttons": [], "photos": 0, "urgent": False}  # fmt: skip
        lines.append(line | more)

    async def history(self, visitor: str) -> list[dict[str, Any]]:
        await asyncio.sleep(0)
        return [dict(line) for line in self.transcript.get(visitor, [])]

    @property
    def app(self) -> FastAPI:
        app = FastAPI()
        app.include_router(webchat_router(self.channel, self.take_in, self.history))
        return app


@asynccontextmanager
async def served(house: ChatHouse) -> AsyncIterator[str]:
    """The page on a free port, in the loop of the test: what the test says is heard at once."""
    with socket.socket() as listening_:
        listening_.bind(("127.0.0.1", 0))
        config = uvicorn.Config(house.app, log_level="critical", lifespan="off", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listening_]))
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
                await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening_.getsockname()[1]}"
        finally:
            await house.channel.close()
            server.should_exit = True
            async with asyncio.timeout(20):
                await running


def chat_house(spool: Path, clock: Clock | None = None, public_url: str = "http://127.0.0.1:8000") -> ChatHouse:
    return ChatHouse(WebChatChannel(sign, spool, public_url, clock or (lambda: datetime.now(UTC))))


@dataclass
class Heard:
    """One server-sent event."""

    id: str
    kind: str
    data: str


@asynccontextmanager
async def listening(client: httpx.AsyncClient, last: str = "") -> AsyncIterator[AsyncIterator[Heard]]:
    """The stream of events, as a browser hears it; `last` is the id heard before the line was cut."""
    headers = {"Last-Event-ID": last} if last else {}
    async with client.stream("GET", "/chat/events", headers=headers, timeout=10) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Heard]:
    parts: dict[str, str] = {}
    async for line in lines:
        if line:
            key, _, value = line.partition(": ")
            parts[key] = value
        elif "data" in parts:
            yield Heard(parts["id"], parts["event"], parts["data"])
            parts = {}
