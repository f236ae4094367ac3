"""Typing as it happens on a phone: slips, dropped vowels, stretched letters, words run together.

Used at training time only, to add noisy copies of what the authors wrote. Seeded by the text itself, so the
same data always gives the same copies.
"""

from __future__ import annotations

import random
import zlib

_NEIGHBOURS = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "r": "et", "s": "ad", "t": "ry", "u": "yi",
    "w": "qe", "y": "tu",
}  # fmt: skip
_VOWELS = "aiueo"


def noisy(text: str, copy: int = 0) -> str:
    """A mistyped copy of `text`: about a word in six is touched, capitals and marks now and then. Deterministic."""
    chance = random.Random(zlib.crc32(text.encode()) + copy)
    words = text.split(" ")
    touched = max(1, round(len(words) / 6))
    for place in chance.sample(range(len(words)), min(touched, len(words))):
        words[place] = _mistyped(words[place], chance)
    out = " ".join(words)
    if len(words) > 3 and chance.random() < 0.3:
        gap = chance.randrange(1, len(words))
        out = " ".join(words[:gap]) + " ".join(words[gap:])
    match chance.randrange(8):
        case 0:
            return out.upper()
        case 1 | 2:
            return out.lower().replace(",", "").replace(".", "")
        case _:
            return out


def _mistyped(word: str, chance: random.Random) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    place = chance.randrange(1, len(word))
    letter = word[place].lower()
    match chance.randrange(6):
        case 0 | 1:
            return word[0] + "".join(c for c in word[1:-1] if c.lower() not in _VOWELS) + word[-1]
        case 2:
            return word[:place] + word[place + 1 :]
        case 3:
            return word[:place] + chance.choice(_NEIGHBOURS.get(letter, letter)) + word[place + 1 :]
        case 4:
            return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]
        case _:
            vowels = [i for i, c in enumerate(word) if c.lower() in _VOWELS]
            at = chance.choice(vowels or [place])
            return word[:at] + word[at] * chance.randrange(3, 6) + word[at + 1 :]
