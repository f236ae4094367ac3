"""Rasa component: which of the 26 categories a message is about, and whether that may be taken silently."""

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

from nlu.bands import NOTHING, CategoryBands, category_answer
from nlu.components.calibration import calibrated
from nlu.components.examples import grams, labels, spoken
from nlu.components.heads import load, save, scores_of
from nlu.linear import Head

FILE = "category.npz"
BANDS = "category.json"
_ABOUT_SOMETHING = ("lapor", "aspirasi", "tanya_informasi")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CategoryByRegion(GraphComponent):
    """Learns from `category` in the examples' metadata. Needs NgramFeatures before it."""

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
        return {"strength": 0.3, "sure_precision": 0.95, "doubtful_top3": 0.6}

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
        examples, wanted = [], []
        for message in spoken(training_data):
            category = labels(message).get("category")
            if category or message.get("intent") in _ABOUT_SOMETHING:
                examples.append(message)
                wanted.append(str(category or NOTHING))
        if len(set(wanted)) < 2:
            return self._resource
        result = calibrated(examples, grams(examples), wanted, self._config["strength"])
        self._head = result.head
        confidences = result.head.confidences(result.scores)
        truth = [wanted[i] for i in result.clean]
        self._bands = _bands(confidences, truth, result.head.classes, self._config)
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
        confidences = self._head.confidences(scores_of(grams(messages), self._head))
        for message, row in zip(messages, confidences, strict=True):
            message.set("category", category_answer(self._head.classes, row, self._bands), add_to_output=True)
        return messages


def _bands(confidences: Any, truth: list[str], classes: Any, config: dict[str, Any]) -> CategoryBands:
    """From held-out answers: the lowest confidence from which on the first, or one of three, is right often enough."""
    first, among, top = [], [], []
    for row, wanted in zip(confidences, truth, strict=True):
        if wanted == NOTHING:
            continue
        answer = category_answer(classes, row, CategoryBands())
        codes = [entry["code"] for entry in answer["ranking"]]
        top.append(answer["ranking"][0]["confidence"])
        first.append(codes[0] == wanted)
        among.append(wanted in codes[:3])
    order = np.argsort(top)[::-1]
    sorted_top = np.array(top)[order]
    precision = np.cumsum(np.array(first)[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= config["sure_precision"])
    sure = float(sorted_top[good[-1]]) if len(good) else 1.0
    window = max(20, len(order) // 40)
    doubtful = 0.0
    for start in range(len(order) - window, -1, -window):
        if np.mean(np.array(among)[order][start : start + window]) >= config["doubtful_top3"]:
            break
        doubtful = float(sorted_top[start])
    return CategoryBands(round(sure, 4), round(min(doubtful, sure), 4))
