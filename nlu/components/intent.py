"""Rasa component: what the citizen wants, by a linear head with calibrated confidence."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.calibration import calibrated
from nlu.components.examples import features, spoken
from nlu.components.heads import load, save, scores_of
from nlu.linear import Head, ranked

FILE = "intent.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentByRegion(IntentClassifier, GraphComponent):
    """Needs NgramFeatures and CueFeatures before it."""

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, head: Head | None = None
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._head = head

    @classmethod
    def required_components(cls) -> list[type]:
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"strength": 0.3, "cue_weight": 0.3}

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
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, load(folder / FILE))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the intents, and how sure to be of them."""
        examples = spoken(training_data)
        wanted = [message.get("intent") for message in examples]
        x = features(examples, self._config["cue_weight"])
        self._head = calibrated(examples, x, wanted, self._config["strength"]).head
        self.persist()
        return self._resource

    def persist(self) -> None:
        """Write the head into the model."""
        if self._head is not None:
            with self._model_storage.write_to(self._resource) as folder:
                save(self._head, folder / FILE)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent` and the whole `intent_ranking`."""
        if self._head is None or not messages:
            return messages
        confidences = self._head.confidences(scores_of(features(messages, self._config["cue_weight"]), self._head))
        for message, row in zip(messages, confidences, strict=True):
            ranking = [{"name": name, "confidence": value} for name, value in ranked(self._head.classes, row)]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages
