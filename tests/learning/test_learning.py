"""Learning: right gradients, honest folds, calibration that finds what was put in, bands that keep their shares."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlu.labelled import read
from nlu.learning.cross import by_author
from nlu.learning.examples import Example, with_copies
from nlu.learning.heads import folds, weighed
from nlu.learning.plan import READER, Pipeline
from nlu.learning.reader import Pupil, Teaching
from nlu.learning.texts import Texts, common, questions
from nlu.learning.thresholds import DangerGoals, danger_bands
from nlu.learning.whole import Features, learn
from nlu.ngrams import Vocabulary
from nlu.normaliser import Normaliser
from nlu.reader import Reader
from nlu.words import Words

LINES = read([Path("data/nlu")])[::60]
WORDS = Words.load(Path("data/words"))


def _small() -> tuple[list[Example], Vocabulary, Texts, np.ndarray]:
    examples = [Example.of(message, WORDS.normaliser) for message in LINES[:40]]
    tokens = [example.tokens for example in examples]
    vocabulary = Vocabulary.learn(tokens, 1, 1, 2000)
    cues = Features.of(examples, vocabulary, WORDS).cues
    kept = common(vocabulary, tokens, 2)
    return examples, vocabulary, Texts.of(tokens, cues, vocabulary, kept), kept


def test_the_gradients_are_those_of_the_loss() -> None:
    examples, _, texts, kept = _small()
    plain = Teaching(4, 3, 5, 6, 1, 40, 0.01, 0.0, 0.0, 0.0, 0.1)
    asked = questions(examples, 2.0)
    pupil = Pupil(len(kept), texts.cues.shape[1], asked, plain, 3)
    pupil.values = {name: value.astype(np.float64) for name, value in pupil.values.items()}
    lines = np.arange(len(examples))

    def loss() -> float:
        answers, _ = pupil._forward(texts, lines, learning=False)
        total, start = 0.0, 0
        for question in asked.values():
            count = len(question.classes)
            given = answers[:, start : start + count]
            start += count
            logs = given - given.max(axis=1, keepdims=True)
            logs = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))
            target = np.full_like(logs, plain.smoothing / count)
            target[np.arange(len(lines)), np.maximum(question.wanted, 0)] += 1 - plain.smoothing
            weights = np.where(question.wanted >= 0, question.weights, 0) / len(lines)
            total -= float((weights[:, None] * target * logs).sum())
        return total

    answers, passed = pupil._forward(texts, lines, learning=False)
    slopes, row_slopes = pupil._slopes(passed, pupil._wrong(answers, lines))
    whole_rows = np.zeros_like(pupil.values["rows"])
    whole_rows[passed.rows] = row_slopes
    chance = np.random.default_rng(1)
    for name, slope in {**slopes, "rows": whole_rows}.items():
        value = pupil.values[name].reshape(-1)
        for place in chance.choice(value.size, 6):
            before = value[place]
            value[place] = before + 2e-4
            above = loss()
            value[place] = before - 2e-4
            below = loss()
            value[place] = before
            assert slope.reshape(-1)[place] == pytest.approx((above - below) / 4e-4, abs=4e-3), name


def test_what_is_kept_answers_as_the_pupil_did() -> None:
    examples, vocabulary, texts, kept = _small()
    asked = questions(examples, 2.0)
    pupil = Pupil(
        len(kept), texts.cues.shape[1], asked, Teaching(size=8, filters=16, hidden=12, passes=200, batch=16), 0
    )
    lines = np.arange(len(examples))
    pupil.learn(texts, lines)
    said = pupil.scores(texts, lines)
    reader = Reader(kept, {name: q.classes for name, q in asked.items()}, (pupil.weights(127),))
    again = Reader.unpacked(reader.packed(len(vocabulary)), len(vocabulary))
    for number, example in enumerate(examples):
        ours = again.scores(vocabulary, example.tokens, texts.cues[number])
        assert np.abs(ours - said[number]).max() < 0.4, "a byte a number is near enough"
    intents = reader.parts(said)["intent"].argmax(axis=1)
    right = np.mean([reader.classes["intent"][i] == e.intent for i, e in zip(intents, examples, strict=True)])
    assert right > 0.8, "forty lines can be learnt by heart"


def test_no_author_and_no_copy_crosses_a_fold() -> None:
    examples = with_copies([Example.of(m, WORDS.normaliser) for m in LINES[:300]], WORDS.normaliser, 1)
    fold = folds(examples)
    assert set(fold.tolist()) == {0, 1, 2}
    by_name: dict[str, set[int]] = {}
    for example, number in zip(examples, fold.tolist(), strict=True):
        by_name.setdefault(example.author, set()).add(number)
    assert all(len(numbers) == 1 for numbers in by_name.values())
    lonely = with_copies([Example(f"satu dua {i}", ("satu",), "lapor", original=f"satu dua {i}") for i in range(20)],
                         Normaliser(), 1)  # fmt: skip
    split = folds(lonely)
    assert split[:20].tolist() == split[20:].tolist()


def test_cross_validation_judges_each_line_once_by_strangers() -> None:
    judged = []
    for teaching, judging in by_author(LINES, 4):
        assert not {m.author for m in teaching} & {m.author for m in judging}
        judged.extend(judging)
    assert len(judged) == len(LINES)


def test_calibration_finds_what_was_put_in() -> None:
    chance = np.random.default_rng(5)
    own, read_ = chance.normal(size=(4000, 5)), chance.normal(size=(4000, 5))
    mixed = 3.0 * own + 0.5 * read_
    share = np.exp(mixed) / np.exp(mixed).sum(axis=1, keepdims=True)
    wanted = np.array([chance.choice(5, p=row) for row in share])
    sharpness, pull = weighed(own.astype(np.float32), read_.astype(np.float32), wanted)
    assert sharpness == pytest.approx(3.0, abs=0.25)
    assert pull == pytest.approx(0.5, abs=0.1)
    assert weighed(own.astype(np.float32), None, wanted)[1] == 0.0


def test_bands_keep_their_shares() -> None:
    chance = np.random.default_rng(7)
    real = np.arange(6000) % 5 == 0
    alike = ~real & (np.arange(6000) % 5 == 1)
    evidence = np.zeros((6000, 3), dtype=np.float32)
    evidence[:, 0] = chance.normal(size=6000) + 2.5 * real + 0.8 * alike
    goals = DangerGoals(0.99, 0.05, 0.95, 0.01, 0.05)
    bands = danger_bands(evidence, real, alike, goals)
    scores = 1 / (1 + np.exp(-(bands.slope * evidence[:, 0] + bands.offset)))
    ordinary = scores[~real & ~alike]
    assert np.mean(ordinary >= bands.live) <= 0.0105
    assert np.mean(scores[alike] >= bands.live) <= 0.0505
    assert np.mean(ordinary >= bands.ask) <= 0.0505
    assert bands.read == bands.meant == 0.0
    assert 0 < bands.ask <= bands.live < 1
    by_hand = danger_bands(evidence, real, alike, replace(goals, live_at=bands.live / 2))
    assert by_hand.live == pytest.approx(bands.live / 2, abs=1e-3)
    assert danger_bands(evidence, real, alike, replace(goals, live_at=0.9999)).live == bands.live


def test_a_whole_model_from_a_few_lines() -> None:
    pipeline = Pipeline.read(Path("config.yml"))
    quick = {**pipeline[READER], "nets": 1, "passes": 2, "filters": 16, "hidden": 16, "size": 8, "least": 3}
    model = learn(LINES, Pipeline({**pipeline.parts, READER: quick}), WORDS)
    said = model.answers(WORDS.normaliser.tokens("tolong rumah kebakaran"))
    assert sum(confidence for _, confidence in said["intent_ranking"]) == pytest.approx(1.0, abs=1e-4)
    assert 0.0 <= said["emergency"]["score"] <= 1.0
    without = learn(LINES, pipeline.without(READER), WORDS)
    assert without.reader is None
    assert without.answers([])["category"]["ranking"]
