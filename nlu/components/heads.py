"""Fitting linear heads, and finding out how far they can be trusted.

Confidence and thresholds are never read off lines the head has learnt: each author's lines are answered by a
head that was taught by the other authors only, which is how strangers' words will meet it.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

from nlu.linear import Floats, Head, Packed

FOLDS = 3


def fit(
    x: sp.csr_matrix, labels: Sequence[str], strength: float, balanced: bool, weights: Floats | None = None
) -> Head:
    """One against the rest for every label, by squared hinge loss; weights are kept to the nearest byte.

    With two labels the head has a score for each, one the negative of the other.
    """
    model = LinearSVC(C=strength, class_weight="balanced" if balanced else None, random_state=20)
    model.fit(x, labels, sample_weight=weights)
    weight, bias = model.coef_.T, model.intercept_
    if weight.shape[1] == 1:
        weight, bias = np.hstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    packed = Packed.of(np.asarray(weight, dtype=np.float32))
    return Head(tuple(str(c) for c in model.classes_), packed.weights(), np.asarray(bias, dtype=np.float32))


def folds(authors: Sequence[str], texts: Sequence[str]) -> NDArray[np.int64]:
    """A fold (0 to FOLDS - 1) for each line: authors are never split, unless there are fewer than FOLDS of them."""
    lines = Counter(authors)
    if len(lines) < FOLDS:
        return np.array([zlib.crc32(text.encode()) % FOLDS for text in texts], dtype=np.int64)
    load = [0] * FOLDS
    of: dict[str, int] = {}
    for author, count in sorted(lines.items(), key=lambda item: (-item[1], item[0])):
        of[author] = load.index(min(load))
        load[of[author]] += count
    return np.array([of[author] for author in authors], dtype=np.int64)


def held_out(
    x: sp.csr_matrix, labels: Sequence[str], fold: NDArray[np.int64], classes: Sequence[str], strength: float,
    balanced: bool, weights: Floats | None = None,
) -> Floats:  # fmt: skip
    """Scores (lines by `classes`) of each line from a head that has not seen its fold.

    A class that the other folds do not know gets the lowest score of the line.
    """
    named = np.array(labels)
    out = np.full((x.shape[0], len(classes)), np.nan, dtype=np.float32)
    for number in range(FOLDS):
        asked, taught = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(asked) or len(set(named[taught])) < 2:
            continue
        head = fit(x[taught], named[taught].tolist(), strength, balanced, None if weights is None else weights[taught])
        scores = scores_of(x[asked], head)
        for column, name in enumerate(head.classes):
            out[asked, list(classes).index(name)] = scores[:, column]
    lowest = np.nan_to_num(np.nanmin(np.where(np.isnan(out), np.inf, out), axis=1), posinf=0.0)
    return np.asarray(np.where(np.isnan(out), lowest[:, None], out), dtype=np.float32)


def scores_of(x: sp.csr_matrix, head: Head) -> Floats:
    """Raw scores, rows by classes."""
    return np.asarray(x @ head.weights + head.bias, dtype=np.float32)


def sharpness(scores: Floats, labels: Sequence[str], classes: Sequence[str]) -> float:
    """The factor that makes held-out confidences most likely, to about 2 %."""
    place = {name: i for i, name in enumerate(classes)}
    wanted = np.array([place[label] for label in labels])
    best, found = np.inf, 1.0
    for factor in np.geomspace(0.2, 20.0, 240):
        shifted = factor * (scores - scores.max(axis=1, keepdims=True))
        loss = float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(wanted)), wanted]))
        if loss < best:
            best, found = loss, float(factor)
    return round(found, 4)


def save(head: Head, path: Path) -> None:
    """Write the head to one .npz file."""
    packed = Packed.of(head.weights)
    np.savez_compressed(
        path, classes=np.array(head.classes), bytes=packed.bytes, steps=packed.steps, bias=head.bias,
        sharpness=np.float32(head.sharpness),
    )  # fmt: skip


def load(path: Path) -> Head:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as kept:
        weights = Packed(kept["bytes"], kept["steps"]).weights()
        return Head(tuple(kept["classes"].tolist()), weights, kept["bias"], float(kept["sharpness"]))
