"""A report being gathered: taking in everything a message says, and never less than was known before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Final

from flows.model import (
    WITA,
    Attachment,
    Category,
    Classification,
    Draft,
    Given,
    Part,
    Photos,
    Place,
    Slot,
    State,
    Text,
    Understanding,
)  # fmt: skip

MOST_PHOTOS: Final = 5
MOST_FILES: Final = 2
"""Videos and documents of one report."""
BEST: Final = 3
"""How many categories or places are offered as buttons."""
_MOST_GIVEN: Final = 40
_IS_NO_DESCRIPTION: Final = (
    "setuju", "tolak", "lewati", "salam", "terima_kasih", "bantuan", "batal", "ulang", "petugas", "cek_status",
)  # fmt: skip
"""Intents whose words under a photo say nothing of the matter ("ini fotonya, makasih")."""
_TAIL: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_REPORTS: Final[dict[str, Classification]] = {
    "lapor": "pengaduan", "aspirasi": "aspirasi", "tanya_informasi": "permintaan_informasi",
}  # fmt: skip


def ticket_number(at: datetime, token: str) -> str:
    """KS-YYMMDD-XXXX: the day in WITA and four characters nobody can guess from another ticket."""
    number = int(token[:16], 16)
    tail = ""
    for _ in range(4):
        number, digit = divmod(number, len(_TAIL))
        tail += _TAIL[digit]
    return f"KS-{at.astimezone(WITA):%y%m%d}-{tail}"


def begin(state: State, at: datetime) -> State:
    """An empty draft; whatever stood on the shelf stays there."""
    return replace(state, draft=Draft(started_at=at, reporter=state.reporter), reminded=False)


def names_problem(u: Understanding) -> bool:
    """Whether words of another intent ("jangan sebut nama saya, ada pungli di ...") tell a problem all the same."""
    return u.category.certainty == "sure" or (u.category.certainty == "doubtful" and not u.place.is_empty)


def absorb(draft: Draft, event: Text | Photos, text: str, u: Understanding, describes: bool = True) -> Draft:
    """Take everything these words say; never overwrite what is settled, except by a place more exact."""
    if describes:
        parts = tuple(p for p in draft.parts if p.message != event.id)
        draft = replace(draft, parts=(*parts, Part(event.id, text)))
        if len(draft.parts) == 1 and u.intent in _REPORTS:
            draft = replace(draft, classification=_REPORTS[u.intent])
    if draft.category is None:
        draft = _take_category(draft, u.category)
    if not draft.place_settled or _adds(u.place, draft.place):
        draft = take_place(draft, u.place)
    if u.date:
        draft = replace(draft, date=u.date)
    if u.anonymity != "none":
        draft = replace(draft, anonymity=u.anonymity)
    if u.no_photo and not draft.photos:
        draft = replace(draft, photo_settled=True)
    return draft


def _take_category(draft: Draft, category: Category) -> Draft:
    ranking = tuple(r.code for r in category.ranking[:BEST] if r.code != "lainnya")
    if category.certainty == "sure" and category.code:
        return replace(draft, category=category.code, ranking=ranking)
    return replace(draft, ranking=ranking or draft.ranking)


def _adds(new: Place, old: Place | None) -> bool:
    """A message after the place was settled only refines it: a desa or street inside the same kecamatan."""
    return bool(old and new.certainty == "sure" and new.kecamatan == old.kecamatan and new.desa and not old.desa)


def take_place(draft: Draft, place: Place) -> Draft:
    """Merge a place: a street that comes later keeps the kecamatan named before, and the other way round."""
    if place.is_empty:
        return draft
    old = draft.place
    if old and not place.outside:
        same = place.kecamatan is None or place.kecamatan == old.kecamatan
        place = replace(
            place,
            kecamatan=place.kecamatan or old.kecamatan,
            desa=place.desa or (old.desa if same else None),
            detail=place.detail or old.detail,
            lat=place.lat if place.has_pin else (old.lat if same else None),
            lon=place.lon if place.has_pin else (old.lon if same else None),
            outside=None if place.kecamatan else old.outside,
            candidates=place.candidates or (() if place.kecamatan else old.candidates),
            certainty=place.certainty if place.kecamatan or place.candidates else old.certainty,
        )
    return replace(draft, place=place, place_settled=_is_enough(place), place_uncertain=False)


def _is_enough(place: Place) -> bool:
    """A desa, a pin inside, or a kecamatan with a street or landmark: what an agency can find."""
    if place.outside or place.certainty != "sure" or not place.kecamatan:
        return False
    return bool(place.desa or place.detail or place.has_pin)


def add_photos(draft: Draft, photos: tuple[Attachment, ...]) -> Draft:
    """Up to five, in order, none twice."""
    kept = draft.photos
    for photo in photos:
        if len(kept) < MOST_PHOTOS and all(photo.hash != p.hash for p in kept):
            kept = (*kept, photo)
    return replace(draft, photos=kept, photo_settled=draft.photo_settled or bool(kept))


def add_files(draft: Draft, files: tuple[Attachment, ...]) -> Draft:
    """Videos and documents beside the photos, at most MOST_FILES, none twice."""
    kept = draft.files
    for file in files:
        if len(kept) < MOST_FILES and all(file.hash != f.hash for f in kept):
            kept = (*kept, file)
    return replace(draft, files=kept)


def absorb_caption(draft: Draft, event: Photos | Text, caption: str, u: Understanding) -> Draft:
    """What stands under a photo or file; words of mere politeness are no part of the description."""
    return absorb(draft, event, caption, u, describes=u.intent not in _IS_NO_DESCRIPTION)


# --- Which message gave what -------------------------------------------------------------------------


def remember(before: tuple[Draft | None, ...], after: Draft, message: str) -> Draft:
    """Note for every slot that changed that this message gave it; `before` are the drafts that were there."""
    same = (d for d in before if d and d.started_at == after.started_at)
    base = next(same, Draft(started_at=after.started_at, reporter=after.reporter))
    given = after.given
    for slot in _changed(base, after):
        known = next((g for g in given if (g.slot, g.message) == (slot, message)), None)
        was = known.was if known else base.place if slot == "place" else None
        given = (*(g for g in given if g is not known), Given(slot, message, was))
    return replace(after, given=given[-_MOST_GIVEN:])


def _changed(before: Draft, after: Draft) -> list[Slot]:
    changed: list[Slot] = []
    if after.category != before.category:
        changed.append("category")
    if (after.place, after.place_settled) != (before.place, before.place_settled):
        changed.append("place")
    if after.date != before.date:
        changed.append("date")
    if after.anonymity != before.anonymity:
        changed.append("anonymity")
    if after.reporter != before.reporter:
        changed.append("reporter")
    if after.photo_settled != before.photo_settled:
        changed.append("photo")
    return changed


def giver(draft: Draft, slot: Slot) -> Given | None:
    """Who gave this slot last."""
    return next((g for g in reversed(draft.given) if g.slot == slot), None)


def messages_of(draft: Draft) -> tuple[str, ...]:
    """Every message that this draft was made of."""
    return tuple(dict.fromkeys([*(p.message for p in draft.parts), *(g.message for g in draft.given)]))


def incident_day(draft: Draft) -> date:
    """The day it happened: what the citizen said, else the day on which they told it, in WITA."""
    return draft.date or draft.started_at.astimezone(WITA).date()
