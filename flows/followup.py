"""What still belongs to a report that was filed: late photos, corrections, answers to what the agency asks, and
"not done yet" after *selesai*."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows.draft import MOST_PHOTOS
from flows.model import (
    AddToReport,
    Attachment,
    Effect,
    Other,
    Photos,
    Pin,
    Question,
    Say,
    State,
    Step,
    Tap,
    Text,
    Ticket,
    Understanding,
)  # fmt: skip
from flows.options import chosen, options, question
from flows.shelf import offer_shelf

LATE: Final = timedelta(minutes=30)
"""How long after filing a photo without words of its own still belongs to the report."""
_ASKED: Final = ("done", "done_why", "info")
_WAITS_FOR_CITIZEN: Final = ("done", "need_info")
"""States in which an agency waits for the citizen's word: that word sets it to work again."""
_ENOUGH_WORDS: Final = 2
"""A *belum* of more words says what is missing; a bare one is asked."""


# --- Late photos and corrections ---------------------------------------------------------------------


def just_filed(state: State, at: datetime) -> bool:
    """A report was filed a moment ago and nothing is being asked: "oke" is an end and not a beginning."""
    return bool(state.tickets and state.question is None and at - state.tickets[-1].filed_at <= LATE)


def takes(state: State, event: Photos | Other) -> Ticket | None:
    """The filed report that this photo or file belongs to; None when it begins another."""
    attachments = _attachments(event)
    if not attachments or state.draft:
        return None
    if event.caption and event.understanding and _is_another(event.understanding):
        return None
    if state.question and state.question.name in _ASKED:
        return _ticket(state, state.question.about)
    latest = state.tickets[-1] if state.tickets else None
    return latest if latest and event.at - latest.filed_at <= LATE else None


def _is_another(u: Understanding) -> bool:
    """Words that report a problem of their own."""
    return u.intent in ("lapor", "aspirasi") and (u.category.certainty != "unknown" or not u.place.is_empty)


def add(state: State, event: Photos | Other, ticket: Ticket) -> Step:
    """Add what came late, as far as there is room; a draft that is being offered is offered again."""
    reopens = bool(state.question and state.question.name in _ASKED and ticket.state in _WAITS_FOR_CITIZEN)
    room = max(0, MOST_PHOTOS - len(ticket.attachments))
    new = tuple(a for a in _attachments(event) if a.hash not in ticket.attachments)
    if not new:
        return _then(state, (_added(ticket, 0, full=False),))
    if not room:
        return _then(state, (Say("photo_enough", {"most": MOST_PHOTOS}),))
    kept = new[:room]
    added = AddToReport(ticket.ticket, kept, event.caption, reopens)
    state = _with(state, replace(ticket, attachments=(*ticket.attachments, *(a.hash for a in kept))), reopens)
    return _then(state, (added, _added(ticket, len(kept), full=len(kept) < len(new))))


def correct_filed(state: State, event: Text) -> Step | None:
    """An edit of a message that the latest report was made of; None when it is not one of them."""
    latest = state.tickets[-1] if state.tickets else None
    if latest is None or event.edit_of not in latest.messages:
        return None
    return Step(state, (AddToReport(latest.ticket, (), event.text), _added(latest, 0, full=False)))


def _attachments(event: Photos | Other) -> tuple[Attachment, ...]:
    if isinstance(event, Photos):
        return event.photos
    return (event.attachment,) if event.attachment else ()


def _added(ticket: Ticket, count: int, *, full: bool) -> Say:
    return Say("added_to_report", {"ticket": ticket.ticket, "count": count, "full": "yes" if full else "no"})


def _then(state: State, effects: tuple[Effect, ...]) -> Step:
    if state.question and state.question.name == "shelf":
        return offer_shelf(state, effects)
    return Step(state, effects)


# --- After *selesai* ---------------------------------------------------------------------------------


def is_asked(state: State) -> bool:
    """Whether the pending question is about a filed report: whether it is done, or what the agency wants to know."""
    return bool(state.question and state.question.name in _ASKED)


def may_ask(state: State) -> bool:
    """Nothing else is being asked, so "Sudah benar selesai?" is in nobody's way."""
    if state.draft or state.held_by:
        return False
    return state.question is None or state.question.name in ("menu", "answered", *_ASKED)


def answer(state: State, event: Text | Tap) -> Step | None:
    """*Sudah*, *Belum*, or what is missing; None when the words are about something else."""
    assert state.question is not None
    ticket = _ticket(state, state.question.about)
    if ticket is None:
        return None
    picked = chosen(state, event)
    if picked:
        return _thanks(state) if picked == "done:yes" else _ask_why(state, ticket)
    if not isinstance(event, Text):
        return None
    if state.question.name == "info":
        return _info(state, event, ticket)
    u = event.understanding
    if state.question.name == "done" and u.intent == "setuju":
        return _thanks(state)
    told = len(event.text.split()) > _ENOUGH_WORDS
    match u.intent:
        case "tolak":
            return _reopen(state, event, ticket) if told else _ask_why(state, ticket)
        case "lapor" | "aspirasi" if _is_elsewhere(u, ticket):
            return None
        case "lapor" | "aspirasi" | "jawaban" if told:
            return _reopen(state, event, ticket)
        case "lapor" | "jawaban" | "ubah" | "keluhan_bot" | "luar_topik" if state.question.name == "done_why":
            return _reopen(state, event, ticket)
        case _:
            return None


