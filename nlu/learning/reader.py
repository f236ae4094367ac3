"""Teaching the reader: one net, all questions at once, by gradients written out.

Pieces of words, whole words and hidden answers are forgotten at random, so that no single one is leant on. The same
data and settings always give the same net on the same machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from nlu.learning.texts import Question, Texts
from nlu.linear import Floats, Packed
from nlu.reader import QUESTIONS, Ids, Weights

_AWAY = np.float32(-1e9)
_FIRST_DECAY, _SECOND_DECAY = 0.9, 0.98
_WARM_STEPS = 200


@dataclass(frozen=True)
class Teaching:
    """How a net is built and taught. `width`: neighbouring words a filter sees (odd); `forget_*`: shares dropped."""

    size: int = 40
    width: int = 5
    filters: int = 192
    hidden: int = 128
    passes: int = 12
    batch: int = 128
    rate: float = 0.008
    forget_pieces: float = 0.1
    forget_words: float = 0.1
    forget_hidden: float = 0.3
    smoothing: float = 0.05


@dataclass
class _Pass:
    """What the forward pass leaves for the backward one."""

    pieces: sp.csr_matrix
    rows: Ids
    numbers: Ids
    kept: Floats
    near: Floats
    best: Ids
    strongest: Floats
    root: Floats
    read: Floats
    read_kept: Floats
    inner: Floats
    inner_kept: Floats
    padded: bool


class Pupil:
    """A net while it learns."""

    def __init__(self, rows: int, cues: int, asked: Mapping[str, Question], teaching: Teaching, seed: int) -> None:
        self._teaching = teaching
        self._chance = np.random.default_rng(seed)
        self._asked = asked
        inputs = teaching.filters + teaching.size + cues
        self.values: dict[str, Floats] = {
            "rows": self._drawn(max(1, rows), teaching.size, 0.15),
            "filters": self._drawn(teaching.width * teaching.size, teaching.filters),
            "filter_bias": np.zeros(teaching.filters, np.float32),
            "hidden": self._drawn(inputs, teaching.hidden),
            "hidden_bias": np.zeros(teaching.hidden, np.float32),
        }
        outputs = sum(len(asked[name].classes) for name in QUESTIONS)
        self.values["out"] = self._drawn(teaching.hidden, outputs, 0.5 * float(np.sqrt(2 / teaching.hidden)))
        self.values["out_bias"] = np.zeros(outputs, np.float32)
        self._first = {name: np.zeros_like(value) for name, value in self.values.items()}
        self._second = {name: np.zeros_like(value) for name, value in self.values.items()}
        self._steps = 0
        self._row_steps = np.zeros(max(1, rows), dtype=np.int64)

    def learn(self, texts: Texts, lines: Ids) -> None:
        """Go through these lines as often as the teaching says."""
        teaching = self._teaching
        steps = teaching.passes * max(1, -(-len(lines) // teaching.batch))
        step = 0
        for _ in range(teaching.passes):
            for batch in self._batches(texts, lines):
                rate = teaching.rate * min(1.0, (step + 1) / _WARM_STEPS) * max(0.0, 1.0 - step / steps) + 1e-5
                self._step(texts, batch, rate)
                step += 1

    def weights(self, levels: int) -> Weights:
        """The net as it is kept: vectors in so many steps on either side of zero, the rest in half precision."""
        half = {name: value.astype(np.float16).astype(np.float32) for name, value in self.values.items()}
        return Weights(
            Packed.of(self.values["rows"], levels), half["filters"], half["filter_bias"], half["hidden"],
            half["hidden_bias"], half["out"], half["out_bias"],
        )  # fmt: skip

    def scores(self, texts: Texts, lines: Ids) -> Floats:
        """Raw answers to all questions, side by side, one row a line."""
        out = np.zeros((len(lines), self.values["out"].shape[1]), dtype=np.float32)
        order = np.argsort(texts.lengths[lines], kind="stable")
        for start in range(0, len(order), 256):
            places = order[start : start + 256]
            out[places], _ = self._forward(texts, lines[places], learning=False)
        return out

    def _batches(self, texts: Texts, lines: Ids) -> Iterator[Ids]:
        """Shuffled, yet messages of like length together, so that little is padded."""
        size = self._teaching.batch
        order = self._chance.permutation(lines)
        batches: list[Ids] = []
        for start in range(0, len(order), size * 24):
            chunk = order[start : start + size * 24]
            chunk = chunk[np.argsort(texts.lengths[chunk], kind="stable")]
            batches.extend(chunk[i : i + size] for i in range(0, len(chunk), size))
        for place in self._chance.permutation(len(batches)):
            yield batches[place]

    def _drawn(self, rows: int, columns: int, scale: float | None = None) -> Floats:
        wide = float(np.sqrt(2 / rows)) if scale is None else scale
        return np.asarray(self._chance.standard_normal((rows, columns)) * wide, dtype=np.float32)

    def _mask(self, shape: tuple[int, ...], share: float, learning: bool) -> Floats:
        if not learning or not share:
            return np.ones(shape, dtype=np.float32)
        return np.asarray((self._chance.random(shape) > share) / (1 - share), dtype=np.float32)

    def _forward(self, texts: Texts, lines: Ids, learning: bool) -> tuple[Floats, _Pass]:
        teaching, value = self._teaching, self.values
        longest = max(1, int(texts.lengths[lines].max()))
        shape = (len(lines), longest)
        raw = np.full(shape, -1, dtype=np.int64)
        for place, line in enumerate(lines):
            raw[place, : texts.lengths[line]] = texts.words[line]
        distinct, numbers = np.unique(raw, return_inverse=True)
        numbers = numbers.reshape(shape)
        padded = bool(distinct[0] == -1)
        pieces = texts.pieces[distinct[int(padded) :]]
        amounts = pieces.data * self._mask(pieces.data.shape, teaching.forget_pieces, learning)
        rows, columns = np.unique(pieces.indices, return_inverse=True)
        pieces = sp.csr_matrix((amounts, columns, pieces.indptr), shape=(pieces.shape[0], len(rows)))
        vectors = np.asarray(pieces @ value["rows"][rows], dtype=np.float32)
        if padded:
            vectors = np.vstack([np.zeros((1, teaching.size), np.float32), vectors])
        there = raw >= 0
        kept = there & (self._chance.random(shape) > teaching.forget_words) if learning else there
        kept_words = kept.astype(np.float32)
        words = vectors[numbers] * kept_words[:, :, None]
        beside = teaching.width // 2
        around = np.zeros((shape[0], longest + 2 * beside, teaching.size), np.float32)
        around[:, beside : beside + longest] = words
        near = np.concatenate([around[:, i : i + longest] for i in range(teaching.width)], axis=2)
        near = near.reshape(shape[0] * longest, -1)
        filtered = (near @ value["filters"] + value["filter_bias"]).reshape(*shape, -1)
        filtered[~there] = _AWAY
        best = filtered.argmax(axis=1)
        strongest = np.maximum(np.take_along_axis(filtered, best[:, None, :], axis=1)[:, 0], 0)
        root = np.sqrt(np.maximum(kept_words.sum(axis=1, keepdims=True), 1))
        read = np.concatenate([strongest, words.sum(axis=1) / root, texts.cues[lines]], axis=1).astype(np.float32)
        read_kept = self._mask(read.shape, teaching.forget_hidden, learning)
        read = read * read_kept
        inner = np.maximum(read @ value["hidden"] + value["hidden_bias"], 0)
        inner_kept = self._mask(inner.shape, teaching.forget_hidden, learning)
        inner = inner * inner_kept
        return inner @ value["out"] + value["out_bias"], _Pass(
            pieces, rows, numbers, kept_words, near, best, strongest, root, read, read_kept, inner, inner_kept, padded
        )

    def _step(self, texts: Texts, lines: Ids, rate: float) -> None:
        answers, passed = self._forward(texts, lines, learning=True)
        slopes, row_slopes = self._slopes(passed, self._wrong(answers, lines))
        self._steps += 1
        for name, slope in slopes.items():
            first, second = self._first[name], self._second[name]
            first += (1 - _FIRST_DECAY) * (slope - first)
            second += (1 - _SECOND_DECAY) * (slope * slope - second)
            steady = first / (1 - _FIRST_DECAY**self._steps)
            self.values[name] -= rate * steady / (np.sqrt(second / (1 - _SECOND_DECAY**self._steps)) + 1e-8)
        rows = passed.rows
        self._row_steps[rows] += 1
        count = self._row_steps[rows][:, None]
        first = self._first["rows"][rows]
        second = self._second["rows"][rows]
        first += (1 - _FIRST_DECAY) * (row_slopes - first)
        second += (1 - _SECOND_DECAY) * (row_slopes * row_slopes - second)
        self._first["rows"][rows], self._second["rows"][rows] = first, second
        moved = rate * (first / (1 - _FIRST_DECAY**count)) / (np.sqrt(second / (1 - _SECOND_DECAY**count)) + 1e-8)
        self.values["rows"][rows] -= moved.astype(np.float32)

    def _wrong(self, answers: Floats, lines: Ids) -> Floats:
        """How far each answer is from what is wanted, weighted; zero where a question is not asked."""
        out = np.zeros_like(answers)
        start = 0
        places = np.arange(len(lines))
        smoothing = self._teaching.smoothing
        for name in QUESTIONS:
            question = self._asked[name]
            count = len(question.classes)
            given = answers[:, start : start + count]
            share = np.exp(given - given.max(axis=1, keepdims=True))
            share /= share.sum(axis=1, keepdims=True)
            wanted = question.wanted[lines]
            share -= smoothing / count
            share[places, np.maximum(wanted, 0)] -= 1 - smoothing
            weights = np.where(wanted >= 0, question.weights[lines], 0) / len(lines)
            out[:, start : start + count] = share * weights[:, None]
            start += count
        return out

    def _slopes(self, passed: _Pass, wrong: Floats) -> tuple[dict[str, Floats], Any]:
        value, teaching = self.values, self._teaching
        lines, longest = passed.numbers.shape
        inner = wrong @ value["out"].T * passed.inner_kept * (passed.inner > 0)
        read = inner @ value["hidden"].T * passed.read_kept
        count = teaching.filters
        strongest = read[:, :count] * (passed.strongest > 0)
        by_word = np.zeros((lines, longest, count), np.float32)
        np.put_along_axis(by_word, passed.best[:, None, :], strongest[:, None, :], axis=1)
        filtered = by_word.reshape(lines * longest, count)
        near = (filtered @ value["filters"].T).reshape(lines, longest, -1)
        beside = teaching.width // 2
        around = np.zeros((lines, longest + 2 * beside, teaching.size), np.float32)
        for i in range(teaching.width):
            around[:, i : i + longest] += near[:, :, i * teaching.size : (i + 1) * teaching.size]
        words = around[:, beside : beside + longest]
        words = words + (read[:, count : count + teaching.size] / passed.root)[:, None, :]
        words *= passed.kept[:, :, None]
        places = np.arange(lines * longest)
        gathered = sp.csr_matrix(
            (np.ones(len(places), np.float32), (passed.numbers.reshape(-1), places)),
            shape=(passed.pieces.shape[0] + int(passed.padded), len(places)),
        )
        vectors = (gathered @ words.reshape(lines * longest, -1))[int(passed.padded) :]
        slopes = {
            "out": passed.inner.T @ wrong, "out_bias": wrong.sum(axis=0),
            "hidden": passed.read.T @ inner, "hidden_bias": inner.sum(axis=0),
            "filters": passed.near.T @ filtered, "filter_bias": filtered.sum(axis=0),
        }  # fmt: skip
        return slopes, passed.pieces.T @ vectors
