"""What our components read from Rasa's messages: the labels in `metadata`, the features, the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import scipy.sparse as sp
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

TOKENS = "regional_tokens"
"""Where the normaliser leaves its words on a message."""

NOISY = "noisy"
"""In the metadata of a copy made by NoisyCopies."""


def labels(message: Message) -> dict[str, Any]:
    """The metadata an author wrote beside an example; empty when there is none."""
    metadata = message.get("metadata") or {}
    example = metadata.get("example") if isinstance(metadata, dict) else None
    return example if isinstance(example, dict) else {}


def spoken(data: TrainingData) -> list[Message]:
    """The examples that have both words and an intent, in their order."""
    return [message for message in data.training_examples if message.get(TEXT) and message.get("intent")]


def grams(messages: list[Message]) -> sp.csr_matrix:
    """The sparse sentence features of each message, one row a message."""
    return sp.vstack([message.get_sparse_features(TEXT)[1].features for message in messages]).tocsr()


def cues(messages: list[Message], weight: float) -> sp.csr_matrix:
    """The dense sentence features of each message times `weight`, one row a message."""
    return sp.csr_matrix([message.get_dense_features(TEXT)[1].features[0] * weight for message in messages])


def features(messages: list[Message], cue_weight: float) -> sp.csr_matrix:
    """n-grams, then cues unless their weight is zero."""
    if not cue_weight:
        return grams(messages)
    return sp.hstack([grams(messages), cues(messages, cue_weight)]).tocsr()


def words_folder(config: dict[str, Any]) -> Path:
    """The folder of word lists named in config.yml; raises FileNotFoundError naming it when it is not there."""
    folder = Path(config["words"])
    if not folder.is_dir():
        raise FileNotFoundError(f"The word lists are looked for in {folder}; run from the project's root.")
    return folder
