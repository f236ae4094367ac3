"""What people say of when it happened, against a day that is known: Tuesday 24 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.dates import find_date

TODAY = date(2026, 11, 24)

SAID = [
    ("kemarin ada pohon roboh", 1),
    ("kmrn sore airnya naik", 1),
    ("dr kmrin pdm sampe skrg", 1),
    ("KEMAREN SAYA SUDAH KE SANA", 1),
    ("wingi wengi lampune mati", 1),
    ("tadi malam rumah saya kemasukan orang", 1),
    ("td mlm gelap total", 1),
    ("sejak semalam tidak ada listrik", 1),
    ("samalam banyu naik", 1),
    ("no water since yesterday pak", 1),
    ("last night the pole fell", 1),
    ("kemarin dulu saya sudah lapor", 2),
    ("kemarin lusa jatuhnya", 2),
    ("the day before yesterday it broke", 2),
    ("tadi pagi tabrakan di simpang", 0),
    ("barusan ambruk", 0),
    ("baru saja kejadian", 0),
    ("hari ini tidak ada air sama sekali", 0),
    ("hr ini blm diangkut", 0),
    ("td siang truknya lewat lagi", 0),
    ("happened just now near the market", 0),
    ("saiki lampune mati", 0),
    ("2 jam lalu jatuh ke parit", 0),
    ("sepuluh menit yang lalu kapalnya terbalik", 0),
    ("sudah 3 jam tidak bisa lewat", 0),
    ("3 hari lalu", 3),
    ("kejadiannya 3 hari yg lalu pak", 3),
    ("tiga hari yang lalu", 3),
    ("2 hr lalu", 2),
    ("3 days ago a truck hit it", 3),
    ("a week ago", 7),
    ("dua minggu lalu sudah dijanjikan", 14),
    ("sudah 2 minggu tidak diangkut", 14),
    ("udah 2 minggu numpuk", 14),
    ("udh seminggu mati lampu", 7),
    ("sdh sebulan rusak", 31),
    ("lampu di sini sudah saminggu mati", 7),
    ("selama sebulan jalannya begini", 31),
    ("lebih dari 2 bulan bocor", 61),
    ("hampir setahun terbengkalai", 365),
    ("dari 3 minggu lalu belum ada yang datang", 21),
    ("sejak dua minggu airnya keruh", 14),
    ("surat pindah sudah masuk dari 2 bln lalu", 61),
    ("sudah 20 hari", 20),
    ("sudah hampir 5 hari tidak nyala", 5),
    ("for 3 days the street is dark", 3),
    ("minggu kemarin orang dinas datang", 7),
    ("minggu lalu jembatannya patah", 7),
    ("mggu lalu sy lapor", 7),
    ("bulan lalu ada korban", 31),
    ("bln kmrn dipotong lagi", 31),
    ("tahun lalu diaspal", 365),
    ("last week they dug it up", 7),
    ("sejak senin", 1),
    ("senin", 1),
    ("sjk senin lampunya padam", 1),
    ("dari rabu tidak mengalir", 6),
    ("hari jumat kemarin", 4),
    ("kamis malam ada yang menembok parit", 5),
    ("hari selasa dibongkar", 7),
    ("sejak hari minggu", 2),
    ("hari minggu jam 9", 2),
    ("since monday", 1),
    ("tgl 5 tiangnya roboh", 19),
    ("tanggal 20", 4),
    ("sejak tgl 30 belum dibayar", 25),
    ("5 nov", 19),
    ("tanggal 17 november", 7),
    ("5 november 2025", 384),
    ("3 agustus kemarin", 113),
    ("sejak 5/11 mati", 19),
    ("tgl 5/11", 19),
    ("05-11-2026", 19),
    ("20/11/26 pagi", 4),
    ("2026-11-20", 4),
    ("sejak maret", 268),
    ("bulan september diperbaiki", 84),
    ("maret lalu tangannya putus", 268),
    ("dr bln 3 kk belum keluar", 268),
]

UNSAID = [
    "jalan berlubang di bengalon",
    "gg 3 gelap",
    "gang 5 nomor 7",
    "rt 05 rw 2",
    "rt 5/2",
    "km 5 poros bengalon",
    "km 31",
    "jl mawar no 12/4",
    "blok b 12/11",
    "harga 5/11 rb",
    "dimintai 20rb",
    "gas 3kg 45 ribu",
    "3 orang luka",
    "ada 2 rumah terbakar",
    "kelas 5",
    "sd 004",
    "smp 2",
    "sp 3 kombeng",
    "lusa mau dibongkar",
    "besok saya ke kantor",
    "minggu depan bapak mau bakar kebun",
    "bulan depan ada pesta kembang api",
    "tahun depan dibangun",
    "3 hari lagi lebaran",
    "2 minggu lagi",
    "tiap minggu ada tabrakan",
    "setiap hari senin diangkut",
    "tiap 2 minggu sekali",
    "tiap senin",
    "saban malam minggu ribut",
    "setiap hari minggu ke gereja",
    "senin depan rapat",
    "jadwal posyandu hari apa",
    "harga sewa sehari 200 ribu",
    "iurannya berapa sebulan",
    "3 minggu",
    "5 tahun",
    "anak umur 4 tahun tenggelam",
    "anak usia 3 bulan demam",
    "pasien 14 tahun hamil",
    "ibu saya sudah 70 tahun",
    "kontrak 3 bulan tidak diperpanjang",
    "masa berlaku 5 tahun",
    "mei mei teman saya",
    "banjir terus",
    "lampu mati",
    "tadinya untuk mandi",
    "dianggap angin lalu",
    "orang lalu lalang",
    "lewat jalan lama",
    "tanggal berapa jadwalnya",
    "tgl 5 bulan depan",
    "31-02-2026",
    "40/50",
    "jam 5/6 sore",
    "08110000123",
    "ks-1189",
    "24 jam siaga",
    "semalam suntuk wayangan",
    "pasien tidak bisa makan",
    "tiga pohon di tepi jalan",
    "dua minggu sekali dibersihkan",
    "5-6 rumah",
    "3-4 meter",
    "1/2 badan jalan",
    "selasa dan jumat mobil tangki masuk tiap minggu",
    "",
    "?",
    "05-12-2026",
    "5 desember 2027",
]


@pytest.mark.parametrize(("text", "days"), SAID)
def test_the_day_that_was_said(text: str, days: int) -> None:
    assert find_date(text, TODAY) == TODAY - timedelta(days=days)


@pytest.mark.parametrize("text", UNSAID)
def test_what_is_no_day(text: str) -> None:
    assert find_date(text, TODAY) is None


def test_a_month_back_from_its_31st_is_the_last_of_a_shorter_month() -> None:
    assert find_date("sebulan yang lalu", date(2026, 3, 31)) == date(2026, 2, 28)
    assert find_date("setahun yang lalu", date(2024, 2, 29)) == date(2023, 2, 28)


def test_a_weekday_is_never_today() -> None:
    assert find_date("sejak selasa", TODAY) == TODAY - timedelta(days=7)


def test_a_date_of_this_year_that_has_not_come_is_last_years() -> None:
    assert find_date("5 desember", TODAY) == date(2025, 12, 5)


@given(st.text(max_size=60), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_never_later_than_today_and_never_an_error(text: str, today: date) -> None:
    found = find_date(text, today)
    assert found is None or found <= today


TIME_WORDS = [
    "sudah", "3", "5", "31", "99", "hari", "minggu", "bulan", "tahun", "lalu", "tgl", "senin", "sejak", "nov", "mei",
    "/", "-", "2026", "kemarin", "se",
]  # fmt: skip


@given(
    st.lists(
        st.sampled_from(TIME_WORDS),
        max_size=6,
    ),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_any_mixture_of_time_words_is_no_later_than_today(words: list[str], today: date) -> None:
    found = find_date(" ".join(words), today)
    assert found is None or found <= today
