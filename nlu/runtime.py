"""The exported model in process: Rasa's own answers, with numpy alone.

A message costs some hundred look-ups and one sum of weight rows; nothing is loaded or learnt after the start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from flows.model import Category, Emergency, Ranked, Understanding
from nlu.acts import Acts
from nlu.assemble import Answers, Assembly, certainty_of
from nlu.bands import CategoryBands, EmergencyBands, category_answer, emergency_answer
from nlu.linear import Floats, Head, Packed, ranked
from nlu.ngrams import Vocabulary
from nlu.places import Gazetteer
from nlu.wordlist import WordList
from nlu.words import Words

HEADS = ("intent", "category", "emergency", "type")


@dataclass(frozen=True)
class Model:
    """What data/model holds. `rows` are the weights of all heads side by side, n-grams then cues."""

    words: Words
    vocabulary: Vocabulary
    rows: Floats
    bias: Floats
    heads: Mapping[str, Head]
    category_bands: CategoryBands
    emergency_bands: EmergencyBands

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read the export. Raises OSError when a file is missing, ValueError or KeyError when one is damaged."""
        kept = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        heads: dict[str, Head] = {}
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            for name in HEADS:
                weights = Packed(arrays[f"{name}_bytes"], arrays[f"{name}_steps"]).weights()
                heads[name] = Head(
                    tuple(kept["heads"][name]["classes"]), weights, arrays[f"{name}_bias"],
                    kept["heads"][name]["sharpness"],
                )  # fmt: skip
        vocabulary = Vocabulary.unpacked(kept["vocabulary"])
        words = Words.of(kept["words"])
        cue_weights = {name: float(kept["heads"][name]["cue_weight"]) for name in HEADS}
        rows = _side_by_side(heads, cue_weights, len(vocabulary), len(words.cues.vector([])))
        return cls(
            words, vocabulary, rows, np.concatenate([heads[name].bias for name in HEADS]), heads,
            CategoryBands(**kept["category"]), EmergencyBands(**kept["emergency"]),
        )  # fmt: skip

    def answers(self, tokens: Sequence[str]) -> dict[str, Any]:
        """Rasa's answer to these normalised words: intent_ranking, category, emergency, as plain values."""
        columns, values = self.vocabulary.vector(tokens)
        grams = len(self.vocabulary)
        scores = self.bias.copy()
        if columns:
            scores += np.asarray(values, dtype=np.float32) @ self.rows[columns]
        cues = np.asarray(self.words.cues.vector(tokens), dtype=np.float32)
        scores += cues @ self.rows[grams:]
        ends = np.cumsum([len(self.heads[name].classes) for name in HEADS])[:-1]
        parts = dict(zip(HEADS, np.split(scores, ends), strict=True))
        intents, categories, types = (self.heads[name] for name in ("intent", "category", "type"))
        margin = float(parts["emergency"][self.heads["emergency"].classes.index("yes")])
        kinds = ranked(types.classes, types.confidences(parts["type"]))
        return {
            "intent_ranking": ranked(intents.classes, intents.confidences(parts["intent"])),
            "category": category_answer(
                categories.classes, categories.confidences(parts["category"]), self.category_bands
            ),
            "emergency": emergency_answer(margin, kinds, self.emergency_bands),
        }


def _side_by_side(heads: Mapping[str, Head], cue_weights: Mapping[str, float], grams: int, cues: int) -> Floats:
    """One array of all heads' weights, each cue's by its head's cue weight; zeros where a head reads no cues."""
    blocks = []
    for name in HEADS:
        weights = heads[name].weights
        if weights.shape[0] == grams:
            weights = np.vstack([weights, np.zeros((cues, weights.shape[1]), dtype=np.float32)])
        if weights.shape[0] != grams + cues:
            raise ValueError(f"weights.npz does not fit model.json: head {name} has {weights.shape[0]} rows.")
        weights[grams:] *= np.float32(cue_weights[name])
        blocks.append(weights)
    return np.ascontiguousarray(np.hstack(blocks), dtype=np.float32)


class Runtime:
    """The port over the exported model (nlu.port.Understander). Never raises on any text."""

    def __init__(self, model: Model, assembly: Assembly, word_list: WordList) -> None:
        self._model = model
        self._assembly = assembly
        self._word_list = word_list

    @classmethod
    def load(cls, folder: Path, gazetteer: Gazetteer, words: Path | None = None) -> Runtime:
        """Read data/model and, beside it, data/words. Raises OSError, ValueError or KeyError as Model.load does."""
        lists = words or folder.parent / "words"
        model = Model.load(folder)
        assembly = Assembly(Acts.load(lists), model.words.normaliser, gazetteer)
        return cls(model, assembly, WordList.load(lists.parent, gazetteer, lists))

    async def understand(self, texts: Sequence[str], now: datetime) -> list[Understanding]:
        return [self.parse(text, now) for text in texts]

    def parse(self, text: str, now: datetime) -> Understanding:
        """Understand one message; reads its first nlu.normaliser.MAX_CHARS characters."""
        tokens = self._model.words.normaliser.tokens(text)
        said = self._model.answers(tokens)
        return self._assembly.understanding(text, tokens, answers_of(said), self._word_list.alarm(tokens), now)

    def answers(self, text: str) -> dict[str, Any]:
        """The model's bare answers, as Rasa would give them; for the parity test and evaluation."""
        return self._model.answers(self._model.words.normaliser.tokens(text))


def answers_of(said: Mapping[str, Any]) -> Answers:
    """Typed answers from plain values; raises KeyError or TypeError when something is missing."""
    category, emergency = said["category"], said["emergency"]
    return Answers(
        intents=tuple(Ranked(code, confidence) for code, confidence in said["intent_ranking"]),
        category=Category(
            code=category["code"],
            confidence=category["confidence"],
            ranking=tuple(Ranked(entry["code"], entry["confidence"]) for entry in category["ranking"]),
            certainty=certainty_of(category["certainty"]),
        ),
        emergency=Emergency(emergency["level"], emergency["type"], emergency["score"]),
        types=tuple(Ranked(entry["code"], entry["confidence"]) for entry in emergency["types"]),
    )
