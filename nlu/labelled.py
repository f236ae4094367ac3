"""Labelled messages for evaluation: Rasa YAML with our metadata, or JSON lines with the same names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# The same safe reading in C where the library has it: a tenth of the time for the training data.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARKED = re.compile(r"\[([^\]]*)\]\((?:detail|[a-z_]+)\)")


@dataclass(frozen=True)
class Labelled:
    """One message and what a person says it means. `desa`, `kec`: codes of wilayah.csv."""

    text: str
    intent: str
    category: str | None = None
    emergency: bool = False
    emergency_type: str | None = None
    lookalike: str | None = None
    kec: str | None = None
    desa: str | None = None
    register: str | None = None
    author: str | None = None

    @classmethod
    def of(cls, text: str, intent: str, labels: Mapping[str, Any]) -> Labelled:
        """From an author's metadata; names that are absent or null mean none."""
        return cls(
            text=_MARKED.sub(r"\1", text),
            intent=intent,
            category=labels.get("category"),
            emergency=bool(labels.get("emergency")),
            emergency_type=labels.get("emergency_type"),
            lookalike=labels.get("lookalike"),
            kec=labels.get("kec"),
            desa=labels.get("desa"),
            register=labels.get("register"),
            author=labels.get("author"),
        )


def read(files: Iterable[Path]) -> list[Labelled]:
    """All messages of the files (.yml, .yaml, .jsonl), or of the .yml files of a folder.

    Raises ValueError naming file and line when one has no text or intent.
    """
    return [message for path in files for message in _of_path(path)]


def _of_path(path: Path) -> Iterator[Labelled]:
    if path.is_dir():
        for inner in sorted(path.glob("*.yml")):
            yield from _of_path(inner)
    elif path.suffix == ".jsonl":
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                entry = json.loads(line)
                if not isinstance(entry, dict) or "text" not in entry or "intent" not in entry:
                    raise ValueError(f"{path}, line {number}: a labelled message needs text and intent.")
                yield Labelled.of(entry["text"], entry["intent"], entry)
    else:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
        for block in (content or {}).get("nlu", []):
            for example in block.get("examples", []):
                if not isinstance(example, dict) or "text" not in example:
                    raise ValueError(f"{path}: intent {block.get('intent')} has an example without text and metadata.")
                yield Labelled.of(example["text"].strip(), block["intent"], example.get("metadata") or {})
