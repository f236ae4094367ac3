"""What one message means, as the understander tells it: intent, danger, category, place, and what is said besides.

Coordinates are WGS 84 degrees; place codes are those of data/places/wilayah.csv; intents, categories and
emergency types those of data/labels.yml.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Level = Literal["none", "ask", "live"]
Anonymity = Literal["none", "anonim", "rahasia"]
Language = Literal["id", "en"]
Certainty = Literal["sure", "doubtful", "unknown"]
Tone = Literal["none", "insult", "advert"]
Act = Literal["none", "show_data", "erase_data"]
Over = Literal["none", "safe", "joke"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate: a code and how likely it is, 0 to 1."""

    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Emergency:
    """Whether someone is in danger now. `score` is 0 to 1; `level` its band."""

    level: Level = "none"
    type: str | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Category:
    """The ranked category. `sure`: may be taken silently; `doubtful`: offer the best three; `unknown`: ask."""

    code: str | None = None
    confidence: float = 0.0
    ranking: tuple[Ranked, ...] = ()
    certainty: Certainty = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """A place as read from words or from a pin.

    `sure`: show it in the summary; `doubtful`: ask which of `candidates` (desa or kecamatan codes, best
    first) is meant; `unknown`: nothing of the gazetteer was recognised (`detail` may still hold words).
    `outside` names the place beyond Kutai Timur, or is None. `lat`, `lon` only with a pin.
    """

    kecamatan: str | None = None
    desa: str | None = None
    detail: str | None = None
    outside: str | None = None
    candidates: tuple[Ranked, ...] = ()
    certainty: Certainty = "unknown"
    lat: float | None = None
    lon: float | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing at all is known of the place."""
        return not (self.kecamatan or self.detail or self.outside or self.candidates or self.has_pin)

    @property
    def has_pin(self) -> bool:
        return self.lat is not None and self.lon is not None


@dataclass(frozen=True, slots=True)
class Problem:
    """A further problem found in the same message: its own words, likely category, and place where they name one."""

    text: str
    category: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message means; the record of `siaga nlu parse`.

    `more`: further problems beside the first. `tone`: abuse or advertising, whatever the intent. `act`: the wish
    to see one's own data or to have it erased. `faq`: the id of the answer of data/faq that fits the question.
    `over`: what was told before needs no help any more, because all is `safe` or because it was a `joke` or a slip;
    only after an emergency does it mean anything.
    """

    intent: str = "luar_topik"
    confidence: float = 0.0
    emergency: Emergency = field(default_factory=Emergency)
    category: Category = field(default_factory=Category)
    place: Place = field(default_factory=Place)
    date: date | None = None
    anonymity: Anonymity = "none"
    no_photo: bool = False
    more: tuple[Problem, ...] = ()
    language: Language = "id"
    tone: Tone = "none"
    act: Act = "none"
    faq: str | None = None
    over: Over = "none"
