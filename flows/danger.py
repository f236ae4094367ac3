"""Who hears a message first: a cry for help, the word that it is over, and the questions that a danger asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from flows import emergency
from flows.model import Effect, Other, Photos, Pin, Say, State, Step, Tap, Text, Understanding, UpdateIncident
from flows.options import chosen
from flows.shelf import VAGUE, offer_shelf

OVER_WITHIN: Final = timedelta(hours=12)
"""Later than this "sudah aman" is about something else."""

Said = Text | Tap | Photos | Pin | Other


def hear(state: State, event: Said, words: str) -> Step | None:
    """What danger makes of this message; None when it is nothing to it."""
    understanding = None if isinstance(event, Tap | Pin) else event.understanding
    if words and understanding and not isinstance(event, Tap | Pin):
        if _is_over(state, event, understanding):
            return _over(state, event, words, understanding)
        if understanding.emergency.level != "none":
            return emergency.open_case(state, event, words, understanding)
    if emergency.is_asked(state):
        return emergency.answer(state, event)
    if _is_unclear(state, event):
        return emergency.ask_whether(state)
    if emergency.is_for_desk(state, event):
        return emergency.pass_on(state, event)
    return None


# --- it is over, says the citizen ----------------------------------------------------------------------


def _is_over(state: State, event: Text | Photos | Other, u: Understanding) -> bool:
    """Only of a danger told here, and never against words that tell of a live one."""
    case = state.case
    if case is None or state.draft or u.over == "none" or u.emergency.level == "live":
        return False
    return event.at - case.opened_at <= OVER_WITHIN


def _over(state: State, event: Text | Photos | Other, words: str, u: Understanding) -> Step:
    """The desk hears it, marked; nothing is closed but by a person, and nobody is blamed."""
    case = state.case
    assert case is not None
    if not case.raised:
        # Nobody was called yet: the question whether it is happening is answered.
        return offer_shelf(_rested(replace(state, case=None)), (Say("emergency_not_raised", urgent=True),))
    case = replace(case, over=u.over)
    what: Effect = UpdateIncident(
        case, "joke" if u.over == "joke" else "safe", words, event.photos if isinstance(event, Photos) else ()
    )
    state = replace(state, case=case)
    if state.held_by:
        # The petugas who holds the conversation reads it there and answers in person.
        return Step(state, (what,))
    key = "emergency_over_joke" if u.over == "joke" else "emergency_over_safe"
    thanks = Say(key, {"by": case.acknowledged_by or ""}, urgent=True)
    return offer_shelf(_rested(state), (what, thanks))


def _rested(state: State) -> State:
    """Without a question; a shelf of photos alone is no report to be offered."""
    return replace(state, question=None, shelf=state.shelf if state.shelf and state.shelf.parts else None)


# --- a yes that may be meant for either ----------------------------------------------------------------


def _is_unclear(state: State, event: Said) -> bool:
    """A bare yes or no to a kept report, while it was never said whether the danger is happening now."""
    case = state.case
    if case is None or case.level == "live" or state.question is None or state.question.name != "shelf":
        return False
    return isinstance(event, Text) and chosen(state, event) is None and event.understanding.intent in VAGUE
