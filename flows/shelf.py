"""Drafts put aside: by *batal*, by silence, by an emergency, or a second problem waiting behind the first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from flows.asking import proceed
from flows.draft import take_place
from flows.model import Draft, Effect, Part, Say, State, Step, Tap, Text
from flows.options import options, question

VAGUE: Final = ("setuju", "tolak", "lewati", "batal")
"""Intents that answer the offer of a kept draft without naming one of its buttons."""


def offer_further(state: State, event: Text | Tap, before: tuple[Effect, ...]) -> Step:
    """A second problem of the same message is offered with its words filled in; a draft kept before waits for it."""
    if not state.further or state.shelf:
        return Step(state, before)
    problem, *rest = state.further
    ranking = (problem.category,) if problem.category and problem.category != "lainnya" else ()
    part = Part(f"{event.id}/further", problem.text)
    draft = Draft(started_at=event.at, parts=(part,), ranking=ranking, reporter=state.reporter)
    if problem.place:
        draft = take_place(draft, problem.place)
    return offer_shelf(replace(state, shelf=draft, further=tuple(rest)), before, "offer_further")


def cancel(state: State) -> Step:
    """*Batal* asks nothing twice: the draft goes to the shelf and can be taken up again."""
    if state.draft is None:
        return _nothing_there(state)
    after = replace(state, draft=None, shelf=state.draft, question=None)
    say = Say("cancelled", options=options("shelf:take"))
    return Step(replace(after, question=question("shelf", say)), (say,))


def _nothing_there(state: State) -> Step:
    say = Say("nothing_to_cancel", options=options("report:new", "status"))
    return Step(replace(state, question=question("menu", say)), (say,))


def offer_shelf(state: State, before: tuple[Effect, ...] = (), key: str = "offer_draft") -> Step:
    """A draft put aside is offered; the citizen's next report is never in its way."""
    if state.shelf is None:
        return Step(replace(state, question=None), before)
    say = Say(key, {"words": _first_words(state.shelf)}, options("shelf:take", "shelf:drop"))
    return Step(replace(state, question=question("shelf", say)), (*before, say))


def answer_vaguely(state: State, event: Text) -> Step:
    """A yes takes the draft up; "nanti" or "ga tau" leaves it where it is: only *Tidak usah* throws it away.

    A question that was never more than an offer to file it is dropped by any no.
    """
    if event.understanding.intent == "setuju":
        return take_from_shelf(state, event.at)
    if state.shelf and state.shelf.classification == "permintaan_informasi":
        return Step(replace(state, shelf=None, question=None), (Say("draft_dropped"),))
    say = Say("draft_kept", options=options("shelf:take", "shelf:drop"))
    return Step(replace(state, question=question("shelf", say)), (say,))


def take_from_shelf(state: State, at: datetime) -> Step:
    if state.shelf is None:
        return _nothing_there(state)
    # A place asked for before the pause was never answered: it is asked anew, not "again".
    draft = replace(state.shelf, place_asked=0)
    return proceed(replace(state, draft=draft, shelf=None, reminded=False), at)


def _first_words(draft: Draft) -> str:
    words = draft.description.split()
    return " ".join(words[:8]) + (" ..." if len(words) > 8 else "")
