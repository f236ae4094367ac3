"""`siaga demo` from nothing and again, settings that do not fit, and logs that name nobody."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from bot.settings import BadSettings, load
from tests.channels.ear import AUTH_TOKEN, SECRET, TOKEN
from tests.conftest import SECRET as SECRET_KEY
from tests.e2e.citizens import Petugas, WebCitizen, WhatsAppCitizen, sentence
from tests.e2e.pictures import NOT_A_PICTURE, street
from tests.e2e.processes import (
    EMERGENCY_SECRET,
    LAPOR_SECRETS,
    PASSWORD,
    House,
    Process,
    answers,
    eventually,
    free_port,
    run,
)  # fmt: skip
from tests.e2e.test_emergency import CALL_112, FIRE, cries_for_help
from tests.e2e.test_report import LAMP

DEMO_PASSWORD = "siaga-kutim-demo"


def test_the_demonstration_starts_twice(tmp_path: Path) -> None:
    port, lapor_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    demo = Process("demo", ["bot", "demo", "--port", str(port), "--lapor-port", str(lapor_port)], tmp_path)
    lapor = f"http://127.0.0.1:{lapor_port}/_received"
    ticket = ""
    for start, by in (("first", signal.SIGINT), ("second", signal.SIGTERM)):
        began = time.monotonic()
        demo.start()
        try:
            demo.until(lambda: answers(f"{url}/readyz"))
            print(f"siaga demo, {start} start: ready after {time.monotonic() - began:.1f} s")
            assert f"{url}/chat" in demo.written()
            if start == "first":
                ticket = a_report_and_an_emergency(url, lapor)
            else:
                kept = Petugas(url, "petugas", DEMO_PASSWORD)
                assert ticket in kept.reads("/admin/laporan?status=semua"), "the next start goes on from there"
                kept.close()
            demo.ask_to_end(by)
            assert not answers(lapor), f"the simulator outlived {by.name}"
        finally:
            demo.stop()
    for words in (LAMP, ticket, "Traceback"):
        assert words not in demo.written()


def a_report_and_an_emergency(url: str, lapor: str) -> str:
    """What the demonstration invites to; the ticket."""
    web = WebCitizen(url)
    web.writes(LAMP)
    web.goes_on_to("Lewati")
    web.sends(street(10))
    web.is_offered("Kirim")
    web.picks("Kirim")
    ticket = web.ticket()
    eventually(lambda: ticket in httpx.get(lapor, trust_env=False).text, "the simulator has the report")
    web.hears(ticket, "pelacakan")
    cries_for_help(web)
    petugas = Petugas(url, "petugas112", DEMO_PASSWORD)
    assert FIRE in petugas.reads("/admin/112")
    petugas.close()
    web.leaves()
    return ticket


# --- Settings ----------------------------------------------------------------------------------------

UNFIT = [
    ({"SIAGA_SECRET_KEY": ""}, "SIAGA_SECRET_KEY"),
    ({"SIAGA_SECRET_KEY": "pendek"}, "SIAGA_SECRET_KEY"),
    ({"SIAGA_TELEGRAM_SECRET": SECRET}, "SIAGA_TELEGRAM_TOKEN"),
    ({"SIAGA_TWILIO_ACCOUNT_SID": "AC1", "SIAGA_TWILIO_FROM": "whatsapp:+628110000100"}, "SIAGA_TWILIO_AUTH_TOKEN"),
    ({"SIAGA_EMERGENCY_WEBHOOK_URL": "http://127.0.0.1:1/"}, "SIAGA_EMERGENCY_WEBHOOK_SECRET"),
    ({"SIAGA_STAFF_TELEGRAM_CHAT": "-100"}, "SIAGA_TELEGRAM_TOKEN"),
    ({"SIAGA_DATABASE_URL": "mysql://x/y"}, "SIAGA_DATABASE_URL"),
    ({"SIAGA_LAPOR_MODE": "sendiri"}, "SIAGA_LAPOR_MODE"),
    ({"SIAGA_LAPOR_MODE": "api"}, "SIAGA_LAPOR_URL"),
    ({"SIAGA_LAPOR_MODE": "api", "SIAGA_LAPOR_URL": "https://lapor.example.go.id", "SIAGA_LAPOR_AUTH_VALUE": "a",
      "SIAGA_LAPOR_TOKEN": "t", "SIAGA_LAPOR_USER_ID": "1"}, "SIAGA_LAPOR_IDS"),
    ({"SIAGA_LOG_LEVEL": "BISING"}, "SIAGA_LOG_LEVEL"),
]  # fmt: skip
UNFIT_AT_THE_START = [
    ({"SIAGA_TELEGRAM_TOKEN": TOKEN}, "SIAGA_TELEGRAM_SECRET"),
    ({"SIAGA_PUBLIC_URL": "siaga.example.go.id"}, "SIAGA_PUBLIC_URL"),
    ({"SIAGA_EMERGENCY_LADDER": "tidak-ada.yml"}, "SIAGA_EMERGENCY_LADDER"),
    ({"SIAGA_EMERGENCY_LADDER": "grup.yml"}, "SIAGA_STAFF_TELEGRAM_CHAT"),
    ({"SIAGA_EMERGENCY_LADDER": "rusak.yml"}, "rusak.yml"),
]


def names(rows: list[tuple[dict[str, str], str]]) -> list[str]:
    return [f"{n}-{named}" for n, (_, named) in enumerate(rows)]


@pytest.mark.parametrize(("settings", "named"), UNFIT, ids=names(UNFIT))
def test_unfit_settings_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SIAGA_")]:
        monkeypatch.delenv(name)
    for name, value in {"SIAGA_SECRET_KEY": SECRET_KEY, **settings}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as refused:
        load()
    said = str(refused.value)
    assert named in said
    assert "\n" not in said
    assert SECRET_KEY not in said


@pytest.mark.parametrize(("settings", "named"), UNFIT_AT_THE_START, ids=names(UNFIT_AT_THE_START))
def test_unfit_settings_stop_the_start(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    (tmp_path / "grup.yml").write_text("- {transport: telegram_group, name: Grup, seconds: 60}\n")
    (tmp_path / "rusak.yml").write_text("- {transport: merpati, seconds: satu}\n")
    ended = run(tmp_path, {"SIAGA_SECRET_KEY": SECRET_KEY, **settings}, "serve", "--port", str(free_port()))
    assert ended.returncode == 2, ended.stderr
    said = ended.stderr.strip().splitlines()
    assert len(said) == 1, ended.stderr
    assert named in said[0]
    assert SECRET_KEY not in ended.stderr
    assert TOKEN not in ended.stderr


def test_an_old_schema_stops_the_start(tmp_path: Path) -> None:
    settings = {"SIAGA_SECRET_KEY": SECRET_KEY, "SIAGA_DATABASE_URL": f"sqlite:///{tmp_path}/siaga.db"}
    empty = run(tmp_path, settings, "serve", "--port", str(free_port()))
    assert (empty.returncode, len(empty.stderr.strip().splitlines())) == (2, 1), empty.stderr
    assert "siaga db upgrade" in empty.stderr
    assert run(tmp_path, settings, "db", "upgrade").returncode == 0
    with sqlite3.connect(tmp_path / "siaga.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'lama'")
    old = run(tmp_path, settings, "serve", "--port", str(free_port()))
    assert (old.returncode, len(old.stderr.strip().splitlines())) == (2, 1), old.stderr
    assert "siaga db upgrade" in old.stderr


# --- Logs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_the_log_names_nobody(house: House, whatsapp: WhatsAppCitizen) -> None:
    """At DEBUG, with everything going wrong that makes a service talkative."""
    outside = house.outside
    whatsapp.writes(LAMP)
    whatsapp.goes_on_to("Lewati")
    whatsapp.sends(NOT_A_PICTURE)
    whatsapp.goes_on_to("Lewati")
    outside.twilio.next(path="/Media", status=500)
    whatsapp.sends(street(11))
    whatsapp.goes_on_to("Lewati")
    outside.twilio.next(path="/Messages.json", status=503)
    whatsapp.writes("lewati")
    whatsapp.is_offered("Kirim", seconds=30)
    outside.lapor.next(path="/complaints/complaint", status=422)
    whatsapp.picks("Kirim")
    whatsapp.hears(sentence("report_failed", ticket=whatsapp.ticket()))
    whatsapp.acts(text=FIRE, forged=True)
    cries_for_help(whatsapp)
    whatsapp.hears(CALL_112, "Peringatan belum dibaca")
    log = house.written()
    assert '"event": "webhook_forged"' in log, "the log is the one that was meant"
    personal = [
        LAMP, "masjid", FIRE, "kebakaran", "Wargina", whatsapp.name, whatsapp.sender, whatsapp.sender[1:],
        whatsapp.sender[-9:], "8110000",
    ]  # fmt: skip
    secret = [TOKEN, TOKEN.partition(":")[2], SECRET, AUTH_TOKEN, EMERGENCY_SECRET, SECRET_KEY, PASSWORD]
    found = [words for words in (*personal, *secret, *LAPOR_SECRETS) if words.lower() in log.lower()]
    assert not found, [line for line in log.splitlines() if any(w.lower() in line.lower() for w in found)][:5]
    assert not re.search(r"Traceback", log), "nothing of this is a surprise to the service"
