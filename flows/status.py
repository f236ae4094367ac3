"""What became of my report: answered from what the conversation knows, only for one's own tickets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from flows.model import Arg, Effect, Name, ReportChanged, Say, State, Step, Ticket

TICKET: Final = re.compile(r"\bKS-?\s?(\d{6})-?\s?([A-Z2-9]{4})\b", re.IGNORECASE)


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
    latest = own[-3:][::-1]
    args: dict[str, Arg] = {"count": len(own), "shown": len(latest)}
    for i in range(3):
        ticket = latest[i] if i < len(latest) else None
        args[f"ticket{i + 1}"] = ticket.ticket if ticket else ""
        args[f"category{i + 1}"] = Name("category", ticket.category) if ticket else ""
        args[f"state{i + 1}"] = Name("state", ticket.state) if ticket else ""
    return (Say("status_list", args),)


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
    return Step(state, (Say(f"report_{event.state}", args),))
