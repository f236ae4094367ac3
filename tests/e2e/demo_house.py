"""A house with the data of an invented fortnight in a process of its own, for whoever looks at its pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bot.media import MediaFolder, clean
from bot.settings import load
from bot.store import schema
from bot.store.accounts import DEMO_PASSWORD, Accounts, hashed
from bot.store.canned import CannedReplies
from bot.store.ledger import labels
from bot.store.sealing import Sealer
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
from bot.store.tables_accounts import RetentionRun, SecondFactor
from bot.store.tables_desk import Notice
from bot.store.tables_lapor import ReportAtLapor
from bot.store.unit_of_work import Store
from flows import codec
from flows.model import State
from tests.conftest import SECRET as SECRET_KEY
from tests.e2e.pictures import street
from tests.e2e.processes import Process, answers, free_port

OFFICERS: Final = {
    "admin": ("admin", "Rina Admin"), "operator": ("operator", "Budi Operator"),
    "petugas112": ("petugas_112", "Sari Meja 112"), "peninjau": ("peninjau", "Tono Peninjau"),
    "berkode": ("operator", "Wati Berkode"),
}  # fmt: skip
PASSWORD: Final = DEMO_PASSWORD
WARGA: Final = (
    # channel, name, days ago, words, intent, confidence, category, kecamatan, danger
    ("whatsapp", "Siti Rahma", 0, "lampu jalan mati depan masjid Al Falah sudah 2 minggu", "lapor", .94, "lampu_jalan",
     "64.08.04", None),
    ("whatsapp", "Agus Salim", 0, "jalan ke pasar berlubang dalam, kemarin ada yang jatuh", "lapor", .88, "jalan",
     "64.08.09", None),
    ("telegram", "Maya Putri", 1, "sampah menumpuk di belakang terminal", "lapor", .91, "sampah", "64.08.04", None),
    ("webchat", None, 1, "kenapa air ledeng keruh terus ya", "tanya_informasi", .41, "air_bersih", "64.08.12", None),
    ("telegram", "Yusuf Hadi", 2, "usul taman bermain dekat sekolah", "lapor", .38, "fasilitas_umum", "64.08.15",
     None),
    ("whatsapp", "Dewi Lestari", 3, "pak tolong antrean KTP lama sekali", "lapor", .86, "kependudukan", "64.08.04",
     None),
    ("whatsapp", "Rahmat Noor", 4, "rumah tetangga kebakaran, apinya besar", "darurat", .97, None, "64.08.09", "live"),
    ("telegram", "Nina Sari", 6, "got mampet banjir tiap hujan", "lapor", .79, "drainase", "64.08.12", None),
    ("whatsapp", "Hasan Basri", 9, "jembatan kayu lapuk, anak sekolah lewat situ", "lapor", .9, "jembatan",
     "64.08.05", None),
    ("webchat", None, 12, "asap tebal dari arah kebun", "darurat", .55, None, "64.08.02", "ask"),
)  # fmt: skip
"""Invented citizens; the numbers are made from their place in this list."""
FIRST_CONVERSATION: Final = 1
"""Siti Rahma's, which the ten tasks work on."""
LAST_CONVERSATION: Final = len(WARGA)
STATES: Final = ("queued", "filing_unknown", "failed", "submitted", "in_progress", "need_info", "done", "verified")
INCIDENTS: Final = ("kejadian-pasar", "kejadian-simpang", "kejadian-lama")


def phone(number: int) -> str:
    return f"+6281100000{number:03d}"


def ticket(number: int) -> str:
    return f"KS-261124-{'ABCDEFGHJKMN'[number] * 4}"


TICKETS: Final = {state: ticket(number) for number, state in enumerate(STATES)}


