"""The ladder's file: what it may say, and the sentence for everything else."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest

from bot.gateways.ladder import BadLadder, Rung, load_ladder
from bot.gateways.rota import ALWAYS, Contact, Rota, gap, read_rota


def test_without_a_file_the_desk_has_a_minute() -> None:
    assert load_ladder(None) == (Rung("desk", "desk", 60.0),)


def test_the_rungs_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "tangga.yml"
    file.write_text(
        "# siapa dulu\n- transport: desk\n  name: Meja 112\n  seconds: 0\n"
        "- {transport: telegram_group, name: Grup Piket, seconds: 45}\n- {transport: webhook, seconds: 60.5}\n",
        encoding="utf-8",
    )
    assert load_ladder(file) == (
        Rung("desk", "Meja 112", 0.0), Rung("telegram_group", "Grup Piket", 45.0), Rung("webhook", "webhook", 60.5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, must be a list"),
        ("[]", "line 1, must be a list"),
        ("transport: desk", "line 1, must be a list"),
        ("- {transport: desk, seconds: 60}\n- [1]", "line 2, is not an entry"),
        ("- {transport: desk, seconds: 60}\n- teks", "line 2, is not an entry"),
        ("- {transport: desk, seconds: 60}\n- {transport: merpati, seconds: 5}", "line 2, needs a transport out of"),
        ("- {seconds: 60}", "line 1, needs a transport"),
        ("- {transport: desk}", "line 1, needs seconds from 0 to 3600"),
        ("- {transport: desk, seconds: -1}", "line 1, needs seconds"),
        ("- {transport: desk, seconds: .nan}", "line 1, needs seconds"),
        ("- {transport: desk, seconds: yes}", "line 1, needs seconds"),
        ('- {transport: desk, seconds: "60"}', "line 1, needs seconds"),
        ("- {transport: [desk], seconds: 60}", "line 1, needs a transport"),
        ("- {transport: desk, seconds: 60, wait: 5}", "line 1, has wait"),
        ("- {transport: desk, seconds: 9}\n\n- {transport: desk, seconds: 9}", "line 3, repeats the name desk"),
        ("- {transport: desk, seconds: 0}", "has no entry that waits"),
        ("- {transport: desk\n- {", "is not YAML at line"),
        ("- {transport: desk, seconds: 2025-13-45}", "line 1, is not an entry"),
        ("- {transport: call, seconds: 60}", "line 1, needs to as a number"),
        ("- {transport: call, seconds: 60, to: 112}", "line 1, needs to as a number"),
        ("- {transport: sms, seconds: 60, to: piket}", "line 1, needs to as a number"),
        ("- {transport: sms, seconds: 60, to: [a]}", "line 1, needs to as a number"),
        ("- {transport: desk, seconds: 60, to: +62 811-0000-0001}", "line 1, has to, which only call and sms"),
        ("- {transport: desk, seconds: 60, days: [senen]}", "line 1, needs days such as"),
        ("- {transport: desk, seconds: 60, days: []}", "line 1, needs at least one day"),
        ("- {transport: desk, seconds: 60, hours: pagi}", "line 1, needs hours such as"),
        ("- {transport: desk, seconds: 60, hours: 25:00-26:00}", "line 1, needs hours such as"),
        ("- {transport: desk, seconds: 60, hours: 07:00-07:00}", "line 1, needs hours that begin and end"),
        ("- {transport: desk, seconds: 60, days: [senin-sabtu]}", "line 1, reaches nobody on minggu at 00:00"),
        ("- {transport: desk, seconds: 60, hours: 07:30-16:00}", "line 1, reaches nobody on senin at 00:00"),
        ("ladder:\n- {transport: desk, seconds: 60}\nteman: 1", "has teman, which is none of people"),
        ("people: []\nladder:\n- {transport: desk, seconds: 60}", "line 1, needs people as names"),
        ("people:\n  Ani: {to: 12}\nladder:\n- {transport: desk, seconds: 60}", "line 2, needs a number"),
        ("people:\n  Ani: {telp: 12}\nladder:\n- {transport: desk, seconds: 60}", "line 2, has telp"),
        ("groups:\n  piket: [Ani]\nladder:\n- {transport: desk, seconds: 60}", "line 2, needs a list of people"),
        ("groups:\n  piket: []\nladder:\n- {transport: desk, seconds: 60}", "line 2, needs a list of people"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "tangga.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadLadder) as failed:
        load_ladder(file)
    assert said in str(failed.value)
    assert str(file) in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadLadder, match="cannot be read"):
        load_ladder(tmp_path / "tidak-ada.yml")


ROTA = """
people:
  Kepala jaga: {to: +62 811-0000-0001, days: [senin-jumat], hours: 07:30-16:00}
  Komandan regu: +6281100000002
