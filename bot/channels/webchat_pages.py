"""The web chat's HTTP: the page, what it posts, and the stream of what is said to it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from bot.channels.base import Forged, Incoming, Malformed, Media, WebhookRequest
from bot.channels.webchat import COOKIE, Mailbox, NoVisitor, WebChatChannel
from bot.failures import SiagaError
from bot.settings import DATA

TakeIn = Callable[[Sequence[Incoming]], Awaitable[None]]
History = Callable[[str], Awaitable[list[dict[str, Any]]]]

MOST_PHOTOS: Final = 5
MOST_BYTES: Final = 10 * 1024 * 1024
_MOST_JSON: Final = 64 * 1024
_BREATH: Final = 15.0
"""Seconds between signs of life on a silent stream: phone networks cut what is silent."""
_STREAMS_EACH: Final = 6
_YEAR: Final = 365 * 24 * 3600
_FILES: Final = Path(__file__).parent / "webchat_static"
_TYPES: Final = {"chat.css": "text/css; charset=utf-8", "chat.js": "text/javascript; charset=utf-8"}
_SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}


class _Refused(Exception):
    """The request ends here: `status`, and which sentence the citizen reads."""

    def __init__(self, status: int, sentence: str, wait: float = 0) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.wait = status, sentence, wait


def webchat_router(channel: WebChatChannel, take_in: TakeIn, history: History) -> APIRouter:
    """The routes under /chat. `take_in` stores messages and raises TemporaryFailure when it cannot.

    `history` gives a visitor's transcript, oldest first: dicts of id, direction (in, out), kind, text, at (ISO),
    buttons, photos (a number), urgent, request.
    """
    router = APIRouter(prefix="/chat", include_in_schema=False)

    @router.get("")
    async def page(request: Request) -> Response:
        answer = Response(_page(), media_type="text/html; charset=utf-8")
        answer.headers.update(_SECURITY | {"Cache-Control": "no-store"})
        # A visit by a link of another site carries no Strict cookie: that is no reason to give a new one.
        foreign = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if channel.visitor_of(request.headers) is None and not foreign:
            _set_cookie(answer, channel, channel.new_cookie()[1])
        return answer

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in _TYPES:
            raise HTTPException(404)
        headers = {"Cache-Control": f"public, max-age={_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
        return Response((_FILES / name).read_bytes(), media_type=_TYPES[name], headers=headers)

    @router.post("/messages")
    async def messages(request: Request) -> Response:
        async def read() -> Incoming:
            _fits(request, _MOST_JSON, "unreadable")
            body = await request.body()
            received = channel.receive(WebhookRequest(str(request.url), dict(request.headers), body))
            assert isinstance(received[0], Incoming)
            _in_measure(channel, received[0].address)
            return received[0]

        return await _take(channel, take_in, read)

    @router.post("/photos")
    async def photos(request: Request) -> Response:
        async def read() -> Incoming:
            visitor = channel.author(request.headers)
            _fits(request, MOST_PHOTOS * MOST_BYTES + _MOST_JSON, "too_big")
            async with request.form(max_files=50, max_fields=4, max_part_size=_MOST_JSON) as form:
                files = [f for f in form.getlist("photos") if isinstance(f, UploadFile)]
                message = channel.photos(visitor, _words(form.get("id")), _words(form.get("caption")))
                _check(files)
                _in_measure(channel, visitor, len(files))
                media = [await _keep(channel, message, n, file) for n, file in enumerate(files)]
            return replace(message, media=tuple(media))

        return await _take(channel, take_in, read)

    @router.get("/events")
    async def events(request: Request, after: str = "") -> Response:
        visitor, cookie = channel.visitor_of(request.headers), None
        if visitor is None:
            visitor, cookie = channel.new_cookie()
        box = channel.mailbox(visitor)
        if box.listeners >= _STREAMS_EACH:
            return _answer(429, "too_often", 5)
        seen = request.headers.get("last-event-id") or after
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
        stream = _stream(channel, box, visitor, seen, history)
        answer = StreamingResponse(stream, media_type="text/event-stream", headers=headers)
        if cookie:
            _set_cookie(answer, channel, cookie)
        return answer

    return router


# --- what is posted ---


async def _take(channel: WebChatChannel, take_in: TakeIn, read: Callable[[], Awaitable[Incoming]]) -> Response:
    """Read a message, store it, answer; every refusal is one Indonesian sentence."""
    try:
        message = await read()
        await take_in([message])
    except _Refused as refused:
        return _answer(refused.status, refused.sentence, refused.wait)
    except NoVisitor:
        return _answer(401, "no_visitor")
    except Forged:
        return _answer(403, "forged")
    except (Malformed, HTTPException):
        return _answer(400, "unreadable")
    except SiagaError:
        return _answer(503, "unavailable", 5)
    channel.echo(message)
    return JSONResponse({"id": message.message_id.partition(":")[2]}, headers={"Cache-Control": "no-store"})


def _fits(request: Request, most: int, sentence: str) -> None:
    """Browsers always tell the length; what does not could fill the disk."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise _Refused(411, "unreadable")
    if int(length) > most:
        raise _Refused(413, sentence)


