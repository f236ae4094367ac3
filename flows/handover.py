"""To a person and back: the bot is silent while a petugas holds the conversation, and says when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flows.model import Arg, HandBack, HandOver, Say, SayWords, StaffHandedBack, StaffSpoke, StaffTook, State, Step

BACK_AFTER: Final = timedelta(minutes=60)
"""A held conversation without an answer of the petugas comes back by itself after this."""


def ask_for_staff(state: State, back_at: datetime | None) -> Step:
    """The citizen wants a person; the bot goes on helping until one takes over.

    Outside office hours (`back_at`) it says when petugas are back; the request is kept all the same.
    """
    back: Arg = back_at or ""
    if state.waiting_for_staff:
        return Step(state, (Say("staff_already_called", {"back": back}),))
    return Step(replace(state, waiting_for_staff=True), (HandOver("asked"), Say("staff_called", {"back": back})))


def took(state: State, event: StaffTook | StaffSpoke) -> Step:
    """A petugas takes the conversation; said once, when it begins."""
    first = state.held_by is None
    state = replace(state, held_by=event.by or "petugas", held_since=event.at, waiting_for_staff=False)
    return Step(state, (Say("staff_here", {"by": event.by or ""}),) if first else ())


def spoke(state: State, event: StaffSpoke) -> Step:
    step = took(state, event)
    return Step(step.state, (*step.effects, SayWords(event.text)))


def handed_back(state: State, event: StaffHandedBack) -> Step:
    if state.held_by is None:
        return Step(replace(state, waiting_for_staff=False), (HandBack(),))
    state = replace(state, held_by=None, held_since=None, waiting_for_staff=False)
    return Step(state, (HandBack(), Say("staff_gone")))


def tick(state: State, at: datetime) -> Step | None:
    if state.held_since and at - state.held_since >= BACK_AFTER:
        state = replace(state, held_by=None, held_since=None)
        return Step(state, (HandBack(), Say("staff_timed_out")))
    return None


def wakes_at(state: State) -> datetime | None:
    return state.held_since + BACK_AFTER if state.held_since else None
