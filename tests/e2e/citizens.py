"""The people of the tests: citizens at each channel, and petugas at the admin web."""

from __future__ import annotations

import re
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


def sentence(key: str) -> str:
    """A sentence of the bot without arguments, as data/texts has it."""
    return _TEXTS.render(Say(key), "id", Limits()).text


@dataclass(frozen=True)
class Bubble:
    """What a citizen sees: words, and the titles of the options under them."""

    text: str
    titles: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


class Citizen:
    """Reads on from where they left off; every expectation consumes the bubbles up to the one it wanted."""

    def __init__(self) -> None:
        self.read = 0

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
        """Answer what is asked on the way (which place, no photo) until the option `wanted` is offered."""
        until = time.monotonic() + seconds
        while True:
            bubble = self.hears_that(lambda b: bool(b.titles), f"a question on the way to {wanted}", seconds)
            if wanted in bubble.titles:
                return bubble
            assert time.monotonic() < until, f"{wanted} is not reached: {bubble}"
            skip = sentence("option_photo_skip")
            self.picks(skip if skip in bubble.titles else bubble.titles[0])


class TelegramCitizen(Citizen):
    """A private chat with the bot at the Telegram stand-in."""

    def __init__(self, telegram: OtherSide, chat: int, name: str = "Warga Uji") -> None:
        super().__init__()
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
        super().__init__()
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
        self._accepted(media=[{"content": encoded(p), "content_type": "image/jpeg"} for p in photos], text=caption or "")

    def pins(self, lat: float, lon: float) -> None:
        self._accepted(pin=(lat, lon))

    def bubbles(self) -> list[Bubble]:
        mine = [m for m in self.twilio.sent() if m["to"] == f"whatsapp:{self.sender}"]
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
