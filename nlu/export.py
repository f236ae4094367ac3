"""From a trained Rasa model to data/model: weights, vocabulary, words, bands, manifest and parity answers.

Reads the archive's files alone; needs no Rasa.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nlu.model import PLAIN, READER, WEIGHTS, read_plain
from nlu.words import Words

FILES = {
    "intent": "intent.npz", "category": "category.npz", "emergency": "emergency.npz", "type": "emergency_type.npz",
}  # fmt: skip
_COMPONENT = {"intent": "intent.IntentByRegion", "emergency": "emergency.EmergencyByRegion"}


def export(archive: Path, config: Path, words: Path, target: Path) -> None:
    """Write the files of nlu.model: plain values, weights and, where the pipeline has one, the reader.

    Raises ValueError when the archive lacks a part of our pipeline.
    """
    pipeline = {
        component["name"].split("nlu.components.")[-1]: component
        for component in yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"]
    }
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive) as kept:
            kept.extractall(folder)  # noqa: S202 - our own archive, written a moment ago
        files = {path.name: path for path in Path(folder).rglob("*") if path.is_file()}
        missing = {"vocabulary.json", "category.json", "emergency.json", *FILES.values()} - set(files)
        if missing:
            raise ValueError(
                f"{archive.name} was not trained with our config.yml: it lacks {', '.join(sorted(missing))}."
            )
        arrays: dict[str, Any] = {}
        heads: dict[str, Any] = {}
        for name, file in FILES.items():
            with np.load(files[file], allow_pickle=False) as head:
                for part in ("bytes", "steps", "bias"):
                    arrays[f"{name}_{part}"] = head[part]
                heads[name] = {
                    "classes": head["classes"].tolist(),
                    "sharpness": float(head["sharpness"]),
                    "pull": float(head["pull"]),
                    "cue_weight": float(pipeline[_COMPONENT[name]]["cue_weight"]) if name in _COMPONENT else 0.0,
                }
        target.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(target / WEIGHTS, **arrays)
        (target / READER).unlink(missing_ok=True)
        if READER in files:
            shutil.copyfile(files[READER], target / READER)
        model = {
            "heads": heads,
            "reader": READER in files,
            "category": _read(files["category.json"]),
            "emergency": _read(files["emergency.json"]),
            "words": Words.load(words).raw,
            "vocabulary": _read(files["vocabulary.json"]),
        }
    # Without a time in its head, the same model is the same file.
    (target / PLAIN).write_bytes(gzip.compress(_compact(model).encode(), compresslevel=9, mtime=0))


def manifest(root: Path, target: Path, versions: Mapping[str, str], today: date) -> None:
    """Write manifest.json: what the model was made from, with what, and the thresholds it decides by."""
    model = read_plain(target)
    entry = {
        "date": today.isoformat(),
        "versions": dict(versions),
        "thresholds": {"category": model["category"], "emergency": model["emergency"]},
        "files": fingerprints(root),
    }
    (target / "manifest.json").write_text(json.dumps(entry, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def fingerprints(root: Path) -> dict[str, str]:
    """SHA-256 of everything the model is made from, by path below the root; the held-back set is not in it."""
    sources = [
        root / "config.yml", *sorted((root / "data" / "nlu").glob("*.yml")),
        root / "data" / "words" / "slang.yml", root / "data" / "words" / "cues.yml",
    ]  # fmt: skip
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}


def parity(answers: Sequence[Mapping[str, Any]], target: Path) -> None:
    """Write parity.jsonl: texts with Rasa's own answers, confidences to six places, the best four of a ranking."""
    lines = []
    for said in answers:
        category, emergency = said["category"], said["emergency"]
        line = {
            "text": said["text"],
            "intent": [[entry["name"], round(entry["confidence"], 6)] for entry in said["intent_ranking"][:4]],
            "category": [[entry["code"], round(entry["confidence"], 6)] for entry in category["ranking"][:4]],
            "code": category["code"],
            "certainty": category["certainty"],
            "score": round(emergency["score"], 6),
            "level": emergency["level"],
            "type": [emergency["types"][0]["code"], round(emergency["types"][0]["confidence"], 6)],
        }
        lines.append(_compact(line))
    (target / "parity.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
