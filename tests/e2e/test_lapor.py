"""A report's life at LAPOR! with the service as a process: polled by itself, told, answered, and told again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.e2e.citizens import TelegramCitizen
from tests.e2e.processes import House, World, serving
from tests.e2e.test_report import LAMP, complaint, sentence_of_option, stored

_people = itertools.count(1)


@pytest.fixture(scope="module")
def polling(outside: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that reads each report every two seconds."""
    folder = tmp_path_factory.mktemp("polling")
    with serving(folder, f"sqlite:///{folder}/siaga.db", outside, SIAGA_LAPOR_POLL_SECONDS="2") as running:
        running.outside.telegram.post(
            "/_webhook", {"url": f"{running.url}/webhooks/telegram", "secret": secret(running)}
        )
        yield running


def secret(house: House) -> str:
    return house.settings["SIAGA_TELEGRAM_SECRET"]


def test_what_the_agency_says_comes_and_the_answer_goes_without_a_person(polling: House) -> None:
    citizen = TelegramCitizen(polling.outside.telegram, 8_170_000_000 + next(_people), "Wargina Tindaklanjut")
    lapor = polling.outside.lapor
    citizen.writes(LAMP)
    citizen.goes_on_to(sentence_of_option("photo_skip"))
    citizen.writes("lewati")
    citizen.is_offered("Kirim")
    citizen.picks("Kirim")
    ticket = citizen.ticket()
    filed = complaint(polling, ticket)
    citizen.hears(ticket, filed["id"])

    lapor.post("/_next", {"complaint": filed["id"], "status_name": "Bukan Wewenang", "disposition_name": "Balai Jalan"})
    citizen.hears(ticket, "kepada Balai Jalan")
    lapor.post("/_next", {"complaint": filed["id"], "status_name": "Tunda", "note": "Mohon nomor tiang."})
    citizen.hears("Mohon nomor tiang.")
    citizen.writes("tiang nomor 12 dekat gerbang masjid")
    citizen.hears("kami teruskan ke instansi")
    lapor.post(
        "/_next", {"complaint": filed["id"], "followup": "Terima kasih, tim berangkat.", "sender": "Balai Jalan"}
    )
    citizen.hears("Jawaban dari Balai Jalan", "tim berangkat")
    lapor.post("/_next", {"complaint": filed["id"], "status_name": "Selesai", "note": "Sudah menyala."})
    citizen.hears("Sudah benar selesai?")
    followups = [f for f in lapor.get("/_received")["followups"] if f["complaint_id"] == filed["id"]]
    ours = [f["content"] for f in followups if f["sender"] == "Pelapor"]
    assert ours == ["tiang nomor 12 dekat gerbang masjid"]
    assert stored(polling, ticket)["state"] == "done"