class DemoHouse(Process):
    """`siaga serve` with web chat alone, reports filed by hand, and nothing that leaves the machine."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.database_url = f"sqlite:///{folder}/siaga.db"
        given = {
            "SIAGA_DATABASE_URL": self.database_url, "SIAGA_MEDIA_DIR": str(folder / "media"),
            "SIAGA_PUBLIC_URL": self.url, "SIAGA_SECRET_KEY": SECRET_KEY, "SIAGA_SECOND_FACTOR": "optional",
            "SIAGA_DEMO": "true", "SIAGA_LAPOR_MODE": "assisted", "SIAGA_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        super().__init__("siaga", ["bot", "serve", "--port", str(port)], folder, given)

    def store(self) -> Store:
        """Its database, seen from outside."""
        return Store(load(database_url=self.database_url, secret_key=SECRET_KEY).database_url, Sealer(SECRET_KEY))


@contextmanager
def demo_house(folder: Path) -> Iterator[DemoHouse]:
    """The house with its data, running, and stopped afterwards."""
    house = DemoHouse(folder)
    with ThreadPoolExecutor(1) as aside:  # a browser's loop may occupy this thread
        aside.submit(lambda: asyncio.run(_prepare(house))).result(60)
    house.start()
    try:
        house.until(lambda: answers(f"{house.url}/readyz"), 180)
        yield house
    finally:
        house.stop()


async def _prepare(house: DemoHouse) -> None:
    store = house.store()
    await schema.upgrade(store)
    photo = clean(street(7))
    MediaFolder(house.folder / "media").write(photo.attachment.hash, photo.content)
    await fill(store, datetime.now(UTC), photo.attachment.hash, len(photo.content))
    await store.close()


async def fill(store: Store, now: datetime, photo: str, size: int) -> None:
    """Officers, citizens with what they wrote, reports of every kind, incidents, and what the house noted."""
    password = await hashed(PASSWORD)
    seal = store.sealer.seal_or_none
    async with store.write() as session:
        accounts = Accounts(session)
        await accounts.seed_roles()
        users = [await accounts.add_user(u, name, password, role, now) for u, (role, name) in OFFICERS.items()]
        # Whose authenticator app nobody here has: the page that asks for its code is looked at.
        secret = store.sealer.seal("JBSWY3DPEHPK3PXP")
        session.add(SecondFactor(user_id=users[-1], secret_enc=secret, pending_enc=None, confirmed_at=now,
                                 locked_until=None))  # fmt: skip
        session.add(Media(hash=photo, content_type="image/jpeg", size=size, created_at=now))
        for number, (channel, name, days, text, *read) in enumerate(WARGA, 1):
            at = now - timedelta(days=days, minutes=11 * number)
            contact = Contact(
                channel=channel, address_hash=store.sealer.fingerprint(channel, phone(number)),
                address_enc=store.sealer.seal(phone(number)), name_enc=seal(name),
                phone_enc=seal(phone(number) if channel == "whatsapp" else None), created_at=at,
            )  # fmt: skip
            session.add(contact)
            await session.flush()
            state = State(noticed=True, reporter=name, last_citizen_at=at, waiting_for_staff=number == 2)
            conversation = Conversation(
                contact_id=contact.id, channel=channel, state_enc=store.sealer.seal_json(codec.encode_state(state)),
                waiting_for_staff=number == 2, waiting_since=at if number == 2 else None, held_by=None, created_at=at,
                last_inbound_at=at,
            )  # fmt: skip
            session.add(conversation)
            await session.flush()
            session.add_all(_talk(conversation.id, at, text, read, photo if number == 1 else None))
        for number, state in enumerate(STATES):
            session.add(_report(store, number, state, now))
            await session.flush()
            session.add_all(_history(number, state, now))
            session.add(_at_lapor(number, state, now))
        session.add(ReportPhoto(ticket=TICKETS["queued"], position=0, hash=photo, upload_id=None))
        for number, id_ in enumerate(INCIDENTS):
            session.add(_incident(store, number, id_, now))
            await session.flush()
            at = now - timedelta(seconds=(50, 900, 86400 * 4)[number])
            session.add(IncidentStep(incident_id=id_, what="raised", who="siaga", note="live", at=at))
        canned = CannedReplies(session)
        await canned.put(None, "jam", "Kantor kami buka lagi pukul 07.30 WITA.", now)
        await canned.put(None, "foto", "Mohon kirim satu foto tempatnya, Bapak/Ibu.", now)
        session.add(Notice(key="demo", words="1 laporan menunggu diajukan lebih dari 60 menit.", made_at=now))
        counts = {"drafts": 3, "messages": 128, "media": 9}
        session.add(RetentionRun(at=now - timedelta(hours=8), dry_run=False, milliseconds=412, counts=counts))
        for action, object_ in (("sign_in", "session"), ("reveal", "conversation:1")):
            accounts.audit(
                users[1], action, object_, now - timedelta(hours=2), "hubungi" if action == "reveal" else None
            )


def _talk(conversation: int, at: datetime, text: str, read: list[Any], photo: str | None) -> list[Message]:
    intent, confidence, category, kecamatan, danger = read
    understanding: dict[str, Any] = {
        "intent": intent, "confidence": confidence, "place": {"kecamatan": kecamatan, "certainty": "sure"},
    }  # fmt: skip
    if category:
        understanding["category"] = {"code": category, "confidence": confidence - 0.05}
    if danger:
        understanding["emergency"] = {"level": danger, "type": "kebakaran", "score": confidence}
    buttons = [{"id": "photo:skip", "title": "Lewati"}]
    attached = {"photos": [photo]} if photo else {}
    lines = [
        ("in", "photos" if photo else "text", text, {"did": ["ask_place"], **attached}, understanding),
        ("out", "text", "Terima kasih, Bapak/Ibu. Ada foto lain?", {"buttons": buttons}, None),
    ]  # fmt: skip
    return [
        Message(conversation_id=conversation, direction=direction, kind=kind, text=words, data=data,
                understanding=seen, **labels(seen), at=at + timedelta(seconds=20 * n))
        for n, (direction, kind, words, data, seen) in enumerate(lines)
    ]  # fmt: skip


_CATEGORIES: Final = (
    ("lampu_jalan", "Dinas Perhubungan", "Lampu jalan di depan masjid mati dua minggu."),
    ("jalan", "Dinas Pekerjaan Umum dan Penataan Ruang", "Jalan ke pasar berlubang dalam."),
    ("sampah", "Dinas Lingkungan Hidup", "Sampah menumpuk di belakang terminal."),
    ("air_bersih", "Perumdam Tirta Tuah Benua", "Air ledeng keruh sejak Senin."),
    ("fasilitas_umum", "Dinas Pekerjaan Umum dan Penataan Ruang", "Ayunan di taman rusak."),
    ("kependudukan", "Dinas Kependudukan dan Pencatatan Sipil", "Antrean KTP sangat lama."),
    ("drainase", "Dinas Pekerjaan Umum dan Penataan Ruang", "Got mampet, banjir tiap hujan."),
    ("jembatan", "Dinas Pekerjaan Umum dan Penataan Ruang", "Jembatan kayu lapuk."),
)  # fmt: skip


def _filed(state: str) -> bool:
    return state not in ("queued", "filing_unknown", "failed")


def _report(store: Store, number: int, state: str, now: datetime) -> Report:
    category, agency, words = _CATEGORIES[number]
    at, code = now - timedelta(days=number * 2, hours=1), f"LP-88{number:02d}" if _filed(state) else None
    return Report(
        ticket=ticket(number), conversation_id=number + 1, channel=WARGA[number][0], state=state, category=category,
        classification="pengaduan", kecamatan=WARGA[number][7], desa=None, place_detail="dekat masjid Al Falah",
        place_uncertain=False, lat=.5021 if number == 0 else None, lon=117.5364 if number == 0 else None,
        description=words, incident_date=at.date().isoformat(), anonymity="none" if number % 3 != 2 else "anonim",
        reporter_enc=store.sealer.seal_or_none(WARGA[number][1]), phone_enc=store.sealer.seal(phone(number + 1)),
        agency=agency, complaint_id=code, tracking_id=code,
        note="LAPOR! menolak: kategori tidak dikenal" if state == "failed" else None, created_at=at, changed_at=at,
    )  # fmt: skip


def _history(number: int, state: str, now: datetime) -> list[ReportStep]:
    at = now - timedelta(days=number * 2, hours=1)
    steps = [ReportStep(ticket=ticket(number), state="queued", who="warga", note=None, at=at)]
    if state != "queued":
        later = at + timedelta(minutes=9)
        steps.append(ReportStep(ticket=ticket(number), state=state, who="siaga", note=None, at=later))
    return steps


def _at_lapor(number: int, state: str, now: datetime) -> ReportAtLapor:
    at = now - timedelta(days=number * 2) if _filed(state) else None
    return ReportAtLapor(
        ticket=ticket(number), status="Dalam Proses" if state == "in_progress" else None, checked_at=at, failures=0,
        submitted_at=at, forwarded_at=at if state == "in_progress" else None,
    )  # fmt: skip


def _incident(store: Store, number: int, id_: str, now: datetime) -> Incident:
    at = now - timedelta(seconds=(50, 900, 86400 * 4)[number])
    kind, words, state = (
        ("kebakaran", "rumah tetangga kebakaran, apinya besar", "handed_off"),
        ("kecelakaan", "motor tabrak truk di simpang tiga, korban pingsan", "acknowledged"),
        ("hewan_buas", "ada buaya di tepi sungai dekat rumah", "resolved"),
    )[number]  # fmt: skip
    return Incident(
        id=id_, conversation_id=(7, 2, 9)[number], channel="whatsapp", version=1, type=kind, level="live", state=state,
        words=words, kecamatan="64.08.09", desa=None, place_detail="dekat pasar", lat=.68, lon=117.43, outside=False,
        victims="1 orang" if number == 1 else None, phone_enc=store.sealer.seal(phone(7)), photos=[],
        duplicate_of=None, acknowledged_by="Sari Meja 112" if number else None, created_at=at,
        acknowledged_at=at + timedelta(seconds=40) if number else None, changed_at=at,
    )  # fmt: skip
