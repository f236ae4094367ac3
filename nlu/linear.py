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
    """`weights`: columns by classes, `bias`: by class. `sharpness` turns scores into calibrated confidences."""

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats
    sharpness: float = 1.0

    def confidences(self, scores: Floats) -> Floats:
        """Scores (last axis: classes) as confidences that sum to one."""
        shifted = np.exp((scores - scores.max(axis=-1, keepdims=True)) * np.float32(self.sharpness))
        return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True)
class Packed:
    """Weights in a byte each: `bytes` times `steps` (one step a class) are the weights."""

    bytes: NDArray[np.int8]
    steps: Floats

    @classmethod
    def of(cls, weights: Floats) -> Packed:
        """The nearest byte to each weight."""
        steps = np.maximum(np.abs(weights).max(axis=0), 1e-9).astype(np.float32) / np.float32(127)
        return cls(np.rint(weights / steps).astype(np.int8), steps)

    def weights(self) -> Floats:
        return np.asarray(self.bytes.astype(np.float32) * self.steps, dtype=np.float32)


def ranked(classes: Sequence[str], confidences: Floats) -> list[tuple[str, float]]:
    """Classes with their confidence, surest first; equal ones in the order of `classes`."""
    order = np.argsort(-confidences, kind="stable")
    return [(classes[i], float(confidences[i])) for i in order]


def logistic(value: float) -> float:
    """1 / (1 + e^-value), safe for any finite value."""
    return float(1.0 / (1.0 + np.exp(-min(max(value, -60.0), 60.0))))
