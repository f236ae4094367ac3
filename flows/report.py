"""Gathering a report: ask only for what is missing, read each answer, file on *Kirim* alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from flows.draft import (
    BEST,
    MOST_PHOTOS,
    absorb,
    add_photos,
    incident_day,
    take_place,
    ticket_number,
)  # fmt: skip
from flows.model import (
    Arg,
    Draft,
    Effect,
    FileReport,
    Name,
    Part,
    Photos,
    Pin,
    Place,
    Say,
    State,
    Step,
    Tap,
    Text,
    Ticket,
    Understanding,
)  # fmt: skip
from flows.options import chosen, options, question

PLACE_TRIES: Final = 2
CHANGEABLE: Final = ("category", "place", "description", "date", "photos", "reporter")


# --- Asking ------------------------------------------------------------------------------------------


def proceed(state: State, at: datetime, before: tuple[Effect, ...] = ()) -> Step:
    """Ask the one thing that is missing, or show the summary."""
    draft = state.draft
    assert draft is not None
    if not draft.parts:
        return _ask(state, "description", Say("ask_description"), before)
    if draft.category is None:
        if not draft.ranking:
            return proceed(replace(state, draft=replace(draft, category="lainnya")), at, before)
        return _ask(state, "category", _category_question(draft), before)
    if not draft.place_settled:
        return _ask_place(state, draft, at, before)
    if not draft.photo_settled:
        return _ask(state, "photo", Say("ask_photo", options=options("photo:skip")), before)
    return _ask(state, "summary", summary(draft, at), before)


def ask_again(state: State, at: datetime, before: tuple[Effect, ...] = ()) -> Step:
    """Put the pending question once more, without counting it as asked again."""
    name = state.question.name if state.question else ""
    draft = state.draft
    if draft is None:
        return Step(state, before)
    match name:
        case "change":
            return _ask(state, name, _change_question(), before)
        case "change_description":
            return _ask(state, name, Say("ask_new_description"), before)
        case "change_date":
            return _ask(state, name, Say("ask_date"), before)
        case "change_reporter":
            return _ask(state, name, Say("ask_reporter"), before)
        case "change_photos":
            return _ask(state, name, Say("ask_new_photos", options=options("photo:skip")), before)
        case "anonymity":
            return _ask(state, name, _anonymity_question(), before)
        case "place" | "place_detail":
            again = replace(draft, place_asked=max(0, draft.place_asked - 1))
            return proceed(replace(state, draft=again), at, before)
        case _:
            return proceed(state, at, before)


def _ask(state: State, name: str, say: Say, before: tuple[Effect, ...] = ()) -> Step:
    return Step(replace(state, question=question(name, say)), (*before, say))


def _category_question(draft: Draft) -> Say:
    ids = [f"category:{code}" for code in draft.ranking[:BEST]]
    return Say("ask_category", options=options(*ids, "category:lainnya"))


def _ask_place(state: State, draft: Draft, at: datetime, before: tuple[Effect, ...]) -> Step:
    place = draft.place
    if place and place.outside:
        say = Say("place_outside", {"outside": place.outside}, options("place:other_place", "place:keep"))
        return _ask(state, "place_outside", say, before)
    if place and place.certainty == "doubtful" and place.candidates:
        codes = [c.code for c in place.candidates[:BEST]]
        if len(codes) == 1:
            named = {"place": Name("place", codes[0])}
            say = Say("ask_place_one", named, options(f"place:{codes[0]}", "place:none"))
        else:
            say = Say("ask_place_which", options=options(*(f"place:{c}" for c in codes), "place:none"))
        return _ask(state, "place_which", say, before)
    if draft.place_asked >= PLACE_TRIES or (place and place.kecamatan and draft.place_asked >= 1):
        return proceed(_settle_as_is(state, draft), at, before)
    asked = replace(state, draft=replace(draft, place_asked=draft.place_asked + 1))
    if place and place.kecamatan:
        say = Say("ask_place_detail", {"place": Name("place", place.kecamatan)}, options("place:skip"), "location")
        return _ask(asked, "place_detail", say, before)
    key = "ask_place" if draft.place_asked == 0 else "ask_place_again"
    return _ask(asked, "place", Say(key, options=options("place:skip"), request="location"), before)


def _settle_as_is(state: State, draft: Draft) -> State:
    """Keep what is known of the place; without a kecamatan it is marked *lokasi belum pasti*."""
    place = draft.place
    uncertain = not (place and place.kecamatan and place.certainty == "sure" and (place.detail or place.desa))
    return replace(state, draft=replace(draft, place_settled=True, place_uncertain=uncertain))


def summary(draft: Draft, at: datetime) -> Say:
    """Everything that would be filed, each line changeable; who will see the name is said outright."""
    place = draft.place or Place()
    code = place.desa or place.kecamatan
    args: dict[str, Arg] = {
        "category": Name("category", draft.category or "lainnya"),
        "classification": Name("classification", draft.classification),
        "description": draft.description,
        "date": incident_day(draft, at),
        "photos": len(draft.photos),
        "anonymity": draft.anonymity,
        "reporter": draft.reporter or "",
        "place": Name("place", code) if code else "",
        "detail": place.detail or place.outside or "",
        "pin": "yes" if place.has_pin else "no",
        "uncertain": "yes" if draft.place_uncertain else "no",
    }
    return Say("summary", args, options("send", "change", "anonymity"))


def _change_question() -> Say:
    return Say("ask_change", options=options(*(f"change:{name}" for name in CHANGEABLE)))


def _anonymity_question() -> Say:
    return Say("ask_anonymity", options=options("anonymity:anonim", "anonymity:rahasia", "anonymity:none"))


# --- Answering ---------------------------------------------------------------------------------------


def answer_option(state: State, event: Text | Tap, picked: str) -> Step:
    """An option of the pending question was picked."""
    draft = state.draft
    assert draft is not None
    kind, _, value = picked.partition(":")
    match kind:
        case "send":
            return send(state, event)
        case "change" if not value:
            return _ask(state, "change", _change_question())
        case "change":
            return change(state, event, value)
        case "anonymity" if not value:
            return _ask(state, "anonymity", _anonymity_question())
        case "anonymity":
            return proceed(replace(state, draft=replace(draft, anonymity=value)), event.at)  # type: ignore[arg-type]
        case "category":
            return proceed(replace(state, draft=replace(draft, category=value)), event.at)
        case "photo":
            return proceed(replace(state, draft=replace(draft, photo_settled=True)), event.at)
        case _:
            return _place_option(state, event, draft, value)


def _place_option(state: State, event: Text | Tap, draft: Draft, value: str) -> Step:
    place = draft.place or Place()
    match value:
        case "skip":
            return proceed(_settle_as_is(state, draft), event.at)
        case "other_place":
            fresh = replace(draft, place=None, place_asked=0, place_settled=False)
            return proceed(replace(state, draft=fresh), event.at)
        case "keep":
            kept = replace(draft, place_settled=True, place_uncertain=True)
            return proceed(replace(state, draft=kept), event.at)
        case "none":
            cleared = replace(place, candidates=(), kecamatan=None, desa=None, certainty="unknown")
            kept = replace(draft, place=None if cleared.is_empty else cleared)
            if cleared.has_pin:
                return proceed(_settle_as_is(state, kept), event.at)
            return proceed(replace(state, draft=kept), event.at)
        case code:
            desa = code if code.count(".") == 3 else None
            kecamatan = code.rpartition(".")[0] if desa else code
            named = replace(place, kecamatan=kecamatan, desa=desa, candidates=(), certainty="sure")
            return proceed(replace(state, draft=take_place(replace(draft, place=None), named)), event.at)


def change(state: State, event: Text | Tap, line: str) -> Step:
    """The citizen wants this line of the summary changed: ask for it anew."""
    draft = state.draft
    assert draft is not None
    match line:
        case "category":
            if draft.ranking:
                return _ask(state, "category", _category_question(draft))
            return _ask(state, "category", Say("ask_category_words", options=options("category:lainnya")))
        case "place":
            fresh = replace(draft, place=None, place_asked=0, place_settled=False, place_uncertain=False)
            return proceed(replace(state, draft=fresh), event.at)
        case "description":
            return _ask(state, "change_description", Say("ask_new_description"))
        case "date":
            return _ask(state, "change_date", Say("ask_date"))
        case "photos":
            fresh = replace(draft, photos=())
            say = Say("ask_new_photos", options=options("photo:skip"))
            return _ask(replace(state, draft=fresh), "change_photos", say)
        case _:
            return _ask(state, "change_reporter", Say("ask_reporter"))


def answer_text(state: State, event: Text) -> Step:
    """Words while a report is being gathered: an answer to the question, an addition, or a correction."""
    draft = state.draft
    assert draft is not None
    if event.edit_of and any(p.message == event.edit_of for p in draft.parts):
        return _edited(state, event, draft)
    name = state.question.name if state.question else ""
    picked = chosen(state, event)
    if picked:
        return answer_option(state, event, picked)
    u = event.understanding
    if name not in ("change_description", "change_reporter"):
        if u.intent == "anonim":
            return _wish_anonymity(state, event, draft)
        if u.intent == "ubah" and name not in ("place", "place_detail", "place_which", "place_outside", "change_date"):
            return _change_in_words(state, event, draft)
    match name:
        case "description" if u.intent in ("setuju", "tolak", "lewati"):
            return ask_again(state, event.at)
        case "change_description":
            fresh = replace(draft, parts=(Part(event.id, event.text),))
            return proceed(replace(state, draft=fresh), event.at)
        case "change_date":
            if u.date is None:
                return _ask(state, name, Say("ask_date_again"))
            return proceed(replace(state, draft=replace(draft, date=u.date)), event.at)
        case "change_reporter":
            reporter = " ".join(event.text.split())[:80]
            return proceed(replace(state, reporter=reporter, draft=replace(draft, reporter=reporter)), event.at)
        case "category":
            return _answer_category(state, event, draft)
        case "place" | "place_detail" | "place_which" | "place_outside":
            return _answer_place(state, event, draft, name)
        case "photo" | "change_photos" if u.intent in ("lewati", "tolak") or u.no_photo:
            return proceed(replace(state, draft=replace(draft, photo_settled=True)), event.at)
        case "photo" | "change_photos" if u.intent == "setuju":
            return _ask(state, name, Say("ask_photo_send", options=options("photo:skip")))
        case "summary" | "change" | "anonymity":
            return _answer_summary(state, event, draft, name)
        case _:
            return proceed(replace(state, draft=absorb(draft, event, event.text, u)), event.at)


def _edited(state: State, event: Text, draft: Draft) -> Step:
    """The edit carries its message's id: its words replace the old ones, and what they say is taken anew."""
    parts = tuple(Part(p.message, event.text) if p.message == event.edit_of else p for p in draft.parts)
    draft = absorb(replace(draft, parts=parts), event, event.text, event.understanding, describes=False)
    place = event.understanding.place
    if place.certainty == "sure" and place.kecamatan:
        draft = take_place(replace(draft, place=None), place)
    return proceed(replace(state, draft=draft), event.at)


