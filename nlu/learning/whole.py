"""The whole model from labelled messages, with no Rasa: what the components of config.yml do, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from nlu.labelled import Labelled
from nlu.learning.examples import Example, with_copies
from nlu.learning.parts import learn_categories, learn_danger, learn_intents, learn_reader, meant
from nlu.learning.plan import (
    CATEGORY,
    EMERGENCY,
    INTENT,
    NGRAMS,
    NOISE,
    READER,
    Pipeline,
    danger_goals,
    reader_plan,
    way,
)
from nlu.linear import Floats
from nlu.model import Model
from nlu.ngrams import Vocabulary
from nlu.words import Words


@dataclass(frozen=True)
class Features:
    """One row an example: weighted n-grams, and cues."""

    grams: sp.csr_matrix
    cues: Floats

    @classmethod
    def of(cls, examples: Sequence[Example], vocabulary: Vocabulary, words: Words) -> Features:
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for example in examples:
            found, weights = vocabulary.vector(example.tokens)
            columns.extend(found)
            values.extend(weights)
            ends.append(len(columns))
        grams = sp.csr_matrix(
            (np.array(values), np.array(columns, dtype=np.int64), ends), shape=(len(examples), len(vocabulary))
        )
        return cls(grams, np.array([words.cues.vector(e.tokens) for e in examples], dtype=np.float32))

    def with_cues(self, weight: float) -> sp.csr_matrix:
        """n-grams, then cues times their weight unless it is zero."""
        if not weight:
            return self.grams
        return sp.hstack([self.grams, sp.csr_matrix(self.cues * np.float32(weight))]).tocsr()


def learn(messages: Sequence[Labelled], pipeline: Pipeline, words: Words) -> Model:
    """Learn everything. Raises ValueError when the messages are too few or too alike to learn from.

    Without NoisyCopies or RegionalReader in the pipeline the model does without.
    """
    examples = [Example.of(message, words.normaliser) for message in messages]
    copies = int(pipeline[NOISE]["copies"]) if NOISE in pipeline else 0
    examples = with_copies(examples, words.normaliser, copies)
    limits = (int(pipeline[NGRAMS][name]) for name in ("min_words", "min_chars", "at_most"))
    vocabulary = Vocabulary.learn([example.tokens for example in examples], *limits)
    features = Features.of(examples, vocabulary, words)
    read: dict[str, Floats] = {}
    reader = None
    if READER in pipeline:
        taught = learn_reader(examples, features.cues, vocabulary, reader_plan(pipeline[READER]))
        reader, read = taught.reader, taught.reader.parts(taught.scores)
    cue_weights = {
        "intent": float(pipeline[INTENT]["cue_weight"]), "category": 0.0,
        "emergency": float(pipeline[EMERGENCY]["cue_weight"]), "type": 0.0,
    }  # fmt: skip
    intents = learn_intents(
        examples, features.with_cues(cue_weights["intent"]), way(pipeline[INTENT]), read.get("intent")
    )
    about = pipeline[CATEGORY]
    categories = learn_categories(
        examples, features.grams, way(about), read.get("category"), about["sure_precision"], about["doubtful_top3"]
    )
    urgent = pipeline[EMERGENCY]
    danger = learn_danger(
        examples, features.with_cues(cue_weights["emergency"]), features.grams, way(urgent, balanced=False),
        float(urgent["lookalike_weight"]), danger_goals(urgent), read.get("emergency"), read.get("type"),
        meant(intents, len(examples)),
    )  # fmt: skip
    if categories is None or danger is None:
        raise ValueError("There are too few categories or emergencies to learn from.")
    heads = {
        "intent": intents.head, "category": categories.head, "emergency": danger.head, "type": danger.types,
    }  # fmt: skip
    return Model(words, vocabulary, heads, cue_weights, categories.bands, danger.bands, reader)
