"""LAPOR!'s ids and the words of a complaint."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.gateways.lapor_terms import (
    SIMULATOR_IDS,
    BadIds,
    categories,
    content_of,
    load_ids,
    local_state,
    redact,
    title_of,
)
from tests.gateways.running import report


def test_the_simulators_ids_are_whole_and_every_agency_has_its_own() -> None:
    ids = load_ids(SIMULATOR_IDS)
    assert len(ids.categories) == len(categories()) == 26
    assert len({row.category_id for row in ids.categories.values()}) == 26
    for code, category in categories().items():
        assert ids.agencies[category.agency] == ids.category(code).disposition_id


def test_a_place_goes_by_the_desa_then_the_kecamatan_then_the_regency() -> None:
    ids = load_ids(SIMULATOR_IDS)
    assert ids.location("64.08.09", "64.08.09.2002") == 6408092
    assert ids.location("64.08.09", "64.08.09.2001") == 6408090
    assert ids.location(None, None) == ids.location_fallback == 6408000


def _without(section: str, name: str | None = None) -> dict[str, Any]:
    given_ids: dict[str, Any] = yaml.safe_load(SIMULATOR_IDS.read_text(encoding="utf-8"))
    del (given_ids if name is None else given_ids[section])[name or section]
    return given_ids


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        (_without("categories", "jalan"), "category_id for the category jalan"),
        (_without("classifications", "aspirasi"), "id for the classification aspirasi"),
        (_without("location_fallback"), "location_fallback"),
        ({**_without("agencies"), "paths": {"submit": "tanpa-garis"}}, "submit"),
        ({**_without("locations"), "locations": {"64.08.01": "satu"}}, "id for the location 64.08.01"),
        ({**_without("categories"), "categories": ["jalan"]}, "section categories"),
    ],
)
def test_what_is_missing_is_named_in_one_sentence(tmp_path: Path, ids: dict[str, Any], named: str) -> None:
    file = tmp_path / "ids.yml"
    file.write_text(yaml.safe_dump(ids), encoding="utf-8")
    with pytest.raises(BadIds, match=re.escape(named)) as failed:
        load_ids(file)
    assert str(file) in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_file_that_is_no_yaml_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "ids.yml"
    file.write_text("categories:\n  jalan: [1\n", encoding="utf-8")
    with pytest.raises(BadIds, match="not YAML at line"):
        load_ids(file)
    with pytest.raises(BadIds, match="cannot be read"):
        load_ids(tmp_path / "tidak-ada.yml")


def test_status_names_in_any_case_and_spacing() -> None:
    assert local_state(" Ditutup  Oleh sistem ") == "closed"
    assert local_state("Lainnya") is None


# --- Words -------------------------------------------------------------------------------------------

SEPARATORS = st.sampled_from(["", " ", "-", "."])


PREFIXES = st.sampled_from(["0", "62", "+62", "+62 ", "(+62) "])


@given(PREFIXES, st.text("0123456789", min_size=7, max_size=11), SEPARATORS)
def test_no_mobile_number_survives(prefix: str, rest: str, separator: str) -> None:
    digits = "8" + rest
    grouped = separator.join([digits[:3], digits[3:7], digits[7:]]).rstrip(" -.")
    left = redact(f"hubungi saya {prefix}{grouped} ya")
    assert left in ("hubungi saya [nomor telepon dihapus] ya", "hubungi saya [NIK dihapus] ya")


@given(st.text("0123456789", min_size=16, max_size=16), SEPARATORS)
def test_no_nik_survives(nik: str, separator: str) -> None:
    left = redact(f"nik:{separator.join([nik[:4], nik[4:8], nik[8:12], nik[12:]])}.")
    assert left == "nik:[NIK dihapus]."


@pytest.mark.parametrize("landline", ["0549-21234", "(0549) 212345", "0549 2123 456", "+62 549 21234", "021-5551234"])
def test_landlines_go_as_well(landline: str) -> None:
    assert redact(f"kantor {landline}") == "kantor [nomor telepon dihapus]"


@pytest.mark.parametrize(
    "words",
    ["telepon 112, 110, 113, 115 atau 119 ext 8", "RT 08 RW 02, km 35, 24-11-2025 jam 08.30", "01-02-2025 08.00",
     "0.537900, 117.555470", "biaya Rp 150.000.000", "Jl. Yos Sudarso no 12, 75611", "dari 08.00 sampai 16.00",
     "plat KT 1234 AB", "0.86521, 117.85131"],
)  # fmt: skip
def test_other_numbers_stay(words: str) -> None:
    assert redact(words) == words


@given(st.text(max_size=400))
def test_a_title_is_short_and_never_empty(words: str) -> None:
    title = title_of(report(description=words))
    assert 0 < len(title) <= 100
    assert "\n" not in title


def test_a_title_is_cut_between_words() -> None:
    title = title_of(report(description="Jalan rusak parah " * 10))
    assert title.endswith("…")
    assert title[:-1].split()[-1] in ("Jalan", "rusak", "parah")


def test_a_number_that_the_cut_would_split_is_gone_before_the_cut() -> None:
    assert "0811" not in title_of(report(description="x" * 90 + " 0811 0000 1234"))


def test_the_content_ends_with_the_ticket_and_has_no_numbers_of_people() -> None:
    content = content_of(report(place_text="rumah Pak RT 0811-0000-9999", lat=None, lon=None))
    assert content.endswith("Tiket Kutim Siaga: KS-251124-A1B2")
    assert "Koordinat" not in content
    assert "9999" not in content
