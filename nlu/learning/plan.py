"""What config.yml says of each part, with what holds where it says nothing. The only place that reads those names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from nlu.learning.heads import Way
from nlu.learning.parts import ReaderPlan
from nlu.learning.reader import Teaching
from nlu.learning.thresholds import DangerGoals

PREFIX = "nlu.components."
NOISE, NGRAMS, CUES = "noise.NoisyCopies", "features.NgramFeatures", "features.CueFeatures"
READER, INTENT = "reader.RegionalReader", "intent.IntentByRegion"
CATEGORY, EMERGENCY = "category.CategoryByRegion", "emergency.EmergencyByRegion"

DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType({
    NOISE: {"copies": 1},
    NGRAMS: {"min_words": 3, "min_chars": 6, "at_most": 40_000},
    CUES: {"words": "data/words"},
    READER: {
        "nets": 2, "least": 12, "levels": 31, "lookalike_weight": 1.0, "size": 40, "width": 5, "filters": 192,
        "hidden": 128, "passes": 12, "batch": 128, "rate": 0.008, "forget_pieces": 0.1, "forget_words": 0.1,
        "forget_hidden": 0.3, "smoothing": 0.05,
    },
    INTENT: {"strength": 0.3, "cue_weight": 0.3},
    CATEGORY: {"strength": 0.3, "sure_precision": 0.95, "doubtful_top3": 0.6},
    EMERGENCY: {
        "strength": 1.0, "cue_weight": 0.5, "lookalike_weight": 1.0, "ask_recall": 0.99, "ask_ordinary": 0.055,
        "live_recall": 0.95, "live_ordinary": 0.006, "live_lookalikes": 0.05,
        "live_at": None,
    },
})  # fmt: skip


@dataclass(frozen=True)
class Pipeline:
    """The components that config.yml names, each with all its settings."""

    parts: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, config: Path) -> Pipeline:
        """Raises OSError when there is no such file, KeyError when it names no pipeline."""
        listed = yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"]
        named = {entry["name"].removeprefix(PREFIX): entry for entry in listed}
        return cls({name: {**DEFAULTS.get(name, {}), **entry} for name, entry in named.items()})

    def without(self, *names: str) -> Pipeline:
        """The same with some components left out."""
        return Pipeline({name: part for name, part in self.parts.items() if name not in names})

    def __contains__(self, name: str) -> bool:
        return name in self.parts

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self.parts[name]


def default(name: str) -> dict[str, Any]:
    """A component's default settings, as Rasa wants them."""
    return dict(DEFAULTS[name])


def way(settings: Mapping[str, Any], balanced: bool = True) -> Way:
    return Way(float(settings["strength"]), balanced)


def reader_plan(settings: Mapping[str, Any]) -> ReaderPlan:
    def whole(name: str) -> int:
        return int(settings[name])

    def part(name: str) -> float:
        return float(settings[name])

    teaching = Teaching(
        whole("size"), whole("width"), whole("filters"), whole("hidden"), whole("passes"), whole("batch"), part("rate"),
        part("forget_pieces"), part("forget_words"), part("forget_hidden"), part("smoothing"),
    )  # fmt: skip
    return ReaderPlan(whole("nets"), whole("least"), whole("levels"), part("lookalike_weight"), teaching)


def danger_goals(settings: Mapping[str, Any]) -> DangerGoals:
    names = ("ask_recall", "ask_ordinary", "live_recall", "live_ordinary", "live_lookalikes")
    at = settings["live_at"]
    shares = {name: float(settings[name]) for name in names}
    return DangerGoals(**shares, live_at=None if at is None else float(at))