def _check(files: Sequence[UploadFile]) -> None:
    if not files:
        raise _Refused(400, "no_photo")
    if len(files) > MOST_PHOTOS:
        raise _Refused(413, "too_many")
    if any((file.size or 0) > MOST_BYTES for file in files):
        raise _Refused(413, "too_big")


def _in_measure(channel: WebChatChannel, visitor: str, messages: int = 1) -> None:
    wait = channel.may_speak(visitor, messages)
    if wait:
        raise _Refused(429, "too_often", wait)


async def _keep(channel: WebChatChannel, message: Incoming, nth: int, file: UploadFile) -> Media:
    told = Media("", file.content_type, file.size, (file.filename or "")[:100] or None)
    return await channel.keep(message, nth, await file.read(), told)


def _words(value: object) -> str:
    """A form field's text; nothing for a file in its place."""
    return value if isinstance(value, str) else ""


def _answer(status: int, sentence: str, wait: float = 0) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(round(wait))} if wait else {})
    return JSONResponse({"error": sentence, "message": _sentences()[sentence]}, status, headers)


def _set_cookie(answer: Response, channel: WebChatChannel, value: str) -> None:
    answer.set_cookie(
        COOKIE, value, max_age=_YEAR, path="/chat", secure=channel.secure, httponly=True, samesite="strict"
    )


# --- what is streamed ---


async def _stream(
    channel: WebChatChannel, box: Mailbox, visitor: str, seen: str, history: History
) -> AsyncIterator[str]:
    """Resume after `seen` where the buffer still holds it, else begin with the transcript; then whatever comes."""
    box.listeners += 1
    try:
        yield "retry: 2000\n\n"
        epoch, _, number = seen.partition("-")
        at = int(number) if epoch == channel.epoch and number.isdigit() else -1
        expected: Counter[str] = Counter()
        if box.after(at) is None:
            at = box.last
            passed = _recent([line for _, line in box.lines], channel)
            try:
                lines = await history(visitor)
            except SiagaError:
                # The page connects again by itself; half a transcript would look like a lost one.
                return
            # Saved but not yet sent when the transcript was read: such a line is shown once, not twice.
            expected = _recent(lines, channel) - passed
            told = [line | {"id": str(line["id"]).removeprefix(f"{visitor}:")} for line in lines]
            yield _event("history", f"{channel.epoch}-{at}", told)
        while not channel.closing:
            heard = box.heard
            for number_, line in box.after(at) or ():
                at = number_
                if line["direction"] == "out" and expected[str(line["text"])] > 0:
                    expected[str(line["text"])] -= 1
                    continue
                yield _event("line", f"{channel.epoch}-{at}", line)
            if box.last > at:
                continue
            with contextlib.suppress(TimeoutError):
                # Not asyncio.wait_for: on Python 3.11 it can swallow the cancellation of a closed page.
                async with asyncio.timeout(_BREATH):
                    await heard.wait()
            if not heard.is_set():
                yield ": .\n\n"
    finally:
        box.listeners -= 1


def _recent(lines: Sequence[dict[str, Any]], channel: WebChatChannel) -> Counter[str]:
    """The bot's bubbles of the last minute, by their words."""
    soon = channel.now() - timedelta(seconds=60)
    return Counter(str(x["text"]) for x in lines if x["direction"] == "out" and datetime.fromisoformat(x["at"]) >= soon)


def _event(kind: str, number: str, data: Any) -> str:
    return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


# --- files ---


@cache
def _page() -> str:
    """The page, with the versions of its two files in their addresses."""
    html = (_FILES / "chat.html").read_text("utf-8")
    for name in _TYPES:
        version = hashlib.sha256((_FILES / name).read_bytes()).hexdigest()[:12]
        html = html.replace(f"/chat/static/{name}", f"/chat/static/{name}?v={version}")
    return html


@cache
def _sentences() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load((DATA / "texts" / "webchat.yml").read_text("utf-8"))
    return loaded
