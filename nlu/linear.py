"""A linear answer to one question: scores of each class from weighted n-grams, and honest confidences from scores.

numpy only. Training fills it (nlu/components/heads.py), the runtime and the export carry it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """`weights`: columns by classes, `bias`: by class.

    `sharpness` turns scores into calibrated confidences; `pull` is how much the reader's scores of the same classes
    weigh beside them.
    """

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats
    sharpness: float = 1.0
    pull: float = 0.0

    def mixed(self, scores: Floats, read: Floats | None = None) -> Floats:
        """Own scores (last axis: classes), and the reader's, as logarithms of confidences but for a constant."""
        own = scores * np.float32(self.sharpness)
        return np.asarray(own if read is None else own + read * np.float32(self.pull), dtype=np.float32)

    def confidences(self, scores: Floats, read: Floats | None = None) -> Floats:
        """Scores as confidences that sum to one."""
        return softmax(self.mixed(scores, read))


@dataclass(frozen=True)
class Packed:
    """Weights in a byte each: `bytes` times `steps` (one step a column) are the weights."""

    bytes: NDArray[np.int8]
    steps: Floats

    @classmethod
    def of(cls, weights: Floats, levels: int = 127) -> Packed:
        """The nearest of `levels` steps on either side of zero; fewer of them pack into a smaller file."""
        steps = np.maximum(np.abs(weights).max(axis=0), 1e-9).astype(np.float32) / np.float32(levels)
        return cls(np.rint(weights / steps).astype(np.int8), steps)

    def weights(self) -> Floats:
        return np.asarray(self.bytes.astype(np.float32) * self.steps, dtype=np.float32)


def softmax(scores: Floats) -> Floats:
    """Logarithms of confidences as confidences that sum to one (last axis)."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def log_odds(scores: Floats, place: int) -> Floats:
    """How much likelier one class is than all others together, as a logarithm, from mixed scores (last axis)."""
    rest = np.delete(scores, place, axis=-1)
    most = rest.max(axis=-1, keepdims=True)
    others = most[..., 0] + np.log(np.exp(rest - most).sum(axis=-1))
    return np.asarray(scores[..., place] - others, dtype=np.float32)


def ranked(classes: Sequence[str], confidences: Floats) -> list[tuple[str, float]]:
    """Classes with their confidence, surest first; equal ones in the order of `classes`."""
    order = np.argsort(-confidences, kind="stable")
    return [(classes[i], float(confidences[i])) for i in order]


def logistic(value: float) -> float:
    """1 / (1 + e^-value), safe for any finite value."""
    return float(1.0 / (1.0 + np.exp(-min(max(value, -60.0), 60.0))))
