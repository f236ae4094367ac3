"""A small regency for the admin pages: officers of every role, a conversation, reports, an incident, a photo."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from bot.admin.actions import FormField
from bot.admin.pages import Pages
from bot.admin.router import admin_pages
from bot.failures import Rejected
from bot.store.accounts import ROLES, Accounts, hashed
from bot.store.ledger import labels
from bot.store.tables import (
    Contact,
    Conversation,
    Incident,
    IncidentStep,
    Media,
    Message,
    Report,
    ReportPhoto,
    ReportStep,
)  # fmt: skip
from bot.store.unit_of_work import Store

NOW = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)
PASSWORD = "kata-sandi-panjang"
NAME, PHONE = "Siti Rahma", "+6281100000011"
PHOTO = "ab" * 32
PICTURE = b"\xff\xd8\xff\xe0 a picture"
TICKETS = {"queued": "KS-261124-AAAA", "filing_unknown": "KS-261124-BBBB", "failed": "KS-261124-CCCC",
           "submitted": "KS-261124-DDDD"}  # fmt: skip
TAKEN = "LP-7788"
"""The tracking ID of the submitted report."""
INCIDENT = "kejadian-1"


_HASHES: dict[str, str] = {}
"""A hash is slow by design: made once for all tests."""


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class RecordedActions:
    """Actions that only remember what was asked; `trouble` is raised instead, once set."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    trouble: Exception | None = None

    def _note(self, *call: Any) -> None:
        if self.trouble:
            raise self.trouble
        self.calls.append(call)

    async def file_assisted(self, ticket: str, tracking_id: str, user: str) -> None:
        self._note("file_assisted", ticket, tracking_id, user)

    async def settle_unknown(self, ticket: str, tracking_id: str | None, user: str) -> None:
        self._note("settle_unknown", ticket, tracking_id, user)

    async def retry_filing(self, ticket: str, user: str) -> None:
        self._note("retry_filing", ticket, user)

    async def note_status(
        self, ticket: str, state: str, note: str | None, user: str, addressee: str | None = None
    ) -> None:
        self._note("note_status", ticket, state, note, user, addressee)

    async def file_without(self, ticket: str, user: str) -> None:
        self._note("file_without", ticket, user)

    async def seen_to(self, ticket: str, user: str) -> None:
        self._note("seen_to", ticket, user)

    async def move_incident(self, incident_id: str, state: str, user: str) -> bool:
        self._note("move_incident", incident_id, state, user)
        return True

    async def separate_incident(self, incident_id: str, user: str) -> bool:
        self._note("separate_incident", incident_id, user)
        return True

    async def reply(self, conversation_id: int, text: str, user: str) -> None:
        self._note("reply", conversation_id, text, user)

    async def take(self, conversation_id: int, user: str) -> None:
        self._note("take", conversation_id, user)

    async def hand_back(self, conversation_id: int, user: str) -> None:
        self._note("hand_back", conversation_id, user)

    async def erase(self, conversation_id: int) -> None:
        self._note("erase", conversation_id)


def name(kind: str, code: str) -> str:
    """Names as the texts would give them."""
    known = {("category", "lampu_jalan"): "Lampu jalan", ("place", "64.08.04"): "Kec. Sangatta Utara",
             ("emergency", "kebakaran"): "Kebakaran", ("anonymity", "anonim"): "anonim"}  # fmt: skip
    return known.get((kind, code), code)


async def form(ticket: str) -> list[FormField]:
    if ticket not in TICKETS.values():
        raise Rejected(f"Laporan {ticket} tidak ada.")
    return [
        FormField("Judul laporan", "Lampu jalan mati"),
        FormField("Isi laporan", f"Gelap.\nTiket {ticket}", long=True),
    ]


async def read_photo(digest: str) -> bytes:
    if digest != PHOTO:
        raise FileNotFoundError(digest)
    return PICTURE


@dataclass
class World:
    store: Store
    actions: RecordedActions
    clock: Clock
    pages: Pages
    app: FastAPI
    conversation: int

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://siaga.test")

    async def sign_in(self, username: str, password: str = PASSWORD) -> httpx.AsyncClient:
        """A browser that has tried to sign in."""
        browser = self.browser()
        await sign_in(browser, username, password)
        return browser

    async def audit(self) -> list[tuple[str, str, str | None]]:
        async with self.store.read() as session:
            rows = await session.execute(sa.text("SELECT action, object, reason_code FROM audit ORDER BY id"))
            return [tuple(row) for row in rows]  # type: ignore[misc]


async def sign_in(browser: httpx.AsyncClient, username: str, password: str = PASSWORD) -> httpx.Response:
    token = token_of(await browser.get("/admin/masuk"))
    return await browser.post("/admin/masuk", data={"csrf": token, "username": username, "password": password})


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, f"no form on {page.url}"
    return found[1]