groups:
  piket: [Kepala jaga, Komandan regu]
ladder:
  - {transport: desk, name: Meja 112, seconds: 45}
  - {transport: call, name: Telepon piket, to: piket, seconds: 60}
  - {transport: sms, name: SMS pimpinan, to: Kepala jaga, seconds: 0}
  - {transport: call, name: Posko malam, to: "+62 811-0000-0003", seconds: 60, hours: 22:00-06:00}
"""


def test_people_and_groups_have_hours_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "tangga.yml"
    file.write_text(ROTA, encoding="utf-8")
    desk, calls, sms, night = load_ladder(file)
    weekdays = Rota(frozenset(range(5)), (time(7, 30), time(16)))
    chief = Contact("Kepala jaga", "+6281100000001", weekdays)
    leader = Contact("Komandan regu", "+6281100000002", ALWAYS)
    assert calls == Rung("call", "Telepon piket", 60, (chief, leader))
    assert sms.contacts == (chief,)
    assert night.contacts == (Contact("Posko malam", "+6281100000003"),)
    at_work, at_night = wita("2026-11-24 09:00"), wita("2026-11-24 23:30")
    assert calls.reached(at_work) == (chief, leader)
    assert calls.reached(at_night) == (leader,)
    assert [rung.is_on_duty(at_work) for rung in (desk, calls, sms, night)] == [True, True, True, False]
    assert [rung.is_on_duty(at_night) for rung in (desk, calls, sms, night)] == [True, True, False, True]


def wita(moment: str) -> datetime:
    return datetime.fromisoformat(f"{moment}+08:00")


@pytest.mark.parametrize(
    ("given", "moment", "covered"),
    [
        ({}, "2026-11-29 03:00", True),
        ({"days": "senin-jumat"}, "2026-11-27 23:59", True),
        ({"days": ["senin-jumat"]}, "2026-11-28 00:00", False),
        ({"days": ["sabtu", "minggu"]}, "2026-11-28 00:00", True),
        ({"days": ["jumat-senin"]}, "2026-11-23 12:00", True),
        ({"days": ["jumat-senin"]}, "2026-11-24 12:00", False),
        ({"hours": "07:30-16:00"}, "2026-11-24 07:30", True),
        ({"hours": "07:30-16:00"}, "2026-11-24 16:00", False),
        ({"hours": "07.30 - 24.00"}, "2026-11-24 23:59", True),
        ({"days": ["sabtu"], "hours": "22:00-06:00"}, "2026-11-28 21:59", False),
        ({"days": ["sabtu"], "hours": "22:00-06:00"}, "2026-11-28 22:00", True),
        ({"days": ["sabtu"], "hours": "22:00-06:00"}, "2026-11-29 05:59", True),
        ({"days": ["sabtu"], "hours": "22:00-06:00"}, "2026-11-28 05:00", False),
    ],
)  # fmt: skip
def test_a_shift_belongs_to_the_day_it_begins_on(given: dict[str, Any], moment: str, covered: bool) -> None:
    assert read_rota(given).covers(wita(moment)) is covered


def test_two_shifts_that_meet_leave_no_gap() -> None:
    day, night = read_rota({"hours": "06:00-18:00"}), read_rota({"hours": "18:00-06:00"})
    assert gap([(day,), (night,)]) is None
    late = read_rota({"hours": "18:30-06:00"})
    assert gap([(day,), (late,)]) == (0, time(18))
