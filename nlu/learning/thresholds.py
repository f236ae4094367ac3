"""Drawing the bands: what may be taken silently, asked about, or called live, from held-out answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from nlu.bands import NOTHING, CategoryBands, EmergencyBands, category_answer
from nlu.linear import Floats


@dataclass(frozen=True)
class DangerGoals:
    """Shares that the two levels keep to, on lines of authors the head had not read.

    Each level is as low as `*_recall` of the emergencies needs, unless that would call more than `*_ordinary` of
    the ordinary messages (or, for live, more than `live_lookalikes` of the look-alikes) an emergency.
    """

    ask_recall: float = 0.99
    ask_ordinary: float = 0.055
    live_recall: float = 0.95
    live_ordinary: float = 0.006
    live_lookalikes: float = 0.05
    live_at: float | None = None
    """A score from which on it is live whatever the shares say, chosen on the development set for recall."""


def danger_bands(evidence: Floats, real: Any, alike: Any, goals: DangerGoals) -> EmergencyBands:
    """`evidence`: margin, the reader's log odds and those of darurat, one row a line; two columns of zeros without."""
    used = np.flatnonzero(np.ptp(evidence, axis=0) > 0)
    joined = LogisticRegression(C=10.0, max_iter=1000).fit(evidence[:, used], real)
    weights = np.zeros(evidence.shape[1])
    weights[used] = joined.coef_[0]
    slope, read, meant = (round(float(weight), 4) for weight in weights)
    offset = round(float(joined.intercept_[0]), 4)
    scores = 1.0 / (1.0 + np.exp(-(evidence @ np.array([slope, read, meant]) + offset)))
    ordinary = scores[~real & ~alike]
    ask = max(reaching(scores[real], goals.ask_recall), sparing(ordinary, goals.ask_ordinary))
    live = max(
        reaching(scores[real], goals.live_recall),
        sparing(ordinary, goals.live_ordinary),
        sparing(scores[~real & alike], goals.live_lookalikes),
    )
    if goals.live_at is not None:
        live = min(live, goals.live_at)
    return EmergencyBands(slope, offset, read, meant, round(min(ask, live), 4), round(live, 4))


def category_bands(
    confidences: Floats, wanted: Sequence[str], classes: Sequence[str], sure_precision: float, doubtful_top3: float
) -> CategoryBands:
    """The lowest confidence from which on the first, or one of three, is right often enough."""
    first, among, top = [], [], []
    for row, name in zip(confidences, wanted, strict=True):
        if name == NOTHING:
            continue
        answer = category_answer(classes, row, CategoryBands())
        codes = [entry["code"] for entry in answer["ranking"]]
        top.append(answer["ranking"][0]["confidence"])
        first.append(codes[0] == name)
        among.append(name in codes[:3])
    order = np.argsort(top)[::-1]
    sorted_top = np.array(top)[order]
    precision = np.cumsum(np.array(first)[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= sure_precision)
    sure = float(sorted_top[good[-1]]) if len(good) else 1.0
    window = max(20, len(order) // 40)
    doubtful = 0.0
    for start in range(len(order) - window, -1, -window):
        if np.mean(np.array(among)[order][start : start + window]) >= doubtful_top3:
            break
        doubtful = float(sorted_top[start])
    return CategoryBands(round(sure, 4), round(min(doubtful, sure), 4))


def reaching(scores: Any, share: float) -> float:
    """The highest threshold that at least `share` of the scores reach."""
    return float(np.quantile(scores, 1.0 - share)) if len(scores) else 0.0


def sparing(scores: Any, share: float) -> float:
    """The lowest threshold that no more than `share` of the scores reach."""
    return float(np.quantile(scores, 1.0 - share)) if len(scores) else 0.0
