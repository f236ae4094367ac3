"""Someone is in danger: 112 first, the desk at once, then one question at a time.

This file overrides every other flow: whatever was going on is put on the shelf and offered afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows.asking import proceed
from flows.draft import absorb, add_photos, begin
from flows.figures import counts_people, is_only_phone, phone_in
from flows.model import (
    Attachment,
    Case,
    Effect,
    HandOver,
    Other,
    Photos,
    Pin,
    Place,
    RaiseIncident,
    Say,
    State,
    Step,
    Tap,
    Text,
    Understanding,
    UpdateIncident,
)  # fmt: skip
from flows.options import chosen, options, question
from flows.shelf import offer_shelf

ONE_EVENT: Final = timedelta(minutes=60)
"""Within this time a further cry for help in the same conversation is about the same event."""
NO_QUESTIONS: Final = ("krisis_jiwa",)
NO_ANSWERS: Final = ("salam", "terima_kasih", "bantuan", "keluhan_bot", "privasi", "cek_status", "ulang", "setuju")
"""Intents that answer none of the questions about an emergency: told to the desk, and the question comes back."""


MOST_WHETHER: Final = 2
"""So often the *ask* question is put; a further answer that is neither alerts a person, and holds nobody up."""
AFTERWARDS: Final = ("luar_topik", "jawaban", "setuju", "tolak", "lewati", "ubah", "tanya_informasi", "batal")
"""Intents that, after a danger, bring no matter of their own: more words about it."""


def incident_id(at: datetime, token: str) -> str:
    """Sortable by time, unguessable by its tail, stable when the same event is processed again."""
    return f"IN-{at:%Y%m%d%H%M%S}-{token[-12:]}"


# --- Opening -----------------------------------------------------------------------------------------


def open_case(state: State, event: Text | Photos | Other, text: str, u: Understanding) -> Step:
    """The first words are 112; a live one goes to the desk in this very step."""
    live = u.emergency.level == "live"
    known = state.case
    if known and event.at - known.opened_at <= ONE_EVENT:
        return _more_words(state, known, event, text, u, live)
    sure = u.category.certainty == "sure"
    case = Case(
        incident=incident_id(event.at, event.token),
        type=u.emergency.type or "lainnya",
        opened_at=event.at,
        level="live" if live else "unconfirmed",
        words=text,
        ranking=(u.category.code,) if sure and u.category.code else tuple(r.code for r in u.category.ranking[:3]),
        place=None if u.place.is_empty else u.place,
        phone=state.phone,
        outside=bool(u.place.outside),
    )
    photos = event.photos if isinstance(event, Photos) else ()
    if state.draft and not state.draft.parts:
        # A pin or photo sent without a word was the beginning of this.
        case = replace(case, place=case.place or state.draft.place)
        photos = (*state.draft.photos, *photos)
    elif photos and not live and not state.draft and not state.shelf:
        begun = begin(state, event.at)
        state = replace(begun, draft=add_photos(begun.draft, photos)) if begun.draft else begun
    state = _shelve(replace(state, case=_with_figures(case, text)))
    return _go_live(state, photos) if live else ask_whether(state)


def _with_figures(case: Case, text: str) -> Case:
    """A number to call and how many are hurt, where the words name them: they are not asked for again."""
    told = case.type != "kriminal" and counts_people(text)
    return replace(
        case, phone=phone_in(text) or case.phone, victims=case.victims or (text.strip()[:300] if told else None)
    )


def _shelve(state: State) -> State:
    """The report under way is kept; a newer one replaces an older one on the shelf."""
    return replace(state, draft=None, shelf=state.draft or state.shelf, question=None)


def _go_live(state: State, photos: tuple[Attachment, ...] = (), words: str | None = None) -> Step:
    case = replace(_case(state), level="live")
    effect: Effect
    if case.raised:
        effect = UpdateIncident(case, "confirmed", words, photos)
    else:
        effect = RaiseIncident(replace(case, raised=True), photos)
    case = replace(case, raised=True)
    first = Say("emergency_live", {"type": case.type, "outside": "yes" if case.outside else "no"}, urgent=True)
    return _next_question(replace(state, case=case), (effect, first))


def ask_whether(state: State) -> Step:
    """Is it happening now? Put with 112 before it, and differently the second time."""
    case = _case(state)
    key = "emergency_ask_again" if "whether" in case.asked else "emergency_ask"
    state = replace(state, case=replace(case, asked=(*case.asked, "whether")))
    say = Say(key, {"type": case.type}, options("emergency:yes", "emergency:no"), urgent=True)
    return Step(replace(state, question=question("emergency_ask", say)), (say,))


def _more_words(
    state: State, case: Case, event: Text | Photos | Other, text: str, u: Understanding, live: bool
) -> Step:
    """A further message about the same event: a live one confirms, any other is told to the desk."""
    if case.place is None and not u.place.is_empty:
        case = replace(case, place=u.place, outside=case.outside or bool(u.place.outside))
    if case.type == "lainnya" and u.emergency.type:
        case = replace(case, type=u.emergency.type)
    photos = event.photos if isinstance(event, Photos) else ()
    answers = isinstance(event, Text) and state.question is not None and state.question.name == "emergency_victims"
    if live:
        # Whatever was said to be over is not.
        case = replace(case, over="none")
    state = _shelve(replace(state, case=case))
    if case.level == "unconfirmed" and not live:
        effects: tuple[Effect, ...] = (UpdateIncident(case, "words", text, photos),) if case.raised else ()
        again = ask_whether(replace(state, case=replace(case, words=f"{case.words}\n{text}")))
        return Step(again.state, (*effects, *again.effects))
    if case.level == "unconfirmed":
        return _go_live(replace(state, case=replace(case, words=f"{case.words}\n{text}")), photos, text)
    noted = Say("emergency_more", {"by": case.acknowledged_by or "", "type": case.type}, urgent=True)
    if answers:
        # "dua orang terjebak" sounds like a new cry for help, and is what was asked for.
        case = replace(case, victims=text.strip()[:300])
        return _next_question(replace(state, case=case), (UpdateIncident(case, "victims", text), noted))
    case = _with_figures(case, text)
    return _next_question(replace(state, case=case), (UpdateIncident(case, "words", text, photos), noted))


# --- Questions, one at a time ------------------------------------------------------------------------


def _next_question(state: State, before: tuple[Effect, ...]) -> Step:
    """Where, then a number to call, then who is hurt; nothing for someone in a crisis of their own."""
    case = _case(state)
    if case.type in NO_QUESTIONS:
        return Step(replace(state, question=None), before)
    if not _found(case) and case.asked.count("place") < 2:
        key = "emergency_ask_place" if "place" not in case.asked else "emergency_ask_place_again"
        return _put(state, case, "place", Say(key, request="location", urgent=True), before)
    if case.phone is None and "phone" not in case.asked:
        say = Say("emergency_ask_phone", options=options("emergency:skip"), request="contact", urgent=True)
        return _put(state, case, "phone", say, before)
    if case.victims is None and "victims" not in case.asked:
        say = Say("emergency_ask_victims", options=options("emergency:skip"), urgent=True)
        return _put(state, case, "victims", say, before)
    if state.shelf and state.shelf.parts and not (state.question and state.question.name == "shelf"):
        return offer_shelf(state, before)
    return Step(replace(state, question=None), before)


def _found(case: Case) -> bool:
    """A person could drive there: "belakang rumah" alone is no place until it was asked where that is."""
    place = case.place or Place()
    if place.desa or place.has_pin or place.outside:
        return True
    return bool(place.detail and (place.kecamatan or "place" in case.asked))


def _put(state: State, case: Case, name: str, say: Say, before: tuple[Effect, ...]) -> Step:
    case = replace(case, asked=(*case.asked, name))
    return Step(replace(state, case=case, question=question(f"emergency_{name}", say)), (*before, say))


# --- Answers -----------------------------------------------------------------------------------------


def is_asked(state: State) -> bool:
    """Whether the pending question belongs to the emergency."""
    return bool(state.case and state.question and state.question.name.startswith("emergency_"))


def is_for_desk(state: State, event: Text | Tap | Pin | Photos | Other) -> bool:
    """Whether a picture, pin or number without a question still belongs to the danger told a moment ago."""
    case = state.case
    if case is None or case.level != "live" or state.draft or event.at - case.opened_at > ONE_EVENT:
        return False
    match event:
        case Pin():
            return True
        case Photos():
            return bool(event.photos)
        case Other(phone=str()):
            return True
        case Text() if state.question is None or state.question.name == "shelf":
            return is_only_phone(event.text) or _is_about_it(state, case, event)
        case _:
            return False


def _is_about_it(state: State, case: Case, event: Text) -> bool:
    """Words without a matter of their own, after everything was asked, are still about the danger."""
    u = event.understanding
    if state.question or u.act != "none" or event.edit_of:
        return False
    calm = case.type in NO_QUESTIONS and u.intent in ("salam", "terima_kasih", "keluhan_bot")
    return calm or u.intent in AFTERWARDS


def pass_on(state: State, event: Text | Tap | Pin | Photos | Other) -> Step:
    """Tell the desk; what is being asked meanwhile stays as it is."""
    case = _case(state)
    told: Effect
    match event:
        case Pin():
            case = replace(case, place=event.place, outside=case.outside or bool(event.place.outside))
            told = UpdateIncident(case, "place")
        case Photos():
            told = UpdateIncident(case, "photo", event.caption, event.photos)
        case Other():
            case = replace(case, phone=event.phone)
            told = UpdateIncident(case, "phone", event.phone)
        case Text() if is_only_phone(event.text):
            case = replace(case, phone=phone_in(event.text))
            told = UpdateIncident(case, "phone", case.phone)
        case Text():
            told = UpdateIncident(case, "words", event.text)
        case Tap():
            return Step(state, (_noted(case),))
    return Step(replace(state, case=case), (told, _noted(case)))


def answer(state: State, event: Text | Tap | Pin | Photos | Other) -> Step:
    """Anything that arrives while the emergency asks: an answer, or more for the desk."""
    case, name = _case(state), state.question.name if state.question else ""
    if name == "emergency_ask":
        return _answer_whether(state, event)
    match event:
        case Pin():
            return _place_known(state, case, event.place, None)
        case Photos():
            if not event.photos and event.problems:
                return _next_question(_requeue(state, name), (Say(f"photo_{event.problems[0]}", urgent=True),))
            told = UpdateIncident(case, "photo", event.caption or "", event.photos)
            return _next_question(_requeue(state, name), (told, _noted(case)))
        case Other(phone=str()):
            return _phone_known(state, case, event.phone or "")
        case Other():
            return _next_question(_requeue(state, name), (Say(f"received_{event.kind}", urgent=True),))
        case Tap():
            picked = chosen(state, event)
            return _next_question(state if picked else _requeue(state, name), (_noted(case),))
        case Text():
            return _answer_words(state, case, event, name)


def _answer_words(state: State, case: Case, event: Text, name: str) -> Step:
    u = event.understanding
    phone = phone_in(event.text)
    if phone and is_only_phone(event.text):
        state = state if name == "emergency_phone" else _requeue(state, name)
        return _phone_known(state, _case(state), phone)
    if phone:
        case = replace(case, phone=phone)
        state = replace(state, case=case, phone=phone)
    if chosen(state, event) == "emergency:skip":
        return _next_question(state, (_noted(case),))
    if u.intent in ("lewati", "tolak") and name != "emergency_victims":
        return _next_question(state, (_noted(case),))
    if u.intent == "batal":
        told = UpdateIncident(case, "words", event.text)
        ended = replace(state, question=None)
        return offer_shelf(ended, (told, Say("emergency_withdrawn", urgent=True)))
    if u.intent == "petugas":
        called = replace(_requeue(state, name), waiting_for_staff=True)
        wanted = () if state.waiting_for_staff else (HandOver("asked"),)
        return _next_question(called, (*wanted, UpdateIncident(case, "words", event.text), _noted(case)))
    if u.intent in NO_ANSWERS and u.place.is_empty and not (u.intent == "setuju" and name == "emergency_victims"):
        return _next_question(_requeue(state, name), (UpdateIncident(case, "words", event.text), _noted(case)))
    if name != "emergency_victims" and u.place.is_empty and counts_people(event.text):
        case = replace(_case(_requeue(state, name)), victims=event.text.strip()[:300])
        return _next_question(replace(state, case=case), (UpdateIncident(case, "victims", event.text), _noted(case)))
    if name == "emergency_place":
        if u.intent == "luar_topik" and u.place.is_empty and case.asked.count("place") < 2:
            return _next_question(state, (UpdateIncident(case, "words", event.text), _noted(case)))
        place = u.place
        if not (place.detail or place.desa or place.has_pin or place.outside):
            place = replace(place, detail=event.text.strip()[:300])
        return _place_known(state, case, place, event.text)
    if name == "emergency_phone" and not phone and not u.place.is_empty and u.intent == "jawaban":
        return _place_known(_requeue(state, name), _case(_requeue(state, name)), u.place, event.text)
    if name == "emergency_phone":
        case = _with_figures(case, event.text)
        told = UpdateIncident(case, "words", event.text)
        return _next_question(replace(state, case=case), (told, _noted(case)))
    case = replace(case, victims=event.text.strip()[:300])
    return _next_question(replace(state, case=case), (UpdateIncident(case, "victims", event.text), _noted(case)))


def _answer_whether(state: State, event: Text | Tap | Pin | Photos | Other) -> Step:
    case = _case(state)
    picked = chosen(state, event) if isinstance(event, Text | Tap) else None
    intent = event.understanding.intent if isinstance(event, Text) else ""
    if picked == "emergency:yes" or (picked is None and intent in ("setuju", "darurat")):
        return _go_live(state, state.shelf.photos if state.shelf and not state.shelf.parts else ())
    if picked == "emergency:no" or (picked is None and intent == "tolak"):
        return _not_now(state, event)
    before: tuple[Effect, ...] = ()
    if intent == "petugas" and not state.waiting_for_staff:
        state = replace(state, waiting_for_staff=True)
        before = (HandOver("asked"),)
    if isinstance(event, Pin):
        case = replace(case, place=event.place, outside=case.outside or bool(event.place.outside))
    elif isinstance(event, Text):
        found = event.understanding.place
        place = case.place if found.is_empty else found
        case = _with_figures(replace(case, words=f"{case.words}\n{event.text}", place=place), event.text)
    photos = event.photos if isinstance(event, Photos) else ()
    put = case.asked.count("whether")
    if put >= MOST_WHETHER and not case.raised:
        case = replace(case, raised=True, asked=(*case.asked, "whether"))
        told = Say("emergency_alerted_unconfirmed", urgent=True)
        return Step(replace(state, case=case), (*before, RaiseIncident(case, photos), told))
    effects: tuple[Effect, ...] = ()
    if case.raised:
        effects = (UpdateIncident(case, "words", getattr(event, "text", None), photos),)
    if put > MOST_WHETHER and state.shelf and state.shelf.parts:
        return offer_shelf(replace(state, case=case), (*before, *effects, _noted(case)))
    again = ask_whether(replace(state, case=case))
    return Step(again.state, (*before, *effects, *again.effects))


def _not_now(state: State, event: Text | Tap | Pin | Photos | Other) -> Step:
    """No danger now: the same words become the draft of a normal report."""
    case = _case(state)
    effects: tuple[Effect, ...] = (UpdateIncident(case, "cancelled"),) if case.raised else ()
    state = begin(replace(state, case=None, question=None), event.at)
    if state.shelf and not state.shelf.parts:
        state = replace(state, draft=state.shelf, shelf=None)
    draft = state.draft
    assert draft is not None
    said = Text(f"{event.id}/case", case.opened_at, event.token, case.words, Understanding())
    place = (case.place if not draft.place_settled else None) or Place()
    draft = absorb(draft, said, case.words, Understanding(intent="lapor", place=place))
    ranking = tuple(c for c in case.ranking if c != "lainnya")
    draft = replace(draft, ranking=ranking, category=ranking[0] if len(ranking) == 1 else None)
    return proceed(replace(state, draft=draft), event.at, (*effects, Say("emergency_not_now", urgent=True)))


def _place_known(state: State, case: Case, place: Place, words: str | None) -> Step:
    old = case.place or Place()
    place = replace(
        place, kecamatan=place.kecamatan or old.kecamatan, desa=place.desa or old.desa,
        detail=", ".join(dict.fromkeys(part for part in (old.detail, place.detail) if part)) or None,
    )  # fmt: skip
    case = replace(case, place=place, outside=case.outside or bool(place.outside))
    return _next_question(replace(state, case=case), (UpdateIncident(case, "place", words), _noted(case)))


def _phone_known(state: State, case: Case, phone: str) -> Step:
    case = replace(case, phone=phone)
    state = replace(state, case=case, phone=phone)
    return _next_question(state, (UpdateIncident(case, "phone", phone), _noted(case)))


def _noted(case: Case) -> Say:
    """Never says that help is coming before a person acknowledged."""
    if case.type in NO_QUESTIONS:
        return Say("emergency_more", {"by": case.acknowledged_by or "", "type": case.type}, urgent=True)
    if case.acknowledged_by:
        return Say("emergency_noted_by", {"by": case.acknowledged_by}, urgent=True)
    return Say("emergency_noted", urgent=True)


def _requeue(state: State, name: str) -> State:
    """The question was not answered by this: it may be put once more."""
    case, asked = _case(state), name.removeprefix("emergency_")
    left = list(case.asked)
    if asked in left:
        left.remove(asked)
    return replace(state, case=replace(case, asked=tuple(left)))


def _case(state: State) -> Case:
    assert state.case is not None
    return state.case
