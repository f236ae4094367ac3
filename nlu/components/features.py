"""Rasa components: n-grams of normalised words as sparse features, cues of danger as dense ones."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import scipy.sparse as sp
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.examples import TOKENS, VOCABULARY, spoken, words_folder
from nlu.learning.plan import CUES, NGRAMS, default
from nlu.ngrams import Vocabulary
from nlu.words import Words

FILE = "vocabulary.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class NgramFeatures(GraphComponent):
    """Word 1-2 grams and 2-5 character pieces, weighted by rarity. Needs RegionalNormaliser before it."""

    def __init__(
        self, config: dict[str, Any], name: str, model_storage: ModelStorage, resource: Resource, vocabulary: Vocabulary
    ) -> None:
        self._config = config
        self._name = name
        self._model_storage = model_storage
        self._resource = resource
        self._vocabulary = vocabulary

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default(NGRAMS)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NgramFeatures:
        return cls(config, execution_context.node_name, model_storage, resource, Vocabulary({}, {}, []))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NgramFeatures:
        with model_storage.read_from(resource) as folder:
            kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
        vocabulary = Vocabulary.unpacked(kept)
        return cls(config, execution_context.node_name, model_storage, resource, vocabulary)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which n-grams are common enough to count."""
        texts = [message.get(TOKENS) for message in spoken(training_data)]
        limits = (int(self._config[name]) for name in ("min_words", "min_chars", "at_most"))
        self._vocabulary = Vocabulary.learn(texts, *limits)
        self.persist()
        return self._resource

    def persist(self) -> None:
        """Write the vocabulary into the model."""
        with self._model_storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(self._vocabulary.packed(), encoding="utf-8")

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the sparse sentence features, and leave the vocabulary for the reader."""
        for message in messages:
            columns, values = self._vocabulary.vector(message.get(TOKENS) or [])
            row = sp.csr_matrix(
                (np.array(values), np.array(columns, dtype=np.int64), [0, len(columns)]),
                shape=(1, len(self._vocabulary)),
            )
            message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._name))
            message.set(VOCABULARY, self._vocabulary)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class CueFeatures(GraphComponent):
    """What stands beside a danger word (data/words/cues.yml). Needs RegionalNormaliser before it."""

    def __init__(self, words: Words, name: str) -> None:
        self._words = words
        self._name = name

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default(CUES)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CueFeatures:
        return cls(Words.load(words_folder(config)), execution_context.node_name)

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the dense sentence features."""
        for message in messages:
            row = np.array([self._words.cues.vector(message.get(TOKENS) or [])])
            message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._name))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data
