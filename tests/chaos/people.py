"""Citizens of the chaos: at Telegram, at WhatsApp and in a browser. Each does one thing at a time and waits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from typing import Any, Final

import httpx

from flows.options import option
from tests.channels.ear import encoded
from tests.chaos.mail import Seen, TelegramMail, TwilioMail
from tests.chaos.records import Bubble
from tests.e2e.citizens import sentence
from tests.e2e.twin import beginning

AGAIN: Final = 0.5
"""Seconds after which a browser tries again."""


class Person:
    """`address` as the provider knows it; `heard` grows by itself."""

    channel = ""

    def __init__(self, address: str, phone: str | None = None) -> None:
        self.address = address
        self.phone = phone

    @property
    def heard(self) -> list[Seen]:
        raise NotImplementedError

    async def writes(self, words: str) -> None:
        raise NotImplementedError

    async def sends(self, photo: bytes) -> None:
        raise NotImplementedError

    async def taps(self, wanted: str) -> None:
        """Choose this option: by its button where there is one, else in words."""
        raise NotImplementedError

    async def arrives(self) -> None:
        """Whatever comes before the first message."""

    async def leaves(self) -> None:
        """Whatever comes after the last one."""


class OnTelegram(Person):
    channel = "telegram"

    def __init__(self, mail: TelegramMail, chat: int) -> None:
        super().__init__(str(chat))
        self._mail, self._chat = mail, chat

    @property
    def heard(self) -> list[Seen]:
        return self._mail.by[self.address]

    async def _acts(self, **act: Any) -> None:
        await self._mail.say({"chat": self._chat, "name": f"Warga {self._chat}", **act})

    async def writes(self, words: str) -> None:
        await self._acts(text=words)

    async def sends(self, photo: bytes) -> None:
        await self._acts(photos=[encoded(photo)])

    async def taps(self, wanted: str) -> None:
        if any(wanted in seen.ids for seen in self.heard):
            await self._acts(button=wanted)
        else:
            await self.writes(sentence(option(wanted).key))


class OnWhatsApp(Person):
    channel = "whatsapp"

    def __init__(self, mail: TwilioMail, number: str) -> None:
        super().__init__(f"whatsapp:{number}", number)
        self._mail, self._number = mail, number

    @property
    def heard(self) -> list[Seen]:
        return self._mail.by[self.address]

    async def _acts(self, **act: Any) -> None:
        # Once, whatever comes of it: Twilio does not repeat.
        await self._mail.say({"sender": self._number, "name": f"Warga {self._number[-4:]}", **act})

    async def writes(self, words: str) -> None:
        await self._acts(text=words)

    async def sends(self, photo: bytes) -> None:
        await self._acts(media=[{"content": encoded(photo), "content_type": "image/jpeg"}])

    async def taps(self, wanted: str) -> None:
        await self.writes(sentence(option(wanted).key))


class InBrowser(Person):
    """The chat page: a cookie, a stream that is opened again when it breaks, messages sent until they are taken."""

    channel = "web"

    def __init__(self, url: str, number: int) -> None:
        super().__init__(f"web{number}")
        self._http = httpx.AsyncClient(
            base_url=url, timeout=httpx.Timeout(20, read=60), trust_env=False, headers={"x-siaga-chat": "1"}
        )
        self._shown: list[Seen] = []
        self._count = 0
        self._stream: asyncio.Task[None] | None = None

    @property
    def heard(self) -> list[Seen]:
        return self._shown

    async def arrives(self) -> None:
        while "siaga_tamu" not in self._http.cookies:
            with contextlib.suppress(httpx.HTTPError):
                await self._http.get("/chat")
            await asyncio.sleep(0 if "siaga_tamu" in self._http.cookies else AGAIN)
        self._stream = asyncio.create_task(self._listen())

    async def leaves(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._stream
        await self._http.aclose()

    async def writes(self, words: str) -> None:
        await self._posts("/chat/messages", json={"id": self._next(), "text": words})

    async def taps(self, wanted: str) -> None:
        await self._posts("/chat/messages", json={"id": self._next(), "button": wanted})

    async def sends(self, photo: bytes) -> None:
        files = [("photos", ("foto.jpg", photo, "image/jpeg"))]
        await self._posts("/chat/photos", data={"id": self._next(), "caption": ""}, files=files)

    def _next(self) -> str:
        self._count += 1
        return f"m{self._count}"

    async def _posts(self, path: str, **content: Any) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._http.post(path, **content)
                if answer.status_code == 200:
                    return
                if answer.status_code not in (429, 503):
                    raise AssertionError(f"the chat page was answered {answer.status_code}: {answer.text[:200]}")
            await asyncio.sleep(AGAIN)

    async def _listen(self) -> None:
        last = ""
        while True:
            try:
                async with self._http.stream("GET", "/chat/events", params={"after": last} if last else {}) as answer:
                    kind = ""
                    async for line in answer.aiter_lines():
                        name, _, value = line.partition(": ")
                        match name:
                            case "id":
                                last = value
                            case "event":
                                kind = value
                            case "data":
                                self._show(kind, json.loads(value))
            except httpx.HTTPError:
                pass
            await asyncio.sleep(AGAIN)

    def _show(self, kind: str, data: Any) -> None:
        if kind == "line":
            if data["direction"] == "out":
                self._shown.append(self._seen(data))
            return
        # The page is drawn anew: only what stands there more often than before was not seen yet.
        before = Counter(seen.bubble.text for seen in self._shown)
        for row in (row for row in data if row["direction"] == "out"):
            if before[row["text"]] > 0:
                before[row["text"]] -= 1
            else:
                self._shown.append(self._seen(row))

    def _seen(self, row: Any) -> Seen:
        bubble = Bubble(self.address, time.time(), row["text"], beginning(row["text"]))
        buttons = row.get("buttons") or ()
        return Seen(bubble, tuple(b["id"] for b in buttons), tuple(b["title"] for b in buttons))
