"""*Data saya* and *hapus data saya*: at any time, also while a petugas holds the conversation."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from flows import status
from flows.model import (
    Arg,
    DataFound,
    Effect,
    EraseCitizen,
    HandBack,
    Other,
    Photos,
    Pin,
    Say,
    ShowMyData,
    State,
    Step,
    Tap,
    Text,
)  # fmt: skip
from flows.options import chosen, options, question
from flows.status import AT_LAPOR

_MOST_NAMED: Final = 5
"""Reports that are named when they stay; more would be no longer a message."""


def concerns(state: State, event: Text | Tap | Pin | Photos | Other) -> bool:
    """Whether this is a wish about one's own data, or the answer to whether it is meant."""
    if isinstance(event, Text) and event.understanding.act != "none":
        return True
    if not isinstance(event, Text | Tap) or state.question is None or state.question.name != "erase":
        return False
    agreed = isinstance(event, Text) and event.understanding.intent in ("setuju", "tolak", "lewati", "batal")
    return agreed or chosen(state, event) is not None


def answer(state: State, event: Text | Tap) -> Step:
    """Show, ask once, erase, or leave everything as it is."""
    picked = chosen(state, event)
    if picked is None and isinstance(event, Text):
        match event.understanding.act:
            case "show_data":
                return Step(state, (ShowMyData(),))
            case "erase_data":
                return _ask(state)
            case _:
                picked = "erase:yes" if event.understanding.intent == "setuju" else "erase:no"
    if picked == "erase:yes":
        return _erase(state)
    return Step(replace(state, question=None), (Say("erase_not"),))


def shown(state: State, event: DataFound) -> Step:
    """What is kept, counted; never the words themselves, which the citizen has before their eyes."""
    args: dict[str, Arg] = {
        "since": event.since,
        "messages": event.messages,
        "photos": event.photos,
        "name": "yes" if event.name else "no",
        "phone": "yes" if event.phone else "no",
        **status.listed(state.tickets),
    }
    return Step(state, (Say("my_data", args),))


def _ask(state: State) -> Step:
    say = Say("ask_erase", {"kept": _kept(state)}, options("erase:yes", "erase:no"))
    return Step(replace(state, question=question("erase", say)), (say,))


def _erase(state: State) -> Step:
    effects: tuple[Effect, ...] = (EraseCitizen(),)
    if state.held_by or state.waiting_for_staff:
        effects = (*effects, HandBack())
    open_case = state.case is not None and state.case.raised
    said = Say("erased", {"kept": _kept(state), "incident": "yes" if open_case else "no"})
    return Step(State(language=state.language), (*effects, said))


def _kept(state: State) -> str:
    """The numbers under which LAPOR! keeps reports, latest first."""
    numbers = [t.tracking_id or t.ticket for t in reversed(state.tickets) if t.state in AT_LAPOR]
    return ", ".join(numbers[:_MOST_NAMED])
