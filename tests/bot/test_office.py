"""When petugas are back: WITA, weekends, holidays, corrections; and streets that may be shown and compared."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.office import Office, OfficeHoursBroken
from bot.settings import DATA
from bot.streets import street_of, street_words


def wita(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.fixture(scope="module")
def office() -> Office:
    return Office.load(DATA / "office_hours.yml")


@pytest.mark.parametrize(
    ("now", "back"),
    [
        ("2026-11-24T10:00", None),  # Tuesday
        ("2026-11-24T08:00", None),
        ("2026-11-24T07:59", "2026-11-24T08:00"),
        ("2026-11-24T16:00", "2026-11-25T08:00"),
        ("2026-11-27T15:30", "2026-11-30T08:00"),  # Friday afternoon
        ("2026-11-28T10:00", "2026-11-30T08:00"),
        ("2026-12-31T17:00", "2027-01-04T08:00"),  # New Year's Day is a Friday
    ],
)
def test_when_petugas_are_back(office: Office, now: str, back: str | None) -> None:
    assert office.back_at(wita(now)) == (wita(back) if back else None)


def test_corrections_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hours.yml"
    hours = 'hours: {kamis: ["08:00", "12:00"], jumat: ["08:00", "12:00"]}'
    file.write_text(f"{hours}\nclosed: [2026-11-26]\nopen: [2027-01-01]\n")
    office = Office.load(file)
    assert office.back_at(wita("2026-11-26T09:00")) == wita("2026-11-27T08:00")
    assert office.back_at(wita("2027-01-01T09:00")) is None


@pytest.mark.parametrize(
    "text", ["hours: {funday: ['08:00', '09:00']}", "hours: {senin: ['16:00', '08:00']}", "nothing: 1", "hours: [", ""]
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "hours.yml"
    file.write_text(text)
    with pytest.raises(OfficeHoursBroken, match=r"hours\.yml"):
        Office.load(file)


def test_an_office_that_never_opens_promises_nothing() -> None:
    assert Office({}).back_at(wita("2026-11-24T10:00")) is None


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("jl yos sudarso depan rumah pak budi", "Jl. Yos Sudarso"),
        ("dekat rumah pak budi", None),
        ("gang 3 rumah ibu siti", "Gg. 3"),
        ("jalan depan masjid", None),
        ("poros km 5", "Jl. Poros Km 5"),
        ("dpn sd, Jln. Pendidikan No. 4", "Jl. Pendidikan"),
        (None, None),
    ],
)
def test_only_the_street_is_shown(detail: str | None, shown: str | None) -> None:
    assert street_of(detail) == shown


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("depan masjid raya", "dekat masjid", True),
        ("poros km 5", "km5 arah bontang", True),
        ("poros km 5", "poros km 7", False),
        ("gang 3", "gg. 03", True),
        ("depan rumah", "depan rumah", False),
        ("rt 5", "rt 6", False),
    ],
)
def test_which_places_share_a_street_word(one: str, other: str, alike: bool) -> None:
    assert bool(street_words(one) & street_words(other)) is alike
