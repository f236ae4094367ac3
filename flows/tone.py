"""Abuse is answered politely, once; advertising gets one reply, then an hour of silence. Danger is heard before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from flows.model import Other, Photos, Pin, Say, State, Step, Tap, Text
from flows.options import chosen

QUIET: Final = timedelta(hours=1)
_IDLE: Final = ("luar_topik", "salam", "terima_kasih", "keluhan_bot", "setuju", "tolak", "lewati", "jawaban")
"""Intents that, with no question pending, bring no matter of their own."""
_ONLY_ABUSE: Final = ("luar_topik", "keluhan_bot", "salam", "terima_kasih")


def answer(state: State, event: Text | Tap | Photos | Pin | Other) -> Step | None:
    """The polite word, or silence; None when there is a matter to be answered as usual."""
    tone = _tone(state, event)
    if tone == "advert":
        if _is_muted(state, event):
            return Step(state)
        return Step(replace(state, muted_until=event.at + QUIET), (Say("no_adverts"),))
    if _is_muted(state, event) and _is_idle(state, event):
        return Step(state)
    if tone == "insult" and isinstance(event, Text) and event.understanding.intent in _ONLY_ABUSE:
        if state.insulted_at and event.at - state.insulted_at < QUIET:
            return None
        return Step(replace(state, insulted_at=event.at), (Say("stay_polite"),))
    return None


def _tone(state: State, event: Text | Tap | Photos | Pin | Other) -> str:
    """A photo for a report under way is a photo, whatever stands beneath it."""
    if isinstance(event, Text):
        return event.understanding.tone
    if isinstance(event, Photos | Other) and event.understanding and state.draft is None:
        return event.understanding.tone
    return "none"


def _is_muted(state: State, event: Text | Tap | Photos | Pin | Other) -> bool:
    return state.muted_until is not None and event.at < state.muted_until


def _is_idle(state: State, event: Text | Tap | Photos | Pin | Other) -> bool:
    """Nothing under way and nothing said that is worth an answer: more of the same."""
    if state.draft or isinstance(event, Tap | Pin):
        return False
    if isinstance(event, Photos | Other):
        return event.understanding is None or event.understanding.intent in _IDLE
    if state.question and (chosen(state, event) or event.understanding.intent in ("setuju", "tolak")):
        return False
    return event.understanding.intent in _IDLE
