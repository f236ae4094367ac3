"""Every way a place name is written, and the reading of a message against them.

A form is a name cut into words, also with two neighbours joined ("teluklingga"). The Vocabulary says what
each typed word may be; here neighbouring words are put together into names. Python 3.10 and 3.11.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from nlu.mentions import Mention, Name
from nlu.spelling import SHORTENED, Vocabulary, key
from nlu.tokens import Token

_EXACT = 0.96
_JOINABLE = 6
_PART = 0.83
_PARTS = frozenset([
    "timur", "barat", "selatan", "utara", "tengah", "dalam", "luar", "baru", "ulu", "ilir", "hilir", "seberang",
])  # fmt: skip


@dataclass(frozen=True)
class Form:
    """One spelling: its words as keys, what it stands for, and the least likeness that is believed."""

    words: tuple[str, ...]
    name: Name
    least: float


class Spellbook:
    """All forms by their first word.

    `rivals`: for a desa those elsewhere whose longer name holds its own; `longer`: those among them that
    begin with it. `sure`: the likeness from which a reading needs no question.
    """

    sure = 0.8

    def __init__(
        self, forms: Sequence[Form], vocabulary: Vocabulary,
        rivals: Mapping[str, Sequence[str]], longer: Mapping[str, Sequence[str]],
    ) -> None:  # fmt: skip
        self._vocabulary = vocabulary
        self.rivals = rivals
        self.longer = longer
        self._by_first: dict[str, list[Form]] = {}
        for form in forms:
            self._by_first.setdefault(form.words[0], []).append(form)

    @classmethod
    def of(
        cls,
        areas: Sequence[tuple[str, str]],
        outside: Mapping[str, Sequence[str]],
        aliases: Mapping[str, Any],
        ordinary: Collection[str],
    ) -> Spellbook:
        """Build from (code, name) of the areas, the spellings of places outside, and aliases.yml.

        Raises KeyError for a part of aliases.yml that is missing.
        """
        cues: dict[str, Literal["weak", "strong"]] = dict.fromkeys(aliases["cues"]["weak"], "weak")
        cues.update(dict.fromkeys(aliases["cues"]["strong"], "strong"))
        people = frozenset(aliases["streets"])
        kecamatan = {name: code for code, name in areas if len(code) == 8}
        twins = {kecamatan[name]: code for code, name in areas if len(code) > 8 and name in kecamatan}
        forms: list[Form] = []

        def add(spelling: str, name: Name) -> None:
            low = spelling.lower()
            blocked = aliases["blocked"].get(low, {})
            meant = replace(
                name, cue=cues.get(low, name.cue), person=low in people,
                not_after=frozenset(blocked.get("before", ())), not_before=frozenset(blocked.get("after", ())),
            )  # fmt: skip
            forms.extend(_forms(low, meant, exact=low in aliases["exact"]))

        for code, name in areas:
            own = _own_name(code, twins)
            if code not in twins.values():
                add(name, own)
            for alias in aliases["names"].get(code, ()):
                add(alias, own)
        for word, codes in aliases["groups"].items():
            shared = {code[:8] for code in codes}
            add(word, Name("group", tuple(codes), shared.pop() if len(shared) == 1 else None))
        for place in aliases["locales"]:
            for spelling in place["names"]:
                add(spelling, Name("locale", (), place["kecamatan"], place.get("desa")))
        for label, spellings in outside.items():
            for spelling in spellings:
                add(spelling, Name("outside", label=label))
        abbreviations: dict[str, list[str]] = {}
        for full, shorts in aliases["words"].items():
            for short in shorts:
                abbreviations.setdefault(short, []).append(key(full))
        vocabulary = Vocabulary({word for form in forms for word in form.words}, abbreviations, ordinary)
        return cls(forms, vocabulary, *_rivals(areas))

    def read(self, tokens: Sequence[Token]) -> list[Mention]:
        """Every name that the words may be, overlapping ones too."""
        vocabulary, by_first = self._vocabulary, self._by_first
        reads = [vocabulary.read(token.text) for token in tokens]
        found: list[Mention] = []
        for i, readings in enumerate(reads):
            for word, score in readings.items():
                for form in by_first.get(word, ()):
                    mention = self._match(form, tokens, reads, i, score)
                    if mention:
                        found.append(mention)
            if i and not tokens[i].apart:
                self._joined(tokens, reads, i, found)
        return found

    def _match(
        self, form: Form, tokens: Sequence[Token], reads: Sequence[Mapping[str, float]], first: int, score: float
    ) -> Mention | None:
        words = form.words
        last = first + len(words)
        if len(words) == 1:
            typed = tokens[first].text
            if score < form.least or (score == SHORTENED and len(typed) < 3):
                return None
            return Mention(form.name, first, last, score)
        if last > len(tokens):
            return None
        total, weight, least = score * len(words[0]), len(words[0]), score
        for at, word in zip(range(first + 1, last), words[1:], strict=True):
            one = reads[at].get(word)
            if one is None or tokens[at].apart or (one < _PART and word in _PARTS):
                return None
            total += one * len(word)
            weight += len(word)
            least = min(least, one)
        mean = total / weight
        return Mention(form.name, first, last, mean) if mean >= form.least else None

    def _joined(
        self, tokens: Sequence[Token], reads: Sequence[Mapping[str, float]], i: int, found: list[Mention]
    ) -> None:
        """A name cut in two that is one word: "sangku lirang", "ran pul"."""
        left, right = tokens[i - 1].text, tokens[i].text
        vocabulary = self._vocabulary
        if len(left) + len(right) < _JOINABLE or (vocabulary.is_ordinary(left) and vocabulary.is_ordinary(right)):
            return
        whole = key(left + right)
        if whole not in vocabulary or key(left) in vocabulary:
            return
        for form in self._by_first.get(whole, ()):
            if len(form.words) == 1:
                name = form.name if form.name.cue != "none" else replace(form.name, cue="weak")
                found.append(Mention(name, i - 1, i + 1, _EXACT))


def _own_name(code: str, twins: Mapping[str, str]) -> Name:
    if len(code) == 8:
        return Name("kecamatan", (code,), code, twin=twins.get(code))
    return Name("desa", (code,), code[:8], code)


def _forms(spelling: str, name: Name, *, exact: bool = False) -> list[Form]:
    """The spelling as words, and with neighbouring words joined."""
    words = tuple(key(word) for word in spelling.replace("-", " ").split())
    raw = spelling.replace("-", " ").split()
    cuts = {words}
    if len(raw) == 2:
        cuts.add((key("".join(raw)),))
    elif len(raw) == 3:
        cuts |= {(key(raw[0] + raw[1]), words[2]), (words[0], key(raw[1] + raw[2])), (key("".join(raw)),)}
    return [Form(cut, name, SHORTENED if exact else _least(cut, name)) for cut in sorted(cuts)]


def _least(words: tuple[str, ...], name: Name) -> float:
    """The shorter a name the nearer it must be; names outside and those that need a cue nearer still."""
    length = sum(map(len, words))
    if name.kind in ("outside", "locale"):
        return SHORTENED
    if len(words) > 1:
        return 0.8
    if length <= 4:
        return SHORTENED
    least = 0.88 if length == 5 else 0.82 if length <= 7 else 0.78
    return least if name.cue == "none" else max(least, 0.88)


def _rivals(areas: Sequence[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """For each desa the desa of other kecamatan whose longer name holds its own, and those that begin with it."""
    holding: dict[str, list[str]] = {}
    beginning: dict[str, list[str]] = {}
    villages = [(code, name) for code, name in areas if len(code) > 8]
    for code, name in villages:
        for other, longer in villages:
            if other[:8] == code[:8] or other == code or f" {name} " not in f" {longer} ":
                continue
            holding.setdefault(code, []).append(other)
            if longer.startswith(name):
                beginning.setdefault(code, []).append(other)
    return holding, beginning
