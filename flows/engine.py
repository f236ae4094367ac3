"""advance(state, event) -> Step: the whole dialogue as one pure function.

Order of precedence: danger and its own questions, the right to one's data, a person who holds the conversation,
abuse and advertising, edits, what is asked about a finished report, global words, digressions,
the report under way, a new report. Two bubbles a turn at most; one question a turn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from flows import danger, digress, edits, faq, followup, handover, incident, privacy, report, shelf, status, tone
from flows.asking import ask_again, proceed
from flows.draft import absorb, begin, names_problem, remember
from flows.model import (
    AgencyAnswered,
    DataFound,
    DuplicatesFound,
    Effect,
    Event,
    IncidentChanged,
    Language,
    Other,
    Photos,
    Pin,
    ReportChanged,
    Say,
    SearchDuplicates,
    ShowMyData,
    StaffHandedBack,
    StaffSpoke,
    StaffTook,
    State,
    Step,
    Tap,
    Text,
    Tick,
    Understanding,
)  # fmt: skip
from flows.options import chosen, options, question

REMIND_AFTER: Final = timedelta(minutes=30)
CLOSE_AFTER: Final = timedelta(hours=23)
"""Inside WhatsApp's 24-hour window, so the closing word still reaches the citizen."""

_ANY_WORDS: Final = ("change_description", "change_reporter")
"""Questions that any words answer, except a global word alone."""
_GLOBAL: Final = ("batal", "ulang", "petugas")
_NAMED: Final = ("emergency_place", "place", "place_detail", "place_which", "change_reporter")
"""Questions answered with names, which are Indonesian in every language."""
_POLITE: Final = ("salam", "terima_kasih")


def advance(state: State, event: Event) -> Step:
    """What this event means for the conversation. Never raises, never loses what was gathered."""
    match event:
        case Text() | Tap() | Photos() | Pin() | Other():
            step = _citizen(replace(state, last_citizen_at=event.at, reminded=False), event)
            step = _with_notice(state, _remembered(state, step, event))
        case DuplicatesFound():
            step = _with_notice(state, report.duplicates_found(state, event))
        case DataFound():
            step = _with_notice(state, _back_to_question(privacy.shown(state, event), event.at))
        case Tick():
            step = _tick(state, event)
        case ReportChanged():
            step = status.changed(state, event)
        case AgencyAnswered():
            step = status.answered(state, event)
        case IncidentChanged():
            step = incident.changed(state, event)
        case StaffSpoke():
            step = handover.spoke(state, event)
        case StaffTook():
            step = handover.took(state, event)
        case StaffHandedBack():
            step = handover.handed_back(state, event)
            step = _back_to_question(step, event.at) if state.held_by else step
        case _:
            assert_never(event)
    return replace(step, state=replace(step.state, wake_at=_wakes_at(step.state)))


# --- The citizen speaks ------------------------------------------------------------------------------

Said = Text | Tap | Photos | Pin | Other


def _citizen(state: State, event: Said) -> Step:
    words = _words(event)
    understanding = _understood(event)
    if words and understanding:
        state = replace(state, language=_language(state, words, understanding))
    urgent = danger.hear(state, event, words)
    if urgent:
        return urgent
    if isinstance(event, Text | Tap) and privacy.concerns(state, event):
        step = privacy.answer(state, event)
        return step if step.state.question else _back_to_question(step, event.at)
    if state.held_by:
        return Step(state)
    rude = tone.answer(state, event)
    if rude:
        return rude if rude.state.muted_until != state.muted_until else _back_to_question(rude, event.at)
    match event:
        case Text():
            return _text(state, event)
        case Tap():
            return _tap(state, event)
        case Photos():
            return _photos(state, event)
        case Pin():
            return _pin(state, event)
        case Other():
            return _other(state, event)


