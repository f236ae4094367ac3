"""Fitting linear heads, and finding out how far they can be trusted.

Confidence and thresholds are never read off lines the head has learnt: each author's lines are answered by a
head that was taught by the other authors only, which is how strangers' words will meet it.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize
from sklearn.svm import LinearSVC

from nlu.learning.examples import Example
from nlu.linear import Floats, Head, Packed
from nlu.reader import Ids

FOLDS = 3
_UNKNOWN = -3.0
"""The score of a class that a fold's head never met; lower than nearly all scores of a known one."""


@dataclass(frozen=True)
class Way:
    """How a head is fitted: `strength` is the inverse of how much large weights are shunned."""

    strength: float
    balanced: bool = True


@dataclass(frozen=True)
class Taught:
    """`head` has learnt every line; `mixed` are its held-out answers (with the reader's) to the lines `clean`.

    `margins`: the same without the reader and before sharpening.
    """

    head: Head
    margins: Floats
    mixed: Floats
    clean: Ids


def taught(
    x: sp.csr_matrix, wanted: Sequence[str], examples: Sequence[Example], fold: Ids, way: Way,
    read: Floats | None = None, weights: Floats | None = None,
) -> Taught:  # fmt: skip
    """Fit on everything; weigh sharpness and the reader's pull by what held-out answers make most likely.

    `read`: the reader's held-out scores of the classes in alphabetical order, one row an example.
    """
    head = fit(x, wanted, way, weights)
    if read is not None and read.shape[1] != len(head.classes):
        raise ValueError(f"The reader knows {read.shape[1]} classes, the head {len(head.classes)}.")
    clean = lines_of([not example.noisy for example in examples])
    margins = held_out(x, wanted, fold, head.classes, way, weights)[clean]
    own = None if read is None else read[clean]
    place = {name: number for number, name in enumerate(head.classes)}
    sharpness, pull = weighed(margins, own, np.array([place[wanted[i]] for i in clean], dtype=np.int64))
    head = replace(head, sharpness=sharpness, pull=pull)
    return Taught(head, margins, head.mixed(margins, own), clean)


def fit(x: sp.csr_matrix, wanted: Sequence[str], way: Way, weights: Floats | None = None) -> Head:
    """One against the rest for every label, by squared hinge loss; weights are kept to the nearest byte.

    With two labels the head has a score for each, one the negative of the other.
    """
    model = LinearSVC(C=way.strength, class_weight="balanced" if way.balanced else None, random_state=20)
    model.fit(x, wanted, sample_weight=weights)
    weight, bias = model.coef_.T, model.intercept_
    if weight.shape[1] == 1:
        weight, bias = np.hstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    packed = Packed.of(np.asarray(weight, dtype=np.float32))
    return Head(tuple(str(c) for c in model.classes_), packed.weights(), np.asarray(bias, dtype=np.float32))


def lines_of(chosen: Sequence[bool]) -> Ids:
    """The numbers of the chosen lines."""
    return np.flatnonzero(chosen).astype(np.int64)


def folds(examples: Sequence[Example], count: int = FOLDS) -> Ids:
    """A fold (0 to `count` - 1) for each line: authors are never split, unless there are fewer of them than folds.

    A mistyped copy is always in the fold of its original.
    """
    lines = Counter(example.author for example in examples)
    if len(lines) < count:
        return np.array([zlib.crc32(e.original.encode()) % count for e in examples], dtype=np.int64)
    load = [0] * count
    of: dict[str, int] = {}
    for author, share in sorted(lines.items(), key=lambda item: (-item[1], item[0])):
        of[author] = load.index(min(load))
        load[of[author]] += share
    return np.array([of[example.author] for example in examples], dtype=np.int64)


def held_out(
    x: sp.csr_matrix, wanted: Sequence[str], fold: Ids, classes: Sequence[str], way: Way, weights: Floats | None = None
) -> Floats:
    """Scores (lines by `classes`) of each line from a head that has not seen its fold."""
    named = np.array(wanted)
    out = np.full((x.shape[0], len(classes)), _UNKNOWN, dtype=np.float32)
    for number in sorted(set(fold.tolist())):
        asked, taught_by = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if len(set(named[taught_by])) < 2:
            continue
        head = fit(x[taught_by], named[taught_by].tolist(), way, None if weights is None else weights[taught_by])
        scores = scores_of(x[asked], head)
        for column, name in enumerate(head.classes):
            out[asked, list(classes).index(name)] = scores[:, column]
    return out


def scores_of(x: sp.csr_matrix, head: Head) -> Floats:
    """Raw scores, rows by classes."""
    return np.asarray(x @ head.weights + head.bias, dtype=np.float32)


def weighed(own: Floats, read: Floats | None, wanted: Ids) -> tuple[float, float]:
    """Sharpness and pull under which the wanted classes are likeliest; the loss has no second valley."""
    sources = [own.astype(np.float64)] + ([] if read is None else [read.astype(np.float64)])
    lines = np.arange(len(wanted))

    def loss(by: Any) -> tuple[float, Any]:
        mixed = sum(weight * source for weight, source in zip(by, sources, strict=True))
        mixed = mixed - mixed.max(axis=1, keepdims=True)
        share = np.exp(mixed)
        share /= share.sum(axis=1, keepdims=True)
        wrong = share.copy()
        wrong[lines, wanted] -= 1
        slope = np.array([float((wrong * source).sum(axis=1).mean()) for source in sources])
        return float(-np.log(share[lines, wanted] + 1e-12).mean()), slope

    start = np.array([2.0, 0.5][: len(sources)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.05, 30.0), (0.0, 5.0)][: len(sources)])
    sharpness, pull = [*(float(value) for value in found.x), 0.0][:2]
    return round(sharpness, 4), round(pull, 4)
