"""The word lists of data/words, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.emergency_features import Cues
from nlu.normaliser import Normaliser


@dataclass(frozen=True)
class Words:
    """What normalising and cue finding need; `raw` is the same as plain values, for the exported model."""

    normaliser: Normaliser
    cues: Cues
    raw: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> Words:
        """Read slang.yml and cues.yml. Raises OSError when one is missing, ValueError when it is no list of words."""
        return cls.of({name: read_lists(folder / f"{name}.yml") for name in ("slang", "cues")})

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Words:
        normaliser = Normaliser.of(raw["slang"])
        return cls(normaliser, Cues.of(spelt(raw["cues"], normaliser)), raw)


def spelt(lists: Mapping[str, Sequence[str]], normaliser: Normaliser) -> dict[str, list[str]]:
    """Lists of phrases as the normaliser spells them, each phrase once."""
    return {
        name: list(dict.fromkeys(" ".join(normaliser.tokens(phrase)) for phrase in phrases))
        for name, phrases in lists.items()
    }


def read_lists(path: Path) -> dict[str, list[str]]:
    """A YAML file of `name: [words]`. Raises ValueError naming the file when it has another shape."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and isinstance(words, list) and all(isinstance(word, str) for word in words)
        for name, words in content.items()
    ):
        raise ValueError(f"{path} must be lists of words by name; quote words such as yes, no, on and off.")
    return content
