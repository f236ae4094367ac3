"""Gathering a report: read each answer and take in everything it says, file on *Kirim* alone."""

from __future__ import annotations

from dataclasses import replace

from flows.asking import (
    anonymity_question,
    ask,
    ask_again,
    category_question,
    change_question,
    phone_question,
    proceed,
    settle_as_is,
)  # fmt: skip
from flows.corrections import as_far_as_sure, corrected
from flows.draft import (
    MOST_FILES,
    MOST_PHOTOS,
    absorb,
    absorb_caption,
    add_files,
    add_photos,
    incident_day,
    messages_of,
    names_problem,
    take_place,
    ticket_number,
)  # fmt: skip
from flows.model import (
    Attachment,
    Draft,
    DuplicatesFound,
    Effect,
    FileReport,
    Other,
    Part,
    Photos,
    Pin,
    Place,
    Say,
    State,
    Step,
    SupportReport,
    Tap,
    Text,
    Ticket,
    Understanding,
)  # fmt: skip
from flows.options import chosen, options
from flows.shelf import cancel, offer_further

MOST_FRAGMENTS = 3
"""So many pieces of a description may come before their lack of a place counts as an answer without one."""
MOST_FURTHER = 3
"""Problems that wait behind the first of a message."""

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
            return ask(state, "change", change_question())
        case "change":
            return change(state, event, value)
        case "anonymity" if not value:
            return ask(state, "anonymity", anonymity_question())
        case "anonymity":
            return proceed(replace(state, draft=replace(draft, anonymity=value)), event.at)  # type: ignore[arg-type]
        case "category":
            return proceed(replace(state, draft=replace(draft, category=value)), event.at)
        case "photo":
            return proceed(replace(state, draft=replace(draft, photo_settled=True)), event.at)
        case "phone":
            return proceed(state, event.at)
        case "similar":
            return _answer_similar(state, event, draft, value)
        case _:
            return _place_option(state, event, draft, value)


def _place_option(state: State, event: Text | Tap, draft: Draft, value: str) -> Step:
    place = draft.place or Place()
    match value:
        case "skip":
            return proceed(settle_as_is(state, draft), event.at)
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
                return proceed(settle_as_is(state, kept), event.at)
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
                return ask(state, "category", category_question(draft))
            return ask(state, "category", Say("ask_category_words", options=options("category:lainnya")))
        case "place":
            fresh = replace(draft, place=None, place_asked=0, place_settled=False, place_uncertain=False)
            return proceed(replace(state, draft=fresh), event.at)
        case "description":
            return ask(state, "change_description", Say("ask_new_description"))
        case "date":
            return ask(state, "change_date", Say("ask_date"))
        case "photos":
            fresh = replace(draft, photos=())
            say = Say("ask_new_photos", options=options("photo:skip"))
            return ask(replace(state, draft=fresh), "change_photos", say)
        case "phone":
            return ask(state, "change_phone", phone_question())
        case _:
            return ask(state, "change_reporter", Say("ask_reporter"))


def answer_text(state: State, event: Text) -> Step:
    """Words while a report is being gathered: an answer to the question, an addition, or a correction."""
    draft = state.draft
    assert draft is not None
    name = state.question.name if state.question else ""
    picked = chosen(state, event)
    if picked:
        return answer_option(state, event, picked)
    u = event.understanding
    if name not in ("change_description", "change_reporter", "change_phone"):
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
                return ask(state, name, Say("ask_date_again"))
            return proceed(replace(state, draft=replace(draft, date=u.date)), event.at)
        case "change_reporter":
            reporter = " ".join(event.text.split())[:80]
            return proceed(replace(state, reporter=reporter, draft=replace(draft, reporter=reporter)), event.at)
        case "change_phone":
            return answer_phone(state, event, event.text)
        case "category":
            return _answer_category(state, event, draft)
        case "similar" if u.intent in ("setuju", "tolak"):
            return _answer_similar(state, event, draft, _meant(state, u.intent))
        case "place" | "place_detail" | "place_which" | "place_outside":
            return _answer_place(state, event, draft, name)
        case "photo" | "change_photos" | "photo_promised" if u.intent in ("lewati", "tolak") or u.no_photo:
            return proceed(replace(state, draft=replace(draft, photo_settled=True)), event.at)
        case "photo_promised" if u.intent == "setuju":
            # "kirim" a second time means the report.
            return proceed(replace(state, draft=replace(draft, photo_settled=True)), event.at)
        case "photo" | "change_photos" if u.intent == "setuju":
            return ask(state, "photo_promised", Say("ask_photo_send", options=options("photo:skip")))
        case "summary" | "change" | "anonymity":
            return _answer_summary(state, event, draft, name)
        case _:
            return _told_more(state, event, draft)


