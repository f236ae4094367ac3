"""What a report still needs, asked one thing at a time; then duplicates are looked for, then comes the summary."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from flows.draft import BEST, incident_day
from flows.model import Arg, Draft, Effect, Name, Place, Say, SearchDuplicates, State, Step
from flows.options import options, question
from flows.similar import is_worth_searching, similar_question

PLACE_TRIES: Final = 2
CHANGEABLE: Final = ("category", "place", "description", "date", "photos", "reporter", "phone")


def proceed(state: State, at: datetime, before: tuple[Effect, ...] = ()) -> Step:
    """Ask the one thing that is missing, or show the summary."""
    draft = state.draft
    assert draft is not None
    if not draft.parts:
        return ask(state, "description", Say("ask_description"), before)
    if draft.category is None:
        if not draft.ranking:
            return proceed(replace(state, draft=replace(draft, category="lainnya")), at, before)
        return ask(state, "category", category_question(draft), before)
    if not draft.place_settled:
        return _ask_place(state, draft, at, before)
    if not draft.photo_settled:
        return ask(state, "photo", Say("ask_photo", options=options("photo:skip")), before)
    if is_worth_searching(draft):
        # The house answers before anybody else can speak, and the summary or the question follows from its answer.
        searched = replace(draft, searched=True)
        return Step(replace(state, draft=searched, question=None), (*before, SearchDuplicates(searched)))
    if draft.similar:
        return ask(state, "similar", similar_question(state, draft.similar), before)
    return ask(state, "summary", summary(state, draft), before)


def ask_again(state: State, at: datetime, before: tuple[Effect, ...] = ()) -> Step:
    """Put the pending question once more."""
    name = state.question.name if state.question else ""
    draft = state.draft
    if draft is None:
        return Step(state, before)
    match name:
        case "change":
            return ask(state, name, change_question(), before)
        case "change_description":
            return ask(state, name, Say("ask_new_description"), before)
        case "change_date":
            return ask(state, name, Say("ask_date"), before)
        case "change_reporter":
            return ask(state, name, Say("ask_reporter"), before)
        case "change_phone":
            return ask(state, name, phone_question(), before)
        case "change_photos":
            return ask(state, name, Say("ask_new_photos", options=options("photo:skip")), before)
        case "anonymity":
            return ask(state, name, anonymity_question(), before)
        case _:
            return proceed(state, at, before)


def ask(state: State, name: str, say: Say, before: tuple[Effect, ...] = ()) -> Step:
    return Step(replace(state, question=question(name, say)), (*before, say))


def category_question(draft: Draft) -> Say:
    ids = [f"category:{code}" for code in draft.ranking[:BEST]]
    return Say("ask_category", options=options(*ids, "category:lainnya"))


def _ask_place(state: State, draft: Draft, at: datetime, before: tuple[Effect, ...]) -> Step:
    place = draft.place
    if place and place.outside:
        say = Say("place_outside", {"outside": place.outside}, options("place:other_place", "place:keep"))
        return ask(state, "place_outside", say, before)
    if place and place.certainty == "doubtful" and place.candidates and draft.place_asked < PLACE_TRIES:
        codes = [c.code for c in place.candidates[:BEST]]
        if len(codes) == 1:
            named = {"place": Name("place", codes[0])}
            say = Say("ask_place_one", named, options(f"place:{codes[0]}", "place:none"))
        else:
            say = Say("ask_place_which", options=options(*(f"place:{c}" for c in codes), "place:none"))
        return ask(state, "place_which", say, before)
    if draft.place_asked >= PLACE_TRIES:
        return proceed(settle_as_is(state, draft), at, before)
    if place and place.kecamatan:
        say = Say("ask_place_detail", {"place": Name("place", place.kecamatan)}, options("place:skip"), "location")
        return ask(state, "place_detail", say, before)
    key = "ask_place" if draft.place_asked == 0 else "ask_place_again"
    return ask(state, "place", Say(key, options=options("place:skip"), request="location"), before)


def settle_as_is(state: State, draft: Draft) -> State:
    """Keep what is known of the place; without a kecamatan it is marked *lokasi belum pasti*."""
    place = draft.place
    uncertain = not (place and place.kecamatan and place.certainty == "sure" and (place.detail or place.desa))
    return replace(state, draft=replace(draft, place_settled=True, place_uncertain=uncertain))


def summary(state: State, draft: Draft) -> Say:
    """Everything that would be filed, each line changeable; who will see the name is said outright."""
    place = draft.place or Place()
    code = place.desa or place.kecamatan
    args: dict[str, Arg] = {
        "category": Name("category", draft.category or "lainnya"),
        "classification": Name("classification", draft.classification),
        "description": draft.description,
        "date": incident_day(draft),
        "photos": len(draft.photos),
        "files": len(draft.files),
        "anonymity": draft.anonymity,
        "reporter": draft.reporter or "",
        "phone": state.phone or "",
        "place": Name("place", code) if code else "",
        "detail": ", ".join(part for part in (place.detail, place.outside) if part),
        "pin": "yes" if place.has_pin else "no",
        "uncertain": "yes" if draft.place_uncertain else "no",
    }
    return Say("summary", args, options("send", "change", "anonymity"))


def change_question() -> Say:
    return Say("ask_change", options=options(*(f"change:{name}" for name in CHANGEABLE)))


def anonymity_question() -> Say:
    return Say("ask_anonymity", options=options("anonymity:anonim", "anonymity:rahasia", "anonymity:none"))


def phone_question() -> Say:
    """Telegram tells no number: its contact button is offered here, and nowhere earlier."""
    return Say("ask_phone", options=options("phone:skip"), request="contact")
