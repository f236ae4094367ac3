"""Messages as arrays for teaching the reader, and the questions they answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from nlu.bands import NOTHING
from nlu.learning.examples import Example
from nlu.linear import Floats
from nlu.ngrams import Vocabulary
from nlu.reader import LONGEST, Ids, rows_of

HARMLESS = "-"
"""The class of ordinary messages beside the kinds of look-alike."""


@dataclass(frozen=True)
class Texts:
    """`words[i]`: numbers of the i-th message's words; `pieces`: distinct words by rows of the net, each scaled."""

    words: tuple[NDArray[np.int32], ...]
    lengths: Ids
    pieces: sp.csr_matrix
    cues: Floats

    @classmethod
    def of(
        cls, tokens: Sequence[Sequence[str]], cues: Floats, vocabulary: Vocabulary, kept: Ids
    ) -> Texts:  # fmt: skip
        """`kept`: the columns of the vocabulary that have a row."""
        rows = np.full(len(vocabulary), -1, dtype=np.int64)
        rows[kept] = np.arange(len(kept))
        numbers: dict[str, int] = {}
        words = tuple(
            np.array([numbers.setdefault(token, len(numbers)) for token in said[:LONGEST]], dtype=np.int32)
            for said in tokens
        )
        found = [rows_of(vocabulary, token, rows) for token in numbers]
        ends = np.concatenate([[0], np.cumsum([len(f) for f in found])]).astype(np.int64)
        scales = [np.full(len(f), 1.0 / np.sqrt(max(1, len(f))), dtype=np.float32) for f in found]
        pieces = sp.csr_matrix(
            (np.concatenate([*scales, np.zeros(0, np.float32)]), np.concatenate([*found, np.zeros(0, np.int64)]), ends),
            shape=(len(numbers), max(1, len(kept))),
        )
        return cls(words, np.array([len(w) for w in words], dtype=np.int64), pieces, cues)


def common(vocabulary: Vocabulary, tokens: Sequence[Sequence[str]], least: int) -> Ids:
    """The columns of words and pieces that stand in at least `least` messages, ascending."""
    counts = np.zeros(len(vocabulary), dtype=np.int64)
    for said in tokens:
        columns = {column for token in set(said) for column in vocabulary.pieces(token)}
        counts[list(columns)] += 1
    return np.flatnonzero(counts >= least).astype(np.int64)


@dataclass(frozen=True)
class Question:
    """What one head of the reader learns: a class for each message (-1: not asked), and how much it counts."""

    classes: tuple[str, ...]
    wanted: Ids
    weights: Floats


def questions(examples: Sequence[Example], lookalike_weight: float) -> dict[str, Question]:
    """By name, in the order of nlu.reader.QUESTIONS. Rare classes count more, by the root of how rare they are."""
    return {
        "intent": _question([e.intent for e in examples]),
        "category": _question([(e.category or NOTHING) if e.names_a_matter else None for e in examples]),
        "emergency": _danger(examples, lookalike_weight),
        "type": _question([e.emergency_type for e in examples]),
        "lookalike": _alike(examples),
    }


def _question(wanted: Sequence[str | None]) -> Question:
    counts = Counter(name for name in wanted if name is not None)
    classes = tuple(sorted(counts))
    number = {name: i for i, name in enumerate(classes)}
    mean = sum(counts.values()) / max(1, len(counts))
    share = {name: float(np.sqrt(mean / count)) for name, count in counts.items()}
    return Question(
        classes,
        np.array([-1 if name is None else number[name] for name in wanted], dtype=np.int64),
        np.array([0.0 if name is None else share[name] for name in wanted], dtype=np.float32),
    )


def _danger(examples: Sequence[Example], lookalike_weight: float) -> Question:
    wanted = [-1 if e.emergency is None else int(e.emergency) for e in examples]
    weights = [0.0 if e.emergency is None else lookalike_weight if e.lookalike else 1.0 for e in examples]
    return Question(("no", "yes"), np.array(wanted, dtype=np.int64), np.array(weights, dtype=np.float32))


def _alike(examples: Sequence[Example]) -> Question:
    kinds = (HARMLESS, *sorted({e.lookalike for e in examples if e.lookalike}))
    wanted = [-1 if e.emergency else kinds.index(e.lookalike or HARMLESS) for e in examples]
    weights = [0.0 if e.emergency else 1.0 if e.lookalike else 0.5 for e in examples]
    return Question(kinds, np.array(wanted, dtype=np.int64), np.array(weights, dtype=np.float32))


def classes_of(asked: Mapping[str, Question]) -> dict[str, tuple[str, ...]]:
    return {name: question.classes for name, question in asked.items()}