def _told_more(state: State, event: Text, draft: Draft) -> Step:
    """Words that answer no question belong to the description; a further problem in them waits its turn.

    A mere place is a place: more exact than before, or another than before.
    """
    u = event.understanding
    if _is_figure(event.text):
        return ask_again(state, event.at)
    if u.intent == "jawaban" and draft.place_settled and not u.place.is_empty and u.date is None:
        placed = replace(state, draft=corrected(draft, u))
        known = draft.parts and placed.draft and placed.draft.place_settled
        return proceed(placed, event.at, (Say("place_noted"),) if known else ())
    state = with_further(state, u)
    asked = state.question.name if state.question else ""
    before = (Say("words_noted"),) if asked in ("photo", "change_photos", "photo_promised") else ()
    return proceed(replace(state, draft=absorb(draft, event, event.text, u)), event.at, before)


def _is_figure(words: str) -> bool:
    """A number that names no option says nothing."""
    return not any(c.isalpha() for c in words)


def with_further(state: State, u: Understanding) -> State:
    """Keep the further problems of a message that reports something."""
    if u.intent not in ("lapor", "aspirasi") or not u.more:
        return state
    return replace(state, further=(*state.further, *(p for p in u.more if p not in state.further))[:MOST_FURTHER])


def _answer_category(state: State, event: Text, draft: Draft) -> Step:
    u = event.understanding
    category = u.category
    if u.intent in ("tolak", "lewati"):
        return proceed(replace(state, draft=replace(draft, category="lainnya")), event.at)
    if u.intent == "setuju" and draft.ranking:
        return proceed(replace(state, draft=replace(draft, category=draft.ranking[0])), event.at)
    code = category.code if category.certainty != "unknown" else None
    if u.intent == "jawaban" and category.certainty != "sure" and not u.place.is_empty:
        # The place came first: the category is still to be said.
        return proceed(replace(state, draft=take_place(draft, u.place)), event.at)
    taken = replace(draft, category=code or "lainnya")
    describes = u.intent != "jawaban" or len(event.text.split()) > 3
    return proceed(replace(state, draft=absorb(taken, event, event.text, u, describes)), event.at)


def _answer_place(state: State, event: Text, draft: Draft, name: str) -> Step:
    u = event.understanding
    if u.intent == "lewati":
        return proceed(settle_as_is(state, draft), event.at)
    if name == "place_outside" and u.place.is_empty:
        return _place_option(state, event, draft, "keep" if u.intent in ("setuju", "tolak") else "other_place")
    if name in ("place", "place_detail") and u.place.is_empty and u.intent in ("setuju", "tolak"):
        if u.intent == "tolak" or (name == "place_detail" and draft.place_asked):
            return proceed(settle_as_is(state, draft), event.at)
        asked = draft.place_asked + (name == "place_detail")
        return ask_again(replace(state, draft=replace(draft, place_asked=asked)), event.at)
    if name == "place_which" and u.intent == "setuju" and draft.place and draft.place.candidates:
        return _place_option(state, event, draft, draft.place.candidates[0].code)
    if name == "place_which" and u.intent == "tolak" and u.place.is_empty:
        return _place_option(state, event, draft, "none")
    place = u.place
    tells = u.intent in ("lapor", "aspirasi")
    if not (tells and place.is_empty and len(draft.parts) < MOST_FRAGMENTS):
        draft = replace(draft, place_asked=draft.place_asked + 1)
    if tells:
        return proceed(replace(state, draft=absorb(draft, event, event.text, u)), event.at)
    if not (place.detail or place.kecamatan or place.outside or place.candidates):
        place = replace(place, detail=event.text.strip()[:200])
    old = draft.place if name in ("place", "place_detail") else None
    if name == "place_which" and draft.place and not (place.kecamatan or place.candidates or place.outside):
        old = as_far_as_sure(draft.place)
    return proceed(replace(state, draft=take_place(replace(draft, place=old), place)), event.at)


def _answer_summary(state: State, event: Text, draft: Draft, name: str) -> Step:
    """Words at the summary: only a yes to the summary itself files; at its side questions it leads back there."""
    u = event.understanding
    match u.intent:
        case "setuju" if name == "summary":
            return send(state, event)
        case "tolak" if name == "summary":
            return ask(state, "change", change_question())
        case "setuju" | "tolak" | "lewati":
            return proceed(state, event.at)
        case "jawaban" if not _is_figure(event.text):
            return _change_in_words(state, event, draft)
        case "jawaban":
            return proceed(state, event.at)
        case _:
            return _told_more(state, event, draft)


