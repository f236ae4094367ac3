"""The gazetteer of Kutai Timur: which kecamatan and desa a message names, however it is spelt.

Runs on Python 3.10 and 3.11 and knows nothing of the dialogue; the runtime turns a Found into its Place.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from nlu.detail import Address, find_detail
from nlu.mentions import Cues, Mention, is_there, ranked, untangle
from nlu.spellbook import Spellbook
from nlu.tokens import tokens_of

Certainty = Literal["sure", "doubtful", "unknown"]
AreaKind = Literal["desa", "kelurahan", "kecamatan"]
BEST = 3


@dataclass(frozen=True)
class Found:
    """A place as read from words or from a pin.

    `kecamatan`, `desa`: codes of wilayah.csv. `detail`: the citizen's own words for street, landmark or
    kilometre. `outside`: the name of a place beyond Kutai Timur. `candidates`: (code, score 0 to 1), best
    first, to be asked about. `distance_m`: only for a pin, how far from the village's point or outline.
    """

    kecamatan: str | None = None
    desa: str | None = None
    detail: str | None = None
    outside: str | None = None
    candidates: tuple[tuple[str, float], ...] = ()
    certainty: Certainty = "unknown"
    distance_m: float | None = None


@dataclass(frozen=True)
class Area:
    """One line of wilayah.csv: a desa, kelurahan or kecamatan and a point inside it (WGS 84 degrees)."""

    code: str
    name: str
    kind: AreaKind
    kecamatan: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Outside:
    """A place beyond Kutai Timur and its point (WGS 84 degrees)."""

    name: str
    lat: float
    lon: float


class Gazetteer:
    """All places of Kutai Timur and its neighbours, with the ways people write them."""

    def __init__(
        self, areas: Sequence[Area], outside: Sequence[Outside], spellbook: Spellbook, cues: Cues, address: Address
    ) -> None:
        self._areas = {area.code: area for area in areas}
        self.outside = tuple(outside)
        self._spellbook = spellbook
        self._cues = cues
        self._address = address

    @classmethod
    def load(cls, folder: Path) -> Gazetteer:
        """Read wilayah.csv, outside.csv, aliases.yml, words.yml and ordinary.txt from `folder`.

        Raises OSError when one is missing and ValueError, naming the file, when one cannot be understood.
        """
        with (folder / "wilayah.csv").open(encoding="utf-8", newline="") as file:
            areas = [area for row in csv.DictReader(file) if (area := _area(row))]
        with (folder / "outside.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        aliases = _lists(folder / "aliases.yml")
        words = _lists(folder / "words.yml")
        ordinary = (folder / "ordinary.txt").read_text(encoding="utf-8").split()
        try:
            cues = Cues(
                kind={short: kind for kind, shorts in words["kind"].items() for short in shorts},
                inside=frozenset(words["inside"]),
                origin=frozenset(words["origin"]),
                toward=frozenset(words["toward"]),
                elsewhere=frozenset(words["elsewhere"]),
                denial=frozenset(words["not"]),
                street=frozenset(words["street"]),
                firm=frozenset(words["firm"]),
                road=frozenset(words["road"]),
            )
            address = Address.of(words["address"])
            spellbook = Spellbook.of(
                [(a.code, a.name) for a in areas], {row["name"]: row["aliases"].split("|") for row in rows},
                aliases, ordinary,
            )  # fmt: skip
        except (KeyError, AttributeError, TypeError) as missing:
            raise ValueError(f"{folder}: words.yml or aliases.yml lacks or misshapes {missing}.") from missing
        beyond = [Outside(row["name"], float(row["lat"]), float(row["lon"])) for row in rows]
        return cls(areas, beyond, spellbook, cues, address)

    def __contains__(self, code: str) -> bool:
        """Whether this is the code of a desa, kelurahan or kecamatan here."""
        return code in self._areas

    def villages(self) -> list[Area]:
        """Every desa and kelurahan, in the order of their codes."""
        return [area for area in self._areas.values() if area.kind != "kecamatan"]

    def name(self, code: str) -> str:
        """The name as shown: "Desa Sepaso, Kec. Bengalon". Raises KeyError for an unknown code."""
        area = self._areas[code]
        kecamatan = f"Kec. {self._areas[area.kecamatan].name}"
        if area.kind == "kecamatan":
            return kecamatan
        return f"{'Kel.' if area.kind == 'kelurahan' else 'Desa'} {area.name}, {kecamatan}"

    def find(self, text: str) -> Found:
        """The place a message is about. Never raises; an empty Found when it names none."""
        tokens = tokens_of(text)
        read = self._spellbook.read(tokens)
        kept = untangle(read)
        mentions = ranked(kept, tokens, self._cues) if kept else []
        spans = [(m.first, m.last) for m in mentions if m.name.kind != "locale"]
        detail = find_detail(text, tokens, spans, self._address)
        within = [m for m in mentions if m.name.kind in ("desa", "kecamatan", "group")]
        locale = next((m for m in mentions if m.name.kind == "locale"), None)
        if locale is not None and detail is None:
            detail = text[tokens[locale.first].start : tokens[locale.last - 1].end]
        outside = [m for m in mentions if m.name.kind == "outside"]
        beyond = next((m for m in outside if is_there(m, mentions, tokens, self._cues)), None)
        if beyond is not None and (not within or (beyond.role == "inside" and within[0].rank < beyond.rank - 0.2)):
            return Found(detail=detail, outside=beyond.name.label, certainty="sure")
        if within:
            return self._judge(within, locale, detail, read)
        if locale is not None:
            return Found(locale.name.kecamatan, locale.name.desa, detail, certainty="sure")
        return Found(detail=detail)

    def _judge(
        self, mentions: Sequence[Mention], locale: Mention | None, detail: str | None, read: Sequence[Mention]
    ) -> Found:
        best = mentions[0]
        others = {m.name.kecamatan for m in mentions if m.name.kind == "kecamatan"}
        match best.name.kind:
            case "group":
                return self._narrow(best, mentions, locale, detail)
            case "kecamatan":
                return self._kecamatan(best, mentions, detail, read)
        rivals = [code for code in self._spellbook.rivals.get(best.name.codes[0], ()) if code[:8] in others]
        if rivals and best.name.kecamatan not in others:
            return self._one_of([(code, best.score) for code in rivals], detail)
        found = Found(best.name.kecamatan, best.name.desa, detail, certainty="sure")
        longer = self._spellbook.longer.get(best.name.codes[0], ())
        if longer and best.name.kecamatan not in others and not best.kind:
            code = best.name.codes[0]
            return _doubt(found, [(code, best.score), *((other, best.score / 2) for other in longer)])
        return self._weigh(found, best, mentions, read)

    def _kecamatan(
        self, best: Mention, mentions: Sequence[Mention], detail: str | None, read: Sequence[Mention]
    ) -> Found:
        code, twin = best.name.codes[0], best.name.twin
        if twin and best.kind == "desa":
            return Found(code, twin, detail, certainty="sure")
        found = Found(code, None, detail, certainty="sure")
        group = next((m for m in mentions if m.name.kind == "group" and m.name.codes[0][:8] == code), None)
        if group and len(group.name.codes[0]) > 8:
            return self._one_of([(c, group.score) for c in group.name.codes], detail)
        if twin and best.kind != "kecamatan":
            pair = ((code, best.score), (twin, best.score * 0.9))
            return Found(code, None, detail, None, pair, "sure" if detail else "doubtful")
        return self._weigh(found, best, mentions, read)

    def _narrow(self, group: Mention, mentions: Sequence[Mention], locale: Mention | None, detail: str | None) -> Found:
        if locale is not None and any(code[:8] == locale.name.kecamatan for code in group.name.codes):
            return Found(locale.name.kecamatan, locale.name.desa, detail, certainty="sure")
        beside = {m.name.kecamatan for m in mentions if m.name.kind in ("kecamatan", "desa")}
        codes = [c for c in group.name.codes if c[:8] in beside] or list(group.name.codes)
        return self._one_of([(code, group.score) for code in codes], detail)

    def _one_of(self, candidates: Sequence[tuple[str, float]], detail: str | None) -> Found:
        """One of several that share a name: what they agree on is filled in, and the rest asked."""
        kecamatan = {code[:8] for code, _ in candidates}
        agreed = kecamatan.pop() if len(kecamatan) == 1 else None
        if len(candidates) == 1 and agreed:
            code = candidates[0][0]
            return Found(agreed, code if code != agreed else None, detail, certainty="sure")
        return Found(agreed, None, detail, None, tuple(candidates[:BEST]), "doubtful")

    def _weigh(self, found: Found, best: Mention, mentions: Sequence[Mention], read: Sequence[Mention]) -> Found:
        """Doubt a reading that is far from its spelling, or that another place in the message nearly equals."""
        code = best.name.codes[0]
        if best.score < self._spellbook.sure:
            alike = sorted(
                ((c, m.score) for m in read for c in m.name.codes[:1]
                 if m.first < best.last and m.last > best.first and m.name.kind in ("desa", "kecamatan") and c != code),
                key=lambda pair: pair[1], reverse=True,
            )  # fmt: skip
            return _doubt(found, [(code, best.score), *alike])
        for other in mentions[1:]:
            elsewhere = other.name.kind != "group" and other.name.kecamatan != best.name.kecamatan
            if elsewhere and other.rank >= best.rank - 0.12 and other.role != "toward":
                return _doubt(found, [(code, best.score), (other.name.codes[0], other.score)])
        return found


def _doubt(found: Found, candidates: Sequence[tuple[str, float]]) -> Found:
    best: dict[str, float] = {}
    for code, score in candidates:
        best.setdefault(code, round(score, 3))
    return Found(found.kecamatan, found.desa, found.detail, None, tuple(best.items())[:BEST], "doubtful")


def _area(row: dict[str, str]) -> Area | None:
    kinds: dict[str, AreaKind] = {"desa": "desa", "kelurahan": "kelurahan", "kecamatan": "kecamatan"}
    kind = kinds.get(row["kind"])
    if kind is None:
        return None
    return Area(row["code"], row["name"], kind, row["kecamatan_code"], float(row["lat"]), float(row["lon"]))


def _lists(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as file:
        read = yaml.load(file, Loader=loader)  # noqa: S506 - a safe loader, the fast one where there is one
    if not isinstance(read, dict):
        raise ValueError(f"{path}: expected named lists at the top.")
    return read
