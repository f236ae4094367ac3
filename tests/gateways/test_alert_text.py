"""An incident in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateways.alert_text import TYPES, alert_text
from tests.gateways.running import alert

EMERGENCY_TYPES = (
    "kebakaran", "kecelakaan", "medis", "banjir", "bencana", "sar", "kriminal", "hewan_buas", "listrik",
    "pohon_tumbang", "bahan_berbahaya", "kecelakaan_kerja", "krisis_jiwa", "lainnya",
)  # fmt: skip


def test_in_full() -> None:
    assert alert_text(alert(victims="dua orang")) == (
        "112: KEBAKARAN\n"
        'Kata warga: "tolong rumah kebakaran"\n'
        "Lokasi: Jl. Yos Sudarso, Sangatta Utara\n"
        "Koordinat: 0.537900, 117.555470\n"
        "Korban: dua orang\n"
        "Telepon: +62 811-0000-1234\n"
        "Diterima: 24-11-2025 11.15 WITA lewat Telegram\n"
        "Nomor: IN-20251124031500-0a1b2c3d4e5f\n"
        "Meja 112: https://siaga.example.go.id/admin/112"
    )


def test_what_is_not_known_is_said() -> None:
    text = alert_text(alert(place_text=None, lat=None, lon=None, phone=None, desk_url=None))
    assert "Lokasi: belum diketahui" in text
    assert "Telepon: belum diketahui" in text
    assert "Koordinat" not in text


def test_unconfirmed_outside_and_updates_stand_at_the_top() -> None:
    lines = alert_text(alert(level="unconfirmed", outside=True, version=3)).splitlines()
    assert lines[1].startswith("BELUM DIPASTIKAN")
    assert lines[2].startswith("LUAR WILAYAH")
    assert lines[3] == "Pembaruan ke-2"


@pytest.mark.parametrize("code", EMERGENCY_TYPES)
def test_every_type_has_a_name(code: str) -> None:
    assert alert_text(alert(type=code)).startswith(f"112: {TYPES[code].upper()}\n")


@given(st.text(max_size=6000), st.integers(600, 4096))
def test_only_the_words_are_ever_shortened(words: str, most: int) -> None:
    text = alert_text(alert(words=words), most)
    assert len(text) <= most
    assert text.endswith("Meja 112: https://siaga.example.go.id/admin/112")
    assert "Telepon: +62 811-0000-1234" in text
