"""Rasa component: the neural reader's scores for every question, for the heads behind it to weigh."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.examples import READ, TOKENS, VOCABULARY, cue_rows, examples_of, spoken
from nlu.learning.parts import TaughtReader, learn_reader
from nlu.learning.plan import READER, default, reader_plan
from nlu.linear import Floats
from nlu.reader import Reader

FILE, HELD_OUT = "reader.npz", "reader_held_out.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class RegionalReader(GraphComponent):
    """Needs NgramFeatures (whose vocabulary it shares) and CueFeatures before it.

    Training messages are given what nets said of them that had not read their authors, so that the heads behind
    learn how far to trust it.
    """

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, reader: Reader | None = None,
        held_out: Floats | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._reader = reader
        self._held_out = held_out

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return default(READER)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RegionalReader:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> RegionalReader:
        with model_storage.read_from(resource) as folder:
            with np.load(folder / FILE, allow_pickle=False) as kept:
                reader = Reader.unpacked(dict(kept), int(kept["columns"]))
            with np.load(folder / HELD_OUT, allow_pickle=False) as kept:
                return cls(config, model_storage, resource, reader, kept["scores"].astype(np.float32))

    def train(self, training_data: TrainingData) -> Resource:
        """Teach the nets; keep the held-out answers beside them."""
        messages = spoken(training_data)
        vocabulary = messages[0].get(VOCABULARY)
        taught = learn_reader(examples_of(messages), cue_rows(messages), vocabulary, reader_plan(self._config))
        self._keep(taught, len(vocabulary))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Leave the scores of each message, by question."""
        if self._reader is None:
            return messages
        for message, cues in zip(messages, cue_rows(messages), strict=True):
            scores = self._reader.scores(message.get(VOCABULARY), message.get(TOKENS) or [], cues)
            message.set(READ, self._reader.parts(scores))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the held-out scores; zeros on mistyped copies, which judge nothing."""
        messages = spoken(training_data)
        if self._reader is None or self._held_out is None or len(self._held_out) != len(messages):
            raise ValueError("The reader was not taught with this training data.")
        for message, row in zip(messages, self._held_out, strict=True):
            message.set(READ, self._reader.parts(row))
        return training_data

    def _keep(self, taught: TaughtReader, columns: int) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            np.savez_compressed(folder / FILE, columns=np.int64(columns), **taught.reader.packed(columns))
            np.savez_compressed(folder / HELD_OUT, scores=taught.scores)
