"""A message cut into words, each knowing where it stood."""

from __future__ import annotations

import re
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
_SHORT = frozenset([
    "kec", "kel", "ds", "dsn", "kab", "jl", "jln", "gg", "no", "rt", "rw", "km", "kp", "kav", "tlk", "tl", "tj",
    "tjg", "sg", "sgt", "mr", "ma", "mn", "bt", "bkt", "lg", "lng", "rtu", "pl", "st", "dr", "h",
])  # fmt: skip
_BREAKS = re.compile(r"[,;:!?()\[\]\n/]|\.\s|\s[-–—]\s|\.\.")


class Token(NamedTuple):
    """A word in lower case and its place in the text.

    `apart`: a comma, full stop or the like stands before it. `capital`: it began with a capital that says
    something, the message not being all capitals.
    """

    text: str
    start: int
    end: int
    apart: bool
    capital: bool


def tokens_of(text: str) -> list[Token]:
    """Cut a message into words. A full stop after an abbreviation ("kec. bengalon") sets nothing apart."""
    shouted = text.isupper()
    tokens: list[Token] = []
    before = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match.group()
        apart = False
        if start - before > 1 and tokens:
            gap = text[before:start]
            abbreviated = gap == ". " and tokens[-1].text in _SHORT
            apart = not abbreviated and _BREAKS.search(gap) is not None
        tokens.append(Token(word.lower(), start, end, apart or not tokens, not shouted and word[0].isupper()))
        before = end
    return tokens
