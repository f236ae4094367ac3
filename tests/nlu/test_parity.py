"""The exported model gives Rasa's own answers, and was made from the data that lies here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nlu.export import fingerprints
from nlu.model import read_plain
from nlu.runtime import Runtime

MODEL = Path("data/model")
NEAR = 1e-4
LINES: list[dict[str, Any]] = [
    json.loads(line) for line in (MODEL / "parity.jsonl").read_text(encoding="utf-8").split("\n") if line
]


def test_there_is_enough_to_compare() -> None:
    assert len(LINES) >= 1000
    assert sum(not line["text"].strip() for line in LINES) >= 3
    assert len({line["intent"][0][0] for line in LINES}) == 20


def test_answers_as_rasa_does(runtime: Runtime) -> None:
    for line in LINES:
        ours = runtime.answers(line["text"])
        _same(line["intent"], ours["intent_ranking"], line["text"])
        ranking = [(entry["code"], entry["confidence"]) for entry in ours["category"]["ranking"]]
        _same(line["category"], ranking, line["text"])
        types = [(entry["code"], entry["confidence"]) for entry in ours["emergency"]["types"]]
        _same([line["type"]], types, line["text"])
        assert ours["emergency"]["score"] == pytest.approx(line["score"], abs=NEAR), line["text"]
        assert ours["emergency"]["level"] == line["level"], line["text"]
        assert (ours["category"]["code"], ours["category"]["certainty"]) == (line["code"], line["certainty"]), line[
            "text"
        ]


def test_the_model_was_made_from_this_data() -> None:
    manifest = json.loads((MODEL / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"] == fingerprints(Path())
    assert not any("/dev/" in name for name in manifest["files"])
    assert manifest["versions"]["rasa"] == "3.6.21"


def test_manifest_and_model_name_the_same_thresholds() -> None:
    manifest = json.loads((MODEL / "manifest.json").read_text(encoding="utf-8"))
    model = read_plain(MODEL)
    assert manifest["thresholds"] == {"category": model["category"], "emergency": model["emergency"]}
    assert 0 < model["emergency"]["ask"] <= model["emergency"]["live"] < 1


def _same(rasa: Sequence[Sequence[Any]], ours: Sequence[tuple[str, float]], text: str) -> None:
    """Each of Rasa's confidences is ours; places may swap only where two are equal."""
    said = dict(ours)
    for place, (name, confidence) in enumerate(rasa):
        assert said[name] == pytest.approx(confidence, abs=NEAR), (text, name)
        assert ours[place][1] == pytest.approx(confidence, abs=NEAR), (text, name)
