"""How far a word as typed is from a word of a place name.

Citizens drop vowels ("bngalon"), swap letters ("sepaos"), double them ("bengalonn") and shorten ("tlk"). A
Vocabulary reads one typed word as the place words it may stand for, each with a likeness from 0 to 1.
Runs on Python 3.10 and 3.11; imports nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from rapidfuzz.distance import OSA

_RUN = re.compile(r"(.)\1+")
_VOWELS = str.maketrans("", "", "aeiou")
_MEMORY = 40_000
_LONGEST_GAP = 5
_STUCK = ("di", "ke")
_LONG_ENOUGH = 6

LEAST = 0.72
"""Below this likeness two words are strangers."""
SHORTENED = 0.97
"""The likeness of a listed abbreviation."""


def key(word: str) -> str:
    """The word in lower case with q as k and, from five letters on, every run of a letter as one: "sangata"."""
    low = word.lower().replace("q", "k")
    return _RUN.sub(r"\1", low) if len(low) > 4 else low


def skeleton(word: str) -> str:
    """The first letter and the consonants after it: "bengalon" -> "bngln"."""
    return word[:1] + word[1:].translate(_VOWELS)


def _shortened_by_one(word: str) -> set[str]:
    """The word itself and what one deleted letter makes of it; the first letter stays, people hit that one."""
    return {word, *(word[:i] + word[i + 1 :] for i in range(1, len(word)))}


class Vocabulary:
    """The words of all place names, ready to be recognised in what people type.

    `words` and the abbreviations are keys (see `key`); `ordinary` words are never read as something else.
    Readings are remembered, so a word met before costs one look-up.
    """

    def __init__(
        self, words: Iterable[str], abbreviations: Mapping[str, Collection[str]], ordinary: Collection[str]
    ) -> None:
        self._words = frozenset(words)
        self._abbreviations = {short: tuple(full) for short, full in abbreviations.items()}
        self._ordinary = frozenset(ordinary)
        self._near: dict[str, list[str]] = {}
        for word in sorted(self._words):
            bones = skeleton(word)
            for shorter in _shortened_by_one(bones) if len(bones) > 2 else {bones}:
                self._near.setdefault(shorter, []).append(word)
        self._read: dict[str, Mapping[str, float]] = {}

    def __contains__(self, word: str) -> bool:
        """Whether this key is a place word, spelt right."""
        return word in self._words

    def is_ordinary(self, typed: str) -> bool:
        """Whether the word as typed is listed as an everyday word."""
        return typed in self._ordinary

    def read(self, typed: str) -> Mapping[str, float]:
        """The place words that a lower-case word may stand for, with their likeness; usually none."""
        found = self._read.get(typed)
        if found is None:
            if len(self._read) >= _MEMORY:
                self._read.clear()
            found = self._read[typed] = self._look(typed)
        return found

    def _look(self, typed: str) -> dict[str, float]:
        word = key(typed)
        found = dict.fromkeys(self._abbreviations.get(typed, ()), SHORTENED)
        found.update((full, SHORTENED) for full in self._abbreviations.get(word, ()))
        if word in self._words:
            found[word] = 1.0 if typed not in self._ordinary or word == typed else LEAST
        if word in self._words or typed in self._ordinary or len(word) < 3 or not word.isalpha():
            return found
        behind = word[2:]
        if word.startswith(_STUCK) and len(behind) >= _LONG_ENOUGH and behind in self._words:
            # "dibengalon": the little word before the name, typed without its space.
            found.setdefault(behind, SHORTENED)
        bones = skeleton(word)
        candidates = set(self._near.get(bones, ()))
        if len(bones) > 2:
            for shorter in _shortened_by_one(bones):
                candidates.update(self._near.get(shorter, ()))
        for candidate in candidates:
            near = candidate not in found and abs(len(candidate) - len(word)) <= _LONGEST_GAP
            if near and (score := likeness(word, candidate)) >= LEAST:
                found[candidate] = score
        return found


def likeness(word: str, other: str) -> float:
    """0 to 1 for two keys: the mean of their likeness as written and without vowels, which people drop first."""
    written = OSA.normalized_similarity(word, other)
    bare = OSA.normalized_similarity(skeleton(word), skeleton(other))
    return written if bare < written else (written + bare) / 2
