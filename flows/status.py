"""What became of my report: answered from what the conversation knows, only for one's own tickets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from flows.followup import is_asked, may_ask
from flows.model import (
    AgencyAnswered,
    Arg,
    Draft,
    Effect,
    Filed,
    Name,
    Part,
    ReportChanged,
    Say,
    State,
    Step,
    Ticket,
)  # fmt: skip
from flows.options import options, question

TICKET: Final = re.compile(r"\bKS-?\s?(\d{6})-?\s?([A-Z2-9]{4})\b", re.IGNORECASE)

AT_LAPOR: Final = (
    "submitted", "verified", "in_progress", "need_info", "transferred", "done", "closed", "archived", "rejected",
)  # fmt: skip
"""States of a report that LAPOR! holds."""


def named_ticket(text: str) -> str | None:
    """The ticket number in these words, in its canonical spelling."""
    found = TICKET.search(text)
    return f"KS-{found[1]}-{found[2].upper()}" if found else None


def answer(state: State, text: str) -> tuple[Effect, ...]:
    """One bubble: the named ticket, the only one, or the latest few."""
    number = named_ticket(text)
    own = state.tickets
    if number:
        own = tuple(t for t in own if t.ticket == number)
        if not own:
            return (Say("status_not_yours", {"ticket": number}),)
    if not own:
        return (Say("status_none"),)
    if len(own) == 1:
        # The house puts in when LAPOR! was last looked at.
        args = {**_args(own[0]), "checked": ""}
        return (Say("status_one", args),)
    return (Say("status_list", listed(own)),)


def listed(tickets: tuple[Ticket, ...]) -> dict[str, Arg]:
    """How many there are, and number, category and state of the latest three."""
    latest = tickets[-3:][::-1]
    args: dict[str, Arg] = {"count": len(tickets), "shown": len(latest)}
    for i in range(3):
        ticket = latest[i] if i < len(latest) else None
        args[f"ticket{i + 1}"] = ticket.ticket if ticket else ""
        args[f"category{i + 1}"] = Name("category", ticket.category) if ticket else ""
        args[f"state{i + 1}"] = Name("state", ticket.state) if ticket else ""
    return args


def _args(ticket: Ticket) -> dict[str, Arg]:
    return {
        "ticket": ticket.ticket,
        "category": Name("category", ticket.category),
        "state": Name("state", ticket.state),
        "tracking": ticket.tracking_id or "",
        "note": ticket.note or "",
        "filed": ticket.filed_at,
    }


def changed(state: State, event: ReportChanged) -> Step:
    """LAPOR! moved the report on: remember it and say so in plain words, once."""
    known = next((t for t in state.tickets if t.ticket == event.ticket), None)
    if known is None:
        return Step(state)
    # Words about an earlier state would only confuse under the new one.
    note = event.note or (known.note if event.state == known.state else None)
    ticket = replace(known, state=event.state, tracking_id=event.tracking_id or known.tracking_id, note=note)
    state = replace(state, tickets=tuple(ticket if t is known else t for t in state.tickets))
    if (ticket == known and not event.addressee) or event.state in ("queued", "filing"):
        return Step(state)
    args = {**_args(ticket), "addressee": event.addressee or ""}
    match event.state:
        case "done":
            return _done(state, ticket, args)
        case "need_info":
            return _need_info(state, ticket, args)
        case "archived":
            return _archived(state, event, args)
    return Step(state, (Say(f"report_{event.state}", args),))


def answered(state: State, event: AgencyAnswered) -> Step:
    """An agency wrote: the citizen reads it, and can answer where nothing else is being asked."""
    ticket = next((t for t in state.tickets if t.ticket == event.ticket), None)
    if ticket is None:
        return Step(state)
    args: dict[str, Arg] = {
        "ticket": ticket.ticket, "sender": event.sender or "", "words": event.words, "count": len(event.files),
        "attached": ", ".join(event.files),
    }  # fmt: skip
    if not may_ask(state) or is_asked(state):
        return Step(state, (Say("agency_answered", args),))
    say = Say("agency_answered", args, options("info:answer"))
    return Step(replace(state, question=question("answered", say, ticket.ticket)), (say,))


def _need_info(state: State, ticket: Ticket, args: dict[str, Arg]) -> Step:
    """The agency asks: the next words answer it. A citizen who is busy is asked when they look at the report."""
    asks = may_ask(state)
    args = {**args, "asks": "yes" if asks else "no"}
    if not asks:
        return Step(state, (Say("report_need_info", args),))
    say = Say("report_need_info", args)
    return Step(replace(state, question=question("info", say, ticket.ticket)), (say,))


def _archived(state: State, event: ReportChanged, args: dict[str, Arg]) -> Step:
    """The reason, and the offer to write the report anew where no other draft stands in its place."""
    offers = event.filed is not None and state.shelf is None and may_ask(state)
    args = {**args, "asks": "yes" if offers else "no"}
    if not offers or event.filed is None:
        return Step(state, (Say("report_archived", args),))
    say = Say("report_archived", args, options("shelf:take", "shelf:drop"))
    state = replace(state, shelf=_anew(event, event.filed, state.reporter))
    return Step(replace(state, question=question("shelf", say)), (say,))


def _anew(event: ReportChanged, filed: Filed, reporter: str | None) -> Draft:
    """The same report as a draft: nothing of it is asked again, everything can be changed."""
    return Draft(
        started_at=event.at, parts=(Part(f"{event.id}/filed", filed.description),),
        classification=filed.classification, category=filed.category, place=filed.place, place_settled=True,
        date=filed.date, photos=filed.photos, photo_settled=True, files=filed.files, anonymity=filed.anonymity,
        reporter=reporter, searched=True,
    )  # fmt: skip


def _done(state: State, ticket: Ticket, args: dict[str, Arg]) -> Step:
    """Whether it is really done is asked, unless the citizen is busy with something else."""
    asks = may_ask(state)
    args = {**args, "asks": "yes" if asks else "no"}
    if not asks:
        return Step(state, (Say("report_done", args),))
    say = Say("report_done", args, options("done:yes", "done:no"))
    return Step(replace(state, question=question("done", say, ticket.ticket)), (say,))
