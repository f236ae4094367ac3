"""The people of the tests: citizens at each channel, and petugas at the admin web."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

from bot.channels.base import Limits
from bot.settings import DATA
from bot.texts import Texts
from flows.model import Say
from tests.channels.ear import encoded
from tests.e2e.processes import OtherSide, eventually

TICKET: Final = re.compile(r"KS-\d{6}-[A-Z0-9]{4}")
_TEXTS: Final = Texts(DATA / "texts", lambda code: code)
_NUMBERED: Final = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)


def sentence(key: str, **args: str) -> str:
    """A sentence of the bot as data/texts has it."""
    return _TEXTS.render(Say(key, args), "id", Limits()).text


@dataclass(frozen=True)
class Bubble:
    """What a citizen sees: words, and the titles of the options under them."""

    text: str
    titles: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


class Citizen:
    """Reads on from where they left off; every expectation consumes the bubbles up to the one it wanted."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.read = 0
        self.last_heard = Bubble("")

    def bubbles(self) -> list[Bubble]:
        raise NotImplementedError

    def writes(self, words: str) -> None:
        raise NotImplementedError

    def picks(self, title: str) -> None:
        raise NotImplementedError

    def sends(self, *photos: bytes, caption: str | None = None) -> None:
        raise NotImplementedError

    def next(self) -> list[Bubble]:
        """Bubbles not read yet."""
        return self.bubbles()[self.read :]

    def hears(self, *words: str, seconds: float = 20.0) -> Bubble:
        """The next bubble that has all these words."""
        return self.hears_that(lambda b: all(w in b.text for w in words), f"a bubble with {words}", seconds)

    def hears_that(self, fits: Callable[[Bubble], bool], what: str, seconds: float = 20.0) -> Bubble:
        def look() -> tuple[int, Bubble] | None:
            return next(((n, b) for n, b in enumerate(self.next()) if fits(b)), None)

        try:
            n, bubble = eventually(lambda: look(), what, seconds)  # type: ignore[misc]
        except AssertionError as error:
            raise AssertionError(f"{error}; heard instead: {[b.text for b in self.next()]}") from None
        self.read += n + 1
        self.last_heard = bubble
        return bubble

    def is_offered(self, title: str, seconds: float = 20.0) -> Bubble:
        """The next bubble with an option of this title."""
        return self.hears_that(lambda b: title in b.titles, f"the option {title}", seconds)

    def ticket(self, seconds: float = 20.0) -> str:
        bubble = self.hears_that(lambda b: bool(TICKET.search(b.text)), "a ticket number", seconds)
        found = TICKET.search(bubble.text)
        assert found
        return found[0]

    def goes_on_to(self, wanted: str, seconds: float = 30.0) -> Bubble:
        """Answer what is asked on the way until `wanted` is offered: no photo, a new report, the first place."""
        until = time.monotonic() + seconds
        usual = [sentence("option_photo_skip"), sentence("option_similar_new")]
        while True:
            bubble = self.hears_that(lambda b: bool(b.titles), f"a question on the way to {wanted}", seconds)
            if wanted in bubble.titles:
                return bubble
            assert time.monotonic() < until, f"{wanted} is not reached: {bubble}"
            self.picks(next((title for title in usual if title in bubble.titles), bubble.titles[0]))


class TelegramCitizen(Citizen):
    """A private chat with the bot at the Telegram stand-in."""

    def __init__(self, telegram: OtherSide, chat: int, name: str = "Warga Uji") -> None:
        super().__init__(str(chat))
        self.telegram, self.chat, self.name = telegram, chat, name

    def acts(self, **act: Any) -> list[int | None]:
        """One act; the statuses that its deliveries got."""
        statuses: list[int | None] = self.telegram.say(chat=self.chat, name=self.name, **act)["statuses"]
        return statuses

    def _accepted(self, **act: Any) -> None:
        statuses = self.acts(**act)
        assert set(statuses) == {200}, statuses

    def writes(self, words: str) -> None:
        self._accepted(text=words)

    def picks(self, title: str) -> None:
        shown = next(b for b in reversed(self.bubbles()) if title in b.titles)
        # A key of the keyboard below the chat is typed for the citizen; only inline buttons are tapped.
        self._accepted(**({"button": title} if shown.ids else {"text": title}))

    def sends(self, *photos: bytes, caption: str | None = None) -> None:
        self._accepted(photos=[encoded(p) for p in photos], caption=caption)

    def pins(self, lat: float, lon: float) -> None:
        self._accepted(pin=(lat, lon))

    def bubbles(self) -> list[Bubble]:
        mine = [m for m in self.telegram.sent() if m.get("chat_id") == self.chat and m["method"] == "sendMessage"]
        return [self._bubble(m) for m in mine]

    @staticmethod
    def _bubble(message: dict[str, Any]) -> Bubble:
        markup = message["reply_markup"] or {}
        inline = [key for row in markup.get("inline_keyboard", []) for key in row]
        keys = [key for row in markup.get("keyboard", []) for key in row]
        plain = [key["text"] for key in keys if not key.get("request_location") and not key.get("request_contact")]
        return Bubble(
            message["text"], tuple(key["text"] for key in inline) or tuple(plain),
            tuple(key.get("callback_data", "") for key in inline),
        )  # fmt: skip


