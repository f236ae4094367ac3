"""From confidences to what may be done with them: bands of category and emergency.

Plain values in, plain values out: Rasa's answer and the runtime's are built by the same lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nlu.linear import Floats, logistic, ranked

NOTHING = "-"
"""The class of messages that name no problem yet ("mau lapor")."""


@dataclass(frozen=True)
class CategoryBands:
    """From which confidence on a category is `sure`, and from which `doubtful`; below it is `unknown`."""

    sure: float = 1.0
    doubtful: float = 0.0

    def as_values(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True)
class EmergencyBands:
    """Weights that make one calibrated score, and its bands: from `ask` and `live` on it has that level.

    `slope` weighs the head's own margin, `read` the reader's log odds of an emergency, `meant` the log odds that the
    intent is darurat; `offset` is added.
    """

    slope: float = 1.0
    offset: float = 0.0
    read: float = 0.0
    meant: float = 0.0
    ask: float = 0.5
    live: float = 0.9

    def as_values(self) -> dict[str, float]:
        return asdict(self)


def category_answer(classes: Sequence[str], confidences: Floats, bands: CategoryBands) -> dict[str, Any]:
    """`code` is None when the message most likely names no problem; the ranking is of real categories all the same."""
    kept = [i for i, name in enumerate(classes) if name != NOTHING]
    total = float(confidences[kept].sum()) or 1.0
    ranking = ranked([classes[i] for i in kept], np.asarray(confidences[kept] / total, dtype=np.float32))
    code, confidence = ranking[0]
    empty = NOTHING in classes and float(confidences[list(classes).index(NOTHING)]) > confidence * total
    certainty = "sure" if confidence >= bands.sure else "doubtful" if confidence >= bands.doubtful else "unknown"
    return {
        "code": None if empty else code,
        "confidence": 0.0 if empty else confidence,
        "certainty": "unknown" if empty else certainty,
        "ranking": [{"code": name, "confidence": value} for name, value in ranking],
    }


MOST_ODDS = 8.0
"""Log odds beyond this, either way, say no more."""


def held(odds: Floats) -> Floats:
    """Log odds within MOST_ODDS."""
    return np.clip(odds, np.float32(-MOST_ODDS), np.float32(MOST_ODDS))


@dataclass(frozen=True)
class Evidence:
    """What speaks for an emergency: the head's margin, the reader's log odds, the log odds of the intent darurat."""

    margin: float
    read: float = 0.0
    meant: float = 0.0


def emergency_answer(said: Evidence, types: Sequence[tuple[str, float]], bands: EmergencyBands) -> dict[str, Any]:
    """`score` is the chance that this is an emergency; `type` the likeliest kind, None at level none."""
    score = logistic(bands.slope * said.margin + bands.read * said.read + bands.meant * said.meant + bands.offset)
    level = "live" if score >= bands.live else "ask" if score >= bands.ask else "none"
    return {
        "score": score,
        "level": level,
        "type": types[0][0] if types and level != "none" else None,
        "types": [{"code": name, "confidence": value} for name, value in types],
    }
