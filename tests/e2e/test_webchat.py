"""The web chat over HTTP, and assisted filing: a petugas files by hand and types the number back."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from bot.cli.data import report_rows
from tests.e2e.citizens import Petugas, WebCitizen, sentence
from tests.e2e.pictures import street
from tests.e2e.processes import PASSWORD, House, World, eventually, serving
from tests.e2e.test_emergency import FIRE, cries_for_help
from tests.e2e.test_report import LAMP, complaint

ON_SQLITE = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


@pytest.fixture
def web(house: House) -> Iterator[WebCitizen]:
    citizen = WebCitizen(house.url)
    yield citizen
    citizen.leaves()


@ON_SQLITE
def test_a_report_from_the_browser(house: House, web: WebCitizen) -> None:
    web.writes(LAMP)
    web.goes_on_to("Lewati")
    web.sends(street(4), street(5))
    assert "Foto: 2" in web.is_offered("Kirim").text
    web.picks("Kirim")
    ticket = web.ticket()
    filed = complaint(house, ticket)
    assert filed["channel"] == "webchat"
    assert len(json.loads(filed["attachments"])) == 2
    web.hears(ticket, filed["id"])


@ON_SQLITE
def test_an_emergency_from_the_browser(house: House, web: WebCitizen, petugas112: Petugas) -> None:
    web.writes(LAMP)
    web.goes_on_to("Lewati")
    cries_for_help(web)
    assert FIRE in petugas112.reads("/admin/112")
    web.pins(0.9650, 117.4295)
    web.hears(sentence("emergency_noted"))


@ON_SQLITE
def test_a_page_that_is_opened_again_shows_what_was_said(house: House, web: WebCitizen) -> None:
    web.writes(LAMP)
    web.goes_on_to("Lewati")
    said = [b.text for b in web.bubbles()]
    again = web.opens_again()
    assert [b.text for b in again.bubbles()] == said
    again.leaves()


@ON_SQLITE
def test_a_stranger_cannot_post(house: House) -> None:
    message = {"id": "m1", "text": FIRE}
    forged = httpx.post(f"{house.url}/chat/messages", json=message, trust_env=False)
    assert forged.status_code == 403
    nobody = httpx.post(f"{house.url}/chat/messages", json=message, headers={"x-siaga-chat": "1"}, trust_env=False)
    assert nobody.status_code == 401
    elsewhere = {"x-siaga-chat": "1", "origin": "https://lain.example.org"}
    foreign = httpx.post(f"{house.url}/chat/messages", json=message, headers=elsewhere, trust_env=False)
    assert foreign.status_code == 403


# --- Assisted ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def assisted(outside: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The default way: nobody has keys to LAPOR!, so a petugas files on its site."""
    folder = tmp_path_factory.mktemp("assisted")
    with serving(folder, f"sqlite:///{folder}/siaga.db", outside, SIAGA_LAPOR_MODE="assisted") as running:
        yield running


def test_a_petugas_files_and_the_citizen_gets_the_number(assisted: House) -> None:
    web, petugas = WebCitizen(assisted.url), Petugas(assisted.url, "operator", PASSWORD)
    web.writes(LAMP)
    web.goes_on_to("Lewati")
    web.sends(street(6))
    web.is_offered("Kirim")
    web.picks("Kirim")
    ticket = web.ticket()
    assert sentence("filed", ticket=ticket) == web.last_heard.text

    path = f"/admin/laporan/{ticket}"
    eventually(lambda: ticket in petugas.reads("/admin/laporan"), "the report lies in the queue")
    form = petugas.reads(path)
    for words in (LAMP, "Perhubungan", "Sangatta Utara", ticket):
        assert words in form
    tracking = f"UJI-{ticket[-4:]}"
    assert petugas.posts_without_token(f"{path}/nomor", nomor=tracking) == 403
    assert petugas.posts(f"{path}/nomor", path, nomor=tracking).status_code == 200
    web.hears(ticket, tracking)
    row = next(r for r in assisted.stored(report_rows) if r["ticket"] == ticket)
    assert (row["state"], row["tracking_id"]) == ("submitted", tracking)
    assert not [c for c in assisted.outside.complaints() if ticket in c["content"]], "nothing was filed by itself"

    assert petugas.posts(f"{path}/status", path, status="done", catatan="Lampu sudah diganti").status_code == 200
    web.hears(ticket, "selesai", "Lampu sudah diganti")
    web.leaves()
    petugas.close()


def test_a_number_is_used_once(assisted: House) -> None:
    petugas = Petugas(assisted.url, "operator", PASSWORD)
    tickets = []
    for _ in range(2):
        web = WebCitizen(assisted.url)
        web.writes(LAMP)
        web.goes_on_to("Lewati")
        web.picks("Lewati")
        web.is_offered("Kirim")
        web.picks("Kirim")
        tickets.append(web.ticket())
        web.leaves()
    first, second = (f"/admin/laporan/{ticket}" for ticket in tickets)
    assert petugas.posts(f"{first}/nomor", first, nomor="SAMA-0001").status_code == 200
    refused = petugas.posts(f"{second}/nomor", second, nomor="SAMA-0001")
    assert refused.status_code == 422
    assert tickets[0] in refused.text
    petugas.close()


def test_who_is_not_signed_in_sees_nothing(assisted: House) -> None:
    for path in ("/admin", "/admin/laporan", "/admin/112", "/admin/percakapan"):
        page = httpx.get(f"{assisted.url}{path}", trust_env=False, follow_redirects=False)
        assert page.status_code == 303
        assert page.headers["location"].startswith("/admin/masuk")
