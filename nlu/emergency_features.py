"""Cues of danger and of its look-alikes: now or past, need or fear, habit, plan, drill, joke.

Words alone do not find emergencies; what stands beside them does. Pure Python, the same in training and service.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CALMING = ("past", "habit", "fear", "negation", "handled", "planned", "question", "drill", "joke", "hearsay", "idiom")
"""Cues that make a danger word harmless."""

URGING = ("now", "need", "victim", "trapped")
"""Cues that someone is in need at this moment."""

GROUPS = ("danger", *URGING, *CALMING)
SIZE = 3 * len(GROUPS) - 1 + 8
"""Length of a cue vector."""


@dataclass(frozen=True)
class Cues:
    """Phrases of one to three normalised words, each with the groups it speaks for."""

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, phrases: Mapping[str, Sequence[str]]) -> Cues:
        """From the file's form: group to its phrases. Groups nobody reads are refused with ValueError."""
        unknown = set(phrases) - set(GROUPS)
        if unknown:
            raise ValueError(f"cues.yml names groups that nothing reads: {', '.join(sorted(unknown))}.")
        found: dict[str, tuple[str, ...]] = {}
        for group, listed in phrases.items():
            for phrase in listed:
                found[phrase] = (*found.get(phrase, ()), group)
        return cls(found)

    def count(self, tokens: Sequence[str]) -> dict[str, int]:
        """How often each group is spoken for in these normalised words; groups that are not are left out."""
        counts: dict[str, int] = {}
        for phrase in phrases_of(tokens):
            for group in self.groups.get(phrase, ()):
                counts[group] = counts.get(group, 0) + 1
        return counts

    def vector(self, tokens: Sequence[str]) -> list[float]:
        """SIZE numbers between 0 and about 1: presence, amount, danger beside each other cue, shape of the message."""
        counts = self.count(tokens)
        present = [1.0 if counts.get(group) else 0.0 for group in GROUPS]
        amount = [min(counts.get(group, 0), 4) / 4 for group in GROUPS]
        danger = present[0]
        calm = max(present[len(URGING) + 1 :])
        urgent = max(present[1 : len(URGING) + 1])
        with_danger = [danger * value for value in present[1:]]
        words = len(tokens)
        shape = [
            danger * (1.0 - calm),
            urgent * (1.0 - calm),
            danger * urgent * (1.0 - calm),
            min(math.log1p(words) / 5, 1.2),
            1.0 if words <= 3 else 0.0,
            1.0 if "?" in tokens else 0.0,
            1.0 if "!" in tokens else 0.0,
            1.0 if any(token.startswith("000") for token in tokens) else 0.0,
        ]
        return [*present, *amount, *with_danger, *shape]


def phrases_of(tokens: Sequence[str], longest: int = 3) -> list[str]:
    """All runs of one to `longest` neighbouring words."""
    out = list(tokens)
    for size in range(2, longest + 1):
        out.extend(" ".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1))
    return out
