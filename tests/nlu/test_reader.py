"""The neural reader as the service runs it: kept and read again whole, sure-footed on nothing and on very much."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.linear import Packed, log_odds, softmax
from nlu.ngrams import Vocabulary
from nlu.reader import LONGEST, QUESTIONS, Reader, Weights, rows_of

CUES, SIZE, WIDTH, FILTERS, HIDDEN = 4, 6, 3, 8, 5
CLASSES = {name: tuple(f"{name}{i}" for i in range(2 + i)) for i, name in enumerate(QUESTIONS)}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.learn([["rumah", "terbakar"], ["rumah", "terendam"], ["jalan", "rusak"]], 1, 1, 500)


@pytest.fixture(scope="module")
def reader(vocabulary: Vocabulary) -> Reader:
    chance = np.random.default_rng(3)
    kept = np.arange(0, len(vocabulary), 2)

    def drawn(*shape: int) -> np.ndarray:
        return chance.normal(size=shape).astype(np.float16).astype(np.float32)

    outputs = sum(len(names) for names in CLASSES.values())
    nets = tuple(
        Weights(
            Packed.of(drawn(len(kept), SIZE), 31), drawn(WIDTH * SIZE, FILTERS), drawn(FILTERS),
            drawn(FILTERS + SIZE + CUES, HIDDEN), drawn(HIDDEN), drawn(HIDDEN, outputs), drawn(outputs),
        )
        for _ in range(2)
    )  # fmt: skip
    return Reader(kept, CLASSES, nets)


def _cues() -> np.ndarray:
    return np.zeros(CUES, dtype=np.float32)


def test_it_is_read_as_it_was_kept(reader: Reader, vocabulary: Vocabulary) -> None:
    again = Reader.unpacked(reader.packed(len(vocabulary)), len(vocabulary))
    for tokens in ([], ["rumah"], ["rumah", "terbakar", "tolong"], ["zzz"]):
        ours, theirs = (r.scores(vocabulary, tokens, _cues()) for r in (reader, again))
        assert np.array_equal(ours, theirs)
    assert again.classes == CLASSES


def test_order_and_words_count(reader: Reader, vocabulary: Vocabulary) -> None:
    one = reader.scores(vocabulary, ["rumah", "terbakar", "jalan"], _cues())
    assert not np.allclose(one, reader.scores(vocabulary, ["jalan", "rumah", "terbakar"], _cues()))
    assert not np.allclose(one, reader.scores(vocabulary, ["rumah", "rusak", "jalan"], _cues()))


def test_nothing_and_very_much_are_answered(reader: Reader, vocabulary: Vocabulary) -> None:
    assert np.isfinite(reader.scores(vocabulary, [], _cues())).all()
    long = ["rumah", "jalan"] * 5_000
    assert np.array_equal(
        reader.scores(vocabulary, long, _cues()), reader.scores(vocabulary, long[:LONGEST], _cues())
    )  # fmt: skip


def test_scores_come_apart_by_question(reader: Reader, vocabulary: Vocabulary) -> None:
    parts = reader.parts(reader.scores(vocabulary, ["rumah"], _cues()))
    assert {name: len(part) for name, part in parts.items()} == {name: len(names) for name, names in CLASSES.items()}


def test_a_reader_of_another_vocabulary_is_refused(reader: Reader, vocabulary: Vocabulary) -> None:
    with pytest.raises(ValueError, match="rows"):
        Reader.unpacked(reader.packed(len(vocabulary)), len(vocabulary) // 2)


def test_rows_are_those_of_the_word_and_its_pieces(vocabulary: Vocabulary) -> None:
    every = np.arange(len(vocabulary))
    assert set(rows_of(vocabulary, "rumah", every).tolist()) == set(vocabulary.pieces("rumah"))
    assert vocabulary.words["rumah"] in vocabulary.pieces("rumah")
    assert rows_of(vocabulary, "rumah", every[:0]).tolist() == []


def test_log_odds_and_softmax_agree() -> None:
    scores = np.array([0.3, -2.0, 5.0, 1.0], dtype=np.float32)
    shares = softmax(scores)
    assert shares.sum() == pytest.approx(1.0)
    assert float(log_odds(scores, 2)) == pytest.approx(float(np.log(shares[2] / (1 - shares[2]))), abs=1e-4)
