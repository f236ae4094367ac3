"""Which of the places that a message names is the one it is about.

"dari Karangan mau ke Sangatta", "bukan di Sangatta tapi Bengalon", "rujuk ke Samarinda": the little words
before a name decide. Runs on Python 3.10 and 3.11.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nlu.tokens import Token

Role = Literal["inside", "plain", "origin", "toward", "denied"]
_WEIGHT: dict[Role, float] = {"inside": 0.3, "plain": 0.1, "origin": 0.05, "toward": -0.5, "denied": -9.0}
_NAMED_KIND = 0.35
_OWN_KECAMATAN = 0.5
_MORE_EXACT = 0.15
_EARLIER = 0.002
_SHARED = 0.15
_SHORT_MESSAGE = 6


@dataclass(frozen=True)
class Name:
    """What a spelling stands for.

    `codes` holds the codes it may mean; `twin` the desa that shares its kecamatan's name; `cue` how much
    must stand around it before it is believed; `label` the name of a place outside; `person` that streets
    carry it too; `not_after`, `not_before` the neighbours that make it an ordinary word.
    """

    kind: Literal["desa", "kecamatan", "group", "locale", "outside"]
    codes: tuple[str, ...] = ()
    kecamatan: str | None = None
    desa: str | None = None
    twin: str | None = None
    cue: Literal["none", "weak", "strong"] = "none"
    label: str | None = None
    person: bool = False
    not_after: frozenset[str] = frozenset()
    not_before: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Mention:
    """A name read from tokens `first` to `last` (exclusive) with a likeness from 0 to 1."""

    name: Name
    first: int
    last: int
    score: float
    role: Role = "plain"
    kind: str | None = None
    rank: float = 0.0


@dataclass(frozen=True)
class Cues:
    """The word lists of data/places/words.yml that stand around names."""

    kind: Mapping[str, str]
    inside: frozenset[str]
    origin: frozenset[str]
    toward: frozenset[str]
    elsewhere: frozenset[str]
    denial: frozenset[str]
    street: frozenset[str]
    firm: frozenset[str]
    road: frozenset[str]

    def around(self, mention: Mention, tokens: Sequence[Token]) -> Mention:
        """The mention with what the words before it say of it."""
        kind: str | None = None
        role: Role = "plain"
        i = mention.first
        for distance in (1, 2, 3):
            i = mention.first - distance
            if i < 0 or tokens[i + 1].apart:
                break
            word = tokens[i].text
            if word in self.denial:
                return replace(mention, role="denied", kind=kind)
            if kind is None and distance == 1 and word in self.kind:
                kind = self.kind[word]
                continue
            if role == "plain" and word in self.toward:
                return replace(mention, role="toward", kind=kind)
            if role == "plain" and word in self.origin:
                role = "origin"
            elif role == "plain" and word in self.inside:
                role = "inside"
            else:
                break
        return replace(mention, role=role, kind=kind)

    def believed(
        self, mention: Mention, tokens: Sequence[Token], kecamatan: Collection[str | None], others: int
    ) -> bool:
        """Whether a name that is also an ordinary word is meant as a name here.

        `kecamatan`: those named for certain; `others`: how many words are no name and no little word around one.
        """
        name = mention.name
        before = tokens[mention.first - 1].text if mention.first and not tokens[mention.first].apart else ""
        behind = tokens[mention.last].text if mention.last < len(tokens) and not tokens[mention.last].apart else ""
        if (name.person and before in self.street) or (name.kind == "desa" and before in self.firm):
            return False
        if before in name.not_after or behind in name.not_before:
            return False
        alone = others == 0 if name.cue == "strong" else others <= 1
        if name.cue == "none" or alone or (mention.kind and mention.kind != "kecamatan"):
            return True
        if name.kind == "kecamatan" and mention.kind == "kecamatan":
            return True
        if name.kind != "kecamatan" and name.kecamatan in kecamatan:
            return True
        capitals = mention.first > 0 and all(t.capital for t in tokens[mention.first : mention.last])
        if name.cue == "weak":
            return mention.role != "plain" or capitals
        return capitals and mention.role in ("inside", "toward", "origin") and mention.score >= 0.9


def untangle(mentions: list[Mention]) -> list[Mention]:
    """Of mentions that share words keep the one that explains most of them best; in the order of the text."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: ((m.last - m.first) * (m.score - 0.45), m.score), reverse=True):
        if all(mention.last <= k.first or mention.first >= k.last for k in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: m.first)


def ranked(mentions: Sequence[Mention], tokens: Sequence[Token], cues: Cues) -> list[Mention]:
    """The believed mentions, the one the message is about first; those denied are gone."""
    read = [cues.around(m, tokens) for m in mentions]
    for i in range(1, len(read)):
        beside = read[i].first == read[i - 1].last and not tokens[read[i].first].apart
        if beside and read[i].role == "plain":
            read[i] = replace(read[i], role=read[i - 1].role)
    told = sum(m.last - m.first for m in read)
    others = len(tokens) - told - sum(1 for t in tokens if t.text in cues.kind or t.text in cues.inside)
    firm = {
        m.name.kecamatan for m in read
        if m.name.kecamatan and m.role != "denied" and m.name.kind in ("kecamatan", "desa") and m.name.cue == "none"
    }  # fmt: skip
    believed = [
        m for m in read
        if m.role != "denied" and cues.believed(m, tokens, firm, others)
    ]  # fmt: skip
    named = {m.name.kecamatan for m in believed if m.name.kind == "kecamatan"}
    grouped = {code[:8] for m in believed if m.name.kind == "group" for code in m.name.codes}
    scored = [replace(m, rank=_rank(m, named, grouped)) for m in believed]
    return sorted(scored, key=lambda m: m.rank, reverse=True)


def _rank(mention: Mention, named: Collection[str | None], grouped: Collection[str | None]) -> float:
    rank = mention.score + _WEIGHT[mention.role] - _EARLIER * mention.first
    if mention.kind:
        rank += _NAMED_KIND
    if mention.name.kind == "group":
        rank -= _SHARED
    if mention.name.kind == "desa":
        rank += _MORE_EXACT
        if mention.name.kecamatan in named:
            rank += _OWN_KECAMATAN
        elif mention.name.kecamatan in grouped:
            rank += _OWN_KECAMATAN / 2
    return rank


def is_there(mention: Mention, mentions: Sequence[Mention], tokens: Sequence[Token], cues: Cues) -> bool:
    """Whether the message is about a place outside, not only someone going there, coming from or hearing of it."""
    beside_another = any(m.last == mention.first for m in mentions)
    if any(t.text in cues.elsewhere for t in tokens):
        return False
    if mention.role == "inside" or mention.kind:
        return True
    before = tokens[mention.first - 1].text if mention.first and not tokens[mention.first].apart else ""
    if before in cues.road or beside_another:
        return False
    edge = mention.first == 0 or mention.last == len(tokens) or tokens[mention.last].apart
    return mention.role == "plain" and (len(tokens) <= _SHORT_MESSAGE or edge)
