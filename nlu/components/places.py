"""Rasa component: where, from the gazetteer of data/places. Nothing is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.places import Gazetteer


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceFinder(GraphComponent):
    """Sets `place` on every message; codes are those of data/places/wilayah.csv."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"places": "data/places"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlaceFinder:
        return cls(Gazetteer.load(Path(config["places"])))

    def process(self, messages: list[Message]) -> list[Message]:
        """Leave what the gazetteer finds in the message's own words."""
        for message in messages:
            found = self._gazetteer.find(message.get(TEXT) or "")
            message.set(
                "place",
                {
                    "kecamatan": found.kecamatan,
                    "desa": found.desa,
                    "detail": found.detail,
                    "outside": found.outside,
                    "candidates": [{"code": code, "score": score} for code, score in found.candidates],
                    "certainty": found.certainty,
                },
                add_to_output=True,
            )
        return messages
