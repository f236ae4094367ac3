"""What our components read from Rasa's messages: the labels in `metadata`, the features, the words, what was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.learning.examples import Example
from nlu.linear import Floats

TOKENS = "regional_tokens"
"""Where the normaliser leaves its words on a message."""

VOCABULARY = "regional_vocabulary"
"""Where NgramFeatures leaves its vocabulary, which the reader looks pieces up in."""

READ = "regional_reading"
"""Where the reader leaves its scores by question; on a training message they are held out."""

MEANT = "regional_meant"
"""Where the intent head leaves the log odds of darurat for the emergency head; held out on a training message."""

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


def examples_of(messages: list[Message]) -> list[Example]:
    """The same as learning reads them."""
    return [_example(message) for message in messages]


def grams(messages: list[Message]) -> sp.csr_matrix:
    """The sparse sentence features of each message, one row a message."""
    return sp.vstack([message.get_sparse_features(TEXT)[1].features for message in messages]).tocsr()


def cue_rows(messages: list[Message]) -> Floats:
    """The dense sentence features of each message, one row a message."""
    return np.array([message.get_dense_features(TEXT)[1].features[0] for message in messages], dtype=np.float32)


def features(messages: list[Message], cue_weight: float) -> sp.csr_matrix:
    """n-grams, then cues times their weight unless it is zero."""
    if not cue_weight:
        return grams(messages)
    return sp.hstack([grams(messages), sp.csr_matrix(cue_rows(messages) * np.float32(cue_weight))]).tocsr()


def read_rows(messages: list[Message], question: str) -> Floats | None:
    """The reader's scores, one row a message; None when there is no reader in the pipeline."""
    if not messages or messages[0].get(READ) is None:
        return None
    return np.array([message.get(READ)[question] for message in messages], dtype=np.float32)


def words_folder(config: dict[str, Any]) -> Path:
    """The folder of word lists named in config.yml; raises FileNotFoundError naming it when it is not there."""
    folder = Path(config["words"])
    if not folder.is_dir():
        raise FileNotFoundError(f"The word lists are looked for in {folder}; run from the project's root.")
    return folder


def _example(message: Message) -> Example:
    note = labels(message)
    text = str(message.get(TEXT))
    danger = note.get("emergency")
    return Example(
        text, tuple(message.get(TOKENS) or ()), str(message.get("intent")), str(note.get("author", "")),
        note.get("category"), None if danger is None else bool(danger), note.get("emergency_type"),
        note.get("lookalike"), bool(note.get(NOISY)), str(note.get("original") or text),
    )  # fmt: skip
