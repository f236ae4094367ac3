"""Buttons as each channel's users know them, over real HTTP: keyboards, quick replies, lists, chips; old ones too."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from bot.channels.whatsapp_templates import LIMITS
from tests.e2e.citizens import Bubble, Citizen, TelegramCitizen, WebCitizen, WhatsAppCitizen, sentence
from tests.e2e.processes import House, eventually, run, serving, world

LAMP = "lampu jalan mati dpn masjid di sangata utara udah 2 minggu"
QUESTION = "ktp hilang perlu surat polisi gak"
_people = itertools.count(1)


class ButtonCitizen(WhatsAppCitizen):
    """A number at the Twilio stand-in that sees quick replies and lists, and presses them."""

    def picks(self, title: str) -> None:
        self._accepted(button=title)

    def bubbles(self) -> list[Bubble]:
        mine = [m for m in self.twilio.sent() if m["to"] == self.address]
        return [
            Bubble(m["body"], tuple(b["title"] for b in m["buttons"]), tuple(b["id"] for b in m["buttons"]))
            for m in mine
        ]  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with WhatsApp templates, made by `siaga doctor --create-templates`, in a world of its own."""
    folder = tmp_path_factory.mktemp("buttons")
    with world(folder) as outside:
        url = f"sqlite:///{folder}/siaga.db"
        made = House(folder, url, outside).siaga("doctor", "--create-templates")
        sids = dict(line.split("=", 1) for line in made.splitlines())
        with serving(folder / "house", url, outside, **sids) as running:
            running.open_doors()
            yield running


@pytest.fixture
def telegram(house: House) -> TelegramCitizen:
    return TelegramCitizen(house.outside.telegram, 8_120_000_000 + next(_people))


@pytest.fixture
def whatsapp(house: House) -> ButtonCitizen:
    return ButtonCitizen(house.outside.twilio, f"+6281100{next(_people):05d}")


@pytest.fixture
def web(house: House) -> Iterator[WebCitizen]:
    visitor = WebCitizen(house.url)
    yield visitor
    visitor.leaves()


@pytest.fixture(params=["telegram", "whatsapp", "web"])
def citizen(request: pytest.FixtureRequest) -> Citizen:
    somebody: Citizen = request.getfixturevalue(request.param)
    return somebody


def option(name: str) -> str:
    return sentence(f"option_{name}")


# --- templates ---------------------------------------------------------------------------------------


def test_the_doctor_makes_each_template_once(house: House) -> None:
    made = [name for name in house.settings if name.startswith("SIAGA_TWILIO_TEMPLATE_OPTIONS_")]
    assert len(made) == LIMITS.rows
    assert len({house.settings[name] for name in made}) == LIMITS.rows
    again = run(house.folder, house.settings, "doctor", "--create-templates")
    assert (again.returncode, again.stdout) == (0, ""), again.stderr


def test_the_doctor_names_what_it_lacks(house: House) -> None:
    without = {name: value for name, value in house.settings.items() if "TWILIO" not in name}
    refused = run(house.folder, without, "doctor", "--create-templates")
    assert refused.returncode != 0
    assert "SIAGA_TWILIO_ACCOUNT_SID" in refused.stderr
    wrong = run(house.folder, {**house.settings, "SIAGA_TWILIO_AUTH_TOKEN": "salah"}, "doctor", "--create-templates")
    assert wrong.returncode == 0, "nothing is missing, so nothing is asked of Twilio"
    bare = {n: v for n, v in house.settings.items() if "TEMPLATE" not in n}
    wrong = run(house.folder, {**bare, "SIAGA_TWILIO_AUTH_TOKEN": "salah"}, "doctor", "--create-templates")
    assert wrong.returncode != 0
    assert "SIAGA_TWILIO_AUTH_TOKEN" in wrong.stderr
    assert "salah" not in wrong.stderr


