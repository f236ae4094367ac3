"""Possible duplicates: shown before the first summary, without a word or name of whoever reported it first."""

from __future__ import annotations

from typing import Final

from flows.model import Draft, Name, Nearby, Say, State
from flows.options import options

NEVER_SHOWN: Final = ("perempuan_anak", "pungli", "pelayanan", "desa", "kesehatan")
"""Categories whose reports are no one else's to see: neither searched for nor part of any public output."""


def is_worth_searching(draft: Draft) -> bool:
    """Once for each draft, only for an open complaint whose place can be compared."""
    if draft.searched or draft.classification != "pengaduan" or draft.anonymity != "none":
        return False
    place = draft.place
    return draft.category not in NEVER_SHOWN and bool(place and not place.outside and (place.has_pin or place.desa))


def similar_question(state: State, near: Nearby) -> Say:
    """Ikut dukung, or a report of one's own; for what is theirs already only the latter."""
    whose = "own" if near.own else "supported" if near.ticket in state.supported else "other"
    return Say(
        "similar",
        {
            "whose": whose,
            "ticket": near.ticket if near.own else "",
            "category": Name("category", near.category),
            "place": Name("place", near.place) if near.place else "",
            "street": near.street or "",
            "state": Name("state", near.state),
            "filed": near.filed_at,
        },
        options("similar:support", "similar:new") if whose == "other" else options("similar:new", "similar:drop"),
    )