def _wish_anonymity(state: State, event: Text, draft: Draft) -> Step:
    """Said in words at any time, it is set; the pending question comes back."""
    u = event.understanding
    if names_problem(u) and not draft.parts:
        return proceed(replace(state, draft=absorb(draft, event, event.text, u)), event.at)
    wish = u.anonymity
    if wish == "none":
        # Words about the name that do not say which: nothing is hidden or shown on a guess.
        return ask(state, "anonymity", anonymity_question())
    state = replace(state, draft=replace(draft, anonymity=wish))
    said = Say("anonymity_noted", {"anonymity": wish})
    if state.question and state.question.name in ("summary", "change", "anonymity"):
        return proceed(state, event.at)
    return ask_again(state, event.at, (said,)) if state.question else proceed(state, event.at, (said,))


def _change_in_words(state: State, event: Text, draft: Draft) -> Step:
    """A line is corrected at once when the words name its new value; else the citizen picks the line."""
    changed = corrected(draft, event.understanding)
    if changed == draft:
        return ask(state, "change", change_question())
    return proceed(replace(state, draft=changed), event.at)


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
        state = with_further(state, event.understanding)
        draft = absorb_caption(draft, event, event.caption, event.understanding)
    if event.place and draft.place is None:
        draft = take_place(draft, replace(event.place, certainty="doubtful") if event.place.candidates else event.place)
    if full:
        before = (Say("photo_enough", {"most": MOST_PHOTOS}),)
    return proceed(replace(state, draft=draft), event.at, before)


def answer_file(state: State, event: Other, file: Attachment) -> Step:
    """A video or document that could be kept goes along with the report."""
    draft = state.draft
    assert draft is not None
    kept = add_files(draft, (file,))
    full = kept == draft and file.hash not in [f.hash for f in draft.files]
    said = Say("file_enough", {"most": MOST_FILES}) if full else Say("file_kept", {"kind": event.kind})
    if event.caption and event.understanding:
        state = with_further(state, event.understanding)
        as_text = Text(event.id, event.at, event.token, event.caption, event.understanding)
        kept = absorb_caption(kept, as_text, event.caption, event.understanding)
    return proceed(replace(state, draft=kept), event.at, (said,))


def answer_phone(state: State, event: Text | Other, words: str) -> Step:
    """A number that can be called, in words or as a shared contact; anything else leads back to the summary."""
    digits = "".join(c for c in words if c.isdigit() or c == "+")
    if 8 <= len(digits) <= 16:
        return proceed(replace(state, phone=digits), event.at)
    if isinstance(event, Text) and event.understanding.intent in ("lewati", "tolak"):
        return proceed(state, event.at)
    return ask(state, "change_phone", Say("ask_phone_again", options=options("phone:skip"), request="contact"))


# --- Duplicates --------------------------------------------------------------------------------------


def duplicates_found(state: State, event: DuplicatesFound) -> Step:
    """The house has looked: the likeliest report is shown, or nothing stands before the summary."""
    draft = state.draft
    if draft is None or not draft.searched:
        return Step(state)
    similar = event.reports[0] if event.reports else None
    return proceed(replace(state, draft=replace(draft, similar=similar)), event.at)


def _meant(state: State, intent: str) -> str:
    """What a bare yes or no means at the question on duplicates: its first button, or its second."""
    names = state.question.options if state.question else ()
    return names[0 if intent == "setuju" else 1].partition(":")[2] if len(names) == 2 else "new"


def _answer_similar(state: State, event: Text | Tap, draft: Draft, value: str) -> Step:
    near = draft.similar
    if near is None or value == "new":
        return proceed(replace(state, draft=replace(draft, similar=None)), event.at)
    if value == "drop":
        return cancel(state)
    after = replace(state, draft=None, question=None, reminded=False)
    after = replace(after, supported=(*(t for t in after.supported if t != near.ticket), near.ticket)[-50:])
    return offer_further(after, event, (SupportReport(near.ticket), Say("supported")))


# --- Filing ------------------------------------------------------------------------------------------


def send(state: State, event: Text | Tap) -> Step:
    """*Kirim*: file exactly once, and tell the ticket number."""
    draft = state.draft
    if draft is None or not draft.is_complete:
        return proceed(state, event.at) if draft else Step(state)
    ticket = ticket_number(event.at, event.token)
    filed = Ticket(
        ticket, draft.category or "lainnya", "queued", event.at,
        attachments=tuple(a.hash for a in (*draft.photos, *draft.files)), messages=messages_of(draft),
    )  # fmt: skip
    # Only the latest report takes late photos and corrections, so the others need not remember what is theirs.
    earlier = (replace(t, attachments=(), messages=()) for t in state.tickets)
    after = replace(state, draft=None, question=None, tickets=(*earlier, filed)[-50:], reminded=False)
    file = FileReport(ticket, replace(draft, date=incident_day(draft)))
    return offer_further(after, event, (file, Say("filed", {"ticket": ticket})))