def _answer_category(state: State, event: Text, draft: Draft) -> Step:
    category = event.understanding.category
    if event.understanding.intent in ("tolak", "lewati"):
        return proceed(replace(state, draft=replace(draft, category="lainnya")), event.at)
    code = category.code if category.certainty != "unknown" else None
    taken = replace(draft, category=code or "lainnya")
    return proceed(replace(state, draft=absorb(taken, event, event.text, event.understanding)), event.at)


def _answer_place(state: State, event: Text, draft: Draft, name: str) -> Step:
    u = event.understanding
    if u.intent == "lewati":
        return proceed(_settle_as_is(state, draft), event.at)
    if name in ("place", "place_detail") and u.place.is_empty and u.intent in ("setuju", "tolak"):
        return ask_again(state, event.at) if u.intent == "setuju" else proceed(_settle_as_is(state, draft), event.at)
    if name == "place_which" and u.intent == "setuju" and draft.place and draft.place.candidates:
        return _place_option(state, event, draft, draft.place.candidates[0].code)
    if name == "place_which" and u.intent == "tolak" and u.place.is_empty:
        return _place_option(state, event, draft, "none")
    if name == "place_outside" and u.place.is_empty:
        return _place_option(state, event, draft, "keep" if u.intent in ("setuju", "tolak") else "other_place")
    place = u.place
    if u.intent in ("lapor", "aspirasi"):
        return proceed(replace(state, draft=absorb(draft, event, event.text, u)), event.at)
    if not (place.detail or place.kecamatan or place.outside or place.candidates):
        place = replace(place, detail=event.text.strip()[:200])
    old = draft.place if name in ("place", "place_detail") else None
    return proceed(replace(state, draft=take_place(replace(draft, place=old), place)), event.at)