def _info(state: State, event: Text, ticket: Ticket) -> Step | None:
    """Whatever is no wish of its own answers the agency; a yes or a no does as well."""
    u = event.understanding
    if u.intent in ("lapor", "aspirasi") and _is_elsewhere(u, ticket) and not u.place.is_empty:
        return None
    if u.intent not in ("lapor", "aspirasi", "jawaban", "ubah", "keluhan_bot", "luar_topik", "setuju", "tolak"):
        return None
    return _pass_on(state, event.text, ticket)


def answer_pin(state: State, event: Pin) -> Step | None:
    """A pin that answers what the agency asked; None when something else is asked."""
    ticket = _ticket(state, state.question.about) if state.question and state.question.name == "info" else None
    if ticket is None or event.place.lat is None or event.place.lon is None:
        return None
    where = f"Koordinat: {event.place.lat:.6f}, {event.place.lon:.6f}"
    return _pass_on(state, where, ticket)


def asked_of(state: State) -> Ticket | None:
    """The report that *Jawab* means: the one just told of, else the latest whose agency waits for the citizen."""
    about = state.question.about if state.question and state.question.name in ("answered", "info") else None
    return _ticket(state, about) or next((t for t in reversed(state.tickets) if t.state == "need_info"), None)


def ask_info(state: State, ticket: Ticket, before: tuple[Effect, ...] = ()) -> Step:
    """Ask for the words that go to the agency."""
    say = Say("ask_info", {"ticket": ticket.ticket})
    return Step(replace(state, question=question("info", say, ticket.ticket)), (*before, say))


def _pass_on(state: State, words: str, ticket: Ticket) -> Step:
    reopens = ticket.state in _WAITS_FOR_CITIZEN
    added = AddToReport(ticket.ticket, (), words, reopens)
    state = replace(_with(state, ticket, reopens), question=None)
    return Step(state, (added, Say("info_passed_on", {"ticket": ticket.ticket})))


def old_tap(state: State, event: Tap) -> Step | None:
    """The button under an earlier *selesai* or question; None when no report stands there any more."""
    if event.option == "info:answer" and not state.draft:
        ticket = asked_of(state)
        return ask_info(state, ticket) if ticket else None
    done = next((t for t in reversed(state.tickets) if t.state == "done"), None)
    if done is None or state.draft or event.option not in ("done:yes", "done:no"):
        return None
    return answer(replace(state, question=Question("done", (event.option,), done.ticket)), event)


def ask_again(state: State, before: tuple[Effect, ...] = ()) -> Step:
    """Put the pending question on this report once more."""
    assert state.question is not None
    ticket = _ticket(state, state.question.about)
    if ticket is None:
        return Step(replace(state, question=None), before)
    if state.question.name == "done_why":
        return _ask_why(state, ticket, before)
    if state.question.name == "info":
        return ask_info(state, ticket, before)
    say = Say("ask_done", {"ticket": ticket.ticket}, options("done:yes", "done:no"))
    return Step(replace(state, question=question("done", say, ticket.ticket)), (*before, say))


def go_on(step: Step) -> Step:
    """After something beside the matter: the pending question again, or what an agency wants to know of the report
    that was just shown."""
    if is_asked(step.state):
        return ask_again(step.state, step.effects)
    shown = step.effects[-1]
    number = str(shown.args["ticket"]) if isinstance(shown, Say) and shown.key == "status_one" else None
    ticket = _ticket(step.state, number)
    return ask_info(step.state, ticket, step.effects) if ticket and ticket.state == "need_info" else step


def _is_elsewhere(u: Understanding, ticket: Ticket) -> bool:
    """A problem of another category is another report, and is never held up by this question."""
    return u.category.certainty == "sure" and u.category.code != ticket.category


def _thanks(state: State) -> Step:
    return Step(replace(state, question=None), (Say("done_thanks"),))


def _ask_why(state: State, ticket: Ticket, before: tuple[Effect, ...] = ()) -> Step:
    say = Say("ask_not_done", {"ticket": ticket.ticket})
    return Step(replace(state, question=question("done_why", say, ticket.ticket)), (*before, say))


def _reopen(state: State, event: Text, ticket: Ticket) -> Step:
    added = AddToReport(ticket.ticket, (), event.text, reopens=True)
    return Step(_with(state, ticket, reopens=True), (added, Say("reopened", {"ticket": ticket.ticket})))


def _ticket(state: State, number: str | None) -> Ticket | None:
    return next((t for t in state.tickets if t.ticket == number), None)


def _with(state: State, ticket: Ticket, reopens: bool) -> State:
    """The ticket as it is now known; what was reopened is being worked on again, and its question is answered."""
    if reopens:
        ticket = replace(ticket, state="in_progress")
    if reopens or (state.question and state.question.name == "info"):
        state = replace(state, question=None)
    return replace(state, tickets=tuple(ticket if t.ticket == ticket.ticket else t for t in state.tickets))
