"""The trained model: normalised words in, the bare answers of all heads out, with numpy alone."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nlu.bands import CategoryBands, EmergencyBands, Evidence, category_answer, emergency_answer, held
from nlu.linear import Floats, Head, Packed, log_odds, ranked
from nlu.ngrams import Vocabulary
from nlu.reader import Reader
from nlu.words import Words

HEADS = ("intent", "category", "emergency", "type")
PLAIN, WEIGHTS, READER = "model.json.gz", "weights.npz", "reader.npz"
"""The files of data/model: everything in plain values, the linear weights, the neural reader where there is one."""


@dataclass(frozen=True)
class Model:
    """`cue_weights`: by how much each head multiplies the cues; zero where it reads none."""

    words: Words
    vocabulary: Vocabulary
    heads: Mapping[str, Head]
    cue_weights: Mapping[str, float]
    category_bands: CategoryBands
    emergency_bands: EmergencyBands
    reader: Reader | None = None
    _rows: Floats = field(init=False, repr=False, compare=False)
    _bias: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = _side_by_side(self.heads, self.cue_weights, len(self.vocabulary), len(self.words.cues.vector([])))
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_bias", np.concatenate([self.heads[name].bias for name in HEADS]))

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read the export. Raises OSError when a file is missing, ValueError or KeyError when one is damaged."""
        kept = read_plain(folder)
        heads: dict[str, Head] = {}
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            for name in HEADS:
                said = kept["heads"][name]
                weights = Packed(arrays[f"{name}_bytes"], arrays[f"{name}_steps"]).weights()
                heads[name] = Head(
                    tuple(said["classes"]), weights, arrays[f"{name}_bias"], said["sharpness"], said["pull"]
                )
        vocabulary = Vocabulary.unpacked(kept["vocabulary"])
        reader = None
        if kept["reader"]:
            with np.load(folder / READER, allow_pickle=False) as arrays:
                reader = Reader.unpacked(dict(arrays), len(vocabulary))
        model = cls(
            Words.of(kept["words"]), vocabulary, heads,
            {name: float(kept["heads"][name]["cue_weight"]) for name in HEADS},
            CategoryBands(**kept["category"]), EmergencyBands(**kept["emergency"]), reader,
        )  # fmt: skip
        # The weights stand side by side in one array by now; a second copy would cost 20 MB.
        shed = {name: replace(head, weights=head.weights[:0].copy()) for name, head in heads.items()}
        object.__setattr__(model, "heads", shed)
        return model

    def answers(self, tokens: Sequence[str]) -> dict[str, Any]:
        """Rasa's answer to these normalised words: intent_ranking, category, emergency, as plain values."""
        columns, values = self.vocabulary.vector(tokens)
        grams = len(self.vocabulary)
        scores = self._bias.copy()
        if columns:
            scores += np.asarray(values, dtype=np.float32) @ self._rows[columns]
        cues = np.asarray(self.words.cues.vector(tokens), dtype=np.float32)
        scores += cues @ self._rows[grams:]
        ends = np.cumsum([len(self.heads[name].classes) for name in HEADS])[:-1]
        parts = dict(zip(HEADS, np.split(scores, ends), strict=True))
        read: Mapping[str, Floats] = {}
        if self.reader is not None:
            read = self.reader.parts(self.reader.scores(self.vocabulary, tokens, cues))
        return answered(self.heads, parts, read, self.category_bands, self.emergency_bands)


def answered(
    heads: Mapping[str, Head], parts: Mapping[str, Floats], read: Mapping[str, Floats], categories: CategoryBands,
    danger: EmergencyBands,
) -> dict[str, Any]:  # fmt: skip
    """From raw scores by head, and the reader's by question (empty without one), to the answers."""
    intents, about, types = heads["intent"], heads["category"], heads["type"]
    mixed = intents.mixed(parts["intent"], read.get("intent"))
    kinds = ranked(types.classes, types.confidences(parts["type"], read.get("type")))
    said = evidence(heads["emergency"], parts["emergency"], read.get("emergency"), intents, mixed)
    return {
        "intent_ranking": ranked(intents.classes, intents.confidences(parts["intent"], read.get("intent"))),
        "category": category_answer(
            about.classes, about.confidences(parts["category"], read.get("category")), categories
        ),
        "emergency": emergency_answer(said, kinds, danger),
    }


def evidence(danger: Head, scores: Floats, read: Floats | None, intents: Head, mixed: Floats) -> Evidence:
    """What one message brings before the emergency bands. `mixed`: the intents' scores with the reader's."""
    darurat = held(log_odds(mixed, intents.classes.index("darurat"))) if "darurat" in intents.classes else 0.0
    return Evidence(
        float(scores[danger.classes.index("yes")]),
        0.0 if read is None else float(held(read[1] - read[0])),
        float(darurat),
    )


def read_plain(folder: Path) -> dict[str, Any]:
    """The plain values of the export. Raises OSError or ValueError when they are missing or damaged."""
    try:
        kept = json.loads(gzip.decompress((folder / PLAIN).read_bytes()))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{PLAIN} is damaged: {error}") from error
    if not isinstance(kept, dict):
        raise ValueError(f"{PLAIN} holds no model.")
    return kept


def _side_by_side(heads: Mapping[str, Head], cue_weights: Mapping[str, float], grams: int, cues: int) -> Floats:
    """One array of all heads' weights, each cue's by its head's cue weight; zeros where a head reads no cues."""
    blocks = []
    for name in HEADS:
        weights = heads[name].weights
        if weights.shape[0] == grams:
            weights = np.vstack([weights, np.zeros((cues, weights.shape[1]), dtype=np.float32)])
        if weights.shape[0] != grams + cues:
            raise ValueError(f"{WEIGHTS} does not fit {PLAIN}: head {name} has {weights.shape[0]} rows.")
        scale = np.ones((grams + cues, 1), dtype=np.float32)
        scale[grams:] = cue_weights[name]
        blocks.append(weights * scale)
    return np.ascontiguousarray(np.hstack(blocks), dtype=np.float32)
