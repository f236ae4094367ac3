"""What became of my report: answered from what the conversation knows, only for one's own tickets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from flows.followup import may_ask
from flows.model import Arg, Effect, Name, ReportChanged, Say, State, Step, Ticket
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
        return (Say("status_one", _args(own[0])),)
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
    ticket = replace(
        known, state=event.state, tracking_id=event.tracking_id or known.tracking_id, note=event.note or known.note
    )
    state = replace(state, tickets=tuple(ticket if t is known else t for t in state.tickets))
    if ticket == known or event.state in ("queued", "filing"):
        return Step(state)
    args = {**_args(ticket), "addressee": event.addressee or ""}
    if event.state == "done":
        return _done(state, ticket, args)
    return Step(state, (Say(f"report_{event.state}", args),))


def _done(state: State, ticket: Ticket, args: dict[str, Arg]) -> Step:
    """Whether it is really done is asked, unless the citizen is busy with something else."""
    asks = may_ask(state)
    args = {**args, "asks": "yes" if asks else "no"}
    if not asks:
        return Step(state, (Say("report_done", args),))
    say = Say("report_done", args, options("done:yes", "done:no"))
    return Step(replace(state, question=question("done", say, ticket.ticket)), (say,))