def _answer_summary(state: State, event: Text, draft: Draft, name: str) -> Step:
    """Words at the summary: only a yes to the summary itself files; at its side questions it leads back there."""
    u = event.understanding
    match u.intent:
        case "setuju" if name == "summary":
            return send(state, event)
        case "tolak" if name == "summary":
            return _ask(state, "change", _change_question())
        case "setuju" | "tolak" | "lewati":
            return proceed(state, event.at)
        case "jawaban":
            return _change_in_words(state, event, draft)
        case _:
            return proceed(replace(state, draft=absorb(draft, event, event.text, u)), event.at)


def _wish_anonymity(state: State, event: Text, draft: Draft) -> Step:
    """Said in words at any time, it is set; the pending question comes back."""
    wish = event.understanding.anonymity
    wish = "anonim" if wish == "none" else wish
    state = replace(state, draft=replace(draft, anonymity=wish))
    said = Say("anonymity_noted", {"anonymity": wish})
    if state.question and state.question.name in ("summary", "change", "anonymity"):
        return proceed(state, event.at)
    return ask_again(state, event.at, (said,)) if state.question else proceed(state, event.at, (said,))


def _change_in_words(state: State, event: Text, draft: Draft) -> Step:
    """A line is corrected at once when the words name its new value; else the citizen picks the line."""
    corrected = _corrected(draft, event.understanding)
    if corrected == draft:
        return _ask(state, "change", _change_question())
    return proceed(replace(state, draft=corrected), event.at)


