"""The web chat: the third channel, and the demonstration. A browser is a citizen with a signed random id.

What was said goes to the page as server-sent events out of a small buffer in memory, so `send` must be called in
the process that serves the page: the service with web chat runs as one process. Nothing is lost by a restart:
the page then gets the transcript again.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from bot.channels.base import Forged, Incoming, Json, Limits, Malformed, Media, Outgoing, StaffTap, WebhookRequest
from bot.failures import Rejected, TemporaryFailure

COOKIE: Final = "siaga_tamu"
MARK: Final = "x-siaga-chat"
"""A header that no form and no foreign page can send without asking us first."""
MOST_WORDS: Final = 4000
MESSAGES_A_MINUTE: Final = 30
_LINES_KEPT: Final = 50
_VISITORS_KEPT: Final = 2000
_VISITOR: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UPLOAD: Final = re.compile(r"[0-9a-f]{32}")


class NoVisitor(Forged):
    """The browser has no valid cookie yet."""


@dataclass(slots=True, eq=False)
class Mailbox:
    """The latest lines of one visitor, numbered from 1; `heard` is replaced at every new line."""

    lines: deque[tuple[int, Json]] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    last: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: int = 0
    sent_at: deque[float] = field(default_factory=deque)

    def put(self, line: Json) -> int:
        self.last += 1
        self.lines.append((self.last, line))
        self.heard.set()
        self.heard = asyncio.Event()
        return self.last

    def after(self, number: int) -> list[tuple[int, Json]] | None:
        """The lines after this number, or None when some of them are no longer here."""
        first = self.lines[0][0] if self.lines else self.last + 1
        if number > self.last or number < first - 1:
            return None
        return [line for line in self.lines if line[0] > number]


class WebChatChannel:
    """Citizens in a browser. `signer` is the house's keyed signature; `spool` holds uploads until they are fetched.

    `public_url` decides whether the cookie is Secure and which origin may post, besides the request's own host.
    """

    name = "webchat"
    limits = Limits(text=MOST_WORDS, text_with_buttons=MOST_WORDS, buttons=12, button_title=64)

    def __init__(
        self, signer: Callable[[str], str], spool: Path, public_url: str = "http://127.0.0.1:8000",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._signer = signer
        self._spool = spool
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(public_url))
        self._clock = clock
        self._boxes: OrderedDict[str, Mailbox] = OrderedDict()
        self.secure = public_url.startswith("https://")
        self.epoch = secrets.token_hex(4)
        """Tells the page's numbers of this process from those of an earlier one."""
        self.closing = False

    def now(self) -> datetime:
        return self._clock()

    # --- who ---

    def new_cookie(self) -> tuple[str, str]:
        """A fresh visitor id and its cookie value."""
        visitor = secrets.token_urlsafe(16)
        return visitor, f"{visitor}.{self._signer(f'webchat:{visitor}')}"

    def visitor_of(self, headers: Mapping[str, str]) -> str | None:
        """The visitor whose signed cookie this request carries. Header names are lower case."""
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return None
        visitor, _, signature = (morsel.value if morsel else "").partition(".")
        if not _VISITOR.fullmatch(visitor):
            return None
        return visitor if hmac.compare_digest(signature.encode(), self._signer(f"webchat:{visitor}").encode()) else None

    def author(self, headers: Mapping[str, str]) -> str:
        """The visitor who posts this from our own page. Raises Forged, or NoVisitor."""
        origin = headers.get("origin")
        at_home = (self._origin, f"http://{headers.get('host')}", f"https://{headers.get('host')}")
        if headers.get(MARK) != "1" or (origin is not None and origin not in at_home):
            raise Forged("this was not posted by the chat page")
        visitor = self.visitor_of(headers)
        if visitor is None:
            raise NoVisitor("the browser has no chat cookie")
        return visitor

    def may_speak(self, visitor: str, messages: int = 1) -> float:
        """0 when the visitor may send this much now, else the seconds to wait."""
        box, now = self.mailbox(visitor), self._clock().timestamp()
        while box.sent_at and box.sent_at[0] <= now - 60:
            box.sent_at.popleft()
        if len(box.sent_at) + messages > MESSAGES_A_MINUTE:
            return max(1.0, box.sent_at[0] + 60 - now)
        box.sent_at.extend([now] * messages)
        return 0.0

    def mailbox(self, visitor: str) -> Mailbox:
        """The visitor's lines; those nobody listens to are forgotten when there are too many visitors."""
        box = self._boxes.get(visitor)
        if box is None:
            box = self._boxes[visitor] = Mailbox()
            idle = (v for v, b in self._boxes.items() if not b.listeners and v != visitor)
            while len(self._boxes) > _VISITORS_KEPT and (oldest := next(idle, None)):
                del self._boxes[oldest]
                idle = (v for v, b in self._boxes.items() if not b.listeners and v != visitor)
        self._boxes.move_to_end(visitor)
        return box

    # --- in ---

    def receive(self, request: WebhookRequest) -> Sequence[Incoming | StaffTap]:
        """Read the JSON of one message: {id, text | button | pin}. Raises Forged, NoVisitor or Malformed."""
        visitor = self.author(request.headers)
        try:
            body = json.loads(request.body)
        except ValueError as error:
            raise Malformed("the message is not JSON") from error
        match body:
            case {"id": str(own), "text": str(words)} if words.strip() and len(words) <= MOST_WORDS:
                return [self._incoming(visitor, own, "text", text=words.strip())]
            case {"id": str(own), "button": str(option)} if 0 < len(option) <= 128:
                return [self._incoming(visitor, own, "button", button=option, text=self._title(visitor, option))]
            case {"id": str(own), "pin": [int() | float() as lat, int() | float() as lon]} if (
                abs(lat) <= 90 and abs(lon) <= 180
            ):
                return [self._incoming(visitor, own, "pin", pin=(float(lat), float(lon)))]
            case _:
                raise Malformed("a message has an id and one of text, button or pin")

    def photos(self, visitor: str, own: str, caption: str) -> Incoming:
        """The message of an upload, its photos still to be kept. Raises Malformed."""
        return self._incoming(visitor, own, "photo", text=caption.strip()[:MOST_WORDS] or None)

    def _incoming(
        self, visitor: str, own: str, kind: Literal["text", "button", "photo", "pin"], text: str | None = None,
        button: str | None = None, pin: tuple[float, float] | None = None,
    ) -> Incoming:  # fmt: skip
        if not _MESSAGE_ID.fullmatch(own):
            raise Malformed("a message id has 1 to 64 letters, digits, - or _")
        return Incoming(self.name, f"{visitor}:{own}", visitor, self._clock(), kind, text=text, button=button, pin=pin)

    def _title(self, visitor: str, option: str) -> str | None:
        """What the button said, where its line is still in the buffer."""
        for _, line in reversed(self.mailbox(visitor).lines):
            for button in line.get("buttons", ()):
                if button["id"] == option:
                    return str(button["title"])
        return None

    def echo(self, message: Incoming) -> None:
        """Show an accepted message in every open page of its visitor; the page that sent it knows it by its id."""
        self.mailbox(message.address).put(
            {
                "id": message.message_id.partition(":")[2], "direction": "in", "kind": message.kind,
                "text": message.text or "", "at": message.at.isoformat(), "photos": len(message.media),
            }
        )  # fmt: skip

    async def keep(self, message: Incoming, nth: int, content: bytes, media: Media) -> Media:
        """Write the nth upload of a message to the spool; sent again, it takes the same place.

        Raises TemporaryFailure when the disk does not take it.
        """
        ref = hashlib.sha256(f"{message.message_id}:{nth}".encode()).hexdigest()[:32]

        def write() -> None:
            self._spool.mkdir(parents=True, exist_ok=True)
            unfinished = self._spool / f"{ref}.{secrets.token_hex(4)}"
            unfinished.write_bytes(content)
            unfinished.replace(self._spool / ref)

        try:
            await asyncio.to_thread(write)
        except OSError as error:
            raise TemporaryFailure(f"the upload folder cannot be written: {error.strerror}") from error
        return replace(media, ref=ref, size=len(content))

    # --- out ---

    async def send(self, address: str, message: Outgoing) -> str:
        """Put a bubble before the visitor; one who is away finds it at the next connection. Never fails."""
        line: Json = {
            "direction": "out", "kind": "text", "text": message.text, "at": self._clock().isoformat(),
            "buttons": [asdict(button) for button in message.buttons], "request": message.request,
            "urgent": message.urgent,
        }  # fmt: skip
        box = self.mailbox(address)
        line["id"] = f"{self.epoch}-{box.last + 1}"
        box.put(line)
        return str(line["id"])

    async def fetch(self, media: Media, most_bytes: int) -> bytes:
        """The bytes of an upload. Raises Rejected when it is gone, not ours, or larger than `most_bytes`."""
        if not _UPLOAD.fullmatch(media.ref):
            raise Rejected("this is not an upload of the web chat")
        path = self._spool / media.ref

        def read() -> bytes:
            if path.stat().st_size > most_bytes:
                raise Rejected(f"the upload is larger than {most_bytes} bytes")
            return path.read_bytes()

        try:
            return await asyncio.to_thread(read)
        except FileNotFoundError:
            raise Rejected("the upload is gone") from None
        except OSError as error:
            raise TemporaryFailure(f"the upload folder cannot be read: {error.strerror}") from error

    async def forget(self, media: Media) -> None:
        """Remove an upload that was stored elsewhere; the media pipeline calls this, never the channel itself."""
        if _UPLOAD.fullmatch(media.ref):
            await asyncio.to_thread((self._spool / media.ref).unlink, missing_ok=True)

    async def answered(self, incoming: Incoming | StaffTap) -> None:
        """Nothing: the page has its answer with the request."""

    async def start(self) -> None:
        self.closing = False

    async def close(self) -> None:
        """End every open stream, so that the server can stop."""
        self.closing = True
        for box in self._boxes.values():
            box.heard.set()
