"""Someone is in danger: 112 first, the desk at once, and a person's acknowledgement told to the citizen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.cli.data import incident_rows
from tests.e2e.citizens import Citizen, Petugas, TelegramCitizen, WebCitizen, WhatsAppCitizen, sentence
from tests.e2e.processes import STAFF_CHAT, House, World, eventually, serving
from tests.e2e.test_report import LAMP, complaint

CALL_112 = "*Telepon 112 sekarang (gratis)*"
FIRE = "tolong kebakaran di pasar bengalon"


def incident_of(house: House, citizen: Citizen) -> dict[str, Any]:
    """The citizen's latest incident, as `siaga incidents list --json` shows it."""
    return next(row for row in house.stored(incident_rows) if row["from"] == citizen.address)


def begins_a_report(citizen: Citizen) -> None:
    citizen.writes(LAMP)
    citizen.goes_on_to("Lewati")


def cries_for_help(citizen: Citizen) -> None:
    """The very next words the citizen reads name 112."""
    citizen.writes(FIRE)
    eventually(citizen.next, "an answer to a cry for help")
    assert citizen.next()[0].text.startswith(CALL_112), citizen.next()[0].text
    citizen.hears(CALL_112)


def test_fire_in_the_middle_of_a_report(house: House, telegram: TelegramCitizen, petugas112: Petugas) -> None:
    begins_a_report(telegram)
    cries_for_help(telegram)

    listed = [json.loads(line) for line in house.siaga("incidents", "list", "--json").splitlines()]
    incident = listed[0]
    assert (incident["words"], incident["from"]) == (FIRE, telegram.address)
    assert (incident["type"], incident["level"]) == ("kebakaran", "live")
    assert incident["place"]["kecamatan"] == "64.08.09"
    assert "raised" in [step["what"] for step in incident["steps"]]
    desk = petugas112.reads("/admin/112")
    assert incident["id"] in desk
    assert FIRE in desk

    officer = TelegramCitizen(house.outside.telegram, STAFF_CHAT, "Budi Uji")
    alert = officer.hears_that(lambda b: f"ack:{incident['id']}" in b.ids, "the alert with *Terima*")
    assert alert.titles == ("Terima",)
    assert FIRE in alert.text
    assert not [b for b in telegram.next() if "dibaca oleh" in b.text], "nobody acknowledged yet"
    assert officer.acts(button=f"ack:{incident['id']}") == [200]
    telegram.hears("dibaca oleh Budi Uji")
    acknowledged = incident_of(house, telegram)
    assert acknowledged["state"] == "acknowledged"
    assert ("acknowledged", "Budi Uji") in [(step["what"], step["who"]) for step in acknowledged["steps"]]

    path = f"/admin/112/{incident['id']}"
    moved = petugas112.posts(f"{path}/keadaan", path, keadaan="resolved", dari="kejadian")
    assert moved.status_code == 200
    telegram.hears("sudah tertangani")
    offer = telegram.is_offered("Lanjutkan")
    assert LAMP[:20] in offer.text
    telegram.picks("Lanjutkan")
    telegram.goes_on_to("Lewati")
    telegram.picks("Lewati")
    telegram.is_offered("Kirim")
    telegram.picks("Kirim")
    filed = complaint(house, telegram.ticket())
    assert LAMP in filed["content"]
    assert "kebakaran" not in filed["content"]


