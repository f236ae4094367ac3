"""Rasa component: mistyped copies of the training lines, so that understanding survives a phone's keyboard."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.examples import NOISY, labels, spoken
from nlu.learning.plan import NOISE, default
from nlu.noise import noisy


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class NoisyCopies(GraphComponent):
    """Adds `copies` noisy copies of every example while training; leaves messages alone in use."""

    def __init__(self, copies: int) -> None:
        self._copies = copies

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default(NOISE)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NoisyCopies:
        return cls(int(config["copies"]))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """The training data and its copies; a copy has the labels of its original and is marked as noisy."""
        copies = [self._copy(message, number) for message in spoken(training_data) for number in range(self._copies)]
        return training_data.merge(TrainingData(training_examples=copies))

    def process(self, messages: list[Message]) -> list[Message]:
        return messages

    @staticmethod
    def _copy(message: Message, number: int) -> Message:
        return Message(
            data={
                TEXT: noisy(message.get(TEXT), number),
                "intent": message.get("intent"),
                "metadata": {"example": {**labels(message), NOISY: True, "original": message.get(TEXT)}},
            }
        )
