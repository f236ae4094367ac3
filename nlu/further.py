"""Two problems in one message: where the second begins. What each piece means is asked of the understander again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

LEAST_WORDS: Final = 3
"""Fewer words than this are a remark, not a problem of its own."""
MOST_PIECES: Final = 4


def splitter(connectors: Iterable[str]) -> re.Pattern[str]:
    """Matches where a further problem may begin: a connector in the middle, the end of a sentence, a new line."""
    words = "|".join(re.escape(c).replace(r"\ ", r"\s+") for c in sorted(connectors, key=len, reverse=True))
    return re.compile(rf"(?:[\n;]+|[.!?]+\s+|,?\s+\b(?:{words})\b[\s,:]+)", re.IGNORECASE)


def pieces(text: str, split: re.Pattern[str]) -> list[str]:
    """The parts of a message that could each be a problem, in order; fewer than two mean that there is but one."""
    parts = [part.strip(" ,.;:-") for part in split.split(text)]
    kept = [part for part in parts if len(part.split()) >= LEAST_WORDS]
    return kept if 2 <= len(kept) <= MOST_PIECES else []
