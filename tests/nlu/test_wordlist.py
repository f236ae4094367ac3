"""The net below every model: it sees plain danger, and is not frightened by ordinary words."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from flows.model import Category, Emergency, Ranked
from nlu.assemble import Alarm, Answers, raised
from nlu.emergency_features import Cues
from nlu.labelled import read
from nlu.wordlist import WordList


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("tolong rumah kebakaran", "kebakaran"),
        ("KEBAKARAN PAK CEPAT", "kebakaran"),
        ("anak tenggelam di sungai", "sar"),
        ("ibu saya tidak sadar", "medis"),
        ("ada yg bawa parang skrg di dpn rumah", "kriminal"),
        ("tlg ada kecelakaan dpn pasar", "kecelakaan"),
        ("kami terjebak banjir", "banjir"),
    ],
)
def test_plain_danger_is_live(word_list: WordList, now: datetime, text: str, kind: str) -> None:
    said = word_list.parse(text, now)
    assert (said.intent, said.emergency.level, said.emergency.type) == ("darurat", "live", kind)


def test_a_bare_danger_word_is_asked_about(word_list: WordList, now: datetime) -> None:
    assert word_list.parse("kebakaran", now).emergency.level == "ask"


@pytest.mark.parametrize(
    "text",
    [
        "kebakaran minggu lalu",
        "tiap hujan banjir",
        "takut pohon roboh menimpa rumah",
        "rawan kecelakaan di tikungan itu",
        "bukan kebakaran, cuma bakar sampah",
        "besok latihan kebakaran di sekolah",
        "nomor pemadam kebakaran berapa",
        "kebakaran sudah padam",
        "harga sembako bikin kebakaran jenggot",
        "lampu jalan mati total",
        "jalan rusak di bengalon",
        "wkwk rumah kebakaran",
    ],
)
def test_lookalikes_and_complaints_are_quiet(word_list: WordList, now: datetime, text: str) -> None:
    assert word_list.parse(text, now).emergency.level == "none"


def test_ordinary_messages_of_the_held_back_authors_are_hardly_ever_live(word_list: WordList) -> None:
    ordinary = [m for m in read([Path("data/nlu/dev")]) if not m.emergency and not m.lookalike]
    live = [m.text for m in ordinary if word_list.alarm(word_list.words.normaliser.tokens(m.text)).level == "live"]
    assert len(live) <= 0.003 * len(ordinary), live


def test_the_list_raises_a_level_and_never_lowers_it() -> None:
    def of(level: str, kind: str | None, score: float) -> Answers:
        emergency = Emergency(level, kind, score)  # type: ignore[arg-type]
        return Answers((Ranked("lapor", 1.0),), Category(), emergency, (Ranked("medis", 0.5),))

    assert raised(of("none", None, 0.1), Alarm("live", "kebakaran")) == Emergency("live", "kebakaran", 0.1)
    assert raised(of("live", "sar", 0.9), Alarm()) == Emergency("live", "sar", 0.9)
    assert raised(of("ask", "sar", 0.4), Alarm("live", "banjir")) == Emergency("live", "sar", 0.4)
    assert raised(of("none", None, 0.1), Alarm("ask")) == Emergency("ask", "medis", 0.1)


def test_global_words_and_acts_need_no_model(word_list: WordList, now: datetime) -> None:
    assert word_list.parse("batal", now).intent == "batal"
    said = word_list.parse("jgn sebut nama saya, tidak ada foto", now)
    assert (said.anonymity, said.no_photo) == ("anonim", True)


def test_a_cue_group_nobody_reads_is_refused() -> None:
    with pytest.raises(ValueError, match="weather"):
        Cues.of({"weather": ["hujan"]})