def _remembered(before: State, step: Step, event: Said) -> Step:
    """Which message gave what, so that an edit of it can correct it."""
    draft = step.state.draft
    if draft is None:
        return step
    message = event.edit_of if isinstance(event, Text) and event.edit_of else event.id
    draft = remember((before.draft, before.shelf, before.asked), draft, message)
    return replace(step, state=replace(step.state, draft=draft))


def _understood(event: Said) -> Understanding | None:
    return event.understanding if isinstance(event, Text | Photos | Other) else None


def _language(state: State, words: str, u: Understanding) -> Language:
    """English is answered in English; a short answer ("ok", "no") does not turn the language, nor do place names."""
    names = state.question is not None and state.question.name in _NAMED
    short = len(words.split()) < ((9 if names else 4) if u.language == "id" else 2)
    return state.language if (state.noticed or state.case) and short else u.language


def _words(event: Said) -> str:
    match event:
        case Text():
            return event.text
        case Photos() | Other():
            return event.caption or ""
        case _:
            return ""


def _text(state: State, event: Text) -> Step:
    u = event.understanding
    corrected = edits.correct(state, event)
    if corrected:
        return corrected
    picked = chosen(state, event)
    asked = state.question.name if state.question else ""
    about_done = followup.answer(state, event) if followup.is_asked(state) else None
    if about_done:
        return about_done
    if picked:
        return _pick(state, event, picked)
    if u.intent in _POLITE and u.category.certainty == "sure" and not u.place.is_empty:
        # A problem told with a greeting and thanks around it is a report.
        return _text(state, replace(event, understanding=replace(u, intent="lapor")))
    if u.intent in _GLOBAL and not (asked in _ANY_WORDS and len(event.text.split()) > 1):
        return _global(state, event)
    if asked == "shelf" and u.intent in shelf.VAGUE:
        return shelf.answer_vaguely(state, event)
    if status.named_ticket(event.text) or (digress.is_digression(u.intent) and not _answers(state, event)):
        return _digress(state, event)
    if state.draft:
        return report.answer_text(state, event)
    return _new_report(state, event)


def _answers(state: State, event: Text) -> bool:
    """Whether words that look beside the matter are what was asked for."""
    name = state.question.name if state.question else ""
    intent = event.understanding.intent
    if state.draft is None:
        return False
    if name in _ANY_WORDS:
        return len(event.text.split()) > 1 or intent not in ("bantuan", "cek_status")
    if name == "description":
        return intent in ("tanya_informasi", "luar_topik") and len(event.text.split()) > 2
    if name in ("place", "place_detail"):
        return intent == "luar_topik" or not event.understanding.place.is_empty
    if name in ("category", "change_date"):
        return intent == "luar_topik" or event.understanding.date is not None
    return False


def _global(state: State, event: Text) -> Step:
    match event.understanding.intent:
        case "batal":
            return shelf.cancel(state)
        case "ulang":
            fresh = begin(replace(state, shelf=state.draft or state.shelf, question=None), event.at)
            return proceed(fresh, event.at, (Say("starting_over"),))
        case _:
            return _back_to_question(handover.ask_for_staff(state, event.back_at), event.at)


def _digress(state: State, event: Text) -> Step:
    """Answer, then put the pending question again; without one, offer what can be done."""
    u = event.understanding
    if u.faq and not status.named_ticket(event.text):
        if state.draft is None:
            return faq.answer(state, event, u.faq)
        return _back_to_question(Step(state, (faq.bubble(u.faq),)), event.at)
    idle = state.draft is None and not followup.is_asked(state)
    if u.intent == "bantuan" and idle:
        return _ask_menu(state, digress.menu())
    if u.intent == "salam" and idle:
        return _ask_menu(state, replace(digress.menu(), key="greeting_menu"))
    if u.intent == "tanya_informasi" and state.draft is None:
        return _offer_to_file(state, event)
    return _back_to_question(Step(state, (digress.answer(state, event),)), event.at)


