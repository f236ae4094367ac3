"""Rasa component: puts the normalised words of a message beside its text, which stays as the citizen wrote it."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.examples import TOKENS, words_folder
from nlu.normaliser import Normaliser
from nlu.words import Words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class RegionalNormaliser(GraphComponent):
    """Reads data/words/slang.yml; everything after it in the pipeline reads its words."""

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"words": "data/words"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RegionalNormaliser:
        return cls(Words.load(words_folder(config)).normaliser)

    def process(self, messages: list[Message]) -> list[Message]:
        """Leave the words on each message."""
        for message in messages:
            message.set(TOKENS, self._normaliser.tokens(message.get(TEXT) or ""))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data
