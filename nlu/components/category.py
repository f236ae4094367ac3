"""Rasa component: which of the 26 categories a message is about, and whether that may be taken silently."""

from __future__ import annotations

import json
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.bands import CategoryBands, category_answer
from nlu.components.examples import examples_of, grams, read_rows, spoken
from nlu.components.heads import load, save
from nlu.learning.heads import scores_of
from nlu.learning.parts import learn_categories
from nlu.learning.plan import CATEGORY, default, way
from nlu.linear import Head

FILE = "category.npz"
BANDS = "category.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CategoryByRegion(GraphComponent):
    """Learns from `category` in the examples' metadata. Needs NgramFeatures before it.

    Weighs in what a RegionalReader says.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
        head: Head | None = None, bands: CategoryBands | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._head = head
        self._bands = bands or CategoryBands()

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default(CATEGORY)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CategoryByRegion:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CategoryByRegion:
        try:
            with model_storage.read_from(resource) as folder:
                bands = CategoryBands(**json.loads((folder / BANDS).read_text(encoding="utf-8")))
                return cls(config, model_storage, resource, load(folder / FILE), bands)
        except ValueError:
            return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the categories of the lines that have one, and bare wishes to report as having none."""
        messages = spoken(training_data)
        result = learn_categories(
            examples_of(messages), grams(messages), way(self._config), read_rows(messages, "category"),
            self._config["sure_precision"], self._config["doubtful_top3"],
        )  # fmt: skip
        if result is not None:
            self._head, self._bands = result.head, result.bands
        self.persist()
        return self._resource

    def persist(self) -> None:
        """Write head and bands into the model."""
        if self._head is not None:
            with self._model_storage.write_to(self._resource) as folder:
                save(self._head, folder / FILE)
                (folder / BANDS).write_text(json.dumps(self._bands.as_values()), encoding="utf-8")

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `category`: code, confidence, certainty and the whole ranking."""
        if self._head is None or not messages:
            return messages
        scores = scores_of(grams(messages), self._head)
        confidences = self._head.confidences(scores, read_rows(messages, "category"))
        for message, row in zip(messages, confidences, strict=True):
            message.set("category", category_answer(self._head.classes, row, self._bands), add_to_output=True)
        return messages