async def post(browser: httpx.AsyncClient, path: str, **form_: str) -> httpx.Response:
    """Post a form with the session's own token."""
    token = token_of(await browser.get("/admin"))
    return await browser.post(path, data={"csrf": token, **form_})


async def build(store: Store) -> World:
    clock, actions = Clock(), RecordedActions()
    pages = admin_pages(store, actions, form, read_photo, name, "http://siaga.test", clock)
    # The streams end at once: a client without a network waits for whole answers.
    pages.close()
    app = FastAPI()
    app.include_router(pages.router)
    return World(store, actions, clock, pages, app, await fill(store))


async def fill(store: Store) -> int:
    """Put everything in and return the conversation's id."""
    password_hash = _HASHES.get(PASSWORD) or _HASHES.setdefault(PASSWORD, await hashed(PASSWORD))
    async with store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
        for role in ROLES:
            await accounts.add_user(role, f"Petugas {role}", password_hash, role, NOW)
        seal = store.sealer.seal
        contact = Contact(
            channel="whatsapp", address_hash=store.sealer.fingerprint("whatsapp", PHONE), address_enc=seal(PHONE),
            name_enc=seal(NAME), phone_enc=seal(PHONE), created_at=NOW,
        )  # fmt: skip
        session.add(contact)
        await session.flush()
        conversation = Conversation(
            contact_id=contact.id, channel="whatsapp", state_enc=seal("{}"), waiting_for_staff=True, held_by=None,
            created_at=NOW, last_inbound_at=NOW,
        )  # fmt: skip
        session.add(conversation)
        await session.flush()
        understanding = {"intent": "lapor", "confidence": 0.91, "category": {"code": "lampu_jalan", "confidence": 0.8},
                         "place": {"kecamatan": "64.08.04", "certainty": "sure"}}  # fmt: skip
        buttons = [{"id": "photo:skip", "title": "Lewati"}]
        first = f"lampu mati, saya {NAME} 0811-0000-0011"
        session.add_all([
            _message(conversation.id, "in", "text", first, understanding=understanding, data={"did": ["ask_photo"]}),
            _message(conversation.id, "out", "text", "Ada fotonya?", data={"buttons": buttons}),
            _message(conversation.id, "in", "tap", "photo:skip"),
            _message(conversation.id, "in", "photos", "<b>ini</b> fotonya", data={"photos": [PHOTO]}),
        ])  # fmt: skip
        session.add(Media(hash=PHOTO, content_type="image/jpeg", size=len(PICTURE), created_at=NOW))
        for n, (state, ticket) in enumerate(TICKETS.items()):
            session.add(_report(store, ticket, state, conversation.id, NOW - timedelta(hours=n)))
            await session.flush()
            session.add(ReportStep(ticket=ticket, state="queued", who="warga", note=None, at=NOW))
        session.add(ReportPhoto(ticket=TICKETS["queued"], position=0, hash=PHOTO, upload_id=None))
        session.add(_incident(store, conversation.id))
        await session.flush()
        session.add(IncidentStep(incident_id=INCIDENT, what="raised", who="siaga", note="live", at=NOW))
        return conversation.id


def _message(conversation: int, direction: str, kind: str, text: str, **more: Any) -> Message:
    return Message(
        conversation_id=conversation,
        direction=direction,
        kind=kind,
        text=text,
        at=NOW,
        data=more.pop("data", {}),
        **labels(more.get("understanding")),
        **more,
    )


def _report(store: Store, ticket: str, state: str, conversation: int, at: datetime) -> Report:
    return Report(
        ticket=ticket, conversation_id=conversation, channel="whatsapp", state=state, category="lampu_jalan",
        classification="pengaduan", kecamatan="64.08.04", desa=None, place_detail="depan masjid", place_uncertain=False,
        lat=None, lon=None, description="Lampu jalan mati.", incident_date="2026-11-24", anonymity="none",
        reporter_enc=store.sealer.seal(NAME), phone_enc=store.sealer.seal(PHONE), agency="Dinas Perhubungan",
        complaint_id=None, tracking_id=TAKEN if state == "submitted" else None,
        note="LAPOR! menolak: kategori salah" if state == "failed" else None, created_at=at, changed_at=at,
    )  # fmt: skip


def _incident(store: Store, conversation: int) -> Incident:
    return Incident(
        id=INCIDENT, conversation_id=conversation, channel="whatsapp", version=1, type="kebakaran", level="live",
        state="handed_off", words="rumah terbakar, hubungi 081100000011", kecamatan="64.08.04", desa=None,
        place_detail="dekat pasar", lat=0.5, lon=117.5, outside=False, victims=None, phone_enc=store.sealer.seal(PHONE),
        photos=[PHOTO], duplicate_of=None, acknowledged_by=None, created_at=NOW - timedelta(seconds=40),
        acknowledged_at=None, changed_at=NOW,
    )  # fmt: skip