def test_whatsapp_shows_quick_replies_and_lists_within_its_limits(house: House, whatsapp: ButtonCitizen) -> None:
    whatsapp.writes(LAMP)
    whatsapp.goes_on_to(option("photo_skip"))
    whatsapp.picks(option("photo_skip"))
    summary = whatsapp.is_offered(option("send"))
    assert len(summary.titles) == LIMITS.buttons
    whatsapp.picks(option("change"))
    lines = whatsapp.is_offered(option("change_photos"))
    assert len(lines.titles) > LIMITS.buttons
    whatsapp.picks(option("change_photos"))
    whatsapp.hears(sentence("ask_new_photos"))
    for message in house.outside.twilio.sent():
        if message["buttons"]:
            longest = LIMITS.button_title if len(message["buttons"]) <= LIMITS.buttons else LIMITS.row_title
            assert message["content_sid"]
            assert len(message["buttons"]) <= LIMITS.rows
            assert all(len(b["title"]) <= longest for b in message["buttons"])
            assert len(message["body"]) <= LIMITS.text_with_buttons
            assert "1. " not in message["body"]


def test_a_template_that_twilio_no_longer_has_becomes_numbered_text(house: House, whatsapp: ButtonCitizen) -> None:
    whatsapp.writes("selamat pagi")
    whatsapp.is_offered(option("report_new"))
    house.outside.twilio.next(path="/Messages.json", status=400, body={"code": 21655, "message": "gone", "status": 400})
    whatsapp.writes(LAMP)
    whatsapp.hears("1. ")
    shown = [m for m in house.outside.twilio.sent() if m["to"] == whatsapp.address][-1]
    assert (shown["content_sid"], shown["buttons"]) == (None, [])


# --- after a tap -------------------------------------------------------------------------------------


def test_a_tapped_keyboard_shows_the_choice(house: House, telegram: TelegramCitizen) -> None:
    telegram.writes(LAMP)
    telegram.goes_on_to(option("photo_skip"))
    telegram.picks(option("photo_skip"))
    telegram.is_offered(option("send"))

    def shown() -> list[str]:
        edits = [m for m in house.outside.telegram.sent() if m["method"] == "editMessageReplyMarkup"]
        mine = [m for m in edits if m["chat_id"] == telegram.chat]
        return [key["text"] for m in mine for row in m["reply_markup"]["inline_keyboard"] for key in row]

    eventually(lambda: f"✓ {option('photo_skip')}" in shown(), "the tapped keyboard shows the choice")


# --- old buttons -------------------------------------------------------------------------------------


def test_an_old_button_is_answered_in_context(citizen: Citizen) -> None:
    """*Kirim* under a summary that is being changed does not file; the pending question comes back."""
    citizen.writes(LAMP)
    citizen.goes_on_to(option("photo_skip"))
    citizen.picks(option("photo_skip"))
    citizen.is_offered(option("send"))
    citizen.writes("ubah")
    citizen.is_offered(option("change_place"))
    citizen.picks(option("send"))
    citizen.hears(sentence("old_button"))
    citizen.is_offered(option("change_place"))
    assert not [b for b in citizen.bubbles() if "KS-" in b.text], "nothing was filed"


def test_an_old_button_without_a_report_offers_what_can_be_done(citizen: Citizen) -> None:
    citizen.writes(LAMP)
    citizen.goes_on_to(option("photo_skip"))
    citizen.writes("batal")
    citizen.hears("23 jam")
    citizen.picks(option("photo_skip"))
    menu = citizen.hears(sentence("old_button_menu"))
    assert option("report_new") in menu.titles


def test_a_frequent_question_and_its_button(citizen: Citizen) -> None:
    citizen.writes(QUESTION)
    answer = citizen.hears("surat keterangan hilang dari kepolisian")
    assert "Sumber: Perpres 96/2018" in answer.text
    (title,) = answer.titles
    assert title.startswith("Ajukan pertanyaan")
    citizen.writes("makasih")
    citizen.hears(sentence("you_are_welcome"))
    citizen.picks(title)
    citizen.hears_that(lambda b: "?" in b.text or "Permintaan informasi" in b.text, "the question is being gathered")
