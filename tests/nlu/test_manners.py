"""Abuse, advertising, wishes about one's own data, and a second problem in the same message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.settings import DATA
from nlu.places import Gazetteer
from nlu.understand import Guarded, understander

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def model() -> Guarded:
    return understander(DATA, Gazetteer.load(DATA / "places"), None)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("data saya", "show_data"),
        ("lihat data saya dong", "show_data"),
        ("hapus data saya", "erase_data"),
        ("tolong hapus semua data saya ya min", "erase_data"),
        ("delete my data", "erase_data"),
        ("data ktp anak saya salah di disdukcapil sudah tiga kali urus belum beres juga", "none"),
        ("jalan rusak di bengalon", "none"),
        ("ya", "none"),
    ],
)
async def test_wishes_about_own_data(model: Guarded, text: str, act: str) -> None:
    (u,) = await model.understand([text], NOW)
    assert u.act == act
    if act != "none":
        assert u.intent == "privasi"


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("goblok", "insult"),
        ("dasar bot goblok", "insult"),
        ("anjing", "insult"),
        ("PROMO pinjaman cair hari ini tanpa jaminan hubungi wa.me/62811", "advert"),
        ("slot gacor bonus member baru klik link www.contoh.example", "advert"),
        ("ada anjing liar gigit anak di sepaso bengalon", "none"),
        ("jalan rusak goblok tiap hari ban pecah di bengalon", "none"),
        ("harga gas 3 kg mahal sekali di sangatta", "none"),
        ("terima kasih banyak", "none"),
    ],
)
async def test_tone(model: Guarded, text: str, tone: str) -> None:
    (u,) = await model.understand([text], NOW)
    assert u.tone == tone


async def test_two_problems_in_one_message(model: Guarded) -> None:
    text = "lampu jalan mati di depan masjid sepaso bengalon. sampah juga menumpuk tidak diangkut di pasar bengalon"
    (u,) = await model.understand([text], NOW)
    assert u.category.code == "lampu_jalan"
    assert [p.category for p in u.more] == ["sampah"]
    assert "sampah" in u.more[0].text
    assert u.more[0].place is not None
    assert u.more[0].place.kecamatan == "64.08.09"


@pytest.mark.parametrize(
    "text",
    [
        "jalan rusak parah di bengalon. sudah setahun tidak diperbaiki. banyak yang jatuh",
        "lampu jalan mati, gelap sekali kalau malam",
        "kebakaran di pasar bengalon. tolong cepat",
        "",
    ],
)
async def test_one_problem_stays_one(model: Guarded, text: str) -> None:
    (u,) = await model.understand([text], NOW)
    assert u.more == ()