def _offer_to_file(state: State, event: Text) -> Step:
    """No answer with a source is at hand: the question itself can be filed as permintaan informasi."""
    if state.shelf and state.shelf.classification != "permintaan_informasi":
        return shelf.offer_shelf(state, (Say("no_answer_known"),))
    drafted = begin(state, event.at)
    assert drafted.draft is not None
    draft = absorb(drafted.draft, event, event.text, event.understanding)
    draft = replace(draft, photo_settled=True)
    say = Say("offer_to_file_question", options=options("shelf:take", "shelf:drop"))
    return Step(replace(state, shelf=draft, question=question("shelf", say)), (say,))


def _ask_menu(state: State, say: Say) -> Step:
    return Step(replace(state, question=question("menu", say)), (say,))


def _back_to_question(step: Step, at: datetime) -> Step:
    """After a digression the pending question comes back in the second bubble."""
    state = step.state
    if state.held_by or not step.effects:
        return step
    if state.draft is None:
        return followup.go_on(step)
    return ask_again(state, at, step.effects)


def _new_report(state: State, event: Text) -> Step:
    """The first message may already be the report."""
    u = event.understanding
    match u.intent:
        case "setuju" if state.shelf:
            return shelf.offer_shelf(state)
        case "setuju" | "tolak" | "lewati" | "ubah":
            return _nothing_meant(state, event)
        case "jawaban" if u.place.is_empty and len(event.text.split()) < 4:
            return _nothing_meant(state, event)
    started = begin(state, event.at)
    assert started.draft is not None
    describes = not (u.intent == "lapor" and u.category.code is None and len(event.text.split()) <= 6)
    # A bare place opens a report but does not describe it; words that name a problem for sure always do.
    describes = describes and (u.intent not in ("jawaban", "anonim") or names_problem(u))
    draft = absorb(started.draft, event, event.text, u, describes=describes)
    return proceed(report.with_further(replace(started, draft=draft), u), event.at)


def _nothing_meant(state: State, event: Text) -> Step:
    """An answer to no question: right after filing it is an end, else what can be done is offered."""
    if followup.just_filed(state, event.at):
        return Step(state, (Say("nothing_more"),))
    return _ask_menu(state, digress.menu())


def _tap(state: State, event: Tap) -> Step:
    about_done = followup.answer(state, event) if followup.is_asked(state) else followup.old_tap(state, event)
    if about_done:
        return about_done
    picked = chosen(state, event)
    if picked:
        return _pick(state, event, picked)
    current = event.option == "question:file" and state.asked is not None and state.draft is None
    if current or event.option in ("report:new", "status", "staff", "shelf:take"):
        return _pick(state, event, event.option)
    if state.draft:
        return ask_again(state, event.at, (Say("old_button"),))
    return _ask_menu(state, replace(digress.menu(), key="old_button_menu"))


def _pick(state: State, event: Text | Tap, picked: str) -> Step:
    """A current option; the few that belong to no report are read here."""
    match picked:
        case "report:new":
            if state.draft:
                return ask_again(state, event.at)
            return proceed(begin(replace(state, question=None), event.at), event.at)
        case "status":
            return _back_to_question(Step(state, status.answer(state, "")), event.at)
        case "staff":
            return _back_to_question(handover.ask_for_staff(state, event.back_at), event.at)
        case "info:answer" if state.draft is None and (asked_of := followup.asked_of(state)):
            return followup.ask_info(state, asked_of)
        case "question:file" if state.draft is None and state.asked:
            return faq.file(state, event.at)
        case "shelf:take":
            if state.draft:
                return ask_again(state, event.at)
            return shelf.take_from_shelf(state, event.at)
        case "shelf:drop":
            return Step(replace(state, shelf=None, question=None), (Say("draft_dropped"),))
    if state.draft:
        return report.answer_option(state, event, picked)
    return _ask_menu(state, digress.menu())