def test_the_next_contact_is_told_and_the_citizen_again(house: House, whatsapp: WhatsAppCitizen) -> None:
    """Nobody answers at the desk nor in the group: the system behind the signed webhook gets it, and acknowledges."""
    cries_for_help(whatsapp)
    incident = incident_of(house, whatsapp)
    whatsapp.hears(CALL_112, "Peringatan belum dibaca")

    def told() -> dict[str, Any] | None:
        return next((i for i in house.outside.incidents() if i["incident"] == incident["id"]), None)

    alert = eventually(told, "the alert at the signed webhook")
    assert alert is not None
    assert alert["words"] == FIRE
    assert alert["type"] == "kebakaran"
    assert alert["phone"] == whatsapp.sender, "the number to call back"

    wanted = {"incident": incident["id"], "by": "Operator 112 Uji", "to": f"{house.url}/webhooks/emergency"}
    assert house.outside.emergency.post("/_acknowledge", wanted) == {"status": 200, "body": "changed"}
    whatsapp.hears("dibaca oleh Operator 112 Uji")
    assert house.outside.emergency.post("/_acknowledge", wanted) == {"status": 200, "body": "unchanged"}
    assert incident_of(house, whatsapp)["state"] == "acknowledged"


def test_the_draft_is_offered_when_the_questions_are_answered(house: House, whatsapp: WhatsAppCitizen) -> None:
    begins_a_report(whatsapp)
    cries_for_help(whatsapp)
    whatsapp.hears(sentence("emergency_ask_victims"))
    whatsapp.writes("dua orang terjebak di lantai atas")
    whatsapp.is_offered("Lanjutkan")
    incident = incident_of(house, whatsapp)
    assert "victims" in [step["what"] for step in incident["steps"]]

    def updated() -> bool:
        return any(i["incident"] == incident["id"] and i["victims"] for i in house.outside.incidents())

    eventually(updated, "the update at the webhook")
    whatsapp.writes("lanjutkan")
    whatsapp.goes_on_to("Lewati")


ROTA = """
people:
  Kepala jaga: {to: +62 811-0000-9002}
ladder:
  - {transport: sms, name: SMS piket, to: +62 811-0000-9001, seconds: 1}
  - {transport: call, name: Telepon, to: Kepala jaga, seconds: 120}
"""


def test_an_sms_then_a_call_answered_by_pressing_one(outside: World, tmp_path: Path) -> None:
    """Nobody is at a desk: one SMS, then a telephone rings, and the 1 pressed there reaches the citizen."""
    rota = tmp_path / "rota.yml"
    rota.write_text(ROTA, encoding="utf-8")
    settings = {
        "SIAGA_EMERGENCY_LADDER": str(rota), "SIAGA_TWILIO_VOICE_FROM": "+62 811-0000-0100",
        "SIAGA_TWILIO_SMS_FROM": "KUTIMSIAGA",
    }  # fmt: skip
    with serving(tmp_path / "house", f"sqlite:///{tmp_path}/siaga.db", outside, **settings) as house:
        assert "2. Telepon (call): Kepala jaga (...9002), 120 s to answer" in house.siaga("doctor")
        citizen = WebCitizen(house.url)
        try:
            cries_for_help(citizen)
            incident = house.stored(incident_rows)[0]["id"]
            call = eventually(lambda: calls_about(outside, incident), "the call")[0]
            texts = [m["body"] for m in outside.twilio.sent() if incident in m["body"]]
            assert len(texts) == 1
            assert "KEBAKARAN" in texts[0]
            assert (call["to"], call["said"].count("Darurat: kebakaran.")) == ("+6281100009002", 2)
            pressed = outside.twilio.post("/_press", {"call": call["sid"], "forged": True})
            assert [a["status"] for a in pressed["answers"]] == [403]
            pressed = outside.twilio.post("/_press", {"call": call["sid"], "times": 2})
            assert [a["status"] for a in pressed["answers"]] == [200, 403], "told twice it counts once"
            citizen.hears("dibaca oleh Kepala jaga")
            steps = [(s["what"], s["who"]) for s in house.stored(incident_rows)[0]["steps"]]
            assert [who for what, who in steps if what == "alerted"] == ["SMS piket", "Telepon"]
            assert ("acknowledged", "Kepala jaga") in steps
        finally:
            citizen.leaves()


def calls_about(outside: World, incident: str) -> list[dict[str, Any]]:
    """The calls that were made about an incident."""
    return [call for call in outside.twilio.get("/_calls")["calls"] if incident in str(call["action"])]
