"""The citizen's own words for the spot: street, landmark, kilometre, RT.

Runs on Python 3.10 and 3.11; imports nothing of ours but the token.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nlu.tokens import Token

_LONGEST = 9
_NAME_WORDS = 2
_NUMBER = re.compile(r"\d{1,4}[a-z]?$|[ivx]{1,4}$")
_GLUED = re.compile(r"(?:km|rt|rw|gg|gang|blok)\.?\d{1,4}[a-z]?$")
_ACTION = re.compile(r"(?:ber|mem|men|meng|me|ter|di|nge|nga|ke)[a-z]{4,}$")
_TIME_BEFORE = frozenset([
    "minggu", "bulan", "tahun", "hari", "masa", "kaca", "ban", "roda", "pintu", "kap", "gigi", "ke", "sabtu",
    "kaki", "kamar", "bagian",
])  # fmt: skip
_SPOT_AFTER_TIME_WORD = frozenset(["sesudah", "setelah", "sebelum", "antara", "muka", "pinggir", "ujung"])
_THING = frozenset([
    "rumah", "rmh", "toko", "tko", "warung", "wrung", "kios", "kantor", "kntr", "pohon", "mess", "kos", "tower",
    "gedung", "ruko", "bola", "omahe",
])  # fmt: skip
_NAMED_FOR = frozenset(["poros", "kantor", "camat", "koramil", "polsek"])
_ONWARD = frozenset(["masuk", "menuju", "manuju", "arah"])
_INSIDE = frozenset(["di", "d", "ddi", "nang", "neng", "ning", "ring", "ing", "ri", "in", "at"])


@dataclass(frozen=True)
class Address:
    """The word lists of data/places/words.yml under `address`."""

    road: frozenset[str]
    number: frozenset[str]
    spot: frozenset[str]
    beside: frozenset[str]
    landmark: frozenset[str]
    stop: frozenset[str]
    keep: frozenset[str]
    opening: frozenset[str]

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[str]]) -> Address:
        """Take the lists as read from the file. Raises KeyError for one that is missing."""
        names = ("road", "number", "spot", "beside", "landmark", "stop", "keep")
        sets = {name: frozenset(lists[name]) for name in names}
        opening = sets["road"] | sets["number"] | sets["spot"] | sets["beside"] | sets["landmark"]
        return cls(opening=opening, **sets)

    def ends(self, word: str) -> bool:
        """Whether the address is over at this word: a listed one, or by its prefix something being done."""
        if word in self.stop or (word.endswith("nya") and len(word) > 5):
            return True
        return word not in self.keep and word not in self.opening and _ACTION.match(word) is not None


def find_detail(
    text: str, tokens: Sequence[Token], places: Collection[tuple[int, int]], address: Address
) -> str | None:
    """The parts of `text` that say where exactly, joined by ", "; None when there are none.

    `places`: first and one past the last token of every name of the gazetteer, which end a part unless
    they name a landmark ("puskesmas rantau pulung") or a road ("poros bengalon").
    """
    inside = {i for first, last in places for i in range(first, last)}
    parts: list[str] = []
    i = 0
    while i < len(tokens):
        if tokens[i].text in address.opening or _GLUED.match(tokens[i].text):
            end = _part(tokens, i, inside, address)
            if end > i:
                parts.append(text[tokens[i].start : tokens[end - 1].end])
                i = end
                continue
        i += 1
    return ", ".join(parts) or None


def _part(tokens: Sequence[Token], first: int, inside: Collection[int], address: Address) -> int:
    """One past the last token of the part that begins at `first`, or `first` when none begins there."""
    if not _begins(tokens, first, inside, address):
        return first
    last = first + 1
    plain = 0
    while last < len(tokens) and last - first < _LONGEST and not tokens[last].apart:
        word, before = tokens[last].text, tokens[last - 1].text
        if last in inside:
            if not (before in address.landmark or before in address.spot or before in _ONWARD or before in _NAMED_FOR):
                break
            while last < len(tokens) and last in inside:
                last += 1
            plain = _NAME_WORDS
            continue
        if _goes_on(tokens, last, address):
            plain = 0
        elif address.ends(word) or plain >= _NAME_WORDS:
            break
        else:
            plain += 1
        last += 1
    while last > first + 1 and last - 1 not in inside and _dangles(tokens, last - 1, address):
        last -= 1
    return last if last > first + 1 or _stands_alone(tokens, first, address) else first


def _begins(tokens: Sequence[Token], first: int, inside: Collection[int], address: Address) -> bool:
    word = tokens[first].text
    if first in inside:
        return False
    if _GLUED.match(word):
        return True
    follower = tokens[first + 1] if first + 1 < len(tokens) and not tokens[first + 1].apart else None
    before = tokens[first - 1].text if first and not tokens[first].apart else ""
    if follower is None:
        return _stands_alone(tokens, first, address)
    after = follower.text
    if word in address.number:
        return bool(_NUMBER.match(after)) or (word in ("blok", "block") and len(after) <= 3)
    if word in address.road:
        onward = after in _ONWARD and first + 2 < len(tokens) and not address.ends(tokens[first + 2].text)
        return onward or (_named(word, after, address) and (first + 1 not in inside or word == "poros"))
    if word in _SPOT_AFTER_TIME_WORD:
        return after in address.landmark or after in address.spot or after in _THING or after in address.road
    if word in address.beside:
        return before not in _TIME_BEFORE and not address.ends(after) and first + 1 not in inside
    if word in address.landmark:
        near = before in _INSIDE or before in address.beside or len(tokens) <= 5 or bool(_NUMBER.match(after))
        return near or first + 1 in inside
    return not address.ends(after) or after in _ONWARD or _stands_alone(tokens, first, address)


def _goes_on(tokens: Sequence[Token], at: int, address: Address) -> bool:
    """Whether this word belongs to the part beyond doubt: an address word, or one that leads to the next."""
    word, before = tokens[at].text, tokens[at - 1].text
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if word in address.opening or _NUMBER.match(word):
        return True
    if after and ((word in _ONWARD and after not in address.stop) or (word in _INSIDE and after in address.opening)):
        return True
    return before in address.road and _named(before, word, address)


def _named(road: str, word: str, address: Address) -> bool:
    """Whether `word` names the road. "jalan" also means walking or going on, so it is believed less than "jl"."""
    return word not in address.stop and (road not in ("jalan", "jln", "jlan") or not address.ends(word))


def _stands_alone(tokens: Sequence[Token], first: int, address: Address) -> bool:
    """A bend or a market is a spot by itself only when the citizen points at it: "di tikungan"."""
    before = tokens[first - 1].text if first else ""
    pointed = before in _INSIDE or len(tokens) <= 3
    return bool(_GLUED.match(tokens[first].text)) or (
        pointed and (tokens[first].text in address.spot or tokens[first].text in address.landmark)
    )


def _dangles(tokens: Sequence[Token], last: int, address: Address) -> bool:
    """Whether a part may not end on this word, for it points at something that is not there."""
    word = tokens[last].text
    return any(word in words for words in (_INSIDE, _ONWARD, address.road, address.beside, address.number))
