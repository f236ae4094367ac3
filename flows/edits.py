"""An edited message corrects what it had given: its words of the description, and every slot it was last to fill."""

from __future__ import annotations

from dataclasses import replace

from flows.asking import proceed
from flows.draft import absorb, giver, messages_of, take_place
from flows.followup import correct_filed
from flows.model import Draft, Part, Place, Say, Slot, State, Step, Text
from flows.shelf import offer_shelf


def correct(state: State, event: Text) -> Step | None:
    """Take the correction in; None when the edited message gave nothing that is still remembered."""
    message = event.edit_of
    if message is None:
        return None
    if state.draft and message in messages_of(state.draft):
        return proceed(replace(state, draft=_corrected(state.draft, event, message)), event.at)
    if state.shelf and message in messages_of(state.shelf):
        kept = replace(state, shelf=_corrected(state.shelf, event, message))
        if state.draft is None:
            return offer_shelf(kept, (Say("edit_noted"),))
        return proceed(kept, event.at, (Say("edit_noted"),))
    step = correct_filed(state, event)
    if step and state.draft:
        return proceed(state, event.at, step.effects)
    return step


def _corrected(draft: Draft, event: Text, message: str) -> Draft:
    u = event.understanding
    describes = any(p.message == message for p in draft.parts)
    gave = {g.slot for g in draft.given if g.message == message}
    last = {slot for slot in gave if (found := giver(draft, slot)) and found.message == message}
    draft = _without(draft, message, last)
    draft = replace(draft, parts=tuple(Part(message, event.text) if p.message == message else p for p in draft.parts))
    if "reporter" in last:
        return replace(draft, reporter=" ".join(event.text.split())[:80])
    if "category" in last and not describes and u.category.certainty != "unknown":
        draft = replace(draft, category=u.category.code)
    place = u.place
    if "place" in last and not describes and place.is_empty and u.intent not in ("lewati", "tolak"):
        place = Place(detail=event.text.strip()[:200])
    if gave & {"place"} and not place.is_empty:
        draft = take_place(draft, place)
    if "photo" in last and u.intent in ("lewati", "tolak"):
        draft = replace(draft, photo_settled=True)
    return absorb(draft, event, event.text, u, describes=False)


def _without(draft: Draft, message: str, slots: set[Slot]) -> Draft:
    """The draft as if this message had not filled these slots."""
    if "category" in slots:
        draft = replace(draft, category=None)
    if "place" in slots:
        was = next(g.was for g in draft.given if (g.slot, g.message) == ("place", message))
        draft = replace(draft, place=None, place_settled=False, place_uncertain=False, place_asked=0)
        draft = take_place(draft, was) if was else draft
    if "date" in slots:
        draft = replace(draft, date=None)
    if "anonymity" in slots:
        draft = replace(draft, anonymity="none")
    if "photo" in slots:
        draft = replace(draft, photo_settled=bool(draft.photos))
    return draft
