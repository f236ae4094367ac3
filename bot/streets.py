"""Streets in free words: which words of a place can be compared, and what of it may be shown to others."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final


def _set(spaced: str) -> frozenset[str]:
    return frozenset(spaced.split())


_KINDS: Final = {
    "jl": "Jl.", "jln": "Jl.", "jalan": "Jl.", "gg": "Gg.", "gang": "Gg.", "poros": "Jl. Poros", "km": "Km",
    "simpang": "Simpang", "jembatan": "Jembatan",
}  # fmt: skip
_NUMBERED: Final = _set("km rt rw gang gg blok")
_SAYS_LITTLE: Final = _set(
    "jl jln jalan gg gang poros km rt rw desa kelurahan kel kecamatan kec dusun kampung kabupaten kutai timur kutim "
    "blok no nomor rumah pak bu bapak ibu haji dekat deket dkt depan dpn samping smpg belakang blkg sebelah seberang "
    "sekitar arah menuju tepat persis pas dalam luar atas bawah kiri kanan ujung pinggir antara yang yg dan di ke dari "
    "itu ini sini situ sana warung toko kios kantor"
)
_ENDS: Final = _SAYS_LITTLE - _set("poros km kutai timur")
_LONGEST_NAME: Final = 3
"""Words of a street's name; what follows is more likely somebody's house."""


def street_words(detail: str | None) -> frozenset[str]:
    """The words by which two places in one village can be told to be the same: names and numbered things."""
    tokens = _tokens(detail)
    found = {t for t in tokens if len(t) > 2 and not t.isdigit() and t not in _SAYS_LITTLE}
    for kind, number in pairwise(tokens):
        if kind in _NUMBERED and number.isdigit():
            found.add(f"{kind.replace('gang', 'gg')}{int(number)}")
    return frozenset(found)


def street_of(detail: str | None) -> str | None:
    """The street alone ("Jl. Yos Sudarso"), without the house or person that its words may name; None without one."""
    tokens = _tokens(detail)
    for n, token in enumerate(tokens):
        if token not in _KINDS:
            continue
        name = _name(tokens[n + 1 :])
        if name:
            return f"{_KINDS[token]} {name}"
    return None


def _name(tokens: list[str]) -> str:
    name: list[str] = []
    for token in tokens[:_LONGEST_NAME]:
        if token in _ENDS:
            break
        name.append(token.capitalize())
        if token.isdigit():
            break
    return " ".join(name)


def _tokens(text: str | None) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=\d)", " ", (text or "").lower())
    return re.findall(r"[^\W_]+", spaced)
