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
from sklearn.linear_model import LogisticRegression

from nlu.bands import EmergencyBands, emergency_answer
from nlu.components.calibration import Calibrated, calibrated
from nlu.components.examples import features, grams, labels, spoken
from nlu.components.heads import load, save, scores_of
from nlu.linear import Head, ranked

FILE = "emergency.npz"
TYPES = "emergency_type.npz"
BANDS = "emergency.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EmergencyByRegion(GraphComponent):
    """Learns from `emergency`, `emergency_type` and `lookalike` in the metadata. Needs both features before it.

    The score is calibrated, and the two levels are drawn, on answers about authors the head had not read. Each
    level is as low as `*_recall` of the emergencies needs, unless that would call more than `*_ordinary` of the
    harmless messages (or, for live, more than `live_lookalikes` of the look-alikes) an emergency.
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
        return {
            "strength": 1.0, "cue_weight": 0.5, "lookalike_weight": 2.0,
            "ask_recall": 0.99, "ask_ordinary": 0.05, "live_recall": 0.95, "live_ordinary": 0.005,
            "live_lookalikes": 0.05,
        }  # fmt: skip

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
        examples = [message for message in spoken(training_data) if "emergency" in labels(message)]
        wanted = ["yes" if labels(message)["emergency"] else "no" for message in examples]
        urgent = [message for message in examples if labels(message).get("emergency_type")]
        kinds = [str(labels(message)["emergency_type"]) for message in urgent]
        if len(set(wanted)) < 2 or len(set(kinds)) < 2:
            return self._resource
        alike = np.array([bool(labels(message).get("lookalike")) for message in examples])
        weights = np.where(alike, self._config["lookalike_weight"], 1.0).astype(np.float32)
        x = features(examples, self._config["cue_weight"])
        result = calibrated(examples, x, wanted, self._config["strength"], balanced=False, weights=weights)
        self._head = result.head
        self._types = calibrated(urgent, grams(urgent), kinds, self._config["strength"]).head
        self._bands = _bands(result, np.array(wanted), alike, self._config)
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
        kinds = self._types.confidences(scores_of(grams(messages), self._types))
        for message, margin, row in zip(messages, margins, kinds, strict=True):
            answer = emergency_answer(float(margin), ranked(self._types.classes, row), self._bands)
            message.set("emergency", answer, add_to_output=True)
        return messages


def _bands(result: Calibrated, wanted: Any, alike: Any, config: dict[str, Any]) -> EmergencyBands:
    yes = result.head.classes.index("yes")
    margins = result.scores[:, yes]
    real = wanted[result.clean] == "yes"
    ordinary = ~real & ~alike[result.clean]
    platt = LogisticRegression(C=1e4).fit(margins[:, None], real)
    slope, offset = round(float(platt.coef_[0, 0]), 4), round(float(platt.intercept_[0]), 4)
    scores = 1.0 / (1.0 + np.exp(-(slope * margins + offset)))
    ask = max(_reaching(scores[real], config["ask_recall"]), _sparing(scores[ordinary], config["ask_ordinary"]))
    live = max(
        _reaching(scores[real], config["live_recall"]),
        _sparing(scores[ordinary], config["live_ordinary"]),
        _sparing(scores[~real & alike[result.clean]], config["live_lookalikes"]),
    )
    return EmergencyBands(slope, offset, round(min(ask, live), 4), round(live, 4))


def _reaching(scores: Any, share: float) -> float:
    """The highest threshold that at least `share` of the scores reach."""
    return float(np.quantile(scores, 1.0 - share)) if len(scores) else 0.0


def _sparing(scores: Any, share: float) -> float:
    """The lowest threshold that no more than `share` of the scores reach."""
    return float(np.quantile(scores, 1.0 - share)) if len(scores) else 0.0
