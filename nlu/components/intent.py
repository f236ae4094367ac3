"""Rasa component: what the citizen wants, by a linear head with calibrated confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.bands import held
from nlu.components.examples import MEANT, examples_of, features, read_rows, spoken
from nlu.components.heads import load, save
from nlu.learning.heads import scores_of
from nlu.learning.parts import learn_intents, meant
from nlu.learning.plan import INTENT, default, way
from nlu.linear import Floats, Head, log_odds, ranked, softmax

FILE, HELD_OUT = "intent.npz", "intent_held_out.npz"


# Registered as a featurizer, because the emergency head reads from it: only then does Rasa hand it the training data.
@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class IntentByRegion(IntentClassifier, GraphComponent):
    """Needs NgramFeatures and CueFeatures before it, and weighs in what a RegionalReader says."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, head: Head | None = None,
        held_out: Floats | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._head = head
        self._held_out = held_out

    @classmethod
    def required_components(cls) -> list[type]:
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default(INTENT)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentByRegion:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentByRegion:
        with model_storage.read_from(resource) as folder, np.load(folder / HELD_OUT, allow_pickle=False) as kept:
            return cls(config, model_storage, resource, load(folder / FILE), kept["meant"])

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the intents, and how sure to be of them."""
        messages = spoken(training_data)
        examples = examples_of(messages)
        x = features(messages, self._config["cue_weight"])
        result = learn_intents(examples, x, way(self._config), read_rows(messages, "intent"))
        with self._model_storage.write_to(self._resource) as folder:
            save(result.head, folder / FILE)
            np.savez_compressed(folder / HELD_OUT, meant=meant(result, len(examples)))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent` and the whole `intent_ranking`; leave the log odds of darurat."""
        if self._head is None or not messages:
            return messages
        scores = scores_of(features(messages, self._config["cue_weight"]), self._head)
        mixed = self._head.mixed(scores, read_rows(messages, "intent"))
        for message, row, confidences in zip(messages, mixed, softmax(mixed), strict=True):
            ranking = [{"name": name, "confidence": value} for name, value in ranked(self._head.classes, confidences)]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            if "darurat" in self._head.classes:
                message.set(MEANT, held(log_odds(row, self._head.classes.index("darurat"))))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the held-out log odds of darurat; the intents are the authors'."""
        messages = spoken(training_data)
        if self._held_out is None or len(self._held_out) != len(messages):
            raise ValueError("The intents were not learnt from this training data.")
        for message, value in zip(messages, self._held_out, strict=True):
            message.set(MEANT, value)
        return training_data
