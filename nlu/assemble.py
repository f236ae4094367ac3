"""From a model's bare answers to an Understanding: the same last step for every understander."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flows.model import WITA, Category, Certainty, Emergency, Level, Place, Ranked, Understanding
from nlu.acts import Acts
from nlu.dates import find_date
from nlu.normaliser import MAX_CHARS, Normaliser
from nlu.places import Found, Gazetteer

LEVELS: Final[tuple[Level, ...]] = ("none", "ask", "live")


WHOLE_REPORT: Final = 12
"""Words. A mere wish for anonymity is shorter, even when it says from whom."""


@dataclass(frozen=True)
class Answers:
    """What a model says of one message: intents surest first, the category, and how dangerous it is."""

    intents: tuple[Ranked, ...]
    category: Category
    emergency: Emergency
    types: tuple[Ranked, ...] = ()


@dataclass(frozen=True)
class Alarm:
    """What the word list says: a level, and the type its words speak for."""

    level: Level = "none"
    type: str | None = None


def place_of(found: Found, lat: float | None = None, lon: float | None = None) -> Place:
    """The dialogue's place from the gazetteer's finding; with a pin, its coordinates too."""
    return Place(
        kecamatan=found.kecamatan,
        desa=found.desa,
        detail=found.detail,
        outside=found.outside,
        candidates=tuple(Ranked(code, score) for code, score in found.candidates),
        certainty=found.certainty,
        lat=lat,
        lon=lon,
    )


@dataclass(frozen=True)
class Assembly:
    """Everything beside the model that an Understanding needs."""

    acts: Acts
    normaliser: Normaliser
    gazetteer: Gazetteer

    def understanding(
        self,
        text: str,
        tokens: Sequence[str],
        answers: Answers,
        alarm: Alarm,
        now: datetime,
        place: Place | None = None,
    ) -> Understanding:
        """Put it together. `tokens`: the normalised words of `text`; `place`: found already, or looked up here."""
        text = text[:MAX_CHARS]
        emergency = raised(answers, alarm)
        answered = emergency.level == "ask" and self.acts.names_nothing(tokens)
        if answered:
            emergency = Emergency("none", None, emergency.score)
        said = self.acts.global_intent(tokens)
        intent = _matter_first(_intent(answers.intents, emergency.level), answers, len(tokens))
        if said is not None and emergency.level == "none":
            intent = Ranked(said, 1.0)
        elif answered:
            intent = next((entry for entry in answers.intents if entry.code == "jawaban"), intent)
        return Understanding(
            intent=intent.code,
            confidence=intent.confidence,
            emergency=emergency,
            category=answers.category,
            place=place or place_of(self.gazetteer.find(text)),
            date=find_date(text, now.astimezone(WITA).date()),
            anonymity=self.acts.anonymity(tokens),
            no_photo=self.acts.no_photo(tokens),
            language=self.acts.language(text),
            over=self.acts.over(tokens) if emergency.level != "live" else "none",
        )


def raised(answers: Answers, alarm: Alarm) -> Emergency:
    """The model's level or the word list's, whichever is higher; the list never lowers one."""
    model = answers.emergency
    level = max(model.level, alarm.level, key=LEVELS.index)
    if level == "none":
        return Emergency("none", None, model.score)
    kind = model.type if model.level != "none" else alarm.type or (answers.types[0].code if answers.types else None)
    return Emergency(level, kind or "lainnya", model.score)


def _intent(intents: Sequence[Ranked], level: Level) -> Ranked:
    """darurat when the danger is live, never when there is none; in between the model's own best."""
    if level == "live":
        sure = next((entry.confidence for entry in intents if entry.code == "darurat"), 0.0)
        return Ranked("darurat", sure)
    for entry in intents:
        if entry.code != "darurat" or level == "ask":
            return entry
    return Ranked("luar_topik", 0.0)


def _matter_first(intent: Ranked, answers: Answers, words: int) -> Ranked:
    """A whole report that also asks to stay unnamed is a report: the label contract puts the matter first."""
    if intent.code != "anonim" or words < WHOLE_REPORT or answers.category.certainty != "sure":
        return intent
    return next((entry for entry in answers.intents if entry.code in ("lapor", "aspirasi", "tanya_informasi")), intent)


def certainty_of(word: str) -> Certainty:
    """A certainty by its name; anything else is unknown."""
    match word:
        case "sure" | "doubtful":
            return word
        case _:
            return "unknown"