def _photos(state: State, event: Photos) -> Step:
    if state.draft is None:
        if not event.photos and not event.caption:
            return Step(state, (Say(f"photo_{event.problems[0]}" if event.problems else "photo_unavailable"),))
        ticket = followup.takes(state, event)
        if ticket:
            return followup.add(state, event, ticket)
        state = begin(state, event.at)
    return report.answer_photos(state, event)


def _pin(state: State, event: Pin) -> Step:
    about_filed = followup.answer_pin(state, event) if state.draft is None else None
    return about_filed or report.answer_pin(state if state.draft else begin(state, event.at), event)


def _other(state: State, event: Other) -> Step:
    """Never silence: what was received, and what to send instead."""
    if event.attachment:
        ticket = followup.takes(state, event)
        if ticket:
            return followup.add(state, event, ticket)
        return report.answer_file(state if state.draft else begin(state, event.at), event, event.attachment)
    if event.phone and state.draft and state.question and state.question.name == "change_phone":
        return report.answer_phone(state, event, event.phone)
    said = Step(state, (Say(f"received_{event.kind}"),))
    # A yes under something that cannot be used is not the yes that files the report without it.
    if event.caption and event.understanding and event.understanding.intent != "setuju":
        text = Text(event.id, event.at, event.token, event.caption, event.understanding)
        step = _text(state, text)
        says = [e for e in step.effects if isinstance(e, Say)]
        return Step(step.state, (*said.effects, *(e for e in step.effects if not isinstance(e, Say)), *says[-1:]))
    if state.draft is None and not followup.is_asked(state):
        return _ask_menu(state, replace(digress.menu(), key=f"received_{event.kind}"))
    return _back_to_question(said, event.at)


# --- First contact, and time -------------------------------------------------------------------------


def _with_notice(before: State, step: Step) -> Step:
    """The first answer begins with the notice; in danger it waits until the danger is handled."""
    state = step.state
    if before.noticed or state.held_by or not any(isinstance(e, Say) for e in step.effects):
        return step
    if state.case is not None or any(isinstance(e, Say) and e.urgent for e in step.effects):
        return step
    if any(isinstance(e, SearchDuplicates | ShowMyData) for e in step.effects):
        # The house answers in the same breath: the notice comes before that, and no third bubble with it.
        return replace(step, effects=tuple(e for e in step.effects if not isinstance(e, Say)))
    effects: tuple[Effect, ...] = (Say("notice"), *step.effects)
    says = [e for e in effects if isinstance(e, Say)]
    if len(says) > 2:
        effects = (Say("notice"), *(e for e in effects if not isinstance(e, Say)), says[-1])
    return Step(replace(state, noticed=True), effects)


def _tick(state: State, event: Tick) -> Step:
    step = incident.tick(state, event.at)
    if step:
        return step
    step = handover.tick(state, event.at)
    if step:
        # The question that comes back with this is reminder enough.
        reminded = replace(step.state, reminded=step.state.draft is not None)
        return _back_to_question(replace(step, state=reminded), event.at)
    if state.draft and state.last_citizen_at and not state.held_by:
        silent = event.at - state.last_citizen_at
        if silent >= CLOSE_AFTER:
            shelved = replace(state, draft=None, shelf=state.draft, question=None)
            say = Say("draft_closed", options=options("shelf:take"))
            return Step(replace(shelved, question=question("shelf", say)), (say,))
        if silent >= REMIND_AFTER and not state.reminded:
            return ask_again(replace(state, reminded=True), event.at, (Say("reminder"),))
    return Step(state)


def _wakes_at(state: State) -> datetime | None:
    """The earliest moment at which time alone changes something."""
    times = [incident.wakes_at(state), handover.wakes_at(state)]
    if state.draft and state.last_citizen_at and not state.held_by:
        times.append(state.last_citizen_at + (CLOSE_AFTER if state.reminded else REMIND_AFTER))
    return min((t for t in times if t), default=None)
