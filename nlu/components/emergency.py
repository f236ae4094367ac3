"""Rasa component: is someone in danger now, how sure is that, and of what kind."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.bands import EmergencyBands, Evidence, emergency_answer, held
from nlu.components.examples import MEANT, examples_of, features, grams, read_rows, spoken
from nlu.components.heads import load, save
from nlu.learning.heads import scores_of
from nlu.learning.parts import learn_danger
from nlu.learning.plan import EMERGENCY, danger_goals, default, way
from nlu.linear import Head, ranked

FILE = "emergency.npz"
TYPES = "emergency_type.npz"
BANDS = "emergency.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EmergencyByRegion(GraphComponent):
    """Learns from `emergency`, `emergency_type` and `lookalike` in the metadata. Needs both features and the intent
    before it, and weighs in what a RegionalReader says.

    The score is calibrated, and the two levels are drawn, on answers about authors that nobody had read.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        head: Head | None = None, types: Head | None = None, bands: EmergencyBands | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._head = head
        self._types = types
        self._bands = bands or EmergencyBands()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default(EMERGENCY)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencyByRegion:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EmergencyByRegion:
        try:
            with model_storage.read_from(resource) as folder:
                bands = EmergencyBands(**json.loads((folder / BANDS).read_text(encoding="utf-8")))
                return cls(config, model_storage, resource, load(folder / FILE), load(folder / TYPES), bands)
        except ValueError:
            return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn emergencies from all lines, their kinds from the emergencies."""
        messages = spoken(training_data)
        config = self._config
        result = learn_danger(
            examples_of(messages), features(messages, config["cue_weight"]), grams(messages),
            way(config, balanced=False), float(config["lookalike_weight"]), danger_goals(config),
            read_rows(messages, "emergency"), read_rows(messages, "type"),
            np.array([message.get(MEANT) or 0.0 for message in messages], dtype=np.float32),
        )  # fmt: skip
        if result is not None:
            self._head, self._types, self._bands = result.head, result.types, result.bands
        self.persist()
        return self._resource

    def persist(self) -> None:
        """Write both heads and the bands into the model."""
        if self._head is not None and self._types is not None:
            with self._model_storage.write_to(self._resource) as folder:
                save(self._head, folder / FILE)
                save(self._types, folder / TYPES)
                (folder / BANDS).write_text(json.dumps(self._bands.as_values()), encoding="utf-8")

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `emergency`: score, level, type, and the ranking of types."""
        if self._head is None or self._types is None or not messages:
            return messages
        yes = self._head.classes.index("yes")
        margins = scores_of(features(messages, self._config["cue_weight"]), self._head)[:, yes]
        kinds = self._types.confidences(scores_of(grams(messages), self._types), read_rows(messages, "type"))
        read = read_rows(messages, "emergency")
        odds = np.zeros(len(messages)) if read is None else held(read[:, 1] - read[:, 0])
        for message, margin, row, by_reader in zip(messages, margins, kinds, odds, strict=True):
            said = Evidence(float(margin), float(by_reader), float(message.get(MEANT) or 0.0))
            answer = emergency_answer(said, ranked(self._types.classes, row), self._bands)
            message.set("emergency", answer, add_to_output=True)
        return messages
