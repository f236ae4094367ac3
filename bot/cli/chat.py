"""`siaga chat`: talk in the terminal; with --json one event a line in, one message a line out.

The whole house runs inside, over the same database as the service, with a clock that can be moved.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from bot import logs
from bot.app import House, build
from bot.channels.base import Incoming, WebhookRequest
from bot.channels.console import ConsoleChannel
from bot.failures import SiagaError
from bot.settings import load
from bot.store import schema
from bot.store.outbox import Lane
from bot.store.transaction import reading

ALBUM_SECONDS: Final = 1.5
_MOST_ROUNDS: Final = 50


def add_to(app: typer.Typer) -> None:
    app.command()(chat)


def chat(as_json: Annotated[bool, typer.Option("--json", help="events and messages as JSON lines")] = False) -> None:
    """Talk to the bot in the terminal."""
    settings = load()
    logs.configure("WARNING" if as_json else "ERROR", settings.log_format)
    asyncio.run(_run(as_json))


class Clock:
    """The wall clock, moved forward by what `advance_seconds` said."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def _run(as_json: bool) -> None:
    clock = Clock()
    channel = ConsoleChannel(lambda line: print(line, flush=True), as_json)
    house = build(load(), {"console": channel}, clock)
    # On the service's own database, a browser's replies are the service's to bring.
    house.worker.not_for = ("webchat",)
    await schema.upgrade(house.store)
    talk = Talk(house, channel, clock, as_json)
    if not as_json:
        print("Tulis seperti di WhatsApp; Ctrl-D mengakhiri.\n", flush=True)
    lines = _stdin()
    try:
        await talk.follow(lines)
    finally:
        await house.stop()


def _stdin() -> asyncio.Queue[str | None]:
    """Lines of standard input as they come; None at its end."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    return queue


class Talk:
    """Feeds lines to the house and lets it settle after each."""

    def __init__(self, house: House, channel: ConsoleChannel, clock: Clock, as_json: bool) -> None:
        self._house = house
        self._channel = channel
        self._clock = clock
        self._as_json = as_json

    async def follow(self, lines: asyncio.Queue[str | None]) -> None:
        """Take line after line; the pieces of an album are read together with the last of them."""
        line = await lines.get()
        while line is not None:
            following: str | None = ""
            album = self._album(line)
            if album:
                try:
                    following = await asyncio.wait_for(lines.get(), ALBUM_SECONDS)
                except TimeoutError:
                    following = ""
            more = bool(album and following and self._album(following) == album)
            await self._line(line, settle=not more)
            line = following if following != "" else await lines.get()

    @staticmethod
    def _album(line: str) -> str | None:
        try:
            data = json.loads(line)
        except ValueError:
            return None
        return f"{data.get('from')}/{data['group']}" if isinstance(data, dict) and data.get("group") else None

    async def _line(self, line: str, settle: bool) -> None:
        line = line.strip()
        if not line:
            return
        data: Any = None
        if self._as_json:
            try:
                data = json.loads(line)
                if not isinstance(data, dict):
                    raise ValueError("an object is wanted")
            except ValueError as error:
                self._fault(f"the line is not a JSON object: {error}")
                return
        try:
            if data is not None and "advance_seconds" in data:
                self._clock.ahead += timedelta(seconds=float(data["advance_seconds"]))
            elif data is not None and "staff" in data:
                await self._staff(data)
            else:
                received = self._channel.receive(WebhookRequest("", {}, line.encode()))
                await self._house.inbound.take_in([r for r in received if isinstance(r, Incoming)])
        except (SiagaError, ValueError, KeyError, TypeError) as error:
            self._fault(str(error))
            return
        if settle:
            await self._settle()
        if data is not None:
            print(json.dumps({"turn_end": data.get("id")}), flush=True)

    def _fault(self, words: str) -> None:
        print(json.dumps({"error": words}) if self._as_json else words, flush=True)

    async def _settle(self) -> None:
        """Read and deliver until nothing more is due; what waits for LAPOR! or for its time stays."""
        await asyncio.sleep(0)
        for _ in range(_MOST_ROUNDS):
            worked = await self._house.inbound.drain()
            await self._house.inbound.settled()
            for lane in Lane:
                worked += await self._house.worker.work(lane)
            if not worked:
                if not await self._album_waits():
                    return
                await asyncio.sleep(0.1)

    async def _album_waits(self) -> bool:
        """Whether a piece of an album is held back for its last piece."""
        async with reading(self._house.store) as tx:
            ready = await tx.conversations.next_ready()
        return ready is not None and ready <= self._clock() + timedelta(seconds=ALBUM_SECONDS)

    async def _staff(self, data: dict[str, Any]) -> None:
        """The petugas's side: reply, handback, acknowledge."""
        async with reading(self._house.store) as tx:
            conversation = await tx.conversations.of_address("console", str(data["to"]))
            open_incident = await tx.incidents.open_of(conversation) if conversation else None
        if conversation is None:
            raise SiagaError(f"{data['to']} has not written yet")
        match data["staff"]:
            case "reply":
                await self._house.staff.reply(conversation, str(data["text"]), "Petugas")
            case "handback":
                await self._house.staff.hand_back(conversation, "Petugas")
            case "acknowledge":
                if open_incident is None:
                    raise SiagaError(f"{data['to']} has no incident that waits for acknowledgement")
                await self._house.staff.move_incident(open_incident, "acknowledged", "Petugas 112")
            case other:
                raise SiagaError(f"staff {other} is not reply, handback or acknowledge")
