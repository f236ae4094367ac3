"""The promises of the dialogue, held against any order of any events."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from flows import codec
from flows.digress import ANSWERS
from flows.engine import advance
from flows.model import (
    AddToReport,
    AgencyAnswered,
    Attachment,
    Category,
    DataFound,
    Draft,
    DuplicatesFound,
    Effect,
    Emergency,
    EraseCitizen,
    Event,
    Filed,
    FileReport,
    IncidentChanged,
    Nearby,
    Other,
    Photos,
    Pin,
    Place,
    Problem,
    RaiseIncident,
    Ranked,
    ReportChanged,
    Say,
    SayWords,
    SearchDuplicates,
    ShowMyData,
    StaffHandedBack,
    StaffSpoke,
    StaffTook,
    State,
    Step,
    SupportReport,
    Tap,
    Text,
    Tick,
    Understanding,
    UpdateIncident,
)  # fmt: skip

INTENTS = [
    "lapor", "darurat", "aspirasi", "tanya_informasi", "cek_status", "bantuan", "petugas", "batal", "ulang", "ubah",
    "lewati", "setuju", "tolak", "anonim", "privasi", "jawaban", "salam", "terima_kasih", "keluhan_bot", "luar_topik",
]  # fmt: skip
CATEGORIES = ["jalan", "lampu_jalan", "sampah", "drainase", "lainnya"]
DANGERS = ["kebakaran", "medis", "krisis_jiwa", "lainnya"]
PLACES = ["64.08.04", "64.08.09", "64.08.04.2012", "64.08.09.2001"]
WORDS = ["ya", "lampu jalan mati", "di sangkima dekat pasar gang tiga", "KS-261124-ABCD", "0811-0000-0001", "1", "..."]
OPTIONS = [
    "send", "change", "change:category", "change:place", "change:description", "change:date", "change:photos",
    "change:reporter", "anonymity", "anonymity:anonim", "anonymity:none", "category:jalan", "category:lainnya",
    "photo:skip", "place:skip", "place:none", "place:keep", "place:other_place", "place:64.08.09", "emergency:yes",
    "emergency:no", "emergency:skip", "report:new", "status", "staff", "shelf:take", "shelf:drop", "nonsense",
    "change:phone", "phone:skip", "similar:support", "similar:new", "similar:drop", "done:yes", "done:no", "erase:yes",
    "erase:no", "info:answer",
]  # fmt: skip
ASKS_WITHOUT_BUTTONS = {
    "ask_description", "ask_new_description", "ask_date", "ask_date_again", "ask_reporter", "emergency_ask_place",
    "emergency_ask_place_again", "ask_not_done", "ask_info",
}  # fmt: skip

ranked = st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=4, unique=True).map(
    lambda codes: tuple(Ranked(code, 0.5) for code in codes)
)
categories = st.one_of(
    st.just(Category()),
    ranked.map(lambda r: Category(r[0].code, 0.4, r, "doubtful")),
    ranked.map(lambda r: Category(r[0].code, 0.9, r, "sure")),
)


@st.composite
def places(draw: st.DrawFn) -> Place:
    code = draw(st.one_of(st.none(), st.sampled_from(PLACES)))
    detail = draw(st.sampled_from([None, "dekat pasar"]))
    match draw(st.sampled_from(["empty", "sure", "doubtful", "outside", "words"])):
        case "sure" if code:
            desa = code if code.count(".") == 3 else None
            return Place(code[:8], desa, detail, certainty="sure")
        case "doubtful":
            some = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=4, unique=True))
            return Place(detail=detail, candidates=tuple(Ranked(c, 0.5) for c in some), certainty="doubtful")
        case "outside":
            return Place(detail=detail, outside="Kota Bontang")
        case "words":
            return Place(detail=detail)
    return Place()


emergencies = st.one_of(
    st.just(Emergency()),
    st.just(Emergency()),
    st.just(Emergency()),
    st.builds(Emergency, st.sampled_from(["ask", "live"]), st.sampled_from([None, *DANGERS]), st.just(0.7)),
)
understandings = st.builds(
    Understanding,
    intent=st.sampled_from(INTENTS),
    emergency=emergencies,
    category=categories,
    place=places(),
    date=st.sampled_from([None, None, date(2026, 11, 20)]),
    anonymity=st.sampled_from(["none", "none", "anonim", "rahasia"]),
    no_photo=st.booleans(),
    more=st.sampled_from([(), (), (Problem("sampah menumpuk", "sampah"),)]),
    language=st.sampled_from(["id", "en"]),
    tone=st.sampled_from(["none"] * 6 + ["insult", "advert"]),
    act=st.sampled_from(["none"] * 12 + ["show_data", "erase_data"]),
)
nearby = st.lists(
    st.builds(
        Nearby, st.sampled_from(["KS-261120-AAAA", "KS-261120-BBBB"]), st.just("jalan"), st.just("verified"),
        st.just(datetime(2026, 11, 20, tzinfo=UTC)), st.sampled_from([None, "64.08.09.2001"]),
        st.sampled_from([None, "Jl. Poros"]), st.booleans(),
    ),
    max_size=2,
).map(tuple)  # fmt: skip
pictures = st.lists(st.sampled_from("abcdefg"), max_size=4).map(
    lambda names: tuple(Attachment(name, "image/jpeg", 9) for name in names)
)
problems = st.sampled_from([(), (), ("too_big",), ("not_a_picture", "unavailable")])
pauses = st.sampled_from([0, 5, 130, 1_900, 3_700, 83_000])


class Dialogue(RuleBasedStateMachine):
    """One citizen's conversation, and everything that may happen to it."""

    @initialize(phone=st.sampled_from([None, "+6281100000001"]), noticed=st.booleans())
    def begin(self, phone: str | None, noticed: bool) -> None:
        self.state = State(phone=phone, noticed=noticed)
        self.now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
        self.count = 0
        self.tickets: list[str] = []
        self.raised: list[str] = []
        self.incidents: list[str] = ["IN-another"]
        self.nearby: tuple[Nearby, ...] = ()
        self.supported: list[str] = []

    def stamp(self) -> tuple[str, datetime, str]:
        self.count += 1
        self.now += timedelta(seconds=1)
        return f"m{self.count}", self.now, hashlib.sha256(str(self.count).encode()).hexdigest()[:32]

    # --- what may happen ---

    @rule(
        words=st.sampled_from(WORDS), u=understandings, pick=st.integers(-9, 5),
        edit=st.sampled_from([None, "m1", "m2"]),
    )  # fmt: skip
    def says(self, words: str, u: Understanding, pick: int, edit: str | None) -> None:
        offered = self.state.question.options if self.state.question else ()
        choice = offered[pick] if 0 <= pick < len(offered) else None
        closed = self.now + timedelta(hours=9) if self.count % 2 else None
        self.citizen(Text(*self.stamp(), words, u, choice, edit, closed))

    @rule(intent=st.sampled_from(["setuju", "tolak", "lewati", "jawaban", "ubah"]))
    def answers(self, intent: str) -> None:
        self.citizen(Text(*self.stamp(), "ya", Understanding(intent=intent)))

    @rule(category=st.sampled_from(CATEGORIES))
    def reports_at_once(self, category: str) -> None:
        u = Understanding(
            "lapor", category=Category(category, 0.9, (Ranked(category, 0.9),), "sure"), no_photo=True,
            place=Place("64.08.09", "64.08.09.2001", "dekat pasar", certainty="sure"),
        )  # fmt: skip
        self.citizen(Text(*self.stamp(), "lampu jalan mati di sepaso dekat pasar sekali", u))

    @rule(pick=st.integers(0, 5))
    def taps_what_is_offered(self, pick: int) -> None:
        offered = self.state.question.options if self.state.question else ()
        self.citizen(Tap(*self.stamp(), offered[pick % len(offered)] if offered else "send"))

    @rule(option=st.sampled_from(OPTIONS))
    def taps_any_button(self, option: str) -> None:
        self.citizen(Tap(*self.stamp(), option))

    @rule(
        photos=pictures, problems=problems, caption=st.sampled_from([None, None, "lampu mati"]), u=understandings,
        place=st.one_of(st.none(), places()),
    )  # fmt: skip
    def sends_photos(
        self, photos: Any, problems: Any, caption: str | None, u: Understanding, place: Place | None
    ) -> None:
        self.citizen(Photos(*self.stamp(), photos, problems, caption, u if caption else None, place))

    @rule(place=places(), live=st.booleans())
    def sends_a_pin(self, place: Place, live: bool) -> None:
        self.citizen(Pin(*self.stamp(), replace(place, lat=0.5, lon=117.5), live))

    @rule(
        kind=st.sampled_from(["voice", "sticker", "video", "document", "contact", "unsupported"]),
        caption=st.sampled_from([None, None, "lampu mati"]), u=understandings,
    )  # fmt: skip
    def sends_something_else(self, kind: Any, caption: str | None, u: Understanding) -> None:
        phone = "+6281100000002" if kind == "contact" else None
        self.citizen(Other(*self.stamp(), kind, None, phone, caption, u if caption else None))

    @rule(name=st.sampled_from("wxyz"), caption=st.sampled_from([None, "buktinya"]), u=understandings)
    def sends_a_file_that_is_kept(self, name: str, caption: str | None, u: Understanding) -> None:
        file = Attachment(name, "application/pdf", 9)
        self.citizen(Other(*self.stamp(), "document", file, None, caption, u if caption else None))

    @rule(found=nearby)
    def the_house_knows_of(self, found: Any) -> None:
        self.nearby = found

    @rule(act=st.sampled_from(["show_data", "erase_data"]))
    def asks_for_the_data(self, act: Any) -> None:
        self.citizen(Text(*self.stamp(), "data saya", Understanding(intent="privasi", act=act)))

    @rule(pause=pauses, at_wake=st.booleans())
    def time_passes(self, pause: int, at_wake: bool) -> None:
        self.now += timedelta(seconds=pause)
        if at_wake and self.state.wake_at:
            self.now = max(self.now, self.state.wake_at)
        self.happens(Tick(*self.stamp()))

    @rule(
        state=st.sampled_from(
            ["queued", "filing_unknown", "submitted", "need_info", "transferred", "done", "archived", "rejected"]
        ),
        filed=st.booleans(), addressee=st.sampled_from([None, "Dinas Perhubungan"]),
    )  # fmt: skip
    def the_report_moves_on(self, state: Any, filed: bool, addressee: str | None) -> None:
        ticket = self.tickets[-1] if self.tickets else "KS-261124-AAAA"
        was = Filed("lampu mati", "lampu_jalan", "pengaduan", Place("64.08.04"), self.now.date()) if filed else None
        self.happens(ReportChanged(*self.stamp(), ticket, state, "123", None, addressee, was))

    @rule(sender=st.sampled_from([None, "Dinas Perhubungan"]), files=st.sampled_from([(), ("a.jpg",)]))
    def an_agency_answers(self, sender: str | None, files: tuple[str, ...]) -> None:
        ticket = self.tickets[-1] if self.tickets else "KS-261124-AAAA"
        self.happens(AgencyAnswered(*self.stamp(), ticket, "Sudah kami jadwalkan.", sender, files))

    @rule(
        state=st.sampled_from(["acknowledged", "dispatched", "on_scene", "resolved", "not_emergency", "unanswered"]),
        which=st.integers(0, 3), by=st.sampled_from([None, "Operator Sari"]),
    )  # fmt: skip
    def the_desk_moves_on(self, state: Any, which: int, by: str | None) -> None:
        self.happens(IncidentChanged(*self.stamp(), self.incidents[-1 - which % len(self.incidents)], state, by))

    @rule()
    def a_petugas_takes_over(self) -> None:
        self.happens(StaffTook(*self.stamp(), "Pak Budi"))

    @rule()
    def a_petugas_writes(self) -> None:
        self.happens(StaffSpoke(*self.stamp(), "Saya cek dulu."))

    @rule()
    def a_petugas_hands_back(self) -> None:
        self.happens(StaffHandedBack(*self.stamp()))

    # --- what is promised ---

    def happens(self, event: Event) -> Step:
        before = self.state
        read_back = codec.decode_tagged(json.loads(json.dumps(codec.encode_tagged(event))))
        assert read_back == event
        step = advance(before, event)
        for asked in [e for e in step.effects if isinstance(e, SearchDuplicates | ShowMyData)]:
            step = self.the_house_answers(step, event, asked)
        assert codec.decode_state(json.loads(json.dumps(codec.encode_state(step.state)))) == step.state
        assert advance(before, event) == advance(before, event), "the same step, carried out again, is the same"
        self.state = step.state
        self.bubbles_are_few_and_ask_once(step)
        self.drafts_are_never_lost(before, step)
        self.filing_is_explicit(before, event, step)
        self.incidents_are_raised_once(step)
        self.others_are_supported_once(step)
        self.additions_belong_to_own_reports(before, step)
        return step

    def the_house_answers(self, step: Step, event: Event, asked: SearchDuplicates | ShowMyData) -> Step:
        answer: Event = DataFound(event.id, event.at, event.token, event.at, 3, 1)
        if isinstance(asked, SearchDuplicates):
            draft = asked.draft
            assert draft.anonymity == "none"
            assert draft.category not in ("perempuan_anak", "pungli", "pelayanan", "desa", "kesehatan")
            assert step.state.draft is not None
            assert step.state.draft.searched
            answer = DuplicatesFound(event.id, event.at, event.token, self.nearby)
        second = advance(step.state, answer)
        assert not any(isinstance(e, SearchDuplicates | ShowMyData) for e in second.effects), "searched for ever"
        return Step(second.state, (*step.effects, *second.effects))

    def citizen(self, event: Text | Tap | Photos | Pin | Other) -> None:
        before = self.state
        step = self.happens(event)
        says = [e for e in step.effects if isinstance(e, Say)]
        muted = before.muted_until is not None and event.at < before.muted_until
        if before.held_by is None and not (muted and before.draft is None) and not (muted and _is_advert(event)):
            assert says, f"left without an answer: {event}"
        u = getattr(event, "understanding", None)
        if u and u.emergency.level == "live":
            assert any(isinstance(e, RaiseIncident | UpdateIncident) for e in step.effects)
            assert says[0].key in ("emergency_live", "emergency_more")
            assert step.state.case is not None
            assert step.state.case.level == "live"
        elif u and u.emergency.level == "ask":
            assert says[0].key in ("emergency_ask", "emergency_ask_again", "emergency_more")
        keys = {say.key for say in says}
        beside = {*ANSWERS.values(), "old_button", "staff_called", "status_none", "status_one"}
        if before.draft and keys & beside:
            assert step.state.draft is not None
            assert _slots(step.state.draft) == _slots(before.draft), "a digression took something away"

    @staticmethod
    def bubbles_are_few_and_ask_once(step: Step) -> None:
        bubbles = [e for e in step.effects if isinstance(e, Say | SayWords)]
        assert len(bubbles) <= 2, bubbles
        asking = [e for e in bubbles if isinstance(e, Say) and (e.options or e.key in ASKS_WITHOUT_BUTTONS)]
        assert len(asking) <= 1, asking
        if asking:
            assert asking[0] is bubbles[-1], "a question that is talked over"
            assert step.state.question is not None, "a question that words cannot answer"
            assert step.state.question.options == tuple(o.id for o in asking[0].options)

    @staticmethod
    def drafts_are_never_lost(before: State, step: Step) -> None:
        if before.draft and step.state.draft is None:
            filed = any(isinstance(e, FileReport | SupportReport | EraseCitizen) for e in step.effects)
            assert filed or step.state.shelf == before.draft
        same = before.draft and step.state.draft and before.draft.started_at == step.state.draft.started_at
        if same and "change" not in str(before.question):
            assert set(_hashes(before.draft)) <= set(_hashes(step.state.draft))
        if before.shelf and step.state.shelf != before.shelf:
            draft, kept = step.state.draft, before.shelf
            # Words may come on top when the shelf held photos alone; nothing of it may be missing.
            taken = (
                draft is not None
                and draft.parts[: len(kept.parts)] == kept.parts
                and set(_hashes(kept)) <= set(_hashes(draft))
            )
            dropped = any(isinstance(e, Say) and e.key == "draft_dropped" for e in step.effects)
            only_a_question = before.shelf.classification == "permintaan_informasi"
            same = step.state.shelf is not None and step.state.shelf.started_at == before.shelf.started_at
            erased = any(isinstance(e, EraseCitizen) for e in step.effects)
            assert taken or dropped or before.draft or only_a_question or same or erased, "a kept report is gone"

    def others_are_supported_once(self, step: Step) -> None:
        for effect in step.effects:
            if isinstance(effect, SupportReport):
                assert effect.ticket not in self.supported, "counted twice"
                self.supported.append(effect.ticket)
            if isinstance(effect, EraseCitizen):
                self.supported, self.tickets = [], []
                assert replace(step.state, language="id", last_citizen_at=None) == State(noticed=step.state.noticed)

    @staticmethod
    def additions_belong_to_own_reports(before: State, step: Step) -> None:
        for effect in step.effects:
            if isinstance(effect, AddToReport):
                assert effect.ticket in [t.ticket for t in before.tickets]
                assert effect.attachments or effect.words

    def filing_is_explicit(self, before: State, event: Event, step: Step) -> None:
        filed = [e for e in step.effects if isinstance(e, FileReport)]
        assert len(filed) <= 1
        if not filed:
            return
        assert filed[0].draft.is_complete
        assert filed[0].draft.date is not None
        assert before.question is not None
        assert before.question.name == "summary"
        said = event.option if isinstance(event, Tap) else event.choice if isinstance(event, Text) else None
        agreed = isinstance(event, Text) and event.understanding.intent == "setuju"
        assert said == "send" or agreed, f"filed without Kirim: {event}"
        assert filed[0].ticket not in self.tickets
        self.tickets.append(filed[0].ticket)

    def incidents_are_raised_once(self, step: Step) -> None:
        for effect in step.effects:
            if isinstance(effect, RaiseIncident):
                assert effect.case.incident not in self.raised
                assert effect.case.raised
                self.raised.append(effect.case.incident)
                self.incidents.append(effect.case.incident)
            if isinstance(effect, UpdateIncident):
                assert effect.case.incident in self.raised, "the desk hears more of what it was never told"


def _is_advert(event: Event) -> bool:
    u = getattr(event, "understanding", None)
    return u is not None and u.tone == "advert"


def _slots(draft: Draft) -> Draft:
    return replace(draft, place_asked=0)


def _hashes(draft: Draft | None) -> list[str]:
    return [photo.hash for photo in draft.photos] if draft else []


Dialogue.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestDialogue = Dialogue.TestCase


def test_the_promises_can_be_broken() -> None:
    """The checks see what they are for: two questions in one turn, and a fourth bubble, are noticed."""
    effects: tuple[Effect, ...] = (Say("ask_date"), Say("ask_reporter"))
    try:
        Dialogue.bubbles_are_few_and_ask_once(Step(State(), effects))
    except AssertionError:
        return
    raise AssertionError("two questions at once went unnoticed")
