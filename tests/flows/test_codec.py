"""State and events survive being stored, and what cannot be read is said to be so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from flows import codec
from flows.model import (
    Attachment,
    Case,
    Draft,
    FileReport,
    Other,
    Part,
    Photos,
    Place,
    Problem,
    Question,
    RaiseIncident,
    Ranked,
    State,
    Text,
    Ticket,
    Understanding,
)  # fmt: skip

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PLACE = Place("64.08.09", "64.08.09.2001", "dekat pasar", None, (Ranked("64.08.09", 0.5),), "sure", 0.5, 117.5)
PHOTO = Attachment("ab" * 32, "image/jpeg", 12345, (0.5, 117.5))
DRAFT = Draft(
    AT, (Part("m1", "lampu mati"), Part("m2", "dua tiang")), "aspirasi", "lampu_jalan", ("lampu_jalan", "listrik"),
    PLACE, 1, True, True, date(2026, 11, 20), (PHOTO,), True, "rahasia", "Andi",
)  # fmt: skip
CASE = Case(
    "IN-1", "kebakaran", AT, "unconfirmed", "asap", ("jalan",), True, PLACE, "2", "+6281100000001", ("place",), "Sari"
)  # fmt: skip
FULL = State(
    True, "en", "Andi", "+6281100000001", DRAFT, DRAFT, (Problem("sampah", "sampah"),), CASE,
    Question("summary", ("send", "change")), (Ticket("KS-261124-ABCD", "jalan", "done", AT, "123", "catatan"),),
    "Pak Budi", AT, True, True, AT, AT,
)  # fmt: skip


def stored(value: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(value))
    return result


@pytest.mark.parametrize("state", [State(), FULL], ids=["empty", "full"])
def test_a_state_comes_back_as_it_was(state: State) -> None:
    assert codec.decode_state(stored(codec.encode_state(state))) == state


def test_an_empty_state_is_small() -> None:
    assert codec.encode_state(State()) == {"v": 1}


@pytest.mark.parametrize(
    "thing",
    [
        Text("m1", AT, "ff", "halo", Understanding(place=PLACE, date=date(2026, 11, 1)), "send", "m0"),
        Photos("m1", AT, "ff", (PHOTO,), ("too_big",), "lampu", Understanding(), PLACE),
        Other("m1", AT, "ff", "contact", PHOTO, "+6281100000001"),
        FileReport("KS-261124-ABCD", DRAFT),
        RaiseIncident(CASE, (PHOTO,)),
    ],
    ids=lambda t: type(t).__name__,
)
def test_events_and_effects_come_back_by_their_name(thing: Any) -> None:
    data = stored(codec.encode_tagged(thing))
    assert data["is"] == type(thing).__name__
    assert codec.decode_tagged(data) == thing


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"v": 2},
        {"v": 1, "colour": "red"},
        {"v": 1, "draft": {}},
        {"v": 1, "draft": 5},
        {"v": 1, "language": "fr"},
        {"v": 1, "last_citizen_at": "yesterday"},
        {"v": 1, "tickets": 5},
        {"v": 1, "question": {"name": "summary", "options": None, "more": 1}},
    ],
    ids=str,
)
def test_what_is_not_ours_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(codec.Unreadable):
        codec.decode_state(data)


@pytest.mark.parametrize("data", [{}, {"is": "State "}, {"is": "WITA"}, {"is": "Tap", "id": "m1"}], ids=str)
def test_no_such_thing(data: dict[str, Any]) -> None:
    with pytest.raises(codec.Unreadable):
        codec.decode_tagged(data)
