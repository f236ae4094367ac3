"""Single steps of the dialogue that a transcript cannot say exactly: ids, times, what is handed on, in what order."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from flows.draft import absorb, add_photos, begin, take_place, ticket_number
from flows.engine import CLOSE_AFTER, REMIND_AFTER, advance
from flows.handover import BACK_AFTER
from flows.model import (
    Attachment,
    Case,
    Category,
    Draft,
    Emergency,
    FileReport,
    Part,
    Photos,
    Place,
    Question,
    RaiseIncident,
    Ranked,
    Say,
    StaffTook,
    State,
    Tap,
    Text,
    Tick,
    Understanding,
    UpdateIncident,
)  # fmt: skip
from flows.options import option

AT = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
"""Half past one at night in WITA, on the 25th."""
TOKEN = hashlib.sha256(b"a token").hexdigest()[:32]
PLACE = Place("64.08.09", "64.08.09.2001", "dekat pasar", certainty="sure")
COMPLETE = Draft(
    AT, (Part("m1", "lampu mati"),), category="lampu_jalan", place=PLACE, place_settled=True, photo_settled=True
)
AT_SUMMARY = State(noticed=True, draft=COMPLETE, question=Question("summary", ("send", "change", "anonymity")))


def text(words: str = "kata", intent: str = "lapor", **more: object) -> Text:
    return Text("m9", AT, TOKEN, words, Understanding(intent=intent, **more))  # type: ignore[arg-type]


def said(effects: tuple[object, ...]) -> list[str]:
    return [e.key for e in effects if isinstance(e, Say)]


def test_a_ticket_carries_the_day_in_wita_and_follows_from_its_token() -> None:
    ticket = ticket_number(AT, TOKEN)
    assert re.fullmatch(r"KS-261125-[A-HJ-NP-Z2-9]{4}", ticket)
    assert ticket_number(AT, TOKEN) == ticket
    others = {ticket_number(AT, hashlib.sha256(str(i).encode()).hexdigest()) for i in range(200)}
    assert len(others) == 200


def test_filing_hands_on_the_whole_draft_with_its_day() -> None:
    step = advance(AT_SUMMARY, Tap("m2", AT, TOKEN, "send"))
    filed, told = step.effects
    assert isinstance(filed, FileReport)
    assert filed.draft == replace(COMPLETE, date=date(2026, 11, 25))
    assert isinstance(told, Say)
    assert told.args["ticket"] == filed.ticket == step.state.tickets[0].ticket


def test_the_second_press_files_nothing() -> None:
    once = advance(AT_SUMMARY, Tap("m2", AT, TOKEN, "send")).state
    again = advance(once, Tap("m3", AT, TOKEN, "send"))
    assert said(again.effects) == ["old_button_menu"]
    assert len(again.effects) == 1


def test_an_incomplete_draft_is_never_filed_even_when_a_button_says_so() -> None:
    state = replace(AT_SUMMARY, draft=replace(COMPLETE, category=None, ranking=("jalan",)))
    step = advance(state, Tap("m2", AT, TOKEN, "send"))
    assert said(step.effects) == ["ask_category"]
    assert len(step.effects) == 1


def test_fifty_tickets_are_remembered() -> None:
    state = AT_SUMMARY
    for n in range(60):
        token = hashlib.sha256(str(n).encode()).hexdigest()[:32]
        state = advance(replace(AT_SUMMARY, tickets=state.tickets), Tap("m2", AT, token, "send")).state
    assert len(state.tickets) == 50


@pytest.mark.parametrize("state", [State(), AT_SUMMARY, replace(AT_SUMMARY, held_by="Pak Budi", held_since=AT)])
def test_danger_comes_first_from_any_state(state: State) -> None:
    step = advance(state, text(intent="darurat", emergency=Emergency("live", "kebakaran", 0.9)))
    raised, first = step.effects[:2]
    assert isinstance(raised, RaiseIncident)
    assert isinstance(first, Say)
    assert (first.key, first.urgent) == ("emergency_live", True)
    assert step.state.shelf == state.draft


def test_the_incident_goes_out_with_everything_known() -> None:
    fire, ranking = Emergency("live", "kebakaran", 0.9), (Ranked("jalan", 0.4),)
    u = Understanding(emergency=fire, place=PLACE, category=Category(ranking=ranking))
    photo = Attachment("aa", "image/jpeg", 9)
    event = Photos("m1", AT, TOKEN, (photo,), (), "kebakaran", u)
    raised = advance(State(phone="+6281100000001"), event).effects[0]
    assert isinstance(raised, RaiseIncident)
    assert raised.photos == (photo,)
    case = raised.case
    assert (case.place, case.phone, case.words, case.ranking) == (PLACE, "+6281100000001", "kebakaran", ("jalan",))
    assert case.incident.startswith("IN-20261124173000-")


def test_an_hour_later_it_is_another_incident() -> None:
    cry = text(intent="darurat", emergency=Emergency("live", "kebakaran", 0.9))
    first = advance(State(), cry).state
    same = advance(first, replace(cry, at=AT + timedelta(minutes=60)))
    other = advance(first, replace(cry, at=AT + timedelta(minutes=61)))
    assert isinstance(same.effects[0], UpdateIncident)
    assert isinstance(other.effects[0], RaiseIncident)


def test_the_dialogue_says_when_it_wants_to_be_woken() -> None:
    asked = advance(State(), text()).state
    assert asked.wake_at == AT + REMIND_AFTER
    reminded = advance(asked, Tick("t1", AT + REMIND_AFTER, TOKEN)).state
    assert reminded.wake_at == AT + CLOSE_AFTER
    closed = advance(reminded, Tick("t2", AT + CLOSE_AFTER, TOKEN)).state
    assert closed.wake_at is None
    held = advance(asked, StaffTook("s1", AT, TOKEN)).state
    assert held.wake_at == AT + BACK_AFTER


def test_a_late_tick_does_not_talk_into_a_held_conversation() -> None:
    held = replace(AT_SUMMARY, last_citizen_at=AT, held_by="Pak Budi", held_since=AT + timedelta(minutes=40))
    assert advance(held, Tick("t1", AT + timedelta(minutes=45), TOKEN)).effects == ()


def test_unconfirmed_danger_wakes_after_two_minutes() -> None:
    asked = advance(State(), text(emergency=Emergency("ask", "kebakaran", 0.5))).state
    assert asked.wake_at == AT + timedelta(minutes=2)


# --- taking in ---


def test_a_later_street_keeps_the_kecamatan_and_a_new_kecamatan_drops_the_old_desa() -> None:
    draft = Draft(AT, place=Place("64.08.09", certainty="sure"))
    street = take_place(draft, Place(detail="poros km 5")).place
    assert street == Place("64.08.09", None, "poros km 5", certainty="sure")
    moved = take_place(replace(draft, place=PLACE), Place("64.08.04", certainty="sure")).place
    assert moved is not None
    assert (moved.kecamatan, moved.desa) == ("64.08.04", None)


@pytest.mark.parametrize(
    ("place", "settled"),
    [
        (Place("64.08.09", certainty="sure"), False),
        (Place("64.08.09", detail="km 5", certainty="sure"), True),
        (Place("64.08.09", "64.08.09.2001", certainty="sure"), True),
        (Place("64.08.09", lat=0.5, lon=117.5, certainty="sure"), True),
        (Place("64.08.09", "64.08.09.2001", certainty="doubtful"), False),
        (Place(detail="dekat pasar"), False),
        (Place(outside="Kota Bontang", lat=0.1, lon=117.5), False),
    ],
)
def test_which_place_is_enough(place: Place, settled: bool) -> None:
    assert take_place(Draft(AT), place).place_settled is settled


def test_a_settled_place_is_only_refined_never_moved() -> None:
    there = replace(COMPLETE, place=Place("64.08.09", None, "km 5", certainty="sure"))
    finer = absorb(there, text(), "kata", Understanding(place=PLACE))
    elsewhere = absorb(there, text(), "kata", Understanding(place=Place("64.08.04", "64.08.04.2012", certainty="sure")))
    assert finer.place is not None
    assert finer.place.desa == "64.08.09.2001"
    assert elsewhere.place == there.place


def test_five_photos_none_twice() -> None:
    photos = tuple(Attachment(name, "image/jpeg", 9) for name in "aabcdefg")
    assert [p.hash for p in add_photos(Draft(AT), photos).photos] == list("abcde")


def test_a_report_begins_with_the_reporter_of_the_profile() -> None:
    draft = begin(State(reporter="Andi"), AT).draft
    assert draft is not None
    assert draft.reporter == "Andi"


@pytest.mark.parametrize(
    ("option_id", "key"),
    [
        ("category:lainnya", "option_name"), ("category:jalan", "option_name"), ("place:64.08.09", "option_name"),
        ("place:skip", "option_place_skip"), ("place:none", "option_place_none"), ("place:keep", "option_place_keep"),
        ("place:other_place", "option_place_other_place"), ("send", "option_send"), ("photo:skip", "option_photo_skip"),
    ],
)  # fmt: skip
def test_a_button_is_titled_by_its_id(option_id: str, key: str) -> None:
    assert option(option_id).key == key


def test_a_case_without_a_question_is_no_trap() -> None:
    """After the questions an ordinary report can be made, though the danger is still open at the desk."""
    case = Case("IN-1", "kebakaran", AT, "live", "api", raised=True, place=PLACE, phone="1", victims="0")
    step = advance(State(noticed=True, case=case), text("lampu jalan mati di depan pasar sejak kemarin malam"))
    assert said(step.effects) == ["ask_place"]
    assert step.state.draft is not None
