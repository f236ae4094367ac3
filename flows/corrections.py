"""What words change in a draft that had it otherwise: another place, a more exact one, a date, who may see it."""

from __future__ import annotations

from dataclasses import replace

from flows.draft import take_place
from flows.model import Draft, Place, Understanding


def corrected(draft: Draft, u: Understanding) -> Draft:
    """Change in words ("lokasinya salah, di bengalon"): what is named replaces what stood there."""
    if not u.place.is_empty:
        draft = _with_other_place(draft, u.place, adds=u.intent == "jawaban")
    if u.date:
        draft = replace(draft, date=u.date)
    if u.anonymity != "none":
        draft = replace(draft, anonymity=u.anonymity)
    return draft


def as_far_as_sure(place: Place) -> Place:
    """A place of several candidates, as far as they agree: words that name none of them only say where in it."""
    codes = {".".join(c.code.split(".")[:3]) for c in place.candidates}
    if len(codes) != 1:
        return place
    return replace(place, kecamatan=codes.pop(), desa=None, candidates=(), certainty="sure")


def _with_other_place(draft: Draft, place: Place, *, adds: bool) -> Draft:
    """Another place replaces the old; a street or landmark alone, or the kecamatan that was missing, is added."""
    old = draft.place
    if old and not (place.kecamatan or place.outside or place.candidates or place.has_pin):
        detail = ", ".join(dict.fromkeys(part for part in (old.detail, place.detail) if part))
        added = replace(old, detail=detail)
        return replace(draft, place=added) if draft.place_settled else take_place(draft, added)
    same = (None, place.kecamatan) if adds else (None,)
    kept = old if old and place.kecamatan and not place.outside and old.kecamatan in same else None
    return take_place(replace(draft, place=kept, place_asked=0, place_settled=False), place)