def _corrected(draft: Draft, u: Understanding) -> Draft:
    """Change in words ("lokasinya salah, di bengalon"): what is named replaces what stood there."""
    if not u.place.is_empty:
        draft = take_place(replace(draft, place=None, place_asked=0, place_settled=False), u.place)
    if u.date:
        draft = replace(draft, date=u.date)
    if u.anonymity != "none":
        draft = replace(draft, anonymity=u.anonymity)
    return draft


def answer_pin(state: State, event: Pin) -> Step:
    """A pin answers the place at any moment of the report, also before it was asked."""
    draft = state.draft
    assert draft is not None
    old = draft.place
    place = replace(event.place, detail=event.place.detail or (old.detail if old else None))
    return proceed(replace(state, draft=take_place(replace(draft, place=None), place)), event.at)


def answer_photos(state: State, event: Photos) -> Step:
    """Photos before, during or after the question; the first one's GPS may be the place."""
    draft = state.draft
    assert draft is not None
    before: tuple[Effect, ...] = ()
    if event.problems:
        before = (Say(f"photo_{event.problems[0]}"),)
    full = len(draft.photos) + len(event.photos) > MOST_PHOTOS
    draft = add_photos(draft, event.photos)
    if event.caption and event.understanding:
        draft = absorb(draft, event, event.caption, event.understanding)
    if event.place and draft.place is None:
        draft = take_place(draft, replace(event.place, certainty="doubtful") if event.place.candidates else event.place)
    if full:
        before = (Say("photo_enough", {"most": MOST_PHOTOS}),)
    return proceed(replace(state, draft=draft), event.at, before)


def send(state: State, event: Text | Tap) -> Step:
    """*Kirim*: file exactly once, and tell the ticket number."""
    draft = state.draft
    if draft is None or not draft.is_complete:
        return proceed(state, event.at) if draft else Step(state)
    ticket = ticket_number(event.at, event.token)
    filed = Ticket(ticket, draft.category or "lainnya", "queued", event.at)
    after = replace(state, draft=None, question=None, tickets=(*state.tickets, filed)[-50:], reminded=False)
    file = FileReport(ticket, replace(draft, date=incident_day(draft, event.at)))
    return _offer_further(after, event, (file, Say("filed", {"ticket": ticket})))


def _offer_further(state: State, event: Text | Tap, before: tuple[Effect, ...]) -> Step:
    """A second problem of the same message is offered with its words filled in; a draft kept before waits for it."""
    if not state.further or state.shelf:
        return Step(state, before)
    problem, *rest = state.further
    ranking = (problem.category,) if problem.category and problem.category != "lainnya" else ()
    part = Part(f"{event.id}/further", problem.text)
    draft = Draft(started_at=event.at, parts=(part,), ranking=ranking, reporter=state.reporter)
    return offer_shelf(replace(state, shelf=draft, further=tuple(rest)), before, "offer_further")


def cancel(state: State) -> Step:
    """*Batal* asks nothing twice: the draft goes to the shelf and can be taken up again."""
    if state.draft is None:
        return _nothing_there(state)
    after = replace(state, draft=None, shelf=state.draft, question=None)
    say = Say("cancelled", options=options("shelf:take"))
    return Step(replace(after, question=question("shelf", say)), (say,))


def _nothing_there(state: State) -> Step:
    say = Say("nothing_to_cancel", options=options("report:new", "status"))
    return Step(replace(state, question=question("menu", say)), (say,))


def offer_shelf(state: State, before: tuple[Effect, ...] = (), key: str = "offer_draft") -> Step:
    """A draft put aside is offered; the citizen's next report is never in its way."""
    if state.shelf is None:
        return Step(replace(state, question=None), before)
    say = Say(key, {"words": _first_words(state.shelf)}, options("shelf:take", "shelf:drop"))
    return Step(replace(state, question=question("shelf", say)), (*before, say))


def take_from_shelf(state: State, at: datetime) -> Step:
    if state.shelf is None:
        return _nothing_there(state)
    # A place asked for before the pause was never answered: it is asked anew, not "again".
    draft = replace(state.shelf, place_asked=0)
    return proceed(replace(state, draft=draft, shelf=None, reminded=False), at)


def _first_words(draft: Draft) -> str:
    words = draft.description.split()
    return " ".join(words[:8]) + (" ..." if len(words) > 8 else "")


