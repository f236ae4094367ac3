"""data/faq: every answer has a source and a date, fits a bubble, and invents nothing of the kind that goes stale."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.channels.base import Limits
from bot.texts import LANGUAGES, Texts
from flows import faq
from flows.model import Language
from flows.options import options
from nlu.faq import Entry, Faq

ROOT = Path(__file__).parents[1]
FAQ = Faq.load(ROOT / "data" / "faq")
WHATSAPP = Limits(text=1600, text_with_buttons=1024, buttons=3, button_title=20, rows=10, row_title=24)
NUMBERS = {"112", "110", "113", "115", "119"}
HOTLINES = {"123": "PLN", "129": "SAPA", "135": "Pertamina", "165": "BPJS Kesehatan", "175": "BPJS Ketenagakerjaan"}
"""National lines of the named bodies, each only in an answer that names the body."""
A_RULE = re.compile(
    r"\b(UU|PP|Perpres|Permen\w+|Perma|Inpres|SP4N-LAPOR!|PT PLN|SAPA|\w+\.go\.id|mypertamina\.id)\b"
    r"|Sentuh Tanahku|Kementerian"
)

entries = pytest.mark.parametrize("entry", FAQ.entries.values(), ids=lambda e: e.id)


def test_there_are_enough() -> None:
    assert len(FAQ.entries) >= 40


@entries
def test_an_answer_is_whole(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", entry.id)
    assert A_RULE.search(entry.source), entry.source
    assert len(entry.source) <= 120
    assert date(2025, 1, 1) <= entry.checked
    assert 5 <= len(entry.questions) <= 10
    assert len(set(entry.questions)) == len(entry.questions)
    for language in LANGUAGES:
        text = entry.texts[language]
        assert 20 <= len(text) <= 600
        assert text.endswith(".")
        assert "  " not in text
        assert "!" not in text.replace("LAPOR!", "")
    assert entry.texts["id"] != entry.texts["en"]


def test_no_way_of_asking_leads_to_two_answers() -> None:
    asked = [question.lower() for entry in FAQ.entries.values() for question in entry.questions]
    assert len(asked) == len(set(asked))


@entries
def test_every_way_of_asking_finds_its_own_answer(entry: Entry) -> None:
    for question in entry.questions:
        found = FAQ.find(question)
        assert found, question
        assert found.id == entry.id, question


@entries
def test_only_known_numbers_are_named(entry: Entry) -> None:
    for language in LANGUAGES:
        text = entry.texts[language]
        assert not re.search(r"\+62|\b0\d{6,}|\(05\d\d\)", text), "a local number goes stale"
        called = set(re.findall(r"(?<![\d.,/])1\d\d(?![\d.,/]*\d)", text.replace("119 ext", "119")))
        for number in called - NUMBERS:
            assert number in HOTLINES, number
            assert HOTLINES[number] in text + entry.source, number
        assert not re.search(r"\b\d{1,2}[.:]\d\d\s*(WITA|-|sampai)", text), "opening hours go stale"


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts(ROOT / "data" / "texts", lambda code: code)


@entries
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_is_said_with_source_date_and_the_way_to_ask(texts: Texts, entry: Entry, language: Language) -> None:
    say = replace(faq.bubble(entry.id), options=options("question:file"))
    out = texts.render(say, language, WHATSAPP)
    assert out.text.startswith(entry.texts[language][:40])
    assert entry.source in out.text
    assert str(entry.checked.year) in out.text.rpartition("(")[2]
    assert len(out.text) <= 800
    assert [b.id for b in out.buttons] == ["question:file"]
    assert len(out.buttons[0].title) <= 20