class WhatsAppCitizen(Citizen):
    """A number at the Twilio stand-in; without templates, options are numbered lines."""

    def __init__(self, twilio: OtherSide, sender: str, name: str = "Warga Uji") -> None:
        super().__init__(f"whatsapp:{sender}")
        self.twilio, self.sender, self.name = twilio, sender, name

    def acts(self, **act: Any) -> list[int | None]:
        statuses: list[int | None] = self.twilio.say(sender=self.sender, name=self.name, **act)["statuses"]
        return statuses

    def _accepted(self, **act: Any) -> None:
        statuses = self.acts(**act)
        assert set(statuses) == {200}, statuses

    def writes(self, words: str) -> None:
        self._accepted(text=words)

    def picks(self, title: str) -> None:
        shown = next(b for b in reversed(self.bubbles()) if title in b.titles)
        self._accepted(text=str(shown.titles.index(title) + 1) if len(shown.titles) > 1 else title)

    def sends(self, *photos: bytes, caption: str | None = None) -> None:
        files = [{"content": encoded(photo), "content_type": "image/jpeg"} for photo in photos]
        self._accepted(media=files, text=caption or "")

    def pins(self, lat: float, lon: float) -> None:
        self._accepted(pin=(lat, lon))

    def bubbles(self) -> list[Bubble]:
        mine = [m for m in self.twilio.sent() if m["to"] == self.address]
        return [
            Bubble(m["body"], tuple(title for _, title in _NUMBERED.findall(m["body"]))) for m in mine
        ]  # fmt: skip


class Petugas:
    """A browser of a petugas at the admin web."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False, follow_redirects=True)
        page = self._http.get("/admin/masuk")
        given = {"csrf": self._token(page.text), "ke": "", "username": username, "password": password}
        signed_in = self._http.post("/admin/masuk", data=given)
        assert signed_in.status_code == 200, signed_in.text
        assert "/admin/keluar" in signed_in.text, "the sign-in did not work"

    @property
    def cookies(self) -> httpx.Cookies:
        """The sign-in, for a further window of the same browser."""
        return self._http.cookies

    @staticmethod
    def _token(html: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', html)
        assert found, "the page has no csrf token"
        return found[1]

    def reads(self, path: str) -> str:
        page = self._http.get(path)
        assert page.status_code == 200, page.text
        return page.text

    def posts(self, path: str, shown_on: str, **fields: str) -> httpx.Response:
        """Send a form of a page, with the token that the page carries."""
        return self._http.post(path, data={"csrf": self._token(self.reads(shown_on)), **fields})

    def posts_without_token(self, path: str, **fields: str) -> int:
        return self._http.post(path, data=fields).status_code

    def close(self) -> None:
        self._http.close()


class WebCitizen(Citizen):
    """A browser at /chat: a cookie, JSON posted as the page does, and the stream of events read beside it."""

    def __init__(self, url: str, cookies: httpx.Cookies | None = None) -> None:
        super().__init__("webchat")
        self._url = url
        self._http = httpx.Client(
            base_url=url, timeout=30, trust_env=False, headers={"x-siaga-chat": "1"}, cookies=cookies
        )
        page = self._http.get("/chat")
        assert page.status_code == 200, page.text
        self._lines: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._open = threading.Event()
        self._stream = threading.Thread(target=self._listen, daemon=True)
        self._stream.start()
        assert self._open.wait(20), "the stream of events does not open"

    def _listen(self) -> None:
        timeout = httpx.Timeout(30, read=60)
        kind = ""
        try:
            with self._http.stream("GET", "/chat/events", timeout=timeout) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                for line in answer.iter_lines():
                    self._open.set()
                    if line.startswith("event: "):
                        kind = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        data = json.loads(line.removeprefix("data: "))
                        self._lines.extend(data if kind == "history" else [data])
        except httpx.HTTPError:
            # The service or the test ended the stream; what was heard stays.
            return

    def opens_again(self) -> WebCitizen:
        """The page in another tab of the same browser, once it shows what was said before."""
        tab = WebCitizen(self._url, self._http.cookies)
        eventually(tab.bubbles, "the transcript is shown")
        return tab

    def posts(self, **message: Any) -> httpx.Response:
        return self._http.post("/chat/messages", json={"id": f"m{next(self._numbers)}", **message})

    def writes(self, words: str) -> None:
        answer = self.posts(text=words)
        assert answer.status_code == 200, answer.text

    def picks(self, title: str) -> None:
        shown = next(b for b in reversed(self.bubbles()) if title in b.titles)
        answer = self.posts(button=shown.ids[shown.titles.index(title)])
        assert answer.status_code == 200, answer.text

    def sends(self, *photos: bytes, caption: str | None = None) -> None:
        files = [("photos", (f"foto{n}.jpg", photo, "image/jpeg")) for n, photo in enumerate(photos)]
        fields = {"id": f"m{next(self._numbers)}", "caption": caption or ""}
        answer = self._http.post("/chat/photos", data=fields, files=files)
        assert answer.status_code == 200, answer.text

    def pins(self, lat: float, lon: float) -> None:
        answer = self.posts(pin=[lat, lon])
        assert answer.status_code == 200, answer.text

    def bubbles(self) -> list[Bubble]:
        return [
            Bubble(line["text"], tuple(b["title"] for b in line["buttons"]), tuple(b["id"] for b in line["buttons"]))
            for line in list(self._lines) if line["direction"] == "out"
        ]  # fmt: skip

    def leaves(self) -> None:
        """Close the tab: the stream ends at once, as a browser ends it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._stream.join(10)
        self._http.close()
