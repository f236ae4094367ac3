"""A report from the first message to the tracking ID, over real HTTP on every side."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from bot.cli.data import report_rows
from bot.settings import DATA
from flows.model import WITA
from tests.e2e.citizens import Citizen, TelegramCitizen, WhatsAppCitizen, sentence
from tests.e2e.pictures import street
from tests.e2e.processes import House, eventually

IDS = yaml.safe_load((DATA / "lapor" / "simulator_ids.yml").read_text("utf-8"))
LAMP = "lampu jalan mati dpn masjid di sangata utara udah 2 minggu"
SANGATTA_UTARA = "64.08.04"


def complaint(house: House, ticket: str) -> dict[str, Any]:
    """The one complaint that carries this ticket."""

    def look() -> list[dict[str, Any]]:
        return [c for c in house.outside.complaints() if ticket in c["content"]]

    found = eventually(look, f"a complaint with {ticket}")
    assert len(found) == 1, "a ticket is filed once"
    return found[0]


def stored(house: House, ticket: str) -> dict[str, Any]:
    """The report as `siaga reports list --json` shows it."""
    return next(row for row in house.stored(report_rows) if row["ticket"] == ticket)


def is_told_the_tracking_id(citizen: Citizen, filed: dict[str, Any], ticket: str) -> None:
    citizen.hears(ticket, filed["id"])


def test_telegram_from_one_sentence_to_the_tracking_id(house: House, telegram: TelegramCitizen) -> None:
    telegram.writes(LAMP)
    telegram.hears(sentence("notice"))
    telegram.goes_on_to(sentence_of_option("photo_skip"))
    telegram.sends(street(1), street(2))
    summary = telegram.is_offered("Kirim")
    assert "Foto: 2" in summary.text
    assert "Sangatta Utara" in summary.text
    assert len(telegram.next()) == 0, "an album is answered once"
    telegram.picks("Kirim")
    ticket = telegram.ticket()

    filed = complaint(house, ticket)
    is_told_the_tracking_id(telegram, filed, ticket)
    assert filed["category_id"] == IDS["categories"]["lampu_jalan"]["category_id"]
    assert filed["disposition_id"] == IDS["categories"]["lampu_jalan"]["disposition_id"]
    assert filed["classification_id"] == IDS["classifications"]["pengaduan"]
    assert "masjid" in filed["content"]
    assert "Sangatta Utara" in filed["content"]
    assert LAMP in filed["content"]
    assert filed["date_of_incident"] == f"{datetime.now(UTC).astimezone(WITA) - timedelta(weeks=2):%d-%m-%Y}"
    attachments = json.loads(filed["attachments"])
    uploads = {u["id"]: u for u in house.outside.lapor.get("/_received")["uploads"]}
    assert len(set(attachments)) == 2
    assert all(uploads[str(number)]["bytes"] > 1000 for number in attachments)

    row = stored(house, ticket)
    assert (row["state"], row["category"], row["photos"]) == ("submitted", "lampu_jalan", 2)
    assert row["place"]["kecamatan"] == SANGATTA_UTARA
    assert filed["id"] in row["tracking_id"]


def test_a_pressed_button_is_answered_at_telegram(house: House, telegram: TelegramCitizen) -> None:
    """Without answerCallbackQuery the citizen's button would turn for a minute."""
    telegram.writes(LAMP)
    telegram.goes_on_to(sentence_of_option("photo_skip"))
    before = taps(house)
    telegram.picks("Lewati")
    telegram.is_offered("Kirim")
    eventually(lambda: taps(house) > before, "the tap is answered")


def taps(house: House) -> int:
    return sum(m["method"] == "answerCallbackQuery" for m in house.outside.telegram.sent())


def test_whatsapp_with_a_pin_and_a_photo(house: House, whatsapp: WhatsAppCitizen) -> None:
    whatsapp.writes("lampu jalan mati sudah seminggu")
    whatsapp.hears(sentence("ask_place"))
    whatsapp.pins(0.5380, 117.5550)
    whatsapp.goes_on_to(sentence_of_option("photo_skip"))
    whatsapp.sends(street(3))
    summary = whatsapp.is_offered("Kirim")
    assert "titik peta" in summary.text
    whatsapp.writes("kirim")
    ticket = whatsapp.ticket()

    filed = complaint(house, ticket)
    is_told_the_tracking_id(whatsapp, filed, ticket)
    assert "0.538000, 117.555000" in filed["content"]
    assert filed["date_of_incident"] == f"{datetime.now(UTC).astimezone(WITA) - timedelta(weeks=1):%d-%m-%Y}"
    assert len(json.loads(filed["attachments"])) == 1
    assert whatsapp.sender not in filed["content"], "no phone number goes into the content"
    assert stored(house, ticket)["photos"] == 1


def test_whatsapp_files_by_the_number_of_kirim(house: House, whatsapp: WhatsAppCitizen) -> None:
    whatsapp.writes(LAMP)
    whatsapp.goes_on_to(sentence_of_option("photo_skip"))
    whatsapp.writes("lewati")
    summary = whatsapp.is_offered("Kirim")
    whatsapp.writes(str(summary.titles.index("Kirim") + 1))
    filed = complaint(house, whatsapp.ticket())
    assert filed["attachments"] is False


def test_a_repeated_delivery_changes_nothing(house: House, whatsapp: WhatsAppCitizen) -> None:
    assert whatsapp.acts(text=LAMP, times=3) == [200, 200, 200]
    whatsapp.goes_on_to(sentence_of_option("photo_skip"))
    whatsapp.writes("lewati")
    whatsapp.is_offered("Kirim")
    assert whatsapp.acts(text="kirim", times=3) == [200, 200, 200]
    ticket = whatsapp.ticket()
    complaint(house, ticket)
    whatsapp.hears(ticket)
    mine = [c for c in house.outside.complaints() if c["content"].endswith(ticket)]
    assert len(mine) == 1
    assert not [b for b in whatsapp.next() if "KS-" in b.text]


def sentence_of_option(name: str) -> str:
    return sentence(f"option_{name}")
