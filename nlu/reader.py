"""A small neural reader: what the whole of a message says, beside the linear heads that add up its parts.

A word is the sum of the vectors of its known pieces, five neighbouring words at a time pass a row of filters, the
strongest answer of each filter and the sum of all words (and the cues) pass one hidden layer. So it knows "ga
bangun-bangun" for a neighbour of "tidak sadar", and the order of words. numpy alone; learnt in nlu/learning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.linear import Floats, Packed
from nlu.ngrams import Vocabulary

LONGEST = 160
"""Words of a message that are read; a longer one is read up to here."""

QUESTIONS = ("intent", "category", "emergency", "type", "lookalike")
"""What the reader answers, in the order of its outputs."""

_CACHED_WORDS = 20_000
_DENSE = ("filters", "filter_bias", "hidden", "hidden_bias", "out", "out_bias")
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """One taught net. `rows`: a vector for each kept piece; `filters`: width times size by number; the rest dense."""

    rows: Packed
    filters: Floats
    filter_bias: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats

    @property
    def size(self) -> int:
        return int(self.rows.bytes.shape[1])


@dataclass(frozen=True)
class Reader:
    """Nets that answer together. `pieces`: the columns of the vocabulary that have a row, ascending."""

    pieces: Ids
    classes: Mapping[str, tuple[str, ...]]
    nets: tuple[Weights, ...]
    _rows: Ids = field(init=False, repr=False, compare=False)
    _tables: tuple[Floats, ...] = field(init=False, repr=False, compare=False)
    _words: dict[str, tuple[Floats, ...]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = np.full(int(self.pieces[-1]) + 1 if len(self.pieces) else 0, -1, dtype=np.int64)
        rows[self.pieces] = np.arange(len(self.pieces))
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_tables", tuple(net.rows.weights() for net in self.nets))

    @classmethod
    def unpacked(cls, arrays: Mapping[str, Any], columns: int) -> Reader:
        """From what `packed` wrote. Raises KeyError or ValueError when it is damaged or of another vocabulary."""
        kept = np.flatnonzero(np.unpackbits(arrays["pieces"])[:columns]).astype(np.int64)
        nets = []
        for number in range(int(arrays["nets"])):
            own = {part: arrays[f"net{number}_{part}"] for part in (*_DENSE, "bytes", "steps")}
            if len(own["bytes"]) != len(kept):
                raise ValueError(f"The reader has {len(own['bytes'])} rows for {len(kept)} pieces.")
            dense = [own[part].astype(np.float32) for part in _DENSE]
            nets.append(Weights(Packed(own["bytes"], own["steps"]), *dense))
        classes = {name: tuple(str(c) for c in arrays[f"classes_{name}"].tolist()) for name in QUESTIONS}
        return cls(kept, classes, tuple(nets))

    def packed(self, columns: int) -> dict[str, Any]:
        """As arrays for one .npz file; `columns`: the size of the vocabulary."""
        mask = np.zeros(columns, dtype=np.uint8)
        mask[self.pieces] = 1
        arrays: dict[str, Any] = {"pieces": np.packbits(mask), "nets": np.int64(len(self.nets))}
        for name in QUESTIONS:
            arrays[f"classes_{name}"] = np.array(self.classes[name])
        for number, net in enumerate(self.nets):
            arrays[f"net{number}_bytes"], arrays[f"net{number}_steps"] = net.rows.bytes, net.rows.steps
            for part in _DENSE:
                arrays[f"net{number}_{part}"] = getattr(net, part).astype(np.float16)
        return arrays

    def scores(self, vocabulary: Vocabulary, tokens: Sequence[str], cues: Floats) -> Floats:
        """Raw scores of all questions side by side, the mean of the nets; `cues` as Cues.vector gives them."""
        read = [self._word(vocabulary, token) for token in tokens[:LONGEST]]
        total = np.zeros(sum(len(names) for names in self.classes.values()), dtype=np.float32)
        for number, net in enumerate(self.nets):
            total += _answer(net, [vectors[number] for vectors in read], cues)
        return np.asarray(total / max(1, len(self.nets)), dtype=np.float32)

    def parts(self, scores: Floats) -> dict[str, Floats]:
        """The scores by question; the last axis is cut."""
        ends = np.cumsum([len(self.classes[name]) for name in QUESTIONS])[:-1]
        return dict(zip(QUESTIONS, np.split(scores, ends, axis=-1), strict=True))

    def _word(self, vocabulary: Vocabulary, token: str) -> tuple[Floats, ...]:
        known = self._words.get(token)
        if known is None:
            rows = rows_of(vocabulary, token, self._rows)
            scale = np.float32(1.0 / np.sqrt(max(1, len(rows))))
            known = tuple(np.asarray(table[rows].sum(axis=0) * scale, dtype=np.float32) for table in self._tables)
            if len(self._words) < _CACHED_WORDS:
                self._words[token] = known
        return known


def rows_of(vocabulary: Vocabulary, token: str, rows: Ids) -> Ids:
    """The rows of the word itself and of its pieces; those without a row are left out."""
    columns = np.array(vocabulary.pieces(token), dtype=np.int64)
    found = rows[columns[columns < len(rows)]]
    return np.asarray(found[found >= 0], dtype=np.int64)


def _answer(net: Weights, words: Sequence[Floats], cues: Floats) -> Floats:
    count = len(words)
    if count:
        beside = net.filters.shape[0] // net.size // 2
        padded = np.zeros((count + 2 * beside, net.size), dtype=np.float32)
        padded[beside : beside + count] = words
        near = np.concatenate([padded[i : i + count] for i in range(2 * beside + 1)], axis=1)
        strongest = np.maximum((near @ net.filters).max(axis=0) + net.filter_bias, 0)
        whole = padded.sum(axis=0) / np.sqrt(np.float32(count))
    else:
        strongest, whole = np.maximum(net.filter_bias * 0, 0), np.zeros(net.size, dtype=np.float32)
    read = np.concatenate([strongest, whole, cues])
    inner = np.maximum(read @ net.hidden + net.hidden_bias, 0)
    return np.asarray(inner @ net.out + net.out_bias, dtype=np.float32)
