"""Frequent questions: found by their words, and silence where none surely fits."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.model import Emergency, Understanding
from nlu import labelled
from nlu.faq import Faq, FaqBroken
from nlu.understand import Guarded
from nlu.words import Words

ROOT = Path(__file__).parents[2]
FAQ = Faq.load(ROOT / "data" / "faq", Words.load(ROOT / "data" / "words").normaliser)
JUDGED = yaml.safe_load((Path(__file__).parent / "faq_by_eye.yml").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def found(text: str) -> str | None:
    answer = FAQ.find(text)
    return answer.id if answer else None


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("KTP saya hilang, perlu surat polisi nggak ya pak?", "ktp_hilang"),
        ("ktp rusk gmn gantinya", "ktp_hilang"),
        ("112 tu bayar kah", "nomor_112"),
        ("bedanya 110 sama 112 apa min", "beda_nomor"),
        ("bapak mau bakar ladang sedikit, boleh tidak nak", "bakar_lahan"),
        ("nikah di kantor kua bayar brp", "nikah_kua"),
        ("bolehkah warga minta salinan apbdes?", "apbdes"),
        ("sekolah smp negeri kok minta uang spp, boleh gak", "pungutan_sekolah"),
        ("what age do i need a ktp", "ktp_umur"),
        # Near to an answer, and yet not what it answers.
        ("disdukcapil sabtu buka jam berapa", None),
        ("nomor puskesmas bengalon", None),
        ("nomor damkar ada berapa pos di sangatta", None),
        ("kapan bansos pkh cair", None),
        ("biaya balik nama sertifikat tanah", None),
        ("jadwal simulasi gempa besok", None),
        ("akta lahir bisa online?", None),
        ("syarat ambulans gratis apa", None),
        ("", None),
        ("?", None),
    ],
)
def test_questions_find_their_answer_or_none(asked: str, wanted: str | None) -> None:
    assert found(asked) == wanted


def test_of_a_hundred_real_questions_none_is_answered_wrongly() -> None:
    """Judged by eye; a silent one is offered to be filed, a wrong one misleads."""
    assert len(JUDGED) == 100
    wrong = [(q["asks"], found(q["asks"])) for q in JUDGED if found(q["asks"]) not in (None, q["answer"])]
    silent = [q["asks"] for q in JUDGED if q["answer"] and found(q["asks"]) is None]
    assert wrong == []
    assert len(silent) <= 3, silent


def test_what_is_no_question_is_hardly_ever_answered() -> None:
    """On the intents in which nobody asks for information, were they taken for a question: under 1 in 100."""
    beside = ("luar_topik", "salam", "terima_kasih", "keluhan_bot", "jawaban", "aspirasi", "privasi", "bantuan")
    messages = [
        m.text for m in labelled.read([ROOT / "data" / "nlu", ROOT / "data" / "nlu" / "dev"]) if m.intent in beside
    ]
    assert len(messages) > 1500
    answered = [text for text in messages if found(text)]
    assert len(answered) <= len(messages) * 0.01, answered


def test_ways_of_asking_find_their_answer_without_themselves() -> None:
    """Leave one out: the share that still finds its own answer, and how few find another."""
    own = other = total = 0
    for entry in FAQ.entries.values():
        for question in entry.questions:
            total += 1
            nearest = FAQ.nearest(question, without=question)
            if nearest and nearest[1] >= 0.42:
                own += nearest[0] == entry.id
                other += nearest[0] != entry.id
    assert total > 400
    assert own / total >= 0.55
    assert other / total <= 0.02


def test_a_question_is_looked_up_in_under_a_millisecond() -> None:
    questions = [q["asks"] for q in JUDGED]
    best = min(_seconds_for(questions) for _ in range(3))
    assert best / len(questions) < 0.001


def _seconds_for(questions: list[str]) -> float:
    started = time.perf_counter()
    for question in questions:
        FAQ.find(question)
    return time.perf_counter() - started


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    FAQ.find(text)


# --- in understanding --------------------------------------------------------------------------------


class Says:
    """An understander that takes everything for the same."""

    def __init__(self, understanding: Understanding) -> None:
        self.understanding = understanding

    async def understand(self, texts: list[str], now: datetime) -> list[Understanding]:
        return [self.understanding for _ in texts]


@pytest.mark.parametrize(
    ("understanding", "wanted"),
    [
        (Understanding("tanya_informasi"), "ktp_hilang"),
        (Understanding("bantuan"), "ktp_hilang"),
        (Understanding("lapor"), None),
        (Understanding("tanya_informasi", emergency=Emergency("ask", "lainnya", 0.5)), None),
    ],
)
async def test_the_answer_is_understood_only_where_somebody_asks(
    understanding: Understanding, wanted: str | None
) -> None:
    says = Says(understanding)
    guarded = Guarded(says, says, faq=FAQ)  # type: ignore[arg-type]
    texts = ["ktp hilang perlu surat polisi gak", "selamat pagi"]
    assert [u.faq for u in await guarded.understand(texts, NOW)] == [wanted, None]


# --- loading -----------------------------------------------------------------------------------------

WHOLE = """
- id: satu
  about: [ktp]
  questions: [ktp hilang]
  answer: {id: Jawaban., en: Answer.}
  source: UU 1/2000
  checked: 2026-11-24
"""


def test_an_answer_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(WHOLE)
    answer = Faq.load(tmp_path).answer("satu", "en")
    assert (answer.text, answer.source, answer.checked) == ("Answer.", "UU 1/2000", date(2026, 11, 24))
    with pytest.raises(KeyError):
        Faq.load(tmp_path).answer("dua", "en")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  source: UU 1/2000\n", "", "'satu' lacks 'source'"),
        ("2026-11-24", "kemarin", "checked must be a date"),
        ("about: [ktp]", "about: [112]", "about must be words; quote numbers"),
        ("about: [ktp]", "about: []", "neither what it is about"),
        ("en: Answer.", "de: Antwort.", "'satu' lacks 'en'"),
        ("- id: satu", "id: satu", "cannot be read"),
        (WHOLE, "satu: dua", "must be a list"),
        (WHOLE, WHOLE + WHOLE, "is there twice"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in WHOLE
    (tmp_path / "a.yml").write_text(WHOLE.replace(old, new))
    with pytest.raises(FaqBroken, match=sentence):
        Faq.load(tmp_path)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Faq.load(tmp_path)
