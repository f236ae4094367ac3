"""Words and pieces of words as numbers: a sparse vector of weighted n-grams.

Word 1-2 grams, and 2-5 character pieces inside each padded word; counts damped by a logarithm, weighted by how
rare the n-gram is, each of the two blocks scaled to length one. Pure Python, the same in training and service.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

SHORTEST, LONGEST = 2, 5
_CACHED_WORDS = 60_000


def word_grams(tokens: Sequence[str]) -> list[str]:
    """Single words, then neighbouring pairs."""
    return [*tokens, *(f"{a} {b}" for a, b in pairwise(tokens))]


def char_grams(word: str) -> list[str]:
    """Pieces of 2 to 5 characters of the word with a space on either side; a whole shorter word counts once."""
    padded = f" {word} "
    out: list[str] = []
    for size in range(SHORTEST, LONGEST + 1):
        if size >= len(padded):
            out.append(padded)
            break
        out.extend(padded[i : i + size] for i in range(len(padded) - size + 1))
    return out


def document_frequency(texts: Iterable[Sequence[str]]) -> tuple[Counter[str], Counter[str]]:
    """In how many texts each word n-gram and each character n-gram stands."""
    words: Counter[str] = Counter()
    chars: Counter[str] = Counter()
    for tokens in texts:
        words.update(set(word_grams(tokens)))
        chars.update({gram for token in set(tokens) for gram in char_grams(token)})
    return words, chars


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams that were learnt. Column numbers: words first, then characters; `idf` is their weight, by column."""

    words: Mapping[str, int] = field(repr=False)
    chars: Mapping[str, int] = field(repr=False)
    idf: Sequence[float] = field(repr=False)
    _known: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def learn(cls, texts: Sequence[Sequence[str]], min_words: int, min_chars: int, at_most: int) -> Vocabulary:
        """From normalised texts: word n-grams in at least `min_words` of them, characters likewise.

        Of each kind the `at_most` commonest are kept, so that more data never makes a model too big.
        """
        word_counts, char_counts = document_frequency(texts)
        words = _commonest(word_counts, min_words, at_most)
        chars = _commonest(char_counts, min_chars, at_most)
        total = len(texts) + 1
        counts = [*(word_counts[gram] for gram in words), *(char_counts[gram] for gram in chars)]
        idf = [round(math.log(total / (n + 1)) + 1.0, 4) for n in counts]
        offset = len(words)
        return cls(
            {gram: i for i, gram in enumerate(words)}, {gram: offset + i for i, gram in enumerate(chars)}, idf
        )  # fmt: skip

    @classmethod
    def unpacked(cls, kept: Mapping[str, Any]) -> Vocabulary:
        """From what `packed` wrote, read as JSON. Raises ValueError when a weight or an n-gram is missing."""
        words, chars = kept["words"], kept["chars"]
        if len(words) + len(chars) != len(kept["idf"]):
            raise ValueError("The vocabulary has not one weight for each n-gram.")
        offset = len(words)
        return cls(
            {gram: i for i, gram in enumerate(words)},
            {gram: offset + i for i, gram in enumerate(chars)},
            kept["idf"],
        )

    def packed(self) -> str:
        """As compact JSON: the n-grams in the order of their columns, and their weights."""
        return json.dumps(
            {"words": list(self.words), "chars": list(self.chars), "idf": list(self.idf)},
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def __len__(self) -> int:
        return len(self.idf)

    def vector(self, tokens: Sequence[str]) -> tuple[list[int], list[float]]:
        """Columns (each once) and their values; unknown n-grams are left out."""
        words = Counter(self.words[gram] for gram in word_grams(tokens) if gram in self.words)
        chars: Counter[int] = Counter()
        for token in tokens:
            chars.update(self._columns(token))
        columns: list[int] = []
        values: list[float] = []
        for counts in (words, chars):
            block = [(1.0 + math.log(n)) * self.idf[column] for column, n in counts.items()]
            length = math.sqrt(sum(value * value for value in block)) or 1.0
            columns.extend(counts)
            values.extend(value / length for value in block)
        return columns, values

    def pieces(self, token: str) -> tuple[int, ...]:
        """Columns of the word itself, where it is known, and of its character n-grams."""
        word = self.words.get(token)
        return self._columns(token) if word is None else (word, *self._columns(token))

    def _columns(self, token: str) -> tuple[int, ...]:
        known = self._known.get(token)
        if known is None:
            known = tuple(self.chars[gram] for gram in char_grams(token) if gram in self.chars)
            if len(self._known) < _CACHED_WORDS:
                self._known[token] = known
        return known


def _commonest(counts: Mapping[str, int], least: int, at_most: int) -> list[str]:
    """In alphabetical order, those that stand in at least `least` texts; the commonest when there are too many."""
    enough = [gram for gram, n in counts.items() if n >= least]
    return sorted(sorted(enough, key=lambda gram: (-counts[gram], gram))[:at_most])
