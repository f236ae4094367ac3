"""What a masked page, a search, a table, the audit or a stream must not let out."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import httpx
import pyotp
import pytest

from bot.admin.exports import harmless
from bot.store.review import Reviews, Verdict
from bot.store.second_factor import STEP, SecondFactors
from bot.store.tables import Incident, Message, Report, ReportStep
from bot.store.unit_of_work import Store
from tests.admin.world import INCIDENT, NAME, NOW, PHONE, TICKETS, World, post, token_of

SAID = f"Saya {NAME}, 0811-0000-0011"
TICKET = TICKETS["queued"]


async def test_words_of_the_citizen_are_masked_wherever_they_stand(world: World, store: Store) -> None:
    async with store.write() as session:
        report = await session.get_one(Report, TICKET)
        report.description, report.place_detail, report.note = SAID, SAID, SAID
        report.state, report.reporter_enc, report.anonymity = "failed", None, "anonim"
        session.add(ReportStep(ticket=TICKET, state="queued", who="warga", note=SAID, at=NOW))
        incident = await session.get_one(Incident, INCIDENT)
        incident.words, incident.place_detail = SAID, SAID
        understanding = {"intent": "lapor", "place": {"detail": SAID}, "more": [{"text": SAID}]}
        buttons = {"buttons": [{"id": "name", "title": f"Pakai nama {NAME}"}]}
        session.add(
            Message(
                conversation_id=world.conversation, direction="in", kind="text", text="ini", data=buttons, at=NOW,
                understanding=understanding, intent="lapor", confidence=0.5,
            )
        )  # fmt: skip
    browser = await world.sign_in("peninjau")
    for path in (
        f"/admin/laporan/{TICKET}", f"/admin/112/{INCIDENT}", "/admin/112", "/admin/112/semua",
        f"/admin/percakapan/{world.conversation}",
    ):  # fmt: skip
        page = await browser.get(path)
        assert page.status_code == 200
        assert NAME not in page.text, path
        assert "0000-0011" not in page.text, path
    operator = await world.sign_in("operator")
    table = await post(operator, f"/admin/laporan/ekspor?status=semua&kata={TICKET}")
    [row] = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    assert NAME not in row["Isi laporan"]
    assert NAME not in row["Keterangan lokasi"]


async def test_a_number_cannot_be_asked_out_of_the_reports(world: World, store: Store) -> None:
    number = PHONE.replace("+62", "0")
    async with store.write() as session:
        (await session.get_one(Report, TICKET)).description = f"hubungi {number}"
        (await session.get_one(Report, TICKETS["submitted"])).tracking_id = "7654321"
    browser = await world.sign_in("peninjau")
    assert TICKET not in (await browser.get(f"/admin/laporan?status=semua&kata={number}")).text
    assert TICKETS["submitted"] in (await browser.get("/admin/laporan?status=semua&kata=7654321")).text
    operator = await world.sign_in("operator")
    assert TICKET in (await operator.get(f"/admin/laporan?status=semua&kata={number}")).text


async def test_what_is_typed_into_an_address_is_not_written_down(world: World) -> None:
    browser = await world.sign_in("operator")
    for action in ("ditangani", "tanpa-lampiran"):
        assert (await post(browser, f"/admin/laporan/Siti Rahma/{action}")).status_code == 404
    assert not any("Siti" in object_ for _, object_, _ in await world.audit())


@pytest.mark.parametrize("cell", ["mati;=1+1", "mati; @SUM(A1)", "mati\n+62", 'mati;"=1+1"'])
def test_a_semicolon_begins_no_formula(cell: str) -> None:
    sign = next(sign for sign in "=@+" if sign in cell)
    assert harmless(cell) == cell.replace(sign, f"'{sign}", 1)


async def test_forgotten_words_are_neither_reviewed_nor_exported(world: World, store: Store) -> None:
    async with store.write() as session:
        reviews = Reviews(session, store.sealer)
        [message] = await reviews.queue("doubtful")
        (await session.get_one(Message, message.id)).forgotten = True
        assert await reviews.queue("doubtful") == []
        await reviews.judge(message, Verdict("lapor"), "doubtful", 1, NOW)
        assert await reviews.corrections() == ([], None)


async def test_the_second_factor_gives_a_new_session(world: World, store: Store) -> None:
    """Whoever planted or knew the cookie of before gains nothing by the code."""
    async with store.write() as session:
        factors, earlier = SecondFactors(session, store.sealer), NOW - timedelta(seconds=5 * STEP)
        secret = await factors.begin(4)
        await factors.confirm(4, pyotp.TOTP(secret).at(earlier), earlier)
    browser = await world.sign_in("admin")
    planted = browser.cookies["siaga_admin"]
    given = {"csrf": token_of(await browser.get("/admin/kode")), "kode": pyotp.TOTP(secret).at(NOW)}
    assert (await browser.post("/admin/kode", data=given)).status_code == 303
    assert browser.cookies["siaga_admin"] != planted
    assert (await browser.get("/admin/laporan")).status_code == 200
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://siaga.test", cookies={"siaga_admin": planted}
    ) as other:
        assert (await other.get("/admin/laporan")).headers["location"].startswith("/admin/masuk")
