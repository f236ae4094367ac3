"""What people and time do with a danger that was told: the desk moves it on, or nobody answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows.model import Arg, Effect, IncidentChanged, RaiseIncident, Say, State, Step
from flows.shelf import offer_shelf

UNANSWERED_AFTER: Final = timedelta(minutes=2)
"""How long the *ask* question may stay unanswered before a person is alerted."""


def changed(state: State, event: IncidentChanged) -> Step:
    """The desk moved the incident on: who and when, in plain words."""
    case = state.case
    if case is None or case.incident != event.incident:
        case = None
    by = event.by or ""
    args: dict[str, Arg] = {"by": by, "at": event.at}
    match event.state:
        case "acknowledged":
            if case:
                state = replace(state, case=replace(case, acknowledged_by=by, raised=True))
            return Step(state, (Say("emergency_acknowledged", args, urgent=True),))
        case "dispatched":
            return Step(state, (Say("emergency_dispatched", args, urgent=True),))
        case "on_scene":
            return Step(state, (Say("emergency_on_scene", args, urgent=True),))
        case "unanswered" if case and case.over != "none":
            # Told that all is well: the desk is still asked, the citizen is not alarmed anew.
            return Step(state)
        case "unanswered":
            return Step(state, (Say("emergency_unanswered", urgent=True),))
        case "false_report":
            asked = bool(case and state.question and state.question.name.startswith("emergency_"))
            return Step(replace(state, case=None if case else state.case, question=None if asked else state.question))
        case "resolved" | "not_emergency":
            asked = bool(state.question and state.question.name.startswith("emergency_"))
            state = replace(state, case=None if case else state.case, question=None if asked else state.question)
            effects: tuple[Effect, ...] = (Say(f"emergency_{event.state}", args),)
            if state.shelf and state.shelf.parts and state.question is None:
                return offer_shelf(state, effects)
            return Step(state, effects)


def tick(state: State, at: datetime) -> Step | None:
    """Nobody answered the *ask* question: a person is alerted, marked unconfirmed."""
    case = state.case
    if case and case.level == "unconfirmed" and not case.raised and at - case.opened_at >= UNANSWERED_AFTER:
        case = replace(case, raised=True)
        return Step(replace(state, case=case), (RaiseIncident(case), Say("emergency_alerted_unconfirmed", urgent=True)))
    return None


def wakes_at(state: State) -> datetime | None:
    case = state.case
    if case and case.level == "unconfirmed" and not case.raised:
        return case.opened_at + UNANSWERED_AFTER
    return None
