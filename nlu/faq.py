"""Frequent questions: which of the answers of data/faq a question asks for, if any. A wrong answer is worse than none.

An answer is given only when the question names what the answer is about (each group of `about`), none of what
leads elsewhere (`never`), and its words overlap enough with one of the ways in which people ask.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from rapidfuzz import fuzz, process

from nlu.normaliser import Normaliser

Language = Literal["id", "en"]


def _words(spaced: str) -> frozenset[str]:
    return frozenset(spaced.split())


ENOUGH: Final = 0.42
"""The least overlap, 0 to 1, with the nearest way of asking; chosen on the questions of the five training authors."""
LONGEST: Final = 40
"""Words. Beyond that a message tells a story, and a question in it is for a person to find."""
SIMILAR: Final = 84.0
"""How alike (rapidfuzz ratio, 0 to 100) two words of four letters or more must be to count as one misspelt."""
ALIKE: Final = 0.8
"""So near to a known way of asking, the question need not name what the answer is about."""
_ENDING: Final = re.compile(r"(nya|kah|lah)$")
_FILLERS: Final = _words(
    "yang di ke itu ini ya kah sih ? ! pak bu bapak ibu min kak bang mas mbak nak puang tabe permisi maaf mohon tolong "
    "dong kok lah toh to nggih pun kan admin informasi info mau tanya bertanya nanya numpang sekarang saja juga dan "
    "untuk dengan saya kami kita adalah the a an is do i my for of please"
)


class FaqBroken(ValueError):
    """data/faq is not whole: the sentence names the file, the answer and what is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in one language. `checked` is the day on which somebody last went through it."""

    id: str
    text: str
    source: str
    checked: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer as it is kept: `about` and `never` hold phrases of normalised words."""

    id: str
    questions: tuple[str, ...]
    texts: Mapping[Language, str]
    source: str
    checked: date
    about: tuple[frozenset[str], ...]
    never: frozenset[str]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of asking, as it is written, and how much its words weigh together."""

    entry: Entry
    question: str
    weight: float


@dataclass(frozen=True)
class Faq:
    """The frequent questions, ready to be searched. `normaliser` is the one of understanding."""

    entries: Mapping[str, Entry]
    normaliser: Normaliser

    @classmethod
    def load(cls, folder: Path, normaliser: Normaliser | None = None) -> Faq:
        """Read every file of the folder. Raises OSError, or FaqBroken naming what is wrong."""
        words = normaliser or Normaliser()
        entries: dict[str, Entry] = {}
        files = sorted(folder.glob("*.yml"))
        if not files:
            raise FileNotFoundError(f"{folder} holds no frequent questions")
        for file in files:
            for raw in _listed(file):
                entry = _entry(raw, file, words)
                if entry.id in entries:
                    raise FaqBroken(f"{file.name}: answer '{entry.id}' is there twice.")
                entries[entry.id] = entry
        found = cls(entries, words)
        # The first question would wait for what is counted once; let the start wait instead.
        found.nearest("siapa")
        return found

    def answer(self, answer_id: str, language: Language) -> Answer:
        """The answer of this id. Raises KeyError when there is none (any more)."""
        entry = self.entries[answer_id]
        return Answer(entry.id, entry.texts[language], entry.source, entry.checked)

    def find(self, text: str, language: Language = "id") -> Answer | None:
        """The answer to this question, or None when none surely fits. Never raises on any text."""
        found = self.nearest(text)
        return self.answer(found[0], language) if found and found[1] >= ENOUGH else None

    def nearest(self, text: str, without: str | None = None) -> tuple[str, float] | None:
        """The id that fits best and its overlap, 0 to 1. `without` leaves one way of asking out (to measure)."""
        tokens = _plain(self.normaliser.tokens(text))
        if not tokens or len(tokens) > LONGEST:
            return None
        spelt = [self._nearest_word(token) for token in tokens]
        said, asked = _phrases(spelt), _content(spelt)
        shared: defaultdict[int, float] = defaultdict(float)
        for word in asked:
            for number in self._ways_by_word.get(word, ()):
                shared[number] += self._weights[word]
        weight = self._weigh(asked)
        overlaps = [(2 * common / (weight + self._ways[n].weight), n) for n, common in shared.items()]
        for overlap, best in sorted(overlaps, key=lambda pair: (-pair[0], pair[1])):
            way = self._ways[best]
            if way.question != without and (overlap >= ALIKE or _concerns(way.entry, said)):
                return way.entry.id, overlap
        return None

    # --- words ---

    @cached_property
    def _ways(self) -> list[Way]:
        ways = []
        for entry in self.entries.values():
            for question in entry.questions:
                ways.append(Way(entry, question, self._weigh(self._words(question))))
        return ways

    @cached_property
    def _ways_by_word(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, way in enumerate(self._ways):
            for word in self._words(way.question):
                found.setdefault(word, []).append(number)
        return found

    @cached_property
    def _weights(self) -> dict[str, float]:
        """How much a word says: little when many answers are asked for with it."""
        seen: Counter[str] = Counter()
        for entry in self.entries.values():
            seen.update({t for question in entry.questions for t in self._words(question)})
        return {word: math.log((len(self.entries) + 1) / (count + 0.5)) for word, count in seen.items()}

    @cached_property
    def _vocabulary(self) -> dict[str, list[str]]:
        """The longer words that count anywhere, which a misspelt one may stand for, by their first letter."""
        gates = {w for e in self.entries.values() for group in (*e.about, e.never) for w in group}
        found: dict[str, list[str]] = {}
        for word in sorted(gates | set(self._weights)):
            if len(word) > 3 and word.isalpha():
                found.setdefault(word[0], []).append(word)
        return found

    def _weigh(self, words: Iterable[str]) -> float:
        unknown = math.log(len(self.entries) + 1) / 2
        return sum(self._weights.get(word, unknown) for word in words)

    def _words(self, question: str) -> frozenset[str]:
        return _content(_plain(self.normaliser.tokens(question)))

    def _nearest_word(self, token: str) -> str:
        if len(token) < 4 or not token.isalpha() or token in self._weights or token in _FILLERS:
            return token
        alike = self._vocabulary.get(token[0], [])
        found = process.extractOne(token, alike, scorer=fuzz.ratio, score_cutoff=SIMILAR)
        return found[0] if found else token


def _plain(tokens: Iterable[str]) -> list[str]:
    """Without the endings that say nothing here: "izinnya" is "izin"."""
    return [_ENDING.sub("", token) if len(token) > 6 else token for token in tokens]


def _content(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(token for token in tokens if token not in _FILLERS)


def _phrases(tokens: Sequence[str]) -> frozenset[str]:
    return frozenset([*tokens, *(f"{a} {b}" for a, b in pairwise(tokens))])


def _concerns(entry: Entry, said: frozenset[str]) -> bool:
    return all(group & said for group in entry.about) and not entry.never & said


# --- loading -----------------------------------------------------------------------------------------


def _listed(file: Path) -> list[Any]:
    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise FaqBroken(f"{file.name} cannot be read: {error}") from error
    if not isinstance(listed, list):
        raise FaqBroken(f"{file.name} must be a list of answers.")
    return listed


def _entry(raw: Any, file: Path, normaliser: Normaliser) -> Entry:
    name = f"{file.name}: answer '{raw.get('id') if isinstance(raw, dict) else raw}'"
    try:
        texts: dict[Language, str] = {"id": str(raw["answer"]["id"]), "en": str(raw["answer"]["en"])}
        questions, source, checked = raw["questions"], raw["source"], raw["checked"]
        about, never = raw["about"], raw.get("never", [])
    except (KeyError, TypeError, AttributeError) as error:
        raise FaqBroken(f"{name} lacks {error}.") from error
    if not isinstance(checked, date):
        raise FaqBroken(f"{name}: checked must be a date such as 2026-11-24.")
    for what, words in (("questions", questions), ("about", about), ("never", never), ("source", [source])):
        if not isinstance(words, list) or not all(isinstance(w, str) and w for w in words):
            raise FaqBroken(f"{name}: {what} must be words; quote numbers.")
    if not about or not questions:
        raise FaqBroken(f"{name} says neither what it is about nor how it is asked for.")
    groups = tuple(_alternatives(group, normaliser) for group in about)
    elsewhere = frozenset[str]().union(*(_alternatives(group, normaliser) for group in never))
    return Entry(str(raw["id"]), tuple(questions), texts, source, checked, groups, elsewhere)


def _alternatives(group: str, normaliser: Normaliser) -> frozenset[str]:
    """The words of a group, one of which must be said; `a_b` is the phrase "a b"."""
    return frozenset(" ".join(_plain(normaliser.tokens(word.replace("_", " ")))) for word in group.split())
